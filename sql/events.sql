-- Renames are followed, and partitions that come and go are summed.
CREATE FUNCTION spend_sync.follow() RETURNS event_trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_follow';
COMMENT ON FUNCTION spend_sync.follow() IS 'spend_sync: keeps bindings in step with tables that are renamed or partitioned anew';

CREATE EVENT TRIGGER spend_sync_before ON ddl_command_start
    WHEN TAG IN ('ALTER INDEX', 'ALTER TABLE', 'ALTER SCHEMA', 'ALTER TYPE',
                 'DROP ACCESS METHOD', 'DROP AGGREGATE', 'DROP COLLATION', 'DROP DOMAIN', 'DROP EXTENSION',
                 'DROP FOREIGN DATA WRAPPER', 'DROP FUNCTION', 'DROP LANGUAGE', 'DROP OPERATOR', 'DROP OPERATOR CLASS',
                 'DROP OPERATOR FAMILY', 'DROP OWNED', 'DROP ROUTINE', 'DROP SCHEMA', 'DROP SERVER', 'DROP TABLE', 'DROP TYPE')
    EXECUTE FUNCTION spend_sync.follow();
COMMENT ON EVENT TRIGGER spend_sync_before IS 'spend_sync: notes what the names of bound tables and columns mean';

CREATE EVENT TRIGGER spend_sync_after ON ddl_command_end
    WHEN TAG IN ('ALTER INDEX', 'ALTER TABLE', 'ALTER SCHEMA', 'ALTER TYPE', 'CREATE SCHEMA', 'CREATE TABLE',
                 'DROP ACCESS METHOD', 'DROP AGGREGATE', 'DROP COLLATION', 'DROP DOMAIN', 'DROP EXTENSION',
                 'DROP FOREIGN DATA WRAPPER', 'DROP FUNCTION', 'DROP LANGUAGE', 'DROP OPERATOR', 'DROP OPERATOR CLASS',
                 'DROP OPERATOR FAMILY', 'DROP OWNED', 'DROP ROUTINE', 'DROP SCHEMA', 'DROP SERVER', 'DROP TABLE', 'DROP TYPE')
    EXECUTE FUNCTION spend_sync.follow();
COMMENT ON EVENT TRIGGER spend_sync_after IS 'spend_sync: writes new names into the triggers, sums what partitions brought or took';

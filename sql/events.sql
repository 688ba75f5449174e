-- Renames are followed, and partitions that come and go are summed.
CREATE FUNCTION spend_sync.follow() RETURNS event_trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_follow';
COMMENT ON FUNCTION spend_sync.follow() IS 'spend_sync: keeps bindings in step with tables that are renamed or partitioned anew';

CREATE EVENT TRIGGER spend_sync_before ON ddl_command_start
    WHEN TAG IN ('ALTER FOREIGN TABLE', 'ALTER INDEX', 'ALTER MATERIALIZED VIEW', 'ALTER SCHEMA', 'ALTER TABLE', 'ALTER TYPE', 'ALTER VIEW',
                 'DROP ACCESS METHOD', 'DROP AGGREGATE', 'DROP CAST', 'DROP COLLATION', 'DROP CONVERSION', 'DROP DOMAIN', 'DROP EXTENSION',
                 'DROP FOREIGN DATA WRAPPER', 'DROP FOREIGN TABLE', 'DROP FUNCTION', 'DROP INDEX', 'DROP LANGUAGE',
                 'DROP MATERIALIZED VIEW', 'DROP OPERATOR', 'DROP OPERATOR CLASS', 'DROP OPERATOR FAMILY', 'DROP OWNED', 'DROP PROCEDURE', 'DROP ROUTINE',
                 'DROP SCHEMA', 'DROP SEQUENCE', 'DROP SERVER', 'DROP TABLE', 'DROP TEXT SEARCH CONFIGURATION',
                 'DROP TEXT SEARCH DICTIONARY', 'DROP TEXT SEARCH PARSER', 'DROP TEXT SEARCH TEMPLATE', 'DROP TRANSFORM', 'DROP TYPE',
                 'DROP VIEW')
    EXECUTE FUNCTION spend_sync.follow();
COMMENT ON EVENT TRIGGER spend_sync_before IS 'spend_sync: notes what the names of bound tables and columns mean';

CREATE EVENT TRIGGER spend_sync_after ON ddl_command_end
    WHEN TAG IN ('ALTER FOREIGN TABLE', 'ALTER INDEX', 'ALTER MATERIALIZED VIEW', 'ALTER SCHEMA', 'ALTER TABLE', 'ALTER TYPE', 'ALTER VIEW',
                 'CREATE FOREIGN TABLE', 'CREATE SCHEMA', 'CREATE TABLE',
                 'DROP ACCESS METHOD', 'DROP AGGREGATE', 'DROP CAST', 'DROP COLLATION', 'DROP CONVERSION', 'DROP DOMAIN', 'DROP EXTENSION',
                 'DROP FOREIGN DATA WRAPPER', 'DROP FOREIGN TABLE', 'DROP FUNCTION', 'DROP INDEX', 'DROP LANGUAGE',
                 'DROP MATERIALIZED VIEW', 'DROP OPERATOR', 'DROP OPERATOR CLASS', 'DROP OPERATOR FAMILY', 'DROP OWNED', 'DROP PROCEDURE', 'DROP ROUTINE',
                 'DROP SCHEMA', 'DROP SEQUENCE', 'DROP SERVER', 'DROP TABLE', 'DROP TEXT SEARCH CONFIGURATION',
                 'DROP TEXT SEARCH DICTIONARY', 'DROP TEXT SEARCH PARSER', 'DROP TEXT SEARCH TEMPLATE', 'DROP TRANSFORM', 'DROP TYPE',
                 'DROP VIEW')
    EXECUTE FUNCTION spend_sync.follow();
COMMENT ON EVENT TRIGGER spend_sync_after IS 'spend_sync: writes new names into the triggers, sums what partitions brought or took';

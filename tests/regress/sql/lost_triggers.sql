-- Triggers go with what they depend on: a type, a domain, a collation, a schema, an extension, a function dropped with CASCADE takes
-- columns along, and these the triggers whose WHEN names them. Then the next write of any of the tables fails and says what is
-- missing, until the tables are attached anew; or the command is refused. Nothing goes by in silence.
CREATE EXTENSION spend_sync;
SET client_min_messages = warning;
CREATE SCHEMA kinds;
-- Makes the tables anew, with a column of this type in the place of the status, the earnings or a key.
CREATE PROCEDURE make(status text DEFAULT 'text', earnings text DEFAULT 'numeric(10,2)', clip text DEFAULT 'int') LANGUAGE plpgsql AS $$
BEGIN
    DROP TABLE IF EXISTS clip_submissions, clips, campaigns CASCADE;
    CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
    EXECUTE format('CREATE TABLE clips (id %s PRIMARY KEY, earnings %s)', clip, earnings);
    EXECUTE format('CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, clip_id %s REFERENCES clips, status %s)', clip, status);
    CREATE INDEX ON clip_submissions (campaign_id);
    CREATE INDEX ON clip_submissions (clip_id);
    INSERT INTO campaigns VALUES (1, 'One');
    INSERT INTO clips VALUES ('1', 5), ('2', 7);
    INSERT INTO clip_submissions VALUES (1, 1, '1', 'APPROVED'), (2, 1, '2', 'PENDING');
    PERFORM spend_sync_attach();
END $$;
-- Runs a command; then writes each table. What comes of each.
CREATE FUNCTION try(command text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    FOREACH command IN ARRAY ARRAY[command, 'UPDATE campaigns SET title = title', 'INSERT INTO campaigns VALUES (2, ''Two'')',
        'DELETE FROM clips WHERE false', 'UPDATE clips SET id = id', 'UPDATE clip_submissions SET campaign_id = campaign_id', 'TRUNCATE clip_submissions']
    LOOP
        BEGIN
            EXECUTE command;
            RETURN NEXT command || ' -> done';
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS said = PG_EXCEPTION_DETAIL;
            RETURN NEXT format('%s -> %s %s', command, SQLSTATE, split_part(said, E'\n', 1));
        END;
    END LOOP;
END $$;

-- A type: of the status.
CREATE TYPE kinds.state AS ENUM ('PENDING', 'APPROVED');
CALL make(status => 'kinds.state');
BEGIN;
SELECT * FROM try('DROP TYPE kinds.state CASCADE');
SELECT severity, object, problem FROM spend_sync_check() WHERE severity = 'error';
-- The column comes back, and with it no trigger.
CREATE TYPE kinds.state AS ENUM ('PENDING', 'APPROVED');
ALTER TABLE clip_submissions ADD status kinds.state DEFAULT 'APPROVED';
SELECT * FROM try('SELECT 1');
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = earnings + 1;
SELECT spent FROM campaigns;
ROLLBACK;
-- The schema that it is in.
BEGIN;
SELECT * FROM try('DROP SCHEMA kinds CASCADE');
ROLLBACK;
-- A domain: of the earnings, of the status, of a key.
CREATE DOMAIN kinds.money AS numeric(10,2);
CALL make(earnings => 'kinds.money');
BEGIN;
SELECT * FROM try('DROP DOMAIN kinds.money CASCADE');
ALTER TABLE clips ADD earnings numeric(10,2) DEFAULT 6;
SELECT * FROM try('SELECT 1');
SELECT corrected FROM spend_sync_attach();
SELECT spent FROM campaigns;
ROLLBACK;
CREATE DOMAIN kinds.state_text AS text;
CALL make(status => 'kinds.state_text');
BEGIN;
SELECT * FROM try('DROP DOMAIN kinds.state_text CASCADE');
ROLLBACK;
CREATE DOMAIN kinds.key AS int;
CALL make(clip => 'kinds.key');
BEGIN;
SELECT * FROM try('DROP DOMAIN kinds.key CASCADE');
ROLLBACK;
-- A collation.
CREATE COLLATION kinds.plain FROM "C";
CALL make(status => 'text COLLATE kinds.plain');
BEGIN;
SELECT * FROM try('DROP COLLATION kinds.plain CASCADE');
ROLLBACK;
-- A function that a generated column is computed by.
CREATE FUNCTION kinds.worth(int) RETURNS numeric IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 1.0';
DROP TABLE clip_submissions, clips, campaigns CASCADE;
CALL make(earnings => 'numeric');
ALTER TABLE clips ADD views int DEFAULT 3, ADD paid numeric GENERATED ALWAYS AS (kinds.worth(3)) STORED;
SELECT corrected FROM spend_sync_attach(earnings => 'paid');
BEGIN;
SELECT * FROM try('DROP FUNCTION kinds.worth CASCADE');
ROLLBACK;
-- A trigger of ours itself, each of a table's (what is written to the table that lacks the statement trigger, and captured by no
-- other, goes by, as TRUNCATE does: the next write says so); and one in whose place another stands.
CALL make();
CREATE FUNCTION without(name name, "table" regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    EXECUTE format('DROP TRIGGER %I ON %s', name, "table");
    SELECT string_agg(DISTINCT substr(t, position(' -> ' IN t) + 4), '; ') INTO said FROM try('SELECT') WITH ORDINALITY AS r (t, n) WHERE n > 1;
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
    RETURN said;
END $$;
SELECT tgrelid::regclass AS "table", tgname, without(tgname, tgrelid::regclass)
FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgrelid::regclass::text, tgname;
CREATE FUNCTION instead(name name, definition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    EXECUTE format('DROP TRIGGER %I ON clips', name);
    EXECUTE replace(definition, 'ARGUMENT', quote_literal((SELECT convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8')
        FROM pg_trigger WHERE tgrelid = 'campaigns'::regclass AND tgname LIKE '%row')));
    SELECT string_agg(DISTINCT substr(t, position(' -> ' IN t) + 4), '; ') INTO said FROM try('SELECT') WITH ORDINALITY AS r (t, n) WHERE n > 1;
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
    RETURN said;
END $$;
SELECT definition, instead(name, definition) FROM (VALUES
    ('spend_sync_campaigns_row', 'CREATE TRIGGER spend_sync_campaigns_row AFTER INSERT OR UPDATE OR DELETE ON clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(ARGUMENT)'),
    ('spend_sync_campaigns_row', 'CREATE TRIGGER spend_sync_campaigns_row AFTER INSERT OR UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(ARGUMENT)'),
    ('spend_sync_campaigns_row', 'CREATE TRIGGER spend_sync_campaigns_row AFTER INSERT OR UPDATE OR DELETE ON clips FOR EACH ROW WHEN (false) EXECUTE FUNCTION spend_sync.capture_clip(ARGUMENT)'),
    ('spend_sync_campaigns_row', 'CREATE TRIGGER spend_sync_campaigns_row AFTER INSERT OR UPDATE OF id OR DELETE ON clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(ARGUMENT)'),
    ('spend_sync_campaigns_row', 'CREATE TRIGGER spend_sync_campaigns_row AFTER INSERT OR UPDATE OR DELETE ON clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_submission(ARGUMENT)'),
    ('spend_sync_campaigns_row', 'CREATE CONSTRAINT TRIGGER spend_sync_campaigns_row AFTER INSERT OR UPDATE OR DELETE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(ARGUMENT)'),
    ('spend_sync_campaigns_flush', 'CREATE TRIGGER spend_sync_campaigns_flush AFTER INSERT OR UPDATE OR DELETE ON clips FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(ARGUMENT)'),
    ('spend_sync_wake', 'CREATE CONSTRAINT TRIGGER spend_sync_wake AFTER INSERT OR DELETE ON clips DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (spend_sync.wakes()) EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake', 'CREATE CONSTRAINT TRIGGER spend_sync_wake AFTER INSERT OR DELETE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake_update', 'CREATE CONSTRAINT TRIGGER spend_sync_wake_update AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((OLD.earnings IS DISTINCT FROM NEW.earnings OR OLD.id IS DISTINCT FROM NEW.id) AND spend_sync.wakes()) EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake_update', 'CREATE CONSTRAINT TRIGGER spend_sync_wake_update AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.earnings IS DISTINCT FROM NEW.earnings AND spend_sync.wakes()) EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake_update', 'CREATE CONSTRAINT TRIGGER spend_sync_wake_update AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((OLD.earnings IS DISTINCT FROM NEW.earnings AND OLD.id IS DISTINCT FROM NEW.id) AND spend_sync.wakes()) EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake_update', 'CREATE CONSTRAINT TRIGGER spend_sync_wake_update AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((OLD.earnings IS DISTINCT FROM NEW.earnings OR OLD.id IS DISTINCT FROM NEW.id AND false) AND spend_sync.wakes()) EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake_update', 'CREATE CONSTRAINT TRIGGER spend_sync_wake_update AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.earnings IS DISTINCT FROM NEW.earnings OR OLD.id IS DISTINCT FROM NEW.id OR spend_sync.wakes()) EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake_update', 'CREATE CONSTRAINT TRIGGER spend_sync_wake_update AFTER UPDATE OF id ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((OLD.earnings IS DISTINCT FROM NEW.earnings OR OLD.id IS DISTINCT FROM NEW.id) AND spend_sync.wakes()) EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake_update', 'CREATE CONSTRAINT TRIGGER spend_sync_wake_update AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.earnings IS DISTINCT FROM NEW.earnings OR OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION spend_sync.flush_at_commit()'),
    ('spend_sync_wake_update', 'CREATE CONSTRAINT TRIGGER spend_sync_wake_update AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT spend_sync.wakes()) EXECUTE FUNCTION spend_sync.flush_at_commit()')
) AS v (name, definition);

-- The extension, amid a transaction and for good: nothing of ours is left to fail.
BEGIN;
SELECT * FROM try('DROP EXTENSION spend_sync CASCADE');
ROLLBACK;
BEGIN;
SELECT * FROM try('DROP EXTENSION spend_sync');
ROLLBACK;
UPDATE clips SET earnings = earnings + 1;
SELECT c.spent, (SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id WHERE status = 'APPROVED') AS oracle FROM campaigns c;

-- Temporary tables and types of the names that our statements and catalog queries use, in a session that puts pg_temp first: a
-- writer needs no right to make them. None is ever read, and nothing of theirs is run.
SET client_min_messages = warning;
CREATE EXTENSION spend_sync;
CREATE ROLE shadows_owner;
CREATE ROLE shadows_writer;
CREATE SCHEMA app AUTHORIZATION shadows_owner;
GRANT USAGE ON SCHEMA app TO shadows_writer;
SET ROLE shadows_owner;
SET search_path = app, public;
CREATE TABLE app.campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0, touched name);
CREATE TABLE app.clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE app.clip_submissions (campaign_id int REFERENCES app.campaigns, clip_id int REFERENCES app.clips, status text);
CREATE INDEX ON app.clip_submissions (campaign_id);
CREATE INDEX ON app.clip_submissions (clip_id);
INSERT INTO app.campaigns VALUES (1, 'One');
INSERT INTO app.clips VALUES (1, 10);
INSERT INTO app.clip_submissions VALUES (1, 1, 'APPROVED');
-- The owner's trigger reads a table of its schema by its bare name.
CREATE TABLE app.sources (name name);
INSERT INTO app.sources VALUES ('the app''s');
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT name INTO NEW.touched FROM sources; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON app.campaigns FOR EACH ROW EXECUTE FUNCTION app.touch();
SELECT corrected FROM spend_sync_attach('app.campaigns', 'app.clips', 'app.clip_submissions');
GRANT SELECT, INSERT, UPDATE, DELETE ON app.clips, app.clip_submissions TO shadows_writer;
GRANT SELECT ON app.campaigns TO shadows_writer;
RESET search_path;

SET ROLE shadows_writer;
CREATE TEMP TABLE sources AS SELECT 'the shadow''s'::name AS name;
GRANT ALL ON sources TO PUBLIC;
CREATE FUNCTION pg_temp.fell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fell for a temporary table, as %', current_user; END $$;
-- The tables that are bound, those of the extension, and the catalogs that it reads; to write one raises an error, to read one finds nothing.
DO $$
DECLARE
    shadow text;
BEGIN
    FOREACH shadow IN ARRAY ARRAY['app.campaigns', 'app.clips', 'app.clip_submissions', 'spend_sync.correction', 'spend_sync.large_campaign', 'pg_catalog.pg_class',
        'pg_catalog.pg_namespace', 'pg_catalog.pg_trigger', 'pg_catalog.pg_proc', 'pg_catalog.pg_attribute', 'pg_catalog.pg_type', 'pg_catalog.pg_index',
        'pg_catalog.pg_constraint', 'pg_catalog.pg_enum', 'pg_catalog.pg_inherits', 'pg_catalog.pg_partitioned_table', 'pg_catalog.pg_collation', 'pg_catalog.pg_event_trigger'] LOOP
        EXECUTE format('CREATE TEMP TABLE %I (%s)', split_part(shadow, '.', 2),
            (SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
             FROM pg_attribute WHERE attrelid = shadow::regclass AND attnum > 0 AND atttypid <> 'anyarray'::regtype));
        EXECUTE format('CREATE TRIGGER fell BEFORE INSERT OR UPDATE OR DELETE ON pg_temp.%I FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.fell()', split_part(shadow, '.', 2));
        EXECUTE format('GRANT ALL ON pg_temp.%I TO PUBLIC', split_part(shadow, '.', 2));
    END LOOP;
END $$;
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (VALUE = 'no');
CREATE DOMAIN pg_temp.numeric AS pg_catalog.numeric CHECK (VALUE = -1);
CREATE DOMAIN pg_temp.regclass AS pg_catalog.regclass CHECK (false);
CREATE DOMAIN pg_temp.int8 AS pg_catalog.int8 CHECK (false);
CREATE DOMAIN pg_temp.float8 AS pg_catalog.float8 CHECK (false);
CREATE DOMAIN pg_temp.oid AS pg_catalog.oid CHECK (false);
SET search_path = pg_temp, pg_catalog, public;
-- It works: whoever does not name the schema falls for it.
SELECT 1::numeric;
SELECT count(*) FROM pg_class;

UPDATE app.clips SET earnings = 11;
INSERT INTO app.clips VALUES (2, 20);
INSERT INTO app.clip_submissions VALUES (1, 2, 'APPROVED');
SET ROLE shadows_owner;
SELECT FROM public.spend_sync_attach('app.campaigns'::pg_catalog.regclass, 'app.clips'::pg_catalog.regclass, 'app.clip_submissions'::pg_catalog.regclass, flush => 'commit', sync => false);
SET ROLE shadows_writer;
BEGIN;
DELETE FROM app.clip_submissions WHERE clip_id = 1;
UPDATE app.clips SET earnings = earnings * 2;
COMMIT;
-- It may read all three, so it may preview. The owner's trigger saw the owner's table.
SELECT * FROM public.spend_sync_status('app.campaigns'::pg_catalog.regclass);
SELECT spent, touched FROM app.campaigns;
RESET ROLE;
SET session_replication_role = replica;
UPDATE app.campaigns SET spent = 0;
RESET session_replication_role;
SELECT new_spent FROM public.sync_campaign(1, 'app.campaigns'::pg_catalog.regclass);
SELECT difference FROM public.spend_sync_status('app.campaigns'::pg_catalog.regclass);
SELECT severity, problem FROM public.spend_sync_check('app.campaigns'::pg_catalog.regclass) WHERE severity OPERATOR(pg_catalog.=) 'error'::pg_catalog.text;
SELECT corrected FROM public.spend_sync_attach('app.campaigns'::pg_catalog.regclass, 'app.clips'::pg_catalog.regclass, 'app.clip_submissions'::pg_catalog.regclass);
ALTER TABLE app.clips RENAME earnings TO earned;
SET ROLE shadows_writer;
UPDATE app.clips SET earned = earned + 1;
RESET ROLE;
RESET search_path;
SELECT found_by, recorded, actual FROM spend_sync.correction;

-- The oracle.
SET search_path = app, pg_catalog, pg_temp;
SELECT c.spent, (SELECT sum(k.earned) FROM app.clip_submissions s JOIN app.clips k ON k.id = s.clip_id WHERE s.status = 'APPROVED') AS oracle, c.touched FROM app.campaigns c;
\set VERBOSITY terse
SET client_min_messages = warning;
DISCARD TEMP;
DROP SCHEMA app CASCADE;
DROP EXTENSION spend_sync;
DROP ROLE shadows_owner, shadows_writer;

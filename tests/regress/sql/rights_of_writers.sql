-- A role that may write clips and links, and nothing else: what it learns by that, and what its session's settings change.
CREATE EXTENSION spend_sync;
CREATE ROLE writers_owner;
CREATE ROLE writers_writer;
CREATE SCHEMA app AUTHORIZATION writers_owner;
CREATE SCHEMA lair AUTHORIZATION writers_writer;
GRANT USAGE ON SCHEMA app TO writers_writer;
SET ROLE writers_owner;
SET search_path = app, public;
CREATE TABLE accounts (id int PRIMARY KEY);
INSERT INTO accounts VALUES (1);
CREATE TABLE campaigns (id int PRIMARY KEY, title text, budget numeric, spent float8 DEFAULT 0, rank int, account int REFERENCES accounts);
CREATE TABLE clips (id int PRIMARY KEY, earnings float8);
CREATE TABLE clip_submissions (campaign_id int REFERENCES campaigns, clip_id int REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'Secret title', 4242, 0, 1, 1), (2, 'Secret too', 4242, 0, 77, 1);
INSERT INTO clips VALUES (1, 1234);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED');
SELECT corrected FROM spend_sync_attach();
GRANT SELECT, UPDATE ON clips TO writers_writer;

-- Constraints of campaigns that a write breaks: the error is whole but for the row, which the writer may not read.
ALTER TABLE campaigns ADD CONSTRAINT hard CHECK (spent <= budget);
SET ROLE writers_writer;
SELECT * FROM campaigns;
UPDATE clips SET earnings = 5000;
\echo :SQLSTATE
SET ROLE writers_owner;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
SET ROLE writers_writer;
UPDATE clips SET earnings = 5000;
\echo :SQLSTATE
SET ROLE writers_owner;
SELECT FROM spend_sync_attach(sync => false);
UPDATE clips SET earnings = 5000;
ALTER TABLE campaigns DROP CONSTRAINT hard, ADD UNIQUE (rank), ALTER title SET NOT NULL;
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_ARGV[0]
        WHEN 'unique' THEN NEW.rank := 77;
        WHEN 'null' THEN NEW.title := NULL;
        WHEN 'key' THEN NEW.account := 424242;
        ELSE RAISE check_violation USING MESSAGE = 'no', DETAIL = 'What the owner wants to be told.';
    END CASE;
    RETURN NEW;
END $$;
\set spoil 'SET ROLE writers_owner; CREATE OR REPLACE TRIGGER spoil BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION spoil(:how); SET ROLE writers_writer; UPDATE clips SET earnings = earnings + 1;'
\set how '''unique'''
:spoil
\set how '''null'''
:spoil
\set how '''key'''
:spoil
\set how '''raise'''
:spoil
-- A role that may repair, and no more, learns no more.
RESET ROLE;
GRANT EXECUTE ON FUNCTION sync_all_campaigns(regclass) TO writers_writer;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
\set how '''null'''
SET ROLE writers_owner;
CREATE OR REPLACE TRIGGER spoil BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION spoil('null');
SET ROLE writers_writer;
SELECT * FROM sync_all_campaigns('app.campaigns');
\echo :SQLSTATE
SET ROLE writers_owner;
DROP TRIGGER spoil ON campaigns;

-- Settings that change how values are printed or planned change no total. Few digits hide no direct write.
SELECT name AS parallel FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
\set settings 'SET extra_float_digits = -15; SET quote_all_identifiers = on; SET transform_null_equals = on; SET array_nulls = off; SET standard_conforming_strings = off; SET DateStyle = ''SQL, DMY''; SET row_security = off; SET plan_cache_mode = force_custom_plan; SET enable_indexscan = off; SET ' :parallel ' = on; SET spend_sync.recompute_interval = ''20d'';'
SET client_min_messages = error;
:settings
RESET client_min_messages;
SET ROLE writers_writer;
UPDATE clips SET earnings = 1235.25;
UPDATE clips SET earnings = 1236.5;
SET ROLE writers_owner;
UPDATE campaigns SET spent = 1300.75 WHERE id = 1;
INSERT INTO campaigns VALUES (3, 'Third', 1, 0.25, 3, 1);
RESET ALL;
SET search_path = app, public;
SELECT id, spent FROM campaigns ORDER BY id;
-- real, too.
ALTER TABLE campaigns ADD brief real DEFAULT 0;
SELECT FROM spend_sync_detach('campaigns');
SELECT corrected FROM spend_sync_attach(spent => 'brief');
SET extra_float_digits = -15;
UPDATE campaigns SET brief = 1300.5 WHERE id = 1;
RESET extra_float_digits;
SELECT id, brief FROM campaigns ORDER BY id;
-- The same amount written again is no direct write.
UPDATE campaigns SET brief = brief;
RESET ROLE;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by = 'direct write' ORDER BY at, campaign_id;

-- Writes amid what PostgreSQL runs as a restricted operation.
CREATE FUNCTION app.earn(amount float8) RETURNS float8 LANGUAGE sql AS 'UPDATE app.clips SET earnings = amount RETURNING earnings';
CREATE MATERIALIZED VIEW app.refreshed AS SELECT app.earn(20) AS earned;
SELECT brief FROM campaigns WHERE id = 1;
UPDATE app.clips SET earnings = 21;
SELECT FROM spend_sync_attach(spent => 'brief', flush => 'commit', sync => false);
REFRESH MATERIALIZED VIEW app.refreshed;
SELECT brief FROM campaigns WHERE id = 1;

-- An argument that is longer than any mapping is not read, whoever names whose table: it would cost each rename of everybody's.
SET ROLE writers_writer;
CREATE TABLE lair.x (a int);
SELECT format('CREATE TRIGGER long AFTER INSERT ON lair.x FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_campaign(%L)',
    replace(m, '["APPROVED"]', '["' || repeat('x', 120000) || '"]')) AS command
FROM (SELECT convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8') AS m FROM pg_trigger WHERE tgname = 'spend_sync_campaigns_flush' LIMIT 1) a \gset
:command;
INSERT INTO lair.x VALUES (1);
\echo :SQLSTATE
SELECT campaigns FROM spend_sync.binding;
SET ROLE writers_owner;
ALTER TABLE clips RENAME earnings TO earned;
UPDATE clips SET earned = 22;

-- The oracle.
SELECT c.id, c.brief, coalesce((SELECT sum(k.earned) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id WHERE s.campaign_id = c.id), 0) AS oracle
FROM campaigns c ORDER BY id;
RESET ROLE;
RESET search_path;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA app, lair CASCADE;
DROP EXTENSION spend_sync;
DROP ROLE writers_owner, writers_writer;

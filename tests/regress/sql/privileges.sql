-- Who may do what. A role that may write clips or submissions needs no right on campaigns; one that may not call the sync
-- functions cannot change a total; attach and detach are for the owner of the tables.
CREATE EXTENSION spend_sync;
CREATE ROLE priv_owner;
CREATE ROLE priv_member IN ROLE priv_owner;
CREATE ROLE priv_writer;
CREATE ROLE priv_fixer;
CREATE ROLE priv_reader;
CREATE ROLE priv_peeker;
CREATE ROLE priv_stranger;
CREATE SCHEMA app AUTHORIZATION priv_owner;
CREATE SCHEMA lair AUTHORIZATION priv_stranger;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SET search_path = app, public;
SET ROLE priv_owner;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    clip_id int REFERENCES clips ON DELETE CASCADE,
    status text NOT NULL
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
GRANT SELECT ON totals TO PUBLIC;
INSERT INTO campaigns VALUES (1, 'One', 1), (2, 'Two', 2);
INSERT INTO clips VALUES (1, 10), (2, 20);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 2, 2, 'APPROVED');
GRANT SELECT, INSERT, UPDATE, DELETE ON clips, clip_submissions TO priv_writer;
GRANT SELECT ON campaigns, clips, clip_submissions TO priv_reader;
GRANT SELECT (id) ON campaigns, clips, clip_submissions TO priv_peeker;

-- Not the owner: nothing changes.
SET ROLE priv_writer;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SET ROLE priv_stranger;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SET ROLE priv_owner;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
TABLE totals;

-- The owner, no superuser, may; so may a member of it. What is corrected is logged, though they may not write the log.
SELECT corrected, total_difference FROM spend_sync_attach();
SET ROLE priv_member;
SELECT corrected FROM spend_sync_attach();
-- He reads what was found in his tables; nobody else does but by a grant.
SELECT campaign_id, recorded, actual, found_by, role FROM spend_sync.correction ORDER BY at, campaign_id;
DELETE FROM spend_sync.correction;
\echo :SQLSTATE
SET ROLE priv_writer;
SELECT count(*) FROM spend_sync.correction;
RESET ROLE;
GRANT SELECT ON spend_sync.correction TO priv_writer;
SET ROLE priv_writer;
SELECT count(*) FROM spend_sync.correction;
RESET ROLE;
REVOKE SELECT ON spend_sync.correction FROM priv_writer;
-- Of a row that replication brings from another server the number names none of this one's tables.
BEGIN;
UPDATE spend_sync.correction SET server = server + 1;
SET LOCAL ROLE priv_member;
SELECT count(*) FROM spend_sync.correction;
SELECT problem FROM spend_sync_check() WHERE problem LIKE '%found wrong%';
ROLLBACK;
SELECT campaigns::regclass, campaign_id, recorded, actual, found_by, role FROM spend_sync.correction ORDER BY at, campaign_id;

-- The writer has no right on campaigns, and every write of it is in the totals.
SET ROLE priv_writer;
SELECT * FROM campaigns;
\echo :SQLSTATE
UPDATE clips SET earnings = 11 WHERE id = 1;
INSERT INTO clips VALUES (3, 30);
INSERT INTO clip_submissions VALUES (3, 1, 3, 'APPROVED');
UPDATE clip_submissions SET campaign_id = 2 WHERE id = 1;
TABLE totals;
RESET ROLE;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
SET ROLE priv_writer;
BEGIN;
DELETE FROM clips WHERE id = 2;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 3;
COMMIT;
TABLE totals;
SELECT current_user;
-- ... or it has the right to write the total and nothing else: then it is put right, in its name.
RESET ROLE;
GRANT SELECT (id), UPDATE (spent) ON campaigns TO priv_writer;
SET ROLE priv_writer;
UPDATE campaigns SET spent = 99 WHERE id = 1;
RESET ROLE;
REVOKE ALL ON campaigns FROM priv_writer;
SELECT campaign_id, recorded, actual, found_by, role FROM spend_sync.correction WHERE found_by = 'direct write';
TABLE totals;

-- It may not sync, with any of the functions; and not preview what it may not read.
SET ROLE priv_writer;
SELECT * FROM sync_campaign(1);
\echo :SQLSTATE
SELECT * FROM sync_campaign('1');
\echo :SQLSTATE
SELECT * FROM sync_campaign('00000000-0000-0000-0000-000000000001'::uuid);
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
SELECT spend_sync_report();
\echo :SQLSTATE
SELECT * FROM spend_sync_check();
\echo :SQLSTATE
SELECT spend_sync_detach('campaigns');
\echo :SQLSTATE

-- A role that is told to may, with no other right at all.
RESET ROLE;
SET session_replication_role = replica;
UPDATE app.campaigns SET spent = 0;
RESET session_replication_role;
GRANT EXECUTE ON FUNCTION sync_campaign(bigint, regclass), sync_all_campaigns(regclass) TO priv_fixer;
SET ROLE priv_fixer;
SELECT * FROM campaigns;
\echo :SQLSTATE
SELECT * FROM sync_campaign(2);
SELECT * FROM sync_all_campaigns();
SELECT * FROM sync_campaign('1');
\echo :SQLSTATE
RESET ROLE;
SELECT campaign_id, recorded, actual, found_by, role FROM spend_sync.correction WHERE found_by LIKE 'sync%' ORDER BY at, campaign_id;
-- A grant to PUBLIC is no grant to anybody: every role may call them so that the owner may.
GRANT EXECUTE ON FUNCTION sync_campaign(text, regclass) TO PUBLIC;
SET ROLE priv_writer;
SELECT * FROM sync_campaign('1');
\echo :SQLSTATE
-- A grant to a role counts for those who are members of it and inherit.
RESET ROLE;
CREATE ROLE priv_team IN ROLE priv_fixer;
CREATE ROLE priv_guest NOINHERIT IN ROLE priv_fixer;
SET ROLE priv_team;
SELECT * FROM sync_campaign(1);
SET ROLE priv_guest;
SELECT * FROM sync_campaign(1);
\echo :SQLSTATE
-- The owner of the tables, and its members, need none.
SET ROLE priv_owner;
SELECT * FROM sync_all_campaigns();
SELECT * FROM sync_campaign(1);
\set VERBOSITY sqlstate
CALL spend_sync_repair();
SET ROLE priv_member;
CALL spend_sync_repair();
\set VERBOSITY default
SELECT * FROM sync_campaign('2');
SET ROLE priv_writer;
CALL spend_sync_repair('app.campaigns');
\echo :SQLSTATE
RESET ROLE;
GRANT EXECUTE ON PROCEDURE spend_sync_repair(regclass, integer) TO priv_fixer;
SET ROLE priv_fixer;
\set VERBOSITY sqlstate
CALL spend_sync_repair('app.campaigns');
\set VERBOSITY default
-- Taken from PUBLIC, PostgreSQL itself refuses; whom it is given to may.
RESET ROLE;
REVOKE EXECUTE ON FUNCTION sync_all_campaigns(regclass) FROM PUBLIC;
SET ROLE priv_owner;
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
SET ROLE priv_fixer;
SELECT count(*) FROM sync_all_campaigns();
RESET ROLE;
GRANT EXECUTE ON FUNCTION sync_all_campaigns(regclass) TO PUBLIC;
SET ROLE priv_owner;

-- The preview is for the owner, its members, and whoever may read all three tables. Some columns are not enough.
SELECT * FROM spend_sync_status();
SET ROLE priv_member;
SELECT spend_sync_report() -> 'summary' AS summary;
SET ROLE priv_reader;
SELECT * FROM spend_sync_status();
SELECT spend_sync_report() -> 'summary' AS summary;
SELECT severity, problem FROM spend_sync_check();
SET ROLE priv_peeker;
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
SELECT spend_sync_report();
\echo :SQLSTATE
SET ROLE priv_stranger;
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
SELECT campaigns, spent FROM spend_sync.binding;

-- Triggers made by hand give nobody what he may not have: not on one's own table, whatever they say it is.
CREATE TABLE lair.clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE lair.log (id int);
SELECT replace(replace(convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8'), '"campaigns":"campaigns"', '"campaigns":["app","campaigns"]'),
    '"submissions":"clip_submissions"', '"submissions":["app","clip_submissions"]') AS mine,
    replace(replace(replace(convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8'), '"campaigns":"campaigns"', '"campaigns":["app","campaigns"]'),
    '"submissions":"clip_submissions"', '"submissions":["app","clip_submissions"]'), '"clips":"clips"', '"clips":["app","clips"]') AS theirs
FROM pg_trigger WHERE tgrelid = 'app.clips'::regclass AND tgname = 'spend_sync_campaigns_row' \gset
CREATE TRIGGER mine AFTER INSERT OR UPDATE OR DELETE ON lair.clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(:'mine');
CREATE TRIGGER theirs AFTER INSERT OR UPDATE OR DELETE ON lair.log FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(:'theirs');
INSERT INTO lair.clips VALUES (1, 1000000);
\echo :SQLSTATE
INSERT INTO lair.log VALUES (1);
\echo :SQLSTATE
-- A total that drifted must not be healed by a stranger's TRUNCATE of a table of his own, whether that fails or not.
RESET ROLE;
SET session_replication_role = replica;
UPDATE app.campaigns SET spent = 0.01 WHERE id = 1;
RESET session_replication_role;
SET ROLE priv_stranger;
CREATE TRIGGER flush AFTER TRUNCATE ON lair.log FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(:'theirs');
DO $$ BEGIN TRUNCATE lair.log; EXCEPTION WHEN OTHERS THEN NULL; END $$;
RESET ROLE;
TABLE totals;
SELECT corrected FROM spend_sync_attach();
DROP TABLE lair.clips, lair.log;

-- Binding tables of two owners: refused, whatever one has granted the other.
ALTER TABLE clips OWNER TO priv_stranger;
SET ROLE priv_owner;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SELECT spend_sync_detach('campaigns');
\echo :SQLSTATE
RESET ROLE;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
GRANT ALL ON clips TO priv_owner;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
-- Until then a write fails, loudly, rather than leave the total behind.
SET ROLE priv_writer;
INSERT INTO clip_submissions VALUES (9, 1, 1, 'APPROVED');
\echo :SQLSTATE
RESET ROLE;
TABLE totals;
SELECT severity, object, problem, advice FROM spend_sync_check();
ALTER TABLE app.clips OWNER TO priv_owner;
SELECT corrected FROM spend_sync_attach();
SET ROLE priv_writer;
INSERT INTO clip_submissions VALUES (9, 1, 1, 'APPROVED');
RESET ROLE;
TABLE totals;

-- One role owns them all, and has taken from itself what it needs, or may not reach its own table.
REVOKE UPDATE ON clips FROM priv_owner;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SELECT severity, problem, advice FROM spend_sync_check();
GRANT UPDATE ON clips TO priv_owner;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
RESET search_path;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA app, lair CASCADE;
DROP EXTENSION spend_sync;
DROP ROLE priv_member, priv_owner, priv_writer, priv_fixer, priv_reader, priv_peeker, priv_stranger, priv_team, priv_guest;

-- Row-level security bends no total: neither the writer's, nor one that is forced on the owner.
CREATE EXTENSION spend_sync;
CREATE ROLE rls_owner;
CREATE ROLE rls_ann;
CREATE ROLE rls_bob;
CREATE ROLE rls_reader;
CREATE ROLE rls_auditor BYPASSRLS;
CREATE ROLE rls_clips_owner;
CREATE SCHEMA app AUTHORIZATION rls_owner;
GRANT USAGE, CREATE ON SCHEMA app TO PUBLIC;
SET search_path = app, public;
SET ROLE rls_owner;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0, owned_by name);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, made_by name);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL,
    made_by name
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One', 0, 'nobody'), (2, 'Two', 0, 'nobody');
INSERT INTO clips VALUES (1, 10, 'rls_ann'), (2, 20, 'rls_bob'), (3, 40, 'rls_ann'), (4, 80, 'rls_bob');
INSERT INTO clip_submissions VALUES
    (1, 1, 1, 'APPROVED', 'rls_ann'), (2, 1, 2, 'APPROVED', 'rls_bob'), (3, 2, 3, 'APPROVED', 'rls_ann'), (4, 2, 4, 'PENDING', 'rls_bob');
GRANT SELECT, INSERT, UPDATE, DELETE ON campaigns, clips, clip_submissions TO rls_ann, rls_bob;
GRANT SELECT ON campaigns, clips, clip_submissions TO rls_reader, rls_auditor;
SELECT corrected FROM spend_sync_attach();
-- Whoever writes sees only what he made; campaigns nobody sees.
ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY;
ALTER TABLE clips ENABLE ROW LEVEL SECURITY;
ALTER TABLE clip_submissions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON campaigns USING (owned_by = current_user);
CREATE POLICY own ON clips USING (made_by = current_user);
CREATE POLICY own ON clip_submissions USING (made_by = current_user);
-- The oracle is a superuser's, whom no policy binds.
RESET ROLE;
\ir ../totals.sql
GRANT SELECT ON totals TO PUBLIC;

-- Ann sees her own, the totals are of all.
SET ROLE rls_ann;
SELECT * FROM clips ORDER BY id;
SELECT * FROM campaigns;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
INSERT INTO clips VALUES (5, 5, 'rls_ann');
UPDATE clip_submissions SET clip_id = 5 WHERE id = 3;
TABLE totals;
SET ROLE rls_bob;
UPDATE clip_submissions SET status = 'APPROVED';
DELETE FROM clip_submissions WHERE id = 2;
TABLE totals;
-- "off" means an error rather than hidden rows for the one who sets it: not in our statements.
SET row_security = off;
SELECT count(*) FROM clips;
\echo :SQLSTATE
RESET row_security;

-- Forced on the owner, as whom we sum: still of all.
RESET ROLE;
ALTER TABLE campaigns FORCE ROW LEVEL SECURITY;
ALTER TABLE clips FORCE ROW LEVEL SECURITY;
ALTER TABLE clip_submissions FORCE ROW LEVEL SECURITY;
SET ROLE rls_owner;
SELECT (SELECT count(*) FROM campaigns) AS campaigns, (SELECT count(*) FROM clips) AS clips;
SET ROLE rls_ann;
UPDATE clips SET earnings = earnings + 1;
INSERT INTO clip_submissions VALUES (5, 1, 1, 'APPROVED', 'rls_ann');
TABLE totals;
RESET ROLE;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
SET ROLE rls_ann;
BEGIN;
UPDATE clips SET earnings = earnings + 1;
COMMIT;
TABLE totals;
-- The owner's own preview, repair and attach see everything as well.
RESET ROLE;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
GRANT EXECUTE ON FUNCTION sync_campaign(bigint, regclass), sync_all_campaigns(regclass) TO rls_bob;
SET ROLE rls_owner;
SELECT * FROM spend_sync_status();
SELECT * FROM sync_campaign(1);
SET ROLE rls_bob;
SELECT * FROM sync_all_campaigns();
SET ROLE rls_owner;
SELECT corrected FROM spend_sync_attach();
SELECT severity, problem FROM spend_sync_check() WHERE severity = 'error';
TABLE totals;

-- A reader from whom rows are hidden gets no preview rather than a wrong one; with BYPASSRLS he does.
SET ROLE rls_reader;
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
SELECT spend_sync_report();
\echo :SQLSTATE
SET ROLE rls_auditor;
SELECT * FROM spend_sync_status();

-- Clips of another owner, whose rows could be hidden from the campaigns' owner: no total could be right. Writes fail, loudly,
-- and so does attach.
RESET ROLE;
ALTER TABLE clips OWNER TO rls_clips_owner;
GRANT SELECT, UPDATE ON clips TO rls_owner;
GRANT SELECT, UPDATE ON clips TO rls_ann;
SET ROLE rls_ann;
UPDATE clips SET earnings = earnings + 1;
\echo :SQLSTATE
RESET ROLE;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SELECT severity, object, problem, advice FROM spend_sync_check();
TABLE totals;
-- It does not help to show them.
CREATE POLICY all_of_them ON clips TO rls_owner USING (true);
ALTER ROLE rls_owner BYPASSRLS;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE app.clips OWNER TO rls_owner;
ALTER ROLE rls_owner NOBYPASSRLS;
DROP POLICY all_of_them ON clips;
SELECT corrected FROM spend_sync_attach();
SET ROLE rls_ann;
UPDATE clips SET earnings = earnings + 1;
RESET ROLE;
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
RESET search_path;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION spend_sync;
DROP ROLE rls_owner, rls_ann, rls_bob, rls_reader, rls_auditor, rls_clips_owner;

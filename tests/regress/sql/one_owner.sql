-- One role owns all tables of a total. The planner folds constants of index expressions, and of extended statistics, of a table
-- that is read, and calls their functions as the role in force: with two owners one would act as the other.
CREATE EXTENSION spend_sync;
CREATE ROLE one_owner;
CREATE ROLE one_other;
CREATE ROLE one_writer;
CREATE SCHEMA app AUTHORIZATION one_owner;
CREATE SCHEMA media AUTHORIZATION one_other;
GRANT USAGE ON SCHEMA app, media TO PUBLIC;
SET search_path = app, public;
CREATE TABLE campaigns (id text PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE media.clips (id text PRIMARY KEY, earnings numeric(10,2), note text);
CREATE TABLE clip_submissions (id int, campaign_id text REFERENCES campaigns, clip_id text REFERENCES media.clips, status text);
ALTER TABLE campaigns OWNER TO one_owner;
ALTER TABLE media.clips OWNER TO one_other;
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES ('a');
INSERT INTO media.clips VALUES ('k1', 1), ('k2', 2);
INSERT INTO clip_submissions VALUES (1, 'a', 'k1', 'APPROVED'), (2, 'a', 'k2', 'APPROVED');
GRANT SELECT, UPDATE ON clip_submissions, media.clips TO one_writer;
GRANT ALL ON ALL TABLES IN SCHEMA app, media TO one_owner;
-- What the other owner prepares: whoever it runs as is noted down.
CREATE TABLE ran (role name, what text);
GRANT INSERT, SELECT ON ran TO PUBLIC;
SET ROLE one_other;
CREATE FUNCTION media.deed(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO app.ran VALUES (current_user, what);
EXCEPTION WHEN OTHERS THEN
END $$;
CREATE FUNCTION media.trap(t text, what text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF current_user NOT IN ('one_other', 'one_writer') THEN PERFORM media.deed(what); END IF;
    RETURN t;
END $$;
CREATE INDEX ON media.clips ((note || media.trap('x', 'index')));
CREATE INDEX ON media.clips (id) WHERE note = media.trap('x', 'predicate');
CREATE STATISTICS media.notes ON (note || media.trap('x', 'statistics')), id FROM media.clips;
RESET ROLE;

-- Attach insists, whoever calls; the tables that are not the campaigns owner's are named, with what mends it.
SELECT total FROM spend_sync_attach(clips => 'media.clips');
\echo :SQLSTATE
GRANT one_owner TO one_other;
SELECT total FROM spend_sync_attach(clips => 'media.clips');
\echo :SQLSTATE
REVOKE one_owner FROM one_other;
TABLE ran;
ALTER TABLE media.clips OWNER TO one_owner; ALTER TABLE app.clip_submissions OWNER TO one_owner;
SELECT total FROM spend_sync_attach(clips => 'media.clips');
-- (What the role that owns the table has taken over runs as that role: it should look at it before.)
SELECT DISTINCT role FROM ran;
ALTER INDEX media.clips_expr_idx RENAME TO trap;
DROP INDEX media.trap, media.clips_id_idx;
DROP STATISTICS media.notes;
TRUNCATE ran;

-- An owner changed since: the next write fails, of whichever table, by whomever, and so do previews and repairs.
ALTER TABLE media.clips OWNER TO one_other;
SET ROLE one_other;
CREATE INDEX trap ON media.clips ((note || media.trap('x', 'index')));
SET ROLE one_writer;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 2;
\echo :SQLSTATE
UPDATE media.clips SET earnings = 5;
\echo :SQLSTATE
SET ROLE one_owner;
DELETE FROM clip_submissions;
\echo :SQLSTATE
INSERT INTO campaigns VALUES ('b');
\echo :SQLSTATE
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
SELECT * FROM spend_sync_check();
RESET ROLE;
SELECT * FROM ran;
-- Detached, each goes on.
BEGIN;
SELECT spend_sync_detach('campaigns');
SET LOCAL ROLE one_writer;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 2;
ROLLBACK;
DROP INDEX media.trap;
ALTER TABLE media.clips OWNER TO one_owner;
SET ROLE one_writer;
UPDATE media.clips SET earnings = 5;
RESET ROLE;
SELECT * FROM campaigns;
-- All three may change hands.
REASSIGN OWNED BY one_owner TO one_other;
SET ROLE one_writer;
UPDATE media.clips SET earnings = 6;
RESET ROLE;
SELECT * FROM campaigns;
REASSIGN OWNED BY one_other TO one_owner;
ALTER SCHEMA media OWNER TO one_other;
GRANT USAGE ON SCHEMA media TO PUBLIC;

-- Partitions' owners must have the rights of that role: one of another's is refused when it comes, by whatever road.
SELECT spend_sync_detach('campaigns');
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey;
CREATE TABLE media.parted (id text, earnings numeric(10,2), note text) PARTITION BY LIST (id);
ALTER TABLE media.parted OWNER TO one_owner;
CREATE TABLE media.parted_1 PARTITION OF media.parted FOR VALUES IN ('k1');
CREATE TABLE media.parted_2 (id text, earnings numeric(10,2), note text);
ALTER TABLE media.parted_1 OWNER TO one_other;
ALTER TABLE media.parted_2 OWNER TO one_other;
CREATE UNIQUE INDEX ON media.parted (id);
INSERT INTO media.parted VALUES ('k1', 10);
INSERT INTO media.parted_2 VALUES ('k2', 20);
SET ROLE one_other;
CREATE INDEX trap ON media.parted_1 ((note || media.trap('x', 'partition')));
CREATE INDEX trap_2 ON media.parted_2 ((note || media.trap('x', 'partition')));
RESET ROLE;
SELECT total FROM spend_sync_attach(clips => 'media.parted', submission_clip => 'clip_id', clip_id => 'id');
\echo :SQLSTATE
ALTER TABLE media.parted_1 OWNER TO one_owner;
DROP INDEX media.trap;
SELECT total FROM spend_sync_attach(clips => 'media.parted', submission_clip => 'clip_id', clip_id => 'id');
ALTER TABLE media.parted ATTACH PARTITION media.parted_2 FOR VALUES IN ('k2');
\echo :SQLSTATE
SELECT DISTINCT role FROM ran WHERE role <> current_user;
TRUNCATE ran;
SET ROLE one_writer;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 1;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 1;
RESET ROLE;
-- A member's, or a superuser's, is welcome.
GRANT one_owner TO one_other;
DROP INDEX media.trap_2;
ALTER TABLE media.parted ATTACH PARTITION media.parted_2 FOR VALUES IN ('k2');
CREATE TABLE media.parted_3 PARTITION OF media.parted FOR VALUES IN ('k3');
SELECT tableowner FROM pg_tables WHERE tablename LIKE 'parted\__' ORDER BY tablename;
SELECT * FROM campaigns;
SELECT severity, object, problem FROM spend_sync_check();
-- What was a member's is a stranger's: writes fail, and check says what mends it.
REVOKE one_owner FROM one_other;
SET ROLE one_writer;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 1;
\echo :SQLSTATE
RESET ROLE;
SELECT * FROM spend_sync_check();
ALTER TABLE media.parted_2 OWNER TO one_owner;
SET ROLE one_writer;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 1;
RESET ROLE;
-- One is not given away so. (REASSIGN OWNED fires no event trigger.)
ALTER TABLE media.parted_1 OWNER TO one_other;
\echo :SQLSTATE
GRANT one_owner TO one_other;
ALTER TABLE media.parted_1 OWNER TO one_other;
ALTER TABLE media.parted_1 OWNER TO one_owner;
REVOKE one_owner FROM one_other;
CREATE ROLE one_leaver;
GRANT one_owner TO one_leaver;
ALTER TABLE media.parted_1 OWNER TO one_leaver;
REASSIGN OWNED BY one_leaver TO one_other;
DROP ROLE one_leaver;
SET ROLE one_writer;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 1;
\echo :SQLSTATE
RESET ROLE;
-- To take it off mends it too.
ALTER TABLE media.parted DETACH PARTITION media.parted_1;
SELECT * FROM campaigns;
SET ROLE one_writer;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 1;
RESET ROLE;
TABLE ran;

-- One that its owner may not read goes, and comes, as ever.
ALTER TABLE media.parted_3 OWNER TO one_owner;
GRANT SELECT, INSERT ON media.parted TO one_owner;
INSERT INTO media.parted VALUES ('k3', 40);
INSERT INTO clip_submissions VALUES (3, 'a', 'k3', 'APPROVED');
SELECT * FROM campaigns;
REVOKE SELECT ON media.parted_3 FROM one_owner;
SET ROLE one_owner;
ALTER TABLE media.parted DETACH PARTITION media.parted_3;
SELECT * FROM campaigns;
ALTER TABLE media.parted ATTACH PARTITION media.parted_3 FOR VALUES IN ('k3');
SELECT * FROM campaigns;
RESET ROLE;

-- The oracle.
SELECT c.id, c.spent, (SELECT sum(k.earnings) FROM clip_submissions s JOIN media.parted k ON k.id = s.clip_id
    WHERE s.campaign_id = c.id AND s.status = 'APPROVED') AS oracle FROM campaigns c;
RESET search_path;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA app, media CASCADE;
DROP EXTENSION spend_sync;
DROP ROLE one_owner, one_other, one_writer;

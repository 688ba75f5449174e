-- A DBA takes from PUBLIC what it may by default, before the extension is there or after; and has made its schema beforehand.
\set SHOW_CONTEXT never
CREATE ROLE tight_owner;
CREATE ROLE tight_writer;
GRANT ALL ON SCHEMA public TO tight_owner;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The schema: another's, one with something in it, an empty one of one's own.
CREATE SCHEMA spend_sync AUTHORIZATION tight_owner;
CREATE EXTENSION spend_sync;
\echo :SQLSTATE
ALTER SCHEMA spend_sync OWNER TO CURRENT_USER;
CREATE TABLE spend_sync.something ();
CREATE EXTENSION spend_sync;
\echo :SQLSTATE
DROP TABLE spend_sync.something;
-- And by default gives others what they would not need there.
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO tight_writer;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO tight_writer;
GRANT ALL ON SCHEMA spend_sync TO tight_writer;
CREATE EXTENSION spend_sync;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM tight_writer;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM tight_writer;
-- Who was granted a sync function by name may repair: not by such a default.
SELECT p.oid::regprocedure, a.grantee FROM pg_proc p, aclexplode(p.proacl) a
WHERE p.oid IN (SELECT objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE e.extname = 'spend_sync' AND d.classid = 'pg_proc'::regclass)
  AND a.grantee NOT IN (0, p.proowner);
SELECT c.relname, a.grantee, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = 'spend_sync'::regnamespace AND a.grantee <> c.relowner ORDER BY 1, 2, 3;
SELECT a.grantee, a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a
WHERE n.nspname = 'spend_sync' AND a.grantee <> n.nspowner ORDER BY 1, 2;
SELECT nspname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
JOIN pg_namespace n ON n.oid = d.objid AND d.classid = 'pg_namespace'::regclass WHERE extname = 'spend_sync';

-- Attach grants the owner what statements and triggers call that are his.
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO tight_owner;
SET ROLE tight_owner;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2)) PARTITION BY RANGE (id);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES FROM (0) TO (100000);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
GRANT ALL ON clips, clip_submissions TO tight_writer;
SELECT corrected FROM spend_sync_attach();
INSERT INTO campaigns VALUES (1), (2);
CREATE TABLE clips_2 PARTITION OF clips FOR VALUES FROM (100000) TO (200000);
SET ROLE tight_writer;
INSERT INTO clips SELECT n, 1 FROM generate_series(1, 11000) n;
INSERT INTO clip_submissions SELECT 1 + n % 2, n FROM generate_series(1, 11000) n;
BEGIN;
UPDATE clips SET earnings = 2;
SAVEPOINT a;
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id < 200;
ROLLBACK TO a;
UPDATE clips SET earnings = 3;
COMMIT;
RESET ROLE;
TABLE campaigns;
SELECT severity, object, problem, advice FROM spend_sync_check();
SELECT campaigns FROM spend_sync.binding;

-- Once more afterwards. (Who writes calls the WHEN of the trigger that waits for the commit.)
SET ROLE tight_owner;
SELECT brought_up_at FROM spend_sync_attach(flush => 'commit');
RESET ROLE;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public, spend_sync FROM PUBLIC;
SELECT severity, object, problem, advice FROM spend_sync_check();
SET ROLE tight_writer;
UPDATE clips SET earnings = 4 WHERE id = 1;
\echo :SQLSTATE
RESET ROLE;
GRANT USAGE ON SCHEMA spend_sync TO PUBLIC; GRANT EXECUTE ON FUNCTION spend_sync.wakes() TO PUBLIC;
SET ROLE tight_writer;
UPDATE clips SET earnings = 4;
SELECT FROM sync_all_campaigns();
\echo :SQLSTATE
RESET ROLE;
TABLE campaigns;
REVOKE EXECUTE ON FUNCTION spend_sync.is_own(xid) FROM tight_owner;
SELECT severity, object, problem, advice FROM spend_sync_check();
SET ROLE tight_owner;
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 5;
RESET ROLE;
TABLE campaigns;
SELECT severity, object, problem, advice FROM spend_sync_check();

ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
SET client_min_messages = warning;
DROP EXTENSION spend_sync CASCADE;
DROP OWNED BY tight_owner, tight_writer CASCADE;
DROP ROLE tight_owner, tight_writer;

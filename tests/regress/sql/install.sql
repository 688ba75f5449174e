-- What CREATE EXTENSION brings: functions, rights, settings; in the first schema of the search path or in another.
CREATE EXTENSION spend_sync;

-- The functions for users, with everything that a caller may leave out.
\pset format unaligned
SELECT p.proname AS function, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result
FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace
ORDER BY p.proname, pg_get_function_identity_arguments(p.oid) \gx
\pset format aligned

-- Everything in the extension's own schema.
SELECT pg_describe_object(classid, objid, 0) AS object
FROM pg_depend
WHERE refobjid = (SELECT oid FROM pg_extension WHERE extname = 'spend_sync') AND deptype = 'e'
  AND pg_describe_object(classid, objid, 0) LIKE '%spend_sync.%'
  AND classid <> 'pg_type'::regclass -- a table's own types: members too from PostgreSQL 18 on
ORDER BY 1;
SELECT attname, format_type(atttypid, atttypmod), attnotnull, attidentity FROM pg_attribute
WHERE attrelid = 'spend_sync.correction'::regclass AND attnum > 0 ORDER BY attnum;
\d spend_sync.binding

-- Only a role that is told to may change totals at will.
SELECT p.proname AS function, has_function_privilege('pg_monitor', p.oid, 'EXECUTE') AS public_may
FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace
ORDER BY p.oid::regprocedure::text;
SELECT has_table_privilege('pg_monitor', 'spend_sync.binding', 'SELECT') AS public_sees_bindings,
       has_table_privilege('pg_monitor', 'spend_sync.correction', 'INSERT, UPDATE, DELETE, TRUNCATE') AS public_writes_log;

-- Nothing is attached yet.
TABLE spend_sync.binding;
SELECT * FROM spend_sync_status();
\echo :SQLSTATE

-- The settings: their defaults, their values; 0.2.0's spend_sync.flush is one no more.
SELECT name, context, unit, enumvals, boot_val FROM pg_settings WHERE name LIKE 'spend\_sync.%' ORDER BY name;
SET spend_sync.recompute_interval = '2min';
SHOW spend_sync.recompute_interval;
SET spend_sync.recompute_interval = 'later';
\echo :SQLSTATE
RESET spend_sync.recompute_interval;

-- In a schema of the user's choice, which need not be in the search path afterwards.
DROP EXTENSION spend_sync;
CREATE SCHEMA tools;
CREATE EXTENSION spend_sync SCHEMA tools;
SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'spend_sync';
SELECT count(*) AS functions_in_public FROM pg_proc WHERE pronamespace = 'public'::regnamespace;
-- Every role may call all functions, which ask for its rights themselves: also where default privileges would not let it.
DROP EXTENSION spend_sync;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE EXTENSION spend_sync SCHEMA tools;
SELECT p.oid::regprocedure::text AS for_everybody
FROM pg_proc p
WHERE p.pronamespace = 'tools'::regnamespace AND has_function_privilege('pg_monitor', p.oid, 'EXECUTE') AND p.proname ~ '^sync|repair'
ORDER BY 1;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
DROP EXTENSION spend_sync;
CREATE EXTENSION spend_sync SCHEMA tools;
ALTER EXTENSION spend_sync SET SCHEMA public;
\echo :SQLSTATE

CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One', 0);
INSERT INTO clips VALUES (1, 10.50), (2, 4.25);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'PENDING');
SELECT * FROM tools.spend_sync_attach() \gx
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
SELECT * FROM tools.sync_campaign(1);
TABLE totals;

-- When a total is brought up is no session's choice but the owner's: so from the first write of a new session on.
SELECT brought_up_at FROM tools.spend_sync_attach(flush => 'commit');
\c -
BEGIN;
UPDATE clips SET earnings = 100 WHERE id = 1;
TABLE totals;
COMMIT;
TABLE totals;
SELECT brought_up_at FROM tools.spend_sync_attach();
BEGIN;
UPDATE clips SET earnings = 200 WHERE id = 1;
TABLE totals;
COMMIT;
SELECT brought_up_at FROM tools.spend_sync_attach(flush => 'later');
\echo :SQLSTATE

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

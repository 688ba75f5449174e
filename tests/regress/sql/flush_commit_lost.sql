-- What was captured and nothing will bring up fails the commit, and the error names the table: a trigger that is disabled, gone or
-- kept from firing by hand. Nothing is committed. Nor does what runs as a security-restricted operation leave anything owed to
-- whoever commits: who owns tables gains no right by it.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT brought_up_at, corrected FROM spend_sync_attach(flush => 'commit');

-- wakes(), called by hand: it says that an event waits which does not. Harmless where nothing is owed, or where one fires all the same.
SELECT spend_sync.wakes();
BEGIN;
SELECT spend_sync.wakes(), spend_sync.wakes();
COMMIT;
BEGIN;
UPDATE clips SET earnings = 11 WHERE id = 1;
SELECT spend_sync.wakes();
COMMIT;
TABLE totals;
BEGIN;
SELECT spend_sync.wakes();
UPDATE clips SET earnings = 99 WHERE id = 1;
COMMIT;
\echo :SQLSTATE
TABLE totals;
BEGIN;
SAVEPOINT a;
SELECT spend_sync.wakes();
ROLLBACK TO a;
UPDATE clips SET earnings = 12 WHERE id = 1;
COMMIT;
TABLE totals;
BEGIN;
SELECT spend_sync.wakes();
UPDATE clips SET earnings = 99 WHERE id = 1;
PREPARE TRANSACTION 'lost';
\echo :SQLSTATE
-- A sync function brings up what is owed.
BEGIN;
SELECT spend_sync.wakes();
UPDATE clips SET earnings = 13 WHERE id = 1;
SELECT new_spent FROM sync_campaign(1);
COMMIT;
TABLE totals;
-- With a total flushed at the statement it changes nothing.
SELECT brought_up_at FROM spend_sync_attach();
BEGIN;
SELECT spend_sync.wakes();
UPDATE clips SET earnings = 14 WHERE id = 1;
TABLE totals;
COMMIT;
SELECT brought_up_at FROM spend_sync_attach(flush => 'commit');

-- By the deferred triggers alone, with the statement triggers disabled; by the statement triggers alone, which bring up at once.
ALTER TABLE clips DISABLE TRIGGER spend_sync_campaigns_flush;
UPDATE clips SET earnings = 15 WHERE id = 1;
TABLE totals;
ALTER TABLE clips ENABLE TRIGGER spend_sync_campaigns_flush, DISABLE TRIGGER spend_sync_wake, DISABLE TRIGGER spend_sync_wake_update;
SELECT severity, object, problem FROM spend_sync_check();
BEGIN;
UPDATE clips SET earnings = 16 WHERE id = 1;
TABLE totals;
COMMIT;
-- Without either: at the commit, whole; another table's event brings it up.
ALTER TABLE clips DISABLE TRIGGER spend_sync_campaigns_flush;
UPDATE clips SET earnings = 99 WHERE id = 1;
\echo :SQLSTATE
BEGIN;
UPDATE clips SET earnings = 17 WHERE id = 1;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
COMMIT;
TABLE totals;
SELECT corrected FROM spend_sync_attach(flush => 'commit');
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'clips'::regclass AND NOT tgisinternal ORDER BY 1;
UPDATE clips SET earnings = 18 WHERE id = 1;
TABLE totals;
-- On a partition alone.
CREATE SCHEMA parts;
CREATE TABLE parts.campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE parts.clips (id int PRIMARY KEY, earnings numeric(10,2)) PARTITION BY LIST (id);
CREATE TABLE parts.clips_1 PARTITION OF parts.clips FOR VALUES IN (1);
CREATE TABLE parts.clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON parts.clip_submissions (campaign_id);
CREATE INDEX ON parts.clip_submissions (clip_id);
INSERT INTO parts.campaigns VALUES (1);
INSERT INTO parts.clips VALUES (1, 1);
INSERT INTO parts.clip_submissions VALUES (1, 1, 'APPROVED');
SELECT corrected FROM spend_sync_attach('parts.campaigns', 'parts.clips', 'parts.clip_submissions', flush => 'commit');
ALTER TABLE parts.clips_1 DISABLE TRIGGER USER;
ALTER TABLE parts.clips_1 ENABLE TRIGGER spend_sync_campaigns_row;
UPDATE parts.clips_1 SET earnings = 2;
\echo :SQLSTATE
UPDATE parts.clips SET earnings = 3;
SELECT spent FROM parts.campaigns;
SELECT corrected FROM spend_sync_attach('parts.campaigns', 'parts.clips', 'parts.clip_submissions', flush => 'commit');
-- Dropped amid a transaction that owes: the event goes with the trigger.
BEGIN;
UPDATE clips SET earnings = 99 WHERE id = 1;
DROP TRIGGER spend_sync_wake_update ON clips;
COMMIT;
\echo :SQLSTATE
UPDATE clips SET earnings = 19 WHERE id = 1;
TABLE totals;

-- A role that owns tables, and what others run of its code. Its triggers on campaigns would make it a superuser, were they run as one.
CREATE ROLE lost_owner;
CREATE SCHEMA shop AUTHORIZATION lost_owner;
SET SESSION AUTHORIZATION lost_owner;
SET search_path = shop, public;
CREATE TABLE campaigns (id text PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (campaign_id text REFERENCES campaigns, clip_id text REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES ('a');
INSERT INTO clips VALUES ('k1', 1), ('k2', 2);
INSERT INTO clip_submissions VALUES ('a', 'k1', 'APPROVED'), ('a', 'k2', 'APPROVED');
SELECT corrected FROM spend_sync_attach(flush => 'commit');
CREATE TABLE ran (as_role name);
CREATE FUNCTION become() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> 'lost_owner' THEN EXECUTE 'ALTER ROLE lost_owner SUPERUSER'; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER become AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION become();
CREATE FUNCTION bait() RETURNS void LANGUAGE sql AS $$ UPDATE shop.clips SET earnings = earnings + 1 WHERE id = 'k1' $$;
CREATE TABLE notes (t text);
INSERT INTO notes SELECT n::text FROM generate_series(1, 500) n;
CREATE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN $1; END $$;
CREATE INDEX notes_f ON notes (f(t));
CREATE OR REPLACE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF $1 = '7' AND session_user <> 'lost_owner' THEN PERFORM shop.bait(); END IF;
    RETURN $1;
END $$;
CREATE FUNCTION g() RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN PERFORM shop.bait(); RETURN 1; END $$;
CREATE MATERIALIZED VIEW look AS SELECT g();
RESET SESSION AUTHORIZATION;
RESET search_path;
\set SHOW_CONTEXT never
\set outcome 'SELECT rolsuper FROM pg_roles WHERE rolname = ''lost_owner''; SELECT spent, (SELECT sum(earnings) FROM shop.clips) AS oracle FROM shop.campaigns;'
ANALYZE shop.notes;
:outcome
REINDEX INDEX shop.notes_f;
:outcome
REFRESH MATERIALIZED VIEW shop.look;
:outcome
BEGIN;
ANALYZE shop.notes;
REFRESH MATERIALIZED VIEW shop.look;
UPDATE shop.clips SET earnings = earnings + 10 WHERE id = 'k2';
REINDEX INDEX shop.notes_f;
COMMIT;
:outcome
-- An event of the superuser's own waits already.
BEGIN;
UPDATE clips SET earnings = 20 WHERE id = 1;
ANALYZE shop.notes;
:outcome
COMMIT;
:outcome
TABLE totals;
-- A deferred trigger of the owner's cannot be queued there: the command fails.
CREATE CONSTRAINT TRIGGER becomes AFTER UPDATE ON shop.campaigns DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.become();
ANALYZE shop.notes;
\echo :SQLSTATE
REINDEX INDEX shop.notes_f;
\echo :SQLSTATE
REFRESH MATERIALIZED VIEW shop.look;
\echo :SQLSTATE
SELECT new_spent FROM sync_all_campaigns('shop.campaigns');
:outcome
DROP TRIGGER becomes ON shop.campaigns;
-- With the statement triggers disabled: owed by a restricted operation, brought up by nobody. Then without the deferred ones too.
SET SESSION AUTHORIZATION lost_owner;
ALTER TABLE shop.clips DISABLE TRIGGER spend_sync_campaigns_flush;
RESET SESSION AUTHORIZATION;
ANALYZE shop.notes;
\echo :SQLSTATE
REFRESH MATERIALIZED VIEW shop.look;
\echo :SQLSTATE
BEGIN;
ANALYZE shop.notes;
UPDATE shop.clip_submissions SET status = 'PENDING' WHERE clip_id = 'k2';
\echo :SQLSTATE
COMMIT;
BEGIN;
ANALYZE shop.notes;
SELECT new_spent FROM sync_all_campaigns('shop.campaigns');
\echo :SQLSTATE
COMMIT;
BEGIN;
ANALYZE shop.notes;
SET CONSTRAINTS ALL IMMEDIATE;
\echo :SQLSTATE
COMMIT;
\echo :SQLSTATE
:outcome
SET SESSION AUTHORIZATION lost_owner;
DROP TRIGGER spend_sync_campaigns_flush ON shop.clips;
RESET SESSION AUTHORIZATION;
ANALYZE shop.notes;
\echo :SQLSTATE
REINDEX INDEX shop.notes_f;
\echo :SQLSTATE
:outcome
DROP SCHEMA shop CASCADE;
DROP ROLE lost_owner;

-- The oracle.
SELECT corrected FROM spend_sync_attach();
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

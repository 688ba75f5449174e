-- What a command has come to is looked at when it is done, by its tables and not by their names: these may mean others by then.
CREATE EXTENSION spend_sync;
CREATE ROLE done_stranger;
CREATE SCHEMA strange AUTHORIZATION done_stranger;
CREATE TYPE state AS ENUM ('PENDING', 'APPROVED');
ALTER TYPE state OWNER TO done_stranger;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2)) PARTITION BY RANGE (id);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES FROM (0) TO (100);
CREATE TABLE clips_2 PARTITION OF clips FOR VALUES FROM (100) TO (200);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status state);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1), (2);
INSERT INTO clips VALUES (1, 10), (101, 100);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED'), (1, 101, 'APPROVED'), (2, 1, 'PENDING'), (2, 50, 'APPROVED'), (2, 150, 'APPROVED');
\ir ../totals.sql
SELECT corrected FROM spend_sync_attach();
-- The public tables that this session locks against their writers, and the triggers on campaigns.
CREATE VIEW locked AS
    SELECT l.relation::regclass, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    WHERE l.pid = pg_backend_pid() AND c.relnamespace = 'public'::regnamespace AND l.mode ~ 'Exclusive' ORDER BY 1, 2;
GRANT SELECT ON locked TO done_stranger;

-- A stranger's own tables, of the same names. While hers is partitioned, code of hers makes the names mean the bound ones.
SET ROLE done_stranger;
CREATE FUNCTION strange.spread(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('search_path', 'public', false); RETURN id; END $$;
CREATE TABLE strange.clips (id int) PARTITION BY RANGE (strange.spread(id));
CREATE TABLE strange.campaigns (id int);
CREATE TABLE strange.clips_2 (id int);
INSERT INTO strange.campaigns VALUES (1);
INSERT INTO strange.clips_2 VALUES (11);
SET search_path = strange, public;
BEGIN;
ALTER TABLE clips ATTACH PARTITION campaigns FOR VALUES FROM (0) TO (10);
SHOW search_path;
TABLE public.locked;
COMMIT;
SET search_path = strange, public;
BEGIN;
ALTER TABLE clips ATTACH PARTITION clips_2 FOR VALUES FROM (10) TO (20);
TABLE public.locked;
COMMIT;
RESET search_path;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'public.campaigns'::regclass AND tgname ~ 'begin|flush$' ORDER BY 1;
-- What is there already is not made, and nothing is done for it.
CREATE TABLE strange.there ();
BEGIN;
CREATE TABLE IF NOT EXISTS strange.there PARTITION OF public.clips FOR VALUES FROM (900) TO (901);
CREATE TABLE IF NOT EXISTS strange.there () INHERITS (public.clip_submissions);
TABLE public.locked;
COMMIT;
-- Labels trade names, by who owns the type alone.
ALTER TYPE state RENAME VALUE 'APPROVED' TO 'OLD';
ALTER TYPE state RENAME VALUE 'PENDING' TO 'APPROVED';
\echo :SQLSTATE
-- Nor is one made anew under the name that counted; one that is there is none.
ALTER TYPE state ADD VALUE 'APPROVED';
\echo :SQLSTATE
ALTER TYPE state ADD VALUE IF NOT EXISTS 'OLD';
RESET ROLE;
-- By who has the rights of all: rows that count now are summed. (The oracle's view knows the label that it was made with.)
ALTER TYPE state RENAME VALUE 'PENDING' TO 'APPROVED';
SELECT id, spent FROM campaigns ORDER BY id;
ALTER TYPE state RENAME VALUE 'APPROVED' TO 'PENDING';
ALTER TYPE state RENAME VALUE 'OLD' TO 'APPROVED';
SELECT corrected FROM spend_sync_attach();
TABLE totals;

-- Triggers that somebody has made by hand on tables of his own keep nobody from his type, whatever they say.
CREATE ROLE stranger;
GRANT TEMPORARY ON DATABASE :DBNAME TO stranger;
SET ROLE stranger;
CREATE TEMP TABLE c2 (id int PRIMARY KEY, spent numeric DEFAULT 0);
CREATE TEMP TABLE s2 (campaign_id int, amount numeric, status state);
CREATE TRIGGER a AFTER INSERT OR UPDATE ON c2 FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_campaign(
    '{"campaigns":"c2","submissions":"s2","campaign_id":"id","spent":"spent","earnings":"amount","submission_campaign":"campaign_id","status":"status","approved":["PAID","LOST"],"direct_writes":"correct","flush":"statement"}');
CREATE TRIGGER a AFTER INSERT ON s2 FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_submission(
    '{"campaigns":"c2","submissions":"s2","campaign_id":"id","spent":"spent","earnings":"amount","submission_campaign":"campaign_id","status":"status","approved":["PAID","LOST"],"direct_writes":"correct","flush":"statement"}');
RESET ROLE;
ALTER TYPE state RENAME VALUE 'PENDING' TO 'LOST';
ALTER TYPE state RENAME VALUE 'LOST' TO 'PENDING';
ALTER TYPE state ADD VALUE 'PAID';
SELECT enum_range(NULL::state);
DROP TABLE pg_temp.c2, pg_temp.s2;
REVOKE TEMPORARY ON DATABASE :DBNAME FROM stranger;
DROP ROLE stranger;

-- A table of a parent's own name.
CREATE SCHEMA mine;
SET search_path = mine, public;
CREATE TABLE clip_submissions () INHERITS (clip_submissions);
\echo :SQLSTATE
RESET search_path;

-- Event triggers of one's own that write what is about to go, or to come.
CREATE FUNCTION seed() RETURNS event_trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'clips_1'::regclass) THEN
        INSERT INTO clips VALUES (50, 77);
    ELSE
        INSERT INTO clips_3 VALUES (150, 7);
    END IF;
END $$;
CREATE EVENT TRIGGER z_seed ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION seed();
ALTER TABLE clips DETACH PARTITION clips_1;
TABLE totals;
DROP EVENT TRIGGER z_seed;
ALTER TABLE clips DETACH PARTITION clips_2;
CREATE TABLE clips_3 (LIKE clips INCLUDING ALL);
CREATE EVENT TRIGGER z_seed ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION seed();
ALTER TABLE clips ATTACH PARTITION clips_3 FOR VALUES FROM (100) TO (200);
TABLE totals;
DROP EVENT TRIGGER z_seed;
-- What goes with a function, and is no table, takes no rows along: nothing is locked but what PostgreSQL locks.
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER noted AFTER UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION noted();
BEGIN;
DROP FUNCTION noted CASCADE;
SELECT * FROM locked WHERE mode = 'ShareRowExclusiveLock';
COMMIT;
SELECT campaign_id, found_by FROM spend_sync.correction WHERE found_by <> 'attach';
DROP SCHEMA strange, mine CASCADE;
REASSIGN OWNED BY done_stranger TO CURRENT_ROLE;
DROP OWNED BY done_stranger;
DROP ROLE done_stranger;

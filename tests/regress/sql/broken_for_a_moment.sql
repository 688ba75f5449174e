-- A binding that is broken for a moment is whole again before anything is written: what changes totals meanwhile is refused, or
-- summed once the binding is whole.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2)) PARTITION BY RANGE (id);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES FROM (0) TO (100);
CREATE TABLE clips_2 PARTITION OF clips FOR VALUES FROM (100) TO (200);
CREATE TABLE clips_3 PARTITION OF clips FOR VALUES FROM (200) TO (300);
CREATE TABLE clips_4 PARTITION OF clips FOR VALUES FROM (300) TO (400);
CREATE TABLE clips_5 PARTITION OF clips FOR VALUES FROM (400) TO (500);
CREATE TABLE clips_6 (LIKE clips);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text) PARTITION BY RANGE (clip_id);
CREATE TABLE submissions_1 PARTITION OF clip_submissions FOR VALUES FROM (0) TO (600);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1);
INSERT INTO clips VALUES (1, 1), (101, 10), (201, 100), (301, 1000), (401, 10000);
INSERT INTO clips_6 VALUES (501, 100000);
INSERT INTO clip_submissions SELECT 1, 100 * n + 1, 'APPROVED' FROM generate_series(0, 5) n;
\ir ../totals.sql
SELECT corrected FROM spend_sync_attach();

-- By the very partition that goes.
DROP TRIGGER spend_sync_campaigns_flush ON clips_1;
UPDATE clips SET earnings = earnings + 1;
\echo :SQLSTATE
ALTER TABLE clips DETACH PARTITION clips_1;
TABLE totals;
DROP TRIGGER spend_sync_campaigns_flush ON clips_2;
DROP TABLE clips_2;
TABLE totals;
CREATE SCHEMA old;
ALTER TABLE clips_3 SET SCHEMA old;
DROP TRIGGER spend_sync_campaigns_flush ON old.clips_3;
DROP SCHEMA old CASCADE;
TABLE totals;
CREATE ROLE broken_other;
GRANT postgres TO broken_other;
ALTER TABLE clips_4 OWNER TO broken_other;
REVOKE postgres FROM broken_other;
ALTER TABLE clips DETACH PARTITION clips_4;
TABLE totals;
DROP OWNED BY broken_other;
DROP ROLE broken_other;

-- By something else: nothing that changes totals goes by.
CREATE FUNCTION pg_temp.amid(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE campaigns DROP CONSTRAINT campaigns_pkey;
    EXECUTE command;
    ALTER TABLE campaigns ADD PRIMARY KEY (id);
    RETURN 'done';
EXCEPTION WHEN object_not_in_prerequisite_state THEN RETURN sqlerrm;
END $$;
SELECT pg_temp.amid('ALTER TABLE clips DETACH PARTITION clips_5');
SELECT pg_temp.amid('DROP TABLE clips_5');
SELECT pg_temp.amid('ALTER TABLE clips ATTACH PARTITION clips_6 FOR VALUES FROM (500) TO (600)');
TABLE totals;
DROP VIEW totals;
SELECT pg_temp.amid('ALTER TABLE clips ALTER earnings TYPE numeric(14,2) USING earnings * 100');
\ir ../totals.sql
TABLE totals;
-- An empty one changes none.
SELECT pg_temp.amid('CREATE TABLE clips_7 PARTITION OF clips FOR VALUES FROM (600) TO (700)');
SELECT pg_temp.amid('ALTER TABLE clips DETACH PARTITION clips_7');

-- A bound table does not become a partition for a moment.
CREATE TABLE master (id int NOT NULL, earnings numeric(12,2)) PARTITION BY RANGE (id);
ALTER TABLE master ATTACH PARTITION clips FOR VALUES FROM (0) TO (1000);
\echo :SQLSTATE
DROP TABLE master;

-- A partition that is being detached by two transactions, of which the second has not come: written no more.
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'clips_5'::regclass;
COMMENT ON TABLE clips IS 'so that all sessions look again';
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 1;
\echo :SQLSTATE
UPDATE clips_5 SET earnings = 1;
\echo :SQLSTATE
SELECT FROM spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE clips DETACH PARTITION clips_5 FINALIZE;
TABLE totals;

-- REFRESH MATERIALIZED VIEW keeps PostgreSQL from telling which tables its functions' commands have altered.
ALTER TABLE clips ATTACH PARTITION clips_5 FOR VALUES FROM (400) TO (500);
TABLE totals;
CREATE FUNCTION run() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE current_setting('app.command'); RETURN 1; END $$;
SET app.command = 'SELECT 1';
CREATE MATERIALIZED VIEW runs AS SELECT run();
SET app.command = 'ALTER TABLE public.clips DETACH PARTITION public.clips_5';
REFRESH MATERIALIZED VIEW runs;
TABLE totals;
SET app.command = 'ALTER TABLE public.clips ATTACH PARTITION public.clips_5 FOR VALUES FROM (400) TO (500)';
REFRESH MATERIALIZED VIEW runs;
TABLE totals;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;

-- Nor of which tables they have made parts, or heirs.
SET app.command = 'CREATE TABLE public.heir () INHERITS (public.campaigns)';
REFRESH MATERIALIZED VIEW runs;
\echo :SQLSTATE
SET app.command = 'CREATE SCHEMA sudden CREATE TABLE heir () INHERITS (public.campaigns)';
REFRESH MATERIALIZED VIEW runs;
\echo :SQLSTATE
SET app.command = 'CREATE TABLE public.clips_9 PARTITION OF public.clips FOR VALUES FROM (800) TO (900)';
REFRESH MATERIALIZED VIEW runs;
SET app.command = 'CREATE SCHEMA sudden CREATE TABLE clips_10 PARTITION OF public.clips FOR VALUES FROM (900) TO (1000)';
REFRESH MATERIALIZED VIEW runs;
CREATE TABLE submissions_9 PARTITION OF clip_submissions FOR VALUES FROM (800) TO (1000);
INSERT INTO clips_9 VALUES (801, 8);
INSERT INTO sudden.clips_10 VALUES (901, 9);
INSERT INTO clip_submissions SELECT 1, id, 'APPROVED' FROM clips WHERE id > 800;
TRUNCATE sudden.clips_10;
TABLE totals;
TRUNCATE clips_9;
TABLE totals;
CREATE TABLE IF NOT EXISTS clips_9 PARTITION OF clips FOR VALUES FROM (800) TO (900);
DROP TABLE clips_9;
DROP TABLE sudden.clips_10;

-- What a partition key hangs on goes by any command.
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
CREATE FUNCTION half(i int) RETURNS int TRANSFORM FOR TYPE int IMMUTABLE LANGUAGE sql AS 'SELECT $1 / 2';
CREATE TABLE clips_8 PARTITION OF clips FOR VALUES FROM (700) TO (800);
CREATE TABLE submissions_2 PARTITION OF clip_submissions FOR VALUES FROM (700) TO (800) PARTITION BY RANGE (half(clip_id));
CREATE TABLE submissions_2a PARTITION OF submissions_2 DEFAULT;
INSERT INTO clips VALUES (701, 7);
INSERT INTO clip_submissions VALUES (1, 701, 'APPROVED');
TABLE totals;
DROP TRANSFORM FOR int LANGUAGE sql CASCADE;
TABLE totals;
DROP MATERIALIZED VIEW runs;
DROP FUNCTION run();

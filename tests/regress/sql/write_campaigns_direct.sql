-- Somebody writes spent by hand. By default the write never reaches the row: whatever looks at it, RETURNING, a CHECK, a trigger
-- of the user's, sees the true total only, and nothing is logged. On request it is refused.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
ALTER TABLE campaigns ADD state text DEFAULT 'ACTIVE', ADD budget numeric DEFAULT 100;
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;
TRUNCATE spend_sync.correction;

-- Application code that still keeps the total itself goes on running, and is told the truth.
UPDATE campaigns SET spent = spent + 9 WHERE id = 1 RETURNING spent;
UPDATE campaigns SET spent = 999, title = 'By hand' WHERE id = 2 RETURNING id, title, spent;
UPDATE campaigns SET spent = NULL WHERE id = 3 RETURNING spent;
UPDATE campaigns SET spent = 'NaN' RETURNING id, spent;
UPDATE campaigns SET spent = DEFAULT WHERE id = 1 RETURNING spent;
UPDATE campaigns AS c SET spent = c.spent + k.earnings FROM clips AS k WHERE k.id = c.id RETURNING c.id, c.spent;
TABLE totals;

-- New campaigns start at 0.
INSERT INTO campaigns VALUES (4, 'Starts with a lie', 100), (5, 'Starts unknown', NULL), (6, 'Starts at nothing', 0) RETURNING id, spent;
INSERT INTO campaigns (id, title) VALUES (7, 'Starts by default') RETURNING spent;
INSERT INTO campaigns SELECT 8, 'Selected', spent FROM campaigns WHERE id = 1 RETURNING spent;
COPY campaigns (id, title, spent) FROM stdin;
9	Copied	77
\.
TABLE totals;

-- The clips and the total, both written by the application, in either order: the sum, once, and right in between.
BEGIN;
UPDATE clips SET earnings = 15 WHERE id = 1;
UPDATE campaigns SET spent = spent + 5 WHERE id = 1 RETURNING spent;
COMMIT;
BEGIN;
UPDATE campaigns SET spent = spent + 5 WHERE id = 1 RETURNING spent;
UPDATE clips SET earnings = 20 WHERE id = 1;
COMMIT;
WITH k AS (UPDATE clips SET earnings = 25 WHERE id = 1)
UPDATE campaigns SET spent = spent + 5 WHERE id = 1;
TABLE totals;

-- By upsert, with a new key in the same statement, through a view.
INSERT INTO campaigns VALUES (1, 'One', 5000) ON CONFLICT (id) DO UPDATE SET spent = excluded.spent RETURNING spent;
INSERT INTO campaigns VALUES (1, 'One', 5000) ON CONFLICT (id) DO UPDATE SET spent = campaigns.spent + excluded.spent RETURNING spent;
UPDATE campaigns SET id = 70, spent = 7 WHERE id = 7 RETURNING id, spent;
CREATE VIEW active AS SELECT id, spent FROM campaigns WHERE state = 'ACTIVE';
UPDATE active SET spent = spent + 1 WHERE id = 2 RETURNING spent;
INSERT INTO active VALUES (10, 1000) RETURNING spent;
DROP VIEW active;
TABLE totals;

-- A CHECK and a completion trigger meet true totals alone: neither fires for what the application adds, both do for earnings.
ALTER TABLE campaigns ADD CONSTRAINT within_budget CHECK (spent <= 2 * budget);
CREATE FUNCTION complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE 'campaign % is complete at %', NEW.id, NEW.spent;
    UPDATE campaigns SET state = 'COMPLETED' WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER complete AFTER UPDATE ON campaigns FOR EACH ROW
WHEN (NEW.spent >= NEW.budget AND NEW.state = 'ACTIVE') EXECUTE FUNCTION complete();
BEGIN;
UPDATE campaigns SET spent = spent + 80 WHERE id = 1 RETURNING spent;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
COMMIT;
UPDATE campaigns SET spent = 100000 WHERE id = 1;
SELECT id, spent, state FROM campaigns WHERE id = 1;
BEGIN;
UPDATE campaigns SET spent = spent + 60 WHERE id = 1;
UPDATE clips SET earnings = earnings + 60 WHERE id = 1;
COMMIT;
SELECT id, spent, state FROM campaigns WHERE id = 1;
\set SHOW_CONTEXT never
UPDATE clips SET earnings = earnings + 100 WHERE id = 1;
\echo :SQLSTATE
UPDATE campaigns SET state = 'ACTIVE';
UPDATE clips SET earnings = 10 WHERE id = 1;
DROP TRIGGER complete ON campaigns;
TABLE totals;

-- A write of a clip is a row version of its campaign; a direct write adds its own, and none to correct it.
CREATE FUNCTION versions() RETURNS bigint LANGUAGE sql AS $$ SELECT pg_stat_get_xact_tuples_updated('campaigns'::regclass) $$;
BEGIN;
SELECT versions() AS before \gset
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
SELECT versions() - :before AS by_the_clip;
UPDATE campaigns SET spent = spent + 1 WHERE id = 1;
SELECT versions() - :before AS and_by_hand;
ROLLBACK;
SELECT brought_up_at FROM spend_sync_attach(flush => 'commit');
BEGIN;
SELECT versions() AS before \gset
UPDATE campaigns SET spent = spent + 1 WHERE id = 1;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
SELECT versions() - :before AS by_hand;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT versions() - :before AS and_by_the_clips;
TABLE totals;
COMMIT;
SELECT brought_up_at FROM spend_sync_attach();

-- Another trigger of the user's before ours has no say; after ours it has, and is corrected and logged.
TABLE spend_sync.correction;
CREATE FUNCTION add() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.spent := NEW.spent + TG_ARGV[0]::numeric; RETURN NEW; END $$;
CREATE TRIGGER a_before BEFORE INSERT OR UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION add(0.5);
UPDATE campaigns SET title = 'One' WHERE id = 1 RETURNING spent;
INSERT INTO campaigns VALUES (11, 'Eleven', 3) RETURNING spent;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
DROP TRIGGER a_before ON campaigns;
TABLE totals;
CREATE TRIGGER z_after BEFORE INSERT OR UPDATE ON campaigns FOR EACH ROW WHEN (NEW.title = 'Bend') EXECUTE FUNCTION add(0.25);
INSERT INTO campaigns VALUES (12, 'Bend', 3);
DROP TRIGGER z_after ON campaigns;
CREATE TRIGGER z_after BEFORE UPDATE ON campaigns FOR EACH ROW WHEN (NEW.title = 'Bend' AND NEW.state <> OLD.state) EXECUTE FUNCTION add(0.25);
UPDATE campaigns SET title = 'Bend', state = 'PAUSED' WHERE id = 1;
DROP TRIGGER z_after ON campaigns;
TABLE totals;
SELECT campaign_id, recorded, actual, found_by, role FROM spend_sync.correction ORDER BY id;
TRUNCATE spend_sync.correction;

-- What a rule, or the function of a CHECK or of a WHEN, writes into other campaigns while our own update runs is a direct write
-- as well, though it be the very total that ours stores elsewhere.
INSERT INTO clip_submissions VALUES (5, 3, 4, 'APPROVED');
CREATE FUNCTION meddles(campaign int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF campaign = 1 AND pg_trigger_depth() < 4 THEN
        UPDATE campaigns SET spent = spent + 500 WHERE id = 2;
        UPDATE campaigns SET spent = (SELECT spent FROM campaigns WHERE id = 1) + 1 WHERE id = 4;
        INSERT INTO meddled SELECT spent FROM campaigns WHERE id IN (2, 4);
    END IF;
    RETURN true;
END $$;
CREATE TABLE meddled (seen numeric);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
\set pay 'UPDATE clips SET earnings = earnings + 1 WHERE id = 1; UPDATE clips SET earnings = earnings + 1 WHERE id IN (1, 4); SELECT seen, count(*) > 0 AS some FROM meddled GROUP BY seen ORDER BY seen; SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle; TRUNCATE meddled;'
CREATE RULE also AS ON UPDATE TO campaigns WHERE NEW.id = 1 AND NEW.spent <> OLD.spent
    DO ALSO INSERT INTO meddled SELECT 0 WHERE meddles(NEW.id);
:pay
DROP RULE also ON campaigns;
ALTER TABLE campaigns ADD CONSTRAINT meddling CHECK (meddles(id));
:pay
ALTER TABLE campaigns DROP CONSTRAINT meddling;
CREATE TRIGGER a_when BEFORE UPDATE ON campaigns FOR EACH ROW WHEN (meddles(NEW.id)) EXECUTE FUNCTION nothing();
:pay
DROP TRIGGER a_when ON campaigns;
CREATE TRIGGER zz_when BEFORE UPDATE ON campaigns FOR EACH ROW WHEN (meddles(NEW.id)) EXECUTE FUNCTION nothing();
:pay
DROP TRIGGER zz_when ON campaigns;
CREATE TRIGGER zz_when AFTER UPDATE ON campaigns FOR EACH ROW WHEN (meddles(NEW.id)) EXECUTE FUNCTION nothing();
:pay
-- One that writes a campaign of our own update is PostgreSQL's 27000, and the write is gone whole.
UPDATE clips SET earnings = earnings + 1 WHERE id IN (1, 3);
\echo :SQLSTATE
DROP TRIGGER zz_when ON campaigns;
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction ORDER BY id;

-- A campaign that moves to another partition, by another key: PostgreSQL moves it by UPDATE, DELETE and INSERT.
CREATE SCHEMA parts;
SET search_path = parts, public;
CREATE TABLE parts.campaigns (id int PRIMARY KEY, region text, spent numeric(10,2) DEFAULT 0) PARTITION BY RANGE (id);
CREATE TABLE parts.campaigns_eu PARTITION OF parts.campaigns FOR VALUES FROM (0) TO (10);
CREATE TABLE parts.campaigns_us PARTITION OF parts.campaigns FOR VALUES FROM (10) TO (20);
CREATE TABLE parts.clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE parts.clip_submissions (campaign_id int, clip_id int REFERENCES parts.clips, status text);
CREATE INDEX ON parts.clip_submissions (campaign_id);
CREATE INDEX ON parts.clip_submissions (clip_id);
INSERT INTO parts.campaigns VALUES (1, 'eu'), (12, 'us');
INSERT INTO parts.clips VALUES (1, 10), (2, 20);
INSERT INTO parts.clip_submissions VALUES (1, 1, 'APPROVED'), (12, 2, 'APPROVED'), (11, 2, 'APPROVED'), (2, 1, 'PENDING');
SELECT corrected FROM spend_sync_attach('parts.campaigns', 'parts.clips', 'parts.clip_submissions');
TRUNCATE spend_sync.correction;
UPDATE parts.campaigns SET id = 11 WHERE id = 1;
TABLE parts.campaigns;
UPDATE parts.campaigns SET id = 2, spent = spent + 5 WHERE id = 12;
TABLE parts.campaigns;
UPDATE parts.campaigns SET id = 1, spent = 0 WHERE id = 11;
INSERT INTO parts.campaigns VALUES (3, 'eu', 30) RETURNING spent;
INSERT INTO parts.campaigns_us VALUES (14, 'us', 40) RETURNING spent;
UPDATE parts.campaigns_eu SET spent = 41 RETURNING id, spent;
UPDATE parts.clips SET earnings = earnings + 1;
SELECT tableoid::regclass::text AS partition, id, spent FROM parts.campaigns ORDER BY id;
-- One whose key changes on the way, and one that is deleted and inserted by hand.
UPDATE parts.campaigns SET id = 15, spent = 99 WHERE id = 3 RETURNING spent;
WITH gone AS (DELETE FROM parts.campaigns WHERE id = 1 RETURNING *)
INSERT INTO parts.campaigns SELECT id + 10, 'us', spent FROM gone RETURNING spent;
SELECT tableoid::regclass::text AS partition, id, spent FROM parts.campaigns ORDER BY id;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction ORDER BY id;
SELECT direct_writes FROM spend_sync_attach('parts.campaigns', 'parts.clips', 'parts.clip_submissions', direct_writes => 'reject') AS a (a, b, c, d, direct_writes);
UPDATE parts.campaigns SET id = 1, spent = 99 WHERE id = 11 RETURNING spent;
TABLE parts.campaigns;
RESET search_path;

-- Refused: SQLSTATE 428C9 (generated_always). An insert starts at 0 all the same.
SELECT on_direct_write, corrected FROM spend_sync_attach(direct_writes => 'reject');
TRUNCATE spend_sync.correction;
UPDATE campaigns SET spent = spent + 1 WHERE id = 1;
\echo :SQLSTATE
UPDATE campaigns SET spent = NULL WHERE id = 1;
\echo :SQLSTATE
INSERT INTO campaigns VALUES (13, 'Starts with a lie', 50) RETURNING spent;
INSERT INTO campaigns VALUES (1, 'One', 5000) ON CONFLICT (id) DO UPDATE SET spent = excluded.spent;
\echo :SQLSTATE
-- At commit as well, at once.
SELECT brought_up_at FROM spend_sync_attach(direct_writes => 'reject', flush => 'commit');
BEGIN;
UPDATE campaigns SET spent = spent + 1 WHERE id = 1;
\echo :SQLSTATE
COMMIT;
-- In replica mode, as apply is, it is corrected: an error would stop apply for good.
ALTER TABLE campaigns ENABLE ALWAYS TRIGGER spend_sync_campaigns_keep, ENABLE ALWAYS TRIGGER spend_sync_campaigns_row;
SET session_replication_role = replica;
UPDATE campaigns SET spent = spent + 1 WHERE id = 1 RETURNING spent;
RESET session_replication_role;
ALTER TABLE campaigns ENABLE TRIGGER spend_sync_campaigns_keep, ENABLE TRIGGER spend_sync_campaigns_row;
-- Not refused: what leaves it alone, what says nothing, and our own writes.
UPDATE campaigns SET title = 'One', spent = spent WHERE id = 1;
UPDATE campaigns SET title = 'One', spent = spent + 0.00 WHERE id = 1;
INSERT INTO campaigns (id, title) VALUES (14, 'Starts by default');
UPDATE clips SET earnings = earnings + 1;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0.01 WHERE id = 1;
RESET session_replication_role;
SELECT old_spent, new_spent FROM sync_campaign(1);
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction ORDER BY id;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- A total that no exact move can be told of, for it has more digits than that knows: summed, and no direct write.
CREATE SCHEMA long;
SET search_path = long;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(38,18) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(38,18) DEFAULT 0);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1);
INSERT INTO clips VALUES (1, 79000000000), (2, 229000000), (3, 5);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED'), (1, 2, 'APPROVED'), (1, 3, 'PENDING');
SELECT corrected FROM public.spend_sync_attach(direct_writes => 'reject');
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE clips SET earnings = earnings + 1 WHERE id = 2;
UPDATE clip_submissions SET status = 'APPROVED' WHERE clip_id = 3;
COMMIT;
SELECT spent, (SELECT sum(earnings) FROM clips) AS oracle FROM campaigns;
UPDATE campaigns SET spent = spent + 1;
\echo :SQLSTATE

-- Savepoints: what is rolled back to one takes its totals with it, and what was written before it is not forgotten.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- Written and rolled back; written before and after.
BEGIN;
UPDATE clips SET earnings = 11 WHERE id = 1;
SAVEPOINT a;
UPDATE clips SET earnings = 21 WHERE id = 2;
TABLE totals;
ROLLBACK TO a;
TABLE totals;
UPDATE clips SET earnings = 31 WHERE id = 3;
COMMIT;
TABLE totals;

-- Nested; released, then rolled back further out.
BEGIN;
SAVEPOINT a;
UPDATE clips SET earnings = 12 WHERE id = 1;
SAVEPOINT b;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
SAVEPOINT c;
UPDATE clip_submissions SET campaign_id = 3 WHERE id = 4;
RELEASE c;
TABLE totals;
ROLLBACK TO b;
TABLE totals;
UPDATE clips SET earnings = 41 WHERE id = 4;
RELEASE b;
ROLLBACK TO a;
TABLE totals;
COMMIT;
TABLE totals;

-- At commit: what is captured is kept, or thrown away, with its subtransaction.
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = 13 WHERE id = 1;
SAVEPOINT a;
UPDATE clips SET earnings = 33 WHERE id = 3;
ROLLBACK TO a;
SAVEPOINT b;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
RELEASE b;
COMMIT;
TABLE totals;
BEGIN;
SAVEPOINT a;
UPDATE clips SET earnings = 14 WHERE id = 1;
ROLLBACK TO a;
COMMIT;
TABLE totals;

-- A flush inside of a savepoint brings up what was written before it too. Rolled back, the totals it wrote are gone and
-- the earlier writes are not: they must be brought up again. SET CONSTRAINTS makes such a flush.
BEGIN;
UPDATE clips SET earnings = 15 WHERE id = 1;
SAVEPOINT a;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = 35 WHERE id = 3;
TABLE totals;
ROLLBACK TO a;
TABLE totals;
COMMIT;
TABLE totals;
-- Two levels deep, released in between; and with a second such round.
BEGIN;
UPDATE clips SET earnings = 16 WHERE id = 1;
SAVEPOINT a;
UPDATE clips SET earnings = 26 WHERE id = 2;
SAVEPOINT b;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 3;
RELEASE b;
ROLLBACK TO a;
SAVEPOINT c;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 4;
ROLLBACK TO c;
COMMIT;
TABLE totals;
-- A sync inside of the savepoint brings its campaign up as well.
BEGIN;
UPDATE clips SET earnings = 17 WHERE id = 1;
SAVEPOINT a;
SELECT old_spent, new_spent FROM sync_campaign(1);
ROLLBACK TO a;
COMMIT;
TABLE totals;
SELECT FROM spend_sync_attach(sync => false);

-- The same where a statement trigger is disabled.
CREATE SCHEMA parts;
CREATE TABLE parts.campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE parts.clips (id int PRIMARY KEY, earnings numeric(10,2)) PARTITION BY LIST (id);
CREATE TABLE parts.clips_1 PARTITION OF parts.clips FOR VALUES IN (1);
CREATE TABLE parts.clips_2 PARTITION OF parts.clips FOR VALUES IN (2);
CREATE TABLE parts.clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
CREATE INDEX ON parts.clip_submissions (campaign_id);
CREATE INDEX ON parts.clip_submissions (clip_id);
INSERT INTO parts.campaigns VALUES (1), (2);
SELECT corrected FROM spend_sync_attach('parts.campaigns', 'parts.clips', 'parts.clip_submissions');
ALTER TABLE parts.clips_2 DISABLE TRIGGER spend_sync_campaigns_flush;
INSERT INTO parts.clips VALUES (1, 10), (2, 20);
INSERT INTO parts.clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 2, 2, 'APPROVED');
SELECT * FROM parts.campaigns ORDER BY id;
BEGIN;
UPDATE parts.clips_2 SET earnings = 22;
SELECT * FROM parts.campaigns ORDER BY id;
SAVEPOINT a;
UPDATE parts.clips SET earnings = 11 WHERE id = 1;
SELECT * FROM parts.campaigns ORDER BY id;
ROLLBACK TO a;
SELECT * FROM parts.campaigns ORDER BY id;
-- What nothing would bring up fails the commit; another statement does.
SAVEPOINT b;
UPDATE parts.clips SET earnings = 12 WHERE id = 1;
SELECT * FROM parts.campaigns ORDER BY id;
ROLLBACK TO b;
COMMIT;
\echo :SQLSTATE
SELECT * FROM parts.campaigns ORDER BY id;
BEGIN;
UPDATE parts.clips_2 SET earnings = 22;
UPDATE parts.clips SET earnings = 11 WHERE id = 1;
COMMIT;
SELECT * FROM parts.campaigns ORDER BY id;

-- PL/pgSQL's EXCEPTION blocks are savepoints.
CREATE FUNCTION attempt(clip int, amount numeric, fail boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips SET earnings = amount WHERE id = clip;
    IF fail THEN RAISE EXCEPTION 'no'; END IF;
EXCEPTION WHEN raise_exception THEN
    RAISE NOTICE 'campaign 1 after the failure: %', (SELECT spent FROM campaigns WHERE id = 1);
END $$;
BEGIN;
SELECT attempt(1, 100, false);
SELECT attempt(1, 200, true);
SELECT attempt(2, 300, true);
SELECT attempt(2, 400, false);
TABLE totals;
COMMIT;
TABLE totals;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
SELECT attempt(1, 101, false);
SELECT attempt(2, 301, true);
SELECT attempt(2, 401, false);
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;
-- An error of ours inside of one: the write is undone, the rest goes on.
DO $$
BEGIN
    UPDATE clips SET earnings = 5 WHERE id = 1;
    BEGIN
        UPDATE clips SET earnings = 99999999.99 WHERE id IN (1, 2);
    EXCEPTION WHEN numeric_value_out_of_range THEN
        RAISE NOTICE 'caught: %', SQLERRM;
    END;
    UPDATE clips SET earnings = 6 WHERE id = 2;
END $$;
TABLE totals;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = 7 WHERE id = 1;
SAVEPOINT a;
UPDATE clips SET earnings = 99999999.99 WHERE id IN (1, 2);
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO a;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;

-- Hundreds of savepoints.
DO $$
BEGIN
    FOR n IN 1..300 LOOP
        BEGIN
            UPDATE clips SET earnings = n WHERE id = n % 4 + 1;
            IF n % 3 = 0 THEN RAISE division_by_zero; END IF;
        EXCEPTION WHEN division_by_zero THEN NULL;
        END;
    END LOOP;
END $$;
TABLE totals;
SELECT id, spent FROM parts.campaigns c WHERE spent IS DISTINCT FROM (
    SELECT sum(earnings) FROM parts.clip_submissions s JOIN parts.clips k ON k.id = clip_id
    WHERE s.campaign_id = c.id AND status = 'APPROVED');

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

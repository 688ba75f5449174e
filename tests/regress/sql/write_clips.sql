-- Every kind of write to clips: the total is right when the statement ends.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- A new clip counts for nobody until it is submitted.
INSERT INTO clips VALUES (5, 5.00);
TABLE totals;

-- One clip; a clip in two campaigns, approved in one of them; several; all of them.
UPDATE clips SET earnings = 11.11 WHERE id = 1;
TABLE totals;
UPDATE clips SET earnings = 33.33 WHERE id = 3;
TABLE totals;
UPDATE clips SET earnings = earnings + 0.01 WHERE id IN (1, 2, 5);
TABLE totals;
UPDATE clips SET earnings = id;
TABLE totals;

-- Down, below zero, to nothing, and with more decimals than the column keeps.
UPDATE clips SET earnings = -7.25 WHERE id = 1;
TABLE totals;
UPDATE clips SET earnings = NULL WHERE id = 1;
TABLE totals;
UPDATE clips SET earnings = 1.999 WHERE id = 1;
TABLE totals;

-- The writer sees the total right after the statement, also within a transaction and a function.
BEGIN;
UPDATE clips SET earnings = 100 WHERE id = 1;
TABLE totals;
DO $$
DECLARE seen numeric;
BEGIN
    UPDATE clips SET earnings = 200 WHERE id = 1;
    SELECT spent INTO seen FROM campaigns WHERE id = 1;
    RAISE NOTICE 'within a function: %', seen;
END $$;
ROLLBACK;
TABLE totals;

-- What changes no total writes no campaign: neither a new row version nor a log entry. The system column tells.
CREATE TABLE versions AS SELECT id, ctid AS version FROM campaigns;
UPDATE clips SET views = views + 1;
UPDATE clips SET earnings = earnings;
UPDATE clips SET earnings = 77 WHERE id = 4;
UPDATE clips SET earnings = 78 WHERE false;
UPDATE clips SET earnings = CASE id WHEN 1 THEN 2.00 WHEN 2 THEN 2.00 ELSE earnings END WHERE id IN (1, 2);
SELECT c.id FROM campaigns c JOIN versions v USING (id) WHERE c.ctid <> v.version ORDER BY 1;
TABLE totals;

-- By cursor, by join, by a prepared statement, with RETURNING.
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM clips WHERE id = 2 FOR UPDATE;
FETCH c;
UPDATE clips SET earnings = 22.22 WHERE CURRENT OF c;
COMMIT;
TABLE totals;
UPDATE clips k SET earnings = s.id * 100 FROM clip_submissions s WHERE s.clip_id = k.id AND s.id <> 3;
TABLE totals;
PREPARE track (int, numeric) AS UPDATE clips SET earnings = $2 WHERE id = $1 RETURNING id, earnings;
EXECUTE track (1, 1.01);
EXECUTE track (1, 2.02);
EXECUTE track (1, 3.03);
EXECUTE track (1, 4.04);
EXECUTE track (1, 5.05);
EXECUTE track (1, 6.06);
EXECUTE track (1, 7.07);
TABLE totals;

-- Deleted: first what points to it.
DELETE FROM clip_submissions WHERE clip_id = 1;
DELETE FROM clips WHERE id = 1;
TABLE totals;

-- More rows in one statement than are remembered one by one, over many campaigns, in all kinds of write.
INSERT INTO campaigns SELECT n, 'Campaign ' || n FROM generate_series(101, 300) n;
INSERT INTO clips SELECT n, n % 97 FROM generate_series(1001, 26000) n;
INSERT INTO clip_submissions SELECT n, 101 + n % 200, n, CASE WHEN n % 3 = 0 THEN 'PENDING' ELSE 'APPROVED' END
FROM generate_series(1001, 26000) n;
SELECT count(*), sum(spent), count(*) FILTER (WHERE spent IS DISTINCT FROM oracle) AS wrong FROM totals WHERE id > 100;
UPDATE clips SET earnings = earnings + 0.5 WHERE id > 1000;
SELECT count(*), sum(spent), count(*) FILTER (WHERE spent IS DISTINCT FROM oracle) AS wrong FROM totals WHERE id > 100;
UPDATE clip_submissions SET status = 'APPROVED', campaign_id = 101 + (id + 1) % 200 WHERE id > 1000;
SELECT count(*), sum(spent), count(*) FILTER (WHERE spent IS DISTINCT FROM oracle) AS wrong FROM totals WHERE id > 100;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id > 1000;
UPDATE clips SET earnings = earnings + 1 WHERE id > 2000;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
SELECT count(*), sum(spent), count(*) FILTER (WHERE spent IS DISTINCT FROM oracle) AS wrong FROM totals WHERE id > 100;
-- All of them of one campaign.
UPDATE clip_submissions SET campaign_id = 101 WHERE id > 1000;
UPDATE clips SET earnings = 1 WHERE id > 1000;
SELECT id, spent, oracle FROM totals WHERE id IN (101, 102);
DELETE FROM clip_submissions WHERE id > 1000;
SELECT count(*), sum(spent), count(*) FILTER (WHERE spent IS DISTINCT FROM oracle) AS wrong FROM totals WHERE id > 100;
DELETE FROM clips WHERE id > 1000;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

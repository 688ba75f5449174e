-- Somebody writes spent by hand: by default it is brought back to the truth and logged, or, on request, refused.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

CREATE VIEW corrections AS
    SELECT campaigns, campaign_id, recorded, actual, found_by, role FROM spend_sync.correction ORDER BY at, campaign_id;
TRUNCATE spend_sync.correction;

-- Application code that still keeps the total itself goes on running.
UPDATE campaigns SET spent = spent + 10 WHERE id = 1;
TABLE totals;
UPDATE campaigns SET spent = 999, title = 'By hand' WHERE id = 2 RETURNING id, spent;
TABLE totals;
TABLE corrections;
UPDATE campaigns SET spent = 1;
TABLE totals;
TABLE corrections;

-- What is no lie is not logged: the true total, another column.
TRUNCATE spend_sync.correction;
UPDATE campaigns SET spent = 30 WHERE id = 1;
UPDATE campaigns SET spent = 30.00, title = 'One' WHERE id IN (1, 2);
UPDATE campaigns SET title = title || '!';
TABLE totals;
TABLE corrections;
UPDATE campaigns SET spent = NULL WHERE id = 3;
TABLE totals;
TRUNCATE spend_sync.correction;

-- New campaigns.
INSERT INTO campaigns VALUES (4, 'Starts at nothing', 0), (5, 'Starts unknown', NULL), (6, 'Starts with a lie', 50);
INSERT INTO campaigns (id, title) VALUES (7, 'Starts by default');
TABLE totals;
TABLE corrections;

-- The clips and the total, both written by the application, in either order.
BEGIN;
UPDATE clips SET earnings = 15 WHERE id = 1;
UPDATE campaigns SET spent = spent + 5 WHERE id = 1;
COMMIT;
BEGIN;
UPDATE campaigns SET spent = spent + 5 WHERE id = 1;
UPDATE clips SET earnings = 20 WHERE id = 1;
COMMIT;
TABLE totals;
-- At commit only the end counts: the application's own arithmetic, when it is right, is no lie.
TRUNCATE spend_sync.correction;
BEGIN;
SET LOCAL spend_sync.flush = 'commit';
UPDATE campaigns SET spent = spent + 5 WHERE id = 1;
TABLE totals;
UPDATE clips SET earnings = 25 WHERE id = 1;
COMMIT;
TABLE totals;
TABLE corrections;

-- By upsert, and with a new key in the same statement.
INSERT INTO campaigns VALUES (1, 'One', 5000) ON CONFLICT (id) DO UPDATE SET spent = excluded.spent;
UPDATE campaigns SET id = 70, spent = 7 WHERE id = 7;
TABLE totals;
TABLE corrections;

-- Refused: SQLSTATE 428C9 (generated_always).
SELECT on_direct_write, corrected FROM spend_sync_attach(direct_writes => 'reject');
TRUNCATE spend_sync.correction;
UPDATE campaigns SET spent = spent + 1 WHERE id = 1;
\echo :SQLSTATE
UPDATE campaigns SET spent = NULL WHERE id = 1;
\echo :SQLSTATE
INSERT INTO campaigns VALUES (8, 'Starts with a lie', 50);
\echo :SQLSTATE
INSERT INTO campaigns VALUES (1, 'One', 5000) ON CONFLICT (id) DO UPDATE SET spent = excluded.spent;
\echo :SQLSTATE
BEGIN;
SET LOCAL spend_sync.flush = 'commit';
INSERT INTO campaigns VALUES (8, 'Starts with a lie', 50);
COMMIT;
\echo :SQLSTATE
BEGIN;
SET LOCAL spend_sync.flush = 'commit';
UPDATE campaigns SET spent = spent + 1 WHERE id = 1;
COMMIT;
\echo :SQLSTATE
TABLE totals;
TABLE corrections;

-- Not refused: what leaves it alone, what says nothing, and our own writes.
UPDATE campaigns SET title = 'One', spent = spent WHERE id = 1;
INSERT INTO campaigns VALUES (8, 'Starts at nothing', 0), (9, 'Starts unknown', NULL);
INSERT INTO campaigns (id, title) VALUES (10, 'Starts by default');
UPDATE clips SET earnings = earnings + 1;
ALTER TABLE campaigns DISABLE TRIGGER USER;
UPDATE campaigns SET spent = 0.01 WHERE id = 1;
ALTER TABLE campaigns ENABLE TRIGGER USER;
SELECT * FROM sync_campaign(1);
TABLE totals;
TABLE corrections;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

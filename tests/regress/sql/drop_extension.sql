-- The extension goes and leaves the user's tables clean: without CASCADE only when nothing is attached.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

\set VERBOSITY terse
DROP EXTENSION spend_sync;
\echo :SQLSTATE
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;

-- Detached first, it goes at once.
BEGIN;
SELECT spend_sync_detach('campaigns');
DROP EXTENSION spend_sync;
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;
ROLLBACK;

-- CASCADE takes the triggers, nothing else. Rolled back, everything works as before.
BEGIN;
DROP EXTENSION spend_sync CASCADE;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
ROLLBACK;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;

-- Amid a transaction that still owes its totals it would take along what brings them up: the commit says so, and all is as
-- before. Brought up first, it goes.
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = earnings + 1;
UPDATE clip_submissions SET status = 'APPROVED';
DROP EXTENSION spend_sync CASCADE;
COMMIT;
\echo :SQLSTATE
TABLE totals;
BEGIN;
UPDATE clips SET earnings = earnings + 1;
UPDATE clip_submissions SET status = 'APPROVED';
SET CONSTRAINTS ALL IMMEDIATE;
DROP EXTENSION spend_sync CASCADE;
COMMIT;
TABLE totals;
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;
SELECT count(*) AS left_behind FROM pg_namespace WHERE nspname = 'spend_sync';
SELECT count(*) AS left_behind FROM pg_proc WHERE proname LIKE '%sync%' AND pronamespace = 'public'::regnamespace;
\d clips
UPDATE clips SET earnings = earnings + 1;
INSERT INTO clip_submissions VALUES (10, 3, 4, 'APPROVED');
UPDATE campaigns SET spent = 5 WHERE id = 2;
DELETE FROM clip_submissions WHERE id = 1;
TRUNCATE clip_submissions;
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');

-- Back again, in the same session and in a new one.
CREATE EXTENSION spend_sync;
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
SELECT count(*) FROM spend_sync.correction;
\c -
UPDATE clips SET earnings = earnings + 1;
TABLE totals;

-- The tables may go first: what is attached does not hold them.
BEGIN;
DROP TABLE clips, clip_submissions, campaigns CASCADE;
SELECT count(*) AS bindings FROM spend_sync.binding;
DROP EXTENSION spend_sync;
ROLLBACK;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- PostgreSQL's queue of deferred events follows savepoints, and so does what we know of it: queued in one that is rolled back, it is
-- gone and another is queued; fired in one that is rolled back, it is due again.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT brought_up_at, corrected FROM spend_sync_attach(flush => 'commit');

-- Queued in a savepoint that is rolled back; written after.
BEGIN;
SAVEPOINT a;
UPDATE clips SET earnings = 99 WHERE id = 1;
ROLLBACK TO a;
UPDATE clips SET earnings = 11 WHERE id = 1;
COMMIT;
TABLE totals;
-- Queued before; written in one that is rolled back.
BEGIN;
UPDATE clips SET earnings = 12 WHERE id = 1;
SAVEPOINT a;
UPDATE clips SET earnings = 99 WHERE id = 2;
ROLLBACK TO a;
COMMIT;
TABLE totals;
-- Queued in one that is released, then rolled back further out.
BEGIN;
SAVEPOINT a;
SAVEPOINT b;
UPDATE clips SET earnings = 99 WHERE id = 1;
RELEASE b;
UPDATE clips SET earnings = 98 WHERE id = 2;
ROLLBACK TO a;
UPDATE clips SET earnings = 13 WHERE id = 1;
RELEASE a;
COMMIT;
TABLE totals;
-- Fired in one that is rolled back: due again at the commit.
BEGIN;
UPDATE clips SET earnings = 14 WHERE id = 1;
SAVEPOINT a;
SET CONSTRAINTS ALL IMMEDIATE;
TABLE totals;
ROLLBACK TO a;
TABLE totals;
COMMIT;
TABLE totals;
-- The same, and written in between, and after; nested, released and rolled back further out.
BEGIN;
UPDATE clips SET earnings = 15 WHERE id = 1;
SAVEPOINT a;
UPDATE clips SET earnings = 25 WHERE id = 2;
SAVEPOINT b;
SET CONSTRAINTS ALL IMMEDIATE;
RELEASE b;
UPDATE clips SET earnings = 35 WHERE id = 3;
TABLE totals;
ROLLBACK TO a;
TABLE totals;
UPDATE clips SET earnings = 36 WHERE id = 3;
TABLE totals;
COMMIT;
TABLE totals;
-- Fired in one that stays: not due any more; what comes after queues another.
BEGIN;
UPDATE clips SET earnings = 16 WHERE id = 1;
SAVEPOINT a;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
RELEASE a;
TABLE totals;
UPDATE clips SET earnings = 17 WHERE id = 1;
SAVEPOINT b;
UPDATE clips SET earnings = 18 WHERE id = 1;
ROLLBACK TO b;
COMMIT;
TABLE totals;
-- Immediate outside, deferred in a savepoint that is rolled back; and the other way round.
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
SAVEPOINT a;
SET CONSTRAINTS ALL DEFERRED;
UPDATE clips SET earnings = 99 WHERE id = 1;
ROLLBACK TO a;
UPDATE clips SET earnings = 19 WHERE id = 1;
TABLE totals;
SAVEPOINT b;
SET CONSTRAINTS ALL DEFERRED;
UPDATE clips SET earnings = 20 WHERE id = 1;
RELEASE b;
SELECT spent <> oracle AS owed FROM totals WHERE id = 1;
COMMIT;
TABLE totals;
-- Fired twice, the second time in a savepoint that is rolled back; rolled back twice to the same one.
BEGIN;
UPDATE clips SET earnings = 21 WHERE id = 1;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
UPDATE clips SET earnings = 22 WHERE id = 1;
SAVEPOINT a;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO a;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = 99 WHERE id = 2;
ROLLBACK TO a;
UPDATE clips SET earnings = 23 WHERE id = 2;
SAVEPOINT a;
ROLLBACK TO a;
COMMIT;
TABLE totals;
-- An error while it fires, in a savepoint: due again, and fired when the cause is gone.
BEGIN;
UPDATE clips SET earnings = 99999999 WHERE id IN (1, 2);
SAVEPOINT a;
SET CONSTRAINTS ALL IMMEDIATE;
\echo :SQLSTATE
ROLLBACK TO a;
UPDATE clips SET earnings = 24 WHERE id IN (1, 2);
COMMIT;
TABLE totals;
-- PL/pgSQL's blocks, deep, each with what it writes and fires; some are rolled back, none is lost.
CREATE FUNCTION deep(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips SET earnings = earnings + 1 WHERE id = 1 + n % 4;
    BEGIN
        IF n > 0 THEN PERFORM deep(n - 1); END IF;
        IF n % 3 = 0 THEN SET CONSTRAINTS ALL IMMEDIATE; END IF;
        IF n % 5 = 2 THEN SET CONSTRAINTS ALL DEFERRED; END IF;
        UPDATE clips SET earnings = earnings + 1 WHERE id = 1 + (n + 1) % 4;
        IF n % 4 = 1 THEN RAISE division_by_zero; END IF;
    EXCEPTION WHEN division_by_zero THEN
        UPDATE clips SET earnings = earnings + 0.01 WHERE id = 1 + (n + 2) % 4;
    END;
END $$;
DO $$ BEGIN FOR n IN 0..20 LOOP PERFORM deep(n); COMMIT; ASSERT NOT EXISTS (SELECT FROM totals WHERE spent <> oracle), n::text; END LOOP; END $$;
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'attach';

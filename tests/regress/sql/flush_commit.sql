-- flush => 'commit': totals are brought up once, when the transaction commits or is prepared. Whatever that sets off in the
-- user's own triggers and deferred constraints happens as well. (What fires at commit beside it: see flush_commit_beside.)
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT brought_up_at, corrected, total_difference FROM spend_sync_attach(flush => 'commit');
SELECT flush FROM spend_sync.binding;
TABLE totals;

-- Nothing until the commit; then everything at once.
BEGIN;
UPDATE clips SET earnings = 11 WHERE id = 1;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
UPDATE clip_submissions SET campaign_id = 3 WHERE id = 4;
DELETE FROM clip_submissions WHERE id = 2;
TABLE totals;
-- The preview sees what the commit is about to do.
SELECT campaign_id, recorded_spent, actual_spent, needs_sync FROM spend_sync_status();
COMMIT;
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'attach';

-- Rolled back: nothing, and nothing is left for the next transaction.
BEGIN;
UPDATE clips SET earnings = 99;
ROLLBACK;
BEGIN;
COMMIT;
TABLE totals;

-- A single statement is a transaction, a string of statements is one, a procedure's COMMIT ends one.
UPDATE clips SET earnings = 12 WHERE id = 1;
TABLE totals;
UPDATE clips SET earnings = 13 WHERE id = 1\; UPDATE clips SET earnings = 33 WHERE id = 3;
TABLE totals;
CREATE PROCEDURE track() LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1..4 LOOP
        UPDATE clips SET earnings = earnings + 1 WHERE id = n;
        RAISE NOTICE 'before commit: %', (SELECT array_agg(spent ORDER BY id) FROM campaigns);
        IF n = 2 THEN ROLLBACK; ELSE COMMIT; END IF;
        RAISE NOTICE 'after: %', (SELECT array_agg(spent ORDER BY id) FROM campaigns);
    END LOOP;
END $$;
CALL track();
TABLE totals;
BEGIN;
UPDATE clips SET earnings = 14 WHERE id = 1;
COMMIT AND CHAIN;
TABLE totals;
UPDATE clips SET earnings = 15 WHERE id = 1;
COMMIT;
TABLE totals;

-- A transaction may have it otherwise: what is owed is brought up, and from then on at the end of each statement; and back.
BEGIN;
UPDATE clips SET earnings = 16 WHERE id = 1;
SET CONSTRAINTS ALL IMMEDIATE;
TABLE totals;
UPDATE clips SET earnings = 34 WHERE id = 3;
TABLE totals;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
SET CONSTRAINTS ALL DEFERRED;
UPDATE clips SET earnings = earnings - 1;
UPDATE clip_submissions SET status = status;
TABLE totals;
COMMIT;
TABLE totals;

-- A total that does not fit fails the commit, whole.
BEGIN;
INSERT INTO campaigns VALUES (4, 'Four', 0);
UPDATE clips SET earnings = 99999999.99;
INSERT INTO clip_submissions VALUES (6, 1, 4, 'APPROVED');
COMMIT;
\echo :SQLSTATE
TABLE totals;

-- Prepared: brought up before the transaction is; the total becomes visible with the rest of it.
BEGIN;
UPDATE clips SET earnings = 17 WHERE id = 1;
PREPARE TRANSACTION 'paid';
TABLE totals;
COMMIT PREPARED 'paid';
TABLE totals;
BEGIN;
UPDATE clips SET earnings = 18 WHERE id = 1;
PREPARE TRANSACTION 'unpaid';
ROLLBACK PREPARED 'unpaid';
TABLE totals;
BEGIN;
UPDATE clips SET earnings = 99999999.99;
INSERT INTO clip_submissions VALUES (6, 1, 4, 'APPROVED');
PREPARE TRANSACTION 'too much';
\echo :SQLSTATE
SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database();
TABLE totals;
-- Two of them, interleaved with a third transaction that is neither.
BEGIN;
UPDATE clips SET earnings = 19 WHERE id = 1;
PREPARE TRANSACTION 'one';
BEGIN;
INSERT INTO clips VALUES (7, 7);
INSERT INTO campaigns VALUES (7, 'Seven', 0);
INSERT INTO clip_submissions VALUES (7, 7, 7, 'APPROVED');
PREPARE TRANSACTION 'two';
INSERT INTO campaigns VALUES (8, 'Eight', 8);
ROLLBACK PREPARED 'two';
COMMIT PREPARED 'one';
TABLE totals;

-- The user's deferred constraint trigger on campaigns sees the total that the commit brought; here it keeps a log.
CREATE TABLE log (number int GENERATED ALWAYS AS IDENTITY, what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log (what) VALUES (format('campaign %s: %s -> %s', NEW.id, OLD.spent, NEW.spent));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER note AFTER UPDATE ON campaigns DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
BEGIN;
UPDATE clips SET earnings = 21 WHERE id = 1;
COMMIT;
SELECT what FROM log ORDER BY number;
BEGIN;
UPDATE clips SET earnings = 22 WHERE id = 1;
PREPARE TRANSACTION 'noted';
COMMIT PREPARED 'noted';
SELECT what FROM log ORDER BY number;
TABLE totals;

-- One that writes clips in turn: one more each time, until the campaign has 60. Brought up again until nothing is left.
CREATE FUNCTION bonus() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log (what) VALUES (format('campaign %s at %s', NEW.id, NEW.spent));
    UPDATE clips SET earnings = earnings + 1
    WHERE id = (SELECT min(clip_id) FROM clip_submissions WHERE campaign_id = NEW.id AND status = 'APPROVED')
      AND (SELECT spent FROM campaigns WHERE id = NEW.id) < 60;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bonus AFTER UPDATE ON campaigns DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.spent > OLD.spent) EXECUTE FUNCTION bonus();
TRUNCATE log;
UPDATE clips SET earnings = 24 WHERE id = 1;
SELECT what FROM log ORDER BY number;
SELECT id, earnings FROM clips ORDER BY id;
TABLE totals;
DROP TRIGGER bonus ON campaigns;
DROP TRIGGER note ON campaigns;

-- One that refuses: its error fails the commit, as it would after a write by hand.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'campaign % is over its budget', NEW.id USING ERRCODE = 'MY001';
END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON campaigns DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.spent > 500) EXECUTE FUNCTION refuse();
BEGIN;
UPDATE clips SET earnings = 1000 WHERE id = 1;
COMMIT;
\echo :SQLSTATE
BEGIN;
UPDATE clips SET earnings = 1000 WHERE id = 1;
PREPARE TRANSACTION 'refused';
\echo :SQLSTATE
TABLE totals;
DROP TRIGGER refuse ON campaigns;

-- A deferred foreign key that the bringing up violates: a BEFORE trigger books each change of spent on an account
-- that does not exist.
CREATE TABLE accounts (id int PRIMARY KEY);
INSERT INTO accounts VALUES (1);
ALTER TABLE campaigns ADD account int DEFAULT 1 REFERENCES accounts DEFERRABLE INITIALLY DEFERRED;
CREATE FUNCTION book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.account := 2;
    RETURN NEW;
END $$;
CREATE TRIGGER book BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION book();
UPDATE clips SET earnings = 30 WHERE id = 1;
\echo :SQLSTATE
SELECT count(*) AS orphans FROM campaigns WHERE account NOT IN (SELECT id FROM accounts);
INSERT INTO accounts VALUES (2);
UPDATE clips SET earnings = 30 WHERE id = 1;
SELECT id, account FROM campaigns ORDER BY id;
DROP TRIGGER book ON campaigns;
TABLE totals;

-- A deferred unique constraint likewise: each change of spent gives the campaign the first place.
ALTER TABLE campaigns ADD place int, ADD UNIQUE (place) DEFERRABLE INITIALLY DEFERRED;
CREATE FUNCTION promote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.place := 1;
    RETURN NEW;
END $$;
CREATE TRIGGER promote BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION promote();
UPDATE clips SET earnings = 31 WHERE id = 1;
UPDATE clips SET earnings = 41 WHERE id = 3;
\echo :SQLSTATE
SELECT count(*) - count(DISTINCT place) AS duplicates FROM campaigns WHERE place IS NOT NULL;
SELECT id, place FROM campaigns ORDER BY id;
DROP TRIGGER promote ON campaigns;
TABLE totals;

-- A deferred trigger of the user's on clips runs before all that, and what it writes is brought up too; also when the
-- totals of its transaction were brought up statement by statement.
CREATE FUNCTION approve_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clip_submissions SET status = 'APPROVED' WHERE clip_id = NEW.id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER approve_late AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION approve_late();
UPDATE clip_submissions SET status = 'PENDING';
TABLE totals;
UPDATE clips SET earnings = 51 WHERE id = 1;
TABLE totals;
SELECT brought_up_at FROM spend_sync_attach();
BEGIN;
UPDATE clips SET earnings = 53 WHERE id = 3;
TABLE totals;
COMMIT;
TABLE totals;
SELECT brought_up_at FROM spend_sync_attach(flush => 'commit');

-- SET CONSTRAINTS is for one transaction: the next one's deferred constraints are deferred again.
BEGIN;
UPDATE campaigns SET account = 77 WHERE id = 1;
UPDATE clips SET earnings = 54 WHERE id = 3;
INSERT INTO accounts VALUES (77);
COMMIT;
TABLE totals;

-- What no statement trigger sees is brought up at the commit either way: here as logical replication applies it,
-- which fires triggers that are ENABLE ALWAYS or REPLICA, and no statement triggers. The deferred trigger is REPLICA for that.
SELECT brought_up_at FROM spend_sync_attach();
ALTER TABLE clips ENABLE ALWAYS TRIGGER spend_sync_campaigns_row;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE clips SET earnings = 60 WHERE id = 1;
TABLE totals;
COMMIT;
TABLE totals;
ALTER TABLE clips ENABLE TRIGGER spend_sync_campaigns_row;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

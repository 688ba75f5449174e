-- flush => 'commit' beside whatever else a commit does: totals come up by a deferred trigger, so PostgreSQL itself orders them with
-- cursors, notifications, temporary tables and the user's own deferred constraints, and fires what comes up with them.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT brought_up_at, corrected FROM spend_sync_attach(flush => 'commit');
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seen refcursor;
    one record;
BEGIN
    OPEN seen FOR SELECT * FROM clips ORDER BY earnings;
    FETCH seen INTO one;
    RETURN NULL;
END $$;

-- A trigger that leaves a cursor open, and one that leaves it open WITH HOLD; the user's own cursors.
CREATE TRIGGER look AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION look();
UPDATE clips SET earnings = 11 WHERE id = 1;
SELECT count(*) AS cursors FROM pg_cursors;
BEGIN;
DECLARE mine CURSOR FOR SELECT id, earnings FROM clips ORDER BY id;
DECLARE held CURSOR WITH HOLD FOR SELECT id, spent FROM campaigns ORDER BY id;
UPDATE clips SET earnings = 12 WHERE id = 1;
FETCH mine;
COMMIT;
FETCH ALL held;
CLOSE held;
DROP TRIGGER look ON campaigns;
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'DECLARE total CURSOR WITH HOLD FOR SELECT id, spent FROM campaigns ORDER BY id';
    RETURN NULL;
END $$;
CREATE TRIGGER hold AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION hold();
UPDATE clips SET earnings = 13 WHERE id = 1;
SELECT name, is_holdable FROM pg_cursors WHERE name = 'total';
FETCH ALL total;
CLOSE total;
DROP TRIGGER hold ON campaigns;
TABLE totals;

-- LISTEN and NOTIFY: one message, with the total that is committed, and none where it is rolled back.
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('spent', format('%s: %s', NEW.id, NEW.spent)); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER UPDATE ON campaigns FOR EACH ROW WHEN (NEW.spent IS DISTINCT FROM OLD.spent) EXECUTE FUNCTION tell();
LISTEN spent;
-- Who told it is another number each time.
\o | sed -E 's/process with PID [0-9]+/process with PID N/'
BEGIN;
UPDATE clips SET earnings = 98 WHERE id = 1;
UPDATE clips SET earnings = 14 WHERE id = 1;
COMMIT;
BEGIN;
UPDATE clips SET earnings = 97 WHERE id = 1;
ROLLBACK;
UPDATE campaigns SET spent = 96 WHERE id = 1;
SELECT 'once';
\o
UNLISTEN spent;
DROP TRIGGER tell ON campaigns;

-- Temporary tables: one made there for good, one that empties at commit, one that goes.
CREATE TEMP TABLE kept (spent numeric) ON COMMIT PRESERVE ROWS;
CREATE TEMP TABLE emptied (spent numeric) ON COMMIT DELETE ROWS;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT NEW.spent;
    INSERT INTO emptied TABLE gone;
    INSERT INTO kept TABLE emptied;
    RETURN NULL;
END $$;
CREATE TRIGGER keep AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION keep();
UPDATE clips SET earnings = 15 WHERE id = 1;
UPDATE clips SET earnings = 16 WHERE id = 1;
TABLE kept;
SELECT count(*) AS emptied, to_regclass('gone') FROM emptied;
DROP TRIGGER keep ON campaigns;

-- Deferred constraint triggers of the user's, on clips and on campaigns, named to sort before ours and after: what each sees.
CREATE TABLE seen (number int GENERATED ALWAYS AS IDENTITY, what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO seen (what) SELECT format('%s on %s sees %s', TG_NAME, TG_TABLE_NAME, spent) FROM campaigns WHERE id = 1;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER before_ours AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER zz_after_ours AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER on_total AFTER UPDATE ON campaigns DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
UPDATE clips SET earnings = 17 WHERE id = 1;
BEGIN;
UPDATE clips SET earnings = 18 WHERE id = 1;
UPDATE clips SET earnings = 19 WHERE id = 1;
COMMIT;
SELECT what FROM seen ORDER BY number;
DROP TRIGGER before_ours ON clips;
DROP TRIGGER zz_after_ours ON clips;
DROP TRIGGER on_total ON campaigns;
-- One before ours that writes clips, and one after ours that does: both are brought up, in the one transaction.
CREATE FUNCTION tip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips SET earnings = earnings + 1 WHERE id = 2 AND NEW.id = 1;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER before_ours AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tip();
CREATE CONSTRAINT TRIGGER zz_after_ours AFTER UPDATE ON clips DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tip();
UPDATE clips SET earnings = 20 WHERE id = 1;
TABLE totals;
DROP TRIGGER before_ours ON clips;
DROP TRIGGER zz_after_ours ON clips;
-- A deferred key that is broken by what comes up at commit is no way lost, though the trigger defers all constraints again.
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    INSERT INTO child VALUES (42);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON campaigns DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late();
UPDATE clips SET earnings = 21 WHERE id = 1;
\echo :SQLSTATE
BEGIN;
UPDATE clips SET earnings = 21 WHERE id = 1;
SET CONSTRAINTS ALL IMMEDIATE;
\echo :SQLSTATE
COMMIT;
DROP TRIGGER late ON campaigns;
CREATE TRIGGER late AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION late();
UPDATE clips SET earnings = 21 WHERE id = 1;
\echo :SQLSTATE
DROP TRIGGER late ON campaigns;
SELECT count(*) AS orphans FROM child;
TABLE totals;

-- Chained, prepared, in a procedure that commits in a loop, and in one that handles errors.
BEGIN;
UPDATE clips SET earnings = 22 WHERE id = 1;
COMMIT AND CHAIN;
UPDATE clips SET earnings = 99 WHERE id = 1;
ROLLBACK AND CHAIN;
UPDATE clips SET earnings = 23 WHERE id = 2;
COMMIT;
TABLE totals;
BEGIN;
UPDATE clips SET earnings = 24 WHERE id = 1;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = 25 WHERE id = 2;
SET CONSTRAINTS ALL DEFERRED;
UPDATE clips SET earnings = 26 WHERE id = 2;
PREPARE TRANSACTION 'one';
BEGIN;
UPDATE clips SET earnings = 41 WHERE id = 4;
COMMIT;
COMMIT PREPARED 'one';
TABLE totals;
CREATE PROCEDURE pay() LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1..5 LOOP
        UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
        BEGIN
            UPDATE clips SET earnings = earnings + 100 WHERE id = 2;
            IF n % 2 = 0 THEN SET CONSTRAINTS ALL IMMEDIATE; END IF;
            RAISE division_by_zero;
        EXCEPTION WHEN division_by_zero THEN
            UPDATE clips SET earnings = earnings + 0.5 WHERE id = 2;
        END;
        COMMIT;
        RAISE NOTICE '%', (SELECT spent = oracle FROM totals WHERE id = 1);
    END LOOP;
END $$;
CALL pay();
TABLE totals;

-- Under IMMEDIATE: each statement, one of several rows too, and a procedure's next transaction is deferred again.
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
INSERT INTO clip_submissions SELECT 10 + id, 3, id, 'APPROVED' FROM clips;
TABLE totals;
DELETE FROM clip_submissions WHERE campaign_id = 3;
TABLE totals;
SET CONSTRAINTS spend_sync_wake, spend_sync_wake_update DEFERRED;
UPDATE clips SET earnings = earnings + 1;
SELECT count(*) AS owed FROM totals WHERE spent <> oracle;
COMMIT;
TABLE totals;

-- A partition written directly.
CREATE SCHEMA parts;
CREATE TABLE parts.campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE parts.clips (id int PRIMARY KEY, earnings numeric(10,2)) PARTITION BY LIST (id);
CREATE TABLE parts.clips_1 PARTITION OF parts.clips FOR VALUES IN (1);
CREATE TABLE parts.clips_2 PARTITION OF parts.clips FOR VALUES IN (2);
CREATE TABLE parts.clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON parts.clip_submissions (campaign_id);
CREATE INDEX ON parts.clip_submissions (clip_id);
INSERT INTO parts.campaigns VALUES (1), (2);
INSERT INTO parts.clip_submissions VALUES (1, 1, 'APPROVED'), (2, 2, 'APPROVED'), (2, 3, 'APPROVED');
SELECT corrected FROM spend_sync_attach('parts.campaigns', 'parts.clips', 'parts.clip_submissions', flush => 'commit');
BEGIN;
INSERT INTO parts.clips_1 VALUES (1, 10);
INSERT INTO parts.clips VALUES (2, 20);
SELECT spent FROM parts.campaigns ORDER BY id;
COMMIT;
SELECT spent FROM parts.campaigns ORDER BY id;
UPDATE parts.clips_2 SET earnings = 21;
SELECT spent FROM parts.campaigns ORDER BY id;
-- One that comes later has the trigger, and one that is truncated is seen.
CREATE TABLE parts.clips_3 PARTITION OF parts.clips FOR VALUES IN (3);
INSERT INTO parts.clips_3 VALUES (3, 30);
SELECT spent FROM parts.campaigns ORDER BY id;
TRUNCATE parts.clips_3;
SELECT spent FROM parts.campaigns ORDER BY id;

-- Two totals of the same clips, one at commit and one at each statement.
CREATE TABLE users (id int PRIMARY KEY, earned numeric(10,2) DEFAULT 0);
INSERT INTO users VALUES (1), (2);
ALTER TABLE clip_submissions ADD user_id int REFERENCES users;
CREATE INDEX ON clip_submissions (user_id);
UPDATE clip_submissions SET user_id = 1 + id % 2;
SELECT brought_up_at, corrected FROM spend_sync_attach('users', spent => 'earned', submission_campaign => 'user_id');
CREATE VIEW both_totals AS
    SELECT 'campaign' AS what, id, spent, oracle FROM totals
    UNION ALL SELECT 'user', id, earned, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id WHERE s.user_id = u.id AND s.status = 'APPROVED'), 0)
    FROM users u;
SELECT tgrelid::regclass::text AS "table", tgname, tgenabled FROM pg_trigger WHERE tgname LIKE 'spend\_sync\_wake%' AND tgparentid = 0 ORDER BY 1, 2;
BEGIN;
UPDATE clips SET earnings = earnings + 1;
SELECT what, id FROM both_totals WHERE spent <> oracle ORDER BY 1, 2;
UPDATE clip_submissions SET user_id = 2, status = 'APPROVED' WHERE id = 3;
SELECT what, id FROM both_totals WHERE spent <> oracle ORDER BY 1, 2;
SAVEPOINT a;
DELETE FROM clip_submissions WHERE id = 3;
ROLLBACK TO a;
COMMIT;
SELECT * FROM both_totals ORDER BY 1, 2;
-- The one at commit goes: the other's stay for apply alone.
SELECT spend_sync_detach('campaigns');
SELECT tgrelid::regclass::text AS "table", tgname, tgenabled FROM pg_trigger
WHERE tgname LIKE 'spend\_sync\_wake%' AND tgparentid = 0 AND tgrelid::regclass::text !~ 'parts' ORDER BY 1, 2;
UPDATE clips SET earnings = earnings + 1;
SELECT * FROM both_totals WHERE what = 'user' AND spent <> oracle;
SELECT corrected FROM spend_sync_attach();

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT campaigns::regclass, campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by NOT IN ('attach') ORDER BY id;

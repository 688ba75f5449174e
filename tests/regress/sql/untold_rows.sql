-- A CHECK and a trigger of the user's on campaigns meet only true totals, also where not all rows of a query are told of yet: one
-- that writes several tables, one of many rows under SET CONSTRAINTS IMMEDIATE, one that runs amid another.
\set VERBOSITY terse
CREATE EXTENSION spend_sync;
SET spend_sync.recompute_interval = '1d';
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int REFERENCES campaigns ON DELETE CASCADE,
    clip_id int REFERENCES clips ON DELETE CASCADE, status text);
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO clips VALUES (1, 10), (2, 10), (3, 10), (4, 50);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'PENDING'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'APPROVED'), (4, 2, 4, 'PENDING');
CREATE FUNCTION truth(campaign int) RETURNS numeric STABLE LANGUAGE sql AS $$
    SELECT coalesce(sum(c.earnings), 0) FROM clip_submissions s JOIN clips c ON c.id = s.clip_id
    WHERE s.campaign_id = campaign AND s.status = 'APPROVED' $$;
-- What is seen is kept whatever becomes of it.
CREATE TABLE seen (id int, spent numeric, truth numeric);
CREATE FUNCTION sees() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO seen VALUES (NEW.id, NEW.spent, truth(NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER sees AFTER UPDATE ON campaigns FOR EACH ROW WHEN (NEW.spent IS DISTINCT FROM OLD.spent)
    EXECUTE FUNCTION sees();
CREATE PROCEDURE look() LANGUAGE plpgsql AS $$
DECLARE one record;
BEGIN
    FOR one IN SELECT id, spent, truth, spent = truth AS is_true FROM seen LOOP
        RAISE NOTICE 'seen: campaign % at %, %', one.id, one.spent, CASE WHEN one.is_true THEN 'true' ELSE 'FALSE: ' || one.truth END;
    END LOOP;
    FOR one IN SELECT id, spent, truth(id) AS truth FROM campaigns WHERE spent <> truth(id) LOOP
        RAISE WARNING 'drift: %', one;
    END LOOP;
    DELETE FROM seen;
END $$;
-- Totals must be moved here, not summed.
CREATE PROCEDURE warm() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips SET earnings = earnings + 1;
    UPDATE clips SET earnings = earnings - 1;
    DELETE FROM seen;
END $$;

SELECT brought_up_at FROM spend_sync_attach();
CALL warm();
\echo several tables, in one order and the other
WITH paid AS (UPDATE clips SET earnings = 40 WHERE id = 4 RETURNING id)
UPDATE clip_submissions s SET status = 'APPROVED' FROM paid WHERE s.clip_id = paid.id;
CALL look();
WITH paid AS (UPDATE clips SET earnings = 30 WHERE id = 1 RETURNING id)
UPDATE clip_submissions s SET status = 'APPROVED' FROM paid WHERE s.clip_id = paid.id;
CALL look();
WITH decided AS (UPDATE clip_submissions SET status = 'PENDING' WHERE campaign_id = 1 RETURNING clip_id)
UPDATE clips c SET earnings = earnings * 3 FROM decided WHERE c.id = decided.clip_id AND c.id <> 2;
CALL look();
WITH new AS (INSERT INTO clips VALUES (5, 7), (6, 8) RETURNING id), old AS (UPDATE clips SET earnings = 5 WHERE id = 4)
INSERT INTO clip_submissions SELECT id, 2, id, 'APPROVED' FROM new;
CALL look();
WITH gone AS (DELETE FROM clips WHERE id = 6), more AS (UPDATE clips SET earnings = 6 WHERE id = 4)
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
CALL look();
\echo a foreign key takes links along
DELETE FROM clips WHERE id IN (4, 5);
CALL look();

\echo foreign keys take links along by two ways: the second begins no statement of its own
CREATE TABLE users (id int PRIMARY KEY);
INSERT INTO users VALUES (1), (2);
ALTER TABLE clip_submissions ADD user_id int REFERENCES users ON DELETE CASCADE;
ALTER TABLE clips ADD user_id int;
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey;
ALTER TABLE clips ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE clip_submissions ADD FOREIGN KEY (clip_id) REFERENCES clips ON DELETE CASCADE;
INSERT INTO clips VALUES (31, 10, 1), (32, 100, 2);
INSERT INTO clip_submissions VALUES (31, 2, 32, 'APPROVED', 1), (32, 2, 31, 'APPROVED', 2), (33, 2, 32, 'APPROVED', 2);
CALL warm();
DELETE FROM users WHERE id = 1;
CALL look();
\echo the same amid another statement on that table
CREATE FUNCTION deletes_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM users WHERE id = 7;
    UPDATE clips SET earnings = earnings + 1 WHERE id = 39;
    RETURN NULL;
END $$;
CREATE TRIGGER a_first AFTER DELETE ON clip_submissions FOR EACH ROW WHEN (OLD.id = 41) EXECUTE FUNCTION deletes_user();
INSERT INTO users VALUES (7);
INSERT INTO clips VALUES (36, 2, 2), (37, 1000, 2), (38, 5, 7), (39, 3, 2);
INSERT INTO clip_submissions VALUES (41, 1, 36, 'APPROVED', 2), (42, 2, 37, 'APPROVED', 2), (43, 2, 39, 'APPROVED', 2),
    (44, 1, 36, 'APPROVED', 7), (45, 1, 38, 'APPROVED', 2);
CALL warm();
DELETE FROM clip_submissions WHERE id IN (41, 42);
CALL look();
DROP TRIGGER a_first ON clip_submissions;
DELETE FROM clips WHERE id > 30;
CALL look();

\echo amid another statement: what writes a total, and what does not
INSERT INTO clips VALUES (7, 1), (8, 1);
INSERT INTO clip_submissions VALUES (7, 1, 7, 'APPROVED'), (8, 1, 8, 'APPROVED');
UPDATE clip_submissions SET status = 'APPROVED';
CREATE FUNCTION nested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = 7 THEN
        UPDATE clips SET earnings = earnings + 100 WHERE id = 3;
    END IF;
    UPDATE campaigns SET views = views + 1 WHERE id = 1;
    RETURN NULL;
END $$;
CREATE TRIGGER a_nested AFTER UPDATE ON clips FOR EACH ROW WHEN (NEW.id >= 7) EXECUTE FUNCTION nested();
CREATE TRIGGER zz_nested AFTER UPDATE ON clips FOR EACH ROW WHEN (NEW.id >= 7) EXECUTE FUNCTION nested();
CALL look();
UPDATE clips SET earnings = earnings + 1 WHERE id >= 7;
CALL look();
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
CALL look();
SELECT views FROM campaigns WHERE id = 1;
DROP TRIGGER a_nested ON clips;
DROP TRIGGER zz_nested ON clips;

\echo an error amid a statement leaves nothing behind
CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER fails BEFORE UPDATE ON clips FOR EACH ROW WHEN (NEW.id = 8) EXECUTE FUNCTION fails();
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 7;
SAVEPOINT a;
UPDATE clips SET earnings = earnings + 1 WHERE id >= 7;
ROLLBACK TO a;
UPDATE clips SET earnings = earnings + 1 WHERE id = 7;
DO $$ BEGIN
    UPDATE clips SET earnings = 0;
EXCEPTION WHEN raise_exception THEN
    UPDATE clips SET earnings = earnings + 1 WHERE id = 7;
END $$;
CALL look();
COMMIT;
DROP TRIGGER fails ON clips;

\echo what is told of at the end of its query is moved: a sum would take off the 1000 that are too much
CREATE PROCEDURE put(drift int) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE campaigns SET spent = truth(id) + drift;
    SET LOCAL session_replication_role = origin;
END $$;
INSERT INTO clips VALUES (21, 1), (22, 2), (23, 3);
INSERT INTO clip_submissions VALUES (21, 1, 21, 'APPROVED'), (22, 1, 22, 'APPROVED'), (23, 2, 23, 'PENDING');
CREATE TRIGGER zz_nested AFTER UPDATE ON clips FOR EACH ROW WHEN (NEW.id = 21) EXECUTE FUNCTION nested();
CREATE TRIGGER fails BEFORE UPDATE ON clips FOR EACH ROW WHEN (NEW.id = 7) EXECUTE FUNCTION fails();
CALL put(1000);
UPDATE clips SET earnings = earnings + 1 WHERE id IN (21, 22);
WITH paid AS (UPDATE clips SET earnings = earnings + 1 WHERE id = 22)
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 23;
DO $$ BEGIN
    UPDATE clips SET earnings = 0;
EXCEPTION WHEN raise_exception THEN
    UPDATE clips SET earnings = earnings + 1 WHERE id = 22;
END $$;
DROP TRIGGER zz_nested ON clips;
DROP TRIGGER fails ON clips;
SELECT id, spent - truth(id) AS too_much FROM campaigns ORDER BY id;
CALL put(0);
DELETE FROM seen;

SELECT brought_up_at FROM spend_sync_attach(flush => 'commit');
CALL warm();
CALL put(1000);
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + 1 WHERE id >= 21;
COMMIT;
SELECT id, spent - truth(id) AS too_much FROM campaigns ORDER BY id;
CALL put(0);
DELETE FROM seen;
\echo under IMMEDIATE
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + id;
CALL look();
INSERT INTO clips VALUES (11, 1), (12, 2), (13, 3);
INSERT INTO clip_submissions SELECT id, 1, id, 'APPROVED' FROM clips WHERE id > 10;
CALL look();
WITH paid AS (UPDATE clips SET earnings = 30 WHERE id > 10 RETURNING id)
UPDATE clip_submissions s SET status = 'PENDING' FROM paid WHERE s.clip_id = paid.id AND paid.id > 12;
CALL look();
DELETE FROM clips WHERE id > 11;
CALL look();
COMMIT;
\echo made immediate amid a statement
CREATE FUNCTION brings_up(id int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips c SET earnings = 9 WHERE c.id = 11;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN id;
END $$;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (2, 3) RETURNING id, brings_up(id);
CALL look();
\echo in a session that writes as a replica does, whose triggers fire all the same
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT tgrelid::regclass AS "table", tgname FROM pg_trigger WHERE tgname LIKE 'spend\_sync\_c%' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', one."table", one.tgname);
    END LOOP;
END $$;
ALTER TABLE campaigns ENABLE ALWAYS TRIGGER sees;
BEGIN;
SET LOCAL session_replication_role = replica;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + id;
CALL look();
COMMIT;
\echo and at a commit
BEGIN;
UPDATE clips SET earnings = earnings + id;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 1;
COMMIT;
CALL look();
\echo two foreign keys that lead to one table, one after the other
DROP TABLE clip_submissions, campaigns, clips;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric DEFAULT 0, views int);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE accounts (id int PRIMARY KEY);
CREATE TABLE groups (id int PRIMARY KEY, account_id int);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text, account_id int REFERENCES accounts ON DELETE CASCADE, group_id int);
ALTER TABLE groups ADD FOREIGN KEY (account_id) REFERENCES accounts ON DELETE CASCADE;
ALTER TABLE clip_submissions ADD FOREIGN KEY (group_id) REFERENCES groups ON DELETE CASCADE;
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE TRIGGER sees AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION sees();
INSERT INTO accounts VALUES (1);
INSERT INTO groups VALUES (1, 1);
INSERT INTO campaigns VALUES (1);
INSERT INTO clips SELECT n, n FROM generate_series(1, 8) n;
INSERT INTO clip_submissions
SELECT 1, n, 'APPROVED', CASE WHEN n < 3 THEN 1 END, CASE WHEN n IN (3, 4, 5) THEN 1 END FROM generate_series(1, 8) n;
SELECT brought_up_at FROM spend_sync_attach(flush => 'commit');
CALL look();
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM accounts;
CALL look();
COMMIT;
CALL look();

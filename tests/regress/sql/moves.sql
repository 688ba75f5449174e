-- A campaign's total is moved by what a write changed, and summed only where that is not known. Moved or summed, it is the
-- same number: each part below is one of the conditions under which a difference is known exactly, with a write that
-- breaks it. What a sum finds wrong that no write of this transaction explains is logged as drift.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id text NOT NULL REFERENCES campaigns ON UPDATE CASCADE,
    clip_id int REFERENCES clips ON DELETE CASCADE ON UPDATE CASCADE,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id, status);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES ('big', 'Big'), ('small', 'Small');
INSERT INTO clips SELECT n, n FROM generate_series(1, 40) n;
INSERT INTO clip_submissions SELECT n, 'big', n, 'APPROVED' FROM generate_series(1, 30) n;
INSERT INTO clip_submissions SELECT 30 + n, 'small', 30 + n, 'APPROVED' FROM generate_series(1, 3) n;
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

SET spend_sync.recompute_interval = '1d';
\set at_commit 'SELECT FROM spend_sync_attach(flush => ''commit'');'
\set at_statement 'SELECT FROM spend_sync_attach();'

-- One clip: more, less, NULL, and again; a clip that counts twice in a campaign, and in two campaigns.
UPDATE clips SET earnings = 100.01 WHERE id = 1;
UPDATE clips SET earnings = -0.99 WHERE id = 1;
UPDATE clips SET earnings = NULL WHERE id = 1;
UPDATE clips SET earnings = 3 WHERE id = 1;
TABLE totals;
INSERT INTO clip_submissions VALUES (41, 'big', 1, 'APPROVED'), (42, 'small', 1, 'APPROVED');
UPDATE clips SET earnings = 4 WHERE id = 1;
UPDATE clips SET earnings = earnings + 0.01 WHERE id <= 3;
TABLE totals;
-- One link: approved, rejected, moved, deleted; a pending one locks and moves nothing.
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 41;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 41;
UPDATE clip_submissions SET campaign_id = 'small' WHERE id = 41;
DELETE FROM clip_submissions WHERE id = 41;
INSERT INTO clip_submissions VALUES (41, 'big', 34);
UPDATE clips SET earnings = 34.5 WHERE id = 34;
UPDATE clip_submissions SET clip_id = 35, status = 'APPROVED' WHERE id = 41;
TABLE totals;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
-- What moves a total by nothing writes no row: one link, one clip, several of them.
CREATE TABLE rows_before AS SELECT id, ctid AS at FROM campaigns;
INSERT INTO clip_submissions VALUES (44, 'big', 37), (45, 'small', 38), (46, 'big', 39);
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 44;
DELETE FROM clip_submissions WHERE id IN (44, 45, 46);
:at_commit
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 2;
UPDATE clips SET earnings = earnings - 1 WHERE id = 2;
COMMIT;
:at_statement
SELECT c.id, c.ctid = b.at AS is_the_same_row FROM campaigns c JOIN rows_before b USING (id) ORDER BY c.id;
DROP TABLE rows_before;

-- Two kinds in one flush: changed earnings and changed links, of one clip and of different ones.
:at_commit
BEGIN;
UPDATE clips SET earnings = earnings + 10 WHERE id = 5;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 5;
UPDATE clips SET earnings = earnings + 20 WHERE id IN (6, 31);
INSERT INTO clip_submissions VALUES (43, 'small', 36, 'APPROVED');
COMMIT;
TABLE totals;
BEGIN;
DELETE FROM clip_submissions WHERE id = 43;
UPDATE clips SET earnings = earnings + 7 WHERE id = 36;
INSERT INTO clip_submissions VALUES (43, 'big', 36, 'APPROVED');
UPDATE clips SET earnings = earnings + 7 WHERE id = 32;
COMMIT;
:at_statement
TABLE totals;
WITH w AS (UPDATE clips SET earnings = earnings + 1 WHERE id = 6)
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 6;
WITH w AS (UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 6)
UPDATE clips SET earnings = earnings + 1 WHERE id = 6;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
-- A total written by hand in the same flush: in a campaign whose clips change, and in another.
WITH w AS (UPDATE campaigns SET spent = spent + 100 WHERE id = 'big')
UPDATE clips SET earnings = earnings + 1 WHERE id = 2;
WITH w AS (UPDATE campaigns SET spent = spent + 100 WHERE id = 'big')
UPDATE clips SET earnings = earnings + 1 WHERE id = 31;
WITH w AS (UPDATE campaigns SET spent = spent + 100 WHERE id = 'big')
UPDATE clips SET earnings = earnings + 1 WHERE id IN (2, 31);
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT campaign_id, count(*) FROM spend_sync.correction WHERE found_by = 'direct write' GROUP BY 1;
TRUNCATE spend_sync.correction;

-- A savepoint rolled back after capture: what it wrote must not count, what it flushed for others is owed again.
:at_commit
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 7;
SAVEPOINT s;
UPDATE clips SET earnings = earnings + 1000 WHERE id = 8;
ROLLBACK TO s;
UPDATE clips SET earnings = earnings + 1 WHERE id = 9;
COMMIT;
TABLE totals;
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 7;
SAVEPOINT s;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + 1000 WHERE id = 8;
ROLLBACK TO s;
COMMIT;
:at_statement
TABLE totals;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- A clip deleted with its submissions: the cascade is flushed first, when the clip that it would be taken off by is gone.
DELETE FROM clips WHERE id = 10;
TABLE totals;
BEGIN;
DELETE FROM clip_submissions WHERE clip_id = 11;
DELETE FROM clips WHERE id = 11;
COMMIT;
TABLE totals;
-- A changed key: of a clip, of a campaign.
UPDATE clips SET id = 112 WHERE id = 12;
UPDATE clips SET earnings = earnings + 1 WHERE id = 112;
UPDATE campaigns SET id = 'huge' WHERE id = 'big';
UPDATE clips SET earnings = earnings + 1 WHERE id = 112;
UPDATE campaigns SET id = 'big' WHERE id = 'huge';
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- A trigger of the user's that fires before ours and writes amid the statement: its own flush sees rows of the outer
-- statement that have not reached us, and comes to links and clips that will be gone when they do.
CREATE FUNCTION amid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_ARGV[0]
        WHEN 'pay' THEN UPDATE clips SET earnings = earnings + 5 WHERE id = 14 AND NEW.id = 13;
        WHEN 'reject' THEN UPDATE clip_submissions SET status = 'REJECTED' WHERE clip_id = NEW.id;
        WHEN 'approve' THEN UPDATE clip_submissions SET status = 'APPROVED' WHERE clip_id = NEW.id;
        WHEN 'delete' THEN DELETE FROM clip_submissions WHERE clip_id = NEW.id;
        WHEN 'reject and delete' THEN
            UPDATE clip_submissions SET status = 'REJECTED' WHERE clip_id = NEW.id;
            DELETE FROM clip_submissions WHERE clip_id = NEW.id;
        WHEN 'pay the next' THEN UPDATE clips SET earnings = earnings + 5 WHERE id = NEW.id + 1;
        WHEN 'reject another' THEN
            IF NEW.id IN (22, 31) THEN
                UPDATE clip_submissions SET status = 'REJECTED' WHERE clip_id = NEW.id + 2;
            END IF;
        WHEN 'reject another at a savepoint' THEN
            BEGIN
                IF NEW.id IN (22, 31) THEN
                    UPDATE clip_submissions SET status = 'REJECTED' WHERE clip_id = NEW.id + 2;
                END IF;
            EXCEPTION WHEN division_by_zero THEN NULL;
            END;
        WHEN 'again' THEN UPDATE clips SET earnings = earnings + 3 WHERE id = NEW.id;
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('pay');
UPDATE clips SET earnings = earnings + 1 WHERE id IN (13, 14, 15);
TABLE totals;
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('reject');
UPDATE clips SET earnings = earnings + 1 WHERE id IN (13, 14);
TABLE totals;
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('delete');
UPDATE clips SET earnings = earnings + 1 WHERE id = 15;
TABLE totals;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (16, 17);
TABLE totals;
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('reject and delete');
UPDATE clips SET earnings = earnings + 1 WHERE id = 18;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (19, 31);
TABLE totals;
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('again');
UPDATE clips SET earnings = earnings + 1 WHERE id = 20;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (20, 21);
TABLE totals;
-- The look-up of one link, amid the write of its clip.
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 21;
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('approve');
UPDATE clips SET earnings = earnings + 1 WHERE id = 21;
TABLE totals;
-- One that comes to count, for what its clip earns by then; and one whose clip is gone by then.
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('approve');
UPDATE clips SET earnings = earnings + 1 WHERE id = 2;
UPDATE clips SET earnings = earnings + 1 WHERE id = 14;
TABLE totals;
CREATE FUNCTION amid_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN DELETE FROM clip_submissions WHERE clip_id = OLD.id; RETURN NULL; END $$;
CREATE TRIGGER "A_first" AFTER DELETE ON clips FOR EACH ROW EXECUTE FUNCTION amid_delete();
DELETE FROM clips WHERE id = 21;
TABLE totals;
DROP TRIGGER "A_first" ON clips;
-- Two campaigns: rows of the outer statement that the nested flush of one has summed reach the nested flush of the other,
-- beside new ones. The same with these at a subtransaction of their own.
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('reject another');
UPDATE clips SET earnings = earnings + 1 WHERE id IN (22, 24, 31, 33);
TABLE totals;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id IN (24, 33);
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('reject another at a savepoint');
UPDATE clips SET earnings = earnings + 1 WHERE id IN (22, 24, 31, 33);
TABLE totals;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id IN (24, 33);
-- The same within a data-modifying WITH, in both orders.
CREATE OR REPLACE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('pay');
WITH w AS (UPDATE clip_submissions SET status = 'APPROVED' WHERE id IN (5, 14))
UPDATE clips SET earnings = earnings + 1 WHERE id IN (5, 13, 14);
TABLE totals;
WITH w AS (UPDATE clips SET earnings = earnings + 1 WHERE id IN (5, 13, 14))
UPDATE clip_submissions SET status = 'REJECTED' WHERE id IN (5, 14);
TABLE totals;
DROP TRIGGER a_first ON clips;
-- A function that pays, called by a statement that pays.
CREATE FUNCTION pay(clip int) RETURNS numeric LANGUAGE sql AS $$ UPDATE clips SET earnings = earnings + 2 WHERE id = clip RETURNING earnings $$;
UPDATE clips SET views = pay(23), earnings = earnings + 1 WHERE id IN (22, 24, 25);
TABLE totals;
-- Repair, called amid a statement.
CREATE FUNCTION repair_amid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM sync_campaign('big'); RETURN NULL; END $$;
CREATE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION repair_amid();
UPDATE clips SET earnings = earnings + 1 WHERE id IN (24, 25);
UPDATE clips SET earnings = earnings + 1 WHERE id = 24;
DROP TRIGGER a_first ON clips;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'sync_campaign';
-- Where totals are summed, a flush amid a statement sums rows that have not reached us; they are no drift.
SET spend_sync.recompute_interval = 0;
CREATE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION amid('pay the next');
UPDATE clips SET earnings = earnings + 1 WHERE id IN (22, 24, 31);
DROP TRIGGER a_first ON clips;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'sync_campaign';
SET spend_sync.recompute_interval = '1d';

-- Rows past the bound: only their campaigns are kept, and summed; more rows of the same campaigns come before and after.
INSERT INTO clips SELECT 1000 + n, 0.01 FROM generate_series(1, 20200) n;
INSERT INTO clip_submissions SELECT 1000 + n, 'small', 1000 + n, 'APPROVED' FROM generate_series(1, 20200) n;
INSERT INTO campaigns VALUES ('other', 'Other', 0);
INSERT INTO clip_submissions VALUES (30001, 'other', 1002, 'PENDING'), (30002, 'other', 11004, 'APPROVED');
UPDATE clips SET earnings = earnings + 1 WHERE id BETWEEN 1001 AND 11005;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
CREATE PROCEDURE many_rows() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
    UPDATE clips SET earnings = earnings + 1 WHERE id > 1000;
    UPDATE clips SET earnings = earnings + 1 WHERE id = 1001;
    UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 1001;
    DELETE FROM clip_submissions WHERE id = 1003;
    DELETE FROM clips WHERE id = 1003;
    UPDATE clips SET id = 999 WHERE id = 1004;
    UPDATE clips SET earnings = earnings + 1 WHERE id > 1000 AND id <= 11050;
    UPDATE clips SET earnings = earnings + 1 WHERE id = 2;
    BEGIN
        UPDATE clips SET earnings = earnings + 1;
        RAISE EXCEPTION 'no';
    EXCEPTION WHEN raise_exception THEN
        UPDATE clips SET earnings = earnings + 1 WHERE id = 11004;
    END;
    UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 1001;
    UPDATE clips SET id = 1004 WHERE id = 999;
    INSERT INTO clips VALUES (1003, 3);
    INSERT INTO clip_submissions VALUES (1003, 'small', 1003, 'APPROVED');
END $$;
CALL many_rows();
TABLE totals;
:at_commit
CALL many_rows();
TABLE totals;
-- A table so small that one pass over it costs less than a look-up for each row: PostgreSQL's statistics say so.
ANALYZE clips;
CALL many_rows();
TABLE totals;
:at_statement
CALL many_rows();
TABLE totals;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
DELETE FROM clip_submissions WHERE campaign_id = 'other';
DELETE FROM campaigns WHERE id = 'other';
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
UPDATE clips SET earnings = earnings + 1 WHERE id BETWEEN 1001 AND 11005;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
:at_commit
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id > 1000;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1001;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 1001;
COMMIT;
:at_statement
TABLE totals;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
-- So are what was written by hand, and that a table was truncated.
:at_commit
BEGIN;
UPDATE campaigns SET spent = spent + 100 WHERE id = 'small';
UPDATE clips SET earnings = earnings + 1 WHERE id BETWEEN 1001 AND 11005;
COMMIT;
:at_statement
SELECT campaign_id, count(*) FROM spend_sync.correction WHERE found_by = 'direct write' GROUP BY 1;
:at_commit
BEGIN;
TRUNCATE clip_submissions;
INSERT INTO clip_submissions SELECT n, 'small', n, 'APPROVED' FROM generate_series(1001, 11005) n;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1001;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
ROLLBACK;
:at_statement

-- A total that does not fit, or that is NULL, is none to move to; nor one that a trigger of the user's, later than
-- ours, bends or swallows.
UPDATE clips SET earnings = 99999999 WHERE id = 26;
\echo :LAST_ERROR_SQLSTATE
UPDATE clips SET earnings = 'NaN' WHERE id = 26;
SET session_replication_role = replica;
UPDATE campaigns SET spent = NULL WHERE id = 'big';
RESET session_replication_role;
UPDATE clips SET earnings = earnings + 1 WHERE id = 26;
TABLE totals;
CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.spent := NEW.spent + 1; RETURN NEW; END $$;
CREATE TRIGGER z_bend BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION bend();
UPDATE clips SET earnings = earnings + 1 WHERE id = 26;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 26;
CREATE OR REPLACE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
UPDATE clips SET earnings = earnings + 1 WHERE id = 26;
CREATE OR REPLACE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.spent := OLD.spent; RETURN NEW; END $$;
UPDATE clips SET earnings = earnings + 1 WHERE id = 26;
DROP TRIGGER z_bend ON campaigns;
-- The trigger that would see a move is disabled: it is summed.
ALTER TABLE campaigns DISABLE TRIGGER spend_sync_campaigns_row;
UPDATE clips SET earnings = earnings + 1 WHERE id = 26;
ALTER TABLE campaigns ENABLE TRIGGER spend_sync_campaigns_row;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- Without that trigger a move is not seen to be stored, and must not be made twice.
ALTER TABLE clips ENABLE ALWAYS TRIGGER spend_sync_campaigns_row;
ALTER TABLE clips ENABLE ALWAYS TRIGGER spend_sync_campaigns_flush;
SET session_replication_role = replica;
UPDATE clips SET earnings = earnings + 1 WHERE id = 26;
UPDATE clips SET earnings = earnings + 1 WHERE id = 26;
RESET session_replication_role;
ALTER TABLE clips ENABLE TRIGGER spend_sync_campaigns_row;
ALTER TABLE clips ENABLE TRIGGER spend_sync_campaigns_flush;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
-- Nor one that is bent once, and let pass when it is stored again.
CREATE OR REPLACE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.title = 'Bend' THEN NEW.title := 'Big'; NEW.spent := NEW.spent + 1; END IF;
    RETURN NEW;
END $$;
UPDATE campaigns SET title = 'Bend' WHERE id = 'big';
CREATE TRIGGER z_bend BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION bend();
UPDATE clips SET earnings = earnings + 1 WHERE id = 26;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
DROP TRIGGER z_bend ON campaigns;

-- A link to no campaign, where one has the empty text for a key.
INSERT INTO campaigns VALUES ('', 'Empty', 0);
ALTER TABLE clip_submissions ALTER campaign_id DROP NOT NULL;
INSERT INTO clip_submissions VALUES (50, '', 38, 'APPROVED'), (51, NULL, 39, 'APPROVED');
UPDATE clips SET earnings = earnings + 1 WHERE id = 38;
UPDATE clips SET earnings = earnings + 1 WHERE id = 38;
UPDATE clips SET earnings = earnings + 1 WHERE id = 38;
UPDATE clips SET earnings = earnings + 1 WHERE id = 39;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- A campaign that comes to be under a key whose links change in the same flush.
WITH l AS (DELETE FROM clip_submissions WHERE campaign_id = '' RETURNING 1),
     c AS (DELETE FROM campaigns WHERE id = '' AND (SELECT count(*) FROM l) > 0 RETURNING id)
INSERT INTO campaigns SELECT id, 'again', 0 FROM c;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
INSERT INTO clip_submissions VALUES (50, '', 38, 'APPROVED');
:at_commit
BEGIN;
UPDATE campaigns SET id = 'moved on' WHERE id = '';
INSERT INTO campaigns VALUES ('', 'again', 0);
COMMIT;
:at_statement
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
-- A truncated table, and a campaign that happens not to differ when that is looked at.
CREATE TABLE kept AS TABLE clip_submissions;
UPDATE clips SET earnings = (SELECT spent FROM campaigns WHERE id = 'big') WHERE id = 40;
:at_commit
BEGIN;
TRUNCATE clip_submissions;
INSERT INTO clip_submissions VALUES (52, 'big', 40, 'APPROVED');
COMMIT;
:at_statement
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
TRUNCATE clip_submissions;
INSERT INTO clip_submissions TABLE kept;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- A second total over the same clips moves as the first does.
CREATE TABLE users (id int PRIMARY KEY, earned numeric(12,2) DEFAULT 0);
INSERT INTO users VALUES (1);
ALTER TABLE clip_submissions ADD user_id int REFERENCES users;
CREATE INDEX ON clip_submissions (user_id);
UPDATE clip_submissions SET user_id = 1 WHERE id IN (26, 27);
SELECT corrected FROM spend_sync_attach('users', spent => 'earned', submission_campaign => 'user_id', title => 'id');
UPDATE clips SET earnings = earnings + 1 WHERE id = 27;
UPDATE clips SET earnings = earnings + 1 WHERE id = 27;
SELECT earned, earned = (SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
    WHERE s.user_id = u.id AND s.status = 'APPROVED') AS is_the_sum FROM users u;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT spend_sync_detach('users');
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by = 'write';

SELECT spend_sync_detach('campaigns');

-- A column with fewer decimals than the earnings, and one that is binary, hold no difference exactly.
DROP VIEW totals;
SET spend_sync.recompute_interval = '1d';
\set oracle '(SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id WHERE s.campaign_id = c.id AND s.status = ''APPROVED'')'
ALTER TABLE campaigns ALTER COLUMN spent TYPE numeric(10,0);
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 0.4 WHERE id IN (27, 28, 29);
UPDATE clips SET earnings = earnings + 0.4 WHERE id = 27;
UPDATE clips SET earnings = earnings + 0.4 WHERE id = 28;
UPDATE clips SET earnings = earnings + 0.4 WHERE id = 29;
SELECT id, spent = round(:oracle, 0) AS is_rounded_sum FROM campaigns c ORDER BY id;
SELECT spend_sync_detach('campaigns');
ALTER TABLE campaigns ALTER COLUMN spent TYPE real;
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 16777216 WHERE id = 27;
UPDATE clips SET earnings = earnings + 1 WHERE id = 28;
UPDATE clips SET earnings = earnings + 1 WHERE id = 28;
SELECT id, spent::numeric = :oracle::real::numeric AS is_rounded_sum FROM campaigns c ORDER BY id;
UPDATE clips SET earnings = 1000000 WHERE id = 27;
DO $$ BEGIN FOR n IN 1..20 LOOP UPDATE clips SET earnings = earnings + 0.4 WHERE id = 28; END LOOP; END $$;
SELECT id, spent::numeric = :oracle::real::numeric AS is_rounded_sum FROM campaigns c ORDER BY id;
SELECT spend_sync_detach('campaigns');
-- Amounts beyond 28 digits are summed, and those that a sum in Rust would round.
ALTER TABLE clips ALTER COLUMN earnings TYPE numeric;
ALTER TABLE campaigns ALTER COLUMN spent TYPE numeric;
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 1234567890123456789012345678901234567890.12345678901234567890 WHERE id = 29;
UPDATE clips SET earnings = earnings + 0.00000000000000000001 WHERE id = 29;
UPDATE clips SET earnings = 0.0000000000000000000000000001 WHERE id = 28;
UPDATE clips SET earnings = 1 WHERE id = 29;
UPDATE clips SET earnings = 7922816251426433759354395033.5 WHERE id = 27;
UPDATE clips SET earnings = 0.0000000000000000000000000002 WHERE id = 28;
UPDATE clips SET earnings = earnings + 0.01 WHERE id = 27;
SELECT id, spent, spent = :oracle AS is_the_sum FROM campaigns c ORDER BY id;
UPDATE clips SET earnings = 0 WHERE earnings <> 0;
UPDATE clips SET earnings = 7922816251426433759354395033.5 WHERE id = 27;
UPDATE clips SET earnings = earnings + 0.01 WHERE id IN (28, 29);
SELECT id, spent, spent = :oracle AS is_the_sum FROM campaigns c ORDER BY id;
UPDATE clips SET earnings = CASE id WHEN 28 THEN 7.9228162514264337593543950333 ELSE 0 END WHERE id IN (27, 28, 29);
INSERT INTO clip_submissions VALUES (47, 'small', 28), (48, 'small', 28);
UPDATE clips SET earnings = 0 WHERE id = 31;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id IN (47, 48);
SELECT id, spent, spent = :oracle AS is_the_sum FROM campaigns c ORDER BY id;
SELECT spend_sync_detach('campaigns');
-- Cents.
ALTER TABLE clips ALTER COLUMN earnings TYPE bigint USING 100 * (id % 7);
ALTER TABLE campaigns ALTER COLUMN spent TYPE int USING 0;
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = earnings + 1 WHERE id = 27;
UPDATE clips SET earnings = earnings + 1 WHERE id = 27;
UPDATE clips SET earnings = earnings - 12345 WHERE id IN (27, 28);
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 28;
UPDATE clips SET earnings = 2147483647 WHERE id = 27;
SELECT id, spent, spent = :oracle AS is_the_sum FROM campaigns c ORDER BY id;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by = 'write';

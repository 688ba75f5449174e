-- Which writes move a total: one that is wrong by 1,000 stays so, where a sum would have set it right. They cost what they write,
-- whatever the campaign holds.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int REFERENCES campaigns,
    clip_id int REFERENCES clips ON DELETE CASCADE,
    status text DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1), (2);
INSERT INTO clips SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO clip_submissions SELECT n, 1, n, 'APPROVED' FROM generate_series(1, 20) n;
CREATE VIEW wrong AS
    SELECT c.id, spent - coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS by
    FROM campaigns c ORDER BY c.id;
SET spend_sync.recompute_interval = -1;
\set all_wrong 'SET session_replication_role = replica; UPDATE campaigns SET spent = spent + 1000; RESET session_replication_role;'
SELECT corrected FROM spend_sync_attach();
:all_wrong
-- A clip, by one and by several.
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
UPDATE clips SET earnings = NULL WHERE id IN (1, 2);
DELETE FROM clips WHERE id = 1;
DELETE FROM clips WHERE id IN (2, 3);
INSERT INTO clips VALUES (1, 10);
INSERT INTO clips VALUES (2, 20), (3, 30);
TABLE wrong;
-- A link.
INSERT INTO clip_submissions VALUES (21, 1, 1, 'APPROVED');
INSERT INTO clip_submissions VALUES (22, 1, 2, 'APPROVED'), (23, 2, 3, 'APPROVED');
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 21;
UPDATE clip_submissions SET campaign_id = 3 - campaign_id WHERE id IN (22, 23);
DELETE FROM clip_submissions WHERE id = 22;
TABLE wrong;
-- Both of one clip, in one query.
WITH w AS (UPDATE clips SET earnings = earnings + 7 WHERE id IN (4, 5))
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 4;
WITH w AS (UPDATE clips SET earnings = earnings + 7 WHERE id IN (4, 5))
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 4;
WITH w AS (UPDATE clips SET earnings = earnings + 7 WHERE id = 4)
DELETE FROM clip_submissions WHERE id IN (4, 5);
TABLE wrong;

-- The same at commit, with more of it.
SELECT corrected FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = earnings + 7 WHERE id = 6;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 6;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (6, 7);
COMMIT;
TABLE wrong;
BEGIN;
UPDATE clips SET earnings = earnings + 7 WHERE id = 7;
DELETE FROM clips WHERE id IN (7, 8);
COMMIT;
TABLE wrong;
BEGIN;
INSERT INTO clips VALUES (31, 31), (32, 32), (33, 33);
INSERT INTO clip_submissions VALUES (31, 1, 31, 'APPROVED'), (32, 2, 31, 'APPROVED'), (33, 2, 32, 'PENDING'), (34, 2, 33, 'APPROVED');
UPDATE clips SET earnings = earnings + 1 WHERE id = 31;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 33;
DELETE FROM clips WHERE id = 33;
DELETE FROM clip_submissions WHERE id = 32;
COMMIT;
TABLE wrong;
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 31;
SAVEPOINT s;
UPDATE clips SET earnings = earnings + 5 WHERE id = 31;
DELETE FROM clips WHERE id = 9;
ROLLBACK TO s;
UPDATE clip_submissions SET campaign_id = 2 WHERE id = 31;
COMMIT;
TABLE wrong;
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 10;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + 1 WHERE id = 10;
SET CONSTRAINTS ALL DEFERRED;
UPDATE clips SET earnings = earnings + 1 WHERE id = 10;
DELETE FROM clips WHERE id = 10;
COMMIT;
TABLE wrong;

-- A clip that leaves its links behind, or comes to some.
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey;
DELETE FROM clips WHERE id IN (11, 12);
DELETE FROM clips WHERE id = 13;
TABLE wrong;
BEGIN;
UPDATE clips SET earnings = earnings + 5 WHERE id = 14;
DELETE FROM clips WHERE id = 14;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 14;
COMMIT;
TABLE wrong;
-- What is summed: a clip that comes back, one whose key changes.
BEGIN;
DELETE FROM clips WHERE id = 15;
INSERT INTO clips VALUES (15, 150);
COMMIT;
TABLE wrong;
:all_wrong
UPDATE clips SET id = 116 WHERE id = 16;
TABLE wrong;
INSERT INTO clips VALUES (16, 5);
TABLE wrong;

-- Several clips of one key: what they have grown by together is taken once from what their links earned.
SELECT spend_sync_detach('campaigns');
DROP TABLE clip_submissions, clips CASCADE;
CREATE TABLE clips (id int, region text, earnings numeric(10,2), PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE clips_a PARTITION OF clips FOR VALUES IN ('a');
CREATE TABLE clips_b PARTITION OF clips FOR VALUES IN ('b');
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW wrong AS
    SELECT c.id, spent - coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS by
    FROM campaigns c ORDER BY c.id;
SELECT corrected FROM spend_sync_attach(clip_id => 'id');
INSERT INTO clips VALUES (1, 'a', 1), (1, 'b', 5);
INSERT INTO clip_submissions VALUES (1, 1, 'PENDING'), (2, 1, 'APPROVED');
:all_wrong
WITH w AS (UPDATE clip_submissions SET status = 'APPROVED')
UPDATE clips SET earnings = earnings + 10 WHERE region = 'a';
TABLE wrong;
WITH w AS (UPDATE clip_submissions SET status = 'PENDING' WHERE campaign_id = 1),
     gone AS (DELETE FROM clips WHERE region = 'a')
UPDATE clips SET earnings = earnings + 10 WHERE region = 'b';
TABLE wrong;

-- A trigger on the campaigns of one total, which fires when that is stored, takes away what another total of the same statement has
-- not got yet: that one is summed.
CREATE TABLE users (id int PRIMARY KEY, earned numeric(10,2) DEFAULT 0);
INSERT INTO users VALUES (1);
ALTER TABLE clip_submissions ADD user_id int DEFAULT 1;
CREATE INDEX ON clip_submissions (user_id);
SELECT corrected FROM sync_campaign(1) AS one (id, title, old, new, corrected, clips);
SELECT corrected FROM spend_sync_attach('users', spent => 'earned', submission_campaign => 'user_id', title => 'id', clip_id => 'id');
CREATE FUNCTION over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM campaigns WHERE spent > 1020) THEN
        WITH gone AS (DELETE FROM clip_submissions) DELETE FROM clips;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER over AFTER UPDATE ON campaigns FOR EACH STATEMENT EXECUTE FUNCTION over();
UPDATE clips SET earnings = earnings + 1;
UPDATE clips SET earnings = earnings + 100;
SELECT earned FROM users;
UPDATE clips SET earnings = earnings + 1000;
SELECT earned, (SELECT count(*) FROM clips) AS clips FROM users;
TABLE wrong;

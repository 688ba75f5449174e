-- Totals that wait for the commit, and a partition that goes meanwhile: the event that is to bring them up may wait on one of its rows.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric) PARTITION BY RANGE (id);
CREATE TABLE clips_0 PARTITION OF clips FOR VALUES FROM (0) TO (10);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
CREATE TABLE clips_10 PARTITION OF clips_1 FOR VALUES FROM (10) TO (15);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1), (2);
INSERT INTO clips VALUES (1, 10), (2, 20), (11, 5);
INSERT INTO clip_submissions VALUES (1, 1), (1, 2), (2, 11), (2, 1);
SELECT corrected, brought_up_at FROM spend_sync_attach(flush => 'commit');
CREATE VIEW wrong AS
SELECT c.id, c.spent, o.should FROM campaigns c, LATERAL (
    SELECT coalesce(sum(k.earnings), 0) AS should FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
    WHERE s.campaign_id = c.id AND s.status = 'APPROVED') o
WHERE c.spent IS DISTINCT FROM o.should;
\set come 'ALTER TABLE clips ATTACH PARTITION clips_0 FOR VALUES FROM (0) TO (10);'
\set go 'ALTER TABLE clips DETACH PARTITION clips_0;'

-- A row of it is written, then it goes; and another row is written after.
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
:go
UPDATE clips SET earnings = earnings + 1 WHERE id = 11;
COMMIT;
TABLE wrong;
TABLE campaigns ORDER BY id;
:come
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
:go
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 11;
:come
COMMIT;
TABLE wrong;
-- It is emptied first.
BEGIN;
DELETE FROM clips WHERE id < 10;
:go
COMMIT;
TABLE wrong;
INSERT INTO clips_0 VALUES (1, 100);
:come
-- Dropped.
BEGIN;
UPDATE clips SET earnings = earnings + 1;
DROP TABLE clips_10;
COMMIT;
TABLE wrong;
-- What is compared with the clips meanwhile is right, and logged as drift by nobody.
SET spend_sync.recompute_interval = 0;
CREATE TABLE clips_3 (id int PRIMARY KEY, earnings numeric);
INSERT INTO clips_3 VALUES (31, 1000);
INSERT INTO clip_submissions VALUES (1, 31);
BEGIN;
UPDATE clips SET earnings = earnings + 1;
ALTER TABLE clips ATTACH PARTITION clips_3 FOR VALUES FROM (30) TO (40);
COMMIT;
TABLE wrong;
BEGIN;
UPDATE clips SET earnings = earnings + 1;
ALTER TABLE clips DETACH PARTITION clips_3;
COMMIT;
TABLE wrong;
RESET spend_sync.recompute_interval;
SELECT recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'attach';
-- Rolled back, and gone on with.
BEGIN;
UPDATE clips SET earnings = earnings + 1;
SAVEPOINT a;
:go
ROLLBACK TO a;
UPDATE clips SET earnings = earnings + 1;
COMMIT;
TABLE wrong;
BEGIN;
SAVEPOINT a;
UPDATE clips SET earnings = earnings + 1;
:go
ROLLBACK TO a;
UPDATE clips SET earnings = earnings + 1;
COMMIT;
TABLE wrong;
TABLE campaigns ORDER BY id;
-- What waits for other tables of that schema is brought up as well.
CREATE TABLE users (id int PRIMARY KEY, earned numeric DEFAULT 0);
CREATE TABLE payouts (user_id int, amount numeric);
INSERT INTO users VALUES (1);
SELECT brought_up_at FROM spend_sync_attach('users', clips => NULL, submissions => 'payouts', spent => 'earned', earnings => 'amount',
    submission_campaign => 'user_id', status => NULL, flush => 'commit');
BEGIN;
INSERT INTO payouts VALUES (1, 5);
:go
TABLE users;
COMMIT;
TABLE users;
TABLE wrong;
-- Partitions that stand in other schemas than their table: the event waits on a constraint of theirs.
CREATE SCHEMA parts;
ALTER TABLE clips_1 SET SCHEMA parts;
CREATE TABLE parts.clips_4 PARTITION OF clips FOR VALUES FROM (40) TO (50);
INSERT INTO clips VALUES (41, 7);
INSERT INTO clip_submissions VALUES (1, 41);
BEGIN;
UPDATE parts.clips_4 SET earnings = earnings + 1;
ALTER TABLE clips DETACH PARTITION parts.clips_4;
INSERT INTO clip_submissions VALUES (2, 31);
COMMIT;
TABLE wrong;
ALTER TABLE clips ATTACH PARTITION parts.clips_4 FOR VALUES FROM (40) TO (50);
BEGIN;
UPDATE parts.clips_4 SET earnings = earnings + 1;
SELECT count(*) FROM spend_sync_attach(flush => 'commit');
UPDATE parts.clips_4 SET earnings = earnings + 1;
DROP TABLE parts.clips_4;
COMMIT;
TABLE wrong;
TABLE campaigns ORDER BY id;
-- Somebody has a constraint of that name in the schema, of a kind that cannot wait; and the triggers got other names.
CREATE TABLE parts.clips_4 PARTITION OF clips FOR VALUES FROM (40) TO (50);
INSERT INTO clips VALUES (41, 7);
CREATE TABLE mine (a int CONSTRAINT spend_sync_wake CHECK (a > 0), b int CONSTRAINT spend_sync_wake_update CHECK (b > 0));
ALTER TRIGGER spend_sync_wake ON clip_submissions RENAME TO other;
ALTER TRIGGER spend_sync_wake_update ON clip_submissions RENAME TO another;
BEGIN;
UPDATE clip_submissions SET status = 'APPROVED';
UPDATE parts.clips_4 SET earnings = earnings + 1;
ALTER TABLE clips DETACH PARTITION parts.clips_4;
UPDATE clips SET earnings = earnings + 1;
-- At the end of the statement, from here on.
TABLE wrong;
INSERT INTO clip_submissions VALUES (2, 31);
COMMIT;
TABLE wrong;
ALTER TABLE clips ATTACH PARTITION parts.clips_4 FOR VALUES FROM (40) TO (50);
BEGIN;
UPDATE clip_submissions SET status = 'APPROVED';
SELECT count(*) FROM spend_sync_attach(flush => 'commit');
UPDATE clips SET earnings = earnings + 1;
COMMIT;
TABLE wrong;
TABLE campaigns ORDER BY id;

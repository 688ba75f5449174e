-- TRUNCATE: no row is seen to go, and still the totals follow.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- Clips, and with them, for their foreign key, the submissions.
BEGIN;
TRUNCATE clips CASCADE;
TABLE totals;
ROLLBACK;
TABLE totals;

-- Submissions.
BEGIN;
TRUNCATE clip_submissions;
TABLE totals;
INSERT INTO clip_submissions VALUES (1, 3, 4, 'APPROVED');
TABLE totals;
COMMIT;
TABLE totals;

-- Within a savepoint, and at commit.
BEGIN;
SAVEPOINT a;
TRUNCATE clip_submissions;
ROLLBACK TO a;
COMMIT;
TABLE totals;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
TRUNCATE clip_submissions;
INSERT INTO clip_submissions VALUES (3, 1, 2, 'APPROVED');
COMMIT;
TABLE totals;
-- Where an event waits, PostgreSQL wants it fired first.
BEGIN;
INSERT INTO clip_submissions VALUES (2, 1, 1, 'APPROVED');
SAVEPOINT a;
TRUNCATE clip_submissions;
\echo :SQLSTATE
ROLLBACK TO a;
SET CONSTRAINTS ALL IMMEDIATE;
TABLE totals;
SET CONSTRAINTS ALL DEFERRED;
TRUNCATE clip_submissions;
INSERT INTO clip_submissions VALUES (3, 1, 2, 'APPROVED');
TABLE totals;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = 21 WHERE id = 2;
SAVEPOINT a;
SET CONSTRAINTS ALL IMMEDIATE;
TRUNCATE clips, clip_submissions RESTART IDENTITY;
ROLLBACK TO a;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;

-- All three, and campaigns made anew.
TRUNCATE campaigns, clips, clip_submissions;
TABLE totals;
INSERT INTO campaigns VALUES (1, 'One', 123);
INSERT INTO clips VALUES (1, 10);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED');
TABLE totals;
TRUNCATE campaigns CASCADE;
TABLE totals;

-- Without foreign keys each table can be truncated alone: links without clips, clips that come back.
ALTER TABLE clip_submissions
    DROP CONSTRAINT clip_submissions_campaign_id_fkey, DROP CONSTRAINT clip_submissions_clip_id_fkey;
INSERT INTO campaigns VALUES (1, 'One', 0), (2, 'Two', 0);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 2, 1, 'APPROVED');
TABLE totals;
TRUNCATE clips;
TABLE totals;
INSERT INTO clips VALUES (1, 11);
TABLE totals;
TRUNCATE campaigns;
INSERT INTO campaigns VALUES (1, 'One', 0), (3, 'Three', NULL);
TABLE totals;

-- Two totals over the same clips both follow; and a total that nobody truncated is left alone.
CREATE TABLE users (id int PRIMARY KEY, spent numeric DEFAULT 0);
ALTER TABLE clip_submissions ADD user_id int;
CREATE INDEX ON clip_submissions (user_id);
INSERT INTO users VALUES (7);
UPDATE clip_submissions SET user_id = 7;
SELECT total, corrected FROM spend_sync_attach('users', submission_campaign => 'user_id');
TRUNCATE clips;
SELECT * FROM users;
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- What one clip's life costs does not hang on its campaign's size: all of it is moved, none of it summed. A total that is made wrong by
-- hand shows that, for a sum would bring it up: it stays wrong by as much, whatever is written.
CREATE EXTENSION spend_sync;
CREATE TABLE brands (id int PRIMARY KEY);
CREATE TABLE campaigns (id int PRIMARY KEY, brand_id int REFERENCES brands, spent numeric(10,2) NOT NULL DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO brands VALUES (1);
INSERT INTO campaigns VALUES (1, 1), (2, 1);
INSERT INTO clips SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO clip_submissions SELECT n, 1 + n % 2, n, 'APPROVED' FROM generate_series(1, 16) n;
INSERT INTO clip_submissions SELECT n, 1 + n % 2, n FROM generate_series(17, 20) n;
SELECT corrected FROM spend_sync_attach();
SET spend_sync.recompute_interval = '1d';
SET session_replication_role = replica;
UPDATE campaigns SET spent = spent + 1000;
RESET session_replication_role;
CREATE VIEW off AS SELECT id, spent - oracle AS off FROM totals;
TABLE off;

-- A clip earns and is rejected, or approved and taken back; at once, and at a savepoint that is rolled back.
BEGIN;
UPDATE clips SET earnings = 100 WHERE id = 1;
UPDATE clip_submissions SET status = 'REJECTED' WHERE clip_id = 1;
COMMIT;
BEGIN;
UPDATE clips SET earnings = 50 WHERE id = 2;
SAVEPOINT s;
UPDATE clip_submissions SET status = 'REJECTED' WHERE clip_id = 2;
ROLLBACK TO s;
UPDATE clips SET earnings = 60 WHERE id = 2;
UPDATE clip_submissions SET campaign_id = 2 WHERE clip_id = 2;
COMMIT;
TABLE off;
-- It comes, alone or with its submission, and goes.
BEGIN;
INSERT INTO clips VALUES (21, 7);
INSERT INTO clip_submissions VALUES (21, 1, 21, 'APPROVED');
UPDATE clips SET earnings = 9 WHERE id = 21;
DELETE FROM clips WHERE id = 21;
COMMIT;
INSERT INTO clips VALUES (22, 7), (23, 8);
INSERT INTO clip_submissions VALUES (22, 1, 22, 'APPROVED'), (23, 2, 23, 'PENDING');
TABLE off;
DELETE FROM clips WHERE id = 3;
DELETE FROM clips WHERE id IN (22, 23);
BEGIN;
DELETE FROM clip_submissions WHERE clip_id = 4;
DELETE FROM clips WHERE id = 4;
COMMIT;
TABLE off;
-- Clips of which the submissions wait; beside others of the statement that count.
UPDATE clips SET earnings = earnings + 1 WHERE id = 17;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (5, 18);
UPDATE clips SET earnings = earnings + 1 WHERE id IN (6, 18);
-- Several campaigns, of which this transaction has written one, where they have foreign keys.
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 5;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (6, 7);
UPDATE clips SET earnings = earnings + 1 WHERE id IN (8, 18);
COMMIT;
TABLE off;
TABLE totals;

-- The same without keys, where a submission may outlast its clip.
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey, DROP CONSTRAINT clip_submissions_campaign_id_fkey;
BEGIN;
DELETE FROM clip_submissions WHERE clip_id = 9;
DELETE FROM clips WHERE id = 9;
COMMIT;
DELETE FROM clips WHERE id IN (10, 11);
INSERT INTO clips VALUES (24, 7);
TABLE off;
-- What a clip had earned that went before its submission is not known, nor what another of its key left: sums.
DELETE FROM clip_submissions WHERE clip_id = 10;
TABLE off;
INSERT INTO clips VALUES (11, 50);
TABLE off;
TABLE totals;

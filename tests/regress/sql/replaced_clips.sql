-- A clip that is replaced takes its links along by the foreign key. Another clip of the same campaign, written in the same
-- flush, moves the campaign's total: what the clip that went had earned must not stay in it.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int REFERENCES campaigns,
    clip_id int REFERENCES clips ON DELETE CASCADE ON UPDATE CASCADE,
    status text
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00), (4, 40.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'APPROVED'), (4, 1, 4, 'APPROVED');
SET spend_sync.recompute_interval = '1d';
CREATE VIEW totals AS SELECT id, recorded_spent, actual_spent FROM spend_sync_status() AS s (id);

-- One statement.
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = earnings + 1;
WITH gone AS (DELETE FROM clips WHERE id = 1 RETURNING id),
     paid AS (UPDATE clips SET earnings = earnings + 5 WHERE id = 4)
INSERT INTO clips SELECT id, 7.00 FROM gone;
TABLE totals;

-- Several, brought up at commit; the last clip gets the key of one that goes.
SELECT corrected FROM spend_sync_attach(flush => 'commit');
UPDATE clips SET earnings = earnings + 1;
BEGIN;
DELETE FROM clips WHERE id = 2;
INSERT INTO clips VALUES (2, 8.00);
UPDATE clips SET earnings = earnings + 5 WHERE id = 4;
COMMIT;
TABLE totals;
INSERT INTO campaigns VALUES (2, 'Two');
INSERT INTO clips VALUES (5, 50.00);
INSERT INTO clip_submissions VALUES (5, 2, 5, 'APPROVED');
UPDATE clips SET earnings = earnings + 1;
BEGIN;
DELETE FROM clips WHERE id = 3;
UPDATE clips SET id = 3 WHERE id = 5;
UPDATE clips SET earnings = earnings + 5 WHERE id = 4;
COMMIT;
TABLE totals;
SELECT count(*) AS found FROM spend_sync.correction WHERE found_by = 'write';

-- A clip that is inserted, and linked in the same flush, moves its campaigns' totals by what it earns: nothing is summed. One that
-- was linked before it came is summed: the total may hold what another of its key earned.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 2, 2, 'APPROVED'), (4, 2, 9, 'APPROVED');
SET spend_sync.recompute_interval = '1d';
SELECT corrected FROM spend_sync_attach(flush => 'commit');
-- Both campaigns are known, and 100.00 too high by what no trigger saw: a move keeps that, a sum does not.
UPDATE clips SET earnings = earnings + 1;
UPDATE clips SET earnings = earnings - 1;
ALTER TABLE campaigns DISABLE TRIGGER USER;
UPDATE campaigns SET spent = spent + 100;
ALTER TABLE campaigns ENABLE TRIGGER USER;
CREATE VIEW off AS SELECT id, recorded_spent - actual_spent AS off FROM spend_sync_status() AS s (id) ORDER BY 1;
TABLE off;

-- At commit, with several links, and earnings that change before the flush.
BEGIN;
INSERT INTO clips VALUES (3, 3.00);
INSERT INTO clip_submissions VALUES (5, 1, 3, 'APPROVED'), (6, 2, 3, 'PENDING'), (7, 2, 3, 'APPROVED');
COMMIT;
TABLE off;
BEGIN;
INSERT INTO clips VALUES (4, 4.00), (5, NULL);
INSERT INTO clip_submissions VALUES (8, 1, 4, 'APPROVED'), (9, 2, 4, 'PENDING'), (10, 2, 5, 'APPROVED');
UPDATE clips SET earnings = coalesce(earnings, 0) + 0.50 WHERE id IN (4, 5);
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 9;
COMMIT;
TABLE off;
SELECT id, spent FROM campaigns ORDER BY id;

-- A link that waited for its clip: summed, and healed; that of the other campaign came with the clip.
BEGIN;
INSERT INTO clips VALUES (9, 9.00);
INSERT INTO clip_submissions VALUES (11, 1, 9, 'APPROVED');
COMMIT;
TABLE off;
-- Deleted and inserted in one flush, or re-keyed: summed.
WITH k AS (DELETE FROM clips WHERE id = 1 RETURNING *) INSERT INTO clips SELECT id, earnings + 1 FROM k;
TABLE off;
SELECT id, spent FROM campaigns ORDER BY id;

-- A campaign that comes again under the key of one whose links went in the same flush: what they take off is not the new one's.
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_campaign_id_fkey,
    ADD FOREIGN KEY (campaign_id) REFERENCES campaigns ON DELETE CASCADE;
BEGIN;
DELETE FROM campaigns WHERE id = 2;
INSERT INTO campaigns (id) VALUES (2);
COMMIT;
TABLE off;

-- Every kind of write to submissions: what counts is who is linked to whom, and approved.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW totals AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY c.id;
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00), (4, 40.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- Approved, rejected, and every status that is neither.
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
TABLE totals;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 3;
TABLE totals;
UPDATE clip_submissions SET status = 'approved' WHERE id = 3;
TABLE totals;
UPDATE clip_submissions SET status = 'APPROVED';
TABLE totals;

-- Submitted: pending, and approved at once; one, several, into several campaigns.
INSERT INTO clip_submissions VALUES (5, 2, 1, 'PENDING');
INSERT INTO clip_submissions VALUES (6, 2, 2, 'APPROVED');
INSERT INTO clip_submissions VALUES (7, 3, 1, 'APPROVED'), (8, 3, 4, 'APPROVED'), (9, 1, 4, 'APPROVED');
TABLE totals;

-- Two approved submissions of one clip in one campaign count twice, as they do in the sum over submissions.
INSERT INTO clip_submissions VALUES (10, 3, 4, 'APPROVED');
TABLE totals;
UPDATE clips SET earnings = 41 WHERE id = 4;
TABLE totals;

-- Taken back.
DELETE FROM clip_submissions WHERE id = 10;
DELETE FROM clip_submissions WHERE id IN (5, 9);
TABLE totals;

-- To another campaign: both totals change; so do all, when all move in a circle.
UPDATE clip_submissions SET campaign_id = 2 WHERE id = 1;
TABLE totals;
UPDATE clip_submissions SET campaign_id = campaign_id % 3 + 1;
TABLE totals;

-- To another clip, to none, and back.
UPDATE clip_submissions SET clip_id = 4 WHERE id = 2;
TABLE totals;
UPDATE clip_submissions SET clip_id = NULL WHERE id = 2;
TABLE totals;
UPDATE clips SET earnings = 42 WHERE id = 4;
TABLE totals;
UPDATE clip_submissions SET clip_id = 3 WHERE id = 2;
TABLE totals;

-- Everything about it at once: its campaign, clip and status.
UPDATE clip_submissions SET campaign_id = 1, clip_id = 1, status = 'PENDING' WHERE id = 2;
TABLE totals;
UPDATE clip_submissions SET campaign_id = 2, clip_id = 4, status = 'APPROVED' WHERE id = 2;
TABLE totals;
-- Two trade places.
UPDATE clip_submissions SET campaign_id = CASE id WHEN 2 THEN 1 ELSE 2 END WHERE id IN (2, 6);
TABLE totals;

-- The submission's own key is of no concern.
UPDATE clip_submissions SET id = 100 WHERE id = 2;
TABLE totals;

-- A link to what does not exist fails as ever, and leaves everything as it was.
INSERT INTO clip_submissions VALUES (11, 1, 999, 'APPROVED');
\echo :SQLSTATE
INSERT INTO clip_submissions VALUES (11, 999, 1, 'APPROVED');
\echo :SQLSTATE
TABLE totals;
DELETE FROM clip_submissions;
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

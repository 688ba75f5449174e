-- Every kind of write to submissions: what counts is who is linked to whom, and approved.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
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

-- PostgreSQL 17 and later: a MERGE that also deletes and updates what its source does not have, returns rows, and writes a view.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 2, 3, 'APPROVED'), (4, 2, 1, 'PENDING');
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- What was scraped is all there is: a clip that is not in it has earned nothing.
MERGE INTO clips k USING (VALUES (1, 11.00), (4, 44.00)) AS s (clip, earned) ON s.clip = k.id
WHEN MATCHED THEN UPDATE SET earnings = s.earned
WHEN NOT MATCHED THEN INSERT VALUES (s.clip, s.earned)
WHEN NOT MATCHED BY SOURCE THEN UPDATE SET earnings = 0
RETURNING merge_action(), k.id, k.earnings;
TABLE totals;
-- The same of links, where the rest is deleted; its rows feed another write of the same statement.
WITH merged AS (
    MERGE INTO clip_submissions s USING (VALUES (1, 2, 1), (5, 1, 4)) AS d (id, campaign, clip) ON d.id = s.id
    WHEN MATCHED THEN UPDATE SET campaign_id = d.campaign
    WHEN NOT MATCHED THEN INSERT VALUES (d.id, d.campaign, d.clip, 'APPROVED')
    WHEN NOT MATCHED BY SOURCE AND s.id = 2 THEN DELETE
    RETURNING merge_action() AS action, s.clip_id AS clip)
UPDATE clips SET earnings = earnings + 0.50 FROM merged WHERE merged.clip = clips.id AND merged.action <> 'DELETE';
TABLE totals;
-- Through a view.
CREATE VIEW good_clips AS SELECT * FROM clips WHERE earnings >= 0;
MERGE INTO good_clips k USING (VALUES (3, 33.00), (4, 55.00)) AS s (clip, earned) ON s.clip = k.id
WHEN MATCHED THEN UPDATE SET earnings = s.earned;
TABLE totals;
SELECT count(*) AS corrections FROM spend_sync.correction WHERE found_by <> 'attach';

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

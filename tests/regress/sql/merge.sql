-- PostgreSQL 15 and later: MERGE, one statement that inserts, updates and deletes.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- MERGE into clips: what was scraped.
CREATE TABLE scraped (clip int PRIMARY KEY, earned numeric);
INSERT INTO clips VALUES (5, 5.00);
INSERT INTO scraped VALUES (1, 16), (2, 21), (5, 0), (6, 66);
MERGE INTO clips k USING scraped s ON s.clip = k.id
WHEN MATCHED AND s.earned = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET earnings = s.earned
WHEN NOT MATCHED THEN INSERT (id, earnings) VALUES (s.clip, s.earned);
TABLE totals;
SELECT id, earnings FROM clips ORDER BY id;

-- MERGE into submissions: each branch of it once.
CREATE TABLE decisions (submission int PRIMARY KEY, campaign int, clip int, decision text);
INSERT INTO decisions VALUES
    (1, 1, 1, 'APPROVED'), (2, 1, 2, 'REMOVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'KEEP'), (7, 3, 6, 'APPROVED');
MERGE INTO clip_submissions s USING decisions d ON d.submission = s.id
WHEN MATCHED AND d.decision = 'REMOVED' THEN DELETE
WHEN MATCHED AND d.decision = 'KEEP' THEN DO NOTHING
WHEN MATCHED THEN UPDATE SET campaign_id = d.campaign, clip_id = d.clip, status = d.decision
WHEN NOT MATCHED THEN INSERT VALUES (d.submission, d.campaign, d.clip, d.decision);
TABLE totals;
MERGE INTO clip_submissions s USING decisions d ON d.submission = s.id AND false
WHEN MATCHED THEN DELETE;
TABLE totals;

-- MERGE into campaigns: a direct write like any other.
MERGE INTO campaigns c USING (VALUES (1, 111.11), (4, 444.44)) AS v (id, spent) ON v.id = c.id
WHEN MATCHED THEN UPDATE SET spent = v.spent
WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'By merge', v.spent);
TABLE totals;

SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'attach' ORDER BY at, campaign_id;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

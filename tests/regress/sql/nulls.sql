-- NULL wherever the tables allow it: a NULL earning counts 0, a NULL link or status counts for nobody.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

ALTER TABLE clip_submissions ALTER campaign_id DROP NOT NULL, ALTER status DROP NOT NULL;

-- Earnings.
UPDATE clips SET earnings = NULL WHERE id = 2;
TABLE totals;
UPDATE clips SET earnings = NULL;
TABLE totals;
SELECT campaign_id, recorded_spent, actual_spent, needs_sync, approved_clips FROM spend_sync_status();
UPDATE clips SET earnings = id;
TABLE totals;
INSERT INTO clips VALUES (5, NULL);
INSERT INTO clip_submissions VALUES (5, 3, 5, 'APPROVED');
TABLE totals;
UPDATE clips SET earnings = 5 WHERE id = 5;
TABLE totals;

-- Links.
INSERT INTO clip_submissions VALUES (6, NULL, 1, 'APPROVED'), (7, 1, NULL, 'APPROVED'), (8, NULL, NULL, 'APPROVED');
TABLE totals;
UPDATE clips SET earnings = earnings + 10;
TABLE totals;
UPDATE clip_submissions SET campaign_id = 3 WHERE id = 6;
UPDATE clip_submissions SET clip_id = 4 WHERE id = 7;
UPDATE clip_submissions SET clip_id = 4, campaign_id = 2 WHERE id = 8;
TABLE totals;
UPDATE clip_submissions SET campaign_id = NULL WHERE id IN (6, 7);
UPDATE clip_submissions SET clip_id = NULL, campaign_id = NULL WHERE id = 8;
TABLE totals;
DELETE FROM clip_submissions WHERE id > 5;
TABLE totals;

-- Statuses.
UPDATE clip_submissions SET status = NULL WHERE id = 1;
TABLE totals;
INSERT INTO clip_submissions VALUES (9, 3, 4, NULL);
UPDATE clip_submissions SET status = 'APPROVED' WHERE status IS NULL;
TABLE totals;

-- The total and the title.
ALTER TABLE campaigns DISABLE TRIGGER USER;
INSERT INTO campaigns VALUES (4, NULL, NULL), (5, 'Never counted', NULL);
ALTER TABLE campaigns ENABLE TRIGGER USER;
SELECT * FROM spend_sync_status();
INSERT INTO clip_submissions VALUES (10, 4, 4, 'APPROVED');
SELECT * FROM spend_sync_status();
SELECT * FROM sync_campaign(5);
SELECT * FROM sync_campaign(4);
INSERT INTO campaigns VALUES (6, NULL, NULL);
TABLE totals;

-- A NULL where a call needs a value is an error; where it may be left out, NULL is as good as that.
SELECT * FROM sync_campaign(NULL::bigint);
\echo :SQLSTATE
SELECT * FROM sync_campaign(NULL::text);
\echo :SQLSTATE
SELECT spend_sync_detach(NULL);
\echo :SQLSTATE
SELECT count(*) FROM spend_sync_status(NULL);
SELECT count(*) FROM sync_all_campaigns(NULL);
SELECT * FROM spend_sync_attach(approved => NULL);
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(approved => '{APPROVED,NULL}');
\echo :SQLSTATE
SELECT on_direct_write, corrected FROM spend_sync_attach(direct_writes => NULL, sync => NULL);
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

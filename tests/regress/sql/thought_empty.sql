-- After a load that was rolled back, and VACUUM, PostgreSQL thinks a table empty, however many rows come then: it would go through all clips
-- for each link of a sum.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2)) PARTITION BY RANGE (id);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES FROM (0) TO (1000000) WITH (autovacuum_enabled = off);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text) PARTITION BY RANGE (campaign_id);
CREATE TABLE clip_submissions_1 PARTITION OF clip_submissions FOR VALUES FROM (0) TO (1000000) WITH (autovacuum_enabled = off);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1), (2);
SELECT FROM spend_sync_attach();
BEGIN;
INSERT INTO clips SELECT i, 1 FROM generate_series(1, 20000) i;
INSERT INTO clip_submissions SELECT 1, i, 'APPROVED' FROM generate_series(1, 20000) i;
ROLLBACK;
VACUUM (TRUNCATE off) clips, clip_submissions;
SELECT relname, relpages > 0 AS has_pages, reltuples FROM pg_class WHERE relname IN ('clips_1', 'clip_submissions_1') ORDER BY 1;
-- Quadratic it would be hours.
SET statement_timeout = '60s';
INSERT INTO clips SELECT i, 1 FROM generate_series(1, 40000) i;
INSERT INTO clip_submissions SELECT 1 + i % 2, i, 'APPROVED' FROM generate_series(1, 40000) i;
TABLE campaigns;
DELETE FROM clips WHERE id <= 30000;
TABLE campaigns;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 3;
RESET session_replication_role;
SELECT * FROM spend_sync_status();
SELECT * FROM sync_all_campaigns();

-- PostgreSQL 17 and later: another expression for a generated column gives all rows other values, and fires no row trigger.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, views int, earnings numeric(10,2) GENERATED ALWAYS AS (views * 0.01) STORED);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    score int NOT NULL,
    status text GENERATED ALWAYS AS (CASE WHEN score > 5 THEN 'APPROVED' ELSE 'PENDING' END) STORED
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips (id, views) VALUES (1, 1000), (2, 2000), (3, 4000);
INSERT INTO clip_submissions (id, campaign_id, clip_id, score) VALUES (1, 1, 1, 9), (2, 1, 2, 3), (3, 2, 3, 6);
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;
ALTER TABLE clips ALTER earnings SET EXPRESSION AS (views * 0.02);
TABLE totals;
ALTER TABLE clip_submissions ALTER status SET EXPRESSION AS (CASE WHEN score > 2 AND score < 8 THEN 'APPROVED' ELSE 'PENDING' END);
TABLE totals;
-- With what the transaction has written before, and writes after it; and taken back.
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET views = views + 100;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE clips ALTER earnings SET EXPRESSION AS (views * 0.03);
SET CONSTRAINTS ALL DEFERRED;
UPDATE clips SET views = views + 100;
COMMIT;
TABLE totals;
BEGIN;
ALTER TABLE clips ALTER earnings SET EXPRESSION AS (views * 9);
ROLLBACK;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;
-- On with values of its own.
ALTER TABLE clips ALTER earnings DROP EXPRESSION;
UPDATE clips SET earnings = id;
TABLE totals;

-- A partitioned table, whose partitions are rewritten each.
SELECT spend_sync_detach('campaigns');
DROP TABLE clip_submissions, clips CASCADE;
CREATE TABLE clips (id int PRIMARY KEY, views int, earnings numeric(10,2) GENERATED ALWAYS AS (views * 0.01) STORED)
    PARTITION BY HASH (id);
CREATE TABLE clips_0 PARTITION OF clips FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO clips (id, views) SELECT n, 100 * n FROM generate_series(1, 8) AS n;
INSERT INTO clip_submissions SELECT n, 1 + n % 2, n, 'APPROVED' FROM generate_series(1, 8) AS n;
SELECT corrected FROM spend_sync_attach();
ALTER TABLE clips ALTER earnings SET EXPRESSION AS (views * 0.02);
TABLE totals;
-- A partition's expression may be another than its table's.
ALTER TABLE clips_1 ALTER earnings SET EXPRESSION AS (views * 0.05);
TABLE totals;
UPDATE clips SET views = views + 1;
SELECT count(*) AS corrections FROM spend_sync.correction WHERE found_by <> 'attach';

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

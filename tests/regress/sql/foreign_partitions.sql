-- Rows of a foreign table are written elsewhere, past all triggers: none becomes a partition of a bound table, and no table that has one
-- is bound.
\set VERBOSITY terse
CREATE EXTENSION spend_sync;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text) PARTITION BY RANGE (clip_id);
CREATE TABLE near PARTITION OF clip_submissions FOR VALUES FROM (0) TO (100);
CREATE FOREIGN TABLE far PARTITION OF clip_submissions FOR VALUES FROM (100) TO (200) SERVER nowhere;
\set VERBOSITY default
SELECT total FROM spend_sync_attach();
\set VERBOSITY terse
\echo :SQLSTATE
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
DROP FOREIGN TABLE far;
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
SELECT total FROM spend_sync_attach();
CREATE FOREIGN TABLE far PARTITION OF clip_submissions FOR VALUES FROM (100) TO (200) SERVER nowhere;
\echo :SQLSTATE
CREATE FOREIGN TABLE far (campaign_id int, clip_id int, status text) SERVER nowhere;
ALTER TABLE clip_submissions ATTACH PARTITION far FOR VALUES FROM (100) TO (200);
\echo :SQLSTATE
INSERT INTO campaigns VALUES (1);
INSERT INTO clips VALUES (1, 5);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED');
TABLE campaigns;

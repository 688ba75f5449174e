-- What is unique within a partition alone is bound by its whole key.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (region text, id int, spent numeric(12,2) DEFAULT 0, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE campaigns_eu PARTITION OF campaigns FOR VALUES IN ('eu');
CREATE TABLE campaigns_us PARTITION OF campaigns FOR VALUES IN ('us');
CREATE TABLE clips (region text, id int, earnings numeric(12,2), PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE clips_eu PARTITION OF clips FOR VALUES IN ('eu');
CREATE TABLE clips_us (earnings numeric(12,2), id int NOT NULL, region text NOT NULL, PRIMARY KEY (region, id));
ALTER TABLE clips ATTACH PARTITION clips_us FOR VALUES IN ('us');
CREATE TABLE clip_submissions (region text, campaign_id int, clip_id int, status text DEFAULT 'APPROVED',
    FOREIGN KEY (region, campaign_id) REFERENCES campaigns, FOREIGN KEY (region, clip_id) REFERENCES clips ON UPDATE CASCADE) PARTITION BY LIST (region);
CREATE TABLE clip_submissions_eu PARTITION OF clip_submissions FOR VALUES IN ('eu');
CREATE TABLE clip_submissions_us PARTITION OF clip_submissions FOR VALUES IN ('us');
CREATE TABLE clip_submissions_asia PARTITION OF clip_submissions DEFAULT;
CREATE INDEX ON clip_submissions (region, campaign_id);
CREATE INDEX ON clip_submissions (region, clip_id);
INSERT INTO campaigns VALUES ('eu', 1), ('us', 1);
INSERT INTO clips VALUES ('eu', 1, 10), ('us', 1, 200);
INSERT INTO clip_submissions VALUES ('eu', 1, 1), ('us', 1, 1);
SELECT total, source, link, corrected FROM spend_sync_attach();
CREATE VIEW wrong AS
SELECT c.*, o.* FROM campaigns c, LATERAL (
    SELECT coalesce(sum(k.earnings), 0) AS should FROM clip_submissions s JOIN clips k ON (k.region, k.id) = (s.region, s.clip_id)
    WHERE (s.region, s.campaign_id) = (c.region, c.id) AND s.status = 'APPROVED') o
WHERE c.spent IS DISTINCT FROM o.should;
TABLE wrong;
UPDATE clips SET earnings = earnings + 1;
UPDATE clips_us SET earnings = earnings + 1;
TABLE wrong;
-- Rows that move: the key is another.
INSERT INTO campaigns VALUES ('us', 2), ('eu', 3);
UPDATE clip_submissions SET status = 'REJECTED' WHERE region = 'us';
TABLE wrong;
INSERT INTO clips VALUES ('us', 3, 7);
UPDATE clip_submissions SET region = 'us', clip_id = 3 WHERE region = 'eu';
TABLE wrong;
TABLE campaigns ORDER BY 1, 2;
UPDATE campaigns SET region = 'us' WHERE region = 'eu' AND id = 3;
TABLE wrong;
-- Partitions that come with rows, and go.
CREATE TABLE campaigns_asia PARTITION OF campaigns FOR VALUES IN ('asia');
INSERT INTO campaigns VALUES ('asia', 1, 5);
CREATE TABLE clips_asia (LIKE clips INCLUDING ALL);
INSERT INTO clips_asia VALUES ('asia', 1, 33), ('asia', 2, 44);
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_region_clip_id_fkey;
INSERT INTO clip_submissions VALUES ('asia', 1, 1), ('asia', 1, 2);
TABLE wrong;
ALTER TABLE clips ATTACH PARTITION clips_asia FOR VALUES IN ('asia');
TABLE wrong;
SELECT * FROM campaigns WHERE region = 'asia';
ALTER TABLE clips DETACH PARTITION clips_asia;
TABLE wrong;
ALTER TABLE clips ATTACH PARTITION clips_asia FOR VALUES IN ('asia');
TRUNCATE clips_eu;
TABLE wrong;
DROP TABLE clips_us;
TABLE wrong;
-- One key alone is not unique.
SELECT FROM spend_sync_attach(campaign_id => 'id', submission_campaign => 'campaign_id');
\echo :SQLSTATE
-- Levels of partitions: a tenant's, and a month's in it. What all of them are partitioned by says nothing of a row in one; a clip is
-- known by its own number, or by its tenant's as well, which submissions decide.
DROP TABLE clip_submissions, clips, campaigns CASCADE;
CREATE TABLE campaigns (tenant int, id int, spent numeric(12,2) DEFAULT 0, PRIMARY KEY (tenant, id));
CREATE TABLE clips (tenant int, id int, month date, earnings numeric(12,2), PRIMARY KEY (tenant, month, id)) PARTITION BY LIST (tenant);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES IN (1) PARTITION BY RANGE (month);
CREATE TABLE clips_1_may PARTITION OF clips_1 FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
CREATE TABLE clips_1_june PARTITION OF clips_1 FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
CREATE TABLE clips_2 PARTITION OF clips FOR VALUES IN (2) PARTITION BY RANGE (month);
CREATE TABLE clips_2_may PARTITION OF clips_2 FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
CREATE TABLE clip_submissions (tenant int, campaign_id int, clip_id int, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (tenant, campaign_id);
CREATE INDEX ON clip_submissions (tenant, clip_id);
INSERT INTO campaigns VALUES (1, 1), (2, 1);
INSERT INTO clips VALUES (1, 1, '2026-05-05', 10), (1, 2, '2026-06-06', 20), (2, 1, '2026-05-07', 500);
INSERT INTO clip_submissions VALUES (1, 1, 1), (1, 1, 2), (2, 1, 1);
SELECT total FROM spend_sync_attach();
\echo :SQLSTATE
SELECT total FROM spend_sync_attach(clip_id => '{tenant,month}', submission_clip => '{tenant,clip_id}');
\echo :SQLSTATE
SELECT total, source, link, corrected FROM spend_sync_attach(clip_id => '{tenant,id}');
CREATE VIEW wrong AS
SELECT c.*, o.* FROM campaigns c, LATERAL (
    SELECT coalesce(sum(k.earnings), 0) AS should FROM clip_submissions s JOIN clips k ON (k.tenant, k.id) = (s.tenant, s.clip_id)
    WHERE (s.tenant, s.campaign_id) = (c.tenant, c.id) AND s.status = 'APPROVED') o
WHERE c.spent IS DISTINCT FROM o.should;
UPDATE clips SET earnings = earnings + 1;
UPDATE clips SET month = '2026-06-30' WHERE (tenant, id) = (1, 1);
UPDATE clips_1_june SET earnings = earnings * 2;
TABLE wrong;
CREATE TABLE clips_2_june PARTITION OF clips_2 FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
INSERT INTO clips VALUES (2, 2, '2026-06-01', 7);
INSERT INTO clip_submissions VALUES (2, 1, 2);
DROP TABLE clips_1_may;
ALTER TABLE clips_2 DETACH PARTITION clips_2_may;
TABLE wrong;
TABLE campaigns ORDER BY 1, 2;
-- Links that could be meant, of several columns each, are said as they are to be named.
ALTER TABLE clip_submissions ADD owner int, ADD FOREIGN KEY (tenant, campaign_id) REFERENCES campaigns, ADD FOREIGN KEY (tenant, owner) REFERENCES campaigns;
SELECT total FROM spend_sync_attach(clip_id => '{tenant,id}');
\echo :SQLSTATE
SELECT total FROM spend_sync_attach(clip_id => '{tenant,id}', submission_campaign => '{tenant,campaign}');
\echo :SQLSTATE
-- A date is part of the key, and submissions have it: that the rest alone is meant is for their owner to say.
SELECT count(*) FROM spend_sync_detach('campaigns');
DROP VIEW wrong;
DROP TABLE clip_submissions, clips, campaigns;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int, posted date, earnings numeric(12,2), PRIMARY KEY (id, posted)) PARTITION BY RANGE (posted);
CREATE TABLE clips_may PARTITION OF clips FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
CREATE TABLE clips_june PARTITION OF clips FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
CREATE TABLE clip_submissions (campaign_id int, clip_id int, posted date, status text DEFAULT 'APPROVED', FOREIGN KEY (clip_id, posted) REFERENCES clips);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1);
SELECT total FROM spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_posted_fkey;
SELECT total FROM spend_sync_attach();
\echo :SQLSTATE
SELECT total FROM spend_sync_attach(clip_id => '{id,posted}', submission_clip => '{clip_id,posted}');
\echo :SQLSTATE
SELECT link FROM spend_sync_attach(clip_id => 'id');
SELECT severity, problem FROM spend_sync_check();
INSERT INTO clips VALUES (1, '2026-05-05', 10), (1, '2026-06-06', 1000);
INSERT INTO clip_submissions VALUES (1, 1, '2026-05-05');
SELECT severity, problem, advice FROM spend_sync_plan(clip_id => 'id') WHERE severity = 'warning';
-- An integer stands for the day.
ALTER TABLE clips ADD day int GENERATED ALWAYS AS (posted - date '2000-01-01') STORED, ADD UNIQUE (id, day, posted);
ALTER TABLE clip_submissions ADD day int GENERATED ALWAYS AS (posted - date '2000-01-01') STORED;
CREATE INDEX ON clip_submissions (clip_id, day);
SELECT link, corrected, total_difference FROM spend_sync_attach(clip_id => '{id,day}', submission_clip => '{clip_id,day}');
SELECT severity, problem FROM spend_sync_check() WHERE problem !~ 'found wrong';
TABLE campaigns;
-- Where submissions have no date, it is the rest that they mean.
SELECT count(*) FROM spend_sync_detach('campaigns');
ALTER TABLE clip_submissions DROP day, DROP posted;
SELECT severity, problem, advice FROM spend_sync_plan();

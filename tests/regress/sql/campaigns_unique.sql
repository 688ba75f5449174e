-- A campaign's key is unique at any time and in all of the table: two campaigns of one key would be one total. What is not is
-- refused, and where it comes to be so later the next write says so.
CREATE EXTENSION spend_sync;
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (campaign_id int, clip_id int REFERENCES clips, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO clips VALUES (1, 1), (2, 2);
INSERT INTO clip_submissions VALUES (1, 1), (1, 2);

-- Two rows until the constraint is checked: not beside each other.
CREATE TABLE campaigns (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, spent numeric(10,2) DEFAULT 0, title text);
INSERT INTO campaigns VALUES (1, 0, 'old'), (2, 0, 'two');
SELECT corrected FROM spend_sync_attach();
INSERT INTO campaigns VALUES (1, 0, 'new');
\echo :SQLSTATE
BEGIN;
DELETE FROM campaigns WHERE id = 1;
INSERT INTO campaigns VALUES (1, 0, 'new');
TABLE campaigns;
COMMIT;
UPDATE campaigns SET id = 3 - id;
TABLE campaigns;
BEGIN;
UPDATE campaigns SET id = 1 WHERE title = 'new';
\echo :SQLSTATE
ROLLBACK;
-- Nor at commit, of which PostgreSQL says so.
SELECT corrected FROM spend_sync_attach(flush => 'commit');
BEGIN;
INSERT INTO campaigns VALUES (1, 0, 'other');
COMMIT;
\echo :SQLSTATE
BEGIN;
INSERT INTO campaigns VALUES (1, 0, 'other');
DELETE FROM campaigns WHERE title = 'two';
COMMIT;
TABLE campaigns;
SELECT spend_sync_detach('campaigns');
DROP TABLE campaigns;

-- One row in each partition.
CREATE TABLE campaigns (id int, region text, spent numeric(10,2) DEFAULT 0, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE campaigns_eu PARTITION OF campaigns FOR VALUES IN ('eu');
CREATE TABLE campaigns_us PARTITION OF campaigns FOR VALUES IN ('us');
SELECT corrected FROM spend_sync_attach();
\echo :SQLSTATE
SELECT corrected FROM spend_sync_attach(campaign_id => 'id');
\echo :SQLSTATE
-- A partition itself: what is written by the table above it fires no statement triggers of the partition's.
ALTER TABLE campaigns_eu ADD UNIQUE (id);
SELECT corrected FROM spend_sync_attach('campaigns_eu', campaign_id => 'id');
\echo :SQLSTATE
DROP TABLE campaigns;

-- Unique when it was attached.
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
INSERT INTO campaigns VALUES (1);
SELECT corrected FROM spend_sync_attach();
ALTER TABLE campaigns DROP CONSTRAINT campaigns_pkey;
INSERT INTO campaigns VALUES (1);
\echo :SQLSTATE
UPDATE clips SET earnings = 5;
\echo :SQLSTATE
SELECT severity, object, problem FROM spend_sync_check();
ALTER TABLE campaigns ADD UNIQUE (id);
UPDATE clips SET earnings = 5;
TABLE campaigns;
-- And no partition either.
CREATE TABLE all_campaigns (id int NOT NULL, spent numeric(10,2) DEFAULT 0) PARTITION BY RANGE (id);
ALTER TABLE campaigns ALTER id SET NOT NULL;
ALTER TABLE all_campaigns ATTACH PARTITION campaigns DEFAULT;
\echo :SQLSTATE
-- Past the event triggers.
SET session_replication_role = replica;
ALTER TABLE all_campaigns ATTACH PARTITION campaigns DEFAULT;
RESET session_replication_role;
UPDATE clips SET earnings = 6;
\echo :SQLSTATE
ALTER TABLE all_campaigns DETACH PARTITION campaigns;
UPDATE clips SET earnings = 6;
TABLE campaigns;

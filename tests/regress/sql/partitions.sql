-- Partitioned clips and submissions, written through the table and straight to a partition, in the same and in another
-- schema, at several levels; partitions that come, go, and take rows from each other.
CREATE EXTENSION spend_sync;
CREATE SCHEMA archive;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2), views int) PARTITION BY HASH (id);
CREATE TABLE clips_0 PARTITION OF clips FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE archive.clips_1 PARTITION OF clips FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE clip_submissions (
    id int,
    campaign_id int NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    clip_id int REFERENCES clips ON DELETE CASCADE,
    status text NOT NULL,
    PRIMARY KEY (id, status)
) PARTITION BY LIST (status);
CREATE TABLE submissions_open PARTITION OF clip_submissions FOR VALUES IN ('PENDING', 'REJECTED');
-- One with partitions of its own; below it, columns stand in another order.
CREATE TABLE submissions_done PARTITION OF clip_submissions FOR VALUES IN ('APPROVED', 'PAID') PARTITION BY RANGE (id);
CREATE TABLE archive.submissions_old (dropped text, status text NOT NULL, clip_id int, campaign_id int NOT NULL, id int NOT NULL);
ALTER TABLE archive.submissions_old DROP dropped;
ALTER TABLE submissions_done ATTACH PARTITION archive.submissions_old FOR VALUES FROM (0) TO (100);
CREATE TABLE submissions_new PARTITION OF submissions_done FOR VALUES FROM (100) TO (1000);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
INSERT INTO clips SELECT n, n * 10, 0 FROM generate_series(1, 8) n;
INSERT INTO clip_submissions VALUES
    (1, 1, 1, 'APPROVED'), (2, 1, 2, 'PENDING'), (3, 2, 3, 'APPROVED'), (101, 2, 4, 'APPROVED'), (102, 3, 5, 'REJECTED');
SELECT * FROM spend_sync_attach() \gx
TABLE totals;
SELECT tgrelid::regclass::text AS "table", tgname FROM pg_trigger WHERE tgname LIKE 'spend\_sync%' ORDER BY 1, 2;

-- Through the table.
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
INSERT INTO clip_submissions VALUES (4, 3, 6, 'APPROVED'), (103, 3, 7, 'APPROVED'), (104, 3, 8, 'PENDING');
TABLE totals;
UPDATE clip_submissions SET clip_id = 8 WHERE id = 103;
UPDATE clips SET earnings = 100 WHERE id = 8;
TABLE totals;

-- A change of status moves the row to another partition, and back; so does a change of its key.
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
TABLE totals;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 1;
TABLE totals;
UPDATE clip_submissions SET id = 105, campaign_id = 1 WHERE id = 3;
TABLE totals;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 1;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 2;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;
-- A clip's row moves as well, when nothing points to it.
INSERT INTO clips VALUES (20, 1, 0);
UPDATE clips SET id = id + 1 WHERE id = 20;

-- Straight to a partition, each level of it: right at the end of the statement.
UPDATE clips_0 SET earnings = earnings + 1;
TABLE totals;
UPDATE archive.clips_1 SET earnings = earnings + 1;
TABLE totals;
UPDATE archive.submissions_old SET clip_id = 2 WHERE id = 1;
TABLE totals;
INSERT INTO archive.submissions_old (id, campaign_id, clip_id, status) VALUES (9, 1, 7, 'APPROVED');
TABLE totals;
UPDATE submissions_new SET campaign_id = 3 WHERE id = 101;
TABLE totals;
UPDATE submissions_done SET campaign_id = 2 WHERE id = 101;
TABLE totals;
DELETE FROM archive.submissions_old WHERE id = 9;
TABLE totals;
COPY submissions_new FROM stdin;
110	1	7	APPROVED
\.
TABLE totals;
DELETE FROM clips_0;
DELETE FROM archive.clips_1 WHERE id = 7;
TABLE totals;
SELECT id FROM clips ORDER BY id;

-- TRUNCATE, of a partition and of all.
BEGIN;
TRUNCATE submissions_new;
TABLE totals;
ROLLBACK;
BEGIN;
TRUNCATE submissions_done;
TABLE totals;
ROLLBACK;
TABLE totals;
BEGIN;
TRUNCATE archive.submissions_old;
TABLE totals;
COMMIT;
INSERT INTO clips VALUES (30, 30, 0), (31, 31, 0), (32, 32, 0), (33, 33, 0);
INSERT INTO clip_submissions SELECT id, 1, id, 'APPROVED' FROM clips WHERE id >= 30;
TABLE totals;

-- Without the event triggers (with them, see partitions_come_and_go): a new partition lacks a trigger; the check says so, writes of any of the
-- tables fail, and attaching again makes it as the others.
ALTER EVENT TRIGGER spend_sync_before DISABLE;
ALTER EVENT TRIGGER spend_sync_after DISABLE;
SELECT * FROM spend_sync_check() WHERE severity = 'error';
CREATE TABLE submissions_paid PARTITION OF submissions_done FOR VALUES FROM (1000) TO (2000);
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE severity = 'error';
INSERT INTO clip_submissions VALUES (1001, 2, 30, 'APPROVED');
TABLE totals;
INSERT INTO submissions_paid VALUES (1001, 2, 30, 'APPROVED');
\echo :SQLSTATE
UPDATE clips SET earnings = earnings + 1;
\echo :SQLSTATE
SELECT corrected FROM spend_sync_attach();
INSERT INTO clip_submissions VALUES (1001, 2, 30, 'APPROVED');
UPDATE submissions_paid SET clip_id = 31;
TABLE totals;
SELECT * FROM spend_sync_check() WHERE severity = 'error';
BEGIN;
UPDATE submissions_paid SET clip_id = 33;
TABLE totals;
TRUNCATE submissions_paid;
TABLE totals;
COMMIT;
INSERT INTO clip_submissions VALUES (1001, 2, 30, 'APPROVED');

-- A partition that is detached takes its rows away, and one that is attached brings them: no trigger sees that, as no
-- trigger sees a restore. The preview shows it, a sync heals it, and so does the next write to the campaign.
ALTER TABLE submissions_done DETACH PARTITION submissions_paid;
TABLE totals;
SELECT campaign_id, difference FROM spend_sync_status() WHERE needs_sync;
SELECT difference FROM sync_campaign(2);
UPDATE submissions_paid SET clip_id = 33, campaign_id = 3;
TABLE totals;
ALTER TABLE submissions_done ATTACH PARTITION submissions_paid FOR VALUES FROM (1000) TO (2000);
SELECT campaign_id, difference FROM spend_sync_status() WHERE needs_sync;
SET spend_sync.recompute_interval = 0;
UPDATE clips SET earnings = earnings + 1 WHERE id = 33;
RESET spend_sync.recompute_interval;
TABLE totals;
DROP TABLE submissions_paid;
SELECT campaign_id, difference FROM sync_all_campaigns() WHERE difference <> 0;
TABLE totals;
ALTER EVENT TRIGGER spend_sync_before ENABLE;
ALTER EVENT TRIGGER spend_sync_after ENABLE;

-- Campaigns may be partitioned too, by their key: one that is unique in each partition alone would name several.
CREATE SCHEMA wide;
CREATE TABLE wide.campaigns (id int PRIMARY KEY, spent numeric DEFAULT 0) PARTITION BY LIST (id);
CREATE TABLE wide.campaigns_1 PARTITION OF wide.campaigns FOR VALUES IN (11, 12, 23);
CREATE TABLE wide.campaigns_2 PARTITION OF wide.campaigns FOR VALUES IN (22);
CREATE TABLE wide.clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE wide.clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int REFERENCES wide.clips, status text);
CREATE INDEX ON wide.clip_submissions (campaign_id);
CREATE INDEX ON wide.clip_submissions (clip_id);
SELECT total, link FROM spend_sync_attach('wide.campaigns', 'wide.clips', 'wide.clip_submissions');
INSERT INTO wide.campaigns VALUES (11), (22);
INSERT INTO wide.clips VALUES (1, 5), (2, 6);
INSERT INTO wide.clip_submissions VALUES (1, 11, 1, 'APPROVED'), (2, 22, 2, 'APPROVED');
SELECT * FROM wide.campaigns ORDER BY id;
UPDATE wide.campaigns_1 SET spent = 100;
UPDATE wide.clip_submissions SET campaign_id = 23 WHERE campaign_id = 22;
UPDATE wide.campaigns SET id = 23, spent = 50 WHERE id = 22;
UPDATE wide.clips SET earnings = earnings + 1;
SELECT * FROM wide.campaigns ORDER BY id;

-- A partition moves to another schema, here of a tenant with tables that are called the same and a total of their own: its triggers go on
-- saying whose it is. Renamed within its schema it locks nothing.
CREATE SCHEMA tenant;
CREATE TABLE tenant.campaigns (id int PRIMARY KEY, spent numeric DEFAULT 0);
CREATE TABLE tenant.clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE tenant.clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
CREATE INDEX ON tenant.clip_submissions (campaign_id);
CREATE INDEX ON tenant.clip_submissions (clip_id);
SELECT total FROM spend_sync_attach('tenant.campaigns');
ALTER TABLE wide.campaigns_1 SET SCHEMA tenant;
ALTER TABLE clips_0 SET SCHEMA tenant;
ALTER TABLE submissions_done SET SCHEMA tenant;
ALTER TABLE archive.clips_1 SET SCHEMA public;
UPDATE clips SET earnings = earnings + 1;
UPDATE tenant.clips_0 SET earnings = earnings + 1;
UPDATE clips_1 SET earnings = earnings + 1;
UPDATE tenant.submissions_done SET campaign_id = 1 WHERE campaign_id = 2;
UPDATE wide.clips SET earnings = earnings + 1;
UPDATE tenant.campaigns_1 SET spent = 1;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT severity, object, problem FROM spend_sync_check('campaigns');
BEGIN;
ALTER TABLE tenant.clips_0 RENAME TO clips_none;
SELECT relation::regclass, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('clips'::regclass, 'campaigns'::regclass, 'clip_submissions'::regclass)
    AND mode <> 'AccessShareLock';
COMMIT;
UPDATE tenant.clips_none SET earnings = earnings + 1;
ALTER TABLE tenant.clips_none SET SCHEMA archive;
UPDATE clips SET earnings = earnings + 1;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

-- Gone without a trace: also from the partitions.
SELECT spend_sync_detach('tenant.campaigns');
SELECT spend_sync_detach('campaigns');
SELECT spend_sync_detach('wide.campaigns');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
SELECT total FROM spend_sync_attach();

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT c.* FROM wide.campaigns c WHERE spent IS DISTINCT FROM (
    SELECT sum(earnings) FROM wide.clip_submissions s JOIN wide.clips k ON k.id = clip_id
    WHERE s.campaign_id = c.id AND status = 'APPROVED');

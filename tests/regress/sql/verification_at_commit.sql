-- Of several totals that are brought up at commit each is looked at before the first of them locks anything. A campaign that came
-- to be in the transaction lacks, until then, what links say that were there before it: that is no drift.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id text PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE accounts (id text PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (campaign_id text, clip_id int, status text);
CREATE TABLE account_links (account_id text, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE INDEX ON account_links (account_id);
CREATE INDEX ON account_links (clip_id);
INSERT INTO campaigns VALUES ('again');
INSERT INTO accounts VALUES ('a');
INSERT INTO clips SELECT n, 1 FROM generate_series(1, 20) n;
INSERT INTO clip_submissions SELECT 'again', n, 'APPROVED' FROM generate_series(1, 10) n;
INSERT INTO account_links SELECT 'a', n, 'APPROVED' FROM generate_series(11, 20) n;
SELECT corrected FROM spend_sync_attach(flush => 'commit');
SELECT corrected FROM spend_sync_attach('accounts', 'clips', 'account_links', submission_campaign => 'account_id', flush => 'commit');
TRUNCATE spend_sync.correction;
CREATE VIEW found AS SELECT campaigns::regclass, campaign_id, recorded, actual, found_by FROM spend_sync.correction ORDER BY id;
CREATE VIEW all_totals AS SELECT id, spent FROM campaigns UNION ALL SELECT id, spent FROM accounts ORDER BY id;
SET spend_sync.recompute_interval = '1min';
SET spend_sync.debug_clock = '61s';
-- From here on it is the campaign's turn: where all that is read counts, nothing is looked at.
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE clips SET earnings = 2 WHERE id = 1;
COMMIT;
SET spend_sync.debug_clock = '71s';
BEGIN;
DELETE FROM campaigns;
INSERT INTO campaigns VALUES ('again');
UPDATE clips SET earnings = 2 WHERE id = 11;
COMMIT;
TABLE all_totals;
TABLE found;

-- What is drift is found, at the same place.
SET session_replication_role = replica;
UPDATE campaigns SET spent = 1000;
RESET session_replication_role;
SET spend_sync.debug_clock = '140s';
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE clips SET earnings = 3 WHERE id = 1;
COMMIT;
SET spend_sync.debug_clock = '150s';
TABLE all_totals;
UPDATE clips SET earnings = 3 WHERE id = 11;
TABLE all_totals;
TABLE found;

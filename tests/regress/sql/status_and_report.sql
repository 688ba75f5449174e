-- The preview: what is recorded, what should be, by how much it differs, exactly; and the same as one JSON document.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

SELECT * FROM spend_sync_status();
SELECT jsonb_pretty(spend_sync_report());

-- Drift from outside: a restore, a script with the triggers off.
SET session_replication_role = replica;
UPDATE clips SET earnings = 10.01 WHERE id = 1;
UPDATE campaigns SET spent = 29.9 WHERE id = 2;
INSERT INTO campaigns VALUES (10, 'Ten', NULL), (11, NULL, -0.10);
RESET session_replication_role;
SELECT * FROM spend_sync_status();
SELECT jsonb_pretty(spend_sync_report());

-- Looking changes nothing: in a transaction that may not write, and for a second look.
BEGIN READ ONLY;
SELECT campaign_id FROM spend_sync_status() WHERE needs_sync;
SELECT spend_sync_report() -> 'summary';
COMMIT;
TABLE totals;
\set SHOW_CONTEXT never
BEGIN READ ONLY;
SELECT * FROM sync_campaign(1);
ROLLBACK;
\echo :LAST_ERROR_SQLSTATE
\set SHOW_CONTEXT errors
SELECT count(*) FROM spend_sync.correction WHERE found_by <> 'attach';

-- One is healed, then all: a row for each campaign, whether it was wrong or not; and a log of those that were.
SELECT * FROM sync_campaign(2);
SELECT * FROM sync_campaign(2);
SELECT * FROM sync_campaign('1');
SELECT * FROM sync_all_campaigns();
SELECT * FROM sync_all_campaigns();
SELECT campaigns::regclass, campaign_id, recorded, actual, found_by, role FROM spend_sync.correction WHERE found_by <> 'attach' ORDER BY at, campaign_id;
SELECT spend_sync_report() -> 'summary';

-- The next write to a campaign heals it as well; to a large one, the first after the interval.
SET session_replication_role = replica;
UPDATE campaigns SET spent = 1234.56;
RESET session_replication_role;
SET spend_sync.recompute_interval = 0;
UPDATE clips SET earnings = 20.02 WHERE id = 2;
RESET spend_sync.recompute_interval;
TABLE totals;
SELECT count(*) FROM sync_all_campaigns() WHERE difference <> 0;

-- Numbers of any length, exactly: 28 and 40 digits, and decimals that no binary fraction can hold.
CREATE SCHEMA long;
CREATE TABLE long.campaigns (id text PRIMARY KEY, title varchar(40), spent numeric);
CREATE TABLE long.clips (id text PRIMARY KEY, earnings numeric);
CREATE TABLE long.clip_submissions (campaign_id text REFERENCES long.campaigns, clip_id text REFERENCES long.clips, status text);
CREATE INDEX ON long.clip_submissions (campaign_id);
CREATE INDEX ON long.clip_submissions (clip_id);
INSERT INTO long.campaigns VALUES
    ('28', 'digits', '1234567890123456789012345.678'), ('40', 'digits', NULL), ('tenth', 'of "quotes" \ and ünïcode', 0.1);
INSERT INTO long.clips VALUES
    ('28', '1234567890123456789012345.679'), ('40', '1234567890123456789012345678901234567890'), ('.40', '0.0000000000000000000000000000000000000001'),
    ('0.1', 0.1), ('0.2', 0.2);
INSERT INTO long.clip_submissions VALUES
    ('28', '28', 'APPROVED'), ('40', '40', 'APPROVED'), ('40', '.40', 'APPROVED'), ('tenth', '0.1', 'APPROVED'), ('tenth', '0.2', 'APPROVED');
SELECT corrected FROM spend_sync_attach('long.campaigns', 'long.clips', 'long.clip_submissions', sync => false);
\pset format unaligned
SELECT * FROM spend_sync_status('long.campaigns');
SELECT jsonb_pretty(spend_sync_report('long.campaigns'));
SELECT * FROM sync_all_campaigns('long.campaigns');
SELECT id, spent FROM long.campaigns ORDER BY id;
UPDATE long.clips SET earnings = -earnings;
SELECT c.id, c.spent FROM long.campaigns c ORDER BY id;
SELECT jsonb_typeof(c -> 'actualSpent') AS type, c ->> 'actualSpent' AS amount
FROM jsonb_array_elements(spend_sync_report('long.campaigns') -> 'campaigns') AS c;
\pset format aligned
SELECT c.id FROM long.campaigns c WHERE spent IS DISTINCT FROM (
    SELECT sum(earnings) FROM long.clip_submissions s JOIN long.clips k ON k.id = clip_id
    WHERE s.campaign_id = c.id AND status = 'APPROVED');

-- In the order of the keys: numbers as numbers, texts as the column's collation has them.
CREATE SCHEMA empty;
CREATE TABLE empty.campaigns (id text COLLATE "C" PRIMARY KEY, spent numeric);
CREATE TABLE empty.clips (id text PRIMARY KEY, earnings numeric);
CREATE TABLE empty.clip_submissions (campaign_id text REFERENCES empty.campaigns, clip_id text REFERENCES empty.clips, status text);
CREATE INDEX ON empty.clip_submissions (campaign_id);
CREATE INDEX ON empty.clip_submissions (clip_id);
SELECT corrected, total_difference FROM spend_sync_attach('empty.campaigns', 'empty.clips', 'empty.clip_submissions');
SELECT spend_sync_report('empty.campaigns');
SELECT * FROM spend_sync_status('empty.campaigns');
SELECT * FROM sync_all_campaigns('empty.campaigns');
INSERT INTO empty.campaigns VALUES ('b'), ('10'), ('a'), ('B'), ('9'), ('');
SELECT campaign_id FROM spend_sync_status('empty.campaigns');
SELECT c ->> 'id' AS id FROM jsonb_array_elements(spend_sync_report('empty.campaigns') -> 'campaigns') WITH ORDINALITY AS c (c, place)
ORDER BY place;
SELECT campaign_id, title FROM sync_campaign('', 'empty.campaigns');

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

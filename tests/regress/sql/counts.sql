-- Totals that count clips, and totals of all submissions, whatever their status: beside the usual one, on one table.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2), approved int NOT NULL DEFAULT 0, sent bigint, earned numeric);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, seen_at timestamptz) PARTITION BY RANGE (id);
CREATE TABLE clips_low PARTITION OF clips FOR VALUES FROM (MINVALUE) TO (100);
CREATE TABLE clips_high PARTITION OF clips FOR VALUES FROM (100) TO (MAXVALUE);
-- No foreign key: a link may come before its clip, and stay behind it.
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, NULL), (101, 40.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, NULL), (4, 2, 3, 'APPROVED'), (5, 2, 77, 'APPROVED'), (6, 2, NULL, 'APPROVED');
CREATE VIEW wrong AS
SELECT c.*, o.* FROM campaigns c, LATERAL (
    SELECT coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0) AS o_spent,
           count(k.id) FILTER (WHERE s.status = 'APPROVED') AS o_approved,
           count(k.id) AS o_sent, coalesce(sum(k.earnings), 0) AS o_earned
    FROM clip_submissions s LEFT JOIN clips k ON k.id = s.clip_id WHERE s.campaign_id = c.id) o
WHERE c.spent IS DISTINCT FROM o_spent OR c.approved <> o_approved OR c.sent IS DISTINCT FROM o_sent OR c.earned IS DISTINCT FROM o_earned ORDER BY c.id;

SELECT corrected FROM spend_sync_attach();
SELECT * FROM spend_sync_attach(spent => 'approved', count => true) \gx
SELECT * FROM spend_sync_attach(spent => 'sent', count => true, status => NULL) \gx
SELECT * FROM spend_sync_attach(spent => 'earned', status => NULL) \gx
SELECT * FROM spend_sync_attach(spent => 'sent', count => true, earnings => 'earnings');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(spent => 'sent', status => 'state');
\echo :SQLSTATE
SELECT id, spent, approved, sent, trim_scale(earned) AS earned FROM campaigns ORDER BY id;
TABLE wrong;
SELECT spent, earnings, status, approved FROM spend_sync.binding ORDER BY spent;
SELECT * FROM spend_sync_check();
SELECT * FROM spend_sync_clips(2) ORDER BY total, submission;
SELECT campaign_id, recorded_spent, approved_clips, total FROM spend_sync_status() WHERE total LIKE '%sent' OR total LIKE '%approved' ORDER BY total, campaign_id;

\ir ../write_each.sql
CREATE PROCEDURE write_all() LANGUAGE sql AS $$
    CALL write_each(0, ARRAY[
        'UPDATE clips SET earnings = 1 WHERE id = 1',
        'UPDATE clips SET earnings = earnings + 1',
        'UPDATE clips SET seen_at = now()',
        'INSERT INTO clips VALUES (77, 7)',
        'INSERT INTO clips VALUES (78, 7), (79, NULL)',
        'INSERT INTO clip_submissions VALUES (10, 1, 78, ''APPROVED'')',
        'INSERT INTO clip_submissions VALUES (11, 2, 78, ''PENDING''), (12, 1, 79, ''APPROVED'')',
        'UPDATE clip_submissions SET status = ''APPROVED'' WHERE id = 11',
        'UPDATE clip_submissions SET status = NULL WHERE id = 11',
        'UPDATE clip_submissions SET campaign_id = 3 WHERE id = 11',
        'UPDATE clip_submissions SET clip_id = 101 WHERE id IN (5, 12)',
        'UPDATE clip_submissions SET clip_id = 177 WHERE id = 5',
        'UPDATE clips SET id = 177 WHERE id = 77',
        'UPDATE clips SET id = id + 1000 WHERE id > 100',
        'UPDATE clips SET id = id - 1000 WHERE id > 1000',
        'WITH c AS (DELETE FROM clips WHERE id = 1 RETURNING *), d AS (INSERT INTO clips SELECT * FROM c RETURNING id) SELECT FROM d',
        'WITH s AS (UPDATE clip_submissions SET status = ''APPROVED'' WHERE id = 3) UPDATE clips SET earnings = 5 WHERE id = 3',
        'WITH s AS (INSERT INTO clip_submissions VALUES (13, 3, 80, ''APPROVED'')) INSERT INTO clips VALUES (80, 1)',
        'UPDATE campaigns SET approved = 7, sent = NULL, earned = 5',
        'INSERT INTO campaigns VALUES (4, ''Four'', 1, 2, 3, 4)',
        'UPDATE clip_submissions SET campaign_id = 4 WHERE id IN (1, 5)',
        'DELETE FROM campaigns WHERE id = 4',
        'INSERT INTO campaigns VALUES (4)',
        'UPDATE clip_submissions SET campaign_id = 1 WHERE campaign_id = 4',
        'DELETE FROM clip_submissions WHERE id > 9',
        'DELETE FROM clips WHERE id IN (78, 79, 80)',
        'DELETE FROM clips WHERE id = 177',
        'UPDATE clip_submissions SET campaign_id = 2, clip_id = 77 WHERE id = 5',
        'DELETE FROM campaigns WHERE id = 4']);
$$;
CALL write_all();
SELECT id, spent, approved, sent, trim_scale(earned) AS earned FROM campaigns ORDER BY id;
SET spend_sync.recompute_interval = 0;
CALL write_all();
RESET spend_sync.recompute_interval;
-- A clip that is not linked by a key that is the only one, without partitions.
CREATE TABLE plain (LIKE clips INCLUDING ALL);
BEGIN;
SELECT count(*) FROM spend_sync_detach('campaigns');
SELECT pg_get_viewdef('wrong') AS wrong \gset
ALTER TABLE clips RENAME TO parted;
ALTER TABLE plain RENAME TO clips;
INSERT INTO clips SELECT * FROM parted;
SELECT count(*) FROM (SELECT FROM spend_sync_attach() UNION ALL SELECT FROM spend_sync_attach(spent => 'approved', count => true)
    UNION ALL SELECT FROM spend_sync_attach(spent => 'sent', count => true, status => NULL) UNION ALL SELECT FROM spend_sync_attach(spent => 'earned', status => NULL)) a;
CREATE OR REPLACE VIEW wrong AS :wrong
CALL write_all();
COMMIT;
CALL write_all();
SET spend_sync.recompute_interval = 0;
CALL write_all();
RESET spend_sync.recompute_interval;
SELECT FROM spend_sync_attach(spent => 'sent', count => true, status => NULL, flush => 'commit');
BEGIN;
DELETE FROM clips WHERE id IN (1, 2);
INSERT INTO clips VALUES (2, 2), (77, 3);
UPDATE clip_submissions SET status = 'APPROVED';
COMMIT;
TABLE wrong;
BEGIN;
INSERT INTO clips SELECT n, 1 FROM generate_series(1000, 32000) n;
INSERT INTO clip_submissions SELECT n, n % 3, n, CASE WHEN n % 2 = 0 THEN 'APPROVED' END FROM generate_series(1000, 32000) n;
DELETE FROM clips WHERE id % 7 = 0;
COMMIT;
TABLE wrong;
TRUNCATE clips;
TABLE wrong;

-- A column that is counted by, or not, gets another name; and one that only another total names another type.
INSERT INTO clips VALUES (1, 10), (2, 20);
ALTER TABLE clips RENAME earnings TO amount;
ALTER TABLE clip_submissions RENAME status TO state;
UPDATE clips SET amount = 11 WHERE id = 1;
UPDATE clip_submissions SET state = 'APPROVED' WHERE id = 3;
INSERT INTO clips VALUES (3, 30);
SELECT spent, earnings, status, approved FROM spend_sync.binding ORDER BY spent;
ALTER TABLE clips RENAME amount TO earnings;
ALTER TABLE clip_submissions RENAME state TO status;
SELECT pg_get_viewdef('wrong') AS wrong \gset
DROP VIEW wrong;
ALTER TABLE clips ALTER earnings TYPE bigint USING earnings * 100;
ALTER TABLE clips ALTER id TYPE bigint;
ALTER TABLE clip_submissions ALTER clip_id TYPE bigint;
CREATE VIEW wrong AS :wrong
INSERT INTO clips VALUES (77, 1);
TABLE wrong;
-- A total that cannot hold its count.
ALTER TABLE campaigns ADD few smallint NOT NULL DEFAULT 0 CHECK (few < 3);
SELECT FROM spend_sync_attach(spent => 'few', count => true, sync => false);
\set VERBOSITY terse
UPDATE clip_submissions SET status = 'APPROVED', clip_id = 1 WHERE campaign_id = 1 AND id < 100000;
\echo :SQLSTATE
\set VERBOSITY default
TABLE wrong;

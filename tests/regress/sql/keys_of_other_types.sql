-- Keys of char(n), whose trailing blanks are none, and numeric, whose trailing zeros are: the same key however it is written.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (code char(8) PRIMARY KEY, title text, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (no numeric PRIMARY KEY, earnings numeric(12,2));
-- One link is wider than its key, and no foreign key compares the other.
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign char(10), clip numeric(40,3), status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign);
CREATE INDEX ON clip_submissions (clip);
INSERT INTO campaigns VALUES ('a'), ('bb '), (' c');
INSERT INTO clips VALUES (1, 10), (2.5, 20), (123456789012345678901234567890123456.5, 40), ('NaN', 80);
INSERT INTO clip_submissions VALUES (1, 'a', 1), (2, 'a ', 2.50), (3, 'bb', 123456789012345678901234567890123456.500);
INSERT INTO clip_submissions VALUES (4, 'bb', 2.5, 'PENDING');
CREATE VIEW wrong AS
SELECT c.code, c.spent, o.* FROM campaigns c, LATERAL (
    SELECT coalesce(sum(k.earnings), 0) AS oracle FROM clip_submissions s JOIN clips k ON k.no = s.clip
    WHERE s.campaign = c.code AND s.status = 'APPROVED') o WHERE c.spent IS DISTINCT FROM o.oracle;
SELECT * FROM spend_sync_attach(submission_campaign => 'campaign', submission_clip => 'clip') \gx
SELECT '"' || code || '"' AS code, spent FROM campaigns ORDER BY code;
\ir ../write_each.sql
CREATE PROCEDURE write_all() LANGUAGE sql AS $$
    CALL write_each(3, ARRAY[
        'UPDATE clips SET earnings = earnings + $1 WHERE no = 1',
        'UPDATE clips SET earnings = earnings + $1 WHERE no >= 2.5',
        'UPDATE clips SET no = 2.500 WHERE no = 2.5',
        'UPDATE clips SET no = 7, earnings = 1 WHERE no = 1.000',
        'UPDATE clips SET no = 1.0 WHERE no = 7',
        'UPDATE clip_submissions SET status = ''APPROVED'' WHERE id = 4',
        'UPDATE clip_submissions SET campaign = ''a    '', status = ''PENDING'' WHERE id = 4',
        'UPDATE clip_submissions SET clip = 1.0 WHERE id = 4',
        'UPDATE clip_submissions SET status = ''APPROVED'' WHERE id = 4',
        'UPDATE campaigns SET code = ''bb       '' WHERE code = ''bb''',
        'UPDATE campaigns SET code = ''d'' WHERE code = ''bb''',
        'UPDATE clip_submissions SET campaign = ''d'' WHERE campaign = ''bb''',
        'UPDATE campaigns SET code = ''bb'' WHERE code = ''d''',
        'INSERT INTO campaigns VALUES (''d '', NULL, 5)',
        'UPDATE clip_submissions SET campaign = ''bb'' WHERE campaign = ''d''',
        'DELETE FROM campaigns WHERE code = ''d''',
        'INSERT INTO clips VALUES (9.90, $1)',
        'INSERT INTO clip_submissions VALUES (5, '' c'', 9.9), (6, '' c'', ''NaN''), (7, ''c'', 8)',
        'INSERT INTO clips VALUES (8.0, $1)',
        'INSERT INTO campaigns VALUES (''c'')',
        'DELETE FROM clips WHERE no IN (8, 9.9)',
        'DELETE FROM clip_submissions WHERE id > 4',
        'DELETE FROM campaigns WHERE code = ''c''',
        'UPDATE clip_submissions SET campaign = ''bb'', clip = 2.5, status = ''PENDING'' WHERE id = 4']);
$$;
CALL write_all();
SET spend_sync.recompute_interval = 0;
CALL write_all();
RESET spend_sync.recompute_interval;
SELECT FROM spend_sync_attach(submission_campaign => 'campaign', submission_clip => 'clip', flush => 'commit');
BEGIN;
UPDATE clips SET earnings = earnings + 1;
INSERT INTO clip_submissions VALUES (10, 'c', 11.0), (11, ' c', 2.50);
INSERT INTO clips VALUES (11, 11);
INSERT INTO campaigns VALUES ('c');
COMMIT;
TABLE wrong;
SELECT campaign_id, new_spent FROM sync_campaign('a  ');
SET session_replication_role = replica;
UPDATE clips SET earnings = 100 WHERE no = 2.5;
RESET session_replication_role;
SELECT '"' || campaign_id || '"' AS campaign_id, difference FROM spend_sync_status() WHERE needs_sync;
SELECT '"' || campaign_id || '"' AS campaign_id, new_spent FROM sync_campaign(' c');
SELECT submission, clip_id, amount FROM spend_sync_clips(' c');
TABLE wrong;
BEGIN;
INSERT INTO clips SELECT 1000 + n, 1 FROM generate_series(1, 12000) n;
INSERT INTO clip_submissions SELECT 1000 + n, CASE n % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'bb' ELSE 'c' END, 1000 + n FROM generate_series(1, 12000) n;
UPDATE clips SET earnings = earnings + 1 WHERE no > 1000;
COMMIT;
TABLE wrong;
-- By number, and a direct source.
CREATE TABLE accounts (no numeric(20,0) PRIMARY KEY, total numeric DEFAULT 0);
CREATE TABLE lines (id int PRIMARY KEY, account numeric, amount numeric);
CREATE INDEX ON lines (account);
INSERT INTO accounts VALUES (1), (12345678901234567890);
INSERT INTO lines VALUES (1, 1.0, 5), (2, 12345678901234567890.00, 6);
SELECT FROM spend_sync_attach('accounts', NULL, 'lines', spent => 'total', submission_campaign => 'account', earnings => 'amount', status => NULL);
UPDATE lines SET amount = amount * 2;
INSERT INTO lines VALUES (3, 2, 7);
INSERT INTO accounts VALUES (2);
SELECT a.*, (SELECT sum(amount) FROM lines WHERE account = a.no) AS oracle FROM accounts a ORDER BY no;
SELECT campaign_id, new_spent FROM sync_campaign(1, 'accounts');
SELECT campaign_id, new_spent FROM sync_campaign('2.0', 'accounts');
SELECT campaign_id, new_spent FROM sync_campaign('two', 'accounts');
\echo :SQLSTATE
-- Kinds do not mix: PostgreSQL would compare them as something else.
SELECT FROM spend_sync_attach('accounts', NULL, 'clip_submissions', spent => 'total', submission_campaign => 'id', earnings => 'clip', status => NULL);
\echo :SQLSTATE
-- The error of a status of another extension's type, or a moment, has a column that is one.
ALTER TABLE lines ADD deleted_at timestamptz, ADD paid_at date, ADD span int4range;
SELECT FROM spend_sync_attach('accounts', NULL, 'lines', spent => 'total', submission_campaign => 'account', earnings => 'amount', status => 'deleted_at');
SELECT FROM spend_sync_attach('accounts', NULL, 'lines', spent => 'total', submission_campaign => 'account', earnings => 'amount', status => 'paid_at');
SELECT FROM spend_sync_attach('accounts', NULL, 'lines', spent => 'total', submission_campaign => 'account', earnings => 'amount', status => 'span', approved => '{"[1,2)","it''s"}');
\echo :SQLSTATE
-- A campaign without a key has no total.
CREATE TABLE keyless (id int UNIQUE, spent numeric DEFAULT 0);
SELECT FROM spend_sync_attach('keyless', NULL, 'lines', campaign_id => 'id', submission_campaign => 'id', earnings => 'amount', status => NULL);
\echo :SQLSTATE
ALTER TABLE keyless ALTER id SET NOT NULL;
SELECT FROM spend_sync_attach('keyless', NULL, 'lines', campaign_id => 'id', submission_campaign => 'id', earnings => 'amount', status => NULL);
INSERT INTO keyless VALUES (1), (2);
ALTER TABLE keyless ALTER id DROP NOT NULL;
UPDATE lines SET amount = 1;
\echo :SQLSTATE
SELECT severity, problem FROM spend_sync_check('keyless');
ALTER TABLE keyless ALTER id SET NOT NULL;
UPDATE lines SET amount = 1;
SELECT * FROM keyless ORDER BY id;
SELECT FROM spend_sync_attach('keyless', NULL, 'lines', campaign_id => 'id', spent => 'id', submission_campaign => 'id', earnings => 'amount', status => NULL);
\echo :SQLSTATE

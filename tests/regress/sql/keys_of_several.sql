-- Keys of several columns: a tenant and an id. The same id of another tenant is another campaign, or clip.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (tenant int, id text, title text, spent numeric(12,2) DEFAULT 0, sent bigint DEFAULT 0, fees numeric DEFAULT 0,
    PRIMARY KEY (tenant, id));
CREATE TABLE clips (tenant int, id uuid, earnings numeric(12,2), PRIMARY KEY (tenant, id));
CREATE TABLE clip_submissions (id int PRIMARY KEY, tenant bigint, campaign_id text, clip_id uuid, status text DEFAULT 'APPROVED', fee numeric DEFAULT 1);
CREATE FUNCTION u(int) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$ SELECT lpad($1::text, 32, '0')::uuid $$;
INSERT INTO campaigns SELECT t, i FROM generate_series(1, 2) t, unnest(ARRAY['a', 'b, (c) "d" \', '']) i;
INSERT INTO clips SELECT t, u(n), t * 1000 + n FROM generate_series(1, 2) t, generate_series(1, 3) n;
INSERT INTO clip_submissions SELECT 10 * t + n, t, i, u(n) FROM generate_series(1, 2) t,
    (VALUES (1, 'a'), (2, 'a'), (2, 'b, (c) "d" \'), (3, '')) AS l (n, i) ON CONFLICT DO NOTHING;
-- What is found by the catalog alone, before there are foreign keys: the parts of the name, and the tenant by its own.
SELECT severity, problem, advice FROM spend_sync_plan();
CREATE INDEX ON clip_submissions (tenant, campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
SELECT total, source, link, corrected FROM spend_sync_attach();
SELECT total FROM spend_sync_attach(spent => 'sent', clips => NULL, count => true, status => NULL);
SELECT total FROM spend_sync_attach(spent => 'fees', clips => NULL, earnings => 'fee');
SELECT tenant, id, spent, sent, fees FROM campaigns ORDER BY tenant, id;
CREATE VIEW wrong AS
SELECT c.*, o.* FROM campaigns c, LATERAL (
    SELECT coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0) AS should, count(s) AS all_of_it,
           coalesce(sum(s.fee) FILTER (WHERE s.status = 'APPROVED'), 0) AS paid
    FROM clip_submissions s LEFT JOIN clips k ON (k.tenant, k.id) = (s.tenant, s.clip_id)
    WHERE (s.tenant, s.campaign_id) = (c.tenant, c.id)) o
WHERE (c.spent, c.sent, c.fees) IS DISTINCT FROM (o.should, o.all_of_it, o.paid);
TABLE wrong;
\ir ../write_each.sql
CREATE PROCEDURE write_all() LANGUAGE sql AS $$
    CALL write_each(3, ARRAY[
        'UPDATE clips SET earnings = earnings + $1 WHERE tenant = 1 AND id = u(1)',
        'UPDATE clips SET earnings = earnings + $1 WHERE id = u(2)',
        'UPDATE clips SET earnings = NULL WHERE id = u(3)',
        'UPDATE clips SET earnings = earnings * 2',
        'UPDATE clip_submissions SET status = ''REJECTED'' WHERE id = 11',
        'UPDATE clip_submissions SET tenant = 2 WHERE id = 11',
        'UPDATE clip_submissions SET status = ''APPROVED'' WHERE id = 11',
        'UPDATE clip_submissions SET tenant = 1 WHERE id = 11',
        'UPDATE clip_submissions SET tenant = NULL WHERE id = 11',
        'UPDATE clip_submissions SET tenant = 1, campaign_id = '''' WHERE id = 11',
        'UPDATE clip_submissions SET clip_id = NULL WHERE id = 11',
        'UPDATE clip_submissions SET clip_id = u(2), campaign_id = ''a'' WHERE id = 11',
        'UPDATE clips SET tenant = 3 WHERE tenant = 1',
        'UPDATE clips SET tenant = 1 WHERE tenant = 3',
        'UPDATE campaigns SET tenant = tenant + 10',
        'UPDATE clip_submissions SET tenant = tenant + 10, fee = fee + 1',
        'UPDATE clips SET tenant = tenant + 10',
        'UPDATE campaigns SET tenant = 3 - (tenant - 10)',
        'UPDATE clip_submissions SET tenant = tenant - 10',
        'UPDATE clips SET tenant = tenant - 10',
        'UPDATE campaigns SET spent = 7, title = ''x''',
        'INSERT INTO clip_submissions VALUES (50, 3, ''n'', u(1)), (51, 3, ''n'', u(9)), (52, 1, ''n'', u(1))',
        'INSERT INTO campaigns VALUES (3, ''n'', NULL, 5)',
        'INSERT INTO clips VALUES (3, u(1), 5)',
        'INSERT INTO clips VALUES (3, u(9), 6), (1, u(9), 100)',
        'INSERT INTO campaigns VALUES (1, ''n'')',
        'INSERT INTO clips VALUES (3, u(9), 1) ON CONFLICT (tenant, id) DO UPDATE SET earnings = clips.earnings + 7',
        'DELETE FROM clips WHERE id = u(9)',
        'DELETE FROM campaigns WHERE id = ''n''',
        'DELETE FROM clip_submissions WHERE id >= 50',
        'DELETE FROM clips WHERE tenant = 3',
        'UPDATE clips SET earnings = 5 WHERE earnings IS NULL']);
$$;
CALL write_all();
SET spend_sync.recompute_interval = 0;
CALL write_all();
RESET spend_sync.recompute_interval;
SET client_min_messages = error;
SELECT FROM spend_sync_attach(flush => 'commit');
SET client_min_messages = warning;
BEGIN;
UPDATE clips SET earnings = earnings + 1;
INSERT INTO clip_submissions VALUES (60, 3, 'n', u(1)), (61, 2, 'a', u(7));
SAVEPOINT s;
INSERT INTO clips VALUES (3, u(1), 11), (2, u(7), 3);
ROLLBACK TO s;
INSERT INTO clips VALUES (3, u(1), 12), (2, u(7), 4), (1, u(7), 500);
INSERT INTO campaigns VALUES (3, 'n'), (1, 'n');
COMMIT;
TABLE wrong;
SET client_min_messages = error;
SELECT FROM spend_sync_attach();
SET client_min_messages = warning;
-- One by one; a key is read as a row, as an array literal, and as an array.
SET session_replication_role = replica;
UPDATE clips SET earnings = earnings + 100;
RESET session_replication_role;
SELECT campaign_id, recorded_spent, actual_spent FROM spend_sync_status() WHERE needs_sync;
SELECT campaign_id, difference FROM sync_campaign(ARRAY['1', 'b, (c) "d" \']) WHERE total ~ 'spent';
SELECT campaign_id, difference FROM sync_campaign('(2,"")') WHERE total ~ 'spent';
SELECT campaign_id, difference FROM sync_campaign('{1,a}') WHERE total ~ 'spent';
SELECT submission, clip_id, amount, counts, total FROM spend_sync_clips(ARRAY['1', 'a']) ORDER BY total, submission;
SELECT campaign_id, difference FROM sync_all_campaigns() WHERE difference <> 0;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by LIKE 'sync%' ORDER BY id;
TABLE wrong;
SELECT FROM sync_campaign('a');
\echo :SQLSTATE
SELECT FROM sync_campaign(ARRAY['1', NULL]);
\echo :SQLSTATE
SELECT FROM sync_campaign(ARRAY['1', 'no such']);
\echo :SQLSTATE
SELECT FROM spend_sync_clips(ARRAY['x', 'a']);
\echo :SQLSTATE
-- More rows than are kept, in one statement and over savepoints.
BEGIN;
INSERT INTO clips SELECT 4, u(n), 1 FROM generate_series(1, 12000) n;
INSERT INTO clip_submissions SELECT 1000 + n, 4, n % 3, u(n) FROM generate_series(1, 12000) n;
INSERT INTO campaigns SELECT 4, n FROM generate_series(0, 2) n;
UPDATE clips SET earnings = earnings + 1 WHERE tenant = 4;
SAVEPOINT s;
DELETE FROM clips WHERE tenant = 4 AND id > u(6000);
ROLLBACK TO s;
DELETE FROM clip_submissions WHERE tenant = 4 AND clip_id <= u(10);
COMMIT;
TABLE wrong;
SELECT id, spent, sent FROM campaigns WHERE tenant = 4 ORDER BY id;
-- A refused write names its campaign.
SET client_min_messages = error;
SELECT FROM spend_sync_attach(direct_writes => 'reject');
UPDATE campaigns SET spent = 1 WHERE id = '' AND tenant = 1;
\echo :SQLSTATE
ALTER TABLE campaigns ADD CHECK (spent < 100000);
UPDATE clips SET earnings = 1000000 WHERE tenant = 1 AND id = u(2);
ALTER TABLE campaigns DROP CONSTRAINT campaigns_spent_check;
UPDATE clips SET earnings = 9999999999 WHERE tenant = 1 AND id = u(2);
\echo :SQLSTATE
TABLE wrong;
-- Renames of one of the columns.
ALTER TABLE clips RENAME tenant TO org;
ALTER TABLE clip_submissions RENAME tenant TO org;
ALTER TABLE campaigns RENAME id TO "Id";
UPDATE clips SET earnings = 1;
SELECT campaign_id, clip_id, submission_campaign, submission_clip FROM spend_sync.binding WHERE spent = 'spent';
ALTER TABLE clips ADD tenant int;
SELECT problem, advice FROM spend_sync_check() WHERE problem ~ 'was tenant';
ALTER TABLE clips DROP tenant;
ALTER TABLE clips RENAME org TO tenant;
ALTER TABLE clip_submissions RENAME org TO tenant;
ALTER TABLE campaigns RENAME "Id" TO id;
TABLE wrong;
-- What a key needs. Without it the next write says so.
BEGIN;
ALTER TABLE campaigns DROP CONSTRAINT campaigns_pkey;
UPDATE clips SET earnings = 2;
ROLLBACK;
BEGIN;
ALTER TABLE campaigns DROP COLUMN tenant CASCADE;
UPDATE clips SET earnings = 2;
ROLLBACK;
SELECT FROM spend_sync_detach('campaigns');
SELECT FROM spend_sync_attach(campaign_id => '{tenant,title}');
\echo :SQLSTATE
SELECT FROM spend_sync_attach(campaign_id => 'id');
\echo :SQLSTATE
SELECT FROM spend_sync_attach(campaign_id => '{tenant,nowhere}');
\echo :SQLSTATE
SELECT FROM spend_sync_attach(submission_campaign => 'campaign_id');
\echo :SQLSTATE
SELECT FROM spend_sync_attach(submission_clip => '{tenant,clip_id,fee}');
\echo :SQLSTATE
SELECT FROM spend_sync_attach(submission_clip => '{clip_id,tenant}');
\echo :SQLSTATE
SELECT FROM spend_sync_attach(spent => 'tenant');
\echo :SQLSTATE
-- Foreign keys say it in their own order. A key that is unique alone is enough, unless links refer to all of the primary one.
ALTER TABLE clip_submissions ADD FOREIGN KEY (campaign_id, tenant) REFERENCES campaigns (id, tenant);
ALTER TABLE clip_submissions RENAME campaign_id TO whose;
ALTER TABLE campaigns ADD number int GENERATED ALWAYS AS IDENTITY UNIQUE;
SELECT total, link FROM spend_sync_attach();
UPDATE clips SET earnings = earnings + 3;
TABLE wrong;
SELECT FROM spend_sync_detach('campaigns');
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_campaign_id_tenant_fkey, ADD number int;
SELECT total, link FROM spend_sync_attach(submission_campaign => 'number', sync => false);
-- Names that say it: whatever the order, a column named for the table's, and all others by their own name; never what submissions are known by.
CREATE TABLE by_order (id int, tenant int, spent numeric DEFAULT 0, PRIMARY KEY (id, tenant));
CREATE TABLE by_name (org text, campaign_code text, spent numeric DEFAULT 0, PRIMARY KEY (org, campaign_code));
CREATE TABLE by_number (org text, no int, spent numeric DEFAULT 0, PRIMARY KEY (org, no));
CREATE TABLE by_code (org text, code text, spent numeric DEFAULT 0, PRIMARY KEY (org, code));
CREATE TABLE lines (id int PRIMARY KEY, tenant int, org text, campaign_id int, campaign_code text, amount numeric);
CREATE INDEX ON lines (campaign_id, tenant);
CREATE INDEX ON lines (org, campaign_code);
SELECT total, link FROM unnest(ARRAY['by_order', 'by_name']) t, spend_sync_attach(t, NULL, 'lines', earnings => 'amount', status => NULL);
CREATE INDEX ON lines (campaign_id);
SELECT total, link FROM spend_sync_attach('by_number', NULL, 'lines', earnings => 'amount', status => NULL);
CREATE TABLE coded_lines (org text, code text, amount numeric, PRIMARY KEY (org, code));
SELECT FROM spend_sync_attach('by_code', NULL, 'coded_lines', earnings => 'amount', status => NULL);
ALTER TABLE coded_lines ADD campaign_code text;
CREATE INDEX ON coded_lines (org, campaign_code);
SELECT total, link FROM spend_sync_attach('by_code', NULL, 'coded_lines', earnings => 'amount', status => NULL);
SELECT FROM spend_sync_attach('by_order', NULL, 'coded_lines', earnings => 'amount', status => NULL);
-- Which of two keys is meant: the whole primary key where names or foreign keys say all of it, unless a column of it is unique alone. One that is
-- so in each partition only may be a tenant's, or not.
CREATE TABLE orders (tenant_id int, id int, number int NOT NULL UNIQUE, spent numeric DEFAULT 0, PRIMARY KEY (tenant_id, id));
CREATE TABLE payments (id int PRIMARY KEY, tenant_id int, campaign_id int, campaign int, amount numeric);
CREATE INDEX ON payments (campaign_id);
CREATE INDEX ON payments (campaign);
SELECT total, link FROM spend_sync_attach('orders', NULL, 'payments', earnings => 'amount', status => NULL);
SELECT total, link FROM spend_sync_attach('orders', NULL, 'payments', earnings => 'amount', status => NULL, submission_campaign => 'campaign');
ALTER TABLE payments ADD FOREIGN KEY (campaign) REFERENCES orders (number);
SELECT total, link FROM spend_sync_attach('orders', NULL, 'payments', earnings => 'amount', status => NULL);
ALTER TABLE payments DROP CONSTRAINT payments_campaign_fkey;
ALTER TABLE orders ADD UNIQUE (id);
SELECT total, link FROM spend_sync_attach('orders', NULL, 'payments', earnings => 'amount', status => NULL);
CREATE TABLE videos (tenant_id int, id int, earnings numeric, PRIMARY KEY (tenant_id, id)) PARTITION BY LIST (tenant_id);
CREATE TABLE posts (tenant_id int, campaign_id int, clip_id int);
CREATE INDEX ON posts (campaign_id);
CREATE INDEX ON posts (clip_id);
SELECT FROM spend_sync_attach('orders', 'videos', 'posts', status => NULL);
\echo :SQLSTATE
SELECT total, source, link FROM spend_sync_attach('orders', 'videos', 'posts', status => NULL, submission_clip => '{tenant_id,clip_id}');
SELECT total, source, link FROM spend_sync_attach('orders', 'videos', 'posts', status => NULL, clip_id => 'id');
ALTER TABLE posts DROP tenant_id CASCADE;
SELECT total, source, link FROM spend_sync_attach('orders', 'videos', 'posts', status => NULL);
-- Partitioned by all of it.
CREATE TABLE hashed (tenant_id int, id int, earnings numeric, PRIMARY KEY (tenant_id, id)) PARTITION BY HASH (tenant_id, id);
ALTER TABLE posts ADD tenant_id int;
SELECT total, source FROM spend_sync_attach('orders', 'hashed', 'posts', status => NULL);
SELECT total, source FROM spend_sync_attach('orders', 'hashed', 'posts', status => NULL, clip_id => '{tenant_id,id}', submission_clip => '{tenant_id,clip_id}');
-- A column of no ASCII name.
CREATE TABLE odd (U&"\00a0id" int PRIMARY KEY, id int, spent numeric DEFAULT 0);
SELECT total FROM spend_sync_attach('odd', NULL, 'payments', earnings => 'amount', status => NULL);
-- More than a key is none.
SELECT FROM spend_sync_attach('odd', NULL, 'payments', campaign_id => U&'{"\00a0id",id}', submission_campaign => '{campaign_id,campaign}', earnings => 'amount', status => NULL);
-- A total that is part of another's key: campaigns change their key as it is stored.
CREATE TABLE levels (id int PRIMARY KEY, level bigint NOT NULL DEFAULT 0, bonus numeric DEFAULT 0, UNIQUE (level, id));
CREATE TABLE steps (id int PRIMARY KEY, level_id int, by int);
CREATE TABLE boni (id int, level bigint, amount numeric);
CREATE INDEX ON steps (level_id);
CREATE INDEX ON boni (id);
INSERT INTO levels VALUES (1), (2);
INSERT INTO boni VALUES (1, 0, 100), (1, 1, 777), (2, 5, 3);
SELECT total FROM spend_sync_attach('levels', NULL, 'steps', spent => 'level', submission_campaign => 'level_id', earnings => 'by', status => NULL);
SELECT total FROM spend_sync_attach('levels', NULL, 'boni', spent => 'bonus', campaign_id => '{id,level}', submission_campaign => '{id,level}', earnings => 'amount', status => NULL);
TABLE levels ORDER BY id;
INSERT INTO steps VALUES (1, 1, 1), (2, 2, 4);
TABLE levels ORDER BY id;
UPDATE steps SET by = by + 1 WHERE id = 2;
TABLE levels ORDER BY id;
-- A foreign key says which key is meant, whatever the names.
CREATE TABLE coded (id int PRIMARY KEY, code int NOT NULL UNIQUE, org int NOT NULL, no int NOT NULL, spent numeric DEFAULT 0, UNIQUE (org, no));
CREATE TABLE bills (campaign_id int REFERENCES coded (code), amount numeric);
CREATE INDEX ON bills (campaign_id);
INSERT INTO coded VALUES (1, 2, 1, 2), (2, 1, 1, 1);
INSERT INTO bills VALUES (1, 10);
SELECT total, link FROM spend_sync_attach('coded', NULL, 'bills', earnings => 'amount', status => NULL);
TABLE coded;
SELECT FROM spend_sync_attach('coded', NULL, 'bills', campaign_id => 'id', earnings => 'amount', status => NULL);
\echo :SQLSTATE
ALTER TABLE bills DROP CONSTRAINT bills_campaign_id_fkey, ADD org int DEFAULT 1, ADD FOREIGN KEY (org, campaign_id) REFERENCES coded (org, no);
SELECT total, link FROM spend_sync_attach('coded', NULL, 'bills', earnings => 'amount', status => NULL);
SELECT total, link FROM spend_sync_attach('coded', NULL, 'bills', earnings => 'amount', status => NULL, submission_campaign => 'campaign_id');
ALTER TABLE bills ADD FOREIGN KEY (campaign_id) REFERENCES coded;
SELECT total, link FROM spend_sync_attach('coded', NULL, 'bills', earnings => 'amount', status => NULL);
-- One that refers to a key and more says which columns are the key's: a tenant beside an id that is unique alone.
ALTER TABLE coded ADD UNIQUE (org, id);
CREATE TABLE notes (org int, whose int, code int, amount numeric, FOREIGN KEY (org, whose) REFERENCES coded (org, id));
CREATE INDEX ON notes (whose);
SELECT total, link FROM spend_sync_attach('coded', NULL, 'notes', earnings => 'amount', status => NULL);
ALTER TABLE notes RENAME whose TO campaign_id;
SELECT FROM spend_sync_attach('coded', NULL, 'notes', campaign_id => 'code', earnings => 'amount', status => NULL);
\echo :SQLSTATE
-- A name says nothing where a foreign key says that the column points to another table: what creators earned is not what campaigns spent.
CREATE TABLE creators (id int PRIMARY KEY, earned numeric DEFAULT 0);
CREATE TABLE ventures (id int PRIMARY KEY, spent numeric DEFAULT 0);
CREATE TABLE payouts (id int PRIMARY KEY, recipient_id int REFERENCES creators, campaign_id int REFERENCES ventures, amount numeric);
CREATE INDEX ON payouts (recipient_id);
CREATE TABLE posted (id int PRIMARY KEY, campaign_id int REFERENCES ventures, amount numeric, author int);
SELECT FROM spend_sync_attach('creators', NULL, 'posted', spent => 'earned', earnings => 'amount', status => NULL);
\echo :SQLSTATE
SELECT total, link FROM spend_sync_attach('creators', NULL, 'payouts', spent => 'earned', earnings => 'amount', status => NULL);
SET client_min_messages = warning;
-- Clips of one key in several partitions count together: said where there are any. A part of a type that is no key's is left to the partition.
CREATE TABLE reels (tenant int, id int, made date, earnings numeric, PRIMARY KEY (tenant, id)) PARTITION BY LIST (tenant);
CREATE TABLE reels_1 PARTITION OF reels FOR VALUES IN (1);
CREATE TABLE reels_2 PARTITION OF reels FOR VALUES IN (2);
CREATE TABLE shown (campaign_id int, clip_id int);
CREATE INDEX ON shown (campaign_id);
CREATE INDEX ON shown (clip_id);
SELECT source FROM spend_sync_attach('ventures', 'reels', 'shown', status => NULL);
INSERT INTO reels VALUES (1, 7, now(), 5), (2, 7, now(), 6), (2, 8, now(), 7);
SELECT source FROM spend_sync_attach('ventures', 'reels', 'shown', status => NULL);
SELECT source FROM spend_sync_attach('ventures', 'reels', 'shown', status => NULL, sync => false);
SELECT severity, object, problem, advice FROM spend_sync_plan('ventures', 'reels', 'shown', status => NULL) WHERE severity = 'warning';
CREATE TABLE dailies (tenant int, id int, made date, earnings numeric, PRIMARY KEY (tenant, id, made)) PARTITION BY RANGE (made);
ALTER TABLE shown ADD tenant int;
CREATE INDEX ON shown (tenant, clip_id);
SELECT source FROM spend_sync_attach('ventures', 'dailies', 'shown', status => NULL);
CREATE TABLE months (month date PRIMARY KEY, spent numeric DEFAULT 0);
SELECT FROM spend_sync_attach('months', NULL, 'shown', status => NULL, earnings => 'clip_id');
-- A session goes on when another one attaches a total by another key: campaigns that waited here for their verification were known by the old one.
CREATE TABLE firms (tenant int NOT NULL, id int NOT NULL, code text NOT NULL, spent numeric DEFAULT 0, PRIMARY KEY (tenant, id), UNIQUE (tenant, code));
CREATE TABLE fees (tenant int, firm_id int, firm_code text, amount numeric);
CREATE INDEX ON fees (tenant, firm_id);
CREATE INDEX ON fees (tenant, firm_code);
INSERT INTO firms SELECT 1, n, 'code' || n FROM generate_series(1, 9) n;
INSERT INTO fees SELECT 1, n, 'code' || n, 10 FROM generate_series(1, 9) n;
SELECT total FROM spend_sync_attach('firms', NULL, 'fees', campaign_id => '{tenant,code}', submission_campaign => '{tenant,firm_code}', earnings => 'amount', status => NULL);
SET spend_sync.debug_clock = '100s';
UPDATE fees SET amount = 11;
SET spend_sync.debug_clock = '200s';
UPDATE fees SET amount = 12;
\! psql -Xqt -d spend_sync_test -c "SELECT total FROM spend_sync_attach('firms', NULL, 'fees', campaign_id => '{tenant,id}', submission_campaign => '{tenant,firm_id}', earnings => 'amount', status => NULL)" 2>&1 | grep firms.spent
SET spend_sync.debug_clock = '400s';
UPDATE fees SET amount = 13;
SET spend_sync.debug_clock = '600s';
UPDATE fees SET amount = 14;
SELECT count(*), min(spent), max(spent) FROM firms;
RESET spend_sync.debug_clock;

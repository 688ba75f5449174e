-- Several totals side by side: a second schema's, and another parent of the same clips.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

CREATE SCHEMA tenant_b;
CREATE TABLE tenant_b.campaigns (LIKE campaigns INCLUDING ALL);
CREATE TABLE tenant_b.clips (LIKE clips INCLUDING ALL);
CREATE TABLE tenant_b.clip_submissions (
    LIKE clip_submissions INCLUDING ALL,
    FOREIGN KEY (campaign_id) REFERENCES tenant_b.campaigns,
    FOREIGN KEY (clip_id) REFERENCES tenant_b.clips
);
CREATE VIEW totals_b AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM tenant_b.clip_submissions s JOIN tenant_b.clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'PAID'), 0) AS oracle
    FROM tenant_b.campaigns c ORDER BY c.id;
INSERT INTO tenant_b.campaigns VALUES (1, 'B one'), (9, 'B nine');
INSERT INTO tenant_b.clips VALUES (1, 0.10), (2, 0.20);
INSERT INTO tenant_b.clip_submissions VALUES (1, 1, 1, 'PAID'), (2, 9, 2, 'PAID'), (3, 9, 1, 'APPROVED');
SET search_path = tenant_b, public;
SELECT * FROM spend_sync_attach(approved => '{PAID}') \gx
RESET search_path;
TABLE totals_b;
TABLE totals;
SELECT campaigns, clips, submissions, approved FROM spend_sync.binding ORDER BY 1;

-- Each is written without the other; one statement may write both.
UPDATE clips SET earnings = earnings + 1;
UPDATE tenant_b.clips SET earnings = earnings + 0.05;
WITH b AS (UPDATE tenant_b.clip_submissions SET status = 'PAID')
UPDATE clip_submissions SET status = 'APPROVED';
TABLE totals_b;
TABLE totals;

-- With none named, the one that the search path sees.
SELECT campaign_id, title, recorded_spent FROM spend_sync_status();
SET search_path = tenant_b, public;
SELECT campaign_id, title, recorded_spent FROM spend_sync_status();
SELECT campaign_id, title, recorded_spent FROM spend_sync_status('public.campaigns');
SELECT campaign_id, title FROM sync_campaign(9);
RESET search_path;
SELECT campaign_id, title FROM sync_campaign(9);
\echo :SQLSTATE
SELECT campaign_id, title FROM sync_campaign(9, 'tenant_b.campaigns');
SELECT campaign_id, title, difference FROM sync_all_campaigns('tenant_b.campaigns');

-- Another parent of the same clips: what a user earned.
CREATE TABLE users (id text PRIMARY KEY, email text, "totalEarnings" numeric(10,2) NOT NULL DEFAULT 0);
ALTER TABLE clip_submissions ADD "userId" text REFERENCES users ON DELETE SET NULL ON UPDATE CASCADE;
CREATE INDEX ON clip_submissions ("userId");
INSERT INTO users VALUES ('ann', 'ann@example.com'), ('bob', 'bob@example.com');
UPDATE clip_submissions SET "userId" = CASE WHEN id % 2 = 0 THEN 'ann' ELSE 'bob' END;
SELECT * FROM spend_sync_attach('users', spent => 'totalEarnings', submission_campaign => 'userId') \gx
CREATE VIEW earned AS
    SELECT u.id, u."totalEarnings", coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s."userId" = u.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM users u ORDER BY u.id;
TABLE earned;
SELECT tgrelid::regclass::text AS "table", tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%flush' ORDER BY 1, 2;
SELECT campaigns, spent, clips, submissions, submission_campaign FROM spend_sync.binding ORDER BY 1;

-- Now a bare call speaks of two.
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
SELECT * FROM spend_sync_status('users');
SELECT * FROM spend_sync_check();
-- What both lack is told once.
BEGIN;
DROP INDEX clip_submissions_clip_id_idx;
SELECT object, problem FROM spend_sync_check();
ROLLBACK;

-- Every write of a clip or submission moves both.
UPDATE clips SET earnings = 50 WHERE id = 3;
TABLE earned;
TABLE totals;
UPDATE clip_submissions SET "userId" = 'ann' WHERE id = 3;
UPDATE clip_submissions SET campaign_id = 3 WHERE id = 4;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 1;
UPDATE users SET id = 'anna' WHERE id = 'ann';
UPDATE users SET "totalEarnings" = 1 WHERE id = 'bob';
UPDATE campaigns SET spent = 1;
TABLE earned;
TABLE totals;
-- Two that wait for the commit, beside one that does not.
SELECT brought_up_at FROM spend_sync_attach(flush => 'commit', sync => false);
SELECT brought_up_at FROM spend_sync_attach('users', spent => 'totalEarnings', submission_campaign => 'userId', flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = earnings * 2;
DELETE FROM users WHERE id = 'anna';
DELETE FROM clip_submissions WHERE id = 2;
UPDATE tenant_b.clips SET earnings = 1;
COMMIT;
TABLE earned;
TABLE totals;
TABLE totals_b;

-- Totals of totals: a brand's campaigns are the clips of another binding.
CREATE TABLE brands (id int PRIMARY KEY, name text, spent numeric DEFAULT 0);
CREATE TABLE brand_campaigns (brand_id int REFERENCES brands, campaign_id int REFERENCES campaigns, status boolean DEFAULT true);
CREATE INDEX ON brand_campaigns (brand_id);
CREATE INDEX ON brand_campaigns (campaign_id);
INSERT INTO brands VALUES (1, 'All'), (2, 'Some');
INSERT INTO brand_campaigns SELECT 1, id FROM campaigns;
INSERT INTO brand_campaigns VALUES (2, 3);
SELECT * FROM spend_sync_attach('brands', 'campaigns', 'brand_campaigns', earnings => 'spent') \gx
SELECT * FROM brands ORDER BY id;
UPDATE clips SET earnings = earnings + 0.01;
SELECT * FROM brands ORDER BY id;
UPDATE campaigns SET spent = 0;
TABLE totals;
SELECT b.id, b.spent, sum(c.spent) AS oracle FROM brands b JOIN brand_campaigns ON brand_id = b.id JOIN campaigns c ON c.id = campaign_id
GROUP BY b.id ORDER BY b.id;
SELECT brought_up_at FROM spend_sync_attach('brands', 'campaigns', 'brand_campaigns', earnings => 'spent', flush => 'commit', sync => false);
UPDATE clips SET earnings = earnings + 1;
SELECT b.id, b.spent, sum(c.spent) AS oracle FROM brands b JOIN brand_campaigns ON brand_id = b.id JOIN campaigns c ON c.id = campaign_id
GROUP BY b.id ORDER BY b.id;

-- Detached one by one; the others stay.
SELECT spend_sync_detach('users');
SELECT campaigns FROM spend_sync.binding ORDER BY 1;
UPDATE clip_submissions SET "userId" = 'bob';
TABLE earned;
TABLE totals;
SELECT spend_sync_detach('campaigns');
SELECT campaigns FROM spend_sync.binding ORDER BY 1;
UPDATE campaigns SET spent = 100 WHERE id = 3;
SELECT b.id, b.spent, sum(c.spent) AS oracle FROM brands b JOIN brand_campaigns ON brand_id = b.id JOIN campaigns c ON c.id = campaign_id
GROUP BY b.id ORDER BY b.id;
SELECT total, corrected FROM spend_sync_attach();
SELECT b.id, b.spent, sum(c.spent) AS oracle FROM brands b JOIN brand_campaigns ON brand_id = b.id JOIN campaigns c ON c.id = campaign_id
GROUP BY b.id ORDER BY b.id;
SELECT * FROM totals_b WHERE spent IS DISTINCT FROM oracle;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

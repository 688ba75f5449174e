-- What attach would meet, all at once; nothing is changed.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
-- Nothing is called as it usually is.
SELECT severity, problem, advice FROM spend_sync_plan();
CREATE SCHEMA shop;
CREATE TABLE shop.promo (code text PRIMARY KEY, label text, budget money, used numeric(6,2) DEFAULT 0);
CREATE TABLE shop.video (uuid uuid PRIMARY KEY, revenue numeric(12,2), paid_at timestamptz);
CREATE TABLE shop.entry (id bigserial PRIMARY KEY, promo_code text, video_uuid uuid, state text, note text);
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry');
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', spent => 'budget', earnings => 'paid_at',
    submission_campaign => 'note', submission_clip => 'state', status => 'video_uuid', flush => 'later', direct_writes => 'never');
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.promo', 'shop.entry');
-- The error of attach says that there is more.
SELECT * FROM spend_sync_attach('shop.promo', 'shop.video', 'shop.entry');
\echo :SQLSTATE
-- Names are right; there are statuses, and none counts.
INSERT INTO shop.promo VALUES ('a', 'A', NULL, 10), ('b', 'B', NULL, 20), ('c', 'C', NULL, NULL);
INSERT INTO shop.video SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid, n * 10 FROM generate_series(1, 5) n;
INSERT INTO shop.entry (promo_code, video_uuid, state)
SELECT CASE WHEN n < 4 THEN 'a' ELSE 'b' END, ('00000000-0000-4000-8000-00000000000' || n)::uuid, CASE n WHEN 5 THEN 'PAID' WHEN 4 THEN ' ok' ELSE 'ok' END
FROM generate_series(1, 5) n;
SELECT * FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', spent => 'used', earnings => 'revenue',
    submission_campaign => 'promo_code', submission_clip => 'video_uuid', status => 'state') \gx
-- And one does: what would be said, and become of the totals, and the call that says it all.
SELECT * FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', title => 'label', spent => 'used', earnings => 'revenue',
    submission_campaign => 'promo_code', submission_clip => 'video_uuid', status => 'state', approved => '{ok}') \gx
SELECT * FROM shop.promo ORDER BY code;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'spend_sync%';
SELECT advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', title => 'label', spent => 'used', earnings => 'revenue',
    submission_campaign => 'promo_code', submission_clip => 'video_uuid', status => 'state', approved => '{ok}') WHERE severity = 'call' \gexec
SELECT * FROM shop.promo ORDER BY code;
-- A total that does not fit, a count of all, at commit, left as it is.
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', spent => 'used', earnings => 'revenue',
    submission_campaign => 'promo_code', submission_clip => 'video_uuid', status => NULL, sync => false, flush => 'commit', direct_writes => 'reject');
UPDATE shop.video SET revenue = 1000000 WHERE uuid = '00000000-0000-4000-8000-000000000005';
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', spent => 'used', earnings => 'revenue',
    submission_campaign => 'promo_code', submission_clip => 'video_uuid', status => NULL);
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', spent => 'used', count => true,
    submission_campaign => 'promo_code', submission_clip => 'video_uuid', status => NULL);
-- What looks like a share of a clip is none of the total's.
ALTER TABLE shop.entry ADD "revenueShare" numeric(5,2), ADD split_note text;
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', spent => 'used', earnings => 'revenue',
    submission_campaign => 'promo_code', submission_clip => 'video_uuid', status => NULL, sync => false) WHERE severity = 'warning';
-- Another's tables are not looked into.
CREATE ROLE plan_stranger;
GRANT USAGE ON SCHEMA shop TO plan_stranger;
SET ROLE plan_stranger;
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry');
RESET ROLE;
ALTER TABLE shop.video OWNER TO plan_stranger;
SELECT severity, problem, advice FROM spend_sync_plan('shop.promo', 'shop.video', 'shop.entry', spent => 'used', earnings => 'revenue',
    submission_campaign => 'promo_code', submission_clip => 'video_uuid', status => 'state', approved => '{ok}');
DROP SCHEMA shop CASCADE;
DROP ROLE plan_stranger;

-- Tables that are called otherwise than attach expects: in the singular, with an application's prefix, in camel case, in a schema that the
-- search path does not see. One that alone may be meant is taken; of several, or none, the error names what there is.
CREATE EXTENSION spend_sync;
CREATE ROLE regress_owner;
GRANT CREATE ON DATABASE :DBNAME TO regress_owner;
GRANT CREATE ON SCHEMA public TO regress_owner;
SET ROLE regress_owner;
SELECT total FROM spend_sync_attach();
\echo :SQLSTATE
CREATE TABLE app_campaign (id int PRIMARY KEY, spent numeric(10,2));
CREATE TABLE app_clip (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE app_submission (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
CREATE INDEX ON app_submission (campaign_id);
CREATE INDEX ON app_submission (clip_id);
SELECT total, source, link FROM spend_sync_attach();
SELECT total FROM spend_sync_detach('app_campaign');
-- Several: none is taken, and all are named.
CREATE TABLE "Campaign" (id int PRIMARY KEY, spent numeric(10,2));
SELECT total FROM spend_sync_attach();
\echo :SQLSTATE
-- The very name comes before all.
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(10,2));
SELECT total, source, link FROM spend_sync_attach();
SELECT total FROM spend_sync_detach('campaigns');
DROP TABLE app_campaign, "Campaign", campaigns, app_clip, app_submission;
-- Out of the search path's sight; what it sees comes first.
CREATE SCHEMA media;
CREATE TABLE media."Campaigns" (id int PRIMARY KEY, spent numeric(10,2));
CREATE TABLE media."Clip" (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE media."ClipSubmission" (id int PRIMARY KEY, "campaignId" int, "clipId" int, status text);
CREATE INDEX ON media."ClipSubmission" ("campaignId");
CREATE INDEX ON media."ClipSubmission" ("clipId");
SELECT total, source, link FROM spend_sync_attach();
SELECT total FROM spend_sync_detach('media."Campaigns"');
-- Of several schemas only where foreign keys say that they belong together.
CREATE TABLE clip (id int PRIMARY KEY, earnings numeric(10,2));
SELECT total, source, link FROM spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE media."ClipSubmission" ADD CONSTRAINT own FOREIGN KEY ("campaignId") REFERENCES media."Campaigns";
SELECT total, source, link FROM spend_sync_attach();
ALTER TABLE media."ClipSubmission" ADD CONSTRAINT other FOREIGN KEY ("clipId") REFERENCES clip;
SELECT total, source, link FROM spend_sync_attach();
SELECT total FROM spend_sync_detach('media."Campaigns"');
ALTER TABLE media."ClipSubmission" DROP CONSTRAINT own, DROP CONSTRAINT other;
-- Others' tables, partitions, views and temporary tables are not meant.
DROP TABLE clip, media."Clip";
RESET ROLE;
CREATE TABLE clip (id int PRIMARY KEY, earnings numeric(10,2));
SET ROLE regress_owner;
CREATE TEMP TABLE my_clips (id int);
CREATE VIEW your_clips AS SELECT 1 AS id;
CREATE TABLE media.parts (id int PRIMARY KEY, earnings numeric(10,2)) PARTITION BY RANGE (id);
CREATE TABLE media.parts_clip PARTITION OF media.parts FOR VALUES FROM (1) TO (9);
SELECT total FROM spend_sync_attach();
\echo :SQLSTATE
-- What stands beside a table that was named comes before what the search path sees: a tenant's own clips. Where nothing does, that is taken.
DROP VIEW your_clips;
CREATE SCHEMA tenant;
CREATE TABLE tenant.campaigns (id int PRIMARY KEY, spent numeric(10,2));
CREATE TABLE tenant.clip (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE your_clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
SELECT total, source, link FROM spend_sync_attach('tenant.campaigns', sync => false);
CREATE TABLE tenant.clip_submissions (LIKE clip_submissions);
SELECT total, source, link FROM spend_sync_attach('tenant.campaigns', sync => false);
SELECT total, source, link FROM spend_sync_attach(submissions => 'tenant.clip_submissions', sync => false);
CREATE TABLE tenant.old_clip (id int PRIMARY KEY, earnings numeric(10,2));
SELECT total FROM spend_sync_attach('tenant.campaigns');
\echo :SQLSTATE
SELECT total FROM spend_sync_detach('tenant.campaigns');
-- A moment says that something has happened: it is named among what a status could be, and then the column that it takes.
DROP TABLE tenant.old_clip, tenant.clip_submissions;
CREATE TABLE tenant.clip_submissions (campaign_id int, clip_id int, approved_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
    commission numeric, split_of int);
SELECT severity, problem, advice FROM spend_sync_plan('tenant.campaigns');
SELECT severity, problem, advice FROM spend_sync_plan('tenant.campaigns', status => 'approved_at');
ALTER TABLE tenant.clip_submissions ADD counts boolean GENERATED ALWAYS AS (approved_at IS NOT NULL) STORED;
SELECT severity, problem FROM spend_sync_plan('tenant.campaigns', status => 'counts', approved => '{true}');
-- The only foreign key is not taken where another column has the usual name, and could be it: who approved a payout is not who got it.
CREATE TABLE users (id int PRIMARY KEY, paid numeric(10,2) DEFAULT 0);
CREATE TABLE payouts (id int PRIMARY KEY, user_id int, approved_by int REFERENCES users, amount numeric(10,2));
SELECT total FROM spend_sync_attach('users', NULL, 'payouts', spent => 'paid', earnings => 'amount', status => NULL);
\echo :SQLSTATE
ALTER TABLE payouts ALTER user_id TYPE text;
SELECT advice FROM spend_sync_plan('users', NULL, 'payouts', spent => 'paid', earnings => 'amount', status => NULL) WHERE severity = 'call';
RESET ROLE;
DROP OWNED BY regress_owner;
DROP ROLE regress_owner;

-- What is dumped: an application with names as ORMs make them, whose clips feed two totals and are partitioned, a
-- tenant whose tables stand in two schemas, and tables that are known by tenant and number. The extension stands in a schema of its own, which no search path names.
CREATE ROLE app_owner;
CREATE ROLE app_writer;
CREATE ROLE finance;
CREATE SCHEMA "Sync Tools";
CREATE EXTENSION spend_sync SCHEMA "Sync Tools";
GRANT USAGE ON SCHEMA "Sync Tools" TO app_owner, app_writer, finance;
GRANT EXECUTE ON FUNCTION "Sync Tools".sync_campaign(text, regclass) TO finance;
GRANT EXECUTE ON PROCEDURE "Sync Tools".spend_sync_repair TO finance;
REVOKE EXECUTE ON FUNCTION "Sync Tools".spend_sync_report(regclass) FROM PUBLIC;
GRANT SELECT ON spend_sync.correction TO finance;

CREATE SCHEMA "App" AUTHORIZATION app_owner;
SET ROLE app_owner;
CREATE TYPE "App"."SubmissionStatus" AS ENUM ('PENDING', 'APPROVED', 'REJECTED');
CREATE TABLE "App".users (id text PRIMARY KEY, "totalEarnings" numeric(10,2) NOT NULL DEFAULT 0);
CREATE TABLE "App".campaigns (id text PRIMARY KEY, title text NOT NULL, spent numeric(10,2) DEFAULT 0);
CREATE TABLE "App".clips (id text PRIMARY KEY, views bigint DEFAULT 0, earnings numeric(10,2) DEFAULT 0)
    PARTITION BY HASH (id);
CREATE TABLE "App"."clips_Even" PARTITION OF "App".clips FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE "App"."clips_Odd" PARTITION OF "App".clips FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE "App".clip_submissions (
    id text PRIMARY KEY,
    "userId" text NOT NULL REFERENCES "App".users ON DELETE CASCADE,
    "campaignId" text NOT NULL REFERENCES "App".campaigns ON DELETE CASCADE,
    "clipId" text REFERENCES "App".clips ON DELETE CASCADE,
    status "App"."SubmissionStatus" DEFAULT 'PENDING'
);
CREATE INDEX ON "App".clip_submissions ("campaignId");
CREATE INDEX ON "App".clip_submissions ("userId");
INSERT INTO "App".users SELECT 'user' || n FROM generate_series(1, 4) n;
INSERT INTO "App".campaigns SELECT 'campaign' || n, 'Campaign ' || n FROM generate_series(1, 6) n;
INSERT INTO "App".clips SELECT 'clip' || n, n, n + 0.25 FROM generate_series(1, 60) n;
INSERT INTO "App".clip_submissions
    SELECT 's' || n, 'user' || n % 4 + 1, 'campaign' || n % 5 + 1, 'clip' || n,
           (ARRAY['PENDING', 'APPROVED', 'APPROVED', 'REJECTED'])[n % 4 + 1]::"App"."SubmissionStatus"
    FROM generate_series(1, 60) n;
-- No index on "clipId": the advice of spend_sync_check() must outlive the dump as well.
SET client_min_messages = error;
SELECT FROM "Sync Tools".spend_sync_attach('"App".campaigns', '"App".clips', '"App".clip_submissions');
SELECT FROM "Sync Tools".spend_sync_attach('"App".users', '"App".clips', '"App".clip_submissions',
    spent => 'totalEarnings', submission_campaign => 'userId');
-- A second total of theirs, over rows that hold what they add.
ALTER TABLE "App".users ADD "totalPaid" numeric(10,2) NOT NULL DEFAULT 0;
CREATE TABLE "App"."Payout" (id int PRIMARY KEY, "userId" text REFERENCES "App".users ON DELETE CASCADE, amount numeric(10,2));
CREATE INDEX ON "App"."Payout" ("userId");
INSERT INTO "App"."Payout" SELECT n, 'user' || n % 4 + 1, n FROM generate_series(1, 20) n;
SELECT FROM "Sync Tools".spend_sync_attach('"App".users', NULL, '"App"."Payout"', spent => 'totalPaid', submission_campaign => 'userId',
    earnings => 'amount', status => NULL);
RESET client_min_messages;
RESET ROLE;
GRANT USAGE ON SCHEMA "App" TO app_writer, finance;
GRANT SELECT, INSERT, UPDATE, DELETE ON "App".clips, "App".clip_submissions, "App"."Payout" TO app_writer;
GRANT SELECT ON "App".campaigns, "App".users TO app_writer;

CREATE SCHEMA "tenant-b";
CREATE SCHEMA media;
CREATE TABLE "tenant-b"."Deal" (id int PRIMARY KEY, name text, "spentCents" bigint);
CREATE TABLE media.clip (id bigint PRIMARY KEY, cents int);
CREATE TABLE "tenant-b".entry (id int PRIMARY KEY, deal int REFERENCES "tenant-b"."Deal", clip bigint REFERENCES media.clip, state text);
CREATE INDEX ON "tenant-b".entry (deal);
CREATE INDEX ON "tenant-b".entry (clip);
INSERT INTO "tenant-b"."Deal" VALUES (1, 'One', 3), (2, 'Two', NULL), (3, 'Three', 0);
INSERT INTO media.clip SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO "tenant-b".entry SELECT n, n % 3 + 1, n, (ARRAY['it''s \ paid', 'open'])[n % 2 + 1] FROM generate_series(1, 20) n;
SELECT FROM "Sync Tools".spend_sync_attach('"tenant-b"."Deal"', 'media.clip', '"tenant-b".entry',
    spent => 'spentCents', earnings => 'cents', status => 'state', submission_campaign => 'deal', title => 'name',
    approved => ARRAY['it''s \ paid'], direct_writes => 'reject');

CREATE SCHEMA shared;
CREATE TABLE shared.brief (tenant int, "No" text, spent numeric(10,2) NOT NULL DEFAULT 0, PRIMARY KEY (tenant, "No"));
CREATE TABLE shared.piece (tenant int, "No" int, fee numeric(10,2), PRIMARY KEY (tenant, "No"));
CREATE TABLE shared.pitch (id int PRIMARY KEY, tenant int NOT NULL, brief text, piece int, is_approved boolean,
    FOREIGN KEY (tenant, brief) REFERENCES shared.brief ON UPDATE CASCADE ON DELETE CASCADE, FOREIGN KEY (tenant, piece) REFERENCES shared.piece);
CREATE INDEX ON shared.pitch (tenant, brief);
CREATE INDEX ON shared.pitch (tenant, piece);
INSERT INTO shared.brief SELECT tenant, no FROM generate_series(1, 2) tenant, unnest('{7,"a,b"}'::text[]) no;
INSERT INTO shared.piece SELECT tenant, no, 10 * tenant + no FROM generate_series(1, 2) tenant, generate_series(1, 6) no;
INSERT INTO shared.pitch SELECT n, n % 2 + 1, (ARRAY['7', 'a,b'])[n % 3 + 1], n % 6 + 1, n % 4 > 0 FROM generate_series(1, 24) n;
SELECT FROM "Sync Tools".spend_sync_attach('shared.brief', 'shared.piece', 'shared.pitch', earnings => 'fee', status => 'is_approved');
-- As a subscriber of logical replication has them.
ALTER TABLE media.clip ENABLE ALWAYS TRIGGER "spend_sync_Deal_row";
ALTER TABLE "tenant-b"."Deal" DISABLE TRIGGER "spend_sync_Deal_begin";

-- The log of corrections, which no dump carries: by attach (above), of drift, and of a table that is no more.
SET session_replication_role = replica;
UPDATE "App".campaigns SET spent = 1 WHERE id IN ('campaign1', 'campaign6');
RESET session_replication_role;
SELECT FROM "Sync Tools".sync_all_campaigns('"App".campaigns');
INSERT INTO spend_sync.correction (at, campaigns, campaign_id, recorded, actual, found_by, role) VALUES ('2026-01-01', 4000000000::oid::regclass, '7', NULL, 1.50, 'attach', 'app_owner');

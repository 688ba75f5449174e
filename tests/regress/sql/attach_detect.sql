-- attach needs no argument on an application's own tables: it reads keys and links from the catalog, whatever the
-- ORM called the columns. The tables are reduced to what touches spend.
CREATE EXTENSION spend_sync;
CREATE TYPE "CampaignStatus" AS ENUM ('DRAFT', 'SCHEDULED', 'ACTIVE', 'PAUSED', 'COMPLETED', 'CANCELLED');
CREATE TYPE "SubmissionStatus" AS ENUM ('PENDING', 'APPROVED', 'REJECTED', 'PAID');
CREATE TABLE users (
    id text PRIMARY KEY,
    email text UNIQUE NOT NULL,
    "totalEarnings" numeric(10,2) NOT NULL DEFAULT 0
);
CREATE TABLE campaigns (
    id text PRIMARY KEY,
    title text NOT NULL,
    budget numeric(10,2) NOT NULL,
    spent numeric(10,2) DEFAULT 0,
    "reservedAmount" numeric(10,2) DEFAULT 0,
    status "CampaignStatus" DEFAULT 'ACTIVE',
    "updatedAt" timestamp(6) DEFAULT now()
);
CREATE TABLE clips (
    id text PRIMARY KEY,
    "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    url text NOT NULL,
    title text,
    views bigint DEFAULT 0,
    earnings numeric(10,2) DEFAULT 0
);
CREATE TABLE clip_submissions (
    id text PRIMARY KEY,
    "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    "campaignId" text NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    "clipId" text REFERENCES clips (id) ON DELETE CASCADE,
    "clipUrl" text NOT NULL,
    status "SubmissionStatus" DEFAULT 'PENDING',
    "finalEarnings" numeric(10,2) DEFAULT 0
);
CREATE INDEX ON clip_submissions ("campaignId", status);
CREATE UNIQUE INDEX clip_submissions_unique_url_per_campaign
    ON clip_submissions ("clipUrl", "campaignId") WHERE status <> 'REJECTED';
CREATE VIEW totals AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s."clipId"
        WHERE s."campaignId" = c.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY c.id;

INSERT INTO users VALUES ('cku0000000000000000000001', 'ann@example.com');
INSERT INTO campaigns (id, title, budget, spent) VALUES
    ('ckc0000000000000000000001', 'Ultimate Test Campaign', 10000, 3075.93),
    ('ckc0000000000000000000002', 'In step', 500, 12.00),
    ('ckc0000000000000000000003', 'Nothing approved', 500, 0);
INSERT INTO clips (id, "userId", url, earnings)
SELECT 'ckk000000000000000000000' || n, 'cku0000000000000000000001', 'https://example.com/' || n, earnings
FROM unnest('{4000.00, 546.32, 12.00, 99.99}'::numeric[]) WITH ORDINALITY AS e (earnings, n);
INSERT INTO clip_submissions (id, "userId", "campaignId", "clipId", "clipUrl", status) VALUES
    ('s1', 'cku0000000000000000000001', 'ckc0000000000000000000001', 'ckk0000000000000000000001', 'a', 'APPROVED'),
    ('s2', 'cku0000000000000000000001', 'ckc0000000000000000000001', 'ckk0000000000000000000002', 'b', 'APPROVED'),
    ('s3', 'cku0000000000000000000001', 'ckc0000000000000000000002', 'ckk0000000000000000000003', 'c', 'APPROVED'),
    ('s4', 'cku0000000000000000000001', 'ckc0000000000000000000003', 'ckk0000000000000000000004', 'd', 'PENDING');

-- Bound in an instant, every total left as found: a look first.
SELECT * FROM spend_sync_attach(sync => false) \gx
SELECT * FROM spend_sync_status();
TABLE totals;

-- A row for people and programs: what is bound, how many totals were wrong and by how much in all.
CREATE INDEX ON clip_submissions ("clipId");
SELECT * FROM spend_sync_attach() \gx
TABLE totals;
SELECT campaigns::regclass, campaign_id, recorded, actual, found_by, role FROM spend_sync.correction ORDER BY campaign_id;

-- The binding is the triggers.
SELECT * FROM spend_sync.binding \gx
\pset format unaligned
SELECT tgrelid::regclass::text AS "table", pg_get_triggerdef(oid) AS trigger
FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, tgname \gx
\pset format aligned

-- From here on nobody has to think of it.
UPDATE clips SET earnings = earnings + 0.01;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 's4';
TABLE totals;

-- Without foreign keys, names tell: the table's name in the singular, or the usual one.
CREATE SCHEMA plain;
CREATE TABLE plain.campaigns (id bigint PRIMARY KEY, name text, spent numeric);
CREATE TABLE plain.clips (id uuid PRIMARY KEY, earnings numeric);
CREATE TABLE plain.clip_submissions (id int PRIMARY KEY, campaign_id bigint, "clipID" uuid, status varchar(20));
CREATE TABLE plain.offers (id int PRIMARY KEY, title text, spent numeric);
CREATE TABLE plain.posts (id int PRIMARY KEY, earnings numeric);
CREATE TABLE plain.entries (id int PRIMARY KEY, "offerId" int, post_id int, status varchar(20));
CREATE INDEX ON plain.clip_submissions (campaign_id);
CREATE INDEX ON plain.clip_submissions ("clipID");
CREATE INDEX ON plain.entries ("offerId");
CREATE INDEX ON plain.entries (post_id);
INSERT INTO plain.campaigns VALUES (1, 'Plain', NULL);
INSERT INTO plain.clips VALUES ('00000000-0000-0000-0000-000000000001', 7);
INSERT INTO plain.clip_submissions VALUES (1, 1, '00000000-0000-0000-0000-000000000001', 'APPROVED');
SELECT * FROM spend_sync_attach('plain.campaigns', 'plain.clips', 'plain.clip_submissions') \gx
SELECT * FROM spend_sync_attach('plain.offers', 'plain.posts', 'plain.entries') \gx
SELECT * FROM plain.campaigns;

-- The search path finds the tables, and what it does not find has to be named.
SET search_path = plain, public;
SELECT total, source, link FROM spend_sync_attach();
RESET search_path;

-- A foreign key tells even where no name does; a key may be a unique column that is not the primary key.
CREATE TABLE plain.deals (pk int PRIMARY KEY, slug text UNIQUE NOT NULL, spent numeric DEFAULT 0);
CREATE TABLE plain.joins (pk int PRIMARY KEY, deal text REFERENCES plain.deals (slug), what int REFERENCES plain.posts, status text);
CREATE INDEX ON plain.joins (deal);
CREATE INDEX ON plain.joins (what);
INSERT INTO plain.deals VALUES (1, 'summer');
INSERT INTO plain.posts VALUES (1, 3.5);
INSERT INTO plain.joins VALUES (1, 'summer', 1, 'APPROVED');
SELECT * FROM spend_sync_attach('plain.deals', 'plain.posts', 'plain.joins', campaign_id => 'slug') \gx
UPDATE plain.posts SET earnings = 4.5;
SELECT * FROM plain.deals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT c.* FROM plain.campaigns c WHERE spent IS DISTINCT FROM (
    SELECT sum(earnings) FROM plain.clip_submissions s JOIN plain.clips k ON k.id = "clipID"
    WHERE s.campaign_id = c.id AND status = 'APPROVED');
SELECT d.* FROM plain.deals d WHERE spent IS DISTINCT FROM (
    SELECT sum(earnings) FROM plain.joins j JOIN plain.posts p ON p.id = what
    WHERE deal = slug AND status = 'APPROVED');

-- A collation may call different texts equal: no key can have it. (Only a server built with ICU knows such collations.)
SELECT count(*) > 0 AS has_icu FROM pg_collation WHERE collprovider = 'i' AND collname <> 'unicode' \gset
\if :has_icu
\else
\echo this server was built without ICU
\quit
\endif
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
ALTER TABLE campaigns ADD slug text COLLATE any_case UNIQUE;
SELECT * FROM spend_sync_attach(campaign_id => 'slug');
\echo :SQLSTATE
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
-- A status may: what counts is what the collation calls equal.
ALTER TABLE clip_submissions ALTER status TYPE text COLLATE any_case;
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One');
INSERT INTO clips VALUES (1, 10), (2, 20), (3, 40);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'approved'), (3, 1, 3, 'pending');
SELECT corrected FROM spend_sync_attach();
TABLE totals;
UPDATE clip_submissions SET status = 'Approved' WHERE id = 3;
UPDATE clip_submissions SET status = 'Rejected' WHERE id = 1;
TABLE totals;

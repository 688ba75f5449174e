-- PostgreSQL 17 and later: what REFRESH, REINDEX, CLUSTER and the like run sees pg_catalog and nothing else. Writes and previews from
-- there are as right as from anywhere; a preview has to be told which table it is of.
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
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 2, 3, 'APPROVED');
SELECT corrected, total_difference FROM spend_sync_attach();
CREATE MATERIALIZED VIEW named AS SELECT * FROM spend_sync_status('campaigns');
REFRESH MATERIALIZED VIEW named;
TABLE named ORDER BY campaign_id;
CREATE MATERIALIZED VIEW unnamed AS SELECT * FROM spend_sync_status() WITH NO DATA;
REFRESH MATERIALIZED VIEW unnamed;
\echo :SQLSTATE
-- A write in there: at its end, and at commit.
CREATE FUNCTION earn(amount numeric) RETURNS numeric LANGUAGE sql AS 'UPDATE public.clips SET earnings = amount RETURNING earnings';
CREATE MATERIALIZED VIEW earned AS SELECT earn(7) AS earned;
TABLE totals;
UPDATE clips SET earnings = 8;
REFRESH MATERIALIZED VIEW earned;
TABLE totals;
UPDATE clips SET earnings = 9;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
REFRESH MATERIALIZED VIEW earned;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;
-- What moves rows and builds indexes anew moves no total, and writes go on.
REINDEX TABLE clip_submissions;
CLUSTER clips USING clips_pkey;
VACUUM FULL campaigns;
ANALYZE;
UPDATE clips SET earnings = id;
TABLE totals;
-- Event triggers may be off for a session: the check says so.
SET event_triggers = off;
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE object LIKE '%event trigger%';
RESET event_triggers;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

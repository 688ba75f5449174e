-- PostgreSQL 18 and later: a foreign key that is not enforced ties nothing: a link may name a clip or a campaign that does not
-- exist yet. Writes take the same guards as without a key (a table's and a key's), and totals are right whichever comes first.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'APPROVED'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
CREATE VIEW advisory_locks AS SELECT count(*) AS advisory_locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
INSERT INTO campaigns VALUES (1, 'One');
INSERT INTO clips VALUES (1, 10.00);
SELECT corrected FROM spend_sync_attach();
SELECT submission_campaign, submission_clip FROM spend_sync.binding;

-- Enforced: a link needs no guard; a clip has its own all the same, for who is not held to the key.
BEGIN;
INSERT INTO clip_submissions VALUES (1, 1, 1);
INSERT INTO clips VALUES (2, 20.00);
TABLE advisory_locks;
COMMIT;

-- Not enforced any more, while the backend knows the tables: link first, clip afterwards.
ALTER TABLE clip_submissions ALTER CONSTRAINT clip_submissions_clip_id_fkey NOT ENFORCED;
BEGIN;
INSERT INTO clip_submissions VALUES (2, 1, 3);
TABLE advisory_locks;
COMMIT;
TABLE totals;
INSERT INTO clips VALUES (3, 30.00);
TABLE totals;
-- The campaign's key, too.
ALTER TABLE clip_submissions ALTER CONSTRAINT clip_submissions_campaign_id_fkey NOT ENFORCED;
BEGIN;
INSERT INTO clip_submissions VALUES (3, 2, 2);
TABLE advisory_locks;
COMMIT;
INSERT INTO campaigns VALUES (2, 'Two');
TABLE totals;
-- Enforced again.
ALTER TABLE clip_submissions ALTER CONSTRAINT clip_submissions_clip_id_fkey ENFORCED,
    ALTER CONSTRAINT clip_submissions_campaign_id_fkey ENFORCED;
BEGIN;
INSERT INTO clip_submissions VALUES (4, 2, 3);
TABLE advisory_locks;
COMMIT;
TABLE totals;

-- One that was never enforced still says which column links to which table.
SELECT spend_sync_detach('campaigns');
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey;
ALTER TABLE clip_submissions RENAME clip_id TO film;
ALTER TABLE clip_submissions ADD FOREIGN KEY (film) REFERENCES clips NOT ENFORCED;
SELECT corrected FROM spend_sync_attach();
SELECT submission_campaign, submission_clip FROM spend_sync.binding;
BEGIN;
INSERT INTO clip_submissions VALUES (5, 1, 5);
TABLE advisory_locks;
COMMIT;
INSERT INTO clips VALUES (5, 50.00);
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

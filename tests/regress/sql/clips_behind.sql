-- Why a total is what it is: spend_sync_clips() gives the rows behind it, those that do not count too, and what was written last first.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2));
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
SELECT * FROM spend_sync_clips(1);
\echo :SQLSTATE
SELECT spend_sync_attach(sync => false);
INSERT INTO campaigns VALUES (1, 'one'), (2, 'none');
INSERT INTO clips VALUES (1, 10), (2, 20.5), (3, NULL), (4, 7);
INSERT INTO clip_submissions VALUES (11, 1, 1, 'APPROVED'), (12, 1, 2, 'PENDING'), (13, 1, 3, 'APPROVED'), (14, 1, 99, 'APPROVED'),
    (15, 1, NULL, 'APPROVED'), (16, 1, 4, NULL), (17, 2, 1, 'REJECTED');
-- Of one transaction by their keys; then those that were written last, be it the clip.
SELECT * FROM spend_sync_clips(1);
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 12;
UPDATE clips SET earnings = 11 WHERE id = 1;
SELECT * FROM spend_sync_clips(1);
-- What counts adds up to the total.
SELECT c.id, c.spent, sum(b.amount) FILTER (WHERE b.counts) AS counted, count(*) FILTER (WHERE b.counts) AS clips
FROM campaigns c CROSS JOIN LATERAL spend_sync_clips(c.id) b GROUP BY c.id ORDER BY c.id;
-- A campaign without submissions, none, no key, NULL.
DELETE FROM clip_submissions WHERE campaign_id = 2;
SELECT * FROM spend_sync_clips(2, 'campaigns');
SELECT * FROM spend_sync_clips(3);
\echo :SQLSTATE
SELECT * FROM spend_sync_clips('one');
\echo :SQLSTATE
SELECT * FROM spend_sync_clips(NULL::text);
\echo :SQLSTATE
-- As the calling query sees the tables.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM spend_sync_clips(1);
\! psql -X -q -d spend_sync_test -c 'INSERT INTO clip_submissions VALUES (18, 1, 4, $$PENDING$$)'
SELECT count(*) FROM spend_sync_clips(1);
COMMIT;
SELECT count(*) FROM spend_sync_clips(1);
-- The key of submissions may have several columns, or there is none.
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_pkey, ADD PRIMARY KEY (campaign_id, id);
SELECT submission FROM spend_sync_clips(1) LIMIT 2;
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_pkey;
SELECT DISTINCT submission FROM spend_sync_clips(1);
-- Who may not see all rows is told so; who may needs no more.
CREATE ROLE regress_reader;
SET ROLE regress_reader;
SELECT * FROM spend_sync_clips(1, 'public.campaigns');
\echo :SQLSTATE
RESET ROLE;
GRANT SELECT ON campaigns, clips, clip_submissions TO regress_reader;
SET ROLE regress_reader;
SELECT count(*) FROM spend_sync_clips(1);
RESET ROLE;
ALTER TABLE clips ENABLE ROW LEVEL SECURITY;
SET ROLE regress_reader;
SELECT count(*) FROM spend_sync_clips(1);
\echo :SQLSTATE
RESET ROLE;
DROP OWNED BY regress_reader;
DROP ROLE regress_reader;
-- Keys that are texts and uuids, tables that are partitioned, a status that is an enum.
SELECT spend_sync_detach('campaigns');
CREATE SCHEMA other;
CREATE TYPE other.state AS ENUM ('APPROVED', 'OTHER');
CREATE TABLE other.campaigns (id uuid PRIMARY KEY, spent bigint);
CREATE TABLE other.clips (id text PRIMARY KEY, earnings bigint) PARTITION BY HASH (id);
CREATE TABLE other.clips_0 PARTITION OF other.clips FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE other.clips_1 PARTITION OF other.clips FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE other.clip_submissions (id text PRIMARY KEY, campaign_id uuid, clip_id text, status other.state);
CREATE INDEX ON other.clip_submissions (campaign_id);
CREATE INDEX ON other.clip_submissions (clip_id);
SELECT spend_sync_attach('other.campaigns', 'other.clips', 'other.clip_submissions');
INSERT INTO other.campaigns VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
INSERT INTO other.clips VALUES ('x', 5), ('y', 6);
INSERT INTO other.clip_submissions VALUES ('s1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'x', 'APPROVED'),
    ('s2', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'y', 'OTHER');
SELECT * FROM spend_sync_clips('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'other.campaigns');
SELECT * FROM spend_sync_clips('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'other.campaigns') WHERE counts;

-- Upserts and COPY: one statement that inserts and updates.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW totals AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY c.id;
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00), (4, 40.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- Upserts of clips: some are new, some change, some do not.
INSERT INTO clips VALUES (1, 15.00), (5, 5.00), (2, 20.00)
ON CONFLICT (id) DO UPDATE SET earnings = excluded.earnings;
TABLE totals;
INSERT INTO clips VALUES (1, 1000) ON CONFLICT DO NOTHING;
INSERT INTO clips VALUES (1, 1000) ON CONFLICT (id) DO UPDATE SET earnings = excluded.earnings WHERE clips.earnings > 500;
TABLE totals;

-- Upserts of submissions: a new link, a moved one, a changed status.
INSERT INTO clip_submissions VALUES (1, 3, 1, 'APPROVED'), (3, 1, 3, 'APPROVED'), (5, 2, 5, 'APPROVED')
ON CONFLICT (id) DO UPDATE
SET campaign_id = excluded.campaign_id, clip_id = excluded.clip_id, status = excluded.status;
TABLE totals;

-- COPY into all three.
COPY campaigns FROM stdin;
5	By copy	0
6	By copy, with a lie	6.66
7	By copy, unknown	\N
\.
COPY clips (id, earnings) FROM stdin;
10	100.10
11	\N
12	12.12
\.
COPY clip_submissions FROM stdin;
10	5	10	APPROVED
11	5	11	APPROVED
12	6	12	APPROVED
13	7	12	PENDING
14	7	\N	APPROVED
\.
TABLE totals;
-- A COPY that fails leaves nothing behind.
COPY clip_submissions FROM stdin;
20	7	10	APPROVED
21	7	999	APPROVED
\.
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'attach' ORDER BY at, campaign_id;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

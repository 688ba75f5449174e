-- Upserts and COPY: one statement that inserts and updates.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
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

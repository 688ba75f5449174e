-- A platform to work on, the same at every run: 40 campaigns, 250 creators, 4,000 clips and their submissions, as the
-- application left them before spend_sync came, some totals wrong. Keys look like cuids: 25 characters.
SELECT setseed(0.42) \g /dev/null

CREATE FUNCTION pg_temp.cuid(kind text, n int) RETURNS text LANGUAGE sql IMMUTABLE
RETURN 'cm' || substr(md5(kind || n), 1, 23);

INSERT INTO users (id, email)
SELECT pg_temp.cuid('user', n), format('creator%s@example.com', n) FROM generate_series(1, 250) n;

INSERT INTO campaigns (id, title, description, creator, budget, "payoutRate", status)
SELECT pg_temp.cuid('campaign', n),
       (ARRAY['Aurora', 'Basalt', 'Citrus', 'Drift', 'Ember', 'Fjord', 'Gravel', 'Harbour', 'Indigo', 'Juniper'])[1 + n % 10]
         || ' ' || (ARRAY['Launch', 'Summer Push', 'Creator Week', 'Relaunch'])[1 + n / 10],
       'Clips about the product, paid by views.', 'brand' || n, 20000 + 5000 * (n % 5), round((0.5 + random() * 2.5)::numeric, 2),
       (ARRAY['ACTIVE', 'ACTIVE', 'ACTIVE', 'PAUSED', 'COMPLETED']::"CampaignStatus"[])[1 + n % 5]
FROM generate_series(0, 38) n;

INSERT INTO campaigns (id, title, description, creator, budget, "payoutRate", "isTest")
VALUES ('cmultimatetestcampaign001', 'Ultimate Test Campaign', 'The one that was found wrong.', 'brand0', 10000, 1.50, true);

-- Most clips are seen by few, a few by very many.
INSERT INTO clips (id, "userId", url, platform, title, views)
SELECT pg_temp.cuid('clip', n), pg_temp.cuid('user', 1 + n % 250), 'https://clips.example/' || n, platforms[1 + n % 4],
       'Clip ' || n, floor(5000 / (0.004 + random()))
FROM generate_series(1, 4000) n, (SELECT enum_range(NULL::"SocialPlatform")) AS p (platforms);

-- Clips 1 to 60 are the test campaign's; each other clip is submitted to one campaign, every fifth to a second one too.
CREATE TEMPORARY TABLE submitted AS
SELECT n, 'cmultimatetestcampaign001' AS campaign FROM generate_series(1, 60) n
UNION ALL
SELECT n, pg_temp.cuid('campaign', n % 39) FROM generate_series(61, 4000) n
UNION ALL
SELECT n, pg_temp.cuid('campaign', (n + 7) % 39) FROM generate_series(65, 4000, 5) n;

INSERT INTO clip_submissions (id, "userId", "campaignId", "clipId", "clipUrl", platform, status)
SELECT pg_temp.cuid('submission', row_number() OVER (ORDER BY s.n, s.campaign)::int), c."userId", s.campaign, c.id, c.url, c.platform,
       CASE WHEN s.n <= 48 THEN 'APPROVED'
            WHEN s.n <= 60 THEN (ARRAY['PENDING', 'REJECTED'])[1 + s.n % 2]
            ELSE (ARRAY['APPROVED', 'APPROVED', 'APPROVED', 'APPROVED', 'APPROVED', 'APPROVED', 'APPROVED',
                        'PENDING', 'PENDING', 'REJECTED', 'PAID'])[1 + (s.n * 7 + s.n / 11) % 11]
       END::"SubmissionStatus"
FROM submitted s JOIN clips c ON c.id = pg_temp.cuid('clip', s.n);

-- A few submissions came as a link only, and have no clip yet.
INSERT INTO clip_submissions (id, "userId", "campaignId", "clipUrl", platform)
SELECT pg_temp.cuid('link', n), pg_temp.cuid('user', n), pg_temp.cuid('campaign', n), 'https://clips.example/link/' || n, 'TIKTOK'
FROM generate_series(1, 25) n;

-- Paid per thousand views, by the campaign it was submitted to first; a few clips have not been priced yet.
UPDATE clips SET earnings = CASE WHEN priced.n % 97 = 0 THEN NULL
                                 ELSE least(round(clips.views / 1000.0 * campaigns."payoutRate", 2), 900) END
FROM (SELECT n, min(campaign) AS campaign FROM submitted GROUP BY n) priced
JOIN campaigns ON campaigns.id = priced.campaign
WHERE clips.id = pg_temp.cuid('clip', priced.n);

-- The test campaign's 48 approved clips earned 4546.32, to the cent.
UPDATE clips SET earnings = round(94.71 + ((n * 37) % 48 - 23.5) * 2.13, 2)
FROM generate_series(1, 60) n WHERE id = pg_temp.cuid('clip', n);
UPDATE clips SET earnings = earnings + 4546.32 - (SELECT sum(earnings) FROM clips JOIN generate_series(1, 48) n ON id = pg_temp.cuid('clip', n))
WHERE id = pg_temp.cuid('clip', 48);

-- What the application recorded: mostly the truth, and six totals that drifted as such totals do.
UPDATE campaigns SET spent = (
  SELECT coalesce(sum(clips.earnings), 0) FROM clip_submissions s JOIN clips ON clips.id = s."clipId"
  WHERE s."campaignId" = campaigns.id AND s.status = 'APPROVED');
UPDATE campaigns SET spent = 3075.93 WHERE id = 'cmultimatetestcampaign001';          -- views were tracked, spent was not
UPDATE campaigns SET spent = spent + 0.01 WHERE id = pg_temp.cuid('campaign', 3);     -- rounded on the way through a float
UPDATE campaigns SET spent = spent * 2 WHERE id = pg_temp.cuid('campaign', 11);       -- a job that ran twice
UPDATE campaigns SET spent = spent - 118.40 WHERE id = pg_temp.cuid('campaign', 17);  -- a lost update
UPDATE campaigns SET spent = 0 WHERE id = pg_temp.cuid('campaign', 24);               -- never counted
UPDATE campaigns SET spent = NULL WHERE id = pg_temp.cuid('campaign', 30);            -- not even that

ANALYZE users, campaigns, clips, clip_submissions;

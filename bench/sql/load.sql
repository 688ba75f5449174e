-- {clips} clips, each with one approved submission, dealt out in turn to {campaigns} campaigns. Keys have 25 characters
-- and come in no order, as cuids do; earnings are small enough for the sum of 1,000,000 of them to fit numeric(10,2).
SET session_replication_role = replica;
INSERT INTO users (id, email)
SELECT 'u' || substr(md5('user' || n), 1, 24), n || '@example.org' FROM generate_series(1, 1000) n;

INSERT INTO campaigns (id, title, description, creator, budget, "payoutRate")
SELECT 'k' || substr(md5('campaign' || n), 1, 24), 'Campaign ' || n, 'A campaign of the benchmark', 'nobody', 99999999, 1
FROM generate_series(1, {campaigns}) n;

INSERT INTO clips (id, "userId", url, platform, title, views, earnings)
SELECT 'c' || substr(md5('clip' || n), 1, 24), 'u' || substr(md5('user' || n % 1000 + 1), 1, 24),
       'https://clips.example.org/' || n, 'TIKTOK', 'Clip ' || n, n % 100000, n % 4000 * 0.01 + 10
FROM generate_series(1, {clips}) n;

INSERT INTO clip_submissions (id, "userId", "campaignId", "clipId", "clipUrl", platform, status)
SELECT 's' || substr(md5('submission' || n), 1, 24), 'u' || substr(md5('user' || n % 1000 + 1), 1, 24),
       'k' || substr(md5('campaign' || n % {campaigns} + 1), 1, 24), 'c' || substr(md5('clip' || n), 1, 24),
       'https://clips.example.org/' || n, 'TIKTOK', 'APPROVED'
FROM generate_series(1, {clips}) n;

-- What the application's schema lacks, and every contender needs.
CREATE INDEX ON clip_submissions ("clipId");
RESET session_replication_role;

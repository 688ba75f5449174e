-- Beside the tables of demo/schema.sql: one user, two campaigns, four clips. Then attach, as a user would.
INSERT INTO users (id, email) VALUES ('user1', 'creator@example.org');
INSERT INTO campaigns (id, title, description, creator, budget, "payoutRate")
  SELECT 'campaign' || n, 'Campaign ' || n, 'For tests', 'Agency', 99999999.99, 1.00 FROM generate_series(1, 2) n;
INSERT INTO clips (id, "userId", url, platform, earnings)
  SELECT 'clip' || n, 'user1', 'https://clips.example/' || n, 'TIKTOK', n + 0.25 FROM generate_series(1, 4) n;
INSERT INTO clip_submissions (id, "userId", "campaignId", "clipId", "clipUrl", platform)
  SELECT 'submission' || n, 'user1', 'campaign' || (n - 1) % 2 + 1, 'clip' || n, 'https://clips.example/' || n, 'TIKTOK'
  FROM generate_series(1, 4) n;
CREATE INDEX ON clip_submissions ("clipId");
ALTER TABLE campaigns ADD CONSTRAINT within_budget CHECK (spent <= budget);
SELECT FROM spend_sync_attach();

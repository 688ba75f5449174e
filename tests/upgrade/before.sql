-- An application's tables, bound by the released version, with names that must be quoted, a partition, two totals, a large
-- campaign and a correction.
CREATE TYPE "SubmissionStatus" AS ENUM ('PENDING', 'APPROVED');
CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE users (id text PRIMARY KEY, "totalEarnings" numeric(10,2));
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(10,2)) PARTITION BY HASH (id);
CREATE TABLE clips_0 PARTITION OF clips FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    "campaignId" text REFERENCES campaigns,
    "userId" text REFERENCES users,
    "clipId" text REFERENCES clips,
    status "SubmissionStatus" NOT NULL
);
CREATE INDEX ON clip_submissions ("campaignId");
CREATE INDEX ON clip_submissions ("userId");
CREATE INDEX ON clip_submissions ("clipId");
INSERT INTO campaigns SELECT 'c' || n, 'Campaign ' || n FROM generate_series(1, 3) n;
INSERT INTO users SELECT 'u' || n FROM generate_series(1, 2) n;
INSERT INTO clips SELECT 'k' || n, n FROM generate_series(1, 60) n;
INSERT INTO clip_submissions SELECT n, 'c' || 1 + n % 3, 'u' || 1 + n % 2, 'k' || n,
    CASE WHEN n % 4 = 0 THEN 'PENDING' ELSE 'APPROVED' END::"SubmissionStatus" FROM generate_series(1, 60) n;
SELECT corrected FROM spend_sync_attach(submission_campaign => 'campaignId', submission_clip => 'clipId');
SELECT corrected FROM spend_sync_attach('users', spent => 'totalEarnings', submission_campaign => 'userId', submission_clip => 'clipId');
SET spend_sync.recompute_limit = 5;
UPDATE clips SET earnings = earnings + 0.01;
UPDATE campaigns SET spent = 7 WHERE id = 'c2';
RESET spend_sync.recompute_limit;

CREATE VIEW drifted AS
    SELECT id, spent, sum FROM (
        SELECT 'campaign ' || c.id AS id, c.spent, coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0) AS sum
        FROM campaigns c LEFT JOIN clip_submissions s ON s."campaignId" = c.id LEFT JOIN clips k ON k.id = s."clipId" GROUP BY c.id
        UNION ALL
        SELECT 'user ' || u.id, u."totalEarnings", coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0)
        FROM users u LEFT JOIN clip_submissions s ON s."userId" = u.id LEFT JOIN clips k ON k.id = s."clipId" GROUP BY u.id) t
    WHERE spent IS DISTINCT FROM sum;

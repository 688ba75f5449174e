-- One platform with keys of one type: psql sets `schema`, `key` (the type), `value` (the nth key), `direct_writes`, `flush`.
-- Names are as ORMs make them: camelCase columns that need quotes, and an enum for the status.
CREATE SCHEMA :schema AUTHORIZATION app;
SET search_path = :schema;
SET ROLE app;
CREATE TYPE "SubmissionStatus" AS ENUM ('PENDING', 'APPROVED', 'REJECTED');
CREATE TABLE campaigns (
  id :key PRIMARY KEY,
  title text NOT NULL,
  budget numeric(20,2),
  spent numeric(20,2) DEFAULT 0,
  CONSTRAINT within_budget CHECK (spent <= budget)
);
CREATE TABLE clips (id :key PRIMARY KEY, views bigint NOT NULL DEFAULT 0, earnings numeric(20,2) DEFAULT 0);
CREATE TABLE clip_submissions (
  id :key PRIMARY KEY,
  "campaignId" :key NOT NULL REFERENCES campaigns ON DELETE CASCADE,
  "clipId" :key REFERENCES clips ON DELETE CASCADE,
  status "SubmissionStatus" NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions ("campaignId", status);
CREATE INDEX ON clip_submissions ("clipId");

-- Six campaigns; clip n is sent to campaign (n - 1) % 6 + 1, and the last six clips are pending.
CREATE FUNCTION nth_key(n integer) RETURNS :key IMMUTABLE RETURN :value;
INSERT INTO campaigns SELECT nth_key(n), 'Campaign ' || n FROM generate_series(1, 6) n;
INSERT INTO clips SELECT nth_key(n), n * 100, n + 0.25 FROM generate_series(1, 30) n;
INSERT INTO clip_submissions
  SELECT nth_key(n), nth_key((n - 1) % 6 + 1), nth_key(n),
         CASE WHEN n <= 24 THEN 'APPROVED' ELSE 'PENDING' END::"SubmissionStatus"
  FROM generate_series(1, 30) n;
SELECT FROM public.spend_sync_attach('campaigns', 'clips', 'clip_submissions', direct_writes => :'direct_writes',
  flush => :'flush');
RESET ROLE;
RESET search_path;

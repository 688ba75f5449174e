-- The tables of the application that spend_sync was first asked for, reduced to what touches spend. Names and types are
-- as its ORM made them: camelCase columns that need quotes, enum statuses, text keys of 25 characters (cuid),
-- numeric(10,2) money, nullable almost everywhere, and no index on "clipId". The extension takes them as they are.
CREATE TYPE "CampaignStatus" AS ENUM ('DRAFT', 'SCHEDULED', 'ACTIVE', 'PAUSED', 'COMPLETED', 'CANCELLED');
CREATE TYPE "SubmissionStatus" AS ENUM ('PENDING', 'APPROVED', 'REJECTED', 'PAID');
CREATE TYPE "SocialPlatform" AS ENUM ('TIKTOK', 'YOUTUBE', 'INSTAGRAM', 'TWITTER');

CREATE TABLE users (
  id text PRIMARY KEY,
  email text UNIQUE NOT NULL,
  "totalEarnings" numeric(10,2) NOT NULL DEFAULT 0,
  "totalViews" bigint NOT NULL DEFAULT 0
);
CREATE TABLE campaigns (
  id text PRIMARY KEY,
  title text NOT NULL,
  description text NOT NULL,
  creator text NOT NULL,
  budget numeric(10,2) NOT NULL,
  spent numeric(10,2) DEFAULT 0,
  "reservedAmount" numeric(10,2) DEFAULT 0,
  "payoutRate" numeric(10,2) NOT NULL,
  status "CampaignStatus" DEFAULT 'ACTIVE',
  "isTest" boolean NOT NULL DEFAULT false,
  "deletedAt" timestamp(6),
  "completedAt" timestamp(6),
  "completionReason" text,
  "createdAt" timestamp(6) DEFAULT now(),
  "updatedAt" timestamp(6) DEFAULT now()
);
CREATE TABLE clips (
  id text PRIMARY KEY,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  url text NOT NULL,
  platform "SocialPlatform" NOT NULL,
  title text,
  views bigint DEFAULT 0,
  likes bigint DEFAULT 0,
  shares bigint DEFAULT 0,
  earnings numeric(10,2) DEFAULT 0,
  "createdAt" timestamp(6) DEFAULT now(),
  "updatedAt" timestamp(6) DEFAULT now()
);
CREATE TABLE clip_submissions (
  id text PRIMARY KEY,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  "campaignId" text NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  "clipId" text REFERENCES clips (id) ON DELETE CASCADE,
  "clipUrl" text NOT NULL,
  platform "SocialPlatform" NOT NULL,
  status "SubmissionStatus" DEFAULT 'PENDING',
  "rejectionReason" text,
  "initialViews" bigint DEFAULT 0,
  "finalEarnings" numeric(10,2) DEFAULT 0,
  "createdAt" timestamp(6) DEFAULT now(),
  "updatedAt" timestamp(6) DEFAULT now()
);
CREATE INDEX ON clip_submissions ("campaignId", status);
CREATE UNIQUE INDEX clip_submissions_unique_url_per_campaign ON clip_submissions ("clipUrl", "campaignId") WHERE status <> 'REJECTED';
CREATE TABLE view_tracking (
  id text PRIMARY KEY,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  "clipId" text NOT NULL REFERENCES clips (id) ON DELETE CASCADE,
  views bigint NOT NULL,
  date date NOT NULL,
  platform "SocialPlatform" NOT NULL,
  "scrapedAt" timestamp(6) DEFAULT now()
);
CREATE INDEX ON view_tracking ("clipId", "scrapedAt" DESC);

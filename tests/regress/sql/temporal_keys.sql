-- PostgreSQL 18 and later: a key WITHOUT OVERLAPS names a campaign once per period, not once: none of its columns is a key alone.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int4range, valid_at daterange, title text, spent numeric(10,2) DEFAULT 0,
    PRIMARY KEY (id, valid_at WITHOUT OVERLAPS));
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int4range,
    valid_at daterange,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'APPROVED',
    FOREIGN KEY (campaign_id, PERIOD valid_at) REFERENCES campaigns (id, PERIOD valid_at)
);
CREATE INDEX ON clip_submissions (clip_id);
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(campaign_id => 'id');
\echo :SQLSTATE
-- Partitioned by the one, the other is no key either.
DROP TABLE clip_submissions, campaigns;
CREATE TABLE campaigns (id int4range, valid_at daterange, title text, spent numeric(10,2) DEFAULT 0,
    PRIMARY KEY (id, valid_at WITHOUT OVERLAPS)) PARTITION BY LIST (id);
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int4range, clip_id int REFERENCES clips, status text);
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(campaign_id => 'valid_at');
\echo :SQLSTATE
-- Beside a key of its own it is in nobody's way.
DROP TABLE clip_submissions, campaigns;
CREATE TABLE campaigns (id int PRIMARY KEY, room int4range, valid_at daterange, spent numeric(10,2) DEFAULT 0,
    UNIQUE (room, valid_at WITHOUT OVERLAPS));
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, clip_id int REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
SELECT corrected FROM spend_sync_attach();
SELECT campaign_id, submission_campaign FROM spend_sync.binding;
INSERT INTO campaigns VALUES (1, '[1,2)', '[2026-01-01,2026-02-01)');
INSERT INTO clips VALUES (1, 10);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED');
UPDATE clips SET earnings = 12;
SELECT id, spent FROM campaigns;

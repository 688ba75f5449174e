-- A total whose column rounds: what is stored is not what was summed, and ours all the same. Where direct writes are
-- rejected, a write of ours that is taken for one would fail.
\set VERBOSITY terse
SET client_min_messages = error;
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id text PRIMARY KEY, spent bigint DEFAULT 0);
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric);
CREATE TABLE clip_submissions ("campaignId" text REFERENCES campaigns, "clipId" text REFERENCES clips, status text);
INSERT INTO campaigns VALUES ('a'), ('b');
INSERT INTO clips VALUES ('k', 1), ('l', 1);
INSERT INTO clip_submissions VALUES ('a', 'k', 'APPROVED'), ('b', 'l', 'APPROVED');

SELECT total, corrected FROM spend_sync_attach(direct_writes => 'reject');
UPDATE clips SET earnings = 99.5 WHERE id = 'k';
UPDATE clips SET earnings = 12345.67;
SELECT id, spent FROM campaigns ORDER BY id;
UPDATE campaigns SET spent = 12346.4 WHERE id = 'a';
UPDATE campaigns SET spent = 12347 WHERE id = 'a';
SELECT spend_sync_detach('campaigns');

ALTER TABLE campaigns ALTER spent TYPE numeric(10, 0);
SELECT total, corrected FROM spend_sync_attach(direct_writes => 'reject');
UPDATE clips SET earnings = 99.5 WHERE id = 'k';
UPDATE clips SET earnings = 12345.67;
SELECT id, spent FROM campaigns ORDER BY id;
UPDATE campaigns SET spent = 12347 WHERE id = 'a';
SELECT spend_sync_detach('campaigns');

ALTER TABLE campaigns ALTER spent TYPE double precision;
SELECT total, corrected FROM spend_sync_attach(direct_writes => 'reject');
SET extra_float_digits = 0;
UPDATE clips SET earnings = 12345678901234567.89 WHERE id = 'k';
UPDATE clips SET earnings = 0.1;
UPDATE clips SET earnings = 12345678901234567.89;
RESET extra_float_digits;
SELECT id, spent FROM campaigns ORDER BY id;
UPDATE campaigns SET spent = 12347 WHERE id = 'a';
SELECT spend_sync_detach('campaigns');

ALTER TABLE campaigns ALTER spent TYPE real;
SELECT total, corrected FROM spend_sync_attach(direct_writes => 'reject');
UPDATE clips SET earnings = 12345678901.89 WHERE id = 'k';
UPDATE clips SET earnings = 0.1;
SELECT id, spent FROM campaigns ORDER BY id;
SELECT found_by, count(*) FROM spend_sync.correction GROUP BY found_by ORDER BY found_by;
SELECT spend_sync_detach('campaigns');

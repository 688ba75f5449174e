-- What else changes under a binding: each works on, or the next write fails with an error that says what to do, and the check
-- names it. Nothing is lost meanwhile.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'APPROVED'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE FUNCTION oracle() RETURNS TABLE (id text, spent numeric, oracle numeric) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT c.id::text, c.spent::numeric, coalesce((
            SELECT sum(k.earnings)::numeric FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
            WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0)
        FROM campaigns c ORDER BY c.id;
END $$;
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00);
INSERT INTO clip_submissions VALUES (1, 1, 1), (2, 2, 2);
SELECT corrected FROM spend_sync_attach();

-- The type of spent changes at once: wider, without a scale, to another kind of number. What that does to totals is mended.
ALTER TABLE campaigns ALTER spent TYPE numeric(12,4);
UPDATE clips SET earnings = earnings + 0.01;
ALTER TABLE campaigns ALTER spent TYPE numeric;
UPDATE clips SET earnings = earnings + 0.01;
ALTER TABLE campaigns ALTER spent TYPE double precision;
UPDATE clips SET earnings = earnings + 0.01;
SELECT severity, object, problem FROM spend_sync_check();
ALTER TABLE campaigns ALTER spent TYPE numeric(5,1);
UPDATE clips SET earnings = earnings + 0.04;
SELECT id, spent FROM campaigns ORDER BY id;
SELECT severity, object, problem FROM spend_sync_check();
UPDATE clips SET earnings = 99999 WHERE id = 1;
\echo :SQLSTATE
-- What a total cannot be kept with is refused; where it came past the event triggers the next write says so.
ALTER TABLE campaigns ALTER spent TYPE text USING spent::text;
\echo :SQLSTATE
SET session_replication_role = replica;
ALTER TABLE campaigns ALTER spent TYPE text USING spent::text;
DROP TRIGGER spend_sync_wake_update ON campaigns;
ALTER TABLE campaigns ALTER spent TYPE text USING spent::text;
RESET session_replication_role;
UPDATE clips SET earnings = 11 WHERE id = 1;
\echo :SQLSTATE
SELECT severity, object, problem, advice FROM spend_sync_check();
-- Nor is it as long as it lacks its trigger: totals would have to be summed.
ALTER TABLE campaigns ALTER spent TYPE numeric(12,2) USING 0;
\echo :SQLSTATE
SELECT spend_sync_detach('campaigns');
ALTER TABLE campaigns ALTER spent TYPE numeric(12,2) USING 0;
SELECT corrected FROM spend_sync_attach();
SELECT * FROM oracle();
UPDATE clips SET earnings = 11 WHERE id = 1;
SELECT * FROM oracle();

-- So do those of the earnings and of the keys (see types_change). As ever: detach, alter, attach.
BEGIN;
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips ALTER earnings TYPE numeric(14,4), ALTER id TYPE bigint;
ALTER TABLE clip_submissions ALTER clip_id TYPE bigint;
SELECT corrected FROM spend_sync_attach();
COMMIT;
UPDATE clips SET earnings = 11.0012 WHERE id = 1;
SELECT severity, object, problem FROM spend_sync_check();
ALTER TABLE campaigns ALTER spent TYPE numeric(14,4);
SELECT recorded_spent, needs_sync FROM spend_sync_status();
SELECT * FROM spend_sync.correction WHERE found_by <> 'attach';
-- The campaign's key is in no condition: it may change, and its links with it or not at all.
ALTER TABLE campaigns ALTER id TYPE bigint;
UPDATE clips SET earnings = earnings + 1;
SELECT * FROM oracle();

-- Dropped columns: refused; where one went past the event triggers the next write says so.
ALTER TABLE clips DROP earnings;
\echo :SQLSTATE
ALTER TABLE campaigns DROP spent;
\echo :SQLSTATE
ALTER TABLE campaigns DROP spent, ADD spent numeric(12,4);
\echo :SQLSTATE
-- Whatever else the command does.
CREATE TABLE parent (id bigint);
ALTER TABLE campaigns INHERIT parent, DROP spent, ADD spent numeric(12,4);
\echo :SQLSTATE
CREATE TABLE child (LIKE clips, more integer);
ALTER TABLE child ALTER more TYPE bigint, INHERIT clips;
\echo :SQLSTATE
SET session_replication_role = replica;
ALTER TABLE campaigns DROP spent CASCADE;
RESET session_replication_role;
UPDATE clips SET earnings = 12 WHERE id = 1;
\echo :SQLSTATE
SELECT severity, object, problem, advice FROM spend_sync_check();
ALTER TABLE campaigns ADD spent numeric(12,4);
UPDATE clips SET earnings = 12 WHERE id = 1;
SELECT corrected FROM spend_sync_attach();
SELECT * FROM oracle();
-- By force, past the event triggers, with the trigger that names it: the check and the next write say so.
SET session_replication_role = replica;
ALTER TABLE clips DROP earnings CASCADE;
RESET session_replication_role;
UPDATE clips SET views = 1;
INSERT INTO clips VALUES (3);
\echo :SQLSTATE
SELECT severity, object, problem FROM spend_sync_check();
ALTER TABLE clips ADD earnings numeric(12,4) DEFAULT 5;
SELECT severity, object, problem, advice FROM spend_sync_check();
SELECT corrected FROM spend_sync_attach();
SELECT severity, object, problem FROM spend_sync_check() WHERE severity = 'error';
SELECT * FROM oracle();

-- A foreign key comes or goes: what ties links to clips is looked up anew.
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey;
INSERT INTO clip_submissions VALUES (3, 1, 7);
INSERT INTO clips VALUES (7, 1, 100);
SELECT * FROM oracle();
ALTER TABLE clip_submissions ADD FOREIGN KEY (clip_id) REFERENCES clips;
UPDATE clips SET earnings = earnings + 1;
SELECT * FROM oracle();

-- Columns that have nothing to do with it, indexes, storage, a table written anew: all as ever.
ALTER TABLE clips ADD a int DEFAULT 1, ADD b text DEFAULT 'x';
ALTER TABLE clips DROP a;
ALTER TABLE clip_submissions SET UNLOGGED;
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE problem LIKE '%logged%';
ALTER TABLE clip_submissions SET LOGGED;
CREATE INDEX CONCURRENTLY ON clips (earnings);
REINDEX TABLE CONCURRENTLY clips;
CLUSTER clips USING clips_pkey;
VACUUM FULL clips;
UPDATE clips SET earnings = earnings + 1;
SELECT * FROM oracle();

-- Row-level security, an owner that loses a right, a trigger that is disabled.
ALTER TABLE clips DISABLE TRIGGER spend_sync_campaigns_row;
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE severity = 'error';
ALTER TABLE clips ENABLE TRIGGER spend_sync_campaigns_row;
ALTER EVENT TRIGGER spend_sync_before DISABLE;
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE object LIKE 'event%';
ALTER EVENT TRIGGER spend_sync_before ENABLE;

-- A bound table is dropped: the others say so until it is attached anew or their triggers go.
DROP TABLE clip_submissions;
UPDATE clips SET earnings = earnings + 1;
\echo :SQLSTATE
SELECT severity, object, problem FROM spend_sync_check();
SELECT spend_sync_detach('campaigns');
UPDATE clips SET earnings = earnings + 1;
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
SELECT corrected FROM spend_sync_attach();
DROP TABLE campaigns;
UPDATE clips SET earnings = earnings + 1;
\echo :SQLSTATE
SELECT severity, object, problem, advice FROM spend_sync_check();
DROP EXTENSION spend_sync;
\echo :SQLSTATE
SET client_min_messages = warning;
DROP EXTENSION spend_sync CASCADE;
RESET client_min_messages;
UPDATE clips SET earnings = earnings + 1;

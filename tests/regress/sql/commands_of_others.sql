-- Commands that PostgreSQL lets others give than who owns the bound tables, or that change them by other words: totals follow. And
-- triggers that name tables of others: no command on one's own table locks these.
CREATE EXTENSION spend_sync;
CREATE ROLE others_app;
CREATE ROLE others_member IN ROLE others_app;
CREATE ROLE others_dba;
CREATE ROLE others_mallory;
CREATE SCHEMA app AUTHORIZATION others_dba;
CREATE SCHEMA m AUTHORIZATION others_mallory;
GRANT ALL ON SCHEMA app TO others_app, others_member;
SET search_path = app, public;
SET ROLE others_app;
CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id text, kind int, earnings numeric(10,2), PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES IN (1);
CREATE TABLE clips_2 PARTITION OF clips FOR VALUES IN (2);
CREATE TABLE clips_3 PARTITION OF clips FOR VALUES IN (3);
CREATE TABLE clip_submissions (kind int DEFAULT 1, campaign_id text, clip_id text, status text DEFAULT 'APPROVED') PARTITION BY LIST (kind);
CREATE TABLE submissions_1 PARTITION OF clip_submissions FOR VALUES IN (1);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns (id) VALUES ('a'), ('b');
INSERT INTO clips VALUES ('k1', 1, 3), ('k2', 2, 5), ('k3', 3, 7);
INSERT INTO clip_submissions (campaign_id, clip_id) VALUES ('a', 'k1'), ('a', 'k2'), ('b', 'k3');
SELECT corrected FROM spend_sync_attach('campaigns', 'clips', 'clip_submissions', clip_id => 'id');
CREATE VIEW totals AS
    SELECT c.id, spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY 1;
RESET ROLE;

-- A partition dropped by who owns its schema; one of a superuser's detached by who owns the table.
SET ROLE others_dba;
DROP TABLE clips_2;
RESET ROLE;
TABLE totals;
ALTER TABLE clips_3 OWNER TO CURRENT_USER;
SET ROLE others_app;
ALTER TABLE clips DETACH PARTITION clips_3;
TABLE totals;
RESET ROLE;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgrelid = 'clips_3'::regclass;
ALTER TABLE clips_3 OWNER TO others_app;
SET ROLE others_app;
ALTER TABLE clips ATTACH PARTITION clips_3 FOR VALUES IN (3);
TABLE totals;

-- What a partition's own partition key names takes it along.
SET client_min_messages = warning;
CREATE TABLE other (x int);
CREATE VIEW seen AS SELECT 1 AS x;
CREATE SEQUENCE counted;
CREATE TABLE submissions_4 PARTITION OF clip_submissions FOR VALUES IN (4) PARTITION BY LIST ((((ROW(kind))::other).x));
CREATE TABLE submissions_4d PARTITION OF submissions_4 DEFAULT;
CREATE TABLE submissions_5 PARTITION OF clip_submissions FOR VALUES IN (5) PARTITION BY LIST ((((ROW(kind))::seen).x));
CREATE TABLE submissions_5d PARTITION OF submissions_5 DEFAULT;
CREATE TABLE submissions_6 PARTITION OF clip_submissions FOR VALUES IN (6)
    PARTITION BY LIST ((CASE WHEN 'counted'::regclass IS NOT NULL THEN kind END));
CREATE TABLE submissions_6d PARTITION OF submissions_6 DEFAULT;
INSERT INTO clip_submissions VALUES (4, 'b', 'k1'), (5, 'b', 'k1'), (6, 'b', 'k1');
TABLE totals;
DROP TABLE other CASCADE;
TABLE totals;
DROP VIEW seen CASCADE;
TABLE totals;
DROP SEQUENCE counted CASCADE;
TABLE totals;
CREATE TABLE indexed (x int);
CREATE INDEX an_index ON indexed (x);
CREATE TABLE submissions_7 PARTITION OF clip_submissions FOR VALUES IN (7)
    PARTITION BY LIST ((CASE WHEN 'an_index'::regclass IS NOT NULL THEN kind END));
CREATE TABLE submissions_7d PARTITION OF submissions_7 DEFAULT;
INSERT INTO clip_submissions VALUES (7, 'b', 'k1');
TABLE totals;
DROP INDEX an_index CASCADE;
TABLE totals;
DROP TABLE indexed;
RESET client_min_messages;

-- ALTER VIEW renames a table's column; of a table of a type none would say so.
ALTER VIEW clips RENAME COLUMN earnings TO earned;
UPDATE clips SET earned = earned + 1;
SELECT id, spent FROM campaigns ORDER BY id;
ALTER VIEW clips RENAME COLUMN earned TO earnings;
CREATE TYPE campaign AS (id text, spent numeric);
CREATE TABLE typed OF campaign (PRIMARY KEY (id));
SELECT spend_sync_attach('typed', 'clips', 'clip_submissions', clip_id => 'id');
\echo :SQLSTATE

-- The key and the total of campaigns stay: another column of the name would be bound in their stead.
ALTER TABLE campaigns DROP spent, ADD spent numeric NOT NULL DEFAULT 0;
\echo :SQLSTATE
ALTER TABLE campaigns DROP COLUMN id CASCADE;
\echo :SQLSTATE
TABLE totals;
RESET ROLE;

-- Triggers of ours on tables of one's own, which name tables of others.
CREATE VIEW locked AS
    SELECT relation::regclass, mode FROM pg_locks
    WHERE pid = pg_backend_pid() AND relation IN ('campaigns'::regclass, 'clips'::regclass, 'clip_submissions'::regclass, 'clips_1'::regclass)
      AND mode ~ '(Row|Access)Exclusive|RowShare';
GRANT SELECT ON locked TO others_mallory;
GRANT USAGE ON SCHEMA app TO others_mallory;
\set elsewhere '{"campaigns":["app","campaigns"],"clips":["app","clips"],"submissions":["app","clip_submissions"],"campaign_id":"id","title":"title","spent":"spent","clip_id":"id","earnings":"earnings","submission_campaign":"campaign_id","submission_clip":"clip_id","status":"status","approved":["APPROVED"],"direct_writes":"correct","flush":"statement"}'
SET ROLE others_mallory;
CREATE TABLE m.campaigns (id text PRIMARY KEY, spent numeric);
CREATE TRIGGER mine AFTER INSERT ON m.campaigns FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_campaign(:'elsewhere');
BEGIN;
SELECT spend_sync_detach('m.campaigns');
TABLE locked;
ROLLBACK;
CREATE TABLE m.hers (id text, kind int) PARTITION BY LIST (kind);
CREATE TABLE m.hers_1 PARTITION OF m.hers FOR VALUES IN (1);
INSERT INTO m.hers VALUES ('a', 1);
CREATE TRIGGER mine AFTER TRUNCATE ON m.hers FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(:'elsewhere');
BEGIN;
ALTER TABLE m.hers DETACH PARTITION m.hers_1;
TABLE locked;
ALTER TABLE m.hers RENAME kind TO sort;
ALTER TABLE m.hers ALTER id TYPE varchar(10);
TABLE locked;
DROP TABLE m.hers;
TABLE locked;
ROLLBACK;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA m CASCADE;
DROP VIEW locked;
DROP OWNED BY others_app, others_member, others_dba, others_mallory CASCADE;
DROP ROLE others_member, others_app, others_dba, others_mallory;

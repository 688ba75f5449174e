-- A second trigger that notes what one of attach's notes already: made by hand by whoever has the TRIGGER privilege, or come with
-- a restore. Where totals are moved, each change would count twice. Writes fail until one of the two is gone.
SET client_min_messages = warning;
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, clip_id int REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1);
INSERT INTO clips VALUES (1, 10), (2, 20);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'PENDING');
SELECT corrected FROM spend_sync_attach();
-- Another spelling of the same.
SELECT replace(replace(convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8'), '{', '{ '), '"campaigns":"campaigns"', '"campaigns":["public","campaigns"]') AS mapping FROM pg_trigger
WHERE tgname = 'spend_sync_campaigns_row' AND tgrelid = 'clips'::regclass \gset
SET spend_sync.recompute_interval = '1d';
UPDATE clips SET earnings = 11 WHERE id = 1;

CREATE TRIGGER twice AFTER UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(:'mapping');
UPDATE clips SET earnings = 12 WHERE id = 1;
\echo :SQLSTATE
SELECT severity, object, problem, advice FROM spend_sync_check();
-- One that is disabled, or fires for something else, counts nothing twice.
ALTER TABLE clips DISABLE TRIGGER twice;
UPDATE clips SET earnings = 13 WHERE id = 1;
SELECT severity, problem FROM spend_sync_check();
DROP TRIGGER twice ON clips;
CREATE TRIGGER twice AFTER INSERT OR UPDATE OR DELETE ON clip_submissions FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_submission(:'mapping');
UPDATE clip_submissions SET status = 'APPROVED';
\echo :SQLSTATE
INSERT INTO clip_submissions VALUES (3, 1, 1, 'APPROVED');
\echo :SQLSTATE
SELECT severity, object, problem FROM spend_sync_check();
-- Attach again takes it away.
SELECT corrected FROM spend_sync_attach();
UPDATE clip_submissions SET status = 'APPROVED';
UPDATE clips SET earnings = earnings + 1;
-- On campaigns and at the end of statements it does no harm.
SELECT convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8') AS mapping FROM pg_trigger
WHERE tgname = 'spend_sync_campaigns_row' AND tgrelid = 'clips'::regclass \gset
CREATE TRIGGER twice AFTER INSERT OR UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_campaign(:'mapping');
CREATE TRIGGER twice_at_end AFTER UPDATE ON clips FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(:'mapping');
UPDATE clips SET earnings = earnings + 1;
UPDATE campaigns SET spent = 7;
SELECT severity, problem FROM spend_sync_check() WHERE severity = 'error';

-- The oracle.
SELECT c.spent, (SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id WHERE s.status = 'APPROVED') AS oracle FROM campaigns c;

-- In a database that is not in UTF-8, where nothing can be attached, bytes that are no text stop nobody's command.
SELECT current_database() AS here \gset
CREATE DATABASE repeated_triggers_ascii ENCODING 'SQL_ASCII' TEMPLATE template0;
\c repeated_triggers_ascii
CREATE EXTENSION spend_sync;
CREATE TABLE theirs (a int);
CREATE TRIGGER bytes AFTER INSERT ON theirs FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(E'\xff\xfe');
CREATE TABLE mine (a int);
ALTER TABLE mine RENAME a TO b;
ALTER TABLE mine RENAME TO others;
SELECT count(*) FROM spend_sync.binding;
INSERT INTO theirs VALUES (1);
\echo :SQLSTATE
\c :here
DROP DATABASE repeated_triggers_ascii;

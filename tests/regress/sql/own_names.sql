-- What the extension knows its triggers by: the functions in its schema, which keep their names; their arguments, which have an end; and
-- tables by their OIDs, of which some are gone.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2));
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
SELECT FROM spend_sync_attach();
ALTER SCHEMA spend_sync RENAME TO other;
\echo :SQLSTATE
ALTER FUNCTION spend_sync.capture_clip() RENAME TO captured;
\echo :SQLSTATE
ALTER ROUTINE spend_sync.wakes() RENAME TO wake;
\echo :SQLSTATE
ALTER FUNCTION spend_sync.flush() SET SCHEMA public;
\echo :SQLSTATE
-- Others' are none of its business.
CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION mine() RENAME TO yours;
CREATE SCHEMA one;
ALTER SCHEMA one RENAME TO another;
-- A mapping that is too long.
SELECT FROM spend_sync_attach(approved => (SELECT array_agg('a status with a rather long name ' || i) FROM generate_series(1, 3000) i));
\echo :SQLSTATE
SELECT FROM spend_sync_attach(approved => ARRAY['APPROVED', repeat('x', 100000 - 380)]);
ALTER TABLE clips RENAME earnings TO earnings_of_the_clip_as_they_were_tracked_until_now;
ALTER TABLE clip_submissions RENAME clip_id TO the_clip_that_was_sent_to_a_campaign_by_its_creator;
\echo :SQLSTATE
ALTER TABLE clips RENAME earnings_of_the_clip_as_they_were_tracked_until_now TO earnings;
INSERT INTO campaigns VALUES (1);
INSERT INTO clips VALUES (1, 10);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED');
SELECT * FROM campaigns;
-- Triggers of ours that attach did not make.
SELECT FROM spend_sync_attach();
CREATE TRIGGER zz AFTER UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip();
UPDATE clips SET earnings = 11;
\echo :SQLSTATE
SELECT * FROM spend_sync_check() WHERE severity = 'error';
DROP TRIGGER zz ON public.clips;
CREATE TRIGGER zz AFTER UPDATE ON clip_submissions FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_submission('x');
SELECT * FROM spend_sync_check() WHERE severity = 'error';
DROP TRIGGER zz ON clip_submissions;
DO $$ BEGIN
    EXECUTE (SELECT format('CREATE TRIGGER zz BEFORE UPDATE ON clips FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.begin(%L)',
        convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8'))
    FROM pg_trigger WHERE tgrelid = 'clips'::regclass AND tgname LIKE '%begin');
END $$;
UPDATE clips SET earnings = 11;
\echo :SQLSTATE
SELECT * FROM spend_sync_check() WHERE severity = 'error';
DROP TRIGGER zz ON clips;
UPDATE clips SET earnings = 12;
SELECT * FROM campaigns;
-- A table that is gone.
SELECT * FROM spend_sync_status(99999999::oid::regclass);
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(99999999::oid::regclass);
\echo :SQLSTATE
SELECT * FROM spend_sync_detach(99999999::oid::regclass);
\echo :SQLSTATE
SELECT * FROM sync_campaign(1, 99999999::oid::regclass);
\echo :SQLSTATE
SELECT * FROM spend_sync_clips(1, 99999999::oid::regclass);
\echo :SQLSTATE
SELECT * FROM spend_sync_check(99999999::oid::regclass);
\echo :SQLSTATE

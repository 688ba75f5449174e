-- What is renamed under a binding is followed: columns, tables, schemas, values of an enum. No write fails, no total changes.
CREATE EXTENSION spend_sync;
CREATE TYPE state AS ENUM ('PENDING', 'APPROVED', 'PAID');
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status state NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'PAID'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');
SELECT corrected FROM spend_sync_attach(approved => '{PAID,APPROVED}');
-- The oracle is a view: PostgreSQL follows what is renamed under it by itself.
CREATE VIEW oracle AS
    SELECT c.id, c.spent AS total, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status IN ('APPROVED', 'PAID')), 0) AS oracle
    FROM campaigns c ORDER BY c.id;

-- Each column. The row written by another session's backend would be read by new names as well: \c makes one.
ALTER TABLE clips RENAME id TO "Clip ID";
ALTER TABLE clips RENAME earnings TO "earned '%\";
ALTER TABLE clip_submissions RENAME campaign_id TO campaign;
ALTER TABLE clip_submissions RENAME clip_id TO clip;
ALTER TABLE clip_submissions RENAME status TO state;
ALTER TABLE campaigns RENAME id TO key;
ALTER TABLE campaigns RENAME spent TO total;
ALTER TABLE campaigns RENAME title TO name;
UPDATE clips SET "earned '%\" = "earned '%\" + 1;
UPDATE clip_submissions SET state = 'APPROVED' WHERE id = 3;
TABLE oracle;
\c -
UPDATE clips SET "earned '%\" = "earned '%\" + 1;
TABLE oracle;
SELECT campaign_id, title, spent, clip_id, earnings, submission_campaign, submission_clip, status, approved FROM spend_sync.binding;
SELECT * FROM spend_sync_check();
SELECT title, recorded_spent, needs_sync FROM spend_sync_status();

-- Each table, to another name and to another schema, and the schema.
ALTER TABLE clips RENAME TO videos;
UPDATE videos SET "earned '%\" = "earned '%\" + 1;
ALTER TABLE clip_submissions RENAME TO "clip ""Submissions""";
UPDATE videos SET "earned '%\" = "earned '%\" + 1;
ALTER TABLE campaigns RENAME TO contests;
UPDATE videos SET "earned '%\" = "earned '%\" + 1;
UPDATE contests SET total = 0;
TABLE oracle;
CREATE SCHEMA media;
CREATE SCHEMA money;
ALTER TABLE videos SET SCHEMA media;
UPDATE media.videos SET "earned '%\" = "earned '%\" + 1;
ALTER TABLE contests SET SCHEMA money;
UPDATE media.videos SET "earned '%\" = "earned '%\" + 1;
ALTER SCHEMA media RENAME TO "Media";
UPDATE "Media".videos SET "earned '%\" = "earned '%\" + 1;
ALTER SCHEMA money RENAME TO accounts;
UPDATE "clip ""Submissions""" SET state = 'PENDING' WHERE id = 1;
TABLE oracle;
SELECT campaigns, clips, submissions FROM spend_sync.binding;
SELECT * FROM spend_sync_check('accounts.contests');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';

-- A value of the enum that counts, and one that does not.
ALTER TYPE state RENAME VALUE 'APPROVED' TO 'ACCEPTED';
ALTER TYPE state RENAME VALUE 'PENDING' TO 'WAITING';
ALTER TYPE state ADD VALUE 'LATE';
UPDATE "clip ""Submissions""" SET state = 'ACCEPTED' WHERE id = 1;
UPDATE "Media".videos SET "earned '%\" = "earned '%\" + 1;
TABLE oracle;
SELECT approved FROM spend_sync.binding;

-- Back to names that are easier to read.
ALTER TABLE "Media".videos RENAME "earned '%\" TO earnings;
ALTER TABLE "Media".videos RENAME "Clip ID" TO id;
ALTER TABLE "Media".videos SET SCHEMA public;
ALTER TABLE videos RENAME TO clips;
ALTER TABLE accounts.contests SET SCHEMA public;
ALTER TABLE contests RENAME TO campaigns;
ALTER TABLE "clip ""Submissions""" RENAME TO clip_submissions;

-- Amid a transaction that owes totals until its commit, and rolled back.
SELECT * FROM spend_sync.binding \gset
\set columns 'campaign_id => :''campaign_id'', title => :''title'', spent => :''spent'', clip_id => :''clip_id'', submission_campaign => :''submission_campaign'', submission_clip => :''submission_clip'', status => :''status'', approved => :''approved'''
SELECT FROM spend_sync_attach(:columns, earnings => 'earnings', flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = earnings + 1;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE clips RENAME earnings TO earned;
ALTER TABLE campaigns RENAME TO contests;
UPDATE clips SET earned = earned + 1;
COMMIT;
TABLE oracle;
ALTER TABLE contests RENAME TO campaigns;
SELECT FROM spend_sync_attach(:columns, earnings => 'earned', sync => false);
ALTER TABLE campaigns RENAME TO contests;
BEGIN;
UPDATE clips SET earned = earned + 1;
SAVEPOINT a;
ALTER TABLE clips RENAME earned TO earnings;
UPDATE clips SET earnings = earnings + 1;
ROLLBACK TO a;
UPDATE clips SET earned = earned + 1;
ALTER TABLE contests RENAME TO campaigns;
ROLLBACK;
UPDATE clips SET earned = earned + 1;
TABLE oracle;
ALTER TABLE clips RENAME earned TO earnings;
ALTER TABLE contests RENAME TO campaigns;

-- A command that fails leaves nothing behind; one that another event trigger runs within one is followed too.
ALTER TABLE clips RENAME earnings TO id;
\echo :SQLSTATE
ALTER TABLE nowhere RENAME TO clips;
\echo :SQLSTATE
CREATE FUNCTION rename_too() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('campaigns') IS NOT NULL THEN ALTER TABLE campaigns RENAME TO contests; END IF;
END $$;
CREATE EVENT TRIGGER a_user_s_own ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION rename_too();
ALTER TABLE clips RENAME earnings TO earned;
DROP EVENT TRIGGER a_user_s_own;
UPDATE clips SET earned = earned + 1;
TABLE oracle;
SELECT campaigns, earnings FROM spend_sync.binding;
ALTER TABLE contests RENAME TO campaigns;

-- Triggers keep when they fire.
ALTER TABLE clips ENABLE ALWAYS TRIGGER spend_sync_campaigns_begin, ENABLE REPLICA TRIGGER spend_sync_campaigns_row,
    DISABLE TRIGGER spend_sync_campaigns_flush;
ALTER TABLE clips RENAME earned TO earnings;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'clips'::regclass AND tgname LIKE 'spend\_sync%' ORDER BY 1;
ALTER TABLE clips ENABLE TRIGGER spend_sync_campaigns_begin, ENABLE TRIGGER spend_sync_campaigns_row,
    ENABLE TRIGGER spend_sync_campaigns_flush;

-- Two totals over the same clips: both are followed. A total that has nothing to do with it is not touched.
CREATE TABLE users (id int PRIMARY KEY, "totalEarnings" numeric);
INSERT INTO users VALUES (1), (2);
ALTER TABLE clip_submissions ADD user_id int DEFAULT 1 REFERENCES users;
CREATE INDEX ON clip_submissions (user_id);
SELECT corrected FROM spend_sync_attach('users', spent => 'totalEarnings', submission_campaign => 'user_id', submission_clip => 'clip',
    status => 'state', approved => '{PAID,ACCEPTED}');
CREATE SCHEMA other;
CREATE TABLE other.campaigns (LIKE campaigns INCLUDING ALL);
CREATE TABLE other.clips (LIKE clips INCLUDING ALL);
CREATE TABLE other.clip_submissions (LIKE clip_submissions INCLUDING ALL);
SELECT corrected FROM spend_sync_attach('other.campaigns', 'other.clips', 'other.clip_submissions', campaign_id => 'key', spent => 'total',
    title => 'name', submission_campaign => 'campaign', submission_clip => 'clip', status => 'state', approved => '{PAID}');
CREATE TEMP TABLE before AS SELECT oid, xmin AS written FROM pg_trigger WHERE tgrelid = 'other.clips'::regclass;
ALTER TABLE clips RENAME earnings TO earned;
ALTER TABLE clip_submissions RENAME TO entries;
UPDATE clips SET earned = earned + 1;
TABLE oracle;
SELECT id, "totalEarnings" = (SELECT sum(earned) FROM entries s JOIN clips k ON k.id = s.clip WHERE s.user_id = 1 AND state IN ('PAID', 'ACCEPTED')) AS same
FROM users WHERE id = 1;
SELECT campaigns, submissions, earnings FROM spend_sync.binding ORDER BY campaigns;
SELECT count(*) AS untouched FROM pg_trigger JOIN before ON before.oid = pg_trigger.oid AND before.written::text = pg_trigger.xmin::text;

-- Tables that take each other's place: a binding stays with the tables it was made for, as views and foreign keys do.
CREATE TABLE new_clips (LIKE clips INCLUDING ALL);
INSERT INTO new_clips SELECT * FROM clips;
BEGIN;
ALTER TABLE clips RENAME TO old_clips;
ALTER TABLE new_clips RENAME TO clips;
COMMIT;
SELECT campaigns, clips FROM spend_sync.binding ORDER BY campaigns;
UPDATE old_clips SET earned = earned + 1;
TABLE oracle;
DROP TABLE clips;
ALTER TABLE old_clips RENAME TO clips;

-- Who may rename a table is a member of the role that owns it; a rename writes the triggers of all as their owner. Each table of
-- a role of its own: the rename is followed still, and writes fail.
CREATE ROLE renames_campaigns;
CREATE ROLE renames_clips;
GRANT CREATE, USAGE ON SCHEMA public TO renames_clips, renames_campaigns;
SELECT spend_sync_detach('users');
ALTER TABLE clips OWNER TO renames_clips;
ALTER TABLE campaigns OWNER TO renames_campaigns;
GRANT SELECT ON entries, clips TO renames_campaigns;
GRANT UPDATE ON clips TO renames_campaigns;
SET ROLE renames_clips;
ALTER TABLE clips RENAME earned TO earnings;
UPDATE clips SET earnings = earnings + 1;
\echo :SQLSTATE
RESET ROLE;
ALTER TABLE clips OWNER TO renames_campaigns;
ALTER TABLE entries OWNER TO renames_campaigns;
GRANT renames_campaigns TO renames_clips;
SET ROLE renames_clips;
ALTER TABLE clips RENAME earnings TO earned;
ALTER TABLE clips RENAME earned TO earnings;
UPDATE clips SET earnings = earnings + 1;
RESET ROLE;
REVOKE renames_campaigns FROM renames_clips;
SET ROLE renames_clips;
-- Who may not rename it does not lock it either.
BEGIN;
SAVEPOINT a;
ALTER TABLE campaigns RENAME TO mine;
\echo :SQLSTATE
ROLLBACK TO a;
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'ShareRowExclusiveLock';
COMMIT;
RESET ROLE;
TABLE oracle;
SELECT campaigns, submissions, earnings FROM spend_sync.binding WHERE campaigns = 'public.campaigns';

-- Anybody may make a table whose trigger names others' tables. That is no binding: a rename of theirs passes it by, and locks
-- nothing of it.
CREATE ROLE renames_forger;
GRANT CREATE, USAGE ON SCHEMA public TO renames_forger;
SET ROLE renames_forger;
CREATE TABLE forged (id int PRIMARY KEY, spent numeric);
CREATE TRIGGER forged AFTER INSERT ON forged FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_campaign(
    '{"campaigns":"forged","clips":"clips","submissions":"entries","campaign_id":"id","spent":"spent","clip_id":"id",'
    '"earnings":"earnings","submission_campaign":"campaign","submission_clip":"clip","status":"state","approved":["PAID"],"direct_writes":"correct"}');
RESET ROLE;
BEGIN;
ALTER TABLE clips RENAME earnings TO earned;
SELECT relation::regclass FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'ShareRowExclusiveLock' ORDER BY 1;
SELECT encode(tgargs, 'escape') LIKE '%"earnings":"earnings"%' AS untouched FROM pg_trigger WHERE tgname = 'forged';
ROLLBACK;
-- The function serves the event triggers alone.
SELECT spend_sync.follow();
\echo :SQLSTATE

-- Partitions: their clones carry the new names too.
CREATE TABLE parted (id int PRIMARY KEY, earnings numeric) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
CREATE TABLE parted_2 (earnings numeric, id int NOT NULL);
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (100) TO (200);
CREATE TABLE totals (id int PRIMARY KEY, spent numeric);
CREATE TABLE links (total int REFERENCES totals, clip int, status text DEFAULT 'APPROVED');
CREATE INDEX ON links (total);
CREATE INDEX ON links (clip);
INSERT INTO totals VALUES (1);
INSERT INTO links VALUES (1, 1), (1, 101);
SELECT source FROM spend_sync_attach('totals', 'parted', 'links', submission_campaign => 'total', submission_clip => 'clip');
ALTER TABLE parted RENAME earnings TO earned;
ALTER TABLE parted_2 RENAME TO second;
ALTER TABLE parted RENAME TO whole;
INSERT INTO whole VALUES (1, 5), (101, 6);
UPDATE second SET earned = 7;
UPDATE parted_1 SET earned = earned + 1;
SELECT spent, (SELECT sum(earned) FROM links JOIN whole ON id = clip) AS oracle FROM totals;
SELECT * FROM spend_sync_check('totals');

-- The oracle.
SELECT * FROM oracle WHERE total IS DISTINCT FROM oracle;

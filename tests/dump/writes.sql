-- Every kind of write, by a role that may write clips and submissions and nothing else. Prints nothing where all is
-- well: after each, a row for each total that is wrong. (No text is compared by =: a search path of the tests has one that lies.)
\set oracle `echo "$TESTS/oracle.sql"`
SET ROLE app_writer;
UPDATE "App".clips SET earnings = earnings + 1.5 WHERE id <> 'clip7';
RESET ROLE;
\i :oracle
SET ROLE app_writer;
INSERT INTO "App".clips VALUES ('new', 1, 100.01);
INSERT INTO "App".clip_submissions VALUES ('new', 'user1', 'campaign6', 'new', 'APPROVED');
RESET ROLE;
\i :oracle
SELECT 'campaign6 has no clip' WHERE (SELECT spent FROM "App".campaigns WHERE id ~ '6') <> 100.01;
SET ROLE app_writer;
INSERT INTO "App"."Payout" VALUES (21, 'user1', 5), (22, NULL, 6);
UPDATE "App"."Payout" SET amount = amount + 1;
DELETE FROM "App"."Payout" WHERE id < 5;
RESET ROLE;
\i :oracle
SELECT 'nothing is paid' WHERE (SELECT sum("totalPaid") FROM "App".users) = 0;
SET ROLE app_writer;
UPDATE "App".clip_submissions SET status = 'APPROVED' WHERE id ~ '^s[48]$';
DELETE FROM "App".clips WHERE id ~ '^clip1$';
RESET ROLE;
\i :oracle
-- Straight to a partition.
BEGIN;
UPDATE "App"."clips_Even" SET earnings = 3;
\i :oracle
TRUNCATE "App".clip_submissions;
\i :oracle
ROLLBACK;
UPDATE media.clip SET cents = cents + 7;
\i :oracle
DELETE FROM "tenant-b".entry WHERE id = 2;
\i :oracle
UPDATE shared.piece SET fee = fee + tenant;
\i :oracle
UPDATE shared.pitch SET tenant = 3 - tenant WHERE id % 5 = 0;
UPDATE shared.brief SET "No" = 'c' WHERE tenant = 1 AND "No" ~ 'a';
\i :oracle
SELECT 'nothing is spent by tenants' WHERE (SELECT count(*) FROM shared.brief WHERE spent > 0) <> 4;

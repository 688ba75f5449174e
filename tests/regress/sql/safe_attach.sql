-- Attach sets money to what its arguments say, so it says what it counts: statuses that no row has, that differ in case alone, that do
-- not count though their clips earned something; and totals that nearly all go down.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2));
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
-- Tables without rows are as good as any.
SELECT corrected FROM spend_sync_attach();
SELECT spend_sync_detach('campaigns');
INSERT INTO campaigns VALUES (1, 'one', 30), (2, 'two', 40), (3, 'three', 0);
INSERT INTO clips VALUES (1, 10), (2, 20), (3, 40), (4, NULL), (5, 0), (6, 8);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'approved'), (2, 1, 2, 'approved'), (3, 2, 3, 'paid'), (4, 2, 4, 'new'), (5, 1, 5, 'new'),
    (6, 1, 99, 'lost'), (7, 3, 6, NULL);
-- None counts: nothing is changed.
SELECT corrected FROM spend_sync_attach();
\echo :SQLSTATE
SELECT corrected FROM spend_sync_attach(approved => '{APPROVED,PAID}');
\echo :SQLSTATE
TABLE campaigns;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'spend_sync%';
-- Asked to leave the totals, it warns.
BEGIN;
SELECT corrected FROM spend_sync_attach(sync => false);
TABLE campaigns;
ROLLBACK;
-- What does not count, and what that earned.
BEGIN;
SELECT corrected FROM spend_sync_attach(approved => '{approved}');
ROLLBACK;
SELECT corrected FROM spend_sync_attach(approved => '{approved,paid}');
TABLE campaigns;
SELECT spend_sync_detach('campaigns');
-- In case or blanks alone.
UPDATE clip_submissions SET status = 'Approved ' WHERE id = 2;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
SELECT corrected FROM spend_sync_attach();
SELECT spend_sync_detach('campaigns');
-- Nearly all totals go down; or up, as those of a balance.
UPDATE campaigns SET spent = 100;
SELECT corrected FROM spend_sync_attach(approved => '{approved,paid,APPROVED}');
SELECT spend_sync_detach('campaigns');
UPDATE campaigns SET spent = 1;
SELECT corrected FROM spend_sync_attach(approved => '{approved,paid,APPROVED,"Approved "}');
SELECT spend_sync_detach('campaigns');
-- The labels of an enum are looked up: that none is there yet is no mistake.
CREATE TYPE state AS ENUM ('approved', 'APPROVED', 'pending');
ALTER TABLE clip_submissions ALTER status TYPE state USING 'pending';
SELECT corrected FROM spend_sync_attach();
UPDATE clip_submissions SET status = 'APPROVED' WHERE id < 3;
TABLE campaigns;
-- Cents beside what has decimals, by their names.
SELECT count(*) FROM spend_sync_detach('campaigns');
ALTER TABLE campaigns RENAME spent TO "spentCents";
SELECT severity, problem, advice FROM spend_sync_plan(spent => 'spentCents') WHERE problem ~ 'units';
ALTER TABLE clips RENAME earnings TO earned_cents;
SELECT count(*) FROM spend_sync_plan(spent => 'spentCents', earnings => 'earned_cents') WHERE problem ~ 'units';
ALTER TABLE campaigns RENAME "spentCents" TO percentage;
SELECT corrected FROM spend_sync_attach(spent => 'percentage', earnings => 'earned_cents');

-- The extension goes and leaves the user's tables clean: without CASCADE only when nothing is attached.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW totals AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY c.id;
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00), (4, 40.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

\set VERBOSITY terse
DROP EXTENSION spend_sync;
\echo :SQLSTATE
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;

-- Detached first, it goes at once.
BEGIN;
SELECT spend_sync_detach('campaigns');
DROP EXTENSION spend_sync;
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;
ROLLBACK;

-- CASCADE takes the triggers, nothing else. Rolled back, everything works as before.
BEGIN;
DROP EXTENSION spend_sync CASCADE;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
ROLLBACK;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;

-- Also amid a transaction that still owes its totals: there is nobody left to owe them to.
BEGIN;
SET LOCAL spend_sync.flush = 'commit';
UPDATE clips SET earnings = earnings + 1;
UPDATE clip_submissions SET status = 'APPROVED';
DROP EXTENSION spend_sync CASCADE;
COMMIT;
TABLE totals;
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;
SELECT count(*) AS left_behind FROM pg_namespace WHERE nspname = 'spend_sync';
SELECT count(*) AS left_behind FROM pg_proc WHERE proname LIKE '%sync%' AND pronamespace = 'public'::regnamespace;
\d clips
UPDATE clips SET earnings = earnings + 1;
INSERT INTO clip_submissions VALUES (10, 3, 4, 'APPROVED');
UPDATE campaigns SET spent = 5 WHERE id = 2;
DELETE FROM clip_submissions WHERE id = 1;
TRUNCATE clip_submissions;
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');

-- Back again, in the same session and in a new one.
CREATE EXTENSION spend_sync;
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
SELECT count(*) FROM spend_sync.correction;
\c -
UPDATE clips SET earnings = earnings + 1;
TABLE totals;

-- The tables may go first: what is attached does not hold them.
BEGIN;
DROP TABLE clips, clip_submissions, campaigns CASCADE;
SELECT count(*) AS bindings FROM spend_sync.binding;
DROP EXTENSION spend_sync;
ROLLBACK;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

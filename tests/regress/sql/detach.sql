-- Detached: the triggers go, the totals stay as they are, and nobody keeps them any more.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

SELECT spend_sync_detach('campaigns');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
TABLE spend_sync.binding;
TABLE totals;
UPDATE clips SET earnings = earnings + 1;
UPDATE campaigns SET spent = 7 WHERE id = 3;
TABLE totals;

-- Twice is an error, and so is every function that needs a binding.
SELECT spend_sync_detach('campaigns');
\echo :SQLSTATE
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
SELECT * FROM sync_campaign(1, 'campaigns');
\echo :SQLSTATE

-- Attached again, all is true again. The log remembers.
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction ORDER BY at, campaign_id;

-- Rolled back it was never gone; what is written before it in the transaction still counts, what comes after does not.
BEGIN;
SELECT spend_sync_detach('campaigns');
UPDATE clips SET earnings = 100;
ROLLBACK;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = earnings + 1;
SELECT spend_sync_detach('campaigns');
TABLE totals;
UPDATE clips SET earnings = earnings + 1;
COMMIT;
TABLE totals;
SELECT corrected FROM spend_sync_attach(flush => 'commit');
-- The same within a savepoint that is rolled back.
BEGIN;
UPDATE clips SET earnings = earnings + 1;
SAVEPOINT a;
SELECT spend_sync_detach('campaigns');
ROLLBACK TO a;
UPDATE clips SET earnings = earnings + 1;
COMMIT;
TABLE totals;
SELECT FROM spend_sync_attach(sync => false);

-- Only our own triggers go, and only those of this total.
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER spend_sync_mine AFTER UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE users (id int PRIMARY KEY, earned numeric DEFAULT 0);
INSERT INTO users VALUES (1);
ALTER TABLE clip_submissions ADD user_id int REFERENCES users;
CREATE INDEX ON clip_submissions (user_id);
UPDATE clip_submissions SET user_id = 1;
SELECT total, corrected FROM spend_sync_attach('users', spent => 'earned', submission_campaign => 'user_id');
SELECT spend_sync_detach('campaigns');
SELECT tgrelid::regclass::text AS "table", tgname FROM pg_trigger WHERE tgname LIKE 'spend\_sync%' ORDER BY 1, 2;
UPDATE clips SET earnings = earnings + 1;
SELECT earned, (SELECT sum(earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id WHERE status = 'APPROVED') AS oracle FROM users;
SELECT spend_sync_detach('users');
SELECT tgrelid::regclass::text AS "table", tgname FROM pg_trigger WHERE tgname LIKE 'spend\_sync%' ORDER BY 1, 2;
DROP TRIGGER spend_sync_mine ON clips;

-- A binding that is broken can be undone too: a column renamed, a table renamed, a table gone.
SELECT corrected FROM spend_sync_attach();
ALTER TABLE clips RENAME earnings TO earned;
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips RENAME earned TO earnings;
SELECT corrected FROM spend_sync_attach();
ALTER TABLE clips RENAME TO videos;
SELECT spend_sync_detach('campaigns');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
ALTER TABLE videos RENAME TO clips;
SELECT corrected FROM spend_sync_attach();
ALTER TABLE campaigns RENAME TO contests;
SELECT spend_sync_detach('contests');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
ALTER TABLE contests RENAME TO campaigns;
SELECT corrected FROM spend_sync_attach();
BEGIN;
DROP TABLE clip_submissions CASCADE;
SELECT spend_sync_detach('campaigns');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
ROLLBACK;

TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

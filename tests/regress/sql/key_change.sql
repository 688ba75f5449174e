-- Keys change: of campaigns, of clips, with foreign keys that follow and without any.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- An immediate foreign key without ON UPDATE forbids it for what is linked; for what is not, all is well.
UPDATE clips SET id = 40 WHERE id = 1;
\echo :SQLSTATE
UPDATE clips SET id = 40 WHERE id = 4;
UPDATE campaigns SET id = 30 WHERE id = 3;
TABLE totals;

-- With ON UPDATE CASCADE the links follow, in one statement and in a chain of them.
ALTER TABLE clip_submissions
    DROP CONSTRAINT clip_submissions_campaign_id_fkey, DROP CONSTRAINT clip_submissions_clip_id_fkey,
    ADD FOREIGN KEY (campaign_id) REFERENCES campaigns ON UPDATE CASCADE,
    ADD FOREIGN KEY (clip_id) REFERENCES clips ON UPDATE CASCADE;
UPDATE campaigns SET id = 10 WHERE id = 1;
UPDATE clips SET id = 300, earnings = 31 WHERE id = 3;
TABLE totals;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE campaigns SET id = 11 WHERE id = 10;
UPDATE clips SET id = 100 WHERE id = 1;
UPDATE campaigns SET id = 12 WHERE id = 11;
UPDATE clips SET earnings = 17 WHERE id = 100;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;
SELECT campaign_id, title, recorded_spent, needs_sync FROM spend_sync_status();

-- Deferrable keys: two campaigns trade theirs. Each keeps its own links, or takes the other's, as the foreign key says.
ALTER TABLE clip_submissions
    DROP CONSTRAINT clip_submissions_campaign_id_fkey, DROP CONSTRAINT clip_submissions_clip_id_fkey;
ALTER TABLE campaigns DROP CONSTRAINT campaigns_pkey, ADD PRIMARY KEY (id) DEFERRABLE INITIALLY IMMEDIATE;
UPDATE campaigns SET id = CASE id WHEN 12 THEN 2 ELSE 12 END WHERE id IN (12, 2);
SELECT c.title, t.* FROM totals t JOIN campaigns c USING (id) ORDER BY id;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE campaigns SET id = CASE id WHEN 12 THEN 2 ELSE 12 END WHERE id IN (12, 2);
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
SELECT c.title, t.* FROM totals t JOIN campaigns c USING (id) ORDER BY id;

-- Without foreign keys a key that goes leaves its links behind, and whoever gets it has them.
UPDATE clips SET id = 101 WHERE id = 100;
TABLE totals;
INSERT INTO clips VALUES (100, 1.50);
TABLE totals;
UPDATE clips SET id = 99 WHERE id = 100;
UPDATE clips SET id = 100 WHERE id = 101;
TABLE totals;
UPDATE campaigns SET id = 500 WHERE id = 12;
TABLE totals;
INSERT INTO campaigns VALUES (12, 'Heir', 0);
TABLE totals;
DELETE FROM campaigns WHERE id = 12;
UPDATE campaigns SET id = 12 WHERE id = 500;
TABLE totals;
DELETE FROM clips WHERE id = 300;
TABLE totals;
-- Links first, then what they name; in one transaction and in one statement.
INSERT INTO clip_submissions VALUES (10, 77, 770, 'APPROVED'), (11, 12, 770, 'APPROVED');
TABLE totals;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
INSERT INTO campaigns VALUES (77, 'Late', 0);
INSERT INTO clips VALUES (770, 7.70);
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;
WITH k AS (INSERT INTO clips VALUES (880, 8.80)), l AS (INSERT INTO clip_submissions VALUES (12, 88, 880, 'APPROVED'))
INSERT INTO campaigns VALUES (88, 'All at once', 0);
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'attach' ORDER BY at, campaign_id;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

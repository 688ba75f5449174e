-- Values that no total can be made of: the write fails whole, names the campaign and the value, at the statement or at commit.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id text PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE clip_submissions (campaign_id text REFERENCES campaigns, clip_id int REFERENCES clips, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (''), (E'it''s "a"\nkey');
INSERT INTO clips VALUES (1, 99999999.98), (2, 0.01), (3, 5), (4, NULL);
INSERT INTO clip_submissions VALUES ('', 1), ('', 2), (E'it''s "a"\nkey', 3), (NULL, 3), ('', NULL), ('', 4), (E'it''s "a"\nkey', 4);
SELECT corrected FROM spend_sync_attach();
CREATE VIEW oracle AS
    SELECT c.id, c.spent, coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c LEFT JOIN clip_submissions s ON s.campaign_id = c.id LEFT JOIN clips k ON k.id = s.clip_id
    GROUP BY c.id ORDER BY c.id;
TABLE oracle;

-- Overflow: by the clip's earnings, by one more clip; just below it and just not.
UPDATE clips SET earnings = 0.015 WHERE id = 2;
\echo :SQLSTATE
UPDATE clips SET earnings = 0.014 WHERE id = 2;
UPDATE clip_submissions SET campaign_id = '' WHERE clip_id = 3 AND campaign_id IS NULL;
\echo :SQLSTATE
UPDATE clips SET earnings = -99999999.995 WHERE id = 3;
\echo :SQLSTATE
UPDATE clips SET earnings = 1234567890123456789012345678901234567890.5 WHERE id = 3;
\echo :SQLSTATE
-- No numbers.
UPDATE clips SET earnings = 'NaN' WHERE id = 3;
\echo :SQLSTATE
UPDATE clips SET earnings = 'Infinity' WHERE id = 4;
\echo :SQLSTATE
UPDATE clips SET earnings = '-Infinity' WHERE id = 1;
\echo :SQLSTATE
INSERT INTO clips VALUES (5, 'NaN');
INSERT INTO clip_submissions VALUES ('', 5, 'PENDING');
UPDATE clip_submissions SET status = 'APPROVED' WHERE clip_id = 5;
\echo :SQLSTATE
DELETE FROM clip_submissions WHERE clip_id = 5;
DELETE FROM clips WHERE id = 5;
TABLE oracle;

-- At commit. A savepoint cannot take it back any more, and nothing of the transaction stays.
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
UPDATE clips SET earnings = 100 WHERE id = 2;
\echo :SQLSTATE
BEGIN;
UPDATE clips SET earnings = 7 WHERE id = 3;
UPDATE clips SET earnings = 'NaN' WHERE id = 4;
COMMIT;
\echo :SQLSTATE
BEGIN;
UPDATE clips SET earnings = 'Infinity' WHERE id = 2;
PREPARE TRANSACTION 'infinite';
\echo :SQLSTATE
-- What is made good before the commit has never been wrong.
BEGIN;
UPDATE clips SET earnings = 'NaN' WHERE id = 3;
UPDATE clips SET earnings = 8 WHERE id = 3;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE oracle;

-- More decimals than the column has are rounded, half away from zero, as PostgreSQL rounds; NULLs count nothing.
UPDATE clips SET earnings = NULL WHERE id IN (1, 2);
UPDATE clips SET earnings = 1.005 WHERE id = 3;
TABLE oracle;
UPDATE clips SET earnings = -1.005 WHERE id = 3;
TABLE oracle;
UPDATE clips SET earnings = 0.1234567890123456789012345678 WHERE id = 3;
TABLE oracle;
UPDATE clips SET earnings = NULL;
TABLE oracle;
-- By hand: what the column refuses, PostgreSQL says; what it holds is brought back.
UPDATE campaigns SET spent = 'NaN' WHERE id = '';
UPDATE campaigns SET spent = NULL;
TABLE oracle;

-- Whole numbers: bigint.
CREATE TABLE parents (id int PRIMARY KEY, spent bigint);
CREATE TABLE rows (parent int REFERENCES parents, clip int, status text DEFAULT 'APPROVED');
CREATE TABLE parts (id int PRIMARY KEY, earnings bigint);
CREATE INDEX ON rows (parent);
CREATE INDEX ON rows (clip);
INSERT INTO parents VALUES (1);
INSERT INTO parts VALUES (1, 9223372036854775806), (2, 1);
INSERT INTO rows VALUES (1, 1), (1, 2);
SELECT corrected FROM spend_sync_attach('parents', 'parts', 'rows', submission_campaign => 'parent', submission_clip => 'clip');
UPDATE parts SET earnings = 2 WHERE id = 2;
\echo :SQLSTATE
UPDATE parts SET earnings = -9223372036854775807;
\echo :SQLSTATE
UPDATE parts SET earnings = CASE id WHEN 1 THEN -9223372036854775807 ELSE -1 END;
SELECT * FROM parents;
-- Floats: what would be 0 and is not, and what no float holds.
SELECT spend_sync_detach('parents');
ALTER TABLE parents ALTER spent TYPE real;
CREATE TABLE tiny (id int PRIMARY KEY, earnings numeric);
DELETE FROM rows;
INSERT INTO tiny VALUES (1, 1);
INSERT INTO rows VALUES (1, 1);
SELECT corrected FROM spend_sync_attach('parents', 'tiny', 'rows', submission_campaign => 'parent', submission_clip => 'clip');
UPDATE tiny SET earnings = 1e-60;
\echo :SQLSTATE
UPDATE tiny SET earnings = 1e39;
\echo :SQLSTATE
UPDATE tiny SET earnings = 1e-40;
SELECT spent > 0 AS some FROM parents;

-- ALTER TABLE ... ALTER COLUMN ... TYPE of bound columns in one command: the triggers that name the column are made again in
-- it, and totals are summed by the values of then. Of columns that are not bound nothing is summed, and nothing locked more.
CREATE EXTENSION spend_sync;
CREATE TYPE state AS ENUM ('PENDING', 'APPROVED');
CREATE TABLE campaigns (id int PRIMARY KEY, title varchar(20), spent numeric(10,2) DEFAULT 0, kept numeric(14,4) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status state NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE FUNCTION oracle() RETURNS TABLE (id text, spent numeric, oracle numeric) LANGUAGE sql AS $$
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status::text = 'APPROVED'), 0)
    FROM campaigns c ORDER BY c.id $$;
CREATE VIEW triggers AS
    SELECT tgrelid::regclass AS "table", tgname, tgenabled, tgdeferrable
    FROM pg_trigger WHERE tgname LIKE 'spend\_sync%update' ORDER BY 1, 2;
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10), (2, 20), (3, 30);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'PENDING'), (3, 2, 3, 'APPROVED');
SELECT corrected FROM spend_sync_attach();
ALTER TABLE clips ENABLE ALWAYS TRIGGER spend_sync_campaigns_row;
TABLE triggers;

-- Wider, and by other values: the triggers stand as they did.
ALTER TABLE clips ALTER earnings TYPE numeric(14,4) USING earnings * 1.5;
TABLE triggers;
SELECT * FROM oracle();
UPDATE clips SET earnings = earnings + 0.25;
SELECT * FROM oracle();
SELECT * FROM spend_sync_check();
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction;

-- A status enum that is replaced, as migrations do it.
BEGIN;
CREATE TYPE state_new AS ENUM ('PENDING', 'REJECTED', 'APPROVED');
ALTER TABLE clip_submissions ALTER status DROP DEFAULT;
ALTER TABLE clip_submissions ALTER status TYPE state_new USING status::text::state_new;
ALTER TYPE state RENAME TO state_old;
ALTER TYPE state_new RENAME TO state;
DROP TYPE state_old;
ALTER TABLE clip_submissions ALTER status SET DEFAULT 'PENDING';
COMMIT;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 3;
SELECT * FROM oracle();
-- A text does as well; one without the approved value does not.
ALTER TABLE clip_submissions ALTER status DROP DEFAULT, ALTER status TYPE text;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
SELECT * FROM oracle();
CREATE TYPE other AS ENUM ('pending', 'approved');
ALTER TABLE clip_submissions ALTER status TYPE other USING lower(status)::other;
\echo :SQLSTATE

-- Keys, with what they are tied by.
BEGIN;
ALTER TABLE clips ALTER id TYPE bigint;
ALTER TABLE clip_submissions ALTER clip_id TYPE bigint;
COMMIT;
ALTER TABLE clip_submissions ALTER campaign_id TYPE bigint;
UPDATE clip_submissions SET clip_id = 3 WHERE id = 1;
SELECT * FROM oracle();

-- What a total cannot be kept with is refused, and nothing is changed.
ALTER TABLE clips ALTER earnings TYPE text;
\echo :SQLSTATE
ALTER TABLE campaigns ALTER spent TYPE text;
\echo :SQLSTATE
-- Nor is anything by a command that fails.
ALTER TABLE clips ALTER earnings TYPE date USING views / 0;
\echo :SQLSTATE
BEGIN;
SAVEPOINT a;
ALTER TABLE clips ALTER earnings TYPE numeric(20,6);
ROLLBACK TO a;
UPDATE clips SET earnings = earnings + 1;
COMMIT;
TABLE triggers;
SELECT * FROM oracle();

-- Of a column that is not bound nothing is summed: what is wrong by then stays so.
ALTER TABLE campaigns DISABLE TRIGGER USER;
UPDATE campaigns SET spent = 1 WHERE id = 2;
ALTER TABLE campaigns ENABLE TRIGGER USER;
ALTER TABLE clips ALTER views TYPE bigint;
ALTER TABLE campaigns ALTER title TYPE text;
SELECT recorded_spent, needs_sync FROM spend_sync_status() ORDER BY 1;
ALTER TABLE clips ALTER earnings TYPE numeric(16,4), ADD more int;
SELECT recorded_spent, needs_sync FROM spend_sync_status() ORDER BY 1;

-- Two totals of the same clips, one of them brought up at commit, which a write awaits.
CREATE TABLE brands (id int PRIMARY KEY, spent numeric(16,4) DEFAULT 0);
INSERT INTO brands VALUES (1);
CREATE TABLE deals (brand_id int REFERENCES brands, clip_id bigint REFERENCES clips, status text);
CREATE INDEX ON deals (brand_id);
CREATE INDEX ON deals (clip_id);
INSERT INTO deals VALUES (1, 1, 'APPROVED');
SELECT corrected FROM spend_sync_attach('brands', submissions => 'deals', flush => 'commit');
BEGIN;
UPDATE clips SET earnings = 5 WHERE id = 1;
SELECT spent FROM brands;
ALTER TABLE clips ALTER earnings TYPE numeric(18,4);
SELECT spent FROM brands;
UPDATE clips SET earnings = 6 WHERE id = 1;
COMMIT;
SELECT spent FROM brands;
TABLE triggers;
SELECT * FROM oracle();
SELECT severity, problem FROM spend_sync_check();

-- Whoever may not alter a table changes no trigger of it.
CREATE ROLE types_change_other;
SET ROLE types_change_other;
ALTER TABLE clips ALTER earnings TYPE numeric(19,4);
\echo :SQLSTATE
RESET ROLE;
SELECT count(*) FROM triggers;
DROP ROLE types_change_other;

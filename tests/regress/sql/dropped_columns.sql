-- A column that a trigger's condition names cannot be dropped; with CASCADE the trigger would go with it, and with a new
-- column of that name updates would go by in silence. So that is refused, in whatever company, and after detach it is not.
\set VERBOSITY default
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0, budget numeric);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED');
SELECT corrected FROM spend_sync_attach();

ALTER TABLE clips DROP earnings;
ALTER TABLE clips DROP earnings CASCADE;
ALTER TABLE clips ADD note text, DROP views, DROP COLUMN IF EXISTS earnings CASCADE;
ALTER TABLE clip_submissions ALTER id TYPE bigint, DROP status CASCADE;
-- What no trigger names goes, and all that depends on it.
CREATE VIEW budgets AS SELECT id, budget FROM campaigns;
ALTER TABLE campaigns DROP budget CASCADE;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync\_%';
UPDATE clips SET earnings = earnings + 1;
SELECT id, title, spent FROM campaigns;

-- A role that may not alter the table learns no more than that.
CREATE ROLE regress_stranger;
SET ROLE regress_stranger;
ALTER TABLE clips DROP earnings CASCADE;
RESET ROLE;
DROP ROLE regress_stranger;

-- Detached, it goes; a new column is attached like any other.
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips DROP earnings CASCADE;
ALTER TABLE clips ADD earnings numeric(10,2) DEFAULT 5;
SELECT corrected, total_difference FROM spend_sync_attach();
UPDATE clips SET earnings = 6 WHERE id = 1;
SELECT id, title, spent, (SELECT sum(earnings) FROM clips) AS oracle FROM campaigns;

-- Expand and contract: a new column is filled, and the two trade names in one transaction. The binding follows the column that it
-- was made with; the check says that another one has its name, and attach binds that.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings int);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One');
INSERT INTO clips VALUES (1, 10), (2, 20);
INSERT INTO clip_submissions VALUES (1, 1), (1, 2);
SELECT source, corrected FROM spend_sync_attach();

ALTER TABLE clips ADD earnings_new numeric(10,2);
UPDATE clips SET earnings_new = earnings + 0.25;
BEGIN;
ALTER TABLE clips RENAME earnings TO earnings_old;
SELECT * FROM spend_sync_check();
ALTER TABLE clips RENAME earnings_new TO earnings;
COMMIT;
SELECT earnings FROM spend_sync.binding;
TABLE campaigns;
UPDATE clips SET earnings_old = 11 WHERE id = 1;
TABLE campaigns;
SELECT * FROM spend_sync_check();
SELECT source, corrected FROM spend_sync_attach();
TABLE campaigns;
SELECT * FROM spend_sync_check();
UPDATE clips SET earnings = 12.5 WHERE id = 1;
TABLE campaigns;
ALTER TABLE clips DROP earnings_old;

-- There and back.
ALTER TABLE clips RENAME earnings TO e;
ALTER TABLE clips RENAME e TO earnings;
ALTER TABLE clips ADD e int;
SELECT * FROM spend_sync_check();
ALTER TABLE clips DROP e;
SELECT * FROM spend_sync_check();

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

-- Names are followed where the binding is not sound for a moment, too: the names of both links trade while campaigns have no key. A name that
-- is not there just now is nobody else's.
INSERT INTO campaigns VALUES (2, 'Two');
BEGIN;
ALTER TABLE campaigns DROP CONSTRAINT campaigns_pkey, ALTER id DROP NOT NULL;
ALTER TABLE clip_submissions RENAME campaign_id TO x;
ALTER TABLE clip_submissions RENAME clip_id TO campaign_id;
ALTER TABLE clip_submissions RENAME x TO clip_id;
ALTER TABLE clip_submissions RENAME TO sent;
ALTER TABLE campaigns ADD PRIMARY KEY (id);
COMMIT;
SELECT submissions, submission_campaign, submission_clip FROM spend_sync.binding;
INSERT INTO sent (clip_id, campaign_id) VALUES (2, 2);
SELECT id, spent, (SELECT sum(earnings) FROM sent JOIN clips k ON k.id = campaign_id WHERE clip_id = c.id) AS should FROM campaigns c ORDER BY id;
-- Their names pass on while one of them is not there: the one that was called so is missed.
SET session_replication_role = replica;
ALTER TABLE sent RENAME campaign_id TO y;
RESET session_replication_role;
ALTER TABLE sent RENAME clip_id TO campaign_id;
INSERT INTO sent (y, campaign_id) VALUES (2, 2);
\echo :SQLSTATE
ALTER TABLE sent RENAME campaign_id TO clip_id;
ALTER TABLE sent RENAME y TO campaign_id;
INSERT INTO sent (clip_id, campaign_id) VALUES (2, 1);
SELECT id, spent, (SELECT sum(earnings) FROM sent JOIN clips k ON k.id = campaign_id WHERE clip_id = c.id) AS should FROM campaigns c ORDER BY id;
-- A type would give its tables' columns other names.
CREATE TYPE sent_as AS (clip_id int, campaign_id int, status text);
ALTER TABLE sent OF sent_as;
\echo :SQLSTATE
DROP TYPE sent_as;

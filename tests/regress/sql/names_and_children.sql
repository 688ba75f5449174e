-- Commands that change a bound table by other words than ALTER TABLE: ALTER INDEX renames it, a title that goes takes nothing
-- along, and no table inherits from it (its rows would count, and fire no triggers).
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One');
INSERT INTO clips VALUES (1, 10);
INSERT INTO clip_submissions VALUES (1, 1);
SELECT spend_sync_attach(title => 'nosuch');
SELECT corrected FROM spend_sync_attach();

ALTER INDEX clips RENAME TO videos;
UPDATE videos SET earnings = 11;
TABLE campaigns;
ALTER INDEX videos_nosuch RENAME TO clips;
ALTER TABLE videos RENAME TO clips;

CREATE TABLE child () INHERITS (clips);
\echo :SQLSTATE
CREATE TABLE child (LIKE clips);
ALTER TABLE child INHERIT clips;
\echo :SQLSTATE
CREATE TABLE other (id int);
CREATE TABLE children () INHERITS (child, other);
ALTER TABLE children NO INHERIT other;
ALTER TABLE children INHERIT other;
UPDATE clips SET earnings = 12;
TABLE campaigns;

-- Past the event triggers: the next write says so.
SET session_replication_role = replica;
ALTER TABLE child INHERIT clips;
RESET session_replication_role;
UPDATE clips SET earnings = 12;
\echo :SQLSTATE
ALTER TABLE child NO INHERIT clips;
UPDATE clips SET earnings = 12;

ALTER TABLE campaigns DROP title;
UPDATE clips SET earnings = 13;
TABLE campaigns;
SELECT * FROM spend_sync_status();
SELECT severity, problem FROM spend_sync_check();
ALTER TABLE campaigns ADD title text DEFAULT 'Again';
UPDATE clips SET earnings = 14;
SELECT * FROM spend_sync_status();

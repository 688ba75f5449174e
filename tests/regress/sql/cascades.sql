-- What foreign keys do by themselves: ON DELETE CASCADE, SET NULL, SET DEFAULT, ON UPDATE CASCADE.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

ALTER TABLE clip_submissions
    DROP CONSTRAINT clip_submissions_campaign_id_fkey, DROP CONSTRAINT clip_submissions_clip_id_fkey,
    ADD FOREIGN KEY (campaign_id) REFERENCES campaigns ON DELETE CASCADE ON UPDATE CASCADE,
    ADD FOREIGN KEY (clip_id) REFERENCES clips ON DELETE CASCADE ON UPDATE CASCADE;

-- Clips go, and their submissions with them.
DELETE FROM clips WHERE id = 3;
TABLE totals;
-- A campaign goes: its clips stay and count elsewhere.
INSERT INTO clip_submissions VALUES (5, 3, 1, 'APPROVED'), (6, 3, 4, 'APPROVED');
TABLE totals;
DELETE FROM campaigns WHERE id = 1;
TABLE totals;
SELECT * FROM clip_submissions ORDER BY id;

-- Keys change, and the links follow.
UPDATE campaigns SET id = id + 10;
TABLE totals;
UPDATE clips SET id = id + 100;
TABLE totals;
UPDATE clips SET id = 200, earnings = 7 WHERE id = 101;
TABLE totals;
UPDATE campaigns SET id = 30, spent = 5 WHERE id = 13;
TABLE totals;

-- Three generations: users take their clips with them, clips their submissions; and users their own submissions.
CREATE TABLE users (id int PRIMARY KEY);
INSERT INTO users VALUES (1), (2);
ALTER TABLE clips ADD user_id int DEFAULT 2 REFERENCES users ON DELETE CASCADE;
ALTER TABLE clip_submissions ADD user_id int REFERENCES users ON DELETE CASCADE;
INSERT INTO clips (id, earnings, user_id) VALUES (1, 1.00, 1), (2, 2.00, 1), (3, 4.00, 2), (4, 8.00, 2);
INSERT INTO clip_submissions VALUES
    (11, 12, 1, 'APPROVED', 1), (12, 12, 2, 'APPROVED', 1), (13, 12, 3, 'APPROVED', 2), (14, 30, 4, 'APPROVED', 1),
    (15, 30, 1, 'APPROVED', 2);
TABLE totals;
DELETE FROM users WHERE id = 1;
TABLE totals;
SELECT * FROM clip_submissions ORDER BY id;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
DELETE FROM users;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;
SELECT * FROM clip_submissions ORDER BY id;

-- SET NULL: the submission stays, without a clip. SET DEFAULT: it points to another one.
ALTER TABLE clip_submissions
    DROP CONSTRAINT clip_submissions_clip_id_fkey, ADD FOREIGN KEY (clip_id) REFERENCES clips ON DELETE SET NULL;
INSERT INTO clips (id, earnings, user_id) VALUES (1, 1.00, NULL), (2, 2.00, NULL), (3, 4.00, NULL), (4, 8.00, NULL);
INSERT INTO clip_submissions VALUES (21, 12, 1, 'APPROVED'), (22, 12, 2, 'APPROVED'), (23, 30, 3, 'APPROVED');
TABLE totals;
DELETE FROM clips WHERE id = 2;
TABLE totals;
ALTER TABLE clip_submissions ALTER clip_id SET DEFAULT 4, ALTER campaign_id SET DEFAULT 12,
    DROP CONSTRAINT clip_submissions_clip_id_fkey, ADD FOREIGN KEY (clip_id) REFERENCES clips ON DELETE SET DEFAULT,
    DROP CONSTRAINT clip_submissions_campaign_id_fkey, ADD FOREIGN KEY (campaign_id) REFERENCES campaigns ON DELETE SET DEFAULT;
DELETE FROM clips WHERE id = 3;
TABLE totals;
DELETE FROM campaigns WHERE id = 30;
TABLE totals;
SELECT * FROM clip_submissions ORDER BY id;
-- Everything in one statement, and rolled back.
BEGIN;
WITH c AS (DELETE FROM clips WHERE id = 1), u AS (UPDATE clips SET earnings = 80 WHERE id = 4)
INSERT INTO campaigns VALUES (40, 'New', 40);
TABLE totals;
ROLLBACK;
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

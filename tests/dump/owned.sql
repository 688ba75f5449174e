-- Tables of a role that is no superuser, bound by it.
CREATE SCHEMA app;
SET search_path = app, public;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (campaign_id int REFERENCES campaigns, clip_id int REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One', 1);
INSERT INTO clips VALUES (1, 2), (2, 3);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED'), (1, 2, 'APPROVED');
SELECT corrected FROM spend_sync_attach();

\set ECHO none
-- The tables that a story starts from where it needs nothing special of them, a few rows, and the oracle. Made quietly.
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00), (4, 40.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');
\ir totals.sql

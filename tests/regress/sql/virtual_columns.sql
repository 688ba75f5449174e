-- PostgreSQL 18 and later: a virtual generated column is in no row: a trigger sees none of its values. It is refused where a
-- trigger would have to read it; a title may be one.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, views int, earnings numeric(10,2) GENERATED ALWAYS AS (views * 0.01) VIRTUAL);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips (id, views) VALUES (1, 1000), (2, 2000);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'PENDING');
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE clips ADD paid numeric GENERATED ALWAYS AS (views * 0.02) STORED;
ALTER TABLE clip_submissions ADD state text GENERATED ALWAYS AS (lower(status)) VIRTUAL,
    ADD campaign int GENERATED ALWAYS AS (campaign_id) VIRTUAL, ADD clip int GENERATED ALWAYS AS (clip_id) VIRTUAL;
SELECT * FROM spend_sync_attach(earnings => 'paid', status => 'state', approved => '{approved}');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(earnings => 'paid', submission_campaign => 'campaign');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(earnings => 'paid', submission_clip => 'clip');
\echo :SQLSTATE
ALTER TABLE campaigns ADD total numeric GENERATED ALWAYS AS (id) VIRTUAL;
SELECT * FROM spend_sync_attach(earnings => 'paid', spent => 'total');
\echo :SQLSTATE
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';

-- A title, and columns that stored ones are computed from, are as good as any.
ALTER TABLE campaigns ADD label text GENERATED ALWAYS AS ('No. ' || title) VIRTUAL;
SELECT corrected FROM spend_sync_attach(earnings => 'paid', title => 'label');
SELECT title, earnings FROM spend_sync.binding;
UPDATE clips SET views = 3000;
SELECT campaign_id, title, recorded_spent, actual_spent FROM spend_sync_status();

-- A bound column that goes past the event triggers, and comes back as a virtual one: writes say so, as far as a trigger is
-- left, and the check.
SET session_replication_role = replica;
ALTER TABLE clips DROP paid CASCADE;
RESET session_replication_role;
ALTER TABLE clips ADD paid numeric GENERATED ALWAYS AS (views * 0.02) VIRTUAL;
UPDATE clips SET views = 4000;
\echo :SQLSTATE
INSERT INTO clips (id, views) VALUES (3, 1);
\echo :SQLSTATE
SELECT severity, object, problem FROM spend_sync_check();
SELECT id, spent FROM campaigns ORDER BY id;

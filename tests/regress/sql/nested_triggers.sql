-- The user's own triggers and generated columns, before, beside and inside of ours.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- A BEFORE trigger sets the earnings: the statement itself names another column only.
CREATE FUNCTION earn_by_views() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.earnings := NEW.views * 0.05;
    RETURN NEW;
END $$;
CREATE TRIGGER earn BEFORE INSERT OR UPDATE OF views ON clips FOR EACH ROW EXECUTE FUNCTION earn_by_views();
UPDATE clips SET views = 1000 WHERE id = 1;
TABLE totals;
INSERT INTO clips (id, views) VALUES (5, 100) ON CONFLICT (id) DO UPDATE SET views = excluded.views;
INSERT INTO clip_submissions VALUES (5, 2, 5, 'APPROVED');
INSERT INTO clips (id, views) VALUES (5, 200) ON CONFLICT (id) DO UPDATE SET views = excluded.views;
TABLE totals;
-- A BEFORE trigger that swallows the write, and one that decides the status.
CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER never_more BEFORE UPDATE ON clips FOR EACH ROW WHEN (NEW.views > 100000) EXECUTE FUNCTION swallow();
UPDATE clips SET views = 100001;
TABLE totals;
CREATE FUNCTION approve_large() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT earnings FROM clips WHERE id = NEW.clip_id) >= 40 THEN NEW.status := 'APPROVED'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approve_large BEFORE INSERT ON clip_submissions FOR EACH ROW EXECUTE FUNCTION approve_large();
INSERT INTO clip_submissions VALUES (6, 3, 1, 'PENDING'), (7, 3, 2, 'PENDING');
TABLE totals;
DROP TRIGGER earn ON clips;
DROP TRIGGER never_more ON clips;
DROP TRIGGER approve_large ON clip_submissions;

-- A trigger on clips that writes submissions: what earns enough is approved.
CREATE FUNCTION approve_earners() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clip_submissions SET status = 'APPROVED' WHERE clip_id = NEW.id AND NEW.earnings >= 100;
    RETURN NULL;
END $$;
CREATE TRIGGER z_last AFTER UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION approve_earners();
UPDATE clips SET earnings = earnings + 70 WHERE id IN (2, 3);
TABLE totals;
-- The same, named so that it fires before ours do: the flush of its statement comes too early for the clip's own row.
UPDATE clip_submissions SET status = 'PENDING' WHERE id IN (3, 7);
ALTER TRIGGER z_last ON clips RENAME TO a_first;
UPDATE clips SET earnings = earnings + 0.50;
TABLE totals;
DROP TRIGGER a_first ON clips;

-- A trigger on campaigns that sees each change of spent: once a statement and campaign, and only when it changed.
CREATE TABLE seen (number int GENERATED ALWAYS AS IDENTITY, campaign int, before numeric, after numeric);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO seen (campaign, before, after) VALUES (NEW.id, OLD.spent, NEW.spent);
    RETURN NULL;
END $$;
CREATE TRIGGER see AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION see();
UPDATE clips SET earnings = earnings + 1;
UPDATE clips SET earnings = earnings;
UPDATE clip_submissions SET status = status;
UPDATE clips SET earnings = earnings + 1 WHERE id = 4;
SELECT campaign, before, after FROM seen ORDER BY campaign, number;
TABLE totals;
DROP TRIGGER see ON campaigns;

-- A trigger on campaigns that writes campaigns: a budget that is used up ends the campaign.
ALTER TABLE campaigns ADD budget numeric DEFAULT 500, ADD state text DEFAULT 'ACTIVE', ADD touched int DEFAULT 0;
CREATE FUNCTION complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE campaigns SET state = 'COMPLETED' WHERE id = NEW.id AND state = 'ACTIVE';
    RETURN NULL;
END $$;
CREATE TRIGGER complete AFTER UPDATE ON campaigns FOR EACH ROW WHEN (NEW.spent >= NEW.budget) EXECUTE FUNCTION complete();
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.touched := OLD.touched + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION touch();
UPDATE clips SET earnings = 600 WHERE id = 5;
SELECT id, spent, state, touched FROM campaigns ORDER BY id;

-- A trigger on campaigns that writes clips, which write campaigns again: a bonus for a campaign's first clip, once.
ALTER TABLE clips ADD bonus boolean DEFAULT false;
CREATE FUNCTION give_bonus() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips SET earnings = earnings + 1000, bonus = true
    WHERE NOT bonus AND id = (SELECT min(clip_id) FROM clip_submissions WHERE campaign_id = NEW.id AND status = 'APPROVED');
    RETURN NULL;
END $$;
CREATE TRIGGER give_bonus AFTER UPDATE ON campaigns FOR EACH ROW WHEN (NEW.spent > OLD.spent) EXECUTE FUNCTION give_bonus();
UPDATE clips SET earnings = earnings + 1 WHERE id = 3;
SELECT id, earnings, bonus FROM clips ORDER BY id;
TABLE totals;
DROP TRIGGER give_bonus ON campaigns;

-- A trigger on campaigns that writes the total of another campaign is a direct write like any other.
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE campaigns SET spent = 0.99 WHERE id = NEW.id % 3 + 1 AND pg_trigger_depth() < 3;
    RETURN NULL;
END $$;
CREATE TRIGGER meddle AFTER UPDATE OF spent ON campaigns FOR EACH ROW EXECUTE FUNCTION meddle();
UPDATE clips SET earnings = earnings + 1 WHERE id = 3;
TABLE totals;
UPDATE campaigns SET spent = 5 WHERE id = 2;
TABLE totals;
DROP TRIGGER meddle ON campaigns;

-- A trigger that will not let the total become what it must be. Where it fires before ours, ours has the last word; where it
-- fires later, the write fails whole.
CREATE FUNCTION cap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.spent := least(NEW.spent, 5000);
    RETURN NEW;
END $$;
CREATE TRIGGER cap BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION cap();
UPDATE clips SET earnings = 5001 WHERE id = 3;
TABLE totals;
DROP TRIGGER cap ON campaigns;
CREATE TRIGGER the_cap BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION cap();
UPDATE clips SET earnings = 1000 WHERE id = 3;
TABLE totals;
UPDATE clips SET earnings = 5001 WHERE id = 3;
\echo :SQLSTATE
TABLE totals;
DROP TRIGGER the_cap ON campaigns;
CREATE TRIGGER cap BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION swallow();
UPDATE clips SET earnings = 900 WHERE id = 3;
\echo :SQLSTATE
TABLE totals;
DROP TRIGGER cap ON campaigns;

-- At commit, all of them at once.
CREATE TRIGGER approve_earners AFTER UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION approve_earners();
CREATE TRIGGER give_bonus AFTER UPDATE ON campaigns FOR EACH ROW WHEN (NEW.spent > OLD.spent) EXECUTE FUNCTION give_bonus();
UPDATE clip_submissions SET status = 'PENDING' WHERE id IN (3, 7);
UPDATE clips SET bonus = false, earnings = 50;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = 200 WHERE id IN (2, 3);
SELECT id, spent FROM campaigns ORDER BY id;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
SELECT id, earnings, bonus FROM clips ORDER BY id;
TABLE totals;
DROP TRIGGER approve_earners ON clips;
DROP TRIGGER give_bonus ON campaigns;

-- A generated column: it changes whatever the statement names.
CREATE SCHEMA generated;
CREATE TABLE generated.campaigns (id int PRIMARY KEY, spent numeric(10,2));
CREATE TABLE generated.clips (
    id int PRIMARY KEY,
    views int,
    rate numeric,
    earnings numeric(10,2) GENERATED ALWAYS AS (views * rate / 1000) STORED
);
CREATE TABLE generated.clip_submissions (
    id int PRIMARY KEY,
    campaign_id int REFERENCES generated.campaigns,
    clip_id int REFERENCES generated.clips,
    approved_at timestamptz,
    status boolean GENERATED ALWAYS AS (approved_at IS NOT NULL) STORED
);
CREATE INDEX ON generated.clip_submissions (campaign_id);
CREATE INDEX ON generated.clip_submissions (clip_id);
INSERT INTO generated.campaigns VALUES (1);
SELECT approved_when FROM spend_sync_attach('generated.campaigns', 'generated.clips', 'generated.clip_submissions');
INSERT INTO generated.clips VALUES (1, 10000, 2.5), (2, 20000, 2.5);
INSERT INTO generated.clip_submissions VALUES (1, 1, 1, '2020-01-01'), (2, 1, 2, NULL);
SELECT * FROM generated.campaigns;
UPDATE generated.clips SET views = views * 2;
SELECT * FROM generated.campaigns;
UPDATE generated.clips SET rate = 3;
SELECT * FROM generated.campaigns;
UPDATE generated.clip_submissions SET approved_at = '2020-01-02' WHERE id = 2;
SELECT * FROM generated.campaigns;
UPDATE generated.clip_submissions SET approved_at = '2020-01-02';
SELECT * FROM generated.campaigns WHERE spent IS DISTINCT FROM (
    SELECT sum(earnings) FROM generated.clip_submissions JOIN generated.clips k ON k.id = clip_id WHERE approved_at IS NOT NULL);

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;

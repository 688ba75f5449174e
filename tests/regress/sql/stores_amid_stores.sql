-- Triggers of the user's on campaigns that write, while a total is being stored, what sets off other stores and other writes of campaigns: an
-- update of ours counts as stored once its own AFTER triggers fire, and no other's say so.
\set VERBOSITY terse
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric DEFAULT 0, budget numeric DEFAULT 10, note text);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1), (2);
CREATE PROCEDURE start(earnings numeric[]) LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE clip_submissions, clips;
    INSERT INTO clips SELECT n, earnings[n] FROM generate_series(1, 3) n;
    INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED'), (earnings[4], 2, 'APPROVED'), (2, 3, 'APPROVED');
END $$;

\echo another campaign's repair, which sets off a write of a clip of the first
SELECT brought_up_at FROM spend_sync_attach();
CALL start('{1, 2, 5, 1}');
CREATE FUNCTION repairs() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.id = 1 AND NEW.spent > OLD.spent THEN
        UPDATE clips SET earnings = earnings + 1 WHERE id = 3;
        PERFORM sync_campaign(2, 'campaigns');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION takes_back() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.id = 2 THEN
        UPDATE clips SET earnings = earnings - 1 WHERE id = 2;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER repairs BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION repairs();
CREATE TRIGGER takes_back AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION takes_back();
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
TABLE totals;
SELECT brought_up_at FROM spend_sync_attach(flush => 'commit');
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
COMMIT;
TABLE totals;
DROP TRIGGER repairs ON campaigns;
DROP TRIGGER takes_back ON campaigns;

\echo a write of another column of a campaign that is stored already, amid the next one
CREATE FUNCTION caps() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.spent > NEW.budget THEN
        UPDATE campaigns SET note = 'another was capped' WHERE id < NEW.id;
        UPDATE clips SET earnings = 0 WHERE id = 3;
    END IF;
    RETURN NEW;
END $$;
SELECT brought_up_at FROM spend_sync_attach(flush => 'statement');
CALL start('{1, 10, 0, 2}');
CREATE TRIGGER zz_caps BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION caps();
UPDATE clips SET earnings = earnings + 5 WHERE id IN (1, 3);
TABLE totals;
SELECT brought_up_at FROM spend_sync_attach(flush => 'commit');
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = earnings + 5 WHERE id IN (1, 3);
COMMIT;
TABLE totals;
DROP TRIGGER zz_caps ON campaigns;

\echo the repair of a total of other tables, which sets off a write of a clip
SELECT brought_up_at FROM spend_sync_attach(flush => 'statement');
CREATE TABLE brands (id int PRIMARY KEY, spent numeric DEFAULT 0);
CREATE TABLE films (id int PRIMARY KEY, earnings numeric);
CREATE TABLE brand_films (brand_id int, film_id int, status text);
CREATE INDEX ON brand_films (brand_id);
CREATE INDEX ON brand_films (film_id);
INSERT INTO brands VALUES (1);
INSERT INTO films VALUES (1, 1);
INSERT INTO brand_films VALUES (1, 1, 'APPROVED');
SELECT corrected FROM spend_sync_attach('brands', 'films', 'brand_films');
CREATE FUNCTION writes_a_clip() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
    RETURN NEW;
END $$;
SET session_replication_role = replica;
UPDATE brands SET spent = 77;
RESET session_replication_role;
CREATE TRIGGER writes_a_clip AFTER UPDATE ON brands FOR EACH ROW EXECUTE FUNCTION writes_a_clip();
CREATE FUNCTION repairs_brand() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM sync_campaign(1, 'brands');
    RETURN NEW;
END $$;
CREATE TRIGGER repairs_brand BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION repairs_brand();
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
\echo :SQLSTATE
TABLE totals;
TABLE brands;

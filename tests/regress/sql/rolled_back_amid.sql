-- A trigger of the user's on campaigns that writes, while a total is being stored, the very number that is to be stored, and rolls
-- that back: the row is not stored by that.
\set VERBOSITY terse
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, clip_id int REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1), (2);
INSERT INTO clips VALUES (1, 10), (2, 100);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 2, 2, 'APPROVED');
CREATE FUNCTION tries() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF pg_trigger_depth() > 2 THEN
        RETURN NEW;
    END IF;
    BEGIN
        BEGIN
            UPDATE campaigns SET spent = spent + 5;
        EXCEPTION WHEN division_by_zero THEN
        END;
        RAISE 'no';
    EXCEPTION WHEN raise_exception THEN
        RAISE NOTICE 'rolled back';
    END;
    RETURN NEW;
END $$;
CREATE TRIGGER a_tries BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION tries();
SELECT corrected FROM spend_sync_attach('campaigns', flush => 'statement');
UPDATE clips SET earnings = earnings + 5 WHERE id = 1;
TABLE totals;
UPDATE clips SET earnings = earnings + 5;
TABLE totals;
SELECT corrected FROM spend_sync_attach('campaigns', flush => 'commit');
UPDATE clips SET earnings = earnings + 5 WHERE id = 1;
TABLE totals;
UPDATE clips SET earnings = earnings + 5;
TABLE totals;

-- Also where it is the trigger after ours.
ALTER TRIGGER a_tries ON campaigns RENAME TO zz_tries;
UPDATE clips SET earnings = earnings + 5 WHERE id = 1;
TABLE totals;
UPDATE clips SET earnings = earnings + 5;
TABLE totals;

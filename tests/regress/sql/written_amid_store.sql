-- Triggers of the user's on campaigns that write what a total hangs on, while it is being stored: a cap that takes back the
-- submission that would break the budget, before each row and before each statement; a total that is the amount of another.
\set VERBOSITY terse
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0, budget numeric(10,2) DEFAULT 50);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, clip_id int REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10), (2, 100), (3, 1);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'PENDING'), (3, 2, 3, 'APPROVED');
CREATE FUNCTION cap() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.spent > NEW.budget THEN
        UPDATE clip_submissions SET status = 'REJECTED' WHERE id = (
            SELECT max(id) FROM clip_submissions WHERE campaign_id = NEW.id AND status = 'APPROVED');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION reject_dear() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE clip_submissions SET status = 'REJECTED' WHERE clip_id = 2 AND status = 'APPROVED';
    RETURN NULL;
END $$;
CREATE FUNCTION sync_too() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE clip_submissions SET status = 'REJECTED' WHERE clip_id = 2 AND status = 'APPROVED';
    PERFORM sync_campaign(NEW.id);
    RETURN NEW;
END $$;
CREATE PROCEDURE break_the_budget() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
    COMMIT;
    -- Summed, or moved by one clip and a link of one query.
    WITH paid AS (UPDATE clips SET earnings = earnings + 1 WHERE id = 3)
    UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
    COMMIT;
    UPDATE clip_submissions SET status = 'PENDING' WHERE id = 2;
END $$;
\set TRIGGERS '''BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION cap()'', ''BEFORE UPDATE ON campaigns FOR EACH STATEMENT EXECUTE FUNCTION reject_dear()'', ''BEFORE UPDATE ON campaigns FOR EACH ROW WHEN (NEW.spent > NEW.budget) EXECUTE FUNCTION sync_too()'', ''AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION cap()'''
CREATE FUNCTION try(fires text, moment text, moves bool) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('client_min_messages', 'error', false);
    PERFORM set_config('spend_sync.recompute_interval', CASE WHEN moves THEN '1d' ELSE '0' END, false);
    PERFORM spend_sync_attach(flush => moment);
    EXECUTE 'CREATE TRIGGER amid ' || fires;
    RETURN format('%s, totals at %s, %s', fires, moment, CASE WHEN moves THEN 'moved' ELSE 'summed' END);
END $$;
CREATE PROCEDURE drift() LANGUAGE plpgsql AS $$
BEGIN
    SET session_replication_role = replica;
    UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
    UPDATE campaigns SET spent = 9;
    RESET session_replication_role;
END $$;
\pset format unaligned
\pset tuples_only on
\set ECHO none
SELECT format('SELECT try(%L, %L, %L)', fires, moment, moves), 'CALL break_the_budget()', 'SELECT ''DRIFT'', * FROM totals WHERE spent <> oracle',
       'CALL drift()', 'SELECT count(*) FROM sync_all_campaigns()', 'SELECT ''DRIFT'', * FROM totals WHERE spent <> oracle',
       'DROP TRIGGER amid ON campaigns'
FROM unnest(ARRAY[:TRIGGERS]) AS fires, unnest(ARRAY['statement', 'commit']) AS moment, unnest(ARRAY[true, false]) AS moves
\gexec
\set ECHO all
\pset format aligned
\pset tuples_only off
TABLE totals;

-- What is summed is itself a total: it is stored by the flush of the one, and told to the other.
CREATE TABLE agencies (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE agency_campaigns (agency_id int REFERENCES agencies, campaign_id int REFERENCES campaigns, status text DEFAULT 'APPROVED');
CREATE INDEX ON agency_campaigns (agency_id);
CREATE INDEX ON agency_campaigns (campaign_id);
INSERT INTO agencies VALUES (1);
INSERT INTO agency_campaigns VALUES (1, 1), (1, 2);
SELECT corrected FROM spend_sync_attach('agencies', 'campaigns', 'agency_campaigns', spent => 'spent', earnings => 'spent',
    submission_campaign => 'agency_id', submission_clip => 'campaign_id', flush => 'statement');
SELECT corrected FROM spend_sync_attach('campaigns', flush => 'statement');
UPDATE clips SET earnings = earnings + 5;
UPDATE clip_submissions SET status = 'APPROVED';
DELETE FROM clip_submissions WHERE id = 3;
SELECT a.spent, sum(c.spent) AS oracle FROM agencies a, campaigns c GROUP BY 1;
TABLE totals;

-- What another total owes is not let go of amid a store.
CREATE FUNCTION detaches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM spend_sync_detach('agencies');
    RETURN NEW;
END $$;
CREATE TRIGGER detaches BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION detaches();
UPDATE clips SET earnings = earnings + 5;
\echo :SQLSTATE
SELECT a.spent, sum(c.spent) AS oracle FROM agencies a, campaigns c GROUP BY 1;

-- A trigger on campaigns that fires before ours, and writes another column of the row that a total is being stored in: the total is stored
-- all the same, and nobody wrote it by hand.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
\ir ../tables.sql
ALTER TABLE campaigns ADD touched int DEFAULT 0;
SELECT corrected FROM spend_sync_attach(direct_writes => 'reject');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE campaigns SET touched = touched + 1 WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER a_touch AFTER UPDATE OF spent ON campaigns FOR EACH ROW EXECUTE FUNCTION touch();
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
UPDATE clips SET earnings = earnings + 1;
UPDATE clip_submissions SET status = 'APPROVED';
SELECT id, spent, touched > 0 AS touched FROM campaigns ORDER BY id;
SELECT * FROM totals WHERE spent <> oracle;
SET spend_sync.recompute_interval = 0;
UPDATE clips SET earnings = earnings + 1;
RESET spend_sync.recompute_interval;
SELECT FROM spend_sync_attach(direct_writes => 'reject', flush => 'commit');
UPDATE clips SET earnings = earnings + 1;
SELECT FROM spend_sync_attach();
UPDATE clips SET earnings = earnings + 1;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
SELECT * FROM totals WHERE spent <> oracle;
SELECT found_by, count(*) FROM spend_sync.correction WHERE found_by <> 'attach' GROUP BY found_by;

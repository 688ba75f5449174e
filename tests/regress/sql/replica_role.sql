-- The deferred triggers of a total that is flushed at the statement are for replicas that note what they apply. As a replica in which
-- nothing is noted no event waits for the commit: it would be in the way of DDL.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected FROM spend_sync_attach();
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE clips SET earnings = earnings + 1;
DELETE FROM clip_submissions;
ALTER TABLE clips ADD later int;
TRUNCATE clips, clip_submissions;
ROLLBACK;
-- Where row triggers fire there, totals are brought up: the first row of a backend at once, what follows at the commit.
ALTER TABLE clips ENABLE ALWAYS TRIGGER spend_sync_campaigns_row;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE clips SET earnings = earnings + 1;
UPDATE clips SET earnings = earnings + 1;
COMMIT;
SELECT count(*) FROM spend_sync_status() WHERE needs_sync;
ALTER TABLE clips ENABLE TRIGGER spend_sync_campaigns_row;
-- ENABLE TRIGGER ALL, with which pg_restore --disable-triggers ends, makes triggers fire that are for replicas alone.
SELECT count(*) FROM spend_sync_check() WHERE problem LIKE '%outside of replication%';
ALTER TABLE clips DISABLE TRIGGER ALL;
ALTER TABLE clips ENABLE TRIGGER ALL;
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE problem LIKE '%outside of replication%' ORDER BY problem;
ALTER TABLE clips ENABLE REPLICA TRIGGER spend_sync_wake, ENABLE REPLICA TRIGGER spend_sync_wake_update;
SELECT count(*) FROM spend_sync_check() WHERE problem LIKE '%outside of replication%';

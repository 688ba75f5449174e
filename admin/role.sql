-- The role that spend-sync-admin connects as: it may read what the preview needs and call the repair, and write nothing.
-- Run it as the owner of the tables, in their database; give the role a password, or let it in by pg_hba.conf.
CREATE ROLE spend_sync_admin LOGIN;
GRANT SELECT ON campaigns, clips, clip_submissions, spend_sync.correction TO spend_sync_admin;
GRANT EXECUTE ON FUNCTION sync_campaign(text, regclass), sync_all_campaigns(regclass) TO spend_sync_admin;

-- A preview reads all approved clips: no page should wait for ever, and no repair for a lock.
ALTER ROLE spend_sync_admin SET statement_timeout = '2min';
ALTER ROLE spend_sync_admin SET lock_timeout = '10s';

-- The extension, for an ordinary role that owns the tables.
CREATE EXTENSION spend_sync;
GRANT CREATE ON SCHEMA public TO app;
GRANT EXECUTE ON FUNCTION sync_campaign(text, regclass), sync_campaign(bigint, regclass), sync_campaign(uuid, regclass),
  sync_all_campaigns(regclass) TO app;
GRANT EXECUTE ON PROCEDURE spend_sync_repair TO app;

-- Makes every total of a table wrong, or NULL, as whatever bypasses triggers does.
CREATE FUNCTION drift(campaigns regclass, amount numeric) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET session_replication_role = replica
  AS $$ BEGIN EXECUTE format('UPDATE %s SET spent = spent + $1', campaigns) USING amount; END $$;

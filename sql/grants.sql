-- A writer of clips needs to reach the trigger functions; only a role that is told to may change totals at will.
GRANT USAGE ON SCHEMA spend_sync TO PUBLIC;
GRANT SELECT ON spend_sync.binding TO PUBLIC;
REVOKE EXECUTE ON FUNCTION @extschema@.sync_campaign(text, regclass) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION @extschema@.sync_campaign(bigint, regclass) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION @extschema@.sync_campaign(uuid, regclass) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION @extschema@.sync_all_campaigns(regclass) FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE @extschema@.spend_sync_repair(regclass, integer) FROM PUBLIC;

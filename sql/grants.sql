-- A writer of clips needs to reach the trigger functions.
GRANT USAGE ON SCHEMA spend_sync TO PUBLIC;
-- A WHEN runs as whoever writes, who must be allowed to call it.
GRANT EXECUTE ON FUNCTION spend_sync.wakes() TO PUBLIC;
GRANT SELECT ON spend_sync.binding, spend_sync.correction TO PUBLIC;
GRANT EXECUTE ON FUNCTION spend_sync.bindings() TO PUBLIC;
REVOKE EXECUTE ON FUNCTION spend_sync.renew_triggers() FROM PUBLIC;
-- The owner of the tables brings totals to the truth without being told that he may, so everybody may call these; they refuse a
-- caller who has neither the owner's rights nor a grant of his own (a grant to PUBLIC, as this one, is none).
GRANT EXECUTE ON FUNCTION @extschema@.sync_campaign(text, regclass) TO PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.sync_campaign(bigint, regclass) TO PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.sync_campaign(uuid, regclass) TO PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.sync_all_campaigns(regclass) TO PUBLIC;
GRANT EXECUTE ON PROCEDURE @extschema@.spend_sync_repair(regclass, integer) TO PUBLIC;

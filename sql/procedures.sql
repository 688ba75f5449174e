-- Repair in batches. A procedure, because only procedures can commit.
CREATE PROCEDURE @extschema@.spend_sync_repair(campaigns regclass DEFAULT NULL, batch_size integer DEFAULT 500)
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_repair';
COMMENT ON PROCEDURE @extschema@.spend_sync_repair(regclass, integer) IS
    'spend_sync: brings every total to the truth, in batches that commit as they go';

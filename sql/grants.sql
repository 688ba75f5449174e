-- Default privileges may have given rights on what is ours to others, whose triggers there would run as whoever repairs a total.
DO $$
DECLARE
    taken text;
BEGIN
    FOR taken IN
        SELECT pg_catalog.format('REVOKE ALL ON %s FROM %s', o.object,
                                 CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::pg_catalog.regrole::pg_catalog.text END)
        FROM (SELECT 'SCHEMA spend_sync' AS object, n.nspacl AS acl, n.nspowner AS owner
              FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.=) 'spend_sync'
              UNION ALL
              SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END OPERATOR(pg_catalog.||) c.oid::pg_catalog.regclass::pg_catalog.text,
                     c.relacl, c.relowner
              FROM pg_catalog.pg_class AS c
              WHERE c.relnamespace OPERATOR(pg_catalog.=) 'spend_sync'::pg_catalog.regnamespace
                AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'S']::pg_catalog."char"[])) AS o,
             LATERAL pg_catalog.aclexplode(o.acl) AS a
        WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner
    LOOP
        EXECUTE taken;
    END LOOP;
END
$$;
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

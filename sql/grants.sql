-- Default privileges may have given rights on what is ours to others, whose triggers there would run as whoever repairs a total; and who
-- was granted a sync function by name repairs.
DO $$
DECLARE
    taken text;
BEGIN
    FOR taken IN
        SELECT pg_catalog.format('REVOKE ALL ON %s FROM %s', o.object,
                                 CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::pg_catalog.regrole::pg_catalog.text END)
        FROM (SELECT 'SCHEMA spend_sync' AS object, n.nspacl AS acl, n.nspowner AS owner, true AS of_public
              FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.=) 'spend_sync'
              UNION ALL
              SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END OPERATOR(pg_catalog.||) c.oid::pg_catalog.regclass::pg_catalog.text,
                     c.relacl, c.relowner, true
              FROM pg_catalog.pg_class AS c
              WHERE c.relnamespace OPERATOR(pg_catalog.=) 'spend_sync'::pg_catalog.regnamespace
                AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'S']::pg_catalog."char"[])
              UNION ALL
              SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END OPERATOR(pg_catalog.||) p.oid::pg_catalog.regprocedure::pg_catalog.text,
                     p.proacl, p.proowner, false
              FROM pg_catalog.pg_proc AS p, pg_catalog.pg_depend AS d, pg_catalog.pg_extension AS e
              WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) p.oid
                AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) e.oid
                AND e.extname OPERATOR(pg_catalog.=) 'spend_sync') AS o,
             LATERAL pg_catalog.aclexplode(o.acl) AS a
        WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner AND (o.of_public OR a.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid)
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
GRANT EXECUTE ON FUNCTION @extschema@.sync_campaign(text[], regclass) TO PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.sync_all_campaigns(regclass) TO PUBLIC;
GRANT EXECUTE ON PROCEDURE @extschema@.spend_sync_repair(regclass, integer) TO PUBLIC;

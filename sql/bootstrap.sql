-- Other tools' dumps make the extension's schema before the extension. One that is empty and belongs to whoever creates the
-- extension is taken over; another's owner would own what stands in it.
DO $$
DECLARE
    found oid;
    owner oid;
BEGIN
    SELECT n.oid, n.nspowner INTO found, owner FROM pg_catalog.pg_namespace n
    WHERE n.nspname OPERATOR(pg_catalog.=) 'spend_sync';
    IF found IS NULL THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_depend d
               WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
                 AND d.refobjid OPERATOR(pg_catalog.=) found AND d.deptype OPERATOR(pg_catalog.=) 'n') THEN
        RAISE EXCEPTION 'schema spend_sync exists, and is not empty'
            USING ERRCODE = 'duplicate_schema',
                  DETAIL = 'The extension keeps its trigger functions and its log in a schema of this name.',
                  HINT = 'If nothing else needs it: DROP SCHEMA spend_sync CASCADE;';
    END IF;
    IF owner OPERATOR(pg_catalog.<>) (SELECT r.oid FROM pg_catalog.pg_roles r
                                      WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER) THEN
        RAISE EXCEPTION 'schema spend_sync exists, and belongs to another role'
            USING ERRCODE = 'duplicate_schema',
                  DETAIL = 'Its owner could replace the functions that keep totals.',
                  HINT = 'DROP SCHEMA spend_sync; it is empty.';
    END IF;
    ALTER EXTENSION spend_sync ADD SCHEMA spend_sync;
END $$;

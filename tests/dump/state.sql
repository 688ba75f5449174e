-- All that a dump must carry over, read from where PostgreSQL keeps it.
SET search_path = '';
\echo == totals
SELECT id, spent FROM "App".campaigns ORDER BY id;
SELECT id, "totalEarnings" FROM "App".users ORDER BY id;
SELECT id, "spentCents" FROM "tenant-b"."Deal" ORDER BY id;
\echo == bindings
SELECT * FROM spend_sync.binding ORDER BY campaigns;
\echo == advice
SELECT b.campaigns, f.* FROM spend_sync.binding b, "Sync Tools".spend_sync_check(b.campaigns::regclass) f
WHERE f.problem !~ 'found wrong' ORDER BY b.campaigns::text, f.object, f.problem; -- the log stays where it is
\echo == triggers
SELECT tgenabled, tgparentid <> 0 AS is_clone, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgfoid::regproc::text LIKE 'spend\_sync.%' ORDER BY tgrelid::regclass::text, tgname;
\echo == owners and rights of tables
SELECT oid::regclass, relowner::regrole, relacl FROM pg_class
    WHERE relnamespace::regnamespace::text = ANY ('{"\"App\"","\"tenant-b\"",media,spend_sync}') AND relkind IN ('r', 'p', 'v') ORDER BY oid::regclass::text;
\echo == rights of functions
SELECT oid::regprocedure, proowner::regrole, proacl FROM pg_proc
    WHERE pronamespace::regnamespace::text = ANY ('{"\"Sync Tools\"",spend_sync}') ORDER BY oid::regprocedure::text;
\echo == the extension
SELECT extname, extnamespace::regnamespace, extversion FROM pg_extension WHERE extname = 'spend_sync';

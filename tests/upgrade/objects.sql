-- Everything that the extension brings, line by line, without OIDs: two ways to one version must give the same.
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET search_path = pg_catalog;

CREATE TEMP VIEW member AS
    SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name
    FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
    WHERE d.deptype = 'e' AND e.extname = 'spend_sync';

SELECT 'version', extversion FROM pg_extension WHERE extname = 'spend_sync';
SELECT 'configuration', c::regclass, f FROM pg_extension e, unnest(extconfig, extcondition) AS u (c, f) WHERE extname = 'spend_sync' ORDER BY c::regclass::text;
SELECT 'object', name, obj_description(objid, classid::regclass::text::name) FROM member ORDER BY 2;
SELECT 'function', pg_get_functiondef(p.oid), ARRAY(SELECT a::text FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) AS a ORDER BY 1), p.probin, p.procost, p.prorows
FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass ORDER BY m.name;
SELECT 'relation', m.name, c.relkind, c.relpersistence, coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner)) AS relacl, c.reloptions, c.relrowsecurity,
       CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END
FROM member m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass ORDER BY m.name;
SELECT 'column', m.name, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
       a.attacl, col_description(a.attrelid, a.attnum)
FROM member m JOIN pg_attribute a ON a.attrelid = m.objid AND m.classid = 'pg_class'::regclass AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum ORDER BY m.name, a.attnum;
SELECT 'constraint', m.name, c.conname, pg_get_constraintdef(c.oid)
FROM member m JOIN pg_constraint c ON c.conrelid = m.objid AND m.classid = 'pg_class'::regclass ORDER BY 2, 3;
SELECT 'index', m.name, pg_get_indexdef(i.indexrelid)
FROM member m JOIN pg_index i ON i.indrelid = m.objid AND m.classid = 'pg_class'::regclass ORDER BY 2, 3;
SELECT 'schema', m.name, n.nspacl FROM member m JOIN pg_namespace n ON n.oid = m.objid AND m.classid = 'pg_namespace'::regclass ORDER BY 2;
SELECT 'event trigger', e.evtname, e.evtevent, e.evtenabled, e.evttags, e.evtfoid::regprocedure
FROM member m JOIN pg_event_trigger e ON e.oid = m.objid AND m.classid = 'pg_event_trigger'::regclass ORDER BY 2;

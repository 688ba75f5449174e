-- What the catalog says of the extension: a line of JSON for each block that stands between catalog marks in
-- docs/reference/, and one for each argument, result column, column, setting, event trigger and `found by` value,
-- which has to be explained there.
\set QUIET on
\pset format unaligned
\pset tuples_only on
-- Loads the library, which defines the settings.
SELECT FROM spend_sync.binding;
SET search_path = pg_catalog;

CREATE TEMP VIEW member AS
    SELECT d.classid, d.objid, i.type, regexp_replace(i.identity, '(^public|pg_catalog)\.', '', 'g') AS identity
    FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass,
         pg_identify_object(d.classid, d.objid, 0) AS i
    WHERE d.deptype = 'e' AND e.extname = 'spend_sync';

-- Who may do what, beside the owner.
CREATE FUNCTION pg_temp.rights(acl aclitem[], kind "char", owner oid) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s to %s', g.rights, g.grantee), ', ' ORDER BY g.grantee),
                    'nobody but the owner')
    FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS grantee,
                 string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) AS rights
          FROM aclexplode(coalesce(acl, acldefault(kind, owner))) AS x WHERE x.grantee <> owner GROUP BY 1) AS g $$;

-- A list without the casts of its defaults, on one line, or an item a line where that would be long.
CREATE FUNCTION pg_temp.listed(list text, indent text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN length(bare) <= 70 THEN bare
                ELSE format(E'\n%1$s    %2$s\n%1$s', indent, replace(bare, ', ', format(E',\n%s    ', indent))) END
    FROM regexp_replace(list, '::[a-z]+(\[\])?', '', 'g') AS bare $$;

-- The same of what stands in the brackets of TABLE(...).
CREATE FUNCTION pg_temp.result(result text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN result LIKE 'TABLE(%' THEN
                format('TABLE (%s)', pg_temp.listed(substring(result FROM '^TABLE\((.*)\)$'), '    '))
           ELSE result END $$;

CREATE TEMP VIEW function AS
    SELECT p.*, regexp_replace(p.oid::regproc::text, '^public\.', '') AS name
    FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass;

CREATE TEMP VIEW relation AS
    SELECT c.*, m.identity AS name,
           CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' ELSE c.relkind::text END AS kind
    FROM member m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass
    WHERE c.relkind <> 'S';

CREATE TEMP VIEW attribute AS
    SELECT r.name AS relation, a.attnum, a.attname,
           concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                     'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) AS definition
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;

CREATE TEMP VIEW setting AS
    SELECT s.*, current_setting(s.name) AS default_value
    FROM pg_settings s WHERE s.setting = s.boot_val AND s.name LIKE 'spend\_sync.%';

CREATE TEMP VIEW event_trigger AS
    SELECT e.* FROM member m JOIN pg_event_trigger e ON e.oid = m.objid AND m.classid = 'pg_event_trigger'::regclass;

CREATE TEMP VIEW block (name, text) AS
    SELECT 'objects', string_agg(format('%s %s', type, identity), E'\n' ORDER BY type, identity) FROM member
UNION ALL
    SELECT 'function ' || name,
           format(E'%s%s\n    %s', string_agg(signature, E'\n' ORDER BY signature),
                  E'\n    RETURNS ' || result, attributes)
    FROM (SELECT name, format('%s(%s)', name, pg_temp.listed(pg_get_function_arguments(oid), '')) AS signature,
                 pg_temp.result(pg_get_function_result(oid)) AS result,
                 format('%s, PARALLEL %s; rights: %s',
                        CASE provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
                        CASE proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END,
                        pg_temp.rights(proacl, 'f', proowner)) AS attributes
          FROM function) AS f
    GROUP BY name, result, attributes
UNION ALL
    SELECT format('%s %s', r.kind, r.name), format(E'%s %s (\n    %s\n)\nrights: %s', r.kind, r.name,
        (SELECT string_agg(line, E',\n    ' ORDER BY part, number, line)
         FROM (SELECT 1, a.attnum, a.definition FROM attribute a WHERE a.relation = r.name
               UNION ALL SELECT 2, 0, replace(pg_get_constraintdef(c.oid), '::text', '')
                         FROM pg_constraint c WHERE c.conrelid = r.oid
               UNION ALL SELECT 3, 0, 'INDEX ' || substring(pg_get_indexdef(i.indexrelid) FROM 'USING (.*)$')
                         FROM pg_index i WHERE i.indrelid = r.oid AND NOT i.indisprimary) AS l (part, number, line)),
        pg_temp.rights(r.relacl, 'r', r.relowner))
    FROM relation r
UNION ALL
    SELECT 'schema ' || m.identity,
           format(E'schema %s\nrights: %s', m.identity, pg_temp.rights(n.nspacl, 'n', n.nspowner))
    FROM member m JOIN pg_namespace n ON n.oid = m.objid AND m.classid = 'pg_namespace'::regclass
UNION ALL
    SELECT 'settings', string_agg(
        format('%s = %s   (%s%s; context %s)', name, default_value, vartype,
               coalesce(': ' || array_to_string(enumvals, ', '), format(', %s to %s%s', min_val, max_val, ' ' || unit)),
               context),
        E'\n' ORDER BY name) FROM setting
UNION ALL
    SELECT 'event triggers', string_agg(
        format(E'%s ON %s\n    WHEN TAG IN (%s)\n    EXECUTE FUNCTION %s; evtenabled = %s',
               evtname, evtevent, array_to_string(evttags, ', '), evtfoid::regprocedure, evtenabled),
        E'\n' ORDER BY evtname) FROM event_trigger;

-- Of functions that several overloads share a name with, each argument once.
CREATE TEMP VIEW part (object, kind, name) AS
    SELECT DISTINCT 'function ' || f.name,
           CASE WHEN coalesce(f.proargmodes[i], 'i') = 't' THEN 'column' ELSE 'argument' END, f.proargnames[i]
    FROM function f, generate_subscripts(f.proargnames, 1) AS i
UNION ALL
    SELECT format('%s %s', r.kind, r.name), 'column', a.attname FROM relation r JOIN attribute a ON a.relation = r.name
UNION ALL
    SELECT 'settings', 'setting', name FROM setting
UNION ALL
    SELECT 'event triggers', 'event trigger', evtname FROM event_trigger
UNION ALL
    SELECT 'table spend_sync.correction', 'found by', v[1]
    FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([^'']*)''::text', 'g') AS v
    WHERE c.conrelid = 'spend_sync.correction'::regclass AND c.contype = 'c';

SELECT json_build_object('block', name, 'text', text) FROM block ORDER BY name;
SELECT json_build_object('object', object, 'kind', kind, 'name', name) FROM part ORDER BY object, kind, name;

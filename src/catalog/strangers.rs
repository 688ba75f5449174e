//! Code that a table's statements run and that belongs to others: who owns a function, or a domain, may change what it does.

use crate::catalog::read;
use crate::errors::Result;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;

/// A function or a domain of a role that has not the rights of the tables' owner.
pub struct Strange {
    /// FUNCTION or DOMAIN.
    pub kind: String,
    /// Its name in SQL.
    pub sql: String,
    pub owner: String,
}

/// Those that are run when rows of `written` are updated (CHECKs, generated columns, triggers, rules), and when these tables are read
/// (indexes, statistics and partition keys, as queries are planned).
pub fn code_of_others(written: &[Oid], read_too: &[Oid], owner: Oid) -> Result<Vec<Strange>> {
    let rows = read(
        "WITH part (classid, objid, objsubid) AS (
             SELECT 'pg_constraint'::regclass, oid, 0 FROM pg_constraint WHERE conrelid = ANY ($1)
             UNION ALL
             SELECT generated.classid, generated.objid, generated.objsubid FROM pg_attrdef f
             JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum AND a.attgenerated <> ''
             CROSS JOIN LATERAL (VALUES ('pg_attrdef'::regclass, f.oid, 0),
                 ('pg_class'::regclass, f.adrelid, f.adnum::int)) AS generated (classid, objid, objsubid) -- PostgreSQL 14: the column itself
             WHERE f.adrelid = ANY ($1)
             UNION ALL SELECT 'pg_trigger'::regclass, oid, 0 FROM pg_trigger WHERE tgrelid = ANY ($1)
             UNION ALL SELECT 'pg_rewrite'::regclass, oid, 0 FROM pg_rewrite WHERE ev_class = ANY ($1)
             UNION ALL SELECT 'pg_class'::regclass, indexrelid, 0 FROM pg_index WHERE indrelid = ANY ($2)
             UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, 0 FROM pg_statistic_ext WHERE stxrelid = ANY ($2)
             UNION ALL SELECT 'pg_class'::regclass, partrelid, 0 FROM pg_partitioned_table WHERE partrelid = ANY ($2))
         SELECT DISTINCT code.kind, code.sql, pg_get_userbyid(code.owner)
         FROM part JOIN pg_depend d USING (classid, objid, objsubid)
         LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
         CROSS JOIN LATERAL (
             SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS sql, p.proowner AS owner FROM pg_proc p
             WHERE p.oid = CASE WHEN d.refclassid = 'pg_proc'::regclass THEN d.refobjid ELSE o.oprcode END
             UNION ALL
             SELECT 'DOMAIN', format_type(t.oid, NULL), t.typowner FROM pg_type t
             WHERE d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid AND t.typtype = 'd') AS code
         WHERE NOT pg_has_role(code.owner, $3, 'USAGE') ORDER BY 1, 2",
        &[Param::Oids(written), Param::Oids(read_too), Param::Oid(owner)],
    )?;
    let strange = |row: &Row| {
        Ok(Strange {
            kind: row.owned(0)?,
            sql: row.owned(1)?,
            owner: row.owned(2)?,
        })
    };
    rows.iter().map(strange).collect()
}

/// A cast from a type that PostgreSQL makes unasked: the names of both types.
pub fn implicit_cast(kind: Oid) -> Result<Option<(String, String)>> {
    let rows = read(
        "SELECT format_type(castsource, NULL), format_type(casttarget, NULL) FROM pg_cast
         WHERE castsource = $1 AND castcontext = 'i' ORDER BY 2 LIMIT 1",
        &[Param::Oid(kind)],
    )?;
    let names = rows.first().map(|row| Ok((row.owned(0)?, row.owned(1)?)));
    names.transpose()
}

//! Functions of the user's.

use crate::catalog::read;
use crate::errors::Result;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;

/// A function that a trigger of the user's calls.
pub struct TriggerFunction {
    pub trigger: String,
    pub schema: String,
    /// Its name for SQL, with schema and arguments.
    pub sql: String,
}

/// The functions of triggers of the user's on a table and its partitions that look names up, and in no search path of their
/// own: in any language but C. A function once, however many triggers call it.
pub fn trigger_functions_without_path(relation: Oid) -> Result<Vec<TriggerFunction>> {
    let rows = read(
        "SELECT DISTINCT ON (n.nspname, p.proname) t.tgname, n.nspname, format('%I.%I()', n.nspname, p.proname)
         FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
         JOIN pg_language l ON l.oid = p.prolang
         WHERE (t.tgrelid = $1 OR t.tgrelid IN (SELECT relid FROM pg_partition_tree($1::regclass)))
           AND NOT t.tgisinternal AND l.lanname NOT IN ('internal', 'c') AND NOT EXISTS (
             SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search~_path=%' ESCAPE '~')
         ORDER BY n.nspname, p.proname, t.tgname",
        &[Param::Oid(relation)],
    )?;
    let function = |row: &Row| {
        Ok(TriggerFunction {
            trigger: row.owned(0)?,
            schema: row.owned(1)?,
            sql: row.owned(2)?,
        })
    };
    rows.iter().map(function).collect()
}

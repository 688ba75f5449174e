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

/// Functions that look names up, and in no search path of their own: in any language but C. One once, however many triggers call it.
macro_rules! functions_without_path {
    ($trigger:literal, $triggers:literal) => {
        concat!(
            "SELECT DISTINCT ON (n.nspname, p.proname) ",
            $trigger,
            ", n.nspname, format('%I.%I()', n.nspname, p.proname)
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang JOIN ",
            $triggers,
            " WHERE l.lanname NOT IN ('internal', 'c') AND NOT EXISTS (
                 SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search~_path=%' ESCAPE '~')
             ORDER BY n.nspname, p.proname, ",
            $trigger
        )
    };
}

/// Those of triggers of the user's on a table and its partitions.
pub fn trigger_functions_without_path(relation: Oid) -> Result<Vec<TriggerFunction>> {
    let sql = functions_without_path!(
        "t.tgname",
        "pg_trigger t ON t.tgfoid = p.oid AND NOT t.tgisinternal
         AND (t.tgrelid = $1 OR t.tgrelid IN (SELECT relid FROM pg_partition_tree($1::regclass)))"
    );
    read(sql, &[Param::Oid(relation)])?.iter().map(function).collect()
}

/// Triggers for each row of a table, at the end of its statement at the latest, whose function's source has a command that writes this other
/// table, by whichever schema.
pub fn row_triggers_writing(relation: Oid, table: &str) -> Result<Vec<String>> {
    let letter = |letter: char| match letter {
        letter if letter.is_alphanumeric() => letter.to_string(),
        other => format!("\\{other}"),
    };
    let name: String = table.chars().map(letter).collect();
    let pattern = format!(
        r#"\m(update|insert\s+into|delete\s+from|merge\s+into)\s+(only\s+)?("?[\w$]+"?\.)?"?{name}"?(?![\w$])"#
    );
    let sql = "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE t.tgrelid = $1 AND t.tgtype & 1 = 1 AND NOT t.tgisinternal AND NOT t.tginitdeferred AND p.prosrc ~* $2
         ORDER BY t.tgname";
    let values = [Param::Oid(relation), Param::Text(&pattern)];
    read(sql, &values)?.iter().map(|row| row.owned(0)).collect()
}

/// Those of event triggers.
pub fn event_trigger_functions_without_path() -> Result<Vec<TriggerFunction>> {
    let sql = functions_without_path!(
        "e.evtname",
        "pg_event_trigger e ON e.evtfoid = p.oid AND e.evtenabled <> 'D'"
    );
    read(sql, &[])?.iter().map(function).collect()
}

fn function(row: &Row) -> Result<TriggerFunction> {
    Ok(TriggerFunction {
        trigger: row.owned(0)?,
        schema: row.owned(1)?,
        sql: row.owned(2)?,
    })
}

//! Roles, and what they may do.

use crate::catalog::read;
use crate::errors::{Error, Result};
use crate::pg::cache;
use crate::value::param::Param;
use pgrx::pg_sys::Oid;

/// Whether the role in force owns a schema, or is a member of the role that does.
pub fn owns_schema(name: &str) -> Result<bool> {
    let sql = "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = $1";
    Ok(read(sql, &[Param::Text(name)])?
        .first()
        .is_some_and(|row| row.is_true(0)))
}

/// What the role in force lacks on a table: the words of the missing right, `None` where it has what it needs.
pub fn missing_right(relation: Oid, must_lock: bool) -> Result<Option<String>> {
    let rows = read(
        "SELECT CASE
             WHEN NOT has_schema_privilege(c.relnamespace, 'USAGE') THEN 'USAGE on schema ' || quote_ident(n.nspname)
             WHEN NOT has_table_privilege(c.oid, 'SELECT')
                 THEN 'SELECT on ' || c.oid::regclass
             WHEN $2 = 'lock' AND NOT has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE on ' || c.oid::regclass
         END
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1",
        &[
            Param::Oid(relation),
            Param::Text(if must_lock { "lock" } else { "read" }),
        ],
    )?;
    Ok(rows.first().and_then(|row| row.get(0).map(str::to_owned)))
}

/// Whether row-level security hides rows of a table from the role in force.
pub fn hides_rows(relation: Oid) -> Result<bool> {
    let rows = read("SELECT row_security_active($1)", &[Param::Oid(relation)])?;
    Ok(rows.first().is_some_and(|row| row.is_true(0)))
}

/// A role's name.
pub fn role_name(role: Oid) -> Result<String> {
    let rows = read("SELECT pg_get_userbyid($1)", &[Param::Oid(role)])?;
    let row = rows.first().ok_or_else(|| Error::internal("no row for a role"))?;
    row.owned(0)
}

/// The owner of the extension's own tables.
pub fn keeper() -> Result<Oid> {
    let rows = read(
        "SELECT c.relowner, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'spend_sync' AND c.relname = 'correction'",
        &[],
    )?;
    let found = rows
        .first()
        .ok_or_else(|| Error::internal("no table spend_sync.correction"))?;
    cache::watch(&[found.oid(1)?]); // the owner may change
    found.oid(0)
}

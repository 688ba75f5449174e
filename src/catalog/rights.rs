//! Roles, and what they may do.

use crate::catalog::{read, read_often};
use crate::errors::Result;
use crate::errors::call::CallError;
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
    let rows = read_often(
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

/// What would grant a function to a role by name, as far as `TO`; `None` if the role in force has been granted it, directly or
/// by a role that it is a member of. What PUBLIC may do is no such grant.
pub fn missing_grant(function: Oid) -> Result<Option<String>> {
    let rows = read(
        "SELECT format('GRANT EXECUTE ON %s %I.%I(%s)', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
                       n.nspname, p.proname, oidvectortypes(p.proargtypes))
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE p.oid = $1 AND NOT EXISTS (
             SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
             WHERE a.grantee <> 0 AND a.privilege_type = 'EXECUTE' AND pg_has_role(a.grantee, 'USAGE'))",
        &[Param::Oid(function)],
    )?;
    Ok(rows.first().and_then(|row| row.get(0).map(str::to_owned)))
}

/// Which of these functions of the extension's a role may not call, or not reach.
pub fn functions_denied(role: &str, functions: &[String]) -> Result<Vec<String>> {
    let rows = read(
        "SELECT f FROM unnest($2) AS f
         WHERE NOT has_function_privilege($1, 'spend_sync.' || f, 'EXECUTE') OR NOT has_schema_privilege($1, 'spend_sync', 'USAGE')",
        &[Param::Text(role), Param::Texts(functions)],
    )?;
    rows.iter().map(|row| row.owned(0)).collect()
}

/// The version of the extension in this database.
pub fn extension_version() -> Result<String> {
    let rows = read_often("SELECT extversion FROM pg_extension WHERE extname = 'spend_sync'", &[])?;
    let row = rows.first().ok_or(CallError::ExtensionGone {})?;
    row.owned(0)
}

/// The owner of the extension's own tables.
pub fn keeper() -> Result<Oid> {
    let rows = read_often(
        "SELECT c.relowner, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'spend_sync' AND c.relname = 'correction'",
        &[],
    )?;
    let found = rows.first().ok_or(CallError::ExtensionGone {})?;
    cache::watch(&[found.oid(1)?]); // the owner may change
    found.oid(0)
}

//! Bound columns that get another type. PostgreSQL refuses that of a column which a trigger's WHEN names: ours are dropped before
//! the command, and made again when it has run, for the types of then. Values may be others, so totals are summed.

use crate::binding;
use crate::binding::condition::Condition;
use crate::binding::present::Trigger;
use crate::binding::{Bound, present, table_locks, triggers, wake_triggers};
use crate::catalog;
use crate::catalog::shape;
use crate::errors::Result;
use crate::errors::trigger::TriggerError;
use crate::pg::name;
use crate::pg::table::{Against, TableLock};
use crate::write::flush::Fed;
use crate::write::{flush, wake};
use pgrx::pg_sys::Oid;

/// A bound table of which columns get another type.
pub struct Retyped {
    table: Oid,
    bound: Vec<Bound>,
    /// Its deferred triggers were in the way.
    is_woken: bool,
}

/// Locks the tables of the bindings that hang on one of these columns, and drops what is in the way.
pub fn before(table: Oid, columns: &[String]) -> Result<Option<Retyped>> {
    let mut bound = concerned(table, columns)?;
    if !bound.is_empty() {
        table_locks::lock_found(|| locks(&bound, table))?;
        // Looked up anew: another command may have come first while we waited for a lock.
        bound = concerned(table, columns)?;
    }
    if bound.is_empty() {
        return Ok(None);
    }
    let mut dropped = present::triggers_on(table)?;
    let numbers = numbers_of(table, columns)?;
    dropped.retain(|trigger| is_in_the_way(trigger, &numbers));
    let is_woken = !dropped.is_empty();
    if is_woken {
        wake_triggers::fire(&[table], wake::waits())?;
        triggers::drop_as_owner(&dropped)?;
    }
    Ok(Some(Retyped { table, bound, is_woken }))
}

fn locks(bound: &[Bound], table: Oid) -> Result<Vec<TableLock>> {
    let mut all = Vec::new();
    for bound in bound {
        all.extend(bound.tables.locks(table, Against::All)?);
    }
    Ok(all)
}

/// The bindings that hang on one of these columns of a table, or of the one that it is a partition of. Who may not alter it changes
/// nothing.
fn concerned(table: Oid, columns: &[String]) -> Result<Vec<Bound>> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let mut bound = binding::whole_naming(table, columns)?;
    if bound.is_empty() || catalog::relation(table)?.is_none_or(|table| !table.is_ours) {
        return Ok(Vec::new());
    }
    let root = catalog::root(table)?;
    let is_named = |column: &&str| columns.iter().any(|one| one == column);
    bound.retain(|bound| bound.columns_of(root).iter().any(is_named));
    Ok(bound)
}

fn numbers_of(table: Oid, columns: &[String]) -> Result<Vec<i16>> {
    let all = catalog::columns(table)?.into_iter();
    let named = all.filter(|column| columns.contains(&column.name));
    Ok(named.map(|column| column.number).collect())
}

fn is_in_the_way(trigger: &Trigger, columns: &[i16]) -> bool {
    match &trigger.condition {
        Condition::ChangedAndWakes(seen) => columns.iter().any(|one| seen.contains(one)),
        Condition::Always | Condition::Wakes | Condition::Other => false,
    }
}

/// The columns have their new types: one that a total cannot be kept with is refused. What was bound while the command waited is
/// summed too.
pub fn after(retyped: Option<Retyped>, table: Oid, columns: &[String]) -> Result<()> {
    if let Some(Retyped { table, bound, is_woken }) = retyped {
        for bound in bound {
            shape::of_columns(bound.tables, bound.columns)?;
        }
        if is_woken {
            wake_triggers::renew_as_owner(table)?;
        }
    }
    let mut all = Vec::new();
    for bound in concerned(table, columns)? {
        table_locks::lock_found(|| bound.tables.locks(table, Against::All))?;
        // One that is broken is an error: it may be whole again before anything is written.
        all.extend(bound.binding()?.map(|binding| (binding, Fed::All)));
    }
    flush::sum(all)
}

/// Conditions of triggers name the bound columns, and PostgreSQL holds them, or takes the triggers along. Of campaigns' key and total
/// it is said here what they are for, before CASCADE takes anything.
pub fn check_dropped(table: Oid, columns: &[String]) -> Result<()> {
    for bound in concerned(table, columns)? {
        let campaigns = &bound.tables.campaigns;
        let of_it = bound.columns_of(table);
        if let Some(column) = columns.iter().find(|column| of_it.contains(&column.as_str()))
            && campaigns.oid == table
        {
            return Err(TriggerError::ColumnBound {
                table: campaigns.display(),
                column: name::display_name(column),
                campaigns: campaigns.display(),
            }
            .into());
        }
    }
    Ok(())
}

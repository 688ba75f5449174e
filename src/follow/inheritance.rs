//! What a bound table may not be: a parent or a child of other tables, whose rows would count and fire no triggers, or be written past
//! those that stand on it; or of a type, which changes its columns.

use crate::binding;
use crate::catalog;
use crate::catalog::Relation;
use crate::errors::Result;
use crate::errors::trigger::TriggerError;
use pgrx::pg_sys::Oid;

/// A table got partitions: none of them is bound itself. It would go on being written, but what comes and goes below it would be
/// looked for at the table above.
pub fn check_not_bound(partitions: &[Oid]) -> Result<()> {
    for bound in binding::whole_among(partitions)? {
        let bound_itself = |table: &&Relation| partitions.contains(&table.oid);
        if let Some(table) = bound.tables.all().into_iter().find(bound_itself) {
            return Err(TriggerError::Inherits {
                table: table.display(),
                campaigns: bound.tables.campaigns.display(),
            }
            .into());
        }
    }
    Ok(())
}

/// No table inherits from a bound one otherwise than by being a partition.
pub fn check_inherited(parents: &[Oid]) -> Result<()> {
    let bound = binding::whole_on(parents)?;
    let Some(first) = bound.first() else {
        return Ok(());
    };
    let tables = first.tables.all();
    let table = tables.into_iter().find(|table| parents.contains(&table.oid));
    Err(TriggerError::Inherited {
        table: table.unwrap_or(&first.tables.campaigns).display(),
        campaigns: first.tables.campaigns.display(),
    }
    .into())
}

/// A table is of a type now: what renames the type's attributes, or drops them, does so to the table, and names only the type.
pub fn check_typed(table: Oid) -> Result<()> {
    let bound = binding::whole_on(&[table])?;
    let Some((first, table)) = bound.first().zip(catalog::relation(table)?) else {
        return Ok(());
    };
    Err(TriggerError::OfType {
        table: table.display(),
        campaigns: first.tables.campaigns.display(),
    }
    .into())
}

/// A table inherits from others now: neither may it be bound itself, for what writes or changes these does so to its rows and columns
/// past all that stands on it.
pub fn check_inherits(table: Oid, parents: &[Oid]) -> Result<()> {
    if parents.is_empty() {
        return Ok(());
    }
    let bound = binding::whole_on(&[table])?;
    if let Some((first, table)) = bound.first().zip(catalog::relation(table)?) {
        return Err(TriggerError::Inherits {
            table: table.display(),
            campaigns: first.tables.campaigns.display(),
        }
        .into());
    }
    check_inherited(parents)
}

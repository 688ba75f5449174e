//! Commands that change rows past all row triggers, most of them by partitions that come and go: all totals are summed. And
//! the statement trigger that each partition has of its own is put on those that came.

use crate::binding::owners;
use crate::binding::table_locks;
use crate::binding::triggers;
use crate::catalog::shape::Tables;
use crate::errors::Result;
use crate::errors::trigger::TriggerError;
use crate::pg::table::Against;
use crate::write::flush;
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

/// A binding's partitions before a command.
pub struct Parted {
    tables: Tables,
    partitions: HashSet<Oid>,
}

fn partitions_of(tables: &Tables) -> Result<HashSet<Oid>> {
    let mut partitions = HashSet::new();
    for table in tables.all() {
        if table.is_partitioned() {
            partitions.extend(catalog::partition_oids(table.oid)?);
        }
    }
    Ok(partitions)
}

fn parted(tables: Tables) -> Result<Option<Parted>> {
    let partitions = partitions_of(&tables)?;
    Ok((!partitions.is_empty()).then_some(Parted { tables, partitions }))
}

/// The bindings with a partition at all.
pub fn of_all() -> Result<Vec<Parted>> {
    let mut all = Vec::new();
    for bound in binding::whole()? {
        all.extend(parted(bound.tables)?);
    }
    Ok(all)
}

/// The bindings that have one of these partitions.
pub fn of_those_with(partitions: &[Oid]) -> Result<Vec<Parted>> {
    let mut all = Vec::new();
    if !partitions.is_empty() {
        for tables in bindings_over(partitions)? {
            all.extend(parted(tables)?);
        }
    }
    Ok(all)
}

/// The tables of the bindings that one of these relations, or the table it is a partition of, belongs to.
fn bindings_over(relations: &[Oid]) -> Result<Vec<Tables>> {
    let mut roots = HashSet::new();
    for relation in relations {
        roots.insert(catalog::root(*relation)?);
    }
    let all = binding::whole()?.into_iter().map(|bound| bound.tables);
    Ok(all
        .filter(|tables| tables.all().iter().any(|table| roots.contains(&table.oid)))
        .collect())
}

/// Before the command locks one of them: locks the tables of the bindings that they belong to.
pub fn lock(relations: &[Oid], against: Against) -> Result<()> {
    for relation in relations {
        // Who may not do it does not keep others waiting.
        if catalog::relation(*relation)?.is_some_and(|relation| relation.is_ours) {
            for tables in bindings_over(&[*relation])? {
                table_locks::lock_tables(&tables.locks(catalog::root(*relation)?, against))?;
            }
        }
    }
    Ok(())
}

/// Of a bound table no partition is detached by two transactions: between them it has its rows no more, and totals have them.
pub fn check_detach(parent: Oid) -> Result<()> {
    let Some(table) = catalog::relation(parent)?.filter(|table| table.is_ours) else {
        return Ok(());
    };
    match bindings_over(&[parent])?.first() {
        None => Ok(()),
        Some(tables) => Err(TriggerError::DetachedConcurrently {
            table: table.display(),
            campaigns: tables.campaigns.display(),
        }
        .into()),
    }
}

/// A table got a partition: one of a role without the rights of the tables' owner is refused now, or every write would have
/// to fail for it.
pub fn check_came(parent: Oid) -> Result<()> {
    let all = bindings_over(&[parent])?;
    all.iter().try_for_each(owners::check_partitions)
}

/// A table has other partitions than before, or other values in them.
pub fn changed(parent: Oid, with_rows: bool) -> Result<()> {
    for tables in bindings_over(&[parent])? {
        renew(&tables, with_rows)?;
    }
    Ok(())
}

/// A command has dropped things: perhaps partitions.
pub fn after(before: &Parted) -> Result<()> {
    let campaigns = before.tables.campaigns.oid;
    if partitions_of(&before.tables)? == before.partitions || catalog::relation(campaigns)?.is_none() {
        return Ok(());
    }
    renew(&before.tables, true)
}

fn renew(tables: &Tables, with_rows: bool) -> Result<()> {
    if with_rows {
        table_locks::lock_tables(&tables.locks(Oid::INVALID, Against::Writers))?;
    }
    let campaigns = tables.campaigns.oid;
    // Broken: the next write says so.
    let Some(shape) = binding::sound(binding::shape_of(campaigns))?.flatten() else {
        return Ok(());
    };
    triggers::renew_statement_triggers(&shape)?;
    match binding::sound(binding::of(campaigns))?.flatten() {
        Some(binding) if with_rows => flush::sum_all(&binding),
        _ => Ok(()),
    }
}

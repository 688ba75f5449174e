//! Tables that may be bound, and the triggers on them that go when they are bound anew, or let go.

use crate::binding::present;
use crate::binding::present::{Trigger, TriggerFunction};
use crate::binding::{table_locks, triggers, wake_triggers};
use crate::catalog;
use crate::catalog::Relation;
use crate::errors::table::TableError;
use crate::errors::{Error, Result};
use crate::pg::table::{Against, TableLock, is_in_use};
use crate::pg::{name, role, session};
use crate::value::mapping::FullName;
use crate::write::{own_update, wake};
use pgrx::pg_sys::Oid;

/// A table that the role in force owns and whose rows all fire row triggers.
pub fn usable(oid: Oid) -> Result<Relation> {
    let table = owned(oid)?;
    match table.unfit()? {
        None => Ok(table),
        Some(problem) => Err(TableError::NotATable {
            table: table.display(),
            problem: problem.to_owned(),
        }
        .into()),
    }
}

fn owned(oid: Oid) -> Result<Relation> {
    let table = catalog::relation(oid)?.ok_or_else(|| Error::internal("a relation that is not there"))?;
    if table.is_ours {
        return Ok(table);
    }
    let role = name::display_name(&role::name(session::current_role())?);
    Err(TableError::NotOwner {
        table: table.display(),
        role,
    }
    .into())
}

/// Locks the tables that are bound and all others whose triggers go, with their partitions.
pub fn lock(bound: &[Oid], campaigns: Oid) -> Result<()> {
    if own_update::runs() {
        return Err(TableError::AmidStore {}.into());
    }
    let locks = locks(bound, campaigns)?;
    table_locks::lock_tables(&locks)?;
    match locks.iter().find(|TableLock(table, _)| is_in_use(*table)) {
        None => Ok(()),
        Some(TableLock(table, _)) => {
            let table = catalog::relation(*table)?.ok_or_else(|| Error::internal("a relation that is not there"))?;
            Err(TableError::InUse { table: table.display() }.into())
        }
    }
}

/// To drop a trigger takes its table for itself alone; to make the first ones keeps writers off, and who locks campaigns, whose
/// totals are stored under the lock.
pub fn locks(bound: &[Oid], campaigns: Oid) -> Result<Vec<TableLock>> {
    let mut locks = Vec::new();
    for table in concerned(bound, &triggers_of(campaigns, bound)?) {
        let against = if !present::triggers_on(table)?.is_empty() {
            Against::All
        } else if table == campaigns {
            Against::Lockers
        } else {
            Against::Writers
        };
        let partitions = catalog::partition_oids(table)?;
        locks.extend(
            std::iter::once(table)
                .chain(partitions)
                .map(|one| TableLock(one, against)),
        );
    }
    Ok(locks)
}

/// Drops `old`, makes the triggers that stand in their place, and fits the deferred triggers of all tables that are bound, or
/// were until these went. What waits is brought up first: a table with an event in the queue cannot be altered.
pub fn replace(bound: &[Oid], old: &[Trigger], create: impl FnOnce() -> Result<()>) -> Result<()> {
    let concerned = concerned(bound, old);
    wake_triggers::fire(&concerned, wake::waits())?;
    triggers::drop_triggers(old)?;
    create()?;
    wake_triggers::renew(&concerned)
}

fn concerned(bound: &[Oid], replaced: &[Trigger]) -> Vec<Oid> {
    let mut all = bound.to_vec();
    for trigger in replaced {
        if !all.contains(&trigger.relation) {
            all.push(trigger.relation);
        }
    }
    all
}

/// The triggers that go when a campaigns table is detached, or attached anew: those that name it now, those that name it
/// as its own triggers do (it may have been renamed), and what renamed or dropped tables have left behind on its tables.
/// Strangers' triggers on strangers' tables say what they like and stay, also where a superuser asks.
pub fn triggers_of(campaigns: Oid, tables: &[Oid]) -> Result<Vec<Trigger>> {
    let Some(table) = catalog::relation(campaigns)? else {
        return Ok(Vec::new());
    };
    let old_name = present::own_trigger(campaigns)?.and_then(|own| own.campaigns());
    let mut names: Vec<&FullName> = std::iter::once(&table.name).chain(&old_name).collect();
    names.dedup();
    let mut found = on_its_tables(tables, &names)?;
    for name in names {
        for trigger in present::triggers_naming(name)? {
            let is_new = !found.iter().any(|one| one.is(&trigger));
            if is_new && catalog::relation(trigger.relation)?.is_some_and(|on| on.owner == table.owner) {
                found.push(trigger);
            }
        }
    }
    Ok(found)
}

fn on_its_tables(tables: &[Oid], names: &[&FullName]) -> Result<Vec<Trigger>> {
    let mut relations = Vec::new();
    for table in tables {
        relations.push(*table);
        relations.extend(catalog::partition_oids(*table)?);
    }
    let mut found = Vec::new();
    for trigger in present::triggers_on_any(&relations)? {
        if trigger.function == TriggerFunction::FlushAtCommit {
            continue; // a table's own, whatever totals need it
        }
        let goes = match trigger.campaigns() {
            Some(named) => names.contains(&&named) || catalog::find(&named)?.is_none(),
            None => true,
        };
        if goes {
            owned(trigger.relation)?;
            found.push(trigger);
        }
    }
    Ok(found)
}

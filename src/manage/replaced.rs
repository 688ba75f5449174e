//! Tables that may be bound, and the triggers on them that go when they are bound anew, or let go.

use crate::binding::present;
use crate::binding::present::{Trigger, TriggerFunction};
use crate::binding::{table_locks, triggers, wake_triggers};
use crate::catalog;
use crate::catalog::Relation;
use crate::errors::table::TableError;
use crate::errors::{Error, Result};
use crate::pg::table::{Against, TableLock, is_in_use};
use crate::pg::{name, session};
use crate::value::mapping::FullName;
use crate::write::{own_update, wake};
use pgrx::pg_sys::Oid;

/// A table that the role in force owns and whose rows all fire row triggers.
pub fn usable(oid: Oid) -> Result<Relation> {
    let table = owned(oid)?;
    match table.unfit() {
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
    let role = name::display_name(&catalog::role_name(session::current_role())?);
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
    let own = present::own_trigger(campaigns)?;
    let old_name = own.as_ref().and_then(Trigger::campaigns);
    let Some(table) = catalog::relation(campaigns)? else {
        return Ok(Vec::new());
    };
    let names: Vec<&FullName> = std::iter::once(&table.name).chain(&old_name).collect();
    let mut all = present::triggers_on_any(tables)?;
    for trigger in present::triggers_that_may_name(&names)? {
        if !all
            .iter()
            .any(|one| (one.relation, &one.name) == (trigger.relation, &trigger.name))
        {
            all.push(trigger);
        }
    }
    let mut found = Vec::new();
    for trigger in all {
        if trigger.function == TriggerFunction::FlushAtCommit {
            continue; // a table's own, whatever totals need it
        }
        let named = trigger.campaigns();
        let target = named.as_ref().map(catalog::find).transpose()?.flatten();
        let on_its_tables = tables.contains(&catalog::root(trigger.relation)?);
        let names_it = target == Some(campaigns) || (old_name.is_some() && named == old_name);
        if on_its_tables && (names_it || target.is_none()) {
            owned(trigger.relation)?;
            found.push(trigger);
        } else if names_it && catalog::relation(trigger.relation)?.is_some_and(|on| on.owner == table.owner) {
            found.push(trigger);
        }
    }
    Ok(found)
}

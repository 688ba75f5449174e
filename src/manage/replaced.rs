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
    let table = catalog::relation(oid)?.ok_or(TableError::TableGone { oid: oid.to_u32() })?;
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

/// A campaigns table that is to be attached or detached: its tables, and all others whose triggers go, locked with their partitions.
pub struct Locked {
    campaigns: Oid,
    bound: Vec<Oid>,
    /// Where triggers that go stood before the tables were locked.
    concerned: Vec<Oid>,
    /// What the campaigns table's own trigger said then.
    said: Option<String>,
}

/// Locks them.
pub fn lock(bound: &[Oid], campaigns: Oid) -> Result<Locked> {
    if own_update::runs() {
        return Err(TableError::AmidStore {}.into());
    }
    let said = said_by(campaigns)?;
    let concerned = concerned(bound, &triggers_of(campaigns, bound)?);
    let locks = locks_on(&concerned, campaigns)?;
    table_locks::lock_tables(&locks)?;
    if let Some(TableLock(table, _)) = locks.iter().find(|TableLock(table, _)| is_in_use(*table)) {
        let table = catalog::relation(*table)?.ok_or_else(|| Error::internal("a relation that is not there"))?;
        return Err(TableError::InUse { table: table.display() }.into());
    }
    Ok(Locked {
        campaigns,
        bound: bound.to_vec(),
        concerned,
        said,
    })
}

fn said_by(campaigns: Oid) -> Result<Option<String>> {
    Ok(present::own_trigger(campaigns)?.map(|own| own.argument))
}

impl Locked {
    /// The triggers that go, as they are now: another command may have come first while we waited for the locks. Only where that has
    /// bound the campaigns table otherwise can they stand elsewhere than they did, and are all triggers passed once more.
    pub fn triggers(&self) -> Result<Vec<Trigger>> {
        if said_by(self.campaigns)? != self.said {
            return triggers_of(self.campaigns, &self.bound);
        }
        let names = names_of(self.campaigns)?;
        let mut found = on_its_tables(&self.bound, &names)?;
        let elsewhere = present::triggers_on_any(&self.concerned)?.into_iter();
        add(
            &mut found,
            elsewhere.filter(|trigger| names_one_of(trigger, &names)),
            self.campaigns,
        )?;
        Ok(found)
    }
}

/// To drop a trigger takes its table for itself alone; to make the first ones keeps writers off, and who locks campaigns, whose
/// totals are stored under the lock.
pub fn locks(bound: &[Oid], campaigns: Oid) -> Result<Vec<TableLock>> {
    locks_on(&concerned(bound, &triggers_of(campaigns, bound)?), campaigns)
}

fn locks_on(concerned: &[Oid], campaigns: Oid) -> Result<Vec<TableLock>> {
    let mut locks = Vec::new();
    for table in concerned.iter().copied() {
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
fn triggers_of(campaigns: Oid, tables: &[Oid]) -> Result<Vec<Trigger>> {
    let names = names_of(campaigns)?;
    let mut found = on_its_tables(tables, &names)?;
    for name in &names {
        add(&mut found, present::triggers_naming(name)?.into_iter(), campaigns)?;
    }
    Ok(found)
}

/// The name of a campaigns table, and the one by which its own trigger names it; none, if it is gone.
fn names_of(campaigns: Oid) -> Result<Vec<FullName>> {
    let Some(table) = catalog::relation(campaigns)? else {
        return Ok(Vec::new());
    };
    let old_name = present::own_trigger(campaigns)?.and_then(|own| own.campaigns());
    let mut names: Vec<FullName> = std::iter::once(table.name).chain(old_name).collect();
    names.dedup();
    Ok(names)
}

fn names_one_of(trigger: &Trigger, names: &[FullName]) -> bool {
    trigger.campaigns().is_some_and(|named| names.contains(&named))
}

/// Adds those that stand on tables of the campaigns table's owner.
fn add(found: &mut Vec<Trigger>, triggers: impl Iterator<Item = Trigger>, campaigns: Oid) -> Result<()> {
    let owner = catalog::relation(campaigns)?.map(|table| table.owner);
    for trigger in triggers {
        let is_new = !found.iter().any(|one| one.is(&trigger));
        if is_new && catalog::relation(trigger.relation)?.map(|on| on.owner) == owner {
            found.push(trigger);
        }
    }
    Ok(())
}

fn on_its_tables(tables: &[Oid], names: &[FullName]) -> Result<Vec<Trigger>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
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
            Some(named) => names.contains(&named) || catalog::find(&named)?.is_none(),
            None => true,
        };
        if goes {
            owned(trigger.relation)?;
            found.push(trigger);
        }
    }
    Ok(found)
}

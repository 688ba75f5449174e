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
use crate::value::mapping::{FullName, TotalName};
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

/// Totals of a campaigns table that are to be attached or let go.
#[derive(Clone)]
pub struct Totals {
    pub campaigns: Oid,
    /// Their columns, as they are called or as triggers say.
    pub columns: Vec<String>,
    /// With them go those of the table whose columns are not there any more.
    pub with_gone: bool,
}

/// Their tables, and all others whose triggers go, locked with their partitions.
pub struct Locked {
    totals: Totals,
    bound: Vec<Oid>,
    /// Where triggers that go stood before the tables were locked.
    concerned: Vec<Oid>,
    /// What the campaigns table's own triggers said then.
    said: Vec<String>,
}

/// Locks them.
pub fn lock(bound: &[Oid], totals: Totals) -> Result<Locked> {
    if own_update::runs() {
        return Err(TableError::AmidStore {}.into());
    }
    let said = totals.said()?;
    let concerned = concerned(bound, &totals.triggers(bound)?);
    let locks = locks_on(&concerned, totals.campaigns)?;
    table_locks::lock_tables(&locks)?;
    if let Some(TableLock(table, _)) = locks.iter().find(|TableLock(table, _)| is_in_use(*table)) {
        let table = catalog::relation(*table)?.ok_or_else(|| Error::internal("a relation that is not there"))?;
        return Err(TableError::InUse { table: table.display() }.into());
    }
    Ok(Locked {
        totals,
        bound: bound.to_vec(),
        concerned,
        said,
    })
}

impl Locked {
    /// The triggers that go, as they are now: another command may have come first while we waited for the locks. Only where that has
    /// bound the campaigns table otherwise can they stand elsewhere than they did, and are all triggers passed once more.
    pub fn triggers(&self) -> Result<Vec<Trigger>> {
        if self.totals.said()? != self.said {
            return self.totals.triggers(&self.bound);
        }
        let names = self.totals.names()?;
        let mut found = self.totals.triggers_on(&self.bound, &names)?;
        let elsewhere = present::triggers_on_any(&self.concerned)?.into_iter();
        add(
            &mut found,
            elsewhere.filter(|trigger| names_one_of(trigger, &names)),
            self.totals.campaigns,
        )?;
        Ok(found)
    }
}

/// To drop a trigger takes its table for itself alone; to make the first ones keeps writers off, and who locks campaigns, whose
/// totals are stored under the lock.
pub fn locks(bound: &[Oid], totals: &Totals) -> Result<Vec<TableLock>> {
    locks_on(&concerned(bound, &totals.triggers(bound)?), totals.campaigns)
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

impl Totals {
    /// The triggers on the campaigns table that speak for them.
    fn own(&self) -> Result<Vec<Trigger>> {
        let mut own = present::own_triggers(self.campaigns)?;
        own.retain(|trigger| trigger.total().is_none_or(|total| self.columns.contains(&total.spent)));
        Ok(own)
    }

    fn said(&self) -> Result<Vec<String>> {
        Ok(self.own()?.into_iter().map(|own| own.argument).collect())
    }

    /// The triggers that go when they are let go, or attached anew: those that name them by the table's name of now, those that do as
    /// its own triggers do (it may have been renamed), and what renamed or dropped tables and columns have left behind on its tables.
    /// Strangers' triggers on strangers' tables say what they like and stay, also where a superuser asks.
    fn triggers(&self, tables: &[Oid]) -> Result<Vec<Trigger>> {
        let names = self.names()?;
        let mut found = self.triggers_on(tables, &names)?;
        let mut of_table: Vec<&FullName> = names.iter().map(|name| &name.campaigns).collect();
        of_table.dedup();
        for name in of_table {
            let naming = present::triggers_naming(name)?.into_iter();
            add(
                &mut found,
                naming.filter(|trigger| names_one_of(trigger, &names)),
                self.campaigns,
            )?;
        }
        Ok(found)
    }

    /// Their names: by that of the campaigns table, and by the one that its own triggers say. None, if it is gone.
    fn names(&self) -> Result<Vec<TotalName>> {
        let Some(table) = catalog::relation(self.campaigns)? else {
            return Ok(Vec::new());
        };
        let of_table = |column: &String| TotalName {
            campaigns: table.name.clone(),
            spent: column.clone(),
        };
        let mut names: Vec<TotalName> = self.columns.iter().map(of_table).collect();
        for own in self.own()?.iter().filter_map(Trigger::total) {
            if !names.contains(&own) {
                names.push(own);
            }
        }
        Ok(names)
    }

    fn triggers_on(&self, tables: &[Oid], names: &[TotalName]) -> Result<Vec<Trigger>> {
        let Some(campaigns) = catalog::relation(self.campaigns)? else {
            return Ok(Vec::new());
        };
        let columns = catalog::columns(self.campaigns)?;
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
            let goes = match trigger.total() {
                Some(named) if names.contains(&named) => true,
                Some(named) if named.campaigns == campaigns.name => {
                    self.with_gone && columns.iter().all(|column| column.name != named.spent)
                }
                Some(named) => catalog::find(&named.campaigns)?.is_none(),
                None => true,
            };
            if goes {
                owned(trigger.relation)?;
                found.push(trigger);
            }
        }
        Ok(found)
    }
}

fn names_one_of(trigger: &Trigger, names: &[TotalName]) -> bool {
    trigger.total().is_some_and(|named| names.contains(&named))
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

//! The triggers of a binding as SQL text, so that other extensions' utility hooks see them.

use crate::binding::present::{self, Trigger, TriggerFunction};
use crate::binding::wanted::{self, Wanted};
use crate::binding::{self, Bound};
use crate::catalog;
use crate::catalog::shape::{Shape, Tables};
use crate::errors::trigger::TriggerError;
use crate::errors::{Error, Result};
use crate::pg::{session, spi};
use crate::value::columns::Columns;
use crate::value::mapping::{ARGUMENT_MAX, FullName, TotalName};
use crate::value::names::{self, ident};
use pgrx::pg_sys::Oid;

/// Creates all triggers of a binding, in the place of those that were dropped for them. One that fired otherwise than by
/// default (in logical replication's apply, say) was made to: so does the new one.
pub fn create_triggers(shape: &Shape, dropped: &[Trigger]) -> Result<()> {
    let wanted = wanted::wanted(&shape.said(), &wanted::partitions(&shape.tables())?);
    let base = free_base(&shape.said().total(), &wanted)?;
    session::with_catalog_names(|| {
        for one in &wanted {
            let name = names::trigger(&base, one.suffix);
            spi::run(&command(one, &name)?)?;
            let same = dropped.iter().find(|trigger| one.is_place_of(trigger));
            // Version 0.2 has none that notes when a statement begins: it fires as the one that notes its end.
            let alike = |trigger: &&Trigger| one.function == TriggerFunction::Begin && one.is_beside(trigger);
            let was = same.or_else(|| dropped.iter().find(alike));
            if let Some(was) = was.filter(|was| matches!(was.enabled, 'A' | 'R')) {
                enable(&one.table, &name, was.enabled)?;
            }
        }
        Ok(())
    })
}

/// The command that makes a trigger, if its argument is not longer than one that is looked at.
fn command(one: &Wanted, name: &str) -> Result<String> {
    let length = one.argument.len();
    if length > ARGUMENT_MAX {
        return Err(TriggerError::MappingTooLong {
            table: catalog::display(&one.table),
            length,
            most: ARGUMENT_MAX,
        }
        .into());
    }
    Ok(one.create(name))
}

/// Makes triggers of a binding anew under their own names, where their arguments are not those of now. Each as the owner of its table:
/// who may rename one table need not own the others.
pub fn replace_triggers(tables: &Tables, columns: &Columns, triggers: &[Trigger]) -> Result<()> {
    for one in wanted::wanted(&tables.said(columns), &wanted::partitions(tables)?) {
        for trigger in triggers
            .iter()
            .filter(|trigger| one.is_place_of(trigger) && trigger.argument != one.argument)
        {
            let sql = command(&one, &trigger.name)?.replacen("CREATE", "CREATE OR REPLACE", 1);
            as_owner(trigger.relation, || {
                spi::run(&sql)?;
                enable(&trigger.table, &trigger.name, trigger.enabled)
            })?;
        }
    }
    Ok(())
}

/// When a trigger fires that was just made, as `pg_trigger.tgenabled` has it.
const ORDINARILY: char = 'O';

/// Has one that was just made fire when this says.
pub fn enable(table: &FullName, name: &str, when: char) -> Result<()> {
    if when == ORDINARILY {
        return Ok(());
    }
    fire(table, name, when)
}

fn fire(table: &FullName, name: &str, when: char) -> Result<()> {
    let how = match when {
        'A' => "ENABLE ALWAYS",
        'R' => "ENABLE REPLICA",
        'D' => "DISABLE",
        _ => "ENABLE",
    };
    let table = names::table(&table.schema, &table.table);
    spi::run(&format!("ALTER TABLE {table} {how} TRIGGER {}", ident(name)))
}

/// Puts the statement triggers on those of these tables that have come to be partitions, and takes them from those that are none any more.
pub fn renew_statement_triggers(bound: &Bound, of: &[Oid]) -> Result<()> {
    binding::check_version()?;
    let bound_tables = bound.tables.oids();
    let mut partitions = Vec::new();
    for table in of {
        if catalog::is_below(*table, &bound_tables)? {
            partitions.push(*table);
        }
    }
    let (said, own) = (bound.said(), catalog::names(&partitions)?);
    let total = Some(said.total());
    let mut present = present::triggers_on_any(of)?;
    present.retain(|trigger| trigger.function.is_of_statements() && trigger.total() == total);
    for one in own.iter().flat_map(|partition| wanted::of_statements(&said, partition)) {
        if !present.iter().any(|trigger| one.is_place_of(trigger)) {
            let base = free_base(&said.total(), std::slice::from_ref(&one))?;
            let sql = command(&one, &names::trigger(&base, one.suffix))?;
            if let Some(table) = catalog::find(&one.table)? {
                let enabled = enabled_above(bound, table, one.function)?;
                as_owner(table, || {
                    spi::run(&sql)?;
                    enable(&one.table, &names::trigger(&base, one.suffix), enabled)
                })?;
            }
        }
    }
    for trigger in present.iter().filter(|trigger| !own.contains(&trigger.table)) {
        drop_as_owner(std::slice::from_ref(trigger))?;
    }
    Ok(())
}

/// Has the statement triggers of a table's partitions fire as its own do.
pub fn follow_enabled(bound: &Bound, root: Oid) -> Result<()> {
    for trigger in &bound.all_triggers()? {
        let is_below = trigger.relation != root && catalog::root(trigger.relation)? == root;
        if !is_below || !trigger.function.is_of_statements() {
            continue;
        }
        let enabled = enabled_above(bound, trigger.relation, trigger.function)?;
        if trigger.enabled != enabled {
            as_owner(trigger.relation, || fire(&trigger.table, &trigger.name, enabled))?;
        }
    }
    Ok(())
}

/// When the trigger of this function fires on the bound table that a partition is one of.
fn enabled_above(bound: &Bound, partition: Oid, function: TriggerFunction) -> Result<char> {
    let root = catalog::root(partition)?;
    let is_its = |trigger: &&Trigger| trigger.relation == root && trigger.function == function;
    Ok(bound
        .triggers
        .iter()
        .find(is_its)
        .map_or(ORDINARILY, |trigger| trigger.enabled))
}

/// Drops triggers of tables whose owner need not be the role in force.
pub fn drop_as_owner(triggers: &[Trigger]) -> Result<()> {
    let drop = |trigger: &Trigger| as_owner(trigger.relation, || drop_triggers(std::slice::from_ref(trigger)));
    triggers.iter().try_for_each(drop)
}

/// Runs commands on a table's triggers: as who has its owner's rights already, so that event triggers see him whose command it is; else as
/// the owner.
pub fn as_owner<T>(table: Oid, body: impl FnOnce() -> Result<T>) -> Result<T> {
    let table = catalog::relation(table)?.ok_or_else(|| Error::internal("a table that is not there"))?;
    let body = || session::with_catalog_names(body);
    if table.is_ours {
        body()
    } else {
        session::as_role(table.owner, body)
    }
}

pub fn drop_triggers(triggers: &[Trigger]) -> Result<()> {
    for trigger in triggers {
        let table = names::table(&trigger.table.schema, &trigger.table.table);
        spi::run(&format!("DROP TRIGGER {} ON {table}", ident(&trigger.name)))?;
    }
    Ok(())
}

/// The first part of the triggers' names that no other trigger on these tables has: the campaigns table's name, with
/// the total's column, the schema or a number where several totals share a table.
fn free_base(total: &TotalName, wanted: &[Wanted]) -> Result<String> {
    let FullName { schema, table } = &total.campaigns;
    let taken = present::trigger_names(wanted.iter().map(|one| &one.table))?;
    let numbered = (2..100).map(|number| format!("{number}_{table}"));
    let with_column = format!("{table}_{}", total.spent);
    [table.clone(), with_column, format!("{schema}_{table}")]
        .into_iter()
        .chain(numbered)
        .find(|base| {
            !wanted
                .iter()
                .any(|one| taken.contains(&names::trigger(base, one.suffix)))
        })
        .ok_or_else(|| Error::internal("no name is left for a trigger"))
}

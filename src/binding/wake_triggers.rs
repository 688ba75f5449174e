//! The deferred constraint trigger of a table: it brings totals up at commit. An event is queued for the first row that a
//! transaction writes. A table has one, whatever totals need it; it has no argument and says nothing of them, so that no
//! rename has to touch it. (PostgreSQL allows WHEN to name OLD only where nothing but updates fire it: it is two.)

use crate::binding::condition::Condition;
use crate::binding::present::{self, Trigger, TriggerFunction};
use crate::binding::triggers;
use crate::catalog::{self, Column, Relation};
use crate::errors::Result;
use crate::pg::trigger_row::fires;
use crate::pg::{session, spi};
use crate::value::columns::Flush;
use crate::value::mapping::FullName;
use crate::value::names::{ident, table as quoted};
use pgrx::pg_sys::Oid;
use std::collections::BTreeSet;

const WAKE: &str = "spend_sync_wake";
const WAKE_UPDATE: &str = "spend_sync_wake_update";

/// What the totals of a table need of it.
struct Need {
    /// The columns of which a change is captured.
    columns: Vec<Column>,
    /// When it fires, as `pg_trigger.tgenabled` has it: always, if a total is flushed at commit; else in apply alone, where
    /// no statement trigger fires.
    enabled: char,
}

/// Creates the triggers on tables that lack them, and drops them from those where no total needs them any more.
pub fn renew(tables: &[Oid]) -> Result<()> {
    for oid in tables {
        let Some(table) = catalog::relation(*oid)? else {
            continue;
        };
        let (wakes, need) = wakes_and_need(*oid)?;
        if need.as_ref().is_some_and(|need| is_met(need, &wakes)) {
            continue;
        }
        triggers::drop_triggers(&wakes)?;
        if let Some(need) = need {
            create(&table, &need)?;
        }
    }
    Ok(())
}

/// The same for a table whose owner need not be the role in force.
pub fn renew_as_owner(table: Oid) -> Result<()> {
    triggers::as_owner(table, || renew(&[table]))
}

/// Those that stand on a table, and what its totals need of them; `None`: nothing.
fn wakes_and_need(table: Oid) -> Result<(Vec<Trigger>, Option<Need>)> {
    let (wakes, captures): (Vec<_>, Vec<_>) = present::triggers_on(table)?
        .into_iter()
        .partition(|trigger| trigger.function == TriggerFunction::FlushAtCommit);
    let need = need_of(table, &captures)?;
    Ok((wakes, need))
}

/// What the triggers on a table that capture its rows need; `None`: nothing, there are none.
fn need_of(table: Oid, captures: &[Trigger]) -> Result<Option<Need>> {
    let columns = catalog::columns(table)?;
    let (mut wanted, mut enabled) = (Vec::new(), None);
    for trigger in captures {
        let Some(said) = trigger.says() else {
            continue;
        };
        let captured = trigger.captured();
        if captured.is_empty() {
            continue;
        }
        wanted.extend(captured);
        let at_commit = said.columns.flush == Flush::Commit || enabled == Some('A');
        enabled = Some(if at_commit { 'A' } else { 'R' });
    }
    let columns = columns.into_iter().filter(|column| wanted.contains(&column.name));
    Ok(enabled.map(|enabled| Need {
        columns: columns.collect(),
        enabled,
    }))
}

fn is_met(need: &Need, wakes: &[Trigger]) -> bool {
    let numbers: Vec<i16> = need.columns.iter().map(|column| column.number).collect();
    wakes.len() == if numbers.is_empty() { 1 } else { 2 }
        && wakes.iter().all(|wake| wake.enabled == need.enabled)
        && is_there(wakes, &numbers, true)
}

/// Whether the triggers are among these, and see a change of these columns; of no other, if `exactly`.
fn is_there(present: &[Trigger], columns: &[i16], exactly: bool) -> bool {
    let is_wake = |trigger: &&Trigger| {
        trigger.function == TriggerFunction::FlushAtCommit && trigger.is_deferrable && trigger.is_deferred
    };
    let mut wakes = present.iter().filter(is_wake);
    let come_and_go = fires::ROW | fires::INSERT | fires::DELETE;
    let of_rows = wakes
        .clone()
        .any(|wake| wake.fires == come_and_go && wake.condition == Condition::Wakes);
    let of_updates = wakes.any(|wake| {
        wake.fires == fires::ROW | fires::UPDATE
            && matches!(&wake.condition, Condition::ChangedAndWakes(seen)
                if columns.iter().all(|column| seen.contains(column)) && (!exactly || seen.len() == columns.len()))
    });
    of_rows && (columns.is_empty() || of_updates)
}

/// Whether a table has them as a total needs them that is fed by these columns.
pub fn are_there(table: &Relation, present: &[Trigger], columns: &[&Column]) -> bool {
    let on_it: Vec<Trigger> = present
        .iter()
        .filter(|one| one.relation == table.oid)
        .cloned()
        .collect();
    let numbers: Vec<i16> = columns.iter().map(|column| column.number).collect();
    is_there(&on_it, &numbers, false)
}

/// Those on a table that fire in ordinary sessions, although no total of it is flushed at commit: ENABLE TRIGGER ALL does that to them.
pub fn needless(table: Oid) -> Result<Vec<Trigger>> {
    let (wakes, need) = wakes_and_need(table)?;
    if need.is_none_or(|need| need.enabled != 'R') {
        return Ok(Vec::new());
    }
    Ok(wakes
        .into_iter()
        .filter(|wake| matches!(wake.enabled, 'O' | 'A'))
        .collect())
}

/// The condition that one of these columns differs.
fn changed(columns: &[&str]) -> String {
    let differs = |c: &&str| format!("OLD.{0} IS DISTINCT FROM NEW.{0}", ident(c));
    columns.iter().map(differs).collect::<Vec<_>>().join(" OR ")
}

fn create(table: &Relation, need: &Need) -> Result<()> {
    let columns: Vec<&str> = need.columns.iter().map(|column| column.name.as_str()).collect();
    let FullName { schema, table: name } = &table.name;
    for (trigger, events, when) in [
        (WAKE, "INSERT OR DELETE", "spend_sync.wakes()".to_owned()),
        (
            WAKE_UPDATE,
            "UPDATE",
            // In this order: what says that an event waits must not be asked for a row that queues none.
            format!("({}) AND spend_sync.wakes()", changed(&columns)),
        ),
    ] {
        if columns.is_empty() && trigger == WAKE_UPDATE {
            continue;
        }
        session::with_catalog_names(|| {
            spi::run(&format!(
                "CREATE CONSTRAINT TRIGGER {trigger} AFTER {events} ON {table} DEFERRABLE INITIALLY DEFERRED \
                 FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION spend_sync.flush_at_commit()",
                trigger = ident(trigger),
                table = quoted(schema, name),
            ))?;
            triggers::enable(&table.name, trigger, need.enabled)
        })?;
    }
    Ok(())
}

/// Fires the event that waits, so that the triggers of these tables can be changed. `waits` says whether one does: the command
/// names constraints by schema and name, and others may have some of that name. An event waits on the partition whose row was written, which
/// may stand in another schema than its table.
pub fn fire(tables: &[Oid], waits: bool) -> Result<()> {
    if !waits {
        return Ok(());
    }
    let mut names = BTreeSet::new();
    for table in tables {
        names.extend(present::constraints_on(*table)?);
        for partition in catalog::partition_oids(*table)? {
            names.extend(present::constraints_on(partition)?);
        }
    }
    names.iter().try_for_each(fire_one)
}

/// Where one of that name cannot wait, whoever made it, PostgreSQL has none of them wait: then totals are brought up at the end of each
/// statement that this transaction still runs.
fn fire_one(constraint: &FullName) -> Result<()> {
    let FullName { schema, table: name } = constraint;
    let quoted = quoted(schema, name);
    spi::run(&format!("SET CONSTRAINTS {quoted} IMMEDIATE"))?;
    if catalog::can_all_wait(constraint)? {
        spi::run(&format!("SET CONSTRAINTS {quoted} DEFERRED"))?;
    }
    Ok(())
}

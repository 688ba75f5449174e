//! The event triggers' entry point. A binding knows its tables by name and hears of its rows by row triggers: commands that
//! change names are followed, after commands that change rows without a row trigger all totals are summed.

use crate::binding::present;
use crate::binding::present::Trigger;
use crate::catalog;
use crate::errors::Result;
use crate::errors::trigger::TriggerError;
use crate::follow::partitions::Parted;
use crate::follow::renames::Named;
use crate::follow::{partitions, renames};
use crate::pg::event::{Command, CommandCall};
use crate::pg::name;
use crate::pg::table::Against;
use crate::pg::transaction;
use std::cell::RefCell;

/// The bindings that a running command concerns, as they stood before it.
#[derive(Default)]
struct Open {
    /// The subtransaction that the command runs in.
    nest: i32,
    triggers: Vec<Trigger>,
    named: Vec<Named>,
    parted: Vec<Parted>,
}

thread_local! {
    /// Commands that run now, the innermost last: another event trigger may run one within one.
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
}

/// Before and after each command that may change names or partitions.
pub fn follow(call: &CommandCall) -> Result<()> {
    let Some(command) = call.command() else {
        return Ok(());
    };
    if call.is_before() {
        return before(&command);
    }
    if let Command::EmptyPartition(parent) = command {
        partitions::check_came(parent)?;
        return partitions::changed(parent, false);
    }
    // There is none if the event trigger that fires before was disabled.
    let open = OPEN.with_borrow_mut(Vec::pop).unwrap_or_default();
    after(open)?;
    match command {
        Command::Rows(parent, against) => {
            if against == Against::Writers {
                partitions::check_came(parent)?;
            }
            partitions::changed(parent, true)
        }
        _ => Ok(()),
    }
}

fn before(command: &Command) -> Result<()> {
    let mut open = Open {
        nest: transaction::nest_level(),
        ..Open::default()
    };
    match command {
        Command::Rows(table, against) => {
            partitions::lock(&[*table], *against)?;
            open.triggers = present::triggers_on(*table)?;
        }
        Command::Columns(table) => open.triggers = present::triggers_on(*table)?,
        Command::DetachConcurrently(parent) => partitions::check_detach(*parent)?,
        Command::EmptyPartition(_) => return Ok(()),
        Command::Drop(tables) => {
            partitions::lock(tables, Against::All)?;
            open.parted = partitions::of_those_with(tables)?;
        }
        Command::DropWithAll => open.parted = partitions::of_all()?,
        Command::Table(_) | Command::Schema(_) | Command::Label => open.named = renames::before(command)?,
    }
    OPEN.with_borrow_mut(|commands| commands.push(open));
    Ok(())
}

fn after(open: Open) -> Result<()> {
    open.triggers.iter().try_for_each(still_there)?;
    open.named.iter().try_for_each(renames::after)?;
    open.parted.iter().try_for_each(partitions::after)
}

/// A column that is dropped with all that depends on it takes a trigger along whose WHEN names it. The others would go on,
/// and with a new column of that name updates would go by in silence.
fn still_there(trigger: &Trigger) -> Result<()> {
    let present = present::triggers_on(trigger.relation)?;
    if present.iter().any(|one| one.name == trigger.name) {
        return Ok(());
    }
    let campaigns = trigger.campaigns().unwrap_or_else(|| trigger.table.clone());
    Err(TriggerError::TriggerWouldGo {
        trigger: name::display_name(&trigger.name),
        table: catalog::display(&trigger.table),
        campaigns: catalog::display(&campaigns),
    }
    .into())
}

/// A subtransaction was rolled back; a command that failed in it has left what it opened.
pub fn abort_subtransaction(nest: i32) {
    OPEN.with_borrow_mut(|commands| commands.retain(|open| open.nest < nest));
}

/// The transaction ended.
pub fn clear() {
    OPEN.with_borrow_mut(Vec::clear);
}

//! The event triggers' entry point. A binding knows its tables by name and hears of its rows by row triggers: commands that
//! change names are followed, after commands that change rows without a row trigger totals are summed.

use crate::binding::present::Trigger;
use crate::binding::{self, among, present};
use crate::catalog;
use crate::errors::Result;
use crate::errors::trigger::TriggerError;
use crate::follow::partitions::Moved;
use crate::follow::renames::Named;
use crate::follow::types::Retyped;
use crate::follow::{partitions, renames, types};
use crate::pg::event::{Command, CommandCall};
use crate::pg::name;
use crate::pg::transaction;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;

/// What a running command concerns, as it stood before it.
#[derive(Default)]
struct Open {
    /// The subtransaction that the command runs in.
    nest: i32,
    triggers: Vec<Trigger>,
    named: Vec<Named>,
    moved: Vec<Moved>,
    /// Partitions that are dropped, each after its root.
    dropped: Vec<(Oid, Oid)>,
    retyped: Option<Retyped>,
    /// Bound tables, each with its partitions.
    parted: Vec<(Oid, Oid)>,
}

thread_local! {
    /// Commands that run now, the innermost last: another event trigger may run one within one.
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
}

/// Before and after each command that may change names, types or partitions.
pub fn follow(call: &CommandCall) -> Result<()> {
    let Some(command) = call.command() else {
        return Ok(());
    };
    if call.is_before() {
        if is_seen_when_done(&command) {
            return Ok(());
        }
        let mut open = before(&command)?;
        open.nest = transaction::nest_level();
        OPEN.with_borrow_mut(|commands| commands.push(open));
        return Ok(());
    }
    match command {
        Command::EmptyPartition(parent) => return partitions::after_empty(parent),
        Command::NewSchema => {
            among::parents_of_new_partitions()?
                .into_iter()
                .try_for_each(partitions::after_empty)?;
            return partitions::check_inherited(&among::parents_of_new_tables()?);
        }
        Command::Inherit(parents) => return partitions::check_inherited(&parents),
        _ => {}
    }
    // There is none if the event trigger that fires before was disabled.
    after(&command, OPEN.with_borrow_mut(Vec::pop).unwrap_or_default())
}

/// Of what comes to be nothing is to be noted before.
fn is_seen_when_done(command: &Command) -> bool {
    matches!(
        command,
        Command::EmptyPartition(_) | Command::Inherit(_) | Command::NewSchema
    )
}

fn before(command: &Command) -> Result<Open> {
    let mut open = Open::default();
    match command {
        Command::Attach { parent, partition } => open.moved = partitions::before_it_comes(*parent, *partition)?,
        Command::Detach { parent, partition } => open.moved = partitions::before_it_goes(*parent, *partition)?,
        Command::DetachConcurrently(parent) => partitions::check_detach(*parent)?,
        Command::Alter(alteration) => {
            types::check_dropped(alteration.table, &alteration.dropped)?;
            open.triggers = present::triggers_on(alteration.table)?;
            open.retyped = types::before(alteration.table, &alteration.retyped)?;
            if alteration.with_all {
                open.parted = among::partitioned()?;
            }
        }
        Command::Drop { tables, with_all } => {
            open.dropped = partitions::among_dropped(tables)?;
            for (root, partition) in &open.dropped {
                open.moved.extend(partitions::before_it_goes(*root, *partition)?);
            }
            if *with_all {
                open.parted = among::partitioned()?;
            }
        }
        Command::DropWithAll => open.parted = among::partitioned()?,
        Command::Table(_) | Command::Column { .. } | Command::Schema(_) | Command::Label(_) => {
            open.named = renames::before(command)?;
        }
        Command::EmptyPartition(_) | Command::Inherit(_) | Command::NewSchema => {}
    }
    Ok(open)
}

fn after(command: &Command, mut open: Open) -> Result<()> {
    match command {
        Command::Alter(alteration) => {
            types::after(open.retyped, alteration.table, &alteration.retyped)?;
            partitions::check_inherits(alteration.table, &alteration.parents)?;
        }
        Command::Attach { parent, partition } => {
            let bound = partitions::check_came(*parent)?;
            open.moved = partitions::as_it_is_now(bound, *partition, open.moved);
        }
        Command::Detach { parent, partition } => {
            let bound = binding::whole_on(&[*parent])?;
            open.moved = partitions::as_it_is_now(bound, *partition, open.moved);
        }
        _ => {}
    }
    for (root, partition) in open.dropped {
        let bound = binding::whole_on(&[root])?;
        open.moved = partitions::as_it_is_now(bound, partition, open.moved);
    }
    check_still_there(&open.triggers)?;
    open.named.iter().try_for_each(renames::after)?;
    open.parted
        .retain(|(_, partition)| !open.moved.iter().any(|moved| moved.is_of(*partition)));
    partitions::after(open.moved)?;
    if open.parted.is_empty() {
        return Ok(());
    }
    partitions::after_drop(&open.parted)
}

/// A column that is dropped with all that depends on it takes a trigger along whose WHEN names it. The others would go on,
/// and with a new column of that name updates would go by in silence.
fn check_still_there(triggers: &[Trigger]) -> Result<()> {
    if triggers.is_empty() {
        return Ok(());
    }
    let relations: Vec<Oid> = triggers.iter().map(|trigger| trigger.relation).collect();
    let present = present::triggers_on_any(&relations)?;
    let Some(gone) = triggers.iter().find(|one| !present.iter().any(|other| other.is(one))) else {
        return Ok(());
    };
    let campaigns = gone.campaigns().unwrap_or_else(|| gone.table.clone());
    Err(TriggerError::TriggerWouldGo {
        trigger: name::display_name(&gone.name),
        table: catalog::display(&gone.table),
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

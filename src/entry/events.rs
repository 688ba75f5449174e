//! The event triggers' entry point. A binding knows its tables by name and hears of its rows by row triggers: commands that
//! change names are followed, after commands that change rows without a row trigger totals are summed.

use crate::binding::among::Parted;
use crate::binding::present::Trigger;
use crate::binding::{self, among, present};
use crate::catalog;
use crate::errors::Result;
use crate::errors::trigger::TriggerError;
use crate::follow::partitions::{Dropped, Moved};
use crate::follow::renames::Named;
use crate::follow::types::Retyped;
use crate::follow::{inheritance, partitions, renames, types};
use crate::pg::event::{Command, CommandCall};
use crate::pg::name;
use crate::pg::transaction;
use crate::write::capture;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;

/// What a running command concerns, as it stood before it.
struct Open {
    /// The subtransaction that the command runs in.
    nest: i32,
    command: Command,
    triggers: Vec<Trigger>,
    named: Vec<Named>,
    moved: Vec<Moved>,
    /// Whether the partition that comes or goes was not one of this table yet, or was one, under the locks that were taken (else its name
    /// has passed to another); whether a label that comes was not there.
    is_as_meant: bool,
    /// Partitions that are to be dropped.
    dropped: Vec<Dropped>,
    retyped: Option<Retyped>,
    /// Bound tables, each with its partitions.
    parted: Vec<Parted>,
    /// How many rows had been told of by then.
    told: u64,
}

impl Open {
    fn of(command: Command) -> Self {
        Self {
            nest: transaction::nest_level(),
            command,
            triggers: Vec::new(),
            named: Vec::new(),
            moved: Vec::new(),
            is_as_meant: false,
            dropped: Vec::new(),
            retyped: None,
            parted: Vec::new(),
            told: capture::recorded(),
        }
    }
}

thread_local! {
    /// The bound tables, each with its partitions, before a command that detaches one by two transactions: it outlives the first.
    static BEFORE_DETACHED: RefCell<Vec<Parted>> = const { RefCell::new(Vec::new()) };

    /// Commands that run now, the innermost last: another event trigger may run one within one.
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
}

/// Before and after each command that may change names, types or partitions.
pub fn follow(call: &CommandCall) -> Result<()> {
    let Some(command) = call.command() else {
        return Ok(());
    };
    if let Command::New(parents) = command {
        return if call.is_before() { Ok(()) } else { after_new(&parents) };
    }
    if call.is_before() {
        let open = before(command)?;
        OPEN.with_borrow_mut(|commands| commands.push(open));
        return Ok(());
    }
    if let Command::DetachConcurrently(_) = command {
        return after_detached();
    }
    // There is none if the event trigger that fires before was disabled.
    OPEN.with_borrow_mut(Vec::pop).map_or(Ok(()), after)
}

/// Tables came, as the command has noted them. Where it has noted none, it has found one there already, or is run by REFRESH MATERIALIZED
/// VIEW, which keeps PostgreSQL from telling of commands: then they are those that it names.
fn after_new(named: &[Oid]) -> Result<()> {
    let (partitions, mut inherited) = (among::new_partitions()?, among::parents_of_new_tables()?);
    for (parent, partition) in &partitions {
        partitions::after_empty(*parent, &[*partition])?;
    }
    if partitions.is_empty() && inherited.is_empty() {
        for parent in named {
            partitions::after_empty(*parent, &catalog::partition_oids(*parent)?)?;
        }
        inherited = among::inherited(named)?;
    }
    inheritance::check_inherited(&inherited)
}

/// By two transactions, and PostgreSQL does not say of which table: of whichever has others now than it had, which may have been bound while
/// the command waited. One that the role in force may not alter it was not.
fn after_detached() -> Result<()> {
    let before = BEFORE_DETACHED.take();
    for now in among::parted()? {
        let is_ours = || catalog::relation(now.table).map(|table| table.is_some_and(|table| table.is_ours));
        if !before.contains(&now) && is_ours()? {
            partitions::after_unseen(&binding::whole_on(&[now.table])?)?;
        }
    }
    Ok(())
}

fn before(command: Command) -> Result<Open> {
    let mut open = Open::of(command);
    match &open.command {
        Command::Attach { parent, partition } => {
            open.moved = partitions::before_it_comes(*parent, *partition)?;
            open.is_as_meant = catalog::parent(*partition)? != Some(*parent);
        }
        Command::Detach { parent, partition } => {
            open.moved = partitions::before_it_goes(*parent, *partition)?;
            open.is_as_meant = catalog::parent(*partition)? == Some(*parent);
        }
        Command::DetachConcurrently(parent) => {
            partitions::check_detach(*parent)?;
            BEFORE_DETACHED.replace(among::parted()?);
        }
        Command::Alter(alteration) => {
            types::check_dropped(alteration.table, &alteration.dropped)?;
            open.triggers = present::triggers_on(alteration.table)?;
            open.retyped = types::before(alteration.table, &alteration.retyped)?;
            if alteration.with_all {
                open.parted = among::parted()?;
            }
        }
        Command::Drop(tables) => {
            open.dropped = partitions::among_dropped(tables)?;
            open.moved = partitions::before_they_go(&open.dropped)?;
            open.parted = among::parted()?;
        }
        Command::DropWithAll => open.parted = among::parted()?,
        Command::Table(_)
        | Command::TableMoves(_)
        | Command::Column { .. }
        | Command::Schema(_)
        | Command::Label { .. } => {
            open.named = renames::before(&open.command)?;
        }
        Command::NewLabel { kind, new } => open.is_as_meant = renames::lacks_label(*kind, new)?,
        Command::Function | Command::New(_) => {}
    }
    Ok(open)
}

fn after(mut open: Open) -> Result<()> {
    // A command waits for its locks with its names looked up, or looks them up again: it may have come to other tables than were noted.
    match &open.command {
        Command::Schema(_) | Command::Function => present::check_functions()?,
        Command::Table(table) | Command::TableMoves(table) | Command::Column { table, .. } => check_as_noted(*table)?,
        Command::Alter(alteration) => {
            check_as_noted(alteration.table)?;
            types::after(open.retyped, alteration.table, &alteration.retyped)?;
            if alteration.inherits {
                for table in among::altered()? {
                    inheritance::check_inherits(table, &among::parents_of(table)?)?;
                }
            }
            if alteration.is_typed {
                altered(alteration.table)?
                    .into_iter()
                    .try_for_each(inheritance::check_typed)?;
            }
            // What was written meanwhile into the rows of before is gone with them, and what was noted of it is not.
            if alteration.writes_anew && capture::recorded() != open.told {
                let bound = binding::whole_on(&altered(alteration.table)?)?;
                partitions::sum_all(&bound)?;
            }
            if alteration.is_given {
                altered(alteration.table)?
                    .into_iter()
                    .try_for_each(partitions::check_given)?;
            }
            if alteration.fires_otherwise {
                altered(alteration.table)?
                    .into_iter()
                    .try_for_each(partitions::after_enabled)?;
            }
        }
        Command::Attach { parent, partition } => {
            open.moved = after_partition(open.moved, *parent, *partition, true, open.is_as_meant)?;
        }
        Command::Detach { parent, partition } => {
            open.moved = after_partition(open.moved, *parent, *partition, false, open.is_as_meant)?;
        }
        Command::Drop(_) => {
            open.dropped = partitions::dropped_here(&open.dropped)?;
            open.moved = partitions::as_they_are_now(&open.dropped, open.moved)?;
        }
        _ => {}
    }
    check_still_there(&open.triggers)?;
    open.named.iter().try_for_each(renames::after)?;
    match &open.command {
        Command::Label { kind, new } => renames::after_label(*kind, new, &open.named)?,
        Command::NewLabel { kind, new } if open.is_as_meant => renames::after_label(*kind, new, &[])?,
        _ => {}
    }
    // An event trigger of the user's may have written in between.
    if capture::recorded() != open.told {
        open.moved.iter_mut().for_each(Moved::doubt);
    }
    partitions::after(open.moved)?;
    match &open.command {
        Command::Drop(_) | Command::DropWithAll => partitions::after_drop(&open.parted, &open.dropped),
        Command::Alter(alteration) if alteration.with_all => partitions::after_drop(&open.parted, &[]),
        _ => Ok(()),
    }
}

/// The command has come to the table that its name meant when it began, or to one that is not bound.
fn check_as_noted(noted: Oid) -> Result<()> {
    let others: Vec<Oid> = among::altered()?.into_iter().filter(|table| *table != noted).collect();
    if others.is_empty() {
        return Ok(());
    }
    match among::these(&others)?.first() {
        Some(bound) => Err(TriggerError::NamePassed {
            table: catalog::names(&[*bound])?.iter().map(catalog::display).collect(),
        }
        .into()),
        None => Ok(()),
    }
}

/// What became of the partition that was noted, if it has come to this parent, or gone from it; of another one nothing is known.
fn after_partition(
    mut moved: Vec<Moved>,
    parent: Oid,
    partition: Oid,
    comes: bool,
    is_as_meant: bool,
) -> Result<Vec<Moved>> {
    let mut known = Vec::new();
    for table in altered(parent)? {
        let is_noted = is_as_meant && table == parent && (catalog::parent(partition)? == Some(parent)) == comes;
        let came_or_went = if is_noted {
            vec![partition]
        } else {
            catalog::partition_oids(table)?
        };
        let bound = if comes {
            inheritance::check_not_bound(&came_or_went)?;
            partitions::check_came(table, &came_or_went)?
        } else {
            binding::whole_on(&[table])?
        };
        if !bound.is_empty() {
            came_or_went.into_iter().try_for_each(partitions::check_unused)?;
        }
        if is_noted {
            known.extend(partitions::as_it_is_now(bound, partition, std::mem::take(&mut moved)));
        } else {
            partitions::after_unseen(&bound)?;
        }
    }
    Ok(known)
}

/// The tables that the command has altered. REFRESH MATERIALIZED VIEW keeps PostgreSQL from telling of commands that it runs: then it is
/// the one that was noted, if the role in force may alter it.
fn altered(noted: Oid) -> Result<Vec<Oid>> {
    let told = among::altered()?;
    if !told.is_empty() {
        return Ok(told);
    }
    let noted = catalog::relation(noted)?.filter(|table| table.is_ours);
    Ok(noted.map(|table| table.oid).into_iter().collect())
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
    let columns = catalog::columns(gone.relation)?;
    let is_there = |name: &String| columns.iter().any(|column| column.name == *name);
    let lacks = |other: &&Trigger| other.relation == gone.relation && !other.captured().iter().all(is_there);
    let total = triggers.iter().find(lacks).unwrap_or(gone).total();
    let campaigns = total.map_or_else(|| gone.table.clone(), |total| total.campaigns);
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

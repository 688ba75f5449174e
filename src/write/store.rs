//! Storing totals: the only writer of a total.

use super::own_update::{self, Look, OwnUpdate, Progress, Written};
use crate::binding::{self, Binding, InRow, Totals};
use crate::errors::Result;
use crate::errors::total::TotalError;
use crate::pg::name;
use crate::statements::{stored, summed};
use crate::value::key::Key;
use crate::value::money;
use crate::value::row::Row;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The campaigns of one total that hold another one than they should.
pub struct Owed<'a> {
    binding: &'a Binding,
    totals: BTreeMap<Key, String>,
}

impl<'a> Owed<'a> {
    /// Of campaigns that are locked: those that were summed, where they differ, and those that move.
    pub fn of<'k>(
        binding: &'a Binding,
        summed: &[Row],
        moving: impl Iterator<Item = (&'k Key, Decimal)>,
    ) -> Result<Self> {
        let mut totals: BTreeMap<Key, String> = moving.map(|(key, total)| (key.clone(), total.to_string())).collect();
        for row in summed.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)) {
            totals.insert(binding.campaign(row, summed::ID)?, held(binding, row)?);
        }
        Ok(Self { binding, totals })
    }

    fn of_key(&self, key: &Key) -> String {
        self.totals.get(key).cloned().unwrap_or_default()
    }
}

/// What the column of a total will hold of a sum; an error where it cannot. A float shows fewer digits in ACTUAL than it has.
fn held(binding: &Binding, row: &Row) -> Result<String> {
    let (shape, total) = (&binding.shape, row.owned(summed::TOTAL)?);
    if !row.is_true(summed::FITS) {
        return Err(binding.refused(TotalError::TotalDoesNotFit {
            campaigns: shape.campaigns.display(),
            id: row.owned(summed::ID)?,
            total,
            column: name::display_name(&shape.spent.name),
            kind: shape.spent.type_name.clone(),
        }));
    }
    if shape.spent_money.is_float() {
        return Ok(total);
    }
    row.owned(summed::ACTUAL)
}

/// Writes totals of one campaigns table, which know its rows by one key: one update a row. No write, no dead row, no trigger of the
/// user's where none differs.
pub fn store(mut all: Vec<Owed>) -> Result<()> {
    all.retain(|owed| !owed.totals.is_empty());
    let Some((first, others)) = all.split_first() else {
        return Ok(());
    };
    let keys: BTreeSet<&Key> = all.iter().flat_map(|owed| owed.totals.keys()).collect();
    let keys: Vec<Key> = keys.into_iter().cloned().collect();
    let totals: Vec<Vec<String>> = all
        .iter()
        .map(|owed| keys.iter().map(|key| owed.of_key(key)).collect())
        .collect();
    let others: Vec<&Binding> = others.iter().map(|owed| owed.binding).collect();
    let update = OwnUpdate::of_totals(all.iter().map(|owed| (owed.binding.id(), owed.totals.clone())));
    let stored = first.binding.store(&others, &keys, &totals)?;
    drop(update);
    check_stored(all, &stored)
}

/// Each total that was to be stored was.
fn check_stored(all: Vec<Owed>, stored: &[Row]) -> Result<()> {
    for (at, Owed { binding, mut totals }) in all.into_iter().enumerate() {
        for row in stored.iter().filter(|row| row.is_true(stored::AS_GIVEN + at)) {
            totals.remove(&binding.campaign(row, stored::ID)?);
        }
        if let Some((key, total)) = totals.pop_first() {
            return Err(binding.refused(TotalError::TotalNotStored {
                campaigns: binding.shape.campaigns.display(),
                id: key.to_string(),
                total,
                column: name::display_name(&binding.shape.spent.name),
            }));
        }
    }
    Ok(())
}

/// Whether an update of ours runs that has not stored all that it is to store: its BEFORE triggers fire, or it checks a row. Once its
/// AFTER triggers fire, all is stored.
pub fn is_amid() -> Result<bool> {
    for at in (0..own_update::running()).rev() {
        let parts = match own_update::progress(at) {
            Progress::Stored => continue,
            Progress::Amid => return Ok(true),
            Progress::AtTheEnd(parts) => parts,
        };
        for (id, totals) in parts {
            let Some(binding) = binding::of(id)? else {
                return Ok(true);
            };
            let (keys, totals): (Vec<Key>, Vec<String>) = totals.into_iter().unzip();
            if binding.count_stored(&keys, &totals)? < keys.len() {
                return Ok(true);
            }
        }
        own_update::note_stored(at);
    }
    Ok(false)
}

/// What may run where totals are moved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// A statement, where that is needed, with all that it sets off.
    AStatement,
    /// Nothing of a user's: what cannot be moved without is not.
    NothingOfUsers,
}

/// Moves totals of one campaign, and locks it by that; false if no row came to hold them moved (it is not there,
/// a total is NULL or would not fit, a trigger of the user's interfered, or what the look has shown is true no more).
pub fn move_one(moves: &[(&Binding, Decimal)], campaign: &Key, look: Look, may_run: Runs) -> Result<bool> {
    let Some(((first, _), others)) = moves.split_first() else {
        return Ok(false);
    };
    let look = Rc::new(look);
    let differences = moves.iter().map(|(binding, difference)| (binding.id(), *difference));
    let update = OwnUpdate::of_moves(campaign, differences, &look);
    let others: Vec<&Binding> = others.iter().map(|(binding, _)| *binding).collect();
    match first.lock_totals(&others, campaign)? {
        InRow::No if may_run == Runs::NothingOfUsers => {}
        InRow::No | InRow::ForChecks => {
            update.begins();
            let differences: Vec<String> = moves.iter().map(|(_, difference)| difference.to_string()).collect();
            first.move_one(&others, campaign, &differences)?;
        }
        InRow::NotThere => {}
        InRow::Locked(row) => move_in_row(row, moves, campaign, &look)?,
    }
    Ok(update.is_moved())
}

/// Locks a campaign whose totals stay as they are, in its row; false if it could not be (one that is not there has a guard), or what the
/// look has shown is true no more.
pub fn lock_one(binding: &Binding, campaign: &Key, look: &Look) -> Result<bool> {
    let is_locked = match binding.lock_totals(&[], campaign)? {
        InRow::No | InRow::NotThere => false,
        InRow::ForChecks => true,
        InRow::Locked(row) => {
            let is_it = row.campaign().as_ref() == Some(campaign);
            row.leave()?;
            is_it
        }
    };
    Ok(is_locked && look.is_true()?)
}

/// No trigger of ours fires there: what they find of the row, and say of it, is found and said here.
fn move_in_row(row: Totals, moves: &[(&Binding, Decimal)], campaign: &Key, look: &Look) -> Result<()> {
    let mut moved: Vec<(&Binding, String)> = Vec::new();
    let is_it = row.campaign().as_ref() == Some(campaign);
    for (binding, difference) in moves {
        let kind = binding.shape.spent_money;
        let recorded = row.recorded(binding).filter(|_| is_it);
        let exact = recorded.and_then(|recorded| Some((recorded, money::exact_sum([recorded, *difference])?)));
        let through = exact
            .filter(|(_, total)| kind.holds(*total))
            .and_then(|exact| own_update::let_through_in_row(&written(binding, campaign, None, Some(exact))));
        match through {
            Some(total) => moved.push((binding, total)),
            None => return row.leave(),
        }
    }
    if !look.is_true()? {
        return row.leave();
    }
    row.store(&moved)?;
    for (binding, total) in &moved {
        own_update::is_ours(&written(binding, campaign, Some(total), None));
    }
    Ok(())
}

fn written<'a>(
    binding: &Binding,
    key: &'a Key,
    new: Option<&'a str>,
    exact: Option<(Decimal, Decimal)>,
) -> Written<'a> {
    Written {
        binding: binding.id(),
        key,
        new,
        kind: binding.shape.spent_money,
        exact,
    }
}

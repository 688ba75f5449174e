//! Summing campaigns that are locked, and storing their totals: the only writer of a total.

use crate::backend::{self, TriggerCall};
use crate::binding::{Binding, FEW_KEYS};
use crate::errors::{Error, Result};
use crate::key::Key;
use crate::large;
use crate::locks;
use crate::statements::{Statement, stored, summed};
use crate::values::Row;
use pgrx::pg_sys::Oid;
use rust_decimal::Decimal;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Locks campaigns, sums them, stores what differs; a row of [`summed`] for each that exists, as it was found.
pub fn settle(binding: &Binding, campaigns: &BTreeSet<Key>) -> Result<Vec<Row>> {
    locks::lock_campaigns(binding, campaigns)?;
    let rows = sum(binding, campaigns, false)?;
    store(binding, &rows, std::iter::empty())?;
    large::remember(binding, &rows)?;
    Ok(rows)
}

/// The sums of campaigns that are locked. `are_large`: to be summed in one pass, be there but one.
pub fn sum(binding: &Binding, campaigns: &BTreeSet<Key>, are_large: bool) -> Result<Vec<Row>> {
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    let kind = binding.shape.campaign_key;
    let keys: Vec<Key> = campaigns.iter().cloned().collect();
    let mut in_one_pass = are_large || keys.len() > FEW_KEYS;
    for key in &keys {
        in_one_pass = in_one_pass || large::has_many_clips(binding, key)?;
    }
    if in_one_pass {
        binding.run_once(Statement::SumMany, kind, &keys)
    } else {
        binding.run(Statement::SumFew, kind, &keys)
    }
}

/// Writes totals into campaigns that are locked: those that were summed, where they differ, and those that move. No
/// write, no dead row, no trigger of the user's otherwise.
pub fn store<'a>(binding: &Binding, summed: &[Row], moving: impl Iterator<Item = (&'a Key, Decimal)>) -> Result<()> {
    let shape = &binding.shape;
    let mut owed: BTreeMap<String, String> = moving
        .map(|(key, total)| (key.to_string(), total.to_string()))
        .collect();
    for row in summed.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)) {
        let (id, total) = (row.text(summed::ID), row.text(summed::TOTAL));
        if !row.is_true(summed::FITS) {
            return Err(Error::TotalDoesNotFit {
                campaigns: shape.campaigns.display(),
                id: id.to_owned(),
                total: total.to_owned(),
                column: backend::display_name(&shape.spent.name),
                kind: shape.spent.type_name.clone(),
            });
        }
        owed.insert(id.to_owned(), total.to_owned());
    }
    if owed.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = owed.keys().filter_map(|id| shape.campaign_key.parse(id)).collect();
    let totals: Vec<String> = owed.values().cloned().collect();
    let update = OwnUpdate::of(binding.oid(), None);
    let stored = binding.store(&keys, &totals)?;
    drop(update);
    for row in stored.iter().filter(|row| row.is_true(stored::AS_GIVEN)) {
        owed.remove(row.text(stored::ID));
    }
    match owed.pop_first() {
        None => Ok(()),
        Some((id, total)) => Err(Error::TotalNotStored {
            campaigns: shape.campaigns.display(),
            id,
            total,
            column: backend::display_name(&shape.spent.name),
        }),
    }
}

/// Moves the total of one campaign, and locks it by that; false if no row came to hold the total moved (it is not there,
/// its total is NULL or would not fit, or a trigger of the user's interfered).
pub fn move_one(binding: &Binding, campaign: &Key, difference: Decimal) -> Result<bool> {
    let update = OwnUpdate::of(binding.oid(), Some(difference));
    binding.move_one(campaign, &difference.to_string())?;
    Ok(update.is_stored())
}

/// An update of ours that runs.
#[derive(Clone, Copy)]
struct Running {
    /// The trigger depth at which it runs.
    depth: i32,
    /// The campaigns table that it writes.
    campaigns: Oid,
    /// By how much it moves the total of its one row.
    difference: Option<Decimal>,
    /// A row has come to hold a total that much larger.
    is_stored: bool,
}

thread_local! {
    static RUNNING: Cell<Option<Running>> = const { Cell::new(None) };
}

/// Says that an update of ours runs, as long as it lives; updates may nest.
struct OwnUpdate(Option<Running>);

impl OwnUpdate {
    fn of(campaigns: Oid, difference: Option<Decimal>) -> Self {
        Self(RUNNING.replace(Some(Running {
            depth: TriggerCall::depth(),
            campaigns,
            difference,
            is_stored: false,
        })))
    }

    fn is_stored(&self) -> bool {
        RUNNING.get().is_some_and(|running| running.is_stored)
    }
}

impl Drop for OwnUpdate {
    fn drop(&mut self) {
        RUNNING.set(self.0);
    }
}

/// Whether a trigger of a campaigns table that runs at this depth was fired by our own update of it: it is one deeper.
/// What the users' triggers write in turn is deeper still, and what their rules write is another table's: no less a
/// direct write than any other. `grown_by` is how much the row's total grew.
pub fn is_own_update(depth: i32, campaigns: Oid, grown_by: impl FnOnce() -> Option<Decimal>) -> bool {
    let own = RUNNING
        .get()
        .filter(|own| own.depth == depth - 1 && own.campaigns == campaigns);
    if let Some(own) = own
        && own.difference.is_some()
    {
        let is_stored = grown_by() == own.difference;
        RUNNING.set(Some(Running { is_stored, ..own }));
    }
    own.is_some()
}

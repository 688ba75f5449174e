//! Summing campaigns that are locked, and storing their totals: the only writer of a total.

use crate::backend;
use crate::binding::{Binding, FEW_KEYS};
use crate::errors::{Error, Result};
use crate::key::Key;
use crate::large;
use crate::locks;
use crate::statements::{Statement, stored, summed};
use crate::values::Row;
use pgrx::pg_sys::Oid;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Locks campaigns, sums them, stores what differs; a row of [`summed`] for each that exists, as it was found.
pub fn settle(binding: &Binding, campaigns: &BTreeSet<Key>) -> Result<Vec<Row>> {
    locks::lock_campaigns(binding, campaigns)?;
    let rows = sum(binding, campaigns, false)?;
    store(binding, rows.iter())?;
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

/// Writes the totals that differ into campaigns that are locked: no write, no dead row, no trigger of the user's
/// otherwise.
pub fn store<'a>(binding: &Binding, rows: impl Iterator<Item = &'a Row>) -> Result<()> {
    let shape = &binding.shape;
    let mut owed: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows.filter(|row| row.is_true(summed::NEEDS_SYNC)) {
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
        owed.insert(id, total);
    }
    if owed.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = owed.keys().filter_map(|id| shape.campaign_key.parse(id)).collect();
    let totals: Vec<String> = owed.values().map(ToString::to_string).collect();
    let stored = own_update(binding.oid(), || binding.store(&keys, &totals))?;
    for row in stored.iter().filter(|row| row.is_true(stored::AS_GIVEN)) {
        owed.remove(row.text(stored::ID));
    }
    match owed.pop_first() {
        None => Ok(()),
        Some((id, total)) => Err(Error::TotalNotStored {
            campaigns: shape.campaigns.display(),
            id: id.to_owned(),
            total: total.to_owned(),
            column: backend::display_name(&shape.spent.name),
        }),
    }
}

thread_local! {
    /// The trigger depth at which an update of ours runs, and the campaigns table that it writes.
    static OWN_UPDATE: Cell<Option<(i32, Oid)>> = const { Cell::new(None) };
}

struct OwnUpdate(Option<(i32, Oid)>);

impl Drop for OwnUpdate {
    fn drop(&mut self) {
        OWN_UPDATE.set(self.0);
    }
}

fn own_update<T>(campaigns: Oid, body: impl FnOnce() -> T) -> T {
    let _restored = OwnUpdate(OWN_UPDATE.replace(Some((backend::TriggerCall::depth(), campaigns))));
    body()
}

/// Whether a trigger of a campaigns table that runs at this depth was fired by our own update of it: it is one deeper.
/// What the users' triggers write in turn is deeper still, and what their rules write is another table's: no less a
/// direct write than any other.
pub fn is_own_update(depth: i32, campaigns: Oid) -> bool {
    OWN_UPDATE.get() == Some((depth - 1, campaigns))
}

//! Campaigns brought up from their sums: those that could not be moved after all, and those that are repaired.

use crate::binding::Binding;
use crate::errors::Result;
use crate::value::key::Key;
use crate::value::row::Row;
use crate::write::store::{self, Owed};
use crate::write::{locks, sums, verify};
use std::collections::BTreeSet;

/// Campaigns of one total that are to be summed.
pub struct Wanted<'a> {
    pub binding: &'a Binding,
    pub campaigns: &'a BTreeSet<Key>,
    /// Those that a link points to anew.
    pub linked: &'a BTreeSet<Key>,
}

/// Locks campaigns, sums them, stores what differs; a row of [`summed`] for each that exists, as it was found, for each of these totals,
/// whose rows are the same ones.
pub fn bring_up(all: &[Wanted]) -> Result<Vec<Vec<Row>>> {
    verify::no_more();
    let mut found = Vec::new();
    for Wanted {
        binding,
        campaigns,
        linked,
    } in all
    {
        locks::lock_campaigns(binding, campaigns, linked)?;
        found.push(sums::sum_locked(binding, campaigns, false)?);
    }
    let owed = all.iter().zip(&found);
    let owed = owed.map(|(wanted, rows)| Owed::of(wanted.binding, rows, std::iter::empty()));
    store::store(owed.collect::<Result<_>>()?)?;
    for (wanted, rows) in all.iter().zip(&found) {
        verify::remember(wanted.binding, rows)?;
    }
    Ok(found)
}

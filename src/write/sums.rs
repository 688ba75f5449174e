//! Summing campaigns: what is not moved, and what is repaired.

use crate::binding::{Binding, FEW_KEYS};
use crate::errors::Result;
use crate::pg::transaction;
use crate::statements::Statement;
use crate::value::key::Key;
use crate::value::row::Row;
use crate::write::store::{self, Owed};
use crate::write::{capture, locks, schedule, verify};
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
        found.push(sum_locked(binding, campaigns, false)?);
    }
    let owed = all.iter().zip(&found);
    let owed = owed.map(|(wanted, rows)| Owed::of(wanted.binding, rows, std::iter::empty()));
    store::store(owed.collect::<Result<_>>()?)?;
    for (wanted, rows) in all.iter().zip(&found) {
        verify::remember(wanted.binding, rows)?;
    }
    Ok(found)
}

/// The sums of campaigns that are locked, to be stored: what this transaction has written until now is in them.
pub fn sum_locked(binding: &Binding, campaigns: &BTreeSet<Key>, are_large: bool) -> Result<Vec<Row>> {
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sum(binding, campaigns, are_large)?;
    capture::flushed_before(binding.id(), transaction::next_command());
    Ok(rows)
}

/// The sums of campaigns. `are_large`: to be summed in one pass, be there but one.
pub fn sum(binding: &Binding, campaigns: &BTreeSet<Key>, are_large: bool) -> Result<Vec<Row>> {
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    let kind = binding.shape.campaign_key;
    let keys: Vec<Key> = campaigns.iter().cloned().collect();
    let mut in_one_pass = are_large || keys.len() > FEW_KEYS;
    for key in &keys {
        in_one_pass = in_one_pass || schedule::has_many_clips(binding.id(), key);
    }
    if in_one_pass {
        binding.run_once(Statement::SumMany, kind, &keys)
    } else {
        binding.run(Statement::SumFew, kind, &keys)
    }
}

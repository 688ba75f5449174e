//! Summing campaigns: what is not moved, and what is repaired.

use crate::binding::{Binding, FEW_KEYS};
use crate::errors::Result;
use crate::statements::Statement;
use crate::value::key::Key;
use crate::value::row::Row;
use crate::write::{locks, schedule, store, verify};
use std::collections::BTreeSet;

/// Locks campaigns, sums them, stores what differs; a row of [`summed`] for each that exists, as it was found. `linked`:
/// campaigns that a link points to anew.
pub fn bring_up(binding: &Binding, campaigns: &BTreeSet<Key>, linked: &BTreeSet<Key>) -> Result<Vec<Row>> {
    verify::no_more();
    locks::lock_campaigns(binding, campaigns, linked)?;
    let rows = sum(binding, campaigns, false)?;
    store::store(binding, &rows, std::iter::empty())?;
    verify::remember(binding, &rows)?;
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
        in_one_pass = in_one_pass || schedule::has_many_clips(binding.oid(), key);
    }
    if in_one_pass {
        binding.run_once(Statement::SumMany, kind, &keys)
    } else {
        binding.run(Statement::SumFew, kind, &keys)
    }
}

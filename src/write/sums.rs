//! The sums of campaigns: of those that are not moved, that are repaired, and that are verified.

use crate::binding::{Binding, FEW_KEYS};
use crate::errors::Result;
use crate::pg::transaction;
use crate::statements::Statement;
use crate::value::key::Key;
use crate::value::row::Row;
use crate::write::{capture, schedule};
use std::collections::BTreeSet;

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

//! A write of one row, or of a few, which is most of what a view tracker does: look, move, look again.
//! (What submissions add by themselves is known without a look, and is true however late.)
//!
//! One look for each row finds the difference, one update a campaign locks it and moves its total by that. The look came before the
//! lock; it counts as one that came after if no transaction has ended in between, or if the rows that were looked at are as they
//! were. (More rows than those they cannot have become, nor some where there were none: a link to a clip that we wrote waits for us, and
//! the clip of a link has its key for itself.) Else the total stays as it is, and the campaign is summed.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::snapshot;
use crate::settings::{self, Recompute};
use crate::value::key::Key;
use crate::write::due::Due;
use crate::write::from_sums::{self, Wanted};
use crate::write::look::{self, Together};
use crate::write::own_update::Look;
use crate::write::store::Runs;
use crate::write::{moves, schedule, store, verify};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Brings up the totals of a write of a few rows. They stand in the same rows: by a look that all of them share. False where
/// nothing was done, but that a campaign was perhaps looked at.
pub fn try_move(all: &mut [Due]) -> Result<bool> {
    if settings::recompute() == Recompute::EveryWrite || !all.iter().all(Due::are_few) {
        return Ok(false);
    }
    if let Some(first) = all.first()
        && first.binding.has_rules()?
    {
        return Ok(false);
    }
    let ended = snapshot::transactions_ended();
    let Some(mut found) = look::look(all)? else {
        return Ok(false);
    };
    let Some(campaigns) = in_order(all, &found)? else {
        return Ok(false);
    };
    if !agree(all, &found)? {
        return Ok(false);
    }
    verify::no_more();
    let may_run = if campaigns.len() == 1 {
        Runs::AStatement
    } else {
        Runs::NothingOfUsers
    };
    let mut unmoved = BTreeSet::new();
    // From here on totals may have moved, also where that was not seen to come true: they must not move twice.
    for campaign in campaigns {
        let Together { differences, versions } = found.remove(&campaign).unwrap_or_default();
        let moves: Vec<(&Binding, Decimal)> = all
            .iter()
            .zip(differences)
            .map(|(due, difference)| (due.binding.as_ref(), difference))
            .filter(|(_, difference)| !difference.is_zero())
            .collect();
        let look = Look { ended, versions };
        let is_true = match all.first().filter(|_| moves.is_empty()) {
            Some(first) => store::lock_one(&first.binding, &campaign, &look)?,
            // The BEFORE trigger looks whether it is still so: no trigger or CHECK of the user's is to meet a total that is not true.
            None => store::move_one(&moves, &campaign, look, may_run)?,
        };
        if !is_true {
            unmoved.insert(campaign);
        }
    }
    if !unmoved.is_empty() {
        let wanted = all.iter().map(|due| Wanted {
            binding: &due.binding,
            campaigns: &unmoved,
            linked: &due.touched.linked_campaigns,
        });
        from_sums::bring_up(&wanted.collect::<Vec<_>>())?;
    }
    for Due { binding, looked, .. } in all.iter() {
        if let Some(looked) = looked.as_ref().filter(|looked| looked.is_written) {
            looked.share(binding)?;
        }
    }
    Ok(true)
}

/// Its campaigns, in the order in which they are locked. Several are moved in their rows alone, where nothing of a user's runs: that might
/// write what is still to be moved, and have it summed. One that stays as it is is locked there alone.
fn in_order(all: &[Due], found: &BTreeMap<Key, Together>) -> Result<Option<Vec<Key>>> {
    let takes_rows = found.len() > 1 || !found.values().all(Together::is_moved);
    let Some((first, others)) = all.split_first().filter(|_| takes_rows) else {
        return Ok(Some(found.keys().cloned().collect()));
    };
    let others: Vec<&Binding> = others.iter().map(|other| other.binding.as_ref()).collect();
    if !first.binding.moves_in_row(&others)? {
        return Ok(None);
    }
    first.binding.in_lock_order(found.keys())
}

/// Verifies what is due, before anything is locked; whether nothing was found that is wrong.
fn agree(all: &mut [Due], found: &BTreeMap<Key, Together>) -> Result<bool> {
    for place in schedule::in_turn(all.iter().map(|due| due.binding.id())) {
        let due = &mut all[place];
        if due.looked.is_none() {
            due.looked = verify::before_locks_of(&due.binding, found.keys())?;
        }
        let difference = |of: &Key| found.get(of).map_or(Decimal::ZERO, |found| found.differences[place]);
        let looked = due.looked.as_ref();
        if looked.is_some_and(|looked| !looked.agrees(difference(&looked.key))) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Due {
    fn are_few(&self) -> bool {
        moves::may_look_first(&self.binding, &self.touched)
    }
}

//! Bringing what was written of totals into them, once the locks before those of campaigns are taken: look, move or sum, store. Totals
//! whose rows are the same ones are settled together, and stored by one update: a CHECK over several meets no pair that was
//! never true.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::{snapshot, transaction};
use crate::settings::{self, Recompute};
use crate::statements::{Statement, summed};
use crate::value::key::Key;
use crate::value::money;
use crate::value::row::Row;
use crate::write::drift::{Correction, FoundBy};
use crate::write::due::Due;
use crate::write::moves::{Locked, Move};
use crate::write::store::Owed;
use crate::write::touched::Touched;
use crate::write::verify::Looked;
use crate::write::{capture, drift, few, locks, moves, schedule, store, sums, under_way, verify};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What a total comes to.
struct Found {
    moves: BTreeMap<Key, Move>,
    /// Of those, what is moved.
    movable: BTreeSet<Key>,
    summed: Vec<Row>,
}

/// Settles totals whose rows are the same ones.
pub fn settle(mut all: Vec<Due>) -> Result<()> {
    let Some(first) = all.first().map(|due| Rc::clone(&due.binding)) else {
        return Ok(());
    };
    first.with_names_set_once(|| {
        for due in &mut all {
            due.add_campaigns()?;
        }
        if !few::try_move(&mut all)? {
            bring_up(&mut all)?;
        }
        let next = transaction::next_command();
        for Due { binding, touched, .. } in &all {
            // What amounts alone have moved was not read; who looked whether rows name a campaign that came to be has read those.
            if binding.is_direct() && touched.new_campaigns.is_empty() {
                capture::stored_before(binding.id(), next);
            } else {
                capture::flushed_before(binding.id(), next);
            }
        }
        Ok(())
    })
}

fn bring_up(all: &mut [Due]) -> Result<()> {
    for place in schedule::in_turn(all.iter().map(|due| due.binding.id())) {
        all[place].verify()?;
    }
    verify::no_more();
    lock_together(all)?;
    let found = all.iter_mut().map(Due::find).collect::<Result<Vec<_>>>()?;
    let owed = all.iter().zip(&found).map(|(due, found)| found.owed(&due.binding));
    store::store(owed.collect::<Result<_>>()?)?;
    for (due, found) in all.iter().zip(&found) {
        due.conclude(found)?;
    }
    Ok(())
}

/// One total after the other locks its campaigns, in their order. Where these may be others for each, all are locked before, by one
/// order: who pays from one to another, and who pays back, would wait for each other.
fn lock_together(all: &[Due]) -> Result<()> {
    let Some((first, others)) = all.split_first() else {
        return Ok(());
    };
    if others.iter().all(|other| other.is_of_campaigns_of(first)) {
        return Ok(());
    }
    let (mut campaigns, mut linked) = (BTreeSet::new(), BTreeSet::new());
    for Due { binding, touched, .. } in all {
        campaigns.extend(moves::campaigns_of(binding, touched)?);
        linked.extend(touched.linked_campaigns.iter().cloned());
    }
    if campaigns.len() < 2 {
        return Ok(());
    }
    locks::lock_campaigns(&first.binding, &campaigns, &linked)
}

impl Found {
    fn owed<'a>(&self, binding: &'a Binding) -> Result<Owed<'a>> {
        let moving = self
            .moves
            .iter()
            .filter(|(key, to)| self.movable.contains(*key) && !to.difference.is_zero());
        Owed::of(binding, &self.summed, moving.map(|(key, to)| (key, to.total)))
    }
}

impl Due {
    /// Campaigns that are to be summed, whatever links say.
    fn add_campaigns(&mut self) -> Result<()> {
        let Self { binding, touched, .. } = self;
        if touched.every_campaign {
            touched.campaigns.extend(binding.differing()?);
        }
        // Links may have named another campaign of the key, which is gone: by what they say the new one would be moved.
        let of_links = touched.links.keys().map(|(campaign, _)| campaign);
        let new = of_links
            .chain(touched.amounts.keys())
            .filter(|campaign| touched.new_campaigns.contains(*campaign));
        touched.campaigns.extend(new.cloned());
        Ok(())
    }

    fn verify(&mut self) -> Result<()> {
        if self.looked.is_none() {
            self.looked = verify::before_locks(&self.binding, &self.touched)?;
        }
        if let Some(looked) = &self.looked
            && !looked.is_written
            && !looked.agrees(Decimal::ZERO)
        {
            self.touched.campaigns.insert(looked.key.clone());
        }
        Ok(())
    }

    /// Locks the campaigns, and finds out what their totals come to.
    fn find(&mut self) -> Result<Found> {
        let Self {
            binding,
            touched,
            looked,
        } = self;
        let mut summed = sum_by_own(binding, touched)?;
        let Locked { mut campaigns, moves } = moves::lock(binding, touched)?;
        schedule::note(binding.id(), campaigns.iter());
        let movable = movable(&moves, looked.as_ref());
        let known = keys_of(binding, &summed)?;
        campaigns.retain(|key| !movable.contains(key) && !known.contains(key));
        summed.extend(sums::sum_locked(binding, &campaigns, touched.dropped > 0)?);
        Ok(Found { moves, movable, summed })
    }

    /// It is stored.
    fn conclude(&self, found: &Found) -> Result<()> {
        let Self {
            binding,
            touched,
            looked,
        } = self;
        verify::remember(binding, &found.summed)?;
        if let Some(looked) = looked.as_ref().filter(|looked| found.movable.contains(&looked.key)) {
            looked.share(binding)?;
        }
        log_direct_writes(binding, &touched.written_by_hand, &found.summed)?;
        suspect_drift(binding, &found.moves, &found.summed, looked.as_ref())
    }
}

/// The campaigns whose totals are moved: all that can be, but for one that a look has shown to be wrong.
fn movable(moves: &BTreeMap<Key, Move>, looked: Option<&Looked>) -> BTreeSet<Key> {
    if settings::recompute() == Recompute::EveryWrite {
        return BTreeSet::new();
    }
    let is_right =
        |key: &Key, to: &Move| looked.is_none_or(|looked| looked.key != *key || looked.agrees(to.difference));
    let right = moves.iter().filter(|(key, to)| is_right(key, to));
    right.map(|(key, _)| key.clone()).collect()
}

/// After a write too large to be noted row by row: finds the campaigns of all clips that this transaction wrote, and locks
/// them. The one pass that finds them sums them too, and these are their sums under the locks if no transaction has ended
/// since. Else none are known yet.
fn sum_by_own(binding: &Binding, touched: &mut Touched) -> Result<Vec<Row>> {
    if !touched.every_own_clip {
        return Ok(Vec::new());
    }
    let ended = snapshot::transactions_ended();
    let rows = binding.run_alone(Statement::SumByOwn)?;
    touched.campaigns.extend(moves::campaigns_of(binding, touched)?);
    touched.campaigns.extend(keys_of(binding, &rows)?);
    // All of them are to be summed: how they were found need not be looked up again.
    touched.clips.clear();
    touched.links.clear();
    touched.amounts.clear();
    locks::lock_campaigns(binding, &touched.campaigns, &touched.linked_campaigns)?;
    if snapshot::transactions_ended() == ended {
        return Ok(rows);
    }
    Ok(Vec::new())
}

fn log_direct_writes(binding: &Binding, written_by_hand: &BTreeSet<Key>, summed: &[Row]) -> Result<()> {
    if written_by_hand.is_empty() {
        return Ok(());
    }
    let mut corrected: Vec<&Row> = Vec::new();
    for row in summed.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)) {
        if written_by_hand.contains(&binding.campaign(row, summed::ID)?) {
            corrected.push(row);
        }
    }
    if let Some(row) = corrected.first().filter(|_| binding.rejects_direct_writes()) {
        return Err(binding.direct_write(row.owned(summed::ID)?));
    }
    let corrections = corrected.into_iter().map(Correction::of).collect::<Result<Vec<_>>>()?;
    drift::log(binding, FoundBy::DirectWrite, &corrections).map(drop)
}

/// A campaign that was summed although it could have been moved, or was not even written, tells whether its total was right before.
fn suspect_drift(
    binding: &Binding,
    moves: &BTreeMap<Key, Move>,
    summed: &[Row],
    looked: Option<&Looked>,
) -> Result<()> {
    // One that agreed then has been written since, by who links it or by this flush itself.
    let is_unwritten = |key: &Key| {
        looked.is_some_and(|looked| looked.key == *key && !looked.is_written && !looked.agrees(Decimal::ZERO))
    };
    // By amounts alone it is known also amid others, whose rows a sum may hold, noted or not.
    let is_amid = under_way::may_be_untold();
    let mut found = Vec::new();
    for row in summed {
        let key = binding.campaign(row, summed::ID)?;
        match moves.get(&key) {
            Some(_) if is_amid => {}
            Some(to) if !money::is_same(&to.total.normalize().to_string(), row.text(summed::TOTAL)?) => {
                found.push(Correction::at_write(row, to.difference)?);
            }
            None if is_unwritten(&key) && row.is_true(summed::NEEDS_SYNC) => found.push(Correction::of(row)?),
            _ => {}
        }
    }
    drift::suspect(binding, FoundBy::Write, &found)
}

fn keys_of(binding: &Binding, rows: &[Row]) -> Result<BTreeSet<Key>> {
    rows.iter().map(|row| binding.campaign(row, summed::ID)).collect()
}

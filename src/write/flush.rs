//! Bringing up the totals that this transaction owes: lock, then look, then move or sum, then store. Nothing a total
//! depends on is read before its campaign is locked, and all of it is read with a snapshot no older than that lock.

use crate::binding;
use crate::binding::Binding;
use crate::errors::Result;
use crate::errors::total::TotalError;
use crate::pg::{session, snapshot, spi, transaction};
use crate::statements::{Statement, summed};
use crate::value::key::Key;
use crate::value::money;
use crate::value::row::Row;
use crate::write::drift::{Correction, FoundBy};
use crate::write::moves::{Locked, Move};
use crate::write::touched::Touched;
use crate::write::{capture, drift, large, locks, moves, single, store, sums};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Brings up all totals that this transaction owes.
pub fn now() -> Result<()> {
    let mut work: Vec<(Rc<Binding>, Touched)> = Vec::new();
    for (id, touched) in capture::take(transaction::nest_level()) {
        // A table dropped, or detached, since the write has no total to bring up.
        if let Some(binding) = binding::of(id.campaigns())? {
            work.push((binding, touched));
        }
    }
    lock_rows(&mut work)?;
    for (binding, touched) in work {
        settle_written(&binding, touched)?;
    }
    Ok(())
}

/// Brings these campaigns to the truth on somebody's request: locks, sums, stores and logs; a row of [`summed`] for each
/// that exists, as it was found. What it read may have reached us as no write yet (a trigger may call this amid a
/// statement): the statement's own flush must not take it for news.
pub fn repair(binding: &Binding, campaigns: &BTreeSet<Key>, found_by: FoundBy) -> Result<Vec<Row>> {
    let rows = session::distrusting(|| sums::bring_up(binding, campaigns))?;
    drift::log(binding, found_by, &drift::found(&rows)?)?;
    capture::flushed_before(binding.id(), transaction::next_command());
    Ok(rows)
}

/// Sums all campaigns whose totals are wrong now: rows came or went that no row trigger saw. What this session wrote comes
/// first, as it does after a write. The rest is at once, whatever the settings say: at commit nobody could tell any more
/// that it was no write.
pub fn sum_all(binding: &Binding) -> Result<()> {
    now()?;
    capture::record(transaction::nest_level(), binding.id(), |touched| {
        touched.every_campaign = true;
    });
    session::distrusting(now)
}

/// Whether a transaction that is about to commit has nothing left to do.
pub fn owes_nothing() -> bool {
    capture::is_empty() && drift::none_is_suspected()
}

/// Brings up what is owed when the transaction commits or is prepared. Deferred constraints fired before this; what
/// our updates queue after them would be lost, so they are fired here, and what they write in turn is brought up too.
pub fn before_commit() -> Result<()> {
    for _ in 0..ROUNDS_AT_COMMIT {
        now()?;
        spi::run("SET CONSTRAINTS ALL IMMEDIATE")?;
        if capture::is_empty() {
            return drift::log_suspected();
        }
    }
    Err(TotalError::NoEnd {
        rounds: ROUNDS_AT_COMMIT,
    }
    .into())
}

/// How often triggers of the user's may write again what the totals at commit have set off.
const ROUNDS_AT_COMMIT: usize = 100;

/// Makes room: of one level's writes of one binding only the campaigns are kept, to be summed. The written rows are locked
/// already, and the links made now, so what is looked up and locked stays true until commit.
///
/// A look-up for each clip costs some twenty times what a row costs in one pass over the table. Once so many were written
/// that all look-ups cost as much as the pass, the pass is left to the flush, and clips need not be noted any more.
pub fn compact(binding: &Rc<Binding>, nest: i32, rows_in_table: f32) -> Result<()> {
    const ROWS_OF_A_PASS_PER_LOOKUP: usize = 20;
    let mut touched = capture::take_one(nest, binding.id());
    let written = touched.rows() + touched.dropped;
    touched.dropped = written;
    if rows_in_table <= (written * ROWS_OF_A_PASS_PER_LOOKUP) as f32 {
        let all = touched.clips.len();
        touched.clips.retain(|_, difference| difference.is_none());
        touched.every_own_clip |= touched.clips.len() < all;
    }
    let mut work = [(Rc::clone(binding), touched)];
    lock_rows(&mut work)?;
    let [(_, mut touched)] = work;
    touched.campaigns = moves::campaigns_of(binding, &touched)?;
    touched.clips.clear();
    touched.links.clear();
    capture::record(nest, binding.id(), |level| level.merge(touched));
    Ok(())
}

/// The locks that come before those of campaigns.
fn lock_rows(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    locks::take_guards(work)?;
    locks::lock_linked_clips(work)
}

fn settle_written(binding: &Binding, mut touched: Touched) -> Result<()> {
    if touched.every_campaign {
        touched.campaigns.extend(binding.differing()?);
    }
    if !touched.links.is_empty() || !touched.clips.is_empty() {
        touched.campaigns.append(&mut touched.new_campaigns);
    }
    if single::try_move(binding, &touched)? {
        capture::flushed_before(binding.id(), transaction::next_command());
        return Ok(());
    }
    let mut summed = sum_by_own(binding, &mut touched)?;
    let Locked { mut campaigns, moves } = moves::lock(binding, &touched)?;
    let movable = large::movable(binding, moves.keys())?;
    let known = keys_of(binding, &summed)?;
    campaigns.retain(|key| !movable.contains(key) && !known.contains(key));
    summed.extend(sums::sum(binding, &campaigns, touched.dropped > 0)?);
    let moving = moves
        .iter()
        .filter(|(key, to)| movable.contains(key) && !to.difference.is_zero());
    store::store(binding, &summed, moving.map(|(key, to)| (key, to.total)))?;
    large::remember(binding, &summed)?;
    log_direct_writes(binding, &touched.written_by_hand, &summed)?;
    suspect_drift(binding, &moves, &summed)?;
    capture::flushed_before(binding.id(), transaction::next_command());
    Ok(())
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
    locks::lock_campaigns(binding, &touched.campaigns)?;
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
    drift::log(binding, FoundBy::DirectWrite, &corrections)
}

/// A campaign that was summed although it could have been moved tells whether its total was right before.
fn suspect_drift(binding: &Binding, moves: &BTreeMap<Key, Move>, summed: &[Row]) -> Result<()> {
    let mut found = Vec::new();
    for row in summed {
        if let Some(to) = moves.get(&binding.campaign(row, summed::ID)?)
            && !money::is_same(&to.total.normalize().to_string(), row.text(summed::TOTAL)?)
        {
            found.push(Correction::at_write(row, to.difference)?);
        }
    }
    drift::suspect(binding, found);
    Ok(())
}

fn keys_of(binding: &Binding, rows: &[Row]) -> Result<BTreeSet<Key>> {
    rows.iter().map(|row| binding.campaign(row, summed::ID)).collect()
}

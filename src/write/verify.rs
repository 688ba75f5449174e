//! Verifying a total: the column is compared with the sum in one fresh snapshot, before anything is locked, so that nobody but
//! the writer waits for it. Every snapshot agrees; where one does not, the campaign is summed under its lock, and what differs
//! still is drift.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::{session, transaction};
use crate::settings::{self, Recompute};
use crate::statements::{Statement, summed};
use crate::value::key::Key;
use crate::value::money;
use crate::value::param::Param;
use crate::value::row::Row;
use crate::write::schedule::{self, MANY_CLIPS, Verifying};
use crate::write::touched::Touched;
use crate::write::{large, moves, sums, under_way};
use rust_decimal::Decimal;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

thread_local! {
    /// This transaction holds locks that others may wait for.
    static HOLDS_LOCKS: Cell<bool> = const { Cell::new(false) };
}

/// From here on this transaction verifies nothing: others would wait for it.
pub fn no_more() {
    HOLDS_LOCKS.set(true);
}

/// The transaction ended.
pub fn clear() {
    HOLDS_LOCKS.set(false);
}

/// A campaign as one snapshot has it.
pub struct Looked {
    pub key: Key,
    /// Whether the flush that looks writes it.
    pub is_written: bool,
    recorded: Option<Decimal>,
    total: Option<Decimal>,
    is_wrong: bool,
    clips: i64,
}

impl Looked {
    /// Whether the total is right, but for a difference that this transaction has written and not brought into it.
    pub fn agrees(&self, difference: Decimal) -> bool {
        if difference.is_zero() {
            return !self.is_wrong;
        }
        let expected = self
            .recorded
            .and_then(|recorded| money::exact_sum([recorded, difference]));
        expected.is_some() && expected == self.total
    }

    /// Lets all backends know, under the campaign's lock.
    pub fn share(&self, binding: &Binding) -> Result<()> {
        if self.clips < MANY_CLIPS {
            return Ok(());
        }
        large::remember(binding, &[(self.key.clone(), self.clips)])
    }
}

/// Before anything is locked for a flush: the campaign of this binding whose turn it is, if one is to be verified now.
pub fn before_locks(binding: &Binding, touched: &Touched) -> Result<Option<Looked>> {
    if !is_possible() || !schedule::may_verify(binding.id()) || !moves::may_look_first(binding, touched) {
        return Ok(None);
    }
    // Finding the campaigns costs time too.
    let _verifying = Verifying::begin();
    let written = moves::campaigns_of(binding, touched)?;
    look(binding, &written)
}

/// The same for a flush that writes these campaigns.
pub fn before_locks_of<'a>(
    binding: &Binding,
    written: impl Iterator<Item = &'a Key> + Clone,
) -> Result<Option<Looked>> {
    schedule::note(binding.id(), written.clone());
    if !is_possible() || schedule::first(binding.id()).is_none() || !schedule::may_verify(binding.id()) {
        return Ok(None);
    }
    look(binding, &written.cloned().collect())
}

/// The same for a flush of several totals, of which the first would lock its campaigns before the others look: of each one that waits
/// since an earlier flush.
pub fn before_locks_of_several(binding: &Binding, touched: &Touched) -> Result<Option<Looked>> {
    // Links that name a campaign which came to be are looked for only later: until then it is not known to be written.
    if touched.restricted || !touched.new_campaigns.is_empty() || schedule::first(binding.id()).is_none() {
        return Ok(None);
    }
    before_locks(binding, touched)
}

/// Campaigns that were just summed, under their locks, are verified: all backends know of those of many clips.
pub fn remember(binding: &Binding, rows: &[Row]) -> Result<()> {
    let mut many = remember_here(binding, rows)?;
    many.retain(|(_, clips)| *clips >= MANY_CLIPS);
    large::remember(binding, &many)
}

/// Campaigns that were just summed are verified, as this backend knows; each with the number of its clips.
pub fn remember_here(binding: &Binding, rows: &[Row]) -> Result<Vec<(Key, i64)>> {
    if settings::recompute() == Recompute::EveryWrite {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for row in rows {
        let (key, clips) = (binding.campaign(row, summed::ID)?, row.number(summed::CLIPS)?);
        schedule::verified(binding.id(), &key, Duration::ZERO, Some(clips));
        all.push((key, clips));
    }
    Ok(all)
}

/// At SERIALIZABLE all that is read would count as read, and end in 40001. Rows that nobody has told of would look like drift.
fn is_possible() -> bool {
    !HOLDS_LOCKS.get() && !transaction::is_serializable() && !under_way::may_be_untold()
}

fn look(binding: &Binding, written: &BTreeSet<Key>) -> Result<Option<Looked>> {
    schedule::note(binding.id(), written.iter());
    let Some((key, clips)) = next(binding)? else {
        return Ok(None);
    };
    let _verifying = Verifying::begin();
    schedule::take_turn(binding.id());
    // It counts from here, also if it is cancelled.
    schedule::verified(binding.id(), &key, Duration::ZERO, Some(clips));
    let rows = sums::sum(binding, &BTreeSet::from([key.clone()]), false)?;
    let Some(row) = rows.first() else {
        return Ok(None); // there is no such campaign
    };
    let clips = row.number(summed::CLIPS)?;
    schedule::verified(binding.id(), &key, Duration::ZERO, Some(clips));
    Ok(Some(Looked {
        is_written: written.contains(&key),
        recorded: row.get(summed::RECORDED).and_then(money::parse),
        total: money::parse(row.text(summed::TOTAL)?),
        is_wrong: row.is_true(summed::NEEDS_SYNC),
        clips,
        key,
    }))
}

/// The campaign whose turn it is, and about how many clips it has.
fn next(binding: &Binding) -> Result<Option<(Key, i64)>> {
    while let Some(candidate) = schedule::first(binding.id()) {
        let key = candidate.key;
        if candidate
            .clips
            .is_some_and(|clips| !schedule::may_verify_so_many(clips))
        {
            return Ok(None);
        }
        let shared = large::ask(binding, &key)?;
        if let Some(shared) = shared
            && is_recent(shared.ago)
        {
            schedule::verified(binding.id(), &key, shared.ago, Some(shared.clips));
            continue;
        }
        let clips = match shared.map(|shared| shared.clips).or(candidate.clips) {
            Some(clips) => clips,
            None => clips_of_a_campaign(binding)?,
        };
        schedule::expect(binding.id(), &key, clips);
        if !schedule::may_verify_so_many(clips) {
            return Ok(None);
        }
        if session::statement_timeout().is_some_and(|timeout| schedule::estimate(clips) > timeout / 10) {
            schedule::verified(binding.id(), &key, Duration::ZERO, Some(clips));
            continue;
        }
        return Ok(Some((key, clips)));
    }
    Ok(None)
}

fn is_recent(ago: Duration) -> bool {
    matches!(settings::recompute(), Recompute::After(interval) if ago < interval)
}

/// How many clips a campaign has on the average, by PostgreSQL's statistics; many, where there are none.
fn clips_of_a_campaign(binding: &Binding) -> Result<i64> {
    let shape = &binding.shape;
    let values = [Param::Oid(shape.submissions.oid), Param::Oid(shape.campaigns.oid)];
    let rows = binding.run_as_keeper(Statement::Average, &values)?;
    let average: i64 = rows.first().map_or(Ok(0), |row| row.number(0))?;
    Ok(if average < 0 { MANY_CLIPS } else { average })
}

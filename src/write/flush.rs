//! Bringing up the totals that this transaction owes: lock, then look, then move or sum, then store. Nothing a total
//! depends on is read before its campaign is locked, and all of it is read with a snapshot no older than that lock.

use crate::binding;
use crate::binding::Binding;
use crate::errors::total::TotalError;
use crate::errors::{Error, Result};
use crate::pg::{name, session, snapshot, transaction};
use crate::settings::{self, Recompute};
use crate::statements::{Statement, summed};
use crate::value::key::{Key, KeyType};
use crate::value::mapping::BindingId;
use crate::value::money;
use crate::value::row::Row;
use crate::write::capture::Owed;
use crate::write::drift::{Correction, FoundBy};
use crate::write::moves::{Locked, Move};
use crate::write::schedule;
use crate::write::single::Tried;
use crate::write::touched::Touched;
use crate::write::under_way::Place;
use crate::write::verify::Looked;
use crate::write::{capture, drift, locks, moves, single, store, sums, under_way, verify, wake};
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Brings up all totals that this transaction owes.
pub fn now() -> Result<()> {
    until_nothing(|_| true)
}

/// Brings up what is due at the end of a statement: all but what an event that waits will bring up. What was written in a
/// security-restricted operation is not left to whoever commits. What triggers and rules of the user's write meanwhile, and
/// no trigger of ours has brought up, is due as well.
pub fn at_statement() -> Result<()> {
    until_nothing(|touched| !wake::waits() || !touched.at_commit || touched.restricted)
}

/// The event of the deferred trigger fires. It counts as waiting until what triggers of the user's write meanwhile is
/// brought up too, which queues no other. Where constraints are immediate it fires behind the first row of its query: what
/// that wrote is left to the statement trigger.
pub fn at_event(at: Place) -> Result<()> {
    let bring_up = || session::at_commit(|| until_nothing(|_| true));
    if under_way::has_ended_in(at) {
        under_way::doubting(bring_up)?;
    } else if !under_way::is_in(at.query) {
        bring_up()?;
    }
    wake::set(transaction::nest_level(), false);
    Ok(())
}

/// Nothing is brought up before all is stored that is being stored: a BEFORE trigger of the user's may write what a total hangs on
/// that is stored only then. Whoever stores comes by here again.
fn until_nothing(is_due: impl Fn(&Touched) -> bool + Copy) -> Result<()> {
    if !capture::has(is_due) || store::is_amid()? {
        return Ok(());
    }
    for _ in 0..ROUNDS {
        if !capture::has(is_due) {
            return Ok(());
        }
        bring_up(is_due)?;
    }
    Err(TotalError::NoEnd { rounds: ROUNDS }.into())
}

/// How often triggers of the user's may write again what the totals have set off.
const ROUNDS: usize = 100;

/// What a transaction that is about to commit owes, and nothing will bring up any more: no statement, and nothing of a
/// user's, may run in a transaction's callback.
pub fn never_flushed() -> Result<()> {
    match capture::owed() {
        None => Ok(()),
        Some(owed) if owed.restricted => Err(left_by_restricted(&owed)),
        Some(owed) => Err(TotalError::NeverFlushed {
            campaigns: name::relation(owed.binding.campaigns()),
            table: name::relation(owed.written.unwrap_or(owed.binding.campaigns())),
        }
        .into()),
    }
}

fn left_by_restricted(owed: &Owed) -> Error {
    TotalError::LeftByRestricted {
        campaigns: name::relation(owed.binding.campaigns()),
        table: name::relation(owed.written.unwrap_or(owed.binding.campaigns())),
    }
    .into()
}

thread_local! {
    /// The totals of which a flush that runs has taken what was written: until it has stored them, they lack that, and nothing that is
    /// noted says so.
    static TAKEN: RefCell<Vec<BindingId>> = const { RefCell::new(Vec::new()) };
}

/// Says that a flush has taken what was written of some totals, as long as it lives.
struct Taken(usize);

impl Taken {
    fn begin(work: &[(Rc<Binding>, Touched)]) -> Self {
        TAKEN.with_borrow_mut(|taken| {
            let before = taken.len();
            taken.extend(work.iter().map(|(binding, _)| binding.id()));
            Self(before)
        })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        TAKEN.with_borrow_mut(|taken| taken.truncate(self.0));
    }
}

fn bring_up(is_due: impl Fn(&Touched) -> bool) -> Result<()> {
    drift::delete_acquitted()?;
    let mut work: Vec<(Rc<Binding>, Touched)> = Vec::new();
    for (id, touched) in capture::take(transaction::nest_level(), is_due) {
        if touched.restricted && !session::is_restricted() && !session::is_distrusting() {
            return Err(left_by_restricted(&Owed {
                binding: id,
                written: touched.written,
                restricted: true,
            }));
        }
        // A table dropped, or detached, since the write has no total to bring up.
        if let Some(binding) = binding::of(id.campaigns())? {
            work.push((binding, touched));
        }
    }
    let around: BTreeSet<BindingId> = TAKEN.with_borrow(|taken| taken.iter().copied().collect());
    let _taken = Taken::begin(&work);
    let looks = look_at_several(&work)?;
    lock_rows(&mut work)?;
    for ((binding, touched), looked) in work.into_iter().zip(looks) {
        let (is_restricted, id) = (touched.restricted, binding.id());
        let settle = || binding.with_names_set_once(|| settle_written(&binding, touched, looked));
        // A trigger of the user's has written more of it while another total of this flush was stored; or it is such a trigger's write
        // that is brought up here, amid another flush.
        let settle = || {
            if capture::owes(id) || around.contains(&id) {
                under_way::doubting(settle)
            } else {
                settle()
            }
        };
        if is_restricted {
            session::restricting(settle)?;
        } else {
            settle()?;
        }
    }
    Ok(())
}

fn look_at_several(work: &[(Rc<Binding>, Touched)]) -> Result<Vec<Option<Looked>>> {
    let look = |(binding, touched): &(Rc<Binding>, Touched)| {
        if work.len() > 1 {
            verify::before_locks_of_several(binding, touched)
        } else {
            Ok(None)
        }
    };
    work.iter().map(look).collect()
}

/// Brings these campaigns to the truth on somebody's request: locks, sums, stores and logs; a row of [`summed`] for each
/// that exists, as it was found. What it read may have reached us as no write yet (a trigger may call this amid a
/// statement): the statement's own flush must not take it for news.
pub fn repair(binding: &Binding, campaigns: &BTreeSet<Key>, found_by: FoundBy) -> Result<Vec<Row>> {
    session::distrusting(|| {
        let rows = sums::bring_up(binding, campaigns, &BTreeSet::new())?;
        drift::suspect(binding, found_by, &drift::found(&rows)?)?;
        capture::flushed_before(binding.id(), transaction::next_command());
        // What triggers of the user's wrote when these were stored.
        now()?;
        Ok(rows)
    })
}

/// The campaigns that rows feed which came or went past all row triggers.
pub enum Due {
    These(BTreeSet<Key>),
    OfClips(BTreeSet<Key>),
    /// Whichever totals are wrong now.
    All,
}

/// Sums the campaigns of rows that came or went as no row trigger saw. What this session wrote comes first, as it does after a
/// write. The rest is at once, whatever the settings say: at commit nobody could tell any more that it was no write.
pub fn sum(binding: &Binding, due: Due) -> Result<()> {
    now()?;
    capture::record(transaction::nest_level(), binding.id(), |touched| match due {
        Due::These(campaigns) => campaigns.into_iter().for_each(|campaign| touched.sum(campaign)),
        Due::OfClips(clips) => clips.into_iter().for_each(|clip| touched.clip(clip, None)),
        Due::All => touched.every_campaign = true,
    });
    session::distrusting(now)
}

/// Makes room, where [`capture::record`] says that more than [`capture::ROWS_KEPT`] rows are kept: of the largest parts
/// only the campaigns are.
pub fn compact(binding: &Rc<Binding>, nest: i32, rows_in_table: f32) -> Result<()> {
    let id = binding.id();
    for level in capture::make_room(id) {
        if level == nest {
            // Should it fail, what was taken is rolled back.
            let mut folded = fold(binding, capture::take_one(nest, id), rows_in_table)?;
            forget_long_keys(binding, &mut folded)?;
            capture::record(nest, id, move |level| level.merge(folded));
        } else {
            let folded = fold(binding, capture::copy_of(level, id), rows_in_table)?;
            capture::fold(nest, level, id, folded);
        }
    }
    Ok(())
}

/// What remains of writes when only their campaigns are kept, to be summed. The written rows are locked already, and the
/// links made now, so what is looked up and locked stays true until commit, or until the level that we are at is rolled
/// back.
///
/// A look-up for each clip costs some twenty times what a row costs in one pass over the table. Once so many were written
/// that all look-ups cost as much as the pass, the pass is left to the flush, and clips need not be noted any more.
fn fold(binding: &Rc<Binding>, mut touched: Touched, rows_in_table: f32) -> Result<Touched> {
    const ROWS_OF_A_PASS_PER_LOOKUP: usize = 20;
    let written = touched.rows() + touched.dropped;
    touched.dropped = written;
    touched.dropped_gone = touched.has_gone();
    if rows_in_table <= (written * ROWS_OF_A_PASS_PER_LOOKUP) as f32 {
        let all = touched.clips.len();
        let gone = &touched.gone_clips;
        touched
            .clips
            .retain(|clip, difference| difference.is_none() || gone.contains(clip));
        touched.every_own_clip |= touched.clips.len() < all;
    }
    let mut work = [(Rc::clone(binding), touched)];
    lock_rows(&mut work)?;
    let [(_, mut touched)] = work;
    touched.campaigns = moves::campaigns_of(binding, &touched)?;
    touched.new_campaigns.clear();
    touched.clips.clear();
    touched.links.clear();
    touched.new_clips.clear();
    touched.gone_clips.clear();
    touched.lost_locks = false;
    touched.extra_rows = 0;
    Ok(touched)
}

/// Campaigns outlast the rows that are folded; those of long keys do not: they are locked at once, as long as the writes
/// themselves last, and found again by what differs.
fn forget_long_keys(binding: &Binding, touched: &mut Touched) -> Result<()> {
    let long: BTreeSet<Key> = touched.campaigns.iter().filter(|key| key.is_long()).cloned().collect();
    if !long.is_empty() {
        locks::lock_campaigns(binding, &long, &touched.linked_campaigns)?;
        touched.campaigns.retain(|key| !key.is_long());
        touched.linked_campaigns.retain(|key| !key.is_long());
        touched.every_campaign = true;
    }
    Ok(())
}

/// The locks that come before those of campaigns. What was locked for dropped rows and is no more is locked again.
fn lock_rows(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    for (binding, touched) in work.iter_mut().filter(|(_, touched)| touched.lost_locks) {
        note_own_rows(binding, touched)?;
    }
    locks::before_campaigns(work)
}

/// Notes all that this transaction has written: nobody else can have changed that.
fn note_own_rows(binding: &Binding, touched: &mut Touched) -> Result<()> {
    let (clip, campaign) = (binding.shape.clip_key, binding.shape.campaign_key);
    touched
        .linked_clips
        .extend(own_keys(binding, Statement::OwnLinks, clip)?);
    touched.new_clips.extend(own_keys(binding, Statement::OwnClips, clip)?);
    touched
        .new_campaigns
        .extend(own_keys(binding, Statement::OwnCampaigns, campaign)?);
    Ok(())
}

fn own_keys(binding: &Binding, statement: Statement, kind: KeyType) -> Result<Vec<Key>> {
    let rows = binding.run_alone(statement)?;
    Ok(rows.iter().filter_map(|row| kind.parse(row.get(0)?)).collect())
}

fn settle_written(binding: &Binding, mut touched: Touched, looked: Option<Looked>) -> Result<()> {
    if touched.every_campaign {
        touched.campaigns.extend(binding.differing()?);
    }
    // Links may have named another campaign of the key, which is gone: by what they say the new one would be moved.
    let of_links = touched.links.keys().map(|(campaign, _)| campaign);
    let new = of_links.filter(|campaign| touched.new_campaigns.contains(*campaign));
    touched.campaigns.extend(new.cloned());
    let looked = match single::try_move(binding, &touched, looked)? {
        Tried::Moved => {
            capture::flushed_before(binding.id(), transaction::next_command());
            return Ok(());
        }
        Tried::Nothing(None) => verify::before_locks(binding, &touched)?,
        Tried::Nothing(looked) => looked,
    };
    if let Some(looked) = &looked
        && !looked.is_written
        && !looked.agrees(Decimal::ZERO)
    {
        touched.campaigns.insert(looked.key.clone());
    }
    verify::no_more();
    let mut summed = sum_by_own(binding, &mut touched)?;
    let Locked { mut campaigns, moves } = moves::lock(binding, &touched)?;
    schedule::note(binding.oid(), campaigns.iter());
    let movable = movable(&moves, looked.as_ref());
    let known = keys_of(binding, &summed)?;
    campaigns.retain(|key| !movable.contains(key) && !known.contains(key));
    summed.extend(sums::sum(binding, &campaigns, touched.dropped > 0)?);
    let moving = moves
        .iter()
        .filter(|(key, to)| movable.contains(key) && !to.difference.is_zero());
    store::store(binding, &summed, moving.map(|(key, to)| (key, to.total)))?;
    verify::remember(binding, &summed)?;
    if let Some(looked) = looked.as_ref().filter(|looked| movable.contains(&looked.key)) {
        looked.share(binding)?;
    }
    log_direct_writes(binding, &touched.written_by_hand, &summed)?;
    suspect_drift(binding, &moves, &summed, looked.as_ref())?;
    capture::flushed_before(binding.id(), transaction::next_command());
    Ok(())
}

/// The campaigns whose totals are moved: all that can be, but for one that a look has shown to be wrong.
fn movable<'a>(moves: &'a BTreeMap<Key, Move>, looked: Option<&Looked>) -> BTreeSet<&'a Key> {
    if settings::recompute() == Recompute::EveryWrite {
        return BTreeSet::new();
    }
    let is_right =
        |key: &Key, to: &Move| looked.is_none_or(|looked| looked.key != *key || looked.agrees(to.difference));
    let right = moves.iter().filter(|(key, to)| is_right(key, to));
    right.map(|(key, _)| key).collect()
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
    let mut found = Vec::new();
    for row in summed {
        let key = binding.campaign(row, summed::ID)?;
        match moves.get(&key) {
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

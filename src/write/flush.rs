//! Bringing up the totals that this transaction owes: lock, then look, then move or sum, then store. Nothing a total
//! depends on is read before its campaign is locked, and all of it is read with a snapshot no older than that lock.

use crate::binding;
use crate::binding::Binding;
use crate::errors::total::TotalError;
use crate::errors::{Error, Result};
use crate::pg::{name, session, transaction};
use crate::statements::Statement;
use crate::value::key::{Key, KeyType};
use crate::value::mapping::BindingId;
use crate::value::row::Row;
use crate::write::capture::Owed;
use crate::write::drift::FoundBy;
use crate::write::due::{self, Due};
use crate::write::from_sums::{self, Wanted};
use crate::write::touched::Touched;
use crate::write::under_way::Place;
use crate::write::verify::Looked;
use crate::write::{capture, drift, locks, moves, schedule, settle, store, under_way, verify, wake};
use std::cell::RefCell;
use std::collections::BTreeSet;
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
        if let Some(binding) = binding::of(id)? {
            work.push((binding, touched));
        }
    }
    let around: BTreeSet<BindingId> = TAKEN.with_borrow(|taken| taken.iter().copied().collect());
    let _taken = Taken::begin(&work);
    let looks = look_at_several(&work)?;
    lock_rows(&mut work)?;
    for due in due::by_rows(work, looks) {
        let is_restricted = due.iter().any(|due| due.touched.restricted);
        let is_amid_more = |due: &Due| capture::owes(due.binding.id()) || around.contains(&due.binding.id());
        let is_doubted = due.iter().any(is_amid_more);
        // A trigger of the user's has written more of it while another total of this flush was stored; or it is such a trigger's write
        // that is brought up here, amid another flush.
        let settle = || {
            if is_doubted {
                under_way::doubting(|| settle::settle(due))
            } else {
                settle::settle(due)
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
    let mut looks: Vec<Option<Looked>> = work.iter().map(|_| None).collect();
    if work.len() > 1 {
        for place in schedule::in_turn(work.iter().map(|(binding, _)| binding.id())) {
            let (binding, touched) = &work[place];
            looks[place] = verify::before_locks_of_several(binding, touched)?;
        }
    }
    Ok(looks)
}

/// Brings these campaigns to the truth on somebody's request: locks, sums, stores and logs; a row of [`summed`] for each
/// that exists, as it was found. What it read may have reached us as no write yet (a trigger may call this amid a
/// statement): the statement's own flush must not take it for news.
pub fn repair(binding: &Binding, campaigns: &BTreeSet<Key>, found_by: FoundBy) -> Result<Vec<Row>> {
    session::distrusting(|| {
        let wanted = Wanted {
            binding,
            campaigns,
            linked: &BTreeSet::new(),
        };
        let rows = from_sums::bring_up(&[wanted])?
            .into_iter()
            .flatten()
            .collect::<Vec<_>>();
        drift::suspect(binding, found_by, &drift::found(&rows)?)?;
        capture::flushed_before(binding.id(), transaction::next_command());
        // What triggers of the user's wrote when these were stored.
        now()?;
        Ok(rows)
    })
}

/// The campaigns that rows feed which came or went past all row triggers.
pub enum Fed {
    These(BTreeSet<Key>),
    OfClips(BTreeSet<Key>),
    /// Whichever totals are wrong now.
    All,
}

/// Sums the campaigns of rows that came or went as no row trigger saw, of all these totals together. What this session wrote comes
/// first, as it does after a write. The rest is at once, whatever the settings say: at commit nobody could tell any more that it was
/// no write.
pub fn sum(all: Vec<(Rc<Binding>, Fed)>) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    now()?;
    for (binding, due) in all {
        capture::record(transaction::nest_level(), binding.id(), |touched| match due {
            Fed::These(campaigns) => campaigns.into_iter().for_each(|campaign| touched.sum(campaign)),
            Fed::OfClips(clips) => clips.into_iter().for_each(|clip| touched.clip(clip, None)),
            Fed::All => touched.every_campaign = true,
        });
    }
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
    touched.amounts.clear();
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
    let campaign = binding.shape.campaign_key;
    if let Some(clip) = binding.shape.clips.as_ref().map(|clips| clips.key) {
        touched
            .linked_clips
            .extend(own_keys(binding, Statement::OwnLinks, clip)?);
        touched.new_clips.extend(own_keys(binding, Statement::OwnClips, clip)?);
    }
    touched
        .new_campaigns
        .extend(own_keys(binding, Statement::OwnCampaigns, campaign)?);
    Ok(())
}

fn own_keys(binding: &Binding, statement: Statement, kind: KeyType) -> Result<Vec<Key>> {
    let rows = binding.run_alone(statement)?;
    Ok(rows.iter().filter_map(|row| kind.parse(row.get(0)?)).collect())
}

//! What this transaction has written and not yet brought into its totals: backend memory, no SQL.
//!
//! Each (sub)transaction has a level of its own. A flush empties all levels, but what it took from an outer one is
//! remembered in its own: should it be rolled back, the totals it wrote are gone and the outer writes are not.
//!
//! Nothing of PostgreSQL's is called while what is kept here is borrowed: an error, or the end of a subtransaction, amid a
//! borrow would find it taken. So [`record`] takes only notes that borrow nothing, the trigger's call least of all.

use crate::value::mapping::BindingId;
use crate::write::touched::{CommandId, Touched};
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one binding that are remembered one by one, by a level and by all those before it together. Beyond, the flush's
/// first half runs early and leaves only the campaigns: memory stays flat however many rows a statement writes, and however
/// many savepoints a transaction makes.
pub const ROWS_KEPT: usize = 10_000;

/// What was written, per binding, in the order in which their campaigns are locked.
pub type PerBinding = BTreeMap<BindingId, Touched>;

fn merge_all(into: &mut PerBinding, from: PerBinding) {
    for (binding, touched) in from {
        match into.entry(binding) {
            Entry::Vacant(none) => drop(none.insert(touched)),
            Entry::Occupied(kept) => kept.into_mut().merge(touched),
        }
    }
}

/// One (sub)transaction.
#[derive(Debug, Default)]
struct Level {
    /// 1 for the transaction itself.
    nest: i32,
    /// Written here, not flushed.
    open: PerBinding,
    /// Written further out (at the level named), flushed here.
    flushed: BTreeMap<i32, PerBinding>,
    /// Written further out (at the level named), folded here: the locks that this took end with this level.
    folded: BTreeSet<(i32, BindingId)>,
}

/// Where some of what is kept of a binding stands.
#[derive(Clone, Copy)]
struct Part {
    /// The level that keeps it.
    at: i32,
    /// The level that wrote it: the same, or one further out, whose writes were flushed at `at`.
    of: i32,
    rows: usize,
}

/// The levels of one transaction, outermost first.
#[derive(Debug, Default)]
struct Pending(Vec<Level>);

impl Pending {
    fn level(&mut self, nest: i32) -> &mut Level {
        let at = self.0.partition_point(|level| level.nest < nest);
        if self.0.get(at).is_none_or(|level| level.nest != nest) {
            self.0.insert(
                at,
                Level {
                    nest,
                    ..Level::default()
                },
            );
        }
        &mut self.0[at]
    }

    fn touched(&mut self, nest: i32, binding: BindingId) -> &mut Touched {
        self.level(nest).open.entry(binding).or_default()
    }

    fn has(&self, which: impl Fn(&Touched) -> bool) -> bool {
        self.0.iter().any(|level| level.open.values().any(&which))
    }

    /// Notes what a row trigger saw; how many rows are kept: by this level, and, where it notes its first, by all of them.
    /// Levels further out grow by what is merged into them, and nothing can be folded then. It is now.
    fn record(&mut self, nest: i32, binding: BindingId, note: impl FnOnce(&mut Touched)) -> usize {
        let is_first = !self.level(nest).open.contains_key(&binding);
        let touched = self.touched(nest, binding);
        note(touched);
        let rows = touched.rows();
        if is_first && self.0.len() > 1 {
            return self.parts(binding).iter().map(|part| part.rows).sum();
        }
        rows
    }

    /// All that is kept of a binding.
    fn parts(&self, binding: BindingId) -> Vec<Part> {
        let mut parts = Vec::new();
        for level in &self.0 {
            let flushed = level.flushed.iter().map(|(of, kept)| (*of, kept));
            for (of, kept) in std::iter::once((level.nest, &level.open)).chain(flushed) {
                if let Some(touched) = kept.get(&binding) {
                    let (at, rows) = (level.nest, touched.rows());
                    parts.push(Part { at, of, rows });
                }
            }
        }
        parts
    }

    fn make_room(&mut self, binding: BindingId) -> Vec<i32> {
        let mut parts = self.parts(binding);
        parts.sort_by_key(|part| std::cmp::Reverse(part.rows));
        let mut kept: usize = parts.iter().map(|part| part.rows).sum();
        let mut to_fold = Vec::new();
        for Part { at, of, rows } in parts {
            if kept <= ROWS_KEPT {
                break;
            }
            kept -= rows;
            if at == of {
                to_fold.push(at);
            } else if let Some(flushed) = self.level(at).flushed.get_mut(&of).and_then(|of| of.get_mut(&binding)) {
                flushed.drop_rows();
            }
        }
        to_fold
    }

    fn fold(&mut self, nest: i32, outer: i32, binding: BindingId, folded: Touched) {
        *self.touched(outer, binding) = folded;
        self.level(nest).folded.insert((outer, binding));
    }

    fn take(&mut self, nest: i32, which: impl Fn(&Touched) -> bool) -> PerBinding {
        let mut taken = PerBinding::new();
        let mut from_outside = Vec::new();
        for level in &mut self.0 {
            let (open, kept) = std::mem::take(&mut level.open)
                .into_iter()
                .partition(|(_, touched)| which(touched));
            level.open = kept;
            let open: PerBinding = open;
            if level.nest < nest && !open.is_empty() {
                from_outside.push((level.nest, open.clone()));
            }
            merge_all(&mut taken, open);
        }
        for (outer, open) in from_outside {
            merge_all(self.level(nest).flushed.entry(outer).or_default(), open);
        }
        taken
    }

    fn commit(&mut self, nest: i32) {
        let Some(level) = self.0.pop_if(|level| level.nest == nest) else {
            return;
        };
        let parent = self.level(nest - 1);
        merge_all(&mut parent.open, level.open);
        for (outer, touched) in level.flushed {
            if outer < parent.nest {
                merge_all(parent.flushed.entry(outer).or_default(), touched);
            }
        }
        let parent_nest = parent.nest;
        let still_outside = level.folded.into_iter().filter(|(outer, _)| *outer < parent_nest);
        parent.folded.extend(still_outside);
    }

    fn abort(&mut self, nest: i32) {
        let Some(level) = self.0.pop_if(|level| level.nest == nest) else {
            return;
        };
        for (outer, touched) in level.flushed {
            merge_all(&mut self.level(outer).open, touched);
        }
        for (outer, binding) in level.folded {
            if let Some(touched) = self.level(outer).open.get_mut(&binding) {
                touched.lost_locks = true;
                touched.every_campaign |= touched.dropped_gone;
            }
        }
    }
}

thread_local! {
    static PENDING: RefCell<Pending> = RefCell::default();
    static RECORDED: Cell<u64> = const { Cell::new(0) };
    static FLUSHED: RefCell<BTreeMap<BindingId, Flushed>> = const { RefCell::new(BTreeMap::new()) };
}

/// How far a binding's flushes of this transaction have come. Row versions reach us at the end of their statement: a flush inside of it
/// (a trigger's, a data-modifying WITH's) has seen more than it was told.
#[derive(Clone, Copy, Default)]
struct Flushed {
    /// One has read what commands before this one had written.
    read_before: CommandId,
    /// One has stored totals of campaigns that commands before this one had written.
    stored_before: CommandId,
}

/// Notes what a trigger saw at subtransaction level `nest`; more than [`ROWS_KEPT`] are to be folded. `note` must have all
/// that it needs: it borrows nothing, so it cannot read the row.
pub fn record(nest: i32, binding: BindingId, note: impl FnOnce(&mut Touched) + 'static) -> usize {
    RECORDED.set(RECORDED.get() + 1);
    PENDING.with_borrow_mut(|pending| pending.record(nest, binding, note))
}

/// How often anything was noted in this backend.
pub fn recorded() -> u64 {
    RECORDED.get()
}

/// What all that is kept comes to, measured so.
#[cfg(any(test, feature = "pg_test"))]
pub fn kept(measure: impl Fn(&Touched) -> usize) -> usize {
    PENDING.with_borrow(|pending| {
        let kept = pending
            .0
            .iter()
            .flat_map(|level| std::iter::once(&level.open).chain(level.flushed.values()));
        kept.flat_map(PerBinding::values).map(measure).sum()
    })
}

/// Whether a level keeps no clips that kept their key any more: the flush finds them.
pub fn has_every_own_clip(nest: i32, binding: BindingId) -> bool {
    PENDING.with_borrow(|pending| {
        let level = pending.0.iter().rev().find(|level| level.nest == nest);
        level.is_some_and(|level| level.open.get(&binding).is_some_and(|touched| touched.every_own_clip))
    })
}

/// Whether anything of this kind is owed.
pub fn has(which: impl Fn(&Touched) -> bool) -> bool {
    PENDING.with_borrow(|pending| pending.has(which))
}

/// Whether anything of this binding is owed.
pub fn owes(binding: BindingId) -> bool {
    PENDING.with_borrow(|pending| pending.0.iter().any(|level| level.open.contains_key(&binding)))
}

/// What is owed and will never be brought up: the first of it.
pub struct Owed {
    pub binding: BindingId,
    /// The relation that was written.
    pub written: Option<Oid>,
    pub restricted: bool,
}

/// The first of what is owed.
pub fn owed() -> Option<Owed> {
    PENDING.with_borrow(|pending| {
        let (binding, touched) = pending.0.iter().flat_map(|level| &level.open).next()?;
        Some(Owed {
            binding: *binding,
            written: touched.written,
            restricted: touched.restricted,
        })
    })
}

/// Empties all levels of this kind, for a flush at level `nest`.
pub fn take(nest: i32, which: impl Fn(&Touched) -> bool) -> PerBinding {
    PENDING.with_borrow_mut(|pending| pending.take(nest, which))
}

/// Empties one binding's part of the level `nest` alone.
pub fn take_one(nest: i32, binding: BindingId) -> Touched {
    PENDING.with_borrow_mut(|pending| std::mem::take(pending.touched(nest, binding)))
}

/// Brings what is kept of a binding back within the bound, the largest first. What was flushed already is needed after a
/// rollback alone, and can be found again then; else it takes the look-ups of a flush: gives the levels that are to be
/// folded by the caller.
pub fn make_room(binding: BindingId) -> Vec<i32> {
    PENDING.with_borrow_mut(|pending| pending.make_room(binding))
}

/// A copy of what an outer level wrote: it stays owed until all is done to fold it, for an error on the way may be caught.
pub fn copy_of(outer: i32, binding: BindingId) -> Touched {
    PENDING.with_borrow_mut(|pending| pending.touched(outer, binding).clone())
}

/// What an outer level wrote was folded at level `nest`.
pub fn fold(nest: i32, outer: i32, binding: BindingId, folded: Touched) {
    PENDING.with_borrow_mut(|pending| pending.fold(nest, outer, binding, folded));
}

/// Whether a command has written what no flush of this binding can have read.
pub fn is_new(binding: BindingId, command: CommandId) -> bool {
    FLUSHED.with_borrow(|flushed| {
        flushed
            .get(&binding)
            .is_none_or(|flushed| command >= flushed.read_before)
    })
}

/// Whether a command has written a campaign that no flush of this binding can have stored a total of.
pub fn is_unstored(binding: BindingId, command: CommandId) -> bool {
    FLUSHED.with_borrow(|flushed| {
        flushed
            .get(&binding)
            .is_none_or(|flushed| command >= flushed.stored_before)
    })
}

/// Whether all of it was written since the binding's last flush: nothing of it is in a total yet.
pub fn is_all_new(binding: BindingId, touched: &Touched) -> bool {
    touched.oldest.is_none_or(|oldest| is_new(binding, oldest))
}

/// A flush of this binding has read what commands before `next` wrote. A rollback of the flush does not take this back:
/// what is then owed again is summed.
pub fn flushed_before(binding: BindingId, next: CommandId) {
    FLUSHED.with_borrow_mut(|flushed| {
        let flushed = flushed.entry(binding).or_default();
        (flushed.read_before, flushed.stored_before) = (next, next);
    });
}

/// A flush of this binding has stored totals, of campaigns that commands before `next` may have written, and read nothing.
pub fn stored_before(binding: BindingId, next: CommandId) {
    FLUSHED.with_borrow_mut(|flushed| flushed.entry(binding).or_default().stored_before = next);
}

/// A subtransaction became part of the one around it.
pub fn commit_subtransaction(nest: i32) {
    PENDING.with_borrow_mut(|pending| pending.commit(nest));
}

/// A subtransaction was rolled back: its own writes are gone, and with them the totals it had brought up for others.
pub fn abort_subtransaction(nest: i32) {
    PENDING.with_borrow_mut(|pending| pending.abort(nest));
}

/// The transaction ended.
pub fn clear() {
    PENDING.with_borrow_mut(|pending| pending.0.clear());
    FLUSHED.with_borrow_mut(BTreeMap::clear);
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::value::key::Key;
    use rust_decimal::Decimal;

    fn binding(number: u32) -> BindingId {
        BindingId::of(pgrx::pg_sys::Oid::from(number), 3)
    }

    fn write(pending: &mut Pending, nest: i32, clip: i64) {
        pending
            .touched(nest, binding(7))
            .clip(Key::Int(clip), Some(Decimal::ONE));
    }

    fn clips(pending: &mut Pending, nest: i32) -> Vec<String> {
        let taken = pending.take(nest, |_| true).remove(&binding(7)).unwrap_or_default();
        let mut clips: Vec<String> = taken.clips.keys().map(ToString::to_string).collect();
        clips.sort();
        clips
    }

    #[test]
    fn differences_of_a_clip_add_up_until_one_is_unknown() {
        let (key, mut touched) = (Key::Int(1), Touched::default());
        let amount = |cents| Some(Decimal::new(cents, 2));
        touched.clip(key.clone(), amount(150));
        touched.clip(key.clone(), amount(-25));
        assert_eq!(touched.clips[&key], amount(125));
        touched.clip(key.clone(), None);
        touched.clip(key.clone(), amount(1));
        assert_eq!(touched.clips[&key], None);
    }

    #[test]
    fn what_amounts_have_moved_is_summed_once_rows_are_dropped() {
        let mut touched = Touched::default();
        touched.adds(Key::Int(1), Some(Decimal::ONE));
        touched.adds(Key::Int(1), Some(Decimal::TWO));
        assert_eq!(touched.amounts[&Key::Int(1)], Some(Decimal::new(3, 0)));
        assert_eq!(touched.rows(), 0, "campaigns are kept anyway");
        touched.drop_rows();
        assert!(touched.amounts.is_empty());
        assert!(touched.campaigns.contains(&Key::Int(1)));
    }

    #[test]
    fn what_is_merged_is_as_old_as_its_oldest_part() {
        let mut touched = Touched::default();
        let mut older = Touched::default();
        touched.written_by(7);
        older.written_by(5);
        touched.merge(older);
        touched.merge(Touched::default());
        assert_eq!(touched.oldest, Some(5));
        flushed_before(binding(7), 5);
        assert!(is_all_new(binding(7), &touched));
        flushed_before(binding(7), 6);
        assert!(!is_all_new(binding(7), &touched));
        assert!(
            is_all_new(binding(8), &touched),
            "another binding's flush reads no total of this one"
        );
    }

    #[test]
    fn a_flush_takes_everything_once() {
        let mut pending = Pending::default();
        write(&mut pending, 1, 1);
        write(&mut pending, 1, 2);
        write(&mut pending, 3, 1);
        assert!(pending.has(|_| true));
        assert_eq!(clips(&mut pending, 3), ["1", "2"]);
        assert!(!pending.has(|_| true));
        assert_eq!(clips(&mut pending, 3), [""; 0]);
    }

    #[test]
    fn what_a_rolled_back_level_wrote_is_gone() {
        let mut pending = Pending::default();
        write(&mut pending, 1, 1);
        write(&mut pending, 2, 2);
        pending.abort(2);
        assert_eq!(clips(&mut pending, 1), ["1"]);
    }

    #[test]
    fn what_a_rolled_back_level_flushed_for_others_comes_back() {
        let mut pending = Pending::default();
        write(&mut pending, 1, 1);
        write(&mut pending, 2, 2);
        write(&mut pending, 3, 3);
        assert_eq!(clips(&mut pending, 3), ["1", "2", "3"]);
        pending.abort(3);
        assert_eq!(clips(&mut pending, 2), ["1", "2"]);
        pending.abort(2);
        assert_eq!(clips(&mut pending, 1), ["1"]);
    }

    #[test]
    fn a_flush_that_became_part_of_its_parent_is_undone_with_the_parent() {
        let mut pending = Pending::default();
        write(&mut pending, 1, 1);
        write(&mut pending, 2, 2);
        assert_eq!(clips(&mut pending, 3), ["1", "2"]);
        pending.commit(3);
        assert!(!pending.has(|_| true));
        pending.abort(2);
        assert_eq!(clips(&mut pending, 1), ["1"]);
    }

    #[test]
    fn a_flush_of_the_parent_needs_no_memory_once_it_is_the_parents() {
        let mut pending = Pending::default();
        write(&mut pending, 1, 1);
        assert_eq!(clips(&mut pending, 2), ["1"]);
        pending.commit(2);
        assert!(!pending.has(|_| true));
        assert!(pending.level(1).flushed.is_empty());
    }

    #[test]
    fn a_committed_level_joins_its_parent() {
        let mut pending = Pending::default();
        write(&mut pending, 2, 2);
        pending.commit(2);
        pending.abort(2);
        assert_eq!(clips(&mut pending, 1), ["2"]);
    }
}

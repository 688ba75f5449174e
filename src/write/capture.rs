//! What this transaction has written and not yet brought into its totals: backend memory, no SQL.
//!
//! Each (sub)transaction has a level of its own. A flush empties all levels, but what it took from an outer one is
//! remembered in its own: should it be rolled back, the totals it wrote are gone and the outer writes are not.

use crate::value::mapping::BindingId;
use crate::write::touched::{CommandId, Touched};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Rows of one level of one binding that are remembered one by one. Beyond, the flush's first half runs early and
/// leaves only the campaigns: memory stays flat however many rows a statement writes.
pub const ROWS_KEPT: usize = 10_000;

/// What was written, per binding, in the order in which their campaigns are locked.
pub type PerBinding = BTreeMap<BindingId, Touched>;

fn merge_all(into: &mut PerBinding, from: PerBinding) {
    for (binding, touched) in from {
        into.entry(binding).or_default().merge(touched);
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

    fn is_empty(&self) -> bool {
        self.0.iter().all(|level| level.open.is_empty())
    }

    fn take(&mut self, nest: i32) -> PerBinding {
        let mut taken = PerBinding::new();
        let mut from_outside = Vec::new();
        for level in &mut self.0 {
            let open = std::mem::take(&mut level.open);
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
    }

    fn abort(&mut self, nest: i32) {
        let Some(level) = self.0.pop_if(|level| level.nest == nest) else {
            return;
        };
        for (outer, touched) in level.flushed {
            merge_all(&mut self.level(outer).open, touched);
        }
    }
}

thread_local! {
    static PENDING: RefCell<Pending> = RefCell::default();
    /// A binding's last flush of this transaction saw what commands before this one had written. Row versions reach us at
    /// the end of their statement: a flush inside of it (a trigger's, a data-modifying WITH's) has seen more than it was
    /// told.
    static FLUSHED_BEFORE: RefCell<BTreeMap<BindingId, CommandId>> = const { RefCell::new(BTreeMap::new()) };
}

/// Notes what a trigger saw at subtransaction level `nest`; gives how many rows the level now keeps of this binding.
pub fn record(nest: i32, binding: BindingId, note: impl FnOnce(&mut Touched)) -> usize {
    PENDING.with_borrow_mut(|pending| {
        let touched = pending.touched(nest, binding);
        note(touched);
        touched.rows()
    })
}

pub fn is_empty() -> bool {
    PENDING.with_borrow(Pending::is_empty)
}

/// Empties all levels, for a flush at level `nest`.
pub fn take(nest: i32) -> PerBinding {
    PENDING.with_borrow_mut(|pending| pending.take(nest))
}

/// Empties one binding's part of the level `nest` alone.
pub fn take_one(nest: i32, binding: BindingId) -> Touched {
    PENDING.with_borrow_mut(|pending| std::mem::take(pending.touched(nest, binding)))
}

/// Whether a command has written what no flush of this binding can have read.
pub fn is_new(binding: BindingId, command: CommandId) -> bool {
    FLUSHED_BEFORE.with_borrow(|flushed| flushed.get(&binding).is_none_or(|before| command >= *before))
}

/// Whether all of it was written since the binding's last flush: nothing of it is in a total yet.
pub fn is_all_new(binding: BindingId, touched: &Touched) -> bool {
    touched.oldest.is_none_or(|oldest| is_new(binding, oldest))
}

/// A flush of this binding has read what commands before `next` wrote. A rollback of the flush does not take this back:
/// what is then owed again is summed.
pub fn flushed_before(binding: BindingId, next: CommandId) {
    FLUSHED_BEFORE.with_borrow_mut(|flushed| flushed.insert(binding, next));
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
    FLUSHED_BEFORE.with_borrow_mut(BTreeMap::clear);
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::value::key::Key;
    use rust_decimal::Decimal;

    fn binding(number: u32) -> BindingId {
        BindingId::of(pgrx::pg_sys::Oid::from(number))
    }

    fn write(pending: &mut Pending, nest: i32, clip: i64) {
        pending
            .touched(nest, binding(7))
            .clip(Key::Int(clip), Some(Decimal::ONE));
    }

    fn clips(pending: &mut Pending, nest: i32) -> Vec<String> {
        let taken = pending.take(nest).remove(&binding(7)).unwrap_or_default();
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
        assert!(!pending.is_empty());
        assert_eq!(clips(&mut pending, 3), ["1", "2"]);
        assert!(pending.is_empty());
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
        assert!(pending.is_empty());
        pending.abort(2);
        assert_eq!(clips(&mut pending, 1), ["1"]);
    }

    #[test]
    fn a_flush_of_the_parent_needs_no_memory_once_it_is_the_parents() {
        let mut pending = Pending::default();
        write(&mut pending, 1, 1);
        assert_eq!(clips(&mut pending, 2), ["1"]);
        pending.commit(2);
        assert!(pending.is_empty());
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

//! What this transaction has written and not yet brought into its totals: backend memory, no SQL.
//!
//! Each (sub)transaction has a level of its own. A flush empties all levels, but what it took from an outer one is
//! remembered in its own: should it be rolled back, the totals it wrote are gone and the outer writes are not.

use crate::key::Key;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one level of one binding that are remembered one by one. Beyond, the flush's first half runs early and
/// leaves only the campaigns: memory stays flat however many rows a statement writes.
pub const ROWS_KEPT: usize = 10_000;

/// What was written of one binding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Clips whose campaigns must be looked up.
    pub clips: BTreeSet<Key>,
    /// Clips that a link points to anew: to be locked.
    pub linked_clips: BTreeSet<Key>,
    /// Campaigns to be locked and summed.
    pub campaigns: BTreeSet<Key>,
    /// Those of them whose spent was written by hand.
    pub written_by_hand: BTreeSet<Key>,
    /// Where no foreign key ties a link to its clip: keys of clips that came to be, or that a link points to anew.
    pub guarded_clips: BTreeSet<Key>,
    /// Where none ties it to its campaign: keys of campaigns that came to be.
    pub guarded_campaigns: BTreeSet<Key>,
    /// A table was truncated.
    pub every_campaign: bool,
}

impl Touched {
    /// The rows a look-up or a lock is still owed to.
    pub fn rows(&self) -> usize {
        self.clips.len() + self.linked_clips.len() + self.guarded_clips.len() + self.guarded_campaigns.len()
    }

    pub fn merge(&mut self, other: Self) {
        self.clips.extend(other.clips);
        self.linked_clips.extend(other.linked_clips);
        self.campaigns.extend(other.campaigns);
        self.written_by_hand.extend(other.written_by_hand);
        self.guarded_clips.extend(other.guarded_clips);
        self.guarded_campaigns.extend(other.guarded_campaigns);
        self.every_campaign |= other.every_campaign;
    }
}

/// The OID of the campaigns relation that a trigger's own relation leads to, as a number that sorts.
pub type BindingId = u32;

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
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDING: BindingId = 7;

    fn write(pending: &mut Pending, nest: i32, clip: i64) {
        pending.touched(nest, BINDING).clips.insert(Key::Int(clip));
    }

    fn clips(pending: &mut Pending, nest: i32) -> Vec<String> {
        let taken = pending.take(nest).remove(&BINDING).unwrap_or_default();
        taken.clips.iter().map(ToString::to_string).collect()
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

//! Whether PostgreSQL's queue of deferred events holds one of ours that has not fired.
//!
//! The queue follows subtransactions: a rollback takes back the events queued in it, and makes those that it fired due
//! again. So this is one boolean that a rollback sets to what it was when the subtransaction began. What it was is kept, for
//! each level in which it changed, at its first change there.

use std::cell::RefCell;

#[derive(Debug, Default)]
struct Flag {
    waits: bool,
    /// Levels of subtransactions in which it changed, outermost first, with what it was before.
    before: Vec<(i32, bool)>,
}

impl Flag {
    fn set(&mut self, nest: i32, waits: bool) {
        let was = std::mem::replace(&mut self.waits, waits);
        if was != waits {
            self.keep(nest, was);
        }
    }

    fn keep(&mut self, nest: i32, was: bool) {
        if nest > 1 && self.before.last().is_none_or(|(level, _)| *level < nest) {
            self.before.push((nest, was));
        }
    }

    fn take(&mut self, nest: i32) -> Option<bool> {
        let taken = self.before.pop_if(|(level, _)| *level >= nest);
        taken.map(|(_, was)| was)
    }

    fn commit(&mut self, nest: i32) {
        if let Some(was) = self.take(nest) {
            self.keep(nest - 1, was);
        }
    }

    fn abort(&mut self, nest: i32) {
        if let Some(was) = self.take(nest) {
            self.waits = was;
        }
    }
}

thread_local! {
    static FLAG: RefCell<Flag> = RefCell::default();
}

/// Whether an event waits.
pub fn waits() -> bool {
    FLAG.with_borrow(|flag| flag.waits)
}

/// An event was queued, or has fired, at this nest level.
pub fn set(nest: i32, waits: bool) {
    FLAG.with_borrow_mut(|flag| flag.set(nest, waits));
}

/// A subtransaction became part of the one around it.
pub fn commit_subtransaction(nest: i32) {
    FLAG.with_borrow_mut(|flag| flag.commit(nest));
}

/// A subtransaction was rolled back.
pub fn abort_subtransaction(nest: i32) {
    FLAG.with_borrow_mut(|flag| flag.abort(nest));
}

/// The transaction ended.
pub fn clear() {
    FLAG.with_borrow_mut(|flag| *flag = Flag::default());
}

#[cfg(test)]
mod tests {
    use super::Flag;

    #[test]
    fn a_rollback_restores_what_was() {
        let mut flag = Flag::default();
        flag.set(2, true);
        flag.abort(2);
        assert!(!flag.waits, "an event queued in it is gone");
        flag.set(1, true);
        flag.set(3, false);
        flag.abort(3);
        assert!(flag.waits, "one fired in it is due again");
    }

    #[test]
    fn the_first_change_of_a_level_counts() {
        let mut flag = Flag::default();
        flag.set(2, true);
        flag.set(2, false);
        flag.set(2, true);
        flag.abort(2);
        assert!(!flag.waits);
    }

    #[test]
    fn a_committed_level_hands_down_what_was() {
        let mut flag = Flag::default();
        flag.set(3, true);
        flag.commit(3);
        flag.set(2, false);
        flag.abort(2);
        assert!(!flag.waits, "before level 2 nothing waited");
        flag.set(3, true);
        flag.commit(3);
        flag.commit(2);
        assert!(flag.waits, "at the top nothing is undone");
        assert!(flag.before.is_empty());
    }
}

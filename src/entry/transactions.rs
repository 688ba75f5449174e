//! The ends of transactions and subtransactions: what a backend keeps of them is brought up, handed on or forgotten.

use crate::entry::events;
use crate::pg::cache;
use crate::pg::transaction::Callbacks;
use crate::write::{capture, drift, flush, large};

/// What is to be called, and when.
pub fn callbacks() -> Callbacks {
    Callbacks {
        owes_nothing: flush::owes_nothing,
        before_commit: flush::before_commit,
        after_end,
        subtransaction_commits: capture::commit_subtransaction,
        subtransaction_aborts,
        relation_changed: cache::forget,
    }
}

/// The transaction ended.
fn after_end() {
    capture::clear();
    drift::acquit();
    large::clear();
    events::clear();
}

/// A subtransaction of this nest level was rolled back.
fn subtransaction_aborts(nest: i32) {
    capture::abort_subtransaction(nest);
    drift::acquit();
}

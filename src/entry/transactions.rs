//! The ends of transactions and subtransactions: what a backend keeps of them is handed on or forgotten. No statement, and
//! nothing of a user's, runs here.

use super::events;
use crate::pg::cache;
use crate::pg::transaction::Callbacks;
use crate::write::{capture, drift, flush, guards, own_update, replica, under_way, verify, wake};

/// What is to be called, and when.
pub fn callbacks() -> Callbacks {
    Callbacks {
        before_commit: flush::never_flushed,
        after_end,
        subtransaction_commits,
        subtransaction_aborts,
        relation_changed: cache::forget,
        type_changed: cache::forget_type,
    }
}

/// The transaction ended.
fn after_end() {
    capture::clear();
    wake::clear();
    under_way::clear();
    drift::clear();
    verify::clear();
    replica::clear();
    guards::clear();
    events::clear();
}

/// A subtransaction of this nest level became part of the one around it.
fn subtransaction_commits(nest: i32) {
    capture::commit_subtransaction(nest);
    wake::commit_subtransaction(nest);
    under_way::commit_subtransaction(nest);
    drift::commit_subtransaction(nest);
    own_update::commit_subtransaction(nest);
}

/// A subtransaction of this nest level was rolled back.
fn subtransaction_aborts(nest: i32) {
    capture::abort_subtransaction(nest);
    wake::abort_subtransaction(nest);
    under_way::abort_subtransaction(nest);
    drift::abort_subtransaction(nest);
    own_update::abort_subtransaction(nest);
    events::abort_subtransaction(nest);
}

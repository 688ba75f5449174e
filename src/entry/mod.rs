//! What PostgreSQL calls: each entry checks that this is the call it is made for, hands on, and raises what comes back.

use crate::pg::Entries;

mod attach;
mod clips;
mod events;
pub mod functions;
pub mod transactions;
mod triggers;

/// Where the C symbols of the extension lead.
pub fn entries() -> Entries {
    Entries {
        capture_clip: triggers::capture_clip,
        capture_submission: triggers::capture_submission,
        capture_campaign: triggers::capture_campaign,
        keep_total: triggers::keep_total,
        begin: triggers::begin,
        flush: triggers::flush,
        flush_at_commit: triggers::flush_at_commit,
        wakes: triggers::wakes,
        follow: events::follow,
        repair: functions::repair_in_batches,
    }
}

//! The settings of the extension; all may be set per session, role, database or transaction.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use std::ffi::CStr;
use std::time::Duration;

static RECOMPUTE_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(1000);
static RECOMPUTE_INTERVAL_MS: GucSetting<i32> = GucSetting::<i32>::new(60_000);

/// `spend_sync.recompute_limit` in approved clips: a campaign with more is large. `None`: none is.
pub fn recompute_limit() -> Option<i64> {
    u32::try_from(RECOMPUTE_LIMIT.get()).ok().map(i64::from)
}

/// `spend_sync.recompute_interval`: how long after it was summed a large campaign's total may be moved.
pub fn recompute_interval() -> Duration {
    Duration::from_millis(RECOMPUTE_INTERVAL_MS.get().unsigned_abs().into())
}

/// One of them: if it is there before this library defines it, one of another version has.
pub const MARK: &CStr = c"spend_sync.recompute_interval";

/// Defines the settings. Once per backend, when the library is loaded.
pub fn define() {
    GucRegistry::define_int_guc(
        c"spend_sync.recompute_limit",
        c"A campaign with at most this many approved clips is summed from its clips on every write.",
        c"The total of a larger one is moved by the write's exact difference in between. -1: any campaign is summed.",
        &RECOMPUTE_LIMIT,
        -1,
        i32::MAX,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        MARK,
        c"A campaign with more approved clips than recompute_limit is summed at most this often.",
        c"Drift from outside heals at its first write after that. 0: it is summed on every write.",
        &RECOMPUTE_INTERVAL_MS,
        0,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
}

//! The settings of the extension.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use std::ffi::CStr;
use std::time::Duration;

static RECOMPUTE_INTERVAL_MS: GucSetting<i32> = GucSetting::<i32>::new(60_000);
static DEBUG_CLOCK_MS: GucSetting<i32> = GucSetting::<i32>::new(0);

/// How often a campaign is summed although its total could be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recompute {
    /// Nothing is moved.
    EveryWrite,
    /// To verify it, once it was not for so long.
    After(Duration),
    Never,
}

/// `spend_sync.recompute_interval`.
pub fn recompute() -> Recompute {
    match u64::try_from(RECOMPUTE_INTERVAL_MS.get()) {
        Err(_) => Recompute::Never,
        Ok(0) => Recompute::EveryWrite,
        Ok(milliseconds) => Recompute::After(Duration::from_millis(milliseconds)),
    }
}

/// `spend_sync.debug_clock`: by how much the clock of verifications is ahead.
pub fn debug_clock() -> Duration {
    Duration::from_millis(DEBUG_CLOCK_MS.get().unsigned_abs().into())
}

/// One of them: if it is there before this library defines it, one of another version has.
pub const MARK: &CStr = c"spend_sync.recompute_interval";

/// Defines the settings. Once per backend, when the library is loaded.
pub fn define() {
    GucRegistry::define_int_guc(
        MARK,
        c"How long a campaign's total is moved by what is written, until a write compares it with its clips.",
        c"Drift from outside heals then. 0: it is summed from its clips on every write. -1: it is never compared.",
        &RECOMPUTE_INTERVAL_MS,
        -1,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"spend_sync.debug_clock",
        c"By how much the clock that says when totals are compared with their clips is ahead, for tests.",
        c"",
        &DEBUG_CLOCK_MS,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MS | GucFlags::NO_SHOW_ALL,
    );
}

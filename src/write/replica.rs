//! Whether anything is noted where only triggers that are made to fire in replica mode do: an event that waits there for nothing is in the
//! way of DDL, and one that is missing would have totals brought up amid a statement, row by row.

use crate::binding::present;
use crate::errors::Result;
use std::cell::Cell;

thread_local! {
    /// As far as this backend has seen.
    static IS_NOTED: Cell<bool> = const { Cell::new(false) };
    /// This transaction has looked, and found that nothing is.
    static HAS_LOOKED: Cell<bool> = const { Cell::new(false) };
}

/// Something is.
pub fn note() {
    IS_NOTED.set(true);
}

/// Whether a trigger of ours that notes rows is made to fire there. Asked before the first row of a backend is noted, by the catalog, once
/// a transaction.
pub fn is_noted() -> Result<bool> {
    if !IS_NOTED.get() && !HAS_LOOKED.replace(true) {
        IS_NOTED.set(present::captures_as_replica()?);
    }
    Ok(IS_NOTED.get())
}

/// The transaction ended.
pub fn clear() {
    HAS_LOOKED.set(false);
}

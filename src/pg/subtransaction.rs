//! A subtransaction round what may fail, as PL/pgSQL's blocks with EXCEPTION have one.

use super::error::{caught, keeping_errors};
use super::raw;
use crate::errors::Result;
use pgrx::pg_sys;
use std::ptr::null;

/// Runs `body`; where it fails, all that it has written and locked is rolled back, and the transaction goes on.
pub fn attempt<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    // SAFETY: variables of the backend.
    let (context, owner) = unsafe { (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner) };
    let back = || {
        // SAFETY: what was in force before, and outlives the subtransaction.
        unsafe {
            pg_sys::CurrentMemoryContext = context;
            pg_sys::CurrentResourceOwner = owner;
        }
    };
    let result = keeping_errors(|| {
        // SAFETY: paired with its end below; a panic leaves it to the rollback of the whole transaction.
        caught(|| unsafe { raw::BeginInternalSubTransaction(null()) })?;
        // SAFETY: as above.
        unsafe { pg_sys::CurrentMemoryContext = context };
        body()
    });
    let succeeded = result.is_ok();
    // SAFETY: ends what was begun above.
    let ended = caught(|| unsafe {
        if succeeded {
            raw::ReleaseCurrentSubTransaction();
        } else {
            raw::RollbackAndReleaseCurrentSubTransaction();
        }
    });
    back();
    ended.and(result)
}

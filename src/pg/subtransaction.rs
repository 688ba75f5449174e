//! A subtransaction round what may fail, as PL/pgSQL's blocks with EXCEPTION have one.

use super::error::{Keeper, caught};
use super::raw;
use crate::errors::Result;
use pgrx::pg_sys;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null;

/// Runs `body`; where it fails, all that it has written and locked is rolled back, and the transaction goes on. So where it
/// panics (as pgrx has PostgreSQL's errors do that nothing else catches): whoever meets that does not know of a subtransaction.
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
    let keeper = Keeper::here();
    // SAFETY: paired with its end below.
    caught(|| unsafe { raw::BeginInternalSubTransaction(null()) })?;
    // SAFETY: as above.
    unsafe { pg_sys::CurrentMemoryContext = context };
    let result = keeper.keeping_errors(|| catch_unwind(AssertUnwindSafe(body)));
    let succeeded = matches!(result, Ok(Ok(_)));
    // SAFETY: ends what was begun above.
    let ended = caught(|| unsafe {
        if succeeded {
            raw::ReleaseCurrentSubTransaction();
        } else {
            raw::RollbackAndReleaseCurrentSubTransaction();
        }
    });
    back();
    match result {
        Ok(result) => ended.and(result),
        Err(panic) => resume_unwind(panic),
    }
}

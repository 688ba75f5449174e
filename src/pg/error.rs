//! PostgreSQL's errors, caught where one of its functions may raise them, and raised again whole: pgrx would drop their
//! constraint, table and column names, their CONTEXT and a private SQLSTATE on the way.

use super::raw;
use crate::errors::{Error, PgError, Result};
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

/// Raises an error of PostgreSQL's again, as it was. To be called where no frame below the backend's function owns
/// anything.
pub(super) fn rethrow(error: PgError) -> ! {
    // SAFETY: the error was copied into TopTransactionContext, which lives until the abort this call starts.
    unsafe { raw::ReThrowError(error.0) }
}

/// The report that an SQL function returns for an error of ours; one of PostgreSQL's own is rethrown instead. To be
/// called where no frame below the backend's function owns anything.
pub fn raised(error: Error) -> ErrorReport {
    match error {
        Error::Postgres(error) => rethrow(error),
        Error::Ours(ours) => ours.into_report(),
    }
}

/// An error at the end of a trigger or callback, for its outermost frame to rethrow; one of ours is raised at once.
pub(super) fn owed(result: Result<()>) -> *mut pg_sys::ErrorData {
    match result {
        Ok(()) => null_mut(),
        Err(Error::Postgres(error)) => error.0,
        Err(Error::Ours(ours)) => {
            ours.into_report().report(pgrx::PgLogLevel::ERROR);
            unreachable!("an ERROR does not return")
        }
    }
}

/// Runs `call`, which calls one raw function, and catches its error.
///
/// `call` must own nothing (its frame is jumped over), and after an error nothing but unwinding may follow: like
/// C code after PG_CATCH without a subtransaction, we only hand the error on.
pub(super) fn caught<T>(call: impl FnOnce() -> T) -> Result<T> {
    let mut result = MaybeUninit::uninit();
    // SAFETY: the backend has one thread. The jump buffer lives in the frame of call_with_sigsetjmp for as long as
    // PG_exception_stack points to it; what an error leaves behind on these two stacks is restored at once.
    unsafe {
        let exceptions = pg_sys::PG_exception_stack;
        let contexts = pg_sys::error_context_stack;
        let jumped = cee_scape::call_with_sigsetjmp(false, |buffer| {
            pg_sys::PG_exception_stack = std::ptr::from_ref(buffer).cast_mut().cast();
            result.write(call());
            0
        });
        pg_sys::PG_exception_stack = exceptions;
        pg_sys::error_context_stack = contexts;
        if jumped == 0 {
            return Ok(result.assume_init());
        }
        pg_sys::CurrentMemoryContext = pg_sys::TopTransactionContext;
        let error = pg_sys::CopyErrorData();
        pg_sys::FlushErrorState();
        Err(Error::Postgres(PgError(error)))
    }
}

/// An error for somebody without rights to the table that a statement wrote: where PostgreSQL shows the row, or the key, that
/// broke a constraint, it asked the rights of the role that the statement ran as. The server's log keeps it.
pub fn without_row(error: Error) -> Error {
    const SHOW_ROWS: [&CStr; 5] = [
        c"execMain.c",
        c"execPartition.c",
        c"execIndexing.c",
        c"nbtinsert.c",
        c"ri_triggers.c",
    ];
    if let Error::Postgres(PgError(data)) = &error {
        // SAFETY: a copy of the error that is ours until it is rethrown; the name of a source file is a constant.
        unsafe {
            let file = (**data).filename;
            if !file.is_null() && SHOW_ROWS.contains(&CStr::from_ptr(file)) {
                (**data).detail_log = std::mem::replace(&mut (**data).detail, null_mut());
            }
        }
    }
    error
}

//! PostgreSQL's errors, caught where one of its functions may raise them, and raised again whole: pgrx would drop their
//! constraint, table and column names, their CONTEXT and a private SQLSTATE on the way.

use super::raw;
use super::restored::Restored;
use crate::errors::table::TableError;
use crate::errors::{Error, Ours, PgError, RAISED_IN, Result, Source};
use pgrx::pg_sys;
use pgrx::pg_sys::errcodes::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

/// Raises an error of PostgreSQL's again, as it was. To be called where no frame below the backend's function owns
/// anything.
pub(super) fn rethrow(error: PgError) -> ! {
    // SAFETY: the error was copied into the memory of the (sub)transaction that this call aborts.
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

/// Raises an error of ours at once. To be called where no frame below the backend's function owns anything.
pub fn raise(error: Error) {
    raised(error).report(pgrx::PgLogLevel::ERROR);
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

/// Runs `call`, which calls raw functions alone, and catches their error.
///
/// `call` must own nothing (its frame is jumped over), and after an error nothing but unwinding may follow: like
/// C code after PG_CATCH without a subtransaction, we only hand the error on. A panic, or a function that pgrx guards and so
/// turns an error into one, must not be in there: it would end the backend at the C frame below.
///
/// The error is copied into the memory of the innermost (sub)transaction. It ends with the rollback that the error is raised
/// again for; were the copy the transaction's, a loop that catches an error each time would keep a copy of each.
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
        pg_sys::CurrentMemoryContext = context_of_errors();
        let error = pg_sys::CopyErrorData();
        // The names of files and functions that pgrx gives are gone with the error's state.
        let source = source(&*error);
        pg_sys::FlushErrorState();
        Err(Error::Postgres(PgError(error, source)))
    }
}

/// The same of what does a statement's work without running it: the error's CONTEXT names the statement, as SPI's does.
pub(super) fn caught_as<T>(statement: &CStr, call: impl FnOnce() -> T) -> Result<T> {
    // SAFETY: the callback stands on the stack as long as the call runs; `caught` takes it off when an error jumps over it.
    caught(|| unsafe {
        let mut here = pg_sys::ErrorContextCallback {
            previous: pg_sys::error_context_stack,
            callback: Some(name_statement),
            arg: statement.as_ptr().cast_mut().cast(),
        };
        pg_sys::error_context_stack = &raw mut here;
        let result = call();
        pg_sys::error_context_stack = here.previous;
        result
    })
}

unsafe extern "C-unwind" fn name_statement(statement: *mut c_void) {
    // SAFETY: PostgreSQL calls it while an error is put together; the argument is a C string.
    unsafe {
        raw::set_errcontext_domain(null());
        raw::errcontext_msg(c"SQL statement \"%s\"".as_ptr(), statement.cast::<c_char>());
    }
}

/// Whoever rolls back a subtransaction and hands on its errors: the nest level that they come from, and where they are kept.
#[derive(Clone, Copy)]
pub(super) struct Keeper {
    nest: c_int,
    context: pg_sys::MemoryContext,
}

thread_local! {
    static KEEPER: Cell<Option<Keeper>> = const { Cell::new(None) };
}

impl Keeper {
    /// For the subtransaction that begins next.
    pub(super) fn here() -> Self {
        // SAFETY: variables of the backend.
        unsafe {
            Self {
                nest: pg_sys::GetCurrentTransactionNestLevel() + 1,
                context: pg_sys::CurTransactionContext,
            }
        }
    }

    /// Runs `body`, whose errors outlast its subtransaction.
    pub(super) fn keeping_errors<T>(self, body: impl FnOnce() -> T) -> T {
        let _restored = Restored::set(&KEEPER, Some(self));
        body()
    }
}

/// Where the error at hand is copied to.
pub(super) fn context_of_errors() -> pg_sys::MemoryContext {
    // SAFETY: variables of the backend.
    unsafe {
        match KEEPER.get() {
            Some(keeper) if keeper.nest == pg_sys::GetCurrentTransactionNestLevel() => keeper.context,
            _ => pg_sys::CurTransactionContext,
        }
    }
}

/// # Safety
/// The error's place must be whole: its state not yet flushed.
unsafe fn source(error: &pg_sys::ErrorData) -> Source {
    // SAFETY: C strings, or null.
    let is = |place: *const c_char, name: &CStr| unsafe { !place.is_null() && CStr::from_ptr(place) == name };
    let told = [
        c"exec_stmt_raise",
        c"exec_stmt_assert",
        c"afterTriggerMarkEvents",
        RAISED_IN,
    ];
    if told.into_iter().any(|name| is(error.funcname, name)) {
        Source::Told
    } else if is(error.filename, c"aclchk.c") {
        Source::Rights
    } else {
        Source::Other
    }
}

/// Whether a lock was not to be had, in time or at once.
pub fn is_lock_timeout(error: &Error) -> bool {
    code(error) == Some(LOCK_NOT_AVAILABLE)
}

pub(super) const LOCK_NOT_AVAILABLE: c_int = PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE as c_int;

/// Whether the same may succeed when it is tried again: others were in the way, somebody has cancelled it, the server lacks what
/// it takes.
pub fn is_of_the_moment(error: &Error) -> bool {
    match code(error).map(class) {
        Some([b'4', b'0'] | [b'5', b'3'] | [b'5', b'5'] | [b'5', b'7']) => true,
        Some(_) => false,
        None => matches!(
            error,
            Error::Ours(Ours::Table(TableError::NotLocked { .. } | TableError::InUse { .. }))
        ),
    }
}

/// Whether it is not about the row that was written: the transaction is read only, a right is missing, triggers call each other without
/// end.
pub fn is_of_the_session(error: &Error) -> bool {
    const NO_RIGHT: c_int = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE as c_int;
    const TOO_DEEP: c_int = PgSqlErrorCode::ERRCODE_STATEMENT_TOO_COMPLEX as c_int;
    let code = code(error);
    matches!(code, Some(NO_RIGHT | TOO_DEEP)) || code.map(class) == Some([b'2', b'5'])
}

/// What the client would be told of it, in a line.
pub fn message(error: Error) -> String {
    match error {
        // SAFETY: the error's copy lives until it is rethrown; its message is null or a C string.
        Error::Postgres(PgError(data, _)) => unsafe {
            let message = (*data).message;
            if message.is_null() {
                String::new()
            } else {
                CStr::from_ptr(message).to_string_lossy().into_owned()
            }
        },
        Error::Ours(ours) => {
            let parts = ours.into_parts();
            format!("{}. {}", parts.message, parts.detail)
        }
    }
}

/// The class of an SQLSTATE as PostgreSQL packs it: its first two characters.
pub(super) fn class(code: c_int) -> [u8; 2] {
    [0, 6].map(|shift| u8::try_from((code >> shift) & 0x3F).unwrap_or_default() + b'0')
}

fn code(error: &Error) -> Option<c_int> {
    match error {
        // SAFETY: the error's copy lives until it is rethrown.
        Error::Postgres(PgError(data, _)) => Some(unsafe { (**data).sqlerrcode }),
        Error::Ours(_) => None,
    }
}

/// An error of ours that says less to the client than to the server's log.
pub fn told_to_the_log(shown: Ours, whole: Ours) -> Error {
    let (shown, whole) = (shown.into_parts(), whole.into_parts());
    let c_string = |text: String| CString::new(text.replace('\0', "")).unwrap_or_default();
    let log = c_string(format!("{}: {}", whole.message, whole.detail));
    let (message, detail, hint) = (c_string(shown.message), c_string(shown.detail), c_string(shown.hint));
    let (log, message, detail, hint) = (log.as_ptr(), message.as_ptr(), detail.as_ptr(), hint.as_ptr());
    let code = shown.code as c_int;
    // SAFETY: the strings live until the call returns; the closure owns none of them.
    let raised = caught(|| unsafe {
        if raw::errstart(pgrx::PgLogLevel::ERROR as c_int, null()) {
            raw::errcode(code);
            raw::errmsg(c"%s".as_ptr(), message);
            raw::errdetail(c"%s".as_ptr(), detail);
            raw::errdetail_log(c"%s".as_ptr(), log);
            raw::errhint(c"%s".as_ptr(), hint);
            raw::errfinish(RAISED_IN.as_ptr(), 0, RAISED_IN.as_ptr());
        }
    });
    raised.map_or_else(|error| error, |()| Error::internal("an error that was not raised"))
}

//! The transaction that runs, and hooks into its end and into what changes.

use super::error::{owed, rethrow};
use super::raw;
use crate::errors::{Error, PgError, Result, Source};
use pgrx::pg_sys::{self, Datum, Oid};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;

/// The number of the command that comes next: what was written so far has a lower one.
pub fn next_command() -> u32 {
    // SAFETY: advances and reads a counter of the backend.
    unsafe {
        pg_sys::CommandCounterIncrement();
        pg_sys::GetCurrentCommandId(false)
    }
}

/// The number that a command that began now would have.
pub fn coming_command() -> u32 {
    // SAFETY: reads a counter of the backend.
    unsafe { raw::GetCurrentCommandId(false) }
}

/// Whether the session writes as a replica does: `session_replication_role = replica`, as in logical replication's apply.
pub fn is_replica() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::SessionReplicationRole == pg_sys::SESSION_REPLICATION_ROLE_REPLICA.cast_signed() }
}

/// Whether the transaction runs at SERIALIZABLE.
pub fn is_serializable() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::XactIsoLevel == pg_sys::XACT_SERIALIZABLE.cast_signed() }
}

/// Whether the transaction has one snapshot from its first statement to its end: REPEATABLE READ and above.
pub fn keeps_snapshot() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ.cast_signed() }
}

/// Whether this is the number of the transaction that runs, or of one of its subtransactions.
pub fn is_own_transaction(number: u32) -> bool {
    // SAFETY: looks the number up in the backend's own list.
    unsafe { pg_sys::TransactionIdIsCurrentTransactionId(number.into()) }
}

/// How deep in subtransactions we are; 1 outside of any.
pub fn nest_level() -> i32 {
    // SAFETY: reads a variable of the backend.
    unsafe { raw::GetCurrentTransactionNestLevel() }
}

/// Whether the transaction has run its last statement, as far as can be told: no query of a client's runs. A procedure that
/// commits is not told from one that goes on.
pub fn is_at_end() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::ActivePortal.is_null() }
}

/// What the rest of the library has to do when transactions and tables change.
pub struct Callbacks {
    /// Before COMMIT and PREPARE TRANSACTION; may raise an error, and nothing else.
    pub before_commit: fn() -> Result<()>,
    /// After the transaction ended, or was prepared.
    pub after_end: fn(),
    /// A subtransaction of this nest level became part of the one around it / was rolled back.
    pub subtransaction_commits: fn(i32),
    pub subtransaction_aborts: fn(i32),
    /// The relation cache says that a relation changed; an invalid OID: any may have.
    pub relation_changed: fn(Oid),
    /// A type changed, known by the hash of [`super::kind::hash`]; 0: any may have.
    pub type_changed: fn(u32),
}

static CALLBACKS: OnceLock<Callbacks> = OnceLock::new();

/// In which PostgreSQL takes no new snapshot; the abort of the (sub)transaction leaves it.
#[cfg(any(test, feature = "pg_test"))]
pub fn enter_parallel_mode() {
    // SAFETY: counts up in the transaction's state.
    unsafe { pg_sys::EnterParallelMode() };
}

thread_local! {
    /// The end of a subtransaction could not be noted: what is owed is not known any more.
    static IS_LOST: Cell<bool> = const { Cell::new(false) };
}

/// Why the transaction must not commit.
fn lost() -> Result<()> {
    Err(Error::internal("the end of a subtransaction was not noted"))
}

/// Runs what follows the end of a subtransaction. PostgreSQL cannot go on after an error there, let alone a panic: the
/// transaction's commit fails instead.
fn noted(body: impl FnOnce() + std::panic::UnwindSafe) {
    if std::panic::catch_unwind(body).is_err() {
        IS_LOST.set(true);
    }
}

unsafe extern "C-unwind" fn on_transaction(event: pg_sys::XactEvent::Type, _: *mut c_void) {
    use pg_sys::XactEvent::*;
    let Some(callbacks) = CALLBACKS.get() else { return };
    // SAFETY: as in entered.
    let error = unsafe {
        pg_sys::panic::pgrx_extern_c_guard(|| match event {
            XACT_EVENT_PRE_COMMIT | XACT_EVENT_PRE_PREPARE if IS_LOST.get() => owed(lost()),
            XACT_EVENT_PRE_COMMIT | XACT_EVENT_PRE_PREPARE => owed((callbacks.before_commit)()),
            XACT_EVENT_COMMIT | XACT_EVENT_ABORT | XACT_EVENT_PREPARE => {
                IS_LOST.set(false);
                (callbacks.after_end)();
                null_mut()
            }
            _ => null_mut(),
        })
    };
    if !error.is_null() {
        rethrow(PgError(error, Source::Other));
    }
}

unsafe extern "C-unwind" fn on_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    _: pg_sys::SubTransactionId,
    _: pg_sys::SubTransactionId,
    _: *mut c_void,
) {
    let Some(callbacks) = CALLBACKS.get() else { return };
    match event {
        pg_sys::SubXactEvent::SUBXACT_EVENT_COMMIT_SUB => noted(|| (callbacks.subtransaction_commits)(nest_level())),
        pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB => noted(|| (callbacks.subtransaction_aborts)(nest_level())),
        _ => {}
    }
}

unsafe extern "C-unwind" fn on_invalidation(_: Datum, relation: Oid) {
    if let Some(callbacks) = CALLBACKS.get() {
        (callbacks.relation_changed)(relation);
    }
}

/// A schema or an enum's label was renamed, or a role changed: the relation cache says nothing of it. Our statements name
/// schemas and labels, and whether an owner of partitions has the rights of the tables' owner depends on their roles.
unsafe extern "C-unwind" fn on_other_change(argument: Datum, _: c_int, _: u32) {
    // SAFETY: an invalid OID stands for any relation.
    unsafe { on_invalidation(argument, Oid::INVALID) };
}

unsafe extern "C-unwind" fn on_type_change(_: Datum, _: c_int, hash: u32) {
    if let Some(callbacks) = CALLBACKS.get() {
        (callbacks.type_changed)(hash);
    }
}

/// Hooks the library into transactions and into the relation cache. Once per backend, when it is loaded.
pub fn register_callbacks(callbacks: Callbacks) {
    if CALLBACKS.set(callbacks).is_err() {
        return;
    }
    // SAFETY: the callbacks are functions of this library, which is never unloaded.
    unsafe {
        pg_sys::RegisterXactCallback(Some(on_transaction), null_mut());
        pg_sys::RegisterSubXactCallback(Some(on_subtransaction), null_mut());
        pg_sys::CacheRegisterRelcacheCallback(Some(on_invalidation), Datum::from(0));
        use pg_sys::SysCacheIdentifier::{AUTHMEMROLEMEM, AUTHOID, ENUMOID, NAMESPACEOID, TYPEOID};
        pg_sys::CacheRegisterSyscacheCallback(TYPEOID as c_int, Some(on_type_change), Datum::from(0));
        for cache in [NAMESPACEOID, AUTHOID, AUTHMEMROLEMEM, ENUMOID] {
            pg_sys::CacheRegisterSyscacheCallback(cache as c_int, Some(on_other_change), Datum::from(0));
        }
    }
}

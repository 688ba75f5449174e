//! The transaction that runs, and hooks into its end and into what changes.

use super::error::{owed, rethrow};
use super::snapshot::with_snapshot;
use crate::errors::{PgError, Result};
use pgrx::pg_sys::{self, Datum, Oid};
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

/// Whether foreign keys are not enforced on what the session writes: `session_replication_role = replica`, as in logical
/// replication's apply.
pub fn is_replica() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::SessionReplicationRole == pg_sys::SESSION_REPLICATION_ROLE_REPLICA.cast_signed() }
}

/// Whether the transaction runs at SERIALIZABLE.
pub fn is_serializable() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::XactIsoLevel == pg_sys::XACT_SERIALIZABLE.cast_signed() }
}

/// Whether this is the number of the transaction that runs, or of one of its subtransactions.
pub fn is_own_transaction(number: u32) -> bool {
    // SAFETY: looks the number up in the backend's own list.
    unsafe { pg_sys::TransactionIdIsCurrentTransactionId(number.into()) }
}

/// How deep in subtransactions we are; 1 outside of any.
pub fn nest_level() -> i32 {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetCurrentTransactionNestLevel() }
}

/// What the rest of the library has to do when transactions and tables change.
pub struct Callbacks {
    /// Whether a transaction that is about to end owes no total.
    pub owes_nothing: fn() -> bool,
    /// Before COMMIT and PREPARE TRANSACTION.
    pub before_commit: fn() -> Result<()>,
    /// After the transaction ended, or was prepared.
    pub after_end: fn(),
    /// A subtransaction of this nest level became part of the one around it / was rolled back.
    pub subtransaction_commits: fn(i32),
    pub subtransaction_aborts: fn(i32),
    /// The relation cache says that a relation changed; an invalid OID: any may have.
    pub relation_changed: fn(Oid),
}

static CALLBACKS: OnceLock<Callbacks> = OnceLock::new();

unsafe extern "C-unwind" fn on_transaction(event: pg_sys::XactEvent::Type, _: *mut c_void) {
    use pg_sys::XactEvent::*;
    let Some(callbacks) = CALLBACKS.get() else { return };
    // SAFETY: as in entered.
    let error = unsafe {
        pg_sys::panic::pgrx_extern_c_guard(|| match event {
            XACT_EVENT_PRE_COMMIT | XACT_EVENT_PRE_PREPARE if !(callbacks.owes_nothing)() => {
                owed(with_snapshot(callbacks.before_commit))
            }
            XACT_EVENT_COMMIT | XACT_EVENT_ABORT | XACT_EVENT_PREPARE => {
                (callbacks.after_end)();
                null_mut()
            }
            _ => null_mut(),
        })
    };
    if !error.is_null() {
        rethrow(PgError(error));
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
        pg_sys::SubXactEvent::SUBXACT_EVENT_COMMIT_SUB => (callbacks.subtransaction_commits)(nest_level()),
        pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB => (callbacks.subtransaction_aborts)(nest_level()),
        _ => {}
    }
}

unsafe extern "C-unwind" fn on_invalidation(_: Datum, relation: Oid) {
    if let Some(callbacks) = CALLBACKS.get() {
        (callbacks.relation_changed)(relation);
    }
}

/// A schema or an enum's label was renamed, or a role changed: the relation cache says nothing of it. Our statements name
/// schemas and labels, and what row-level security hides from the owner of campaigns depends on its role.
unsafe extern "C-unwind" fn on_other_change(argument: Datum, _: c_int, _: u32) {
    // SAFETY: an invalid OID stands for any relation.
    unsafe { on_invalidation(argument, Oid::INVALID) };
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
        use pg_sys::SysCacheIdentifier::{AUTHMEMROLEMEM, AUTHOID, ENUMOID, NAMESPACEOID};
        for cache in [NAMESPACEOID, AUTHOID, AUTHMEMROLEMEM, ENUMOID] {
            pg_sys::CacheRegisterSyscacheCallback(cache as c_int, Some(on_other_change), Datum::from(0));
        }
    }
}

//! What a statement sees, and what has become visible since.

use super::error::caught;
use super::raw;
use super::table;
use super::transaction;
use crate::errors::Result;
use pgrx::pg_sys::{self, Oid};
use std::ptr::null_mut;

/// What a statement sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// What the calling query sees: for previews, which write nothing.
    Caller,
    /// All that is committed now, and all that this transaction has done: at every isolation level. A row updated
    /// must also be visible to the transaction's own snapshot (at REPEATABLE READ and SERIALIZABLE), else 40001.
    Latest,
    /// The latest, for a statement that locks rows and reads others in one: it must read as if after it locked.
    Locked,
    /// The latest, without a look at the transaction's own snapshot: for the extension's own tables.
    Own,
}

/// PostgreSQL's own count of the transactions that have ended: two snapshots with the same count see the same.
pub fn transactions_ended() -> u64 {
    // SAFETY: gives a snapshot of the backend's own, which lives until the next one is taken.
    unsafe { (*pg_sys::GetLatestSnapshot()).snapXactCompletionCount }
}

/// The number of the query that runs: its statements share it, and those that it sets off have higher ones.
pub fn query() -> u32 {
    // SAFETY: reads what the backend keeps; a snapshot that is set is filled.
    unsafe {
        if raw::ActiveSnapshotSet() {
            (*raw::GetActiveSnapshot()).curcid
        } else {
            raw::GetCurrentCommandId(false)
        }
    }
}

/// One version of a row: its table, where it stands there, and the transaction that wrote it, by number. Under `old_snapshot_threshold`
/// a place may be given to another row while a statement runs that has read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowVersion {
    pub table: Oid,
    block: u32,
    place: u16,
    pub written_by: u32,
}

impl RowVersion {
    /// As PostgreSQL prints the place, `(block,place)`, and the number; `None` where they are none.
    pub fn parse(table: Oid, place: &str, written_by: &str) -> Option<Self> {
        let (block, place) = place.trim_matches(['(', ')']).split_once(',')?;
        Some(Self {
            table,
            block: block.parse().ok()?,
            place: place.parse().ok()?,
            written_by: written_by.parse().ok()?,
        })
    }

    /// As a slot holds it.
    pub(super) fn at(table: Oid, place: pg_sys::ItemPointerData, written_by: u32) -> Self {
        Self {
            table,
            block: (u32::from(place.ip_blkid.bi_hi) << 16) | u32::from(place.ip_blkid.bi_lo),
            place: place.ip_posid,
            written_by,
        }
    }
}

/// Whether a version of a row that this transaction has read is the valid one still, with everything committed in sight.
pub fn is_current(version: RowVersion) -> Result<bool> {
    let mut place = pg_sys::ItemPointerData::default();
    pgrx::itemptr::item_pointer_set_all(&mut place, version.block, version.place);
    let (table, place) = (version.table, &raw mut place);
    // SAFETY: the statement that read the row holds a lock on its table, which a command of this session may have emptied or dropped since;
    // the place outlives the call.
    let writer = caught(|| unsafe { writer_of_visible(table, place) })?;
    Ok(writer == Some(version.written_by))
}

/// The transaction that wrote the row version in a slot.
///
/// # Safety
/// It holds one of an ordinary table's.
pub(super) unsafe fn written_by(slot: *mut pg_sys::TupleTableSlot) -> Option<u32> {
    let mut is_null = false;
    // SAFETY: as above.
    let number = unsafe {
        let read = (*(*slot).tts_ops).getsysattr?;
        read(slot, pg_sys::MinTransactionIdAttributeNumber, &raw mut is_null)
    };
    u32::try_from(number.value()).ok().filter(|_| !is_null)
}

/// The transaction that wrote the row version at a place, if that is visible with everything committed in sight.
///
/// # Safety
/// To be called by [`caught`]: what an error leaves open is closed by the abort that follows. The table must be locked, and
/// the place be one.
unsafe fn writer_of_visible(table: Oid, place: *mut pg_sys::ItemPointerData) -> Option<u32> {
    let no_lock = pg_sys::NoLock.cast_signed();
    // SAFETY: as above; the slot is of the table's own kind. All of these are raw, for no error may meet a guard of pgrx's
    // in here; the fetch is what table_tuple_fetch_row_version does, which is no symbol of the server's.
    unsafe {
        raw::CommandCounterIncrement();
        let relation = raw::try_relation_open(table, no_lock);
        if relation.is_null() {
            return None;
        }
        // It may have been emptied by a command of this session, and have another file.
        if pgrx::itemptr::item_pointer_get_block_number_no_check(*place) >= table::blocks(relation) {
            raw::relation_close(relation, no_lock);
            return None;
        }
        let snapshot = raw::RegisterSnapshot(raw::GetLatestSnapshot());
        let slot = raw::table_slot_create(relation, null_mut());
        let fetch = (*(*relation).rd_tableam).tuple_fetch_row_version;
        let is_visible = fetch.is_some_and(|fetch| fetch(relation, place, snapshot, slot));
        let writer = if is_visible { written_by(slot) } else { None };
        raw::ExecDropSingleTupleTableSlot(slot);
        raw::UnregisterSnapshot(snapshot);
        raw::table_close(relation, no_lock);
        writer
    }
}

/// The snapshot to read with and the one that updated rows must also be visible to; as in `ri_PerformCheck`.
pub(super) fn snapshots(sees: Sees) -> (pg_sys::Snapshot, pg_sys::Snapshot) {
    if sees == Sees::Caller {
        return (null_mut(), null_mut());
    }
    // SAFETY: we are in a transaction, outside of parallel workers. CommandCounterIncrement makes this
    // transaction's own work visible to the snapshot taken next.
    unsafe {
        pg_sys::CommandCounterIncrement();
        let crosscheck = if transaction::keeps_snapshot() && sees != Sees::Own {
            pg_sys::GetTransactionSnapshot()
        } else {
            null_mut()
        };
        (pg_sys::GetLatestSnapshot(), crosscheck)
    }
}

/// Runs `body` with a snapshot set, as code in a pre-commit callback or between a procedure's transactions must.
pub(super) fn with_snapshot<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    // SAFETY: pushed and popped in pairs; on an error the abort pops it.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    let given = body()?;
    // SAFETY: see above.
    unsafe { pg_sys::PopActiveSnapshot() };
    Ok(given)
}

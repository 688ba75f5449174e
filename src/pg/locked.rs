//! One row, locked by its key and updated as logical replication's apply updates rows: past planner and executor.
//!
//! CHECKs, index entries and the replica identity are PostgreSQL's own work. No trigger fires: it is for tables of which only triggers of
//! ours would, and for who does himself what those do.

use super::datum::{self, KeyAttribute};
use super::error::{caught, caught_as};
use super::index::{Index, Scan, column, stored, unpack};
use super::raw;
use super::snapshot::written_by;
use super::transaction;
use crate::errors::{Error, Result};
use crate::value::key::Key;
use crate::value::money::MoneyType;
use crate::value::param::Param;
use pgrx::pg_sys;
use rust_decimal::Decimal;
use std::ffi::CStr;
use std::ptr::null_mut;

/// What became of a lock.
pub enum Locked {
    /// The catalogs have changed since the index was found: nothing was locked.
    Outdated,
    /// There is no row of that key, or none any more.
    NotThere,
    Row(LockedRow),
}

/// How a row is locked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// FOR SHARE: nobody may write it.
    Share,
    /// FOR NO KEY UPDATE: to be written.
    NoKeyUpdate,
}

/// A row that is locked: its last version, which is not newer than the lock. To be updated, or let go.
#[must_use]
pub struct LockedRow {
    scan: Scan,
    /// Holds the version, unpacked.
    slot: *mut pg_sys::TupleTableSlot,
    written_by: Option<u32>,
}

/// Locks the row of this key, as `statement` would, at READ COMMITTED. A version that came to be while we waited may have another
/// key.
pub fn lock(index: Index, key: &Param, strength: Strength, statement: &CStr) -> Result<Locked> {
    let key = key.datum().ok_or_else(|| Error::internal("a key that is NULL"))?;
    let of_table = match strength {
        Strength::Share => pg_sys::RowShareLock,
        Strength::NoKeyUpdate => pg_sys::RowExclusiveLock,
    };
    // SAFETY: the key is of the type that the index takes; nothing in here owns anything.
    caught_as(statement, || unsafe {
        let Some(scan) = Scan::begin(index, key, of_table) else {
            return Locked::Outdated;
        };
        let slot = scan.slot();
        let is_locked = scan.next(slot) && lock_version(&scan, slot, strength);
        scan.end_scan();
        let mut row = LockedRow {
            scan,
            slot,
            written_by: None,
        };
        if !is_locked {
            row.close();
            return Locked::NotThere;
        }
        unpack(slot, (*(*scan.table).rd_att).natts);
        row.written_by = written_by(slot);
        Locked::Row(row)
    })
}

/// Locks the version of a row that a slot holds, or the last that came of it, and leaves that one in the slot.
///
/// # Safety
/// As for [`Scan::begin`].
unsafe fn lock_version(scan: &Scan, slot: *mut pg_sys::TupleTableSlot, strength: Strength) -> bool {
    const FIND_LAST_VERSION: u8 = 2;
    let mut failure = pg_sys::TM_FailureData::default();
    let mode = match strength {
        Strength::Share => pg_sys::LockTupleMode::LockTupleShare,
        Strength::NoKeyUpdate => pg_sys::LockTupleMode::LockTupleNoKeyExclusive,
    };
    // SAFETY: as above; what table_tuple_lock does, which is no symbol of the server's.
    unsafe {
        let mut place = (*slot).tts_tid;
        let Some(lock) = (*(*scan.table).rd_tableam).tuple_lock else {
            return false;
        };
        let result = lock(
            scan.table,
            &raw mut place,
            scan.snapshot,
            slot,
            raw::GetCurrentCommandId(true),
            mode,
            pg_sys::LockWaitPolicy::LockWaitBlock,
            FIND_LAST_VERSION,
            &raw mut failure,
        );
        result == pg_sys::TM_Result::TM_Ok
    }
}

impl LockedRow {
    /// The key in a column; `None` for NULL.
    pub fn key(&self, attribute: KeyAttribute) -> Option<Key> {
        // SAFETY: the slot holds a row of the table, whose column is of that type, as the catalogs say.
        unsafe { column(self.slot, attribute.number).and_then(|datum| datum::key(datum, attribute.kind)) }
    }

    /// The amount in a column; `None` for NULL, and for one that cannot be held exactly.
    pub fn amount(&self, number: i16, kind: MoneyType) -> Option<Decimal> {
        // SAFETY: as above.
        unsafe { column(self.slot, number).and_then(|datum| datum::amount(datum, kind)) }
    }

    /// Whether this transaction has written the version.
    pub fn is_own(&self) -> bool {
        self.written_by.is_some_and(transaction::is_own_transaction)
    }

    /// Writes other values into columns, each given as text, as `statement` would.
    pub fn update(self, columns: &[(i16, &str)], statement: &CStr) -> Result<()> {
        // SAFETY: the table is open.
        let table = unsafe { (*self.scan.table).rd_id };
        let read = |(number, value): &(i16, &str)| Ok((*number, datum::read(table, *number, value)?));
        let values = columns.iter().map(read).collect::<Result<Vec<_>>>()?;
        let values = values.as_slice();
        // SAFETY: nothing in here owns anything. The slot for the new version has one place for each column of the table's.
        caught_as(statement, || unsafe {
            let columns = (*self.scan.table).rd_att;
            let new = raw::MakeSingleTupleTableSlot(columns, &raw const pg_sys::TTSOpsVirtual);
            copy_row(self.slot, new, columns);
            (*new).tts_tableOid = table;
            for (number, value) in values {
                if let Ok(at) = usize::try_from(number - 1) {
                    *(*new).tts_values.add(at) = *value;
                    *(*new).tts_isnull.add(at) = false;
                }
            }
            raw::ExecStoreVirtualTuple(new);
            write(&self.scan, self.slot, new);
            raw::ExecDropSingleTupleTableSlot(new);
            self.close();
        })
    }

    /// Lets the row go, locked as it is.
    pub fn leave(self) -> Result<()> {
        // SAFETY: closes what was opened.
        caught(|| unsafe { self.close() })
    }

    /// # Safety
    /// To be called by [`caught`].
    unsafe fn close(&self) {
        // SAFETY: as above.
        unsafe {
            raw::ExecDropSingleTupleTableSlot(self.slot);
            self.scan.close();
        }
    }
}

/// Copies the values of a row from one slot to another that is empty; they stay where they are as long as the first holds it. Those of
/// dropped columns are left behind, as every update does.
///
/// # Safety
/// As for [`Scan::begin`]; both slots must have these columns.
unsafe fn copy_row(from: *mut pg_sys::TupleTableSlot, to: *mut pg_sys::TupleTableSlot, columns: pg_sys::TupleDesc) {
    // SAFETY: as above.
    unsafe {
        let last = i16::try_from((*columns).natts).unwrap_or_default();
        for (at, number) in (1..=last).enumerate() {
            *(*to).tts_values.add(at) = *(*from).tts_values.add(at);
            *(*to).tts_isnull.add(at) = *(*from).tts_isnull.add(at) || stored(columns, number).is_dropped;
        }
    }
}

/// Puts a new version in the old one's place: what ExecSimpleRelationUpdate does, but that it opens indexes, and an executor's state,
/// only where they are needed. A HOT update needs none.
///
/// # Safety
/// As for [`Scan::begin`]; the old version must be locked.
unsafe fn write(scan: &Scan, old: *mut pg_sys::TupleTableSlot, new: *mut pg_sys::TupleTableSlot) {
    let table = scan.table;
    // SAFETY: as above. A target as InitResultRelInfo makes it, but for copies of the table's triggers; it stands in no range table.
    unsafe {
        let target = raw::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
        (*target).type_ = pg_sys::NodeTag::T_ResultRelInfo;
        (*target).ri_RelationDesc = table;
        raw::CheckCmdReplicaIdentity(table, pg_sys::CmdType::CMD_UPDATE);
        if has_checks(table) {
            let state = raw::CreateExecutorState();
            raw::ExecConstraints(target, new, state);
            raw::FreeExecutorState(state);
        }
        let mut indexes = raw::Indexes::default();
        raw::simple_table_tuple_update(table, &raw mut (*old).tts_tid, new, scan.snapshot, &raw mut indexes);
        if indexes != raw::Indexes::default() {
            enter_into_indexes(target, new, indexes);
        }
    }
}

/// # Safety
/// The table must be open.
unsafe fn has_checks(table: pg_sys::Relation) -> bool {
    // SAFETY: as above.
    unsafe { (*(*table).rd_att).constr.as_ref() }.is_some_and(|constraints| constraints.num_check > 0)
}

/// # Safety
/// As for [`Scan::begin`]; the row must have been written.
unsafe fn enter_into_indexes(
    target: *mut pg_sys::ResultRelInfo,
    row: *mut pg_sys::TupleTableSlot,
    #[allow(unused_variables)] indexes: raw::Indexes,
) {
    // SAFETY: as above.
    unsafe {
        let state = raw::CreateExecutorState();
        raw::ExecOpenIndices(target, false);
        // No constraint is deferrable: there is none to be checked again.
        raw::ExecInsertIndexTuples(
            target,
            row,
            state,
            true,
            false,
            null_mut(),
            null_mut(),
            #[cfg(not(any(feature = "pg14", feature = "pg15")))]
            {
                indexes == pg_sys::TU_UpdateIndexes::TU_Summarizing
            },
        );
        raw::ExecCloseIndices(target);
        raw::FreeExecutorState(state);
    }
}

//! Locks on tables.

use super::error::caught;
use super::raw;
use crate::errors::Result;
use pgrx::pg_sys::{self, Oid};
use std::ffi::c_int;

/// How a table is locked against others, whoever owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// ACCESS SHARE: nobody renames, changes or drops it.
    Changes,
    /// SHARE ROW EXCLUSIVE: who writes waits, who reads does not.
    Writers,
    /// EXCLUSIVE: who locks rows waits, too.
    Lockers,
    /// ACCESS EXCLUSIVE.
    All,
}

/// Whether a query of this session that has not ended uses the table: one that writes it would go on without triggers that are made
/// now.
pub fn is_in_use(table: Oid) -> bool {
    // SAFETY: opened and closed; a relation that is gone is null.
    unsafe {
        let relation = pg_sys::RelationIdGetRelation(table);
        if relation.is_null() {
            return false;
        }
        let references = (*relation).rd_refcnt;
        pg_sys::RelationClose(relation);
        references > 1
    }
}

/// Whether this session holds the table against everybody, or held it when it was dropped: who drops a table does so to the
/// transaction's end, and locks the table that it is a partition of in the same way.
pub fn is_held(table: Oid) -> bool {
    let tag = pg_sys::LOCKTAG {
        // SAFETY: reads a variable of the backend.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: table.to_u32(),
        locktag_field3: 0,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_RELATION as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    };
    let mode = pg_sys::AccessExclusiveLock.cast_signed();
    // SAFETY: looks the lock up in the backend's own table.
    #[cfg(any(feature = "pg14", feature = "pg15", feature = "pg16"))]
    return unsafe { pg_sys::LockHeldByMe(&raw const tag, mode) };
    // SAFETY: as above.
    #[cfg(any(feature = "pg17", feature = "pg18"))]
    return unsafe { pg_sys::LockHeldByMe(&raw const tag, mode, false) };
}

/// Whether a table has no block in its file, and so no row; of one that keeps its rows otherwise than in a heap nothing is known. It is
/// locked as who reads it does.
pub fn is_without_blocks(table: Oid) -> Result<bool> {
    // SAFETY: opened, and closed; one that is gone is null.
    caught(|| unsafe {
        let table = raw::try_relation_open(table, pg_sys::AccessShareLock.cast_signed());
        if table.is_null() {
            return false;
        }
        let is_heap = (*(*table).rd_rel).relam == pg_sys::HEAP_TABLE_AM_OID;
        let is_without = is_heap && blocks(table) == 0;
        raw::relation_close(table, pg_sys::NoLock.cast_signed());
        is_without
    })
}

/// The blocks of a table's file.
///
/// # Safety
/// To be called by `caught`, with an open table.
pub(super) unsafe fn blocks(table: pg_sys::Relation) -> u32 {
    // SAFETY: as above.
    unsafe { raw::RelationGetNumberOfBlocksInFork(table, pg_sys::ForkNumber::MAIN_FORKNUM) }
}

/// Keeps the labels of an enum as they are until the transaction ends: what changes them locks the type against others like it.
pub fn keep_labels(kind: Oid) -> Result<()> {
    // SAFETY: a type that is gone is locked in vain.
    caught(|| unsafe {
        raw::LockDatabaseObject(pg_sys::TypeRelationId, kind, 0, pg_sys::ShareLock.cast_signed());
    })
}

/// A lock on a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TableLock(pub Oid, pub Against);

impl TableLock {
    fn mode(self) -> c_int {
        match self.1 {
            Against::Changes => pg_sys::AccessShareLock.cast_signed(),
            Against::Writers => pg_sys::ShareRowExclusiveLock.cast_signed(),
            Against::Lockers => pg_sys::ExclusiveLock.cast_signed(),
            Against::All => pg_sys::AccessExclusiveLock.cast_signed(),
        }
    }

    /// Waits for the lock.
    pub fn wait(self) -> Result<()> {
        let (table, mode) = (self.0, self.mode());
        // SAFETY: a relation that is gone is locked in vain.
        caught(|| unsafe { raw::LockRelationOid(table, mode) })
    }

    /// Takes the lock if nobody is in the way; whether it did.
    pub fn take(self) -> Result<bool> {
        let (table, mode) = (self.0, self.mode());
        // SAFETY: as above.
        caught(|| unsafe { raw::ConditionalLockRelationOid(table, mode) })
    }
}

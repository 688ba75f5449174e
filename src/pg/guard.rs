//! Locks that stand for rows that are not there yet: PostgreSQL's heavyweight locks, as advisory locks have them, of a class
//! that no SQL function reaches, so that nobody holds one but by writing.

use super::error::caught;
use super::raw;
use crate::errors::Result;
use pgrx::pg_sys;
use std::ffi::c_int;

/// What is locked, in the order in which guards are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// A table, by its OID: whichever rows come to be in it.
    Table(u32),
    /// One key of a table, by its hash. Whose table it is stands in the lock itself: no hash of another table's, which its owner may choose,
    /// keeps who writes this one waiting.
    Key(u32, u32),
}

/// What hashes of keys are made with: it is the server's alone, and everybody may look at locks.
pub fn secret() -> [u8; SECRET] {
    // SAFETY: so many bytes that a server was made with, in memory that it keeps.
    unsafe { *pg_sys::GetMockAuthenticationNonce().cast::<[u8; SECRET]>() }
}

const SECRET: usize = pg_sys::MOCK_AUTH_NONCE_LEN as usize;

/// How it is locked, by PostgreSQL's modes for tables. RowShare goes with all but Exclusive, RowExclusive with itself and
/// RowShare, Share with itself and RowShare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    RowShare,
    RowExclusive,
    Share,
    Exclusive,
}

/// The classes of advisory locks that are ours: pg_advisory_lock has 1 and 2.
const OF_TABLES: u16 = 3;
const OF_KEYS: u16 = 4;

impl Guard {
    /// Waits for the lock, and holds it to the transaction's end.
    pub fn wait(self, mode: Mode) -> Result<()> {
        let (tag, mode) = (self.tag(), mode.number());
        let tag = &raw const tag;
        // SAFETY: the tag outlives the call, which copies it.
        caught(|| unsafe { raw::LockAcquire(tag, mode, false, false) }).map(drop)
    }

    fn tag(self) -> pg_sys::LOCKTAG {
        let (field2, field3, class) = match self {
            Self::Table(oid) => (oid, 0, OF_TABLES),
            Self::Key(oid, hash) => (oid, hash, OF_KEYS),
        };
        pg_sys::LOCKTAG {
            // SAFETY: reads a variable of the backend.
            locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
            locktag_field2: field2,
            locktag_field3: field3,
            locktag_field4: class,
            locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
            locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
        }
    }
}

impl Mode {
    /// One that whoever waits for either waits for.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::RowShare, other) | (other, Self::RowShare) => other,
            _ => Self::Exclusive,
        }
    }

    fn number(self) -> c_int {
        let number = match self {
            Self::RowShare => pg_sys::RowShareLock,
            Self::RowExclusive => pg_sys::RowExclusiveLock,
            Self::Share => pg_sys::ShareLock,
            Self::Exclusive => pg_sys::ExclusiveLock,
        };
        number.cast_signed()
    }
}

//! Types, as the system caches know them.

use super::error::caught;
use super::raw;
use crate::errors::Result;
use pgrx::pg_sys::SysCacheIdentifier::TYPEOID;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::{CStr, c_int};

/// By which the system caches tell of a change of this type.
pub fn hash(kind: Oid) -> u32 {
    let none = Datum::from(0);
    // SAFETY: hashes one key of that cache.
    unsafe { pg_sys::GetSysCacheHashValue(TYPEOID as c_int, kind.into(), none, none, none) }
}

/// A domain, whose CHECKs are code of its owner's.
#[derive(Clone, Copy)]
pub struct Domain {
    pub oid: Oid,
    pub owner: Oid,
}

/// A type below all domains.
#[derive(Clone, Copy)]
pub struct Base {
    pub oid: Oid,
    /// Its precision and scale, length or the like, as PostgreSQL keeps them.
    pub modifier: i32,
    pub is_enum: bool,
}

/// What a type is made of, which has this modifier.
pub fn base(kind: Oid, modifier: i32) -> Result<Base> {
    let mut base = Base {
        oid: kind,
        modifier,
        is_enum: false,
    };
    while let Some(found) = row(base.oid)? {
        let letter = found.typtype.cast_unsigned();
        if letter != pg_sys::TYPTYPE_DOMAIN {
            base.is_enum = letter == pg_sys::TYPTYPE_ENUM;
            break;
        }
        (base.oid, base.modifier) = (found.typbasetype, found.typtypmod);
    }
    Ok(base)
}

/// The domains that a type is made of: itself, if it is one, and those that it is over.
pub fn domains(kind: Oid) -> Result<Vec<Domain>> {
    let mut all = Vec::new();
    let mut oid = kind;
    while let Some(found) = row(oid)?.filter(|found| found.typtype.cast_unsigned() == pg_sys::TYPTYPE_DOMAIN) {
        all.push(Domain {
            oid,
            owner: found.typowner,
        });
        oid = found.typbasetype;
    }
    Ok(all)
}

/// A row of `pg_type`, but for the columns of variable length.
fn row(kind: Oid) -> Result<Option<pg_sys::FormData_pg_type>> {
    // SAFETY: the row is copied before it is given back.
    caught(|| unsafe {
        raw::AcceptInvalidationMessages();
        let row = raw::SearchSysCache1(TYPEOID as c_int, kind.into());
        if row.is_null() {
            return None;
        }
        let found = *pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_type>();
        raw::ReleaseSysCache(row);
        Some(found)
    })
}

/// The name of a type in SQL, as far as the search path asks for one.
pub fn name(kind: Oid) -> Result<String> {
    // SAFETY: a fresh C string.
    unsafe {
        let name = caught(|| raw::format_type_be(kind))?;
        Ok(CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}

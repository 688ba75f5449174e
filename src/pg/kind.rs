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

/// The domains that a type is made of: itself, if it is one, and those that it is over.
pub fn domains(kind: Oid) -> Result<Vec<Domain>> {
    let mut all = Vec::new();
    let mut oid = kind;
    while let Some((base, owner)) = domain(oid)? {
        all.push(Domain { oid, owner });
        oid = base;
    }
    Ok(all)
}

/// What a domain is over, and its owner; `None` for any other type.
fn domain(kind: Oid) -> Result<Option<(Oid, Oid)>> {
    // SAFETY: the row is given back when it has been read.
    caught(|| unsafe {
        raw::AcceptInvalidationMessages();
        let row = raw::SearchSysCache1(TYPEOID as c_int, kind.into());
        if row.is_null() {
            return None;
        }
        let found = &*pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_type>();
        let is_domain = found.typtype.cast_unsigned() == pg_sys::TYPTYPE_DOMAIN;
        let domain = is_domain.then_some((found.typbasetype, found.typowner));
        raw::ReleaseSysCache(row);
        domain
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

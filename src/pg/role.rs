//! Roles, as the system caches know them.

use super::error::caught;
use super::raw;
use crate::errors::Result;
use pgrx::pg_sys::Oid;
use std::ffi::CStr;

/// Whether a role has the rights of another.
pub fn has_rights_of(role: Oid, other: Oid) -> Result<bool> {
    // SAFETY: looks memberships up.
    caught(|| unsafe { raw::has_privs_of_role(role, other) })
}

/// The name of a role; its number, if it is gone.
pub fn name(role: Oid) -> Result<String> {
    // SAFETY: null, or a fresh C string.
    let name = caught(|| unsafe { raw::GetUserNameFromId(role, true) })?;
    if name.is_null() {
        return Ok(format!("unknown (OID={})", role.to_u32()));
    }
    // SAFETY: as above.
    Ok(unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
}

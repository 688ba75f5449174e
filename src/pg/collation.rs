//! The order of texts, as PostgreSQL sorts them.

use super::error::caught;
use crate::errors::Result;
use pgrx::pg_sys::{self, Oid};
use std::cmp::Ordering;

/// Compares texts by a collation; of `char(n)` without their trailing blanks.
pub fn compare(one: &str, other: &str, collation: Oid) -> Result<Ordering> {
    let length = |text: &str| i32::try_from(text.len()).unwrap_or(i32::MAX);
    // SAFETY: both texts outlive the call, and have these lengths, or more; nothing in here owns anything.
    let order = caught(|| unsafe {
        pg_sys::varstr_cmp(
            one.as_ptr().cast(),
            length(one),
            other.as_ptr().cast(),
            length(other),
            collation,
        )
    })?;
    Ok(order.cmp(&0))
}

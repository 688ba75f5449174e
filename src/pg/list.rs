//! PostgreSQL's lists. pgrx's own call functions that are no symbols of the server's.

use pgrx::pg_sys;

/// The cells of a list, which stand side by side; none of a list that is null.
///
/// # Safety
/// A list, or null, that lives as long as the cells are looked at.
pub(super) unsafe fn cells<'a>(list: *const pg_sys::List) -> &'a [pg_sys::ListCell] {
    // SAFETY: as promised; an array of `length` cells.
    unsafe {
        list.as_ref().map_or(&[][..], |list| {
            std::slice::from_raw_parts(list.elements, usize::try_from(list.length).unwrap_or_default())
        })
    }
}

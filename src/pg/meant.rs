//! What the names in a statement of ours mean. PostgreSQL looks them up whenever it parses a statement, which it does anew after
//! changes; by then a name may have passed to a table or view of somebody else's, whose code would run as the role that the statement
//! runs as. Or the table itself has passed to another owner, whose code that is then. So each statement that runs as the owner of tables
//! says which tables it means, and runs on no other owner's.

use super::list::cells;
use super::restored::Restored;
use super::{raw, relation};
use crate::errors::RAISED_IN;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::ptr::null_mut;
use std::sync::OnceLock;

/// The tables that a statement may name.
pub type Meant = [Oid; 3];

/// A statement, by the place of its text, and what it means.
type Statement = (*const c_char, Meant);

thread_local! {
    static RUNNING: Cell<Option<Statement>> = const { Cell::new(None) };
}

/// Runs `body`, which parses or runs the statement that stands there: names in it that mean other tables, or tables of another role's than
/// the one in force, are an error, before any code of these runs. What the statement sets off is not asked.
pub(super) fn meaning<T>(text: *const c_char, meant: Option<Meant>, body: impl FnOnce() -> T) -> T {
    let Some(meant) = meant else {
        return body();
    };
    let _restored = Restored::set(&RUNNING, Some((text, meant)));
    body()
}

static OTHERS: OnceLock<pg_sys::post_parse_analyze_hook_type> = OnceLock::new();

/// Has PostgreSQL ask what names mean, whenever it has parsed a statement.
pub fn watch_names() {
    // SAFETY: the backend has one thread; the library is loaded once.
    unsafe {
        OTHERS.get_or_init(|| pg_sys::post_parse_analyze_hook);
        pg_sys::post_parse_analyze_hook = Some(look);
    }
}

/// Owns nothing, for its error jumps over it.
unsafe extern "C-unwind" fn look(
    state: *mut pg_sys::ParseState,
    query: *mut pg_sys::Query,
    jumbled: *mut pg_sys::JumbleState,
) {
    // SAFETY: PostgreSQL's own arguments.
    unsafe {
        if let Some((text, meant)) = RUNNING.get()
            && (*state).p_sourcetext == text
            && !names_only(query, &meant)
        {
            refuse();
        }
        if let Some(others) = OTHERS.get().copied().flatten() {
            others(state, query, jumbled);
        }
    }
}

/// # Safety
/// A query fresh from the parser.
unsafe fn names_only(query: *mut pg_sys::Query, meant: &Meant) -> bool {
    let (mut relations, mut others, mut has_policies) = (null_mut(), null_mut(), false);
    // SAFETY: reads the query; gives lists of OIDs, in the memory of the statement that is parsed.
    unsafe {
        raw::extract_query_dependencies(query.cast(), &raw mut relations, &raw mut others, &raw mut has_policies);
        let role = pg_sys::GetUserId();
        cells(relations).iter().all(|cell| {
            let is_of_role = |row: pg_sys::FormData_pg_class| row.relowner == role;
            meant.contains(&cell.oid_value) && relation::row(cell.oid_value).is_some_and(is_of_role)
        })
    }
}

/// # Safety
/// No frame up to the statement that is parsed owns anything.
unsafe fn refuse() {
    use pgrx::pg_sys::errcodes::PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE as CODE;
    // SAFETY: constant strings.
    unsafe {
        if raw::errstart(pgrx::PgLogLevel::ERROR as c_int, std::ptr::null()) {
            raw::errcode(CODE as c_int);
            raw::errmsg(
                c"a table that a total hangs on has passed to another owner, or its name to another table".as_ptr(),
            );
            raw::errdetail(c"That happened while a statement of spend_sync's was on its way.".as_ptr());
            raw::errhint(c"Try the transaction again.".as_ptr());
            raw::errfinish(RAISED_IN.as_ptr(), 0, RAISED_IN.as_ptr());
        }
    }
}

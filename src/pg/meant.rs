//! What the names in a statement of ours mean. PostgreSQL looks them up whenever it parses a statement, which it does anew after
//! changes; by then a name may have passed to a table or view of somebody else's, whose code would run as the role that the statement
//! runs as. Or the table itself has passed to another owner, whose code that is then. So each statement that runs as the owner of tables
//! says which tables it means, and runs on no other owner's; nor does it call functions of a type's owner, who made casts of them.

use super::list::cells;
use super::restored::Restored;
use super::{raw, relation};
use crate::errors::RAISED_IN;
use pgrx::pg_sys::{self, Datum, Oid};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};
use std::ptr::null_mut;
use std::sync::OnceLock;

/// The tables that a statement may name; where they are fewer, one stands there more than once.
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
            && let Some(strange) = strange_in(query, &meant)
        {
            strange.raise();
        }
        if let Some(others) = OTHERS.get().copied().flatten() {
            others(state, query, jumbled);
        }
    }
}

/// What a statement of ours never means.
enum Strange {
    Table,
    Function,
}

/// # Safety
/// A query fresh from the parser.
unsafe fn strange_in(query: *mut pg_sys::Query, meant: &Meant) -> Option<Strange> {
    let (mut relations, mut others, mut has_policies) = (null_mut(), null_mut(), false);
    // SAFETY: reads the query; gives lists of OIDs, and of functions that are not PostgreSQL's own, in the memory of the statement that
    // is parsed.
    unsafe {
        raw::extract_query_dependencies(query.cast(), &raw mut relations, &raw mut others, &raw mut has_policies);
        let role = pg_sys::GetUserId();
        let is_meant = |table: Oid| {
            let is_of_role = |row: pg_sys::FormData_pg_class| row.relowner == role;
            meant.contains(&table) && relation::row(table).is_some_and(is_of_role)
        };
        if !cells(relations).iter().all(|cell| is_meant(cell.oid_value)) {
            return Some(Strange::Table);
        }
        let mut functions = cells(others)
            .iter()
            .map(|cell| &*cell.ptr_value.cast::<pg_sys::PlanInvalItem>());
        if !others.is_null() && functions.any(|function| function.hashValue != hash_of_is_own()) {
            return Some(Strange::Function);
        }
        None
    }
}

/// By which the system caches know the one function of ours that statements call.
///
/// # Safety
/// No frame up to the statement that is parsed owns anything.
unsafe fn hash_of_is_own() -> u32 {
    use pg_sys::SysCacheIdentifier::PROCOID;
    let none = Datum::from(0);
    // SAFETY: constant strings, and lists of them; hashes one key of that cache.
    unsafe {
        let word = |list, text: &CStr| raw::lappend(list, raw::makeString(text.as_ptr().cast_mut()));
        let name = word(word(null_mut(), c"spend_sync"), c"is_own");
        let number = pg_sys::XIDOID;
        let function = raw::LookupFuncName(name, 1, &raw const number, true);
        raw::GetSysCacheHashValue(PROCOID as c_int, function.into(), none, none, none)
    }
}

impl Strange {
    /// # Safety
    /// No frame up to the statement that is parsed owns anything.
    unsafe fn raise(self) {
        use pgrx::pg_sys::errcodes::PgSqlErrorCode as Code;
        let (code, message, detail, hint) = match self {
            Self::Table => (
                Code::ERRCODE_T_R_SERIALIZATION_FAILURE,
                c"a table that a total hangs on has passed to another owner, or its name to another table",
                c"That happened while a statement of spend_sync's was on its way.",
                c"Try the transaction again.",
            ),
            Self::Function => (
                Code::ERRCODE_FEATURE_NOT_SUPPORTED,
                c"a total cannot be kept through a cast that is a function",
                c"The status is of a type with an IMPLICIT cast, which PostgreSQL would compare it by; it would run as the owner of the \
                  tables.",
                c"Drop the cast, or create it AS ASSIGNMENT, or WITH INOUT.",
            ),
        };
        // SAFETY: constant strings.
        unsafe {
            if raw::errstart(pgrx::PgLogLevel::ERROR as c_int, std::ptr::null()) {
                raw::errcode(code as c_int);
                raw::errmsg(message.as_ptr());
                raw::errdetail(detail.as_ptr());
                raw::errhint(hint.as_ptr());
                raw::errfinish(RAISED_IN.as_ptr(), 0, RAISED_IN.as_ptr());
            }
        }
    }
}

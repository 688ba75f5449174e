//! What an error of code that ran as the owner of the tables tells a role that may not read them. The server's log keeps all.

use super::error::{LOCK_NOT_AVAILABLE, class, context_of_errors};
use crate::errors::{Error, PgError, Source};
use pgrx::pg_sys;
use std::ffi::{CStr, CString, c_char};
use std::ptr::null_mut;

/// An error of `statement`, which ran as the owner of the tables, for somebody without that role's rights: PostgreSQL shows
/// rows, keys and values where the role in force may see them. SQLSTATE, the names of constraint, table and column, and what
/// code of the owner's says by RAISE or ASSERT stay.
pub fn without_rows(error: Error, statement: &str) -> Error {
    if let Error::Postgres(PgError(data, source)) = &error {
        // SAFETY: a copy of the error that is ours until it is rethrown.
        unsafe { hide(&mut **data, *source, statement) };
    }
    error
}

/// # Safety
/// The error's strings must be C strings, or null.
unsafe fn hide(data: &mut pg_sys::ErrorData, source: Source, statement: &str) {
    // SAFETY: as above.
    let text = |string: *const c_char| unsafe {
        (!string.is_null()).then(|| CStr::from_ptr(string).to_string_lossy().into_owned())
    };
    if source == Source::Told {
        return hide_context(data, &text, statement, Vec::new());
    }
    let mut told: Vec<String> = Vec::new();
    let is_of_values = match class(data.sqlerrcode) {
        // Of the transaction, a lock, or the server: no values.
        [b'2', b'5'] | [b'4', b'0'] | [b'5', b'3'] | [b'5', b'4'] | [b'5', b'7'] => {
            return hide_context(data, &text, statement, told);
        }
        _ if data.sqlerrcode == LOCK_NOT_AVAILABLE => return hide_context(data, &text, statement, told),
        // Of a constraint, by name; of PL/pgSQL, that a query returned none or many.
        [b'2', b'3'] | [b'P', b'0'] => false,
        // What right is missing on which object; anything else may name a value that code of the owner's took for a name.
        _ => source != Source::Rights,
    };
    if is_of_values {
        told.extend(text(data.message));
        data.message = c_string("a value that this role may not see could not be handled");
        told.extend(text(data.hint));
        data.hint = null_mut();
    }
    told.extend(text(data.detail_log).or_else(|| text(data.detail)));
    data.detail = null_mut();
    hide_context(data, &text, statement, told);
}

/// The context, as far as it shows no statement that code of the owner's has put together; with the rest it goes to the log.
fn hide_context(
    data: &mut pg_sys::ErrorData,
    text: &impl Fn(*const c_char) -> Option<String>,
    statement: &str,
    mut told: Vec<String>,
) {
    if let Some(context) = text(data.context) {
        let kept = context_for_strangers(&context, statement);
        if kept.begins_unknown && !data.internalquery.is_null() {
            told.extend(text(data.internalquery));
            (data.internalquery, data.internalpos) = (null_mut(), 0);
        }
        if kept.context != context {
            told.push(context);
            data.context = c_string(&kept.context);
        }
    }
    if !told.is_empty() {
        // What it says to client and log alike is said to the log by this.
        if !data.detail.is_null() {
            told.splice(..0, text(data.detail_log).or_else(|| text(data.detail)));
        }
        data.detail_log = c_string(&told.join("\n"));
    }
}

fn c_string(text: &str) -> *mut c_char {
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: copies it to where the error lives.
    unsafe { pg_sys::MemoryContextStrdup(context_of_errors(), text.as_ptr()) }
}

struct Kept {
    context: String,
    /// Where the error was raised is none of the places that are known to show no values.
    begins_unknown: bool,
}

/// The lines of a context, the innermost first: what stands outside of our statement is the caller's own; inside, lines that
/// tell a place in code are kept, and so are statements that stand in the code as they are.
fn context_for_strangers(context: &str, statement: &str) -> Kept {
    let ours = format!("SQL statement \"{statement}\"");
    let (inner, outer) = context.split_at(context.rfind(&ours).unwrap_or(context.len()));
    let lines: Vec<&str> = inner.lines().collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut begins_unknown = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let end = if line.starts_with(STATEMENT) {
            end_of_statement(&lines, at)
        } else {
            at + 1
        };
        let is_known = if line.starts_with(STATEMENT) {
            lines.get(end).is_some_and(|next| is_static(next))
        } else {
            PLACES.iter().any(|place| line.starts_with(place)) && !line.ends_with(DYNAMIC)
        };
        begins_unknown |= at == 0 && !is_known;
        // The place of a dynamic statement is a place still.
        if is_known || PLACES.iter().any(|place| line.starts_with(place)) {
            kept.extend(lines.get(at..end).unwrap_or_default());
        }
        at = end;
    }
    kept.extend(outer.lines());
    let context = kept.join("\n");
    Kept {
        context,
        begins_unknown,
    }
}

const STATEMENT: &str = "SQL statement \"";
const DYNAMIC: &str = " at EXECUTE";
const PLACES: [&str; 8] = [
    "PL/pgSQL function ",
    "PL/pgSQL assignment \"",
    "PL/pgSQL expression \"",
    "SQL function \"",
    "while updating tuple ",
    "while locking tuple ",
    "while deleting tuple ",
    "while inserting index tuple ",
];

/// The line after a statement's last.
fn end_of_statement(lines: &[&str], at: usize) -> usize {
    let ends = |end: &usize| {
        let next = lines.get(*end);
        lines.get(end - 1).is_some_and(|last| last.ends_with('"'))
            && next.is_none_or(|next| PLACES.iter().any(|place| next.starts_with(place)))
    };
    (at + 1..=lines.len()).find(ends).unwrap_or(lines.len())
}

/// Whether a line is of a place whose statement stands in the code as it is.
fn is_static(place: &str) -> bool {
    const STATIC: [&str; 6] = [
        " at SQL statement",
        " at PERFORM",
        " at assignment",
        " at IF",
        " at FOR over SELECT rows",
        " at CALL",
    ];
    place.starts_with("PL/pgSQL function ") && STATIC.iter().any(|kind| place.ends_with(kind))
}

#[cfg(test)]
mod tests {
    use super::context_for_strangers;

    #[test]
    fn contexts_show_places_and_no_values() {
        const OURS: &str = "UPDATE campaigns AS c SET spent = $2";
        let kept = |context: &str| {
            let kept = context_for_strangers(context, OURS);
            (kept.context, kept.begins_unknown)
        };
        let fixed = "SQL statement \"INSERT INTO ledger\nVALUES (NEW.spent)\"\nPL/pgSQL function f() line 1 at SQL statement\n\
                     SQL statement \"UPDATE campaigns AS c SET spent = $2\"\nSQL statement \"UPDATE clips SET earnings = 5\"";
        assert_eq!(kept(fixed), (fixed.to_owned(), false));
        let outer = "SQL statement \"UPDATE campaigns AS c SET spent = $2\"\nwhatever the caller did";
        let place = "PL/pgSQL function f() line 1 at EXECUTE";
        let made = format!("SQL statement \"INSERT INTO ledger\nVALUES (5000)\"\n{place}\n{outer}");
        assert_eq!(kept(&made), (format!("{place}\n{outer}"), true));
        assert_eq!(kept(&format!("{place}\n{outer}")), (format!("{place}\n{outer}"), true));
        assert_eq!(
            kept(&format!("JSON data, line 1: 5000\n{outer}")),
            (outer.to_owned(), true)
        );
        assert_eq!(kept(outer), (outer.to_owned(), false));
        assert_eq!(kept("SQL statement \"SELECT 5000\""), (String::new(), true));
        let forged = format!("SQL statement \"SELECT 5000\"\n{outer}\nSQL statement \"{OURS}\"");
        assert!(!kept(&forged).0.contains("5000"));
    }
}

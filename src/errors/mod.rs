//! Every error of ours, by theme, and the one way it reaches the client. Names of tables and columns in them are already
//! quoted as for SQL; keys and amounts are as PostgreSQL prints them.

use pgrx::pg_sys;
use pgrx::pg_sys::errcodes::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use std::ffi::CStr;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of PostgreSQL's own, whole, on its way to the entry point that raises it again.
#[derive(Debug)]
pub struct PgError(pub *mut pg_sys::ErrorData, pub Source);

/// What an error's place in code says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It shows no row: what code of the owner's says by RAISE and ASSERT, that a deferred trigger may not fire, and ours,
    /// which knows who asks.
    Told,
    /// It is about a missing right.
    Rights,
    Other,
}

/// What can go wrong.
#[derive(Debug)]
pub enum Error {
    /// An error of PostgreSQL's own, or of the user's triggers and constraints: it passes through whole.
    Postgres(PgError),
    Ours(Ours),
}

/// An error of ours.
#[derive(Debug)]
pub enum Ours {
    Internal(internal::InternalError),
    Trigger(trigger::TriggerError),
    Call(call::CallError),
    Total(total::TotalError),
    Table(table::TableError),
    Column(column::ColumnError),
    /// The first of several, and how many more there are.
    First(Box<Ours>, usize),
}

impl Error {
    /// Cannot happen.
    pub fn internal(what: impl Into<String>) -> Self {
        internal::InternalError::CannotHappen { what: what.into() }.into()
    }
}

/// The function that errors of ours name as where they come from.
pub const RAISED_IN: &CStr = c"spend_sync";

impl Ours {
    pub fn into_parts(self) -> Parts {
        match self {
            Self::Internal(error) => error.parts(),
            Self::Trigger(error) => error.parts(),
            Self::Call(error) => error.parts(),
            Self::Total(error) => error.parts(),
            Self::Table(error) => error.parts(),
            Self::Column(error) => error.parts(),
            Self::First(first, others) => {
                let parts = first.into_parts();
                let hint = format!(
                    "{} More is wrong than that ({others}): spend_sync_plan() with the same arguments says all.",
                    parts.hint
                );
                Parts { hint, ..parts }
            }
        }
    }

    /// As pgrx reports it.
    pub fn into_report(self) -> ErrorReport {
        let parts = self.into_parts();
        ErrorReport::new(parts.code, parts.message, RAISED_IN.to_str().unwrap_or_default())
            .set_detail(parts.detail)
            .set_hint(parts.hint)
    }
}

/// The parts of an error as the client sees them.
pub struct Parts {
    pub code: PgSqlErrorCode,
    pub message: String,
    pub detail: String,
    pub hint: String,
}

/// Declares the errors of a theme: each with its fields, SQLSTATE, message, DETAIL and HINT. The message is a literal, so that
/// [`tests::every_error_is_listed`] can print all of them for the documentation.
macro_rules! errors {
    ($(#[$doc:meta])* $theme:ident => $kind:ident {
        $($(#[$about:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? }
            => $code:ident, $message:literal, $detail:expr, $hint:expr;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $theme {
            $($(#[$about])* $name { $($field: $type),* },)*
        }

        impl $theme {
            #[allow(unused_variables)]
            pub(super) fn parts(self) -> super::Parts {
                match self {
                    $(Self::$name { $($field),* } => super::Parts {
                        code: pgrx::pg_sys::errcodes::PgSqlErrorCode::$code,
                        message: format!($message),
                        detail: $detail.to_string(),
                        hint: $hint.to_string(),
                    },)*
                }
            }

            /// SQLSTATE (as PostgreSQL's sources call it) and message of each, with the fields' names in braces.
            #[cfg(test)]
            pub(super) const LIST: &[(&str, &str)] = &[$((stringify!($code), $message)),*];
        }

        impl From<$theme> for super::Error {
            fn from(error: $theme) -> Self {
                Self::Ours(super::Ours::$kind(error))
            }
        }
    };
}

pub mod call;
pub mod column;
pub mod internal;
pub mod problems;
pub mod table;
pub mod total;
pub mod trigger;

/// "a", "a and b", "a, b and c".
pub fn listed(items: &[String]) -> String {
    match items {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{call, column, internal, listed, table, total, trigger};

    #[test]
    fn lists_read_as_a_sentence() {
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(listed(&items), "a, b and c");
        assert_eq!(listed(&items[..2]), "a and b");
        assert_eq!(listed(&items[..1]), "a");
        assert_eq!(listed(&[]), "none");
    }

    /// Prints them, for the documentation's test to compare: a line an error, SQLSTATE's name and message.
    #[test]
    fn every_error_is_listed() {
        println!(); // ends the line on which the test is announced
        for theme in [
            internal::InternalError::LIST,
            trigger::TriggerError::LIST,
            call::CallError::LIST,
            total::TotalError::LIST,
            table::TableError::LIST,
            column::ColumnError::LIST,
        ] {
            for (code, message) in theme {
                println!("error\t{code}\t{message}");
            }
        }
    }
}

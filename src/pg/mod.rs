//! PostgreSQL's inside, wrapped in safe functions: the only folder where `unsafe` may stand.
//!
//! Two things pgrx has no safe wrapper for decide its shape. Statements run with a snapshot of our choosing, and an error
//! that PostgreSQL raises inside of one is carried as a value, [`crate::errors::PgError`], up to the entry point and
//! rethrown there whole.
#![allow(unsafe_code)]

pub mod attribute;
pub mod bare;
pub mod cache;
pub mod collation;
pub mod datum;
pub mod error;
pub mod event;
pub mod guard;
pub mod index;
pub mod kind;
mod list;
pub mod locked;
pub mod meant;
pub mod name;
pub mod procedure;
mod raw;
pub mod relation;
pub mod restored;
pub mod role;
mod scan;
pub mod session;
pub mod snapshot;
pub mod spi;
pub mod subtransaction;
mod symbols;
pub mod table;
pub mod transaction;
pub mod trigger;
pub mod trigger_row;

pub use symbols::{Entries, register_entries};

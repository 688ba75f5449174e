//! spend_sync keeps `campaigns.spent` equal to the sum of the earnings of its approved clips.
//!
//! The folders stand in the order of the way that a write, a call or a command takes; each uses those below it alone:
//!
//! ```text
//! entry       what PostgreSQL calls: functions, triggers, events (ALTER, DROP), the end of transactions
//! manage      on request: attach, detach, repair, preview, check
//! follow      changes of tables: renames, partitions
//! write       a write's way: captured, flushed, locked, looked up, moved or summed, stored
//! binding     which tables and columns feed which total, as the triggers say it
//! statements  the SQL of a total, as text over plain names; and catalog, what PostgreSQL says of tables
//! pg          PostgreSQL's inside, the only folder with `unsafe` in it
//! value       keys, money, rows, names
//! errors      every error; and settings
//! ```
//!
//! `write/mod.rs` tells the way of one clip's earnings.
#![deny(unsafe_code)]

use pgrx::prelude::*;

mod binding;
mod catalog;
mod entry;
mod errors;
mod follow;
mod manage;
mod pg;
mod settings;
mod statements;
mod value;
mod write;

pgrx::pg_module_magic!(name, version);

extension_sql_file!("../sql/bootstrap.sql", name = "bootstrap", bootstrap);
extension_sql_file!(
    "../sql/schema.sql",
    name = "schema",
    requires = [entry::functions::spend_sync]
);
extension_sql_file!(
    "../sql/binding.sql",
    name = "binding",
    requires = ["schema", entry::functions::spend_sync::bindings]
);
extension_sql_file!("../sql/events.sql", name = "events", requires = ["schema"]);
extension_sql_file!("../sql/procedures.sql", name = "procedures", requires = ["schema"]);
extension_sql_file!("../sql/grants.sql", name = "grants", finalize);

/// Called by PostgreSQL when the library is loaded into a backend.
#[pg_guard]
extern "C-unwind" fn _PG_init() {
    if pg::session::is_setting_defined(settings::MARK) {
        let library = env!("CARGO_PKG_VERSION");
        return pg::error::raise(errors::call::CallError::OtherLibrary { library }.into());
    }
    settings::define();
    pg::session::reserve_settings(c"spend_sync");
    pg::register_entries(entry::entries());
    pg::meant::watch_names();
    pg::transaction::register_callbacks(entry::transactions::callbacks());
}

#[cfg(any(test, feature = "pg_test"))]
#[allow(clippy::unwrap_used)]
mod tests;

/// What `cargo pgrx test` asks for.
#[cfg(test)]
pub mod pg_test {
    pub fn setup(_options: Vec<&str>) {}

    pub fn postgresql_conf_options() -> Vec<&'static str> {
        vec![]
    }
}

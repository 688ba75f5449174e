//! spend_sync keeps `campaigns.spent` equal to the sum of the earnings of its approved clips.
//!
//! The data goes one way:
//!
//! ```text
//! triggers -> capture -> flush -> single -> adjust -> locks      (a write)
//!                              -> adjust
//!                              -> settle -> locks, large
//! functions -> attach | repair | report | check -> binding       (a call)
//! commands -> follow | partitions -> binding, flush              (ALTER, DROP)
//! ```
//!
//! `flush` brings up what a transaction owes: `adjust` says by how much totals may be moved, `settle` sums the others and
//! stores all, `single` is the short way for one row, `large` knows which campaigns may be moved, `corrections` is the log.
//!
//! `binding` says which tables and columns feed which total: read from the triggers' arguments (`mapping`), looked up
//! in the `catalog`, validated as a `shape`. `statements`, `mapping`, `key`, `values`, `names` and `money` are pure;
//! `errors`, `settings` and `cache` are leaves; `backend` is the only module with `unsafe` in it.

use pgrx::prelude::*;

mod adjust;
mod attach;
mod backend;
mod binding;
mod cache;
mod capture;
mod catalog;
mod check;
mod commands;
mod corrections;
mod ddl;
mod detect;
mod errors;
mod flush;
mod follow;
mod functions;
mod key;
mod large;
mod locks;
mod mapping;
mod money;
mod names;
mod partitions;
mod repair;
mod report;
mod settings;
mod settle;
mod shape;
mod single;
mod statements;
mod trigger_binding;
mod trigger_catalog;
mod triggers;
mod values;

pgrx::pg_module_magic!(name, version);

extension_sql_file!("../sql/schema.sql", name = "schema", requires = [functions::spend_sync]);
extension_sql_file!(
    "../sql/binding.sql",
    name = "binding",
    requires = ["schema", functions::spend_sync::bindings]
);
extension_sql_file!("../sql/events.sql", name = "events", requires = ["schema"]);
extension_sql_file!("../sql/procedures.sql", name = "procedures", requires = ["schema"]);
extension_sql_file!("../sql/grants.sql", name = "grants", finalize);

/// Called by PostgreSQL when the library is loaded into a backend.
#[pg_guard]
extern "C-unwind" fn _PG_init() {
    settings::define();
    backend::reserve_settings(c"spend_sync");
    backend::register_callbacks(backend::Callbacks {
        owes_nothing: flush::owes_nothing,
        before_commit: flush::before_commit,
        after_end,
        subtransaction_commits: capture::commit_subtransaction,
        subtransaction_aborts,
        relation_changed: cache::forget,
    });
}

/// The transaction ended.
fn after_end() {
    capture::clear();
    corrections::acquit();
    large::clear();
    commands::clear();
}

/// A subtransaction of this nest level was rolled back.
fn subtransaction_aborts(nest: i32) {
    capture::abort_subtransaction(nest);
    corrections::acquit();
}

#[cfg(any(test, feature = "pg_test"))]
#[allow(clippy::unwrap_used)]
mod tests;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod properties;

/// What `cargo pgrx test` asks for.
#[cfg(test)]
pub mod pg_test {
    pub fn setup(_options: Vec<&str>) {}

    pub fn postgresql_conf_options() -> Vec<&'static str> {
        vec![]
    }
}

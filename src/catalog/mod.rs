//! What PostgreSQL's catalogs say of tables, columns, keys and rights: read only, with nothing but pg_catalog in sight,
//! and as of now (an old snapshot would not show a trigger that is firing already).

use crate::errors::Result;
use crate::pg::snapshot::Sees;
use crate::pg::{session, spi};
use crate::value::param::Param;
use crate::value::row::Row;
mod columns;
mod direct;
pub mod fits;
mod functions;
mod keys;
mod labels;
mod rights;
pub mod shape;
mod strangers;
mod tables;

pub use columns::{Column, column_names, columns, listed, numbers};
pub use direct::{has_rules, index_of, update_of};
pub use functions::{
    TriggerFunction, event_trigger_functions_without_path, row_triggers_writing, trigger_functions_without_path,
};
pub use keys::{
    ForeignKey, Unique, can_all_wait, foreign_keys, has_index, is_unique, primary_key, unique_indexes_over, unique_keys,
};
pub use labels::{enum_labels, label_oids, labels_of};
pub use rights::{extension_version, functions_denied, hides_rows, keeper, missing_grant, missing_right, owns_schema};
pub use strangers::{Strange, code_of_others, implicit_cast};
pub use tables::{
    Alike, Relation, alike, display, find, find_visible, is_below, named, names, of_others, parent, partition_columns,
    partition_oids, partitioned_by, relation, root, unlogged, with_partitions,
};

/// Reads the catalogs.
pub fn read(sql: &str, values: &[Param]) -> Result<Vec<Row>> {
    session::with_catalog_names(|| spi::query(sql, values, Sees::Latest))
}

/// The same, of what is read at every command: its plan is kept.
pub fn read_often(sql: &'static str, values: &[Param]) -> Result<Vec<Row>> {
    session::with_catalog_names(|| spi::query_often(sql, values, Sees::Latest))
}

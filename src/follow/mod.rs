//! Changes of tables: a binding knows its tables by name and hears of their rows by row triggers, so names that change and
//! partitions that come and go have to be followed.

pub mod inheritance;
pub mod partitions;
pub mod renames;
pub mod types;

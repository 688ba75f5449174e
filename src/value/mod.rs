//! Values outside of PostgreSQL's memory: pure, but for the OIDs of its types.

pub mod columns;
pub mod key;
pub mod mapping;
pub mod money;
pub mod names;
pub mod param;
pub mod row;
pub mod status;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod properties;

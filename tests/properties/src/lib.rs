//! Random programs of writes with awkward values, against a plain model: whatever was written, each campaign's spent is
//! the exact sum in its column's type, or the write that would have made it otherwise failed whole and named the campaign.
//!
//! amount (numbers as columns hold them) -> shape (the tables) -> program (what is written, and how it is made up) ->
//! model (what must come of it) | sql (how one says it) -> run (both, compared); session is the connection. The tests
//! themselves are in tests/.
//!
//! A run is the same each time; PROPTEST_CASES and SEED choose another. What fails is shrunk, then printed with the
//! statements that led to it.

pub mod amount;
pub mod model;
pub mod program;
pub mod run;
pub mod session;
pub mod shape;
pub mod sql;

//! A write's way. One clip's earnings grow by 2.00, and this is what happens:
//!
//! 1. `touched`: the row trigger on clips notes the clip and the difference, in memory.
//! 2. `capture`: what was noted stands at the level of its (sub)transaction, until it is flushed or rolled back.
//! 3. `flush`: the statement trigger fires, once no other statement of its query is `under_way`, or the deferred one at
//!    commit (`wake` says whether an event of that waits): what is owed is brought up, step by step. From 5 on, `settle` takes the
//!    totals of one row together.
//! 4. `locks`: clips that a link came to point to are locked, then the campaigns, each set in the order of its keys.
//! 5. `moves`: the clip's links are looked up, and say by how much each total has to move; `few` is the short way for
//!    a few rows, each by a `look`.
//! 6. `sums`: what cannot be moved is summed; `from_sums` does so whatever is known.
//! 7. `store`: one UPDATE writes what differs, or one row is written without any; `own_update` tells the campaigns trigger that it is
//!    ours.
//! 8. `drift`: a total that was wrong before is logged.
//!
//! Between 3 and 4, now and then: `verify` compares a total with its clips, the one whose turn it is by the backend's
//! `schedule`; `large` lets all backends know of those that take long.

pub mod capture;
pub mod drift;
mod due;
mod few;
pub mod flush;
mod from_sums;
pub mod guards;
pub mod large;
pub mod locks;
mod look;
mod moves;
pub mod own_update;
pub mod replica;
pub mod schedule;
mod settle;
mod store;
mod sums;
pub mod touched;
pub mod under_way;
pub mod verify;
pub mod wake;

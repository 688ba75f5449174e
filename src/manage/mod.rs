//! What is done on request: a total is bound, let go of, repaired, previewed, looked over.

pub mod advice;
pub mod attach;
pub mod behind;
pub mod chains;
pub mod check;
pub mod detach;
pub mod detect;
mod grants;
mod keys;
mod links;
pub mod plan;
pub mod preview;
mod rebound;
pub mod renew;
pub mod repair;
mod replaced;
mod salvage;
mod statuses;

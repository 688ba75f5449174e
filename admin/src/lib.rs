//! An HTTP endpoint and a page from which an administrator previews and repairs the totals that spend_sync keeps.
//!
//! The data goes one way:
//!
//! ```text
//! main -> config -> routes -> access -> tokens             (whoever asks)
//!                          -> api -> previews, selection -> database -> records    (a preview)
//!                             api -> progress -> database                          (a repair)
//!                          -> page                         (files, the same for everybody)
//! ```
//!
//! `app` is what all requests share; `errors` is what goes wrong, and a leaf. Nothing is kept between requests but the
//! last preview, for its pages.

mod access;
mod api;
mod app;
mod config;
mod database;
mod errors;
mod page;
mod previews;
mod progress;
mod records;
mod routes;
mod selection;
mod tokens;

pub use app::App;
pub use config::Config;
pub use routes::router;

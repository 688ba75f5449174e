//! `spend_sync_drivers tokio-postgres|sqlx`: what an application does through these clients. PGHOST and the like say
//! where.

mod checks;
mod keys;
mod with_sqlx;
mod with_tokio_postgres;

use anyhow::{Result, bail};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let client = std::env::args().nth(1).unwrap_or_default();
    Ok(match client.as_str() {
        "tokio-postgres" => with_tokio_postgres::story().await?,
        "sqlx" => with_sqlx::story().await?,
        _ => bail!("usage: spend_sync_drivers tokio-postgres|sqlx"),
    })
}

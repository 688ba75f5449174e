//! What the environment says.

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::net::SocketAddr;
use std::time::Duration;

const LISTEN: &str = "127.0.0.1:8787";
/// Half of what `openssl rand -hex 32` prints: nobody guesses 128 bits.
const SHORTEST_TOKEN: usize = 32;
const CONNECTIONS: u32 = 8;
/// A database that is away is an answer too, and the browser waits for it.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(3);

/// All that can be configured, from these variables:
///
/// - `DATABASE_URL`: `postgres://role:password@host/database`, with `sslmode` and the like as sqlx reads them
/// - `SPEND_SYNC_ADMIN_TOKEN`: who shows it may preview and repair; at least 32 characters
/// - `SPEND_SYNC_VIEWER_TOKEN` (optional): who shows it may preview only
/// - `SPEND_SYNC_CAMPAIGNS` (optional): which campaigns table, where several are attached
/// - `SPEND_SYNC_BUDGET` (optional): the column of the budget, if it is not called `budget`
/// - `LISTEN` (optional): address and port; 127.0.0.1:8787 unless said otherwise
#[derive(Clone)]
pub struct Config {
    pub database: PgConnectOptions,
    pub admin_token: String,
    pub viewer_token: Option<String>,
    pub campaigns: Option<String>,
    pub budget: String,
    pub listen: SocketAddr,
}

impl Config {
    pub fn from_environment() -> Result<Self> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// A variable that is set to nothing counts as not set.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let url = variable("DATABASE_URL")
            .context("DATABASE_URL is not set: say which database, as postgres://role@host/database")?;
        let admin_token = variable("SPEND_SYNC_ADMIN_TOKEN").context(
            "SPEND_SYNC_ADMIN_TOKEN is not set: without one, anybody could change totals; `openssl rand -hex 32` makes one",
        )?;
        let viewer_token = variable("SPEND_SYNC_VIEWER_TOKEN");
        check_token("SPEND_SYNC_ADMIN_TOKEN", &admin_token)?;
        if let Some(token) = &viewer_token {
            check_token("SPEND_SYNC_VIEWER_TOKEN", token)?;
            if *token == admin_token {
                bail!("SPEND_SYNC_VIEWER_TOKEN is the same as SPEND_SYNC_ADMIN_TOKEN: a viewer could change totals");
            }
        }
        let listen = variable("LISTEN").unwrap_or_else(|| LISTEN.to_owned());
        Ok(Self {
            // The message of a URL that cannot be read may hold the password: it is not passed on.
            database: url
                .parse::<PgConnectOptions>()
                .ok()
                .context("DATABASE_URL cannot be read: it should look like postgres://role:password@host/database")?,
            admin_token,
            viewer_token,
            campaigns: variable("SPEND_SYNC_CAMPAIGNS"),
            budget: variable("SPEND_SYNC_BUDGET").unwrap_or_else(|| "budget".to_owned()),
            listen: listen
                .parse()
                .with_context(|| format!("LISTEN is {listen}: it should be an address and a port, such as {LISTEN}"))?,
        })
    }

    /// Connections are made when they are needed, so that a database that is away at the start may come later.
    pub fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECTION_TIMEOUT)
            .connect_lazy_with(self.database.clone().application_name("spend-sync-admin"))
    }
}

fn check_token(name: &str, token: &str) -> Result<()> {
    if token.len() < SHORTEST_TOKEN {
        bail!(
            "{name} has {} characters, and needs {SHORTEST_TOKEN}: `openssl rand -hex 32` makes a good one",
            token.len()
        );
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!("{name} holds blanks or characters that no HTTP header carries: `openssl rand -hex 32` makes a good one");
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Config;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let mut all = vec![
            ("DATABASE_URL", "postgres://nobody:secret@nowhere/none"),
            ("SPEND_SYNC_ADMIN_TOKEN", TOKEN),
        ];
        all.splice(0..0, variables.iter().copied());
        Config::from_variables(|name| {
            all.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn two_variables_are_enough() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8787");
        assert_eq!((config.budget.as_str(), config.campaigns), ("budget", None));
    }

    #[test]
    fn no_start_without_a_token_or_with_a_poor_one() {
        for (name, value, complaint) in [
            ("SPEND_SYNC_ADMIN_TOKEN", "", "is not set"),
            (
                "SPEND_SYNC_ADMIN_TOKEN",
                "0123456789abcdef0123456789abcde",
                "has 31 characters",
            ),
            (
                "SPEND_SYNC_ADMIN_TOKEN",
                "0123456789abcdef 0123456789abcdef",
                "holds blanks",
            ),
            ("SPEND_SYNC_VIEWER_TOKEN", "short", "has 5 characters"),
            ("SPEND_SYNC_VIEWER_TOKEN", TOKEN, "is the same"),
            ("DATABASE_URL", "", "is not set"),
            ("LISTEN", "8787", "should be an address and a port"),
        ] {
            let error = read(&[(name, value)]).err().unwrap();
            assert!(error.contains(name) && error.contains(complaint), "{error}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_read_is_not_repeated() {
        let error = read(&[("DATABASE_URL", "postgres://nobody:secret@nowhere:port/none")])
            .err()
            .unwrap();
        assert!(!error.contains("secret"), "{error}");
    }
}

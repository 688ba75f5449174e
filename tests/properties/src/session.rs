//! A connection, and what went over it: the statements that led to a failure.

use std::env;

use postgres::{Client, NoTls, SimpleQueryMessage};

/// What the server said to a statement that it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    pub code: String,
    pub message: String,
    pub detail: String,
}

/// A row's columns as PostgreSQL prints them.
pub type Row = Vec<Option<String>>;

pub struct Session {
    client: Client,
    pub trace: Vec<String>,
}

impl Session {
    /// Connects as the PG variables say.
    pub fn open() -> Result<Self, String> {
        let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set: run make test-properties"));
        let client = postgres::Config::new()
            .host(&variable("PGHOST")?)
            .port(variable("PGPORT")?.parse().map_err(|_| "PGPORT is no number")?)
            .user(&variable("PGUSER")?)
            .dbname(&variable("PGDATABASE")?)
            .connect(NoTls)
            .map_err(|error| format!("cannot connect: {error}"))?;
        Ok(Self {
            client,
            trace: Vec::new(),
        })
    }

    /// Runs one statement, or several; the rows of all. A lost connection is an error without a code.
    pub fn ask(&mut self, sql: &str) -> Result<Vec<Row>, ServerError> {
        self.trace.push(format!("{sql};"));
        let messages = self.client.simple_query(sql).map_err(|error| {
            let said = error.as_db_error();
            ServerError {
                code: said.map(|said| said.code().code().to_owned()).unwrap_or_default(),
                message: said.map_or_else(|| error.to_string(), |said| said.message().to_owned()),
                detail: said.and_then(|said| said.detail()).unwrap_or_default().to_owned(),
            }
        })?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|column| row.get(column).map(str::to_owned))
                    .collect(),
            ),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// The same of what cannot fail.
    pub fn must(&mut self, sql: &str) -> Result<Vec<Row>, String> {
        self.ask(sql)
            .map_err(|error| format!("{sql}\nfailed with {}: {}\n{}", error.code, error.message, error.detail))
    }
}

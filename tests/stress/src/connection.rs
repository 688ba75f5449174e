//! Connections to the server that the arguments name.

use anyhow::{Context, Result};
use postgres::{Client, NoTls};

use crate::arguments::Arguments;

/// `name` is what the server shows the session as.
pub fn connect(arguments: &Arguments, name: &str) -> Result<Client> {
    connect_to(arguments, &arguments.dbname, name)
}

pub fn connect_to(arguments: &Arguments, database: &str, name: &str) -> Result<Client> {
    postgres::Config::new()
        .host(&arguments.host)
        .port(arguments.port)
        .user(&arguments.user)
        .dbname(database)
        .application_name(name)
        .connect(NoTls)
        .with_context(|| format!("cannot connect to {}:{} {database}", arguments.host, arguments.port))
}

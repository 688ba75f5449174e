//! What the numbers were measured on: no more than a reader needs to place them.

use std::fs;

use anyhow::Result;
use postgres::Client;

/// Settings that bear on the numbers.
const SETTINGS: &[&str] = &[
    "shared_buffers",
    "work_mem",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "max_wal_size",
    "autovacuum",
    "jit",
];

pub struct Machine {
    pub date: String,
    pub processor: String,
    pub postgres: String,
    pub extensions: String,
    pub settings: String,
}

pub fn describe(client: &mut Client) -> Result<Machine> {
    let row = client.query_one(
        "SELECT current_date::text, current_setting('server_version'),
                (SELECT string_agg(name || ' ' || default_version, ', ' ORDER BY name DESC)
                 FROM pg_available_extensions WHERE name IN ('spend_sync', 'pg_ivm')),
                (SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY array_position($1, name))
                 FROM pg_settings WHERE name = ANY ($1))",
        &[&SETTINGS],
    )?;
    Ok(Machine {
        date: row.try_get(0)?,
        processor: processor(),
        postgres: row.try_get(1)?,
        extensions: row.try_get::<_, Option<String>>(2)?.unwrap_or_default(),
        settings: row.try_get(3)?,
    })
}

/// Cores, model and memory, as far as this system tells.
fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(String::new(), |kilobytes| {
            format!(", {:.0} GB of memory", kilobytes / 1024.0 / 1024.0)
        });
    format!("{cores} cores ({model}){memory}")
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

//! What a backend holds: the memory that is its own, and what PostgreSQL's contexts say of it.

use std::fs;

use anyhow::{Context, Result};
use postgres::Client;

#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Anonymous memory of the process: what is not a file's, nor shared buffers.
    pub process_kb: i64,
    /// Sum of all memory contexts.
    pub contexts_kb: i64,
    /// Plans that are kept.
    pub plans: i64,
}

impl Memory {
    pub fn of(client: &mut Client) -> Result<Memory> {
        let row = client.query_one(
            "SELECT pg_backend_pid(), sum(total_bytes)::bigint / 1024, count(*) FILTER (WHERE name LIKE 'CachedPlan%')
             FROM pg_backend_memory_contexts",
            &[],
        )?;
        let pid: i32 = row.try_get(0)?;
        let path = format!("/proc/{pid}/smaps_rollup");
        let rollup = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let anonymous = rollup
            .lines()
            .find_map(|line| line.strip_prefix("Anonymous:")?.strip_suffix("kB")?.trim().parse().ok());
        Ok(Memory {
            process_kb: anonymous.with_context(|| format!("no Anonymous in {path}"))?,
            contexts_kb: row.try_get(1)?,
            plans: row.try_get(2)?,
        })
    }

    pub fn print(self, when: &str) -> Memory {
        println!(
            "{when:<32} {:>8} kB of its own, {:>8} kB in contexts, {:>4} plan contexts",
            self.process_kb, self.contexts_kb, self.plans
        );
        self
    }
}

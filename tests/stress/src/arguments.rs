//! The command line.

use std::time::Duration;

use anyhow::{Context, Result, bail};

pub const USAGE: &str = "\
spend_sync_stress --host SOCKETDIR --port PORT --user USER --dbname DATABASE
                  [--seconds 20] [--seed 1] [--clients 8]
                  [--flush mixed|statement|commit] [--totals mixed|summed|moved]
                  [--schema both|all|keyed|loose|deferred|orphans|checked|meddled|tenants]
                  [--no-extension] [--naive] [--keep] [--until-cut] [--check-only] [--deadlocks]

The database must exist; its schemas stress_keyed, stress_loose, ... are made anew.
--no-extension  nothing keeps the totals: shows that the checker finds drift. Drift is only reported.
--naive         as above, with triggers that sum without a lock: right with --clients 1, wrong with more.
--keep          the schemas stay as an earlier run left them, and whoever keeps their totals.
--until-cut     the server is taken away amid the run: a lost connection ends it, and none within --seconds fails it.
--check-only    nothing is made and nothing written: snapshots for --seconds, while others write; 0: one, at rest.
--deadlocks     counts deadlocks beside the same load without triggers, --seconds in all; in databases named after
                DATABASE, made anew.
--flush mixed   one schema's totals are brought up at each statement, the other's at commit; which is which, the seed says.";

/// When totals are brought up: what the schemas are attached with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushMix {
    Mixed,
    Statement,
    Commit,
}

impl FlushMix {
    /// What the schema of this number is attached with.
    pub fn of(self, schema: usize, seed: u64) -> &'static str {
        let is_even = (seed ^ schema as u64) & 1 == 0;
        match self {
            FlushMix::Statement => "statement",
            FlushMix::Mixed if is_even => "statement",
            FlushMix::Commit | FlushMix::Mixed => "commit",
        }
    }
}

/// How totals are brought up: `spend_sync.recompute_interval` of the clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotalsMix {
    Mixed,
    Summed,
    Moved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaChoice {
    Keyed,
    Loose,
    Deferred,
    Orphans,
    Checked,
    Meddled,
    Tenants,
    /// Keyed and loose.
    Both,
    All,
}

/// Who keeps `campaigns.spent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    Extension,
    NaiveTriggers,
    Nobody,
}

#[derive(Clone, Debug)]
pub struct Arguments {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub dbname: String,
    pub duration: Duration,
    pub seed: u64,
    pub clients: u32,
    pub flush: FlushMix,
    pub totals: TotalsMix,
    pub schema: SchemaChoice,
    pub keeper: Keeper,
    pub keep: bool,
    pub until_cut: bool,
    pub check_only: bool,
    pub deadlocks: bool,
}

impl Default for Arguments {
    fn default() -> Arguments {
        Arguments {
            host: String::new(),
            port: 5432,
            user: "postgres".into(),
            dbname: "postgres".into(),
            duration: Duration::from_secs(20),
            seed: 1,
            clients: 8,
            flush: FlushMix::Mixed,
            totals: TotalsMix::Mixed,
            schema: SchemaChoice::Both,
            keeper: Keeper::Extension,
            keep: false,
            until_cut: false,
            check_only: false,
            deadlocks: false,
        }
    }
}

/// Reads the arguments after the program's name.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Arguments> {
    let mut arguments = Arguments::default();
    let mut words = words;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--no-extension" => arguments.keeper = Keeper::Nobody,
            "--naive" => arguments.keeper = Keeper::NaiveTriggers,
            "--keep" => arguments.keep = true,
            "--until-cut" => arguments.until_cut = true,
            "--check-only" => arguments.check_only = true,
            "--deadlocks" => arguments.deadlocks = true,
            option => {
                let value = words
                    .next()
                    .with_context(|| format!("{option}: a value is missing\n{USAGE}"))?;
                set(&mut arguments, option, &value).with_context(|| format!("{option} {value}\n{USAGE}"))?;
            }
        }
    }
    if arguments.host.is_empty() {
        bail!("--host is missing\n{USAGE}");
    }
    if arguments.clients == 0 {
        bail!("--clients must be at least 1\n{USAGE}");
    }
    Ok(arguments)
}

fn set(arguments: &mut Arguments, option: &str, value: &str) -> Result<()> {
    match option {
        "--host" => arguments.host = value.into(),
        "--port" => arguments.port = value.parse()?,
        "--user" => arguments.user = value.into(),
        "--dbname" => arguments.dbname = value.into(),
        "--seconds" => arguments.duration = Duration::from_secs(value.parse()?),
        "--seed" => arguments.seed = value.parse()?,
        "--clients" => arguments.clients = value.parse()?,
        "--flush" => {
            arguments.flush = match value {
                "mixed" => FlushMix::Mixed,
                "statement" => FlushMix::Statement,
                "commit" => FlushMix::Commit,
                _ => bail!("not one of mixed, statement, commit"),
            }
        }
        "--totals" => {
            arguments.totals = match value {
                "mixed" => TotalsMix::Mixed,
                "summed" => TotalsMix::Summed,
                "moved" => TotalsMix::Moved,
                _ => bail!("not one of mixed, summed, moved"),
            }
        }
        "--schema" => {
            arguments.schema = match value {
                "keyed" => SchemaChoice::Keyed,
                "loose" => SchemaChoice::Loose,
                "deferred" => SchemaChoice::Deferred,
                "orphans" => SchemaChoice::Orphans,
                "checked" => SchemaChoice::Checked,
                "meddled" => SchemaChoice::Meddled,
                "tenants" => SchemaChoice::Tenants,
                "both" => SchemaChoice::Both,
                "all" => SchemaChoice::All,
                _ => bail!("not one of both, all, keyed, loose, deferred, orphans, checked, meddled, tenants"),
            }
        }
        _ => bail!("unknown option"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Arguments, FlushMix, Keeper, SchemaChoice, parse};

    fn read(line: &str) -> anyhow::Result<Arguments> {
        parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn options_are_read_and_the_rest_defaults() -> anyhow::Result<()> {
        let arguments = read("--host /s --port 6000 --seed 7 --flush commit --schema loose --naive")?;
        assert_eq!((arguments.port, arguments.seed, arguments.clients), (6000, 7, 8));
        assert_eq!(arguments.flush, FlushMix::Commit);
        assert_eq!(arguments.schema, SchemaChoice::Loose);
        assert_eq!(arguments.keeper, Keeper::NaiveTriggers);
        Ok(())
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "",
            "--host",
            "--host /s --port x",
            "--host /s --flush never",
            "--host /s --totals guessed",
            "--host /s --what 1",
            "--host /s --clients 0",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}

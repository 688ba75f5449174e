//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub const USAGE: &str = "\
spend_sync_bench --host SOCKETDIR --port PORT --user USER --dbname DATABASE
                 [--quick] [--only NAME] [--protocol extended|simple] [--rounds 5] [--window-ms 1500] [--write DIR]

The database must exist and be empty; its schema public is made anew.
--quick   100,000 clips only, fewer contenders, 3 rounds of short windows.
--only    the work whose name is NAME or begins so (clip, clip-1000, bulk-1, hot, spread, approvals, interactive, repair, verification, ddl).
--write   writes RESULTS.md and cost_per_write.svg there; the tables are printed anyway.";

/// How statements travel: prepared once and bound, as drivers do, or as text each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Extended,
    Simple,
}

#[derive(Clone, Debug)]
pub struct Arguments {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub dbname: String,
    pub quick: bool,
    pub only: Option<String>,
    pub protocol: Protocol,
    pub rounds: u32,
    /// How long each run measures.
    pub window: Duration,
    /// How long each run writes before, once it has written to every campaign.
    pub warm_up: Duration,
    /// A single statement is stopped, or not even tried, past this.
    pub statement_max: Duration,
    /// Who takes longer than this for a run does not run again in later rounds.
    pub repeat_max: Duration,
    pub write: Option<PathBuf>,
}

impl Arguments {
    fn full() -> Arguments {
        Arguments {
            host: String::new(),
            port: 5432,
            user: "postgres".into(),
            dbname: "postgres".into(),
            quick: false,
            only: None,
            protocol: Protocol::Extended,
            rounds: 5,
            window: Duration::from_millis(1500),
            warm_up: Duration::from_millis(500),
            statement_max: Duration::from_secs(20),
            repeat_max: Duration::from_secs(8),
            write: None,
        }
    }

    fn quick() -> Arguments {
        Arguments {
            quick: true,
            rounds: 3,
            window: Duration::from_millis(400),
            warm_up: Duration::from_millis(200),
            statement_max: Duration::from_secs(4),
            repeat_max: Duration::from_secs(3),
            ..Arguments::full()
        }
    }
}

/// Reads the arguments after the program's name. `--quick` only changes defaults, wherever it stands.
pub fn parse(words: &[String]) -> Result<Arguments> {
    let mut arguments = if words.iter().any(|word| word == "--quick") {
        Arguments::quick()
    } else {
        Arguments::full()
    };
    let mut words = words.iter().filter(|word| *word != "--quick");
    while let Some(option) = words.next() {
        let value = words
            .next()
            .with_context(|| format!("{option}: unknown, or a value is missing\n{USAGE}"))?;
        set(&mut arguments, option, value).with_context(|| format!("{option} {value}\n{USAGE}"))?;
    }
    if arguments.host.is_empty() {
        bail!("--host is missing\n{USAGE}");
    }
    if arguments.rounds == 0 {
        bail!("--rounds must be at least 1\n{USAGE}");
    }
    Ok(arguments)
}

fn set(arguments: &mut Arguments, option: &str, value: &str) -> Result<()> {
    match option {
        "--host" => arguments.host = value.into(),
        "--port" => arguments.port = value.parse()?,
        "--user" => arguments.user = value.into(),
        "--dbname" => arguments.dbname = value.into(),
        "--only" => arguments.only = (!value.is_empty()).then(|| value.into()),
        "--rounds" => arguments.rounds = value.parse()?,
        "--window-ms" => arguments.window = Duration::from_millis(value.parse()?),
        "--write" => arguments.write = Some(value.into()),
        "--protocol" => {
            arguments.protocol = match value {
                "extended" => Protocol::Extended,
                "simple" => Protocol::Simple,
                _ => bail!("not one of extended, simple"),
            }
        }
        _ => bail!("unknown option"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Protocol, parse};

    fn read(line: &str) -> anyhow::Result<Arguments> {
        parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read_and_the_rest_defaults() -> anyhow::Result<()> {
        let arguments = read("--rounds 7 --host /s --quick --only hot --protocol simple")?;
        assert!(arguments.quick);
        assert_eq!((arguments.rounds, arguments.window.as_millis()), (7, 400));
        assert_eq!(arguments.only.as_deref(), Some("hot"));
        assert_eq!(arguments.protocol, Protocol::Simple);
        Ok(())
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "",
            "--host",
            "--host /s --rounds 0",
            "--host /s --protocol x",
            "--host /s --what 1",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}

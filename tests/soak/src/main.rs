//! Long load on a few backends that live all the while: memory must stay as it was once warm, and the extension's tables
//! must not grow, except the log by what was corrected.
//!
//! chores (what a backend does, again and again) -> memory (what it holds then) -> judge. The last line is `N passed, N
//! failed`. SOAK_MINUTES says how long; the connection is libpq's PGHOST, PGPORT, PGUSER, PGDATABASE.

mod chores;
mod judge;
mod memory;

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use postgres::{Client, NoTls};

use judge::Verdicts;
use memory::Memory;

/// After how many rounds a backend has done everything often enough to hold all that it keeps.
const WARM_ROUNDS: u32 = 20;
/// Fewer rounds than this say nothing.
const ROUNDS_MIN: u32 = 3 * WARM_ROUNDS;

fn main() -> ExitCode {
    match run() {
        Ok(verdicts) => verdicts.finish(),
        Err(error) => {
            eprintln!("{error:#}");
            println!("0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

fn connect(name: &str) -> Result<Client> {
    let variable = |name: &str| env::var(name).with_context(|| format!("{name} is not set: run make soak"));
    let mut client = postgres::Config::new()
        .host(&variable("PGHOST")?)
        .port(variable("PGPORT")?.parse()?)
        .user(&variable("PGUSER")?)
        .dbname(&variable("PGDATABASE")?)
        .application_name(name)
        .connect(NoTls)
        .context("cannot connect")?;
    client.batch_execute("SET client_min_messages = error")?;
    Ok(client)
}

fn run() -> Result<Verdicts> {
    let minutes: f64 = env::var("SOAK_MINUTES").unwrap_or_default().parse().unwrap_or(30.0);
    let duration = Duration::from_secs_f64(minutes * 60.0);
    let mut verdicts = Verdicts::default();
    let mut client = connect("soak set-up")?;
    client.batch_execute(chores::EXTENSION)?;
    for schema in ["public", "at_commit"] {
        client.batch_execute(&format!(
            "CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path = {schema}; {}",
            chores::TABLES
        ))?;
    }
    client.batch_execute("SET search_path = at_commit, public")?;
    client.batch_execute(&format!("{}; RESET search_path", chores::attach("commit")))?;
    attach_again_and_again(&mut verdicts)?;
    rounds(duration, &mut verdicts)?;
    tables(&mut client, &mut verdicts)?;
    Ok(verdicts)
}

/// 1,000 times in one backend: no plan may be left of a binding that is gone.
fn attach_again_and_again(verdicts: &mut Verdicts) -> Result<()> {
    const TIMES: u32 = 1000;
    let mut client = connect("soak attach")?;
    let mut warm = None;
    for number in 1..=TIMES {
        client.batch_execute(chores::ATTACH_AND_DETACH)?;
        if number == TIMES / 5 {
            warm = Some(Memory::of(&mut client)?.print(&format!("attach {number}")));
        }
    }
    let end = Memory::of(&mut client)?.print(&format!("attach {TIMES}"));
    verdicts.flat(
        "a backend that attached and detached 1,000 times",
        &warm.context("no attach")?,
        &end,
    );
    client.batch_execute(&chores::attach("statement"))?;
    Ok(())
}

/// Three backends in turn, each with its own way of bringing totals up; at commit, on tables of its own.
fn rounds(duration: Duration, verdicts: &mut Verdicts) -> Result<()> {
    let ways = [
        (
            "statement, summed",
            "statement",
            "SET spend_sync.recompute_interval = 0",
        ),
        (
            "statement, moved",
            "statement",
            "SET spend_sync.recompute_interval = '1s'",
        ),
        ("commit", "commit", "SET search_path = at_commit, public"),
    ];
    // What attach had left to the first write, with `sync => false`, is no drift of the rounds.
    connect("soak log")?.batch_execute("DELETE FROM spend_sync.correction")?;
    let mut backends = Vec::new();
    for (name, flush, settings) in ways {
        let mut client = connect(&format!("soak {name}"))?;
        client.batch_execute(settings)?;
        backends.push((name, flush, client, None));
    }
    let begin = Instant::now();
    let mut round = 0;
    while begin.elapsed() < duration || round < ROUNDS_MIN {
        round += 1;
        for (name, flush, client, warm) in &mut backends {
            chores::round(client, round, flush).with_context(|| format!("{name}, round {round}"))?;
            if round == WARM_ROUNDS {
                *warm = Some(Memory::of(client)?.print(&format!("{name}, round {round}")));
            }
        }
    }
    println!("{round} rounds in {:.1} minutes", begin.elapsed().as_secs_f64() / 60.0);
    for (name, _, mut client, warm) in backends {
        let end = Memory::of(&mut client)?.print(&format!("{name}, round {round}"));
        verdicts.flat(&format!("backend '{name}'"), &warm.context("not warm")?, &end);
    }
    let mut client = connect("soak count")?;
    let corrections: i64 = client
        .query_one("SELECT count(*) FROM spend_sync.correction", &[])?
        .try_get(0)?;
    verdicts.that(
        "the log has a row for each total that drifted, and no other",
        corrections == i64::from(round) * 3,
        &format!("{corrections} rows, {} drifts", round * 3),
    );
    Ok(())
}

fn tables(client: &mut Client, verdicts: &mut Verdicts) -> Result<()> {
    let large = client.query_one(
        "SELECT count(*), (SELECT count(*) FROM public.campaigns) + (SELECT count(*) FROM at_commit.campaigns),
                pg_table_size('spend_sync.large_campaign')
         FROM spend_sync.large_campaign",
        &[],
    )?;
    let (rows, campaigns, bytes): (i64, i64, i64) = (large.try_get(0)?, large.try_get(1)?, large.try_get(2)?);
    verdicts.that(
        "spend_sync.large_campaign has at most a row for each campaign, and autovacuum keeps up",
        rows <= campaigns && bytes < 4_000_000,
        &format!("{rows} rows, {campaigns} campaigns, {bytes} bytes"),
    );
    let mut drifted = client.query(chores::DRIFTED, &[])?.len();
    client.batch_execute("SET search_path = at_commit, public")?;
    drifted += client.query(chores::DRIFTED, &[])?.len();
    verdicts.that("no total drifted", drifted == 0, &format!("{drifted} drifted"));
    Ok(())
}

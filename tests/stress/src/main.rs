//! Random concurrent writers against spend_sync, and a checker: every snapshot must agree with a plain sum.
//!
//! arguments -> schema (tables, attach) -> client * N (plan -> operations) beside checker (oracle) -> tally. The last
//! line is `1 passed, 0 failed` or `0 passed, 1 failed`, the exit status 0 or 1.
//!
//! Expected errors are 40001 and 40P01 anywhere, and what an operation provokes by itself, listed with each kind: 23505
//! (a key that exists), 23503 (a link to nothing, where there are keys), P0002 (sync_campaign of a campaign that does not
//! exist), 55006 (a table that something waits for is truncated); or a schema, listed in `Schema::provokes`. No time-out of locks or statements is set: it would hide a deadlock that the server does not see. The
//! watchdog finds that one.
//!
//! What it is worth: each of these, taken out of the extension, failed a run of 20 s (seed 1). The clips' FOR SHARE;
//! the campaigns' FOR NO KEY UPDATE, also when campaigns with an approved link are still locked; the advisory locks;
//! the second look for a campaign that was missing; the latest snapshot in favour of the transaction's own; the memory
//! of what a rolled back savepoint had flushed. And `--no-extension` and `--naive` show it without the extension.
//!
//! A server that is taken away amid a run (`--until-cut`), and what it says after it came back or on a standby
//! (`--check-only`), is tests/crash/run.sh's business.
//!
//! Clients differ in how their totals are brought up (`--totals`), the schemas in when (`--flush`; transactions choose too,
//! by SET CONSTRAINTS), and the user's own triggers write amid a statement.

mod account_operations;
mod arguments;
mod campaign_operations;
mod check_only;
mod checker;
mod client;
mod clip_operations;
mod connection;
mod control;
mod cut;
mod deadlock_counts;
mod deadlock_loads;
mod deadlocks;
mod dice;
mod direct_operations;
mod mixed_operations;
mod naive;
mod operations;
mod oracle;
mod orphan_operations;
mod plan;
mod schema;
mod session_operations;
mod shapes;
mod submission_operations;
mod tally;
mod totals;

use std::process::ExitCode;
use std::thread::{self, sleep};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use postgres::Client;

use arguments::{Arguments, FlushMix, Keeper, TotalsMix};
use connection::connect;
use control::Control;
use dice::Dice;
use operations::Repertoire;
use plan::Choices;
use schema::{Schema, Shape};
use tally::{Snapshots, Tally};

/// No transaction ended for so long: something waits for ever.
const STANDSTILL_MAX: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let passed = arguments::parse(std::env::args().skip(1)).and_then(|arguments| {
        if arguments.deadlocks {
            deadlocks::run(&arguments)
        } else {
            run(&arguments).inspect(|passed| print_verdict(*passed))
        }
    });
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            print_verdict(false);
            ExitCode::FAILURE
        }
    }
}

/// One run is one test.
fn print_verdict(passed: bool) {
    let passes = u32::from(passed);
    println!("{passes} passed, {} failed", 1 - passes);
}

fn run(arguments: &Arguments) -> Result<bool> {
    let schemas = schema::chosen(arguments.schema);
    if arguments.check_only {
        return check_only::run(arguments, &schemas);
    }
    let repertoire = Repertoire::new(&schemas, arguments.keeper == Keeper::Extension);
    if !arguments.keep {
        set_up(arguments, &schemas)?;
    }

    let control = Control::new(arguments.until_cut);
    let (tally, snapshots) = write_and_check(arguments, &schemas, &repertoire, &control)?;
    let seconds = control.elapsed().as_secs_f64();
    if arguments.until_cut {
        return Ok(cut::judge(arguments, &control, &tally, &snapshots, seconds));
    }
    let last = check_at_rest(arguments, &schemas, &control)?;

    tally.print(&snapshots, seconds);
    println!("at rest: {last} campaigns drifted");
    // A run over tables that are kept is a short one after another: it need not do every kind of thing again.
    let demanded = if arguments.keep { &[] } else { &repertoire.kinds[..] };
    let names: Vec<_> = demanded.iter().map(|kind| kind.name).collect();
    let too_little = tally.too_little(&snapshots, &names);
    too_little
        .iter()
        .for_each(|reason| println!("too little happened: {reason}"));

    let drifted = snapshots.drifted + tally.checks_drifted + last;
    let sound = control.failures() == 0 && too_little.is_empty();
    if arguments.keeper != Keeper::Extension {
        println!(
            "{:?} kept the totals: drift is only reported ({drifted} in all)",
            arguments.keeper
        );
    }
    let passed = sound && (drifted == 0 || arguments.keeper != Keeper::Extension);
    Ok(passed)
}

/// Tables, rows, and whoever keeps the totals.
fn set_up(arguments: &Arguments, schemas: &[&'static Schema]) -> Result<()> {
    let mut client = connect(arguments, "stress set-up")?;
    roll_back_prepared(&mut client)?;
    let slots: String = client.query_one("SHOW max_prepared_transactions", &[])?.try_get(0)?;
    if slots.parse::<u32>()? < arguments.clients {
        bail!(
            "max_prepared_transactions is {slots}: it must be at least {}, the number of clients",
            arguments.clients
        );
    }
    if arguments.keeper == Keeper::Extension {
        client.batch_execute("CREATE EXTENSION IF NOT EXISTS spend_sync")?;
    }
    // Client numbers begin at 1: number 0 fills the tables.
    let mut dice = Dice::new(arguments.seed, 0);
    for (number, schema) in schemas.iter().enumerate() {
        schema.create(&mut client, &mut dice)?;
        let flush = match (arguments.flush, schema.shape) {
            // Where postgres_fdw is used, the commit is the moment that matters.
            (FlushMix::Mixed, Shape::Meddled) => "commit",
            (mix, _) => mix.of(number, arguments.seed),
        };
        match arguments.keeper {
            Keeper::Extension => schema
                .attach(&mut client, flush)?
                .iter()
                .for_each(|bound| println!("attached {bound}")),
            Keeper::NaiveTriggers => naive::create_triggers(&mut client, schema)?,
            Keeper::Nobody => {}
        }
    }
    Ok(())
}

/// What a run that was cut off left behind holds its locks for ever.
fn roll_back_prepared(client: &mut Client) -> Result<()> {
    let left = client.query(
        "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1)",
        &[&client::PREPARED_PREFIX],
    )?;
    for row in left {
        let name: String = row.try_get(0)?;
        client.batch_execute(&format!("ROLLBACK PREPARED '{name}'"))?;
        eprintln!("rolled back {name}, left by an earlier run");
    }
    Ok(())
}

fn write_and_check(
    arguments: &Arguments,
    schemas: &[&'static Schema],
    repertoire: &Repertoire,
    control: &Control,
) -> Result<(Tally, Snapshots)> {
    let extension = arguments.keeper == Keeper::Extension;
    // Of a run over tables that are kept, an earlier one has decided it.
    let at_commit = match extension {
        true => totals::flushed_at_commit(&mut connect(arguments, "stress set-up")?, schemas)?,
        false => Vec::new(),
    };
    let mut workers = Vec::new();
    for number in 1..=arguments.clients {
        let mut client = connect(arguments, &format!("stress client {number}"))?;
        // A deadlock is the expected end of many a transaction here; a second's wait for each would leave little else.
        // On tables this small the planner reads them whole, and SERIALIZABLE then fails nearly always: half of the
        // clients are kept to indexes. That makes plans look dear, and JIT would compile each of them for a second.
        let scans = if number % 2 == 0 { "off" } else { "on" };
        client.batch_execute(&format!(
            "SET deadlock_timeout = '10ms'; SET enable_seqscan = {scans}; SET jit = off; {}",
            totals(arguments.totals, number)
        ))?;
        workers.push(client::Worker {
            number,
            client,
            dice: Dice::new(arguments.seed, u64::from(number)),
            choices: Choices {
                schemas,
                repertoire,
                at_commit: &at_commit,
                chooses_moment: true,
                stays_readable: arguments.keep,
            },
            control,
            tally: Tally::default(),
            trace: Vec::new(),
        });
    }
    let checker = connect(arguments, "stress checker")?;

    thread::scope(|scope| {
        let checker = scope.spawn(move || checker::run(checker, schemas, extension, control));
        let workers: Vec<_> = workers
            .into_iter()
            .map(|worker| scope.spawn(move || worker.run()))
            .collect();
        while !workers.iter().all(|worker| worker.is_finished()) || !checker.is_finished() {
            watch(arguments, control);
        }
        // All are joined before any is judged: a scope panics itself over a panic that nobody has taken.
        let (tallies, snapshots): (Vec<_>, _) = (
            workers.into_iter().map(|worker| worker.join()).collect(),
            checker.join(),
        );
        let mut tally = Tally::default();
        for of_worker in tallies {
            tally.merge(of_worker.map_err(|_| anyhow!("a client panicked"))?);
        }
        Ok((tally, snapshots.map_err(|_| anyhow!("the checker panicked"))?))
    })
}

/// The settings of one client: whether it sums, moves, verifies often, or does what is the default.
fn totals(mix: TotalsMix, client: u32) -> &'static str {
    const SUMMED: &str = "SET spend_sync.recompute_interval = 0";
    const MOVED: &str = "SET spend_sync.recompute_interval = -1";
    const VERIFIED_OFTEN: &str = "SET spend_sync.recompute_interval = '5ms'";
    const DEFAULT: &str = "RESET spend_sync.recompute_interval";
    match (mix, client % 4) {
        (TotalsMix::Summed, _) | (TotalsMix::Mixed, 0) => SUMMED,
        (TotalsMix::Moved, _) | (TotalsMix::Mixed, 1) => MOVED,
        (TotalsMix::Mixed, 2) => VERIFIED_OFTEN,
        (TotalsMix::Mixed, _) => DEFAULT,
    }
}

/// Ends the run when its time is up, or at once, with all that can be said, when it stands still.
fn watch(arguments: &Arguments, control: &Control) {
    sleep(Duration::from_millis(50));
    if control.elapsed() >= arguments.duration {
        control.stop();
    }
    if control.standstill() < STANDSTILL_MAX {
        return;
    }
    eprintln!("FAILURE: no transaction has ended for {} s", STANDSTILL_MAX.as_secs());
    if let Err(error) = describe_waits(arguments) {
        eprintln!("{error:#}");
    }
    print_verdict(false);
    // The threads wait for a server that does not answer: there is nothing to join.
    std::process::exit(1);
}

/// Who waits for whom, and in which statement.
fn describe_waits(arguments: &Arguments) -> Result<()> {
    let sessions = connect(arguments, "stress watchdog")?.query(
        "SELECT concat_ws(' | ', pid, application_name, state, wait_event_type, wait_event,
                          'blocked by ' || pg_blocking_pids(pid)::text, query)
         FROM pg_stat_activity WHERE datname = current_database()
         UNION ALL SELECT 'prepared: ' || gid FROM pg_prepared_xacts",
        &[],
    )?;
    for session in sessions {
        eprintln!("{}", session.try_get::<_, String>(0)?);
    }
    Ok(())
}

/// A write that sums although it knows the difference compares the two. Nothing drifts here, so each correction it logged
/// is a difference that was wrong.
fn check_corrections(client: &mut Client, control: &Control) -> Result<()> {
    let wrong = client.query(
        "SELECT concat_ws(' ', campaigns::regclass, campaign_id, recorded, actual, at, application_name) FROM spend_sync.correction
         WHERE found_by = 'write' LIMIT 20",
        &[],
    )?;
    for row in wrong {
        control.fail(format!("a difference was wrong: {}", row.try_get::<_, String>(0)?));
    }
    Ok(())
}

/// The last word, after everything has ended: drifted campaigns, and nothing prepared that is not resolved.
fn check_at_rest(arguments: &Arguments, schemas: &[&'static Schema], control: &Control) -> Result<u64> {
    let mut client = connect(arguments, "stress checker")?;
    let findings = checker::snapshot(&mut client, schemas, arguments.keeper == Keeper::Extension)?;
    for drift in &findings.drifts {
        eprintln!(
            "DRIFT at rest: {}: recorded {}, actual {}",
            drift.campaign, drift.recorded, drift.actual
        );
    }
    let left: i64 = client
        .query_one(
            "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1)",
            &[&client::PREPARED_PREFIX],
        )?
        .try_get(0)?;
    if left > 0 && control.failures() == 0 {
        control.fail(format!("{left} prepared transactions were left"));
    }
    if arguments.keeper == Keeper::Extension {
        check_corrections(&mut client, control)?;
    }
    Ok(findings.drifts.len() as u64)
}

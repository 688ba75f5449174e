//! One run: one contender does one work for a while, and the oracle looks at what it left.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use postgres::{Client, NoTls};

use crate::arguments::Arguments;
use crate::commands;
use crate::contenders::Contender;
use crate::other_totals;
use crate::tables::{self, Left};
use crate::work::{Kind, Work};
use crate::writer::{self, Writer};

/// What a statement says that ran into its time-out.
const TIMED_OUT: &str = "57014";

#[derive(Clone, Debug)]
pub struct Measured {
    /// Writes, transactions or clips a second, as the work counts.
    pub rate: f64,
    /// The first write after it was installed, where one client writes.
    pub first: Option<Duration>,
    pub retries: u64,
    pub drifted: i64,
    /// It was stopped: the rate is an upper bound.
    pub stopped: bool,
    pub took: Duration,
}

#[derive(Clone, Debug)]
pub enum Outcome {
    Measured(Measured),
    /// Not tried, and why.
    Skipped(String),
}

pub fn connect(arguments: &Arguments) -> Result<Client> {
    postgres::Config::new()
        .host(&arguments.host)
        .port(arguments.port)
        .user(&arguments.user)
        .dbname(&arguments.dbname)
        .application_name("bench")
        .connect(NoTls)
        .context("cannot connect")
}

/// A session of a contender's.
pub fn session(arguments: &Arguments, contender: Contender) -> Result<Client> {
    let mut client = connect(arguments)?;
    for statement in contender.session() {
        client.batch_execute(statement)?;
    }
    Ok(client)
}

/// From clean tables to clean tables.
pub fn run(
    arguments: &Arguments,
    client: &mut Client,
    work: &Work,
    contender: Contender,
    round: u32,
) -> Result<Outcome> {
    let other = other_totals::of(work.kind);
    let keeps_campaigns = other.is_none_or(|other| other.is_beside);
    if keeps_campaigns {
        contender.install(client)?;
    }
    if let Some(other) = other {
        other.install(client, contender)?;
    }
    let outcome = match work.kind {
        Kind::Bulk => bulk(arguments, work, contender, round)?,
        _ => Outcome::Measured(single(arguments, client, work, contender, round)?),
    };
    let (outcome, drifted) = match outcome {
        Outcome::Measured(mut measured) => {
            if keeps_campaigns {
                measured.drifted = contender.drifted(client)?;
            }
            if let Some(other) = other {
                measured.drifted += other.drifted(client, contender)?;
            }
            let drifted = measured.drifted;
            (Outcome::Measured(measured), Some(drifted))
        }
        skipped => (skipped, None),
    };
    if let Some(other) = other {
        other.uninstall(client, contender)?;
    }
    if keeps_campaigns {
        contender.uninstall(client)?;
    }
    if let Some(other) = other {
        other.clean(client)?;
    }
    // pg_ivm's sums were right, which says nothing of `spent`.
    let left = match drifted {
        _ if work.kind == Kind::Approval => Left::PendingSubmissions,
        Some(0) if contender != Contender::PgIvm && keeps_campaigns => Left::Right,
        _ => Left::WrongTotals,
    };
    tables::clean(client, left)?;
    if work.kind == Kind::Bulk {
        tables::rewrite_campaigns(client)?;
    }
    Ok(outcome)
}

/// Many small writes by one or more clients.
fn single(
    arguments: &Arguments,
    client: &mut Client,
    work: &Work,
    contender: Contender,
    round: u32,
) -> Result<Measured> {
    let mut writers = writers(arguments, client, work, contender, round)?;
    let firsts = each(&mut writers, |writer| writer.warm_up(arguments.warm_up))?;
    writers.iter_mut().for_each(|writer| writer.retries = 0);

    let begin = Instant::now();
    let writes: u64 = each(&mut writers, |writer| writer.write_for(arguments.window))?
        .iter()
        .sum();
    let took = begin.elapsed();
    Ok(Measured {
        rate: writes as f64 / took.as_secs_f64(),
        first: firsts.first().copied().filter(|_| work.clients == 1),
        retries: writers.iter().map(|writer| writer.retries).sum(),
        drifted: 0,
        stopped: false,
        took,
    })
}

/// As many as the work has clients.
pub fn writers(
    arguments: &Arguments,
    client: &mut Client,
    work: &Work,
    contender: Contender,
    round: u32,
) -> Result<Vec<Writer>> {
    let keys = writer::keys(client)?;
    let mut writers = Vec::new();
    for number in 0..work.clients {
        let own = keys.iter().skip(number).step_by(work.clients).cloned().collect();
        let seed = u64::from(round) * 100 + number as u64;
        let session = session(arguments, contender)?;
        let mut writer = Writer::new(session, work.kind, contender, arguments.protocol, own, seed)?;
        writer.share_touches(number, work.clients);
        writers.push(writer);
    }
    Ok(writers)
}

/// Lets every writer, whatever it is, do something at the same time, and waits for all.
pub fn each<W: Send, T: Send>(writers: &mut [W], act: impl Fn(&mut W) -> Result<T> + Sync) -> Result<Vec<T>> {
    Ok(each_beside(writers, act, || ())?.0)
}

/// The same, and something else meanwhile, which may say when they are to end.
pub fn each_beside<W: Send, T: Send, U>(
    writers: &mut [W],
    act: impl Fn(&mut W) -> Result<T> + Sync,
    beside: impl FnOnce() -> U,
) -> Result<(Vec<T>, U)> {
    thread::scope(|scope| {
        let act = &act;
        let threads: Vec<_> = writers
            .iter_mut()
            .map(|writer| scope.spawn(move || act(writer)))
            .collect();
        let given = beside();
        // All are joined before any is judged: a scope panics itself over a panic that nobody has taken.
        let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
        let outcomes: Result<Vec<T>> = outcomes
            .into_iter()
            .map(|outcome| outcome.map_err(|_| anyhow!("a client panicked"))?)
            .collect();
        Ok((outcomes?, given))
    })
}

/// One statement over all clips, in a session that has planned nothing yet: a trigger's plan for one row would be ruin.
fn bulk(arguments: &Arguments, work: &Work, contender: Contender, round: u32) -> Result<Outcome> {
    let one = cost_of_one_row(arguments, contender)?;
    let estimate = one.mul_f64(f64::from(work.layout.clips));
    if contender == Contender::RowSums && estimate > arguments.statement_max {
        return Ok(Outcome::Skipped(format!(
            "skipped: would take about {} ({:.1} ms a row)",
            in_words(estimate),
            one.as_secs_f64() * 1e3
        )));
    }
    let mut session = session(arguments, contender)?;
    session.batch_execute(&format!(
        "SET statement_timeout = {}",
        arguments.statement_max.as_millis()
    ))?;
    let difference = if round.is_multiple_of(2) { "0.01" } else { "-0.01" };
    let sql = commands::bulk(
        difference,
        work.layout.clips_per_campaign(),
        contender == Contender::Limit,
    );
    let begin = Instant::now();
    let outcome = session.batch_execute(&sql);
    let took = begin.elapsed();
    let stopped = match outcome {
        Ok(()) => false,
        Err(error) if error.code().is_some_and(|state| state.code() == TIMED_OUT) => true,
        Err(error) => return Err(error.into()),
    };
    Ok(Outcome::Measured(Measured {
        rate: f64::from(work.layout.clips) / took.as_secs_f64(),
        first: None,
        retries: 0,
        drifted: 0,
        stopped,
        took,
    }))
}

/// Also writes once in each campaign: spend_sync then knows which are large, as it does in everyday use.
fn cost_of_one_row(arguments: &Arguments, contender: Contender) -> Result<Duration> {
    let mut session = session(arguments, contender)?;
    let keys = writer::keys(&mut session)?;
    let mut writer = Writer::new(session, Kind::Clip, contender, arguments.protocol, keys, 1)?;
    writer.warm_up(Duration::from_millis(50))?;
    let begin = Instant::now();
    let writes = writer.write_for(Duration::from_millis(100))?;
    Ok(begin.elapsed().div_f64(writes as f64))
}

fn in_words(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 120.0 => format!("{seconds:.0} s"),
        _ if seconds < 7_200.0 => format!("{:.0} minutes", seconds / 60.0),
        _ => format!("{:.0} hours", seconds / 3_600.0),
    }
}

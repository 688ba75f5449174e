//! `--deadlocks`: how many deadlocks a load ends in per commit, with totals kept at each statement, with totals kept at
//! commit, and with nobody to keep them. The three run in turn, window by window, each in a database of its own, over the
//! same tables and with the same transactions.
//!
//! What is asked. Where clips are written, and links made or moved: at commit at most 1.2 times as many per commit as without
//! triggers. Without them two writers of different clips never meet; at commit they meet at a guard or a campaign, but in one
//! order and with nothing more to lock, so that nobody who waits there is waited for in turn.
//!
//! Campaigns that are written by hand amid a transaction (`stress`, where all of it happens at once) cost more than that: they
//! are locked from then on. There, `commit` must stay well below what `statement` gives.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use postgres::Client;

use crate::arguments::Arguments;
use crate::client::Worker;
use crate::connection::{connect, connect_to};
use crate::control::Control;
use crate::deadlock_counts::{Counts, Ratio};
use crate::deadlock_loads::{self, LOADS, Load};
use crate::dice::Dice;
use crate::operations::Repertoire;
use crate::plan::Choices;
use crate::tally::Tally;

/// Where clips are written, and links: at most so many times as many deadlocks per commit as without triggers.
const RATIO_MAX: f64 = 1.2;

/// Elsewhere: at most so many times as many at commit as at each statement.
const RATIO_TO_STATEMENT_MAX: f64 = 0.8;

/// Fewer say nothing of a ratio: with so many on both sides it scatters by a fifth.
const DEADLOCKS_MIN: u64 = 200;

/// Links end in few where there are no triggers: with so many, three times as many are told from 1.2 times.
const DEADLOCKS_OF_LINKS_MIN: u64 = 20;

/// How often each contender has its turn.
const ROUNDS: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Contender {
    None,
    Statement,
    Commit,
}

const CONTENDERS: [Contender; 3] = [Contender::None, Contender::Statement, Contender::Commit];

impl Contender {
    fn name(self) -> &'static str {
        match self {
            Contender::None => "none",
            Contender::Statement => "statement",
            Contender::Commit => "commit",
        }
    }

    /// What attach is told; None: nobody keeps totals.
    fn flush(self) -> Option<&'static str> {
        (self != Contender::None).then(|| self.name())
    }

    fn database(self, arguments: &Arguments) -> String {
        format!("{}_{}", arguments.dbname, self.name())
    }

    fn connect(self, arguments: &Arguments) -> Result<Client> {
        connect_to(arguments, &self.database(arguments), "deadlocks")
    }
}

pub fn run(arguments: &Arguments) -> Result<bool> {
    let windows = LOADS.len() as u32 * ROUNDS * CONTENDERS.len() as u32;
    let window = arguments.duration / windows;
    println!(
        "{} clients, seed {}; {ROUNDS} windows of {:.1} s for each contender and load",
        arguments.clients,
        arguments.seed,
        window.as_secs_f64()
    );
    create_databases(arguments)?;
    let mut failed = 0;
    for load in LOADS {
        let counts = count(arguments, load, window)?;
        failed += u32::from(!print_and_judge(load, &counts));
    }
    println!("{} passed, {failed} failed", LOADS.len() as u32 - failed);
    Ok(failed == 0)
}

fn create_databases(arguments: &Arguments) -> Result<()> {
    let mut client = connect(arguments, "deadlocks")?;
    for contender in CONTENDERS {
        let database = contender.database(arguments);
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {database}"))?;
        client.batch_execute(&format!("CREATE DATABASE {database}"))?;
        if contender != Contender::None {
            contender
                .connect(arguments)?
                .batch_execute("CREATE EXTENSION spend_sync")?;
        }
    }
    Ok(())
}

/// Runs one load, window by window; the totals must agree after it.
fn count(arguments: &Arguments, load: Load, window: Duration) -> Result<BTreeMap<Contender, Counts>> {
    let mut counts: BTreeMap<Contender, Counts> = BTreeMap::new();
    for contender in CONTENDERS {
        let mut client = contender.connect(arguments)?;
        load.set_up(&mut client, arguments.seed, contender.flush())?;
    }
    for round in 0..ROUNDS {
        // Who comes first changes: the machine may grow slower.
        for turn in 0..CONTENDERS.len() {
            let contender = CONTENDERS[(turn + round as usize) % CONTENDERS.len()];
            let seed = arguments.seed.wrapping_mul(1000) + u64::from(round);
            let of_window = write(arguments, load, contender, seed, window)?;
            counts.entry(contender).or_default().add(of_window);
        }
    }
    for contender in [Contender::Statement, Contender::Commit] {
        let drifted = load.drifted(&mut contender.connect(arguments)?)?;
        if drifted > 0 {
            return Err(anyhow!(
                "{}, {}: {drifted} campaigns drifted",
                load.name(),
                contender.name()
            ));
        }
    }
    Ok(counts)
}

/// One window: clients that are new, but the same in each contender.
fn write(arguments: &Arguments, load: Load, contender: Contender, seed: u64, window: Duration) -> Result<Counts> {
    let schemas = deadlock_loads::stress_schemas();
    // Repairs are no part of the load without triggers.
    let repertoire = Repertoire::new(&schemas, false);
    let mut clients = Vec::new();
    for number in 1..=arguments.clients {
        let mut client = contender.connect(arguments)?;
        client.batch_execute("SET deadlock_timeout = '10ms'; SET jit = off; SET enable_seqscan = off")?;
        clients.push((number, client));
    }
    let control = Control::new(false);
    let (control, schemas, repertoire) = (&control, &schemas, &repertoire);
    let counts: Result<Vec<Counts>> = thread::scope(|scope| {
        let workers: Vec<_> = clients
            .into_iter()
            .map(|(number, client)| {
                scope.spawn(move || {
                    let dice = Dice::new(seed, u64::from(number));
                    if load != Load::Stress {
                        return deadlock_loads::write(load, client, dice, control);
                    }
                    Ok(deadlock_loads::write_as_stress(Worker {
                        number,
                        client,
                        dice,
                        choices: Choices {
                            schemas,
                            repertoire,
                            at_commit: &[],
                            chooses_moment: false,
                            stays_readable: false,
                        },
                        control,
                        tally: Tally::default(),
                        trace: Vec::new(),
                    }))
                })
            })
            .collect();
        thread::sleep(window);
        control.stop();
        workers
            .into_iter()
            .map(|worker| worker.join().map_err(|_| anyhow!("a client panicked"))?)
            .collect()
    });
    if control.failures() > 0 {
        return Err(anyhow!(
            "{}, {}: an error nobody expected",
            load.name(),
            contender.name()
        ));
    }
    let mut sum = Counts::default();
    counts?.into_iter().for_each(|of_client| sum.add(of_client));
    Ok(sum)
}

fn print_and_judge(load: Load, counts: &BTreeMap<Contender, Counts>) -> bool {
    let of = |contender| counts.get(&contender).copied().unwrap_or_default();
    let without = of(Contender::None);
    println!(
        "\n{:<10} {:<10} {:>8} {:>10} {:>18} {:>6}",
        "load", "flush", "commits", "deadlocks", "per 1000 commits", "ratio"
    );
    for contender in CONTENDERS {
        let counts = of(contender);
        let Ratio { ratio, low, high } = counts.against(&without);
        let compared = if contender == Contender::None {
            String::new()
        } else {
            format!("{ratio:>6.2} ({low:.2} to {high:.2})")
        };
        println!(
            "{:<10} {:<10} {:>8} {:>10} {:>18.2} {compared}",
            load.name(),
            contender.name(),
            counts.commits,
            counts.deadlocks,
            counts.per_1000_commits()
        );
    }
    let (to, ratio_max, deadlocks_min) = match load {
        Load::Clips => (Contender::None, RATIO_MAX, DEADLOCKS_MIN),
        Load::Links => (Contender::None, RATIO_MAX, DEADLOCKS_OF_LINKS_MIN),
        Load::Stress => (Contender::Statement, RATIO_TO_STATEMENT_MAX, DEADLOCKS_MIN),
    };
    if of(to).deadlocks < deadlocks_min {
        println!(
            "too few deadlocks to say anything: {}, of at least {deadlocks_min}",
            of(to).deadlocks
        );
        return false;
    }
    let missed = of(Contender::Commit).against(&of(to)).low > ratio_max;
    if missed {
        println!(
            "MISSED: more than {ratio_max} times as many as {}, whatever the scatter",
            to.name()
        );
    }
    !missed
}

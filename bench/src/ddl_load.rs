//! How long commands on the bound tables take while clients write clips, and how much these write meanwhile: with spend_sync, with no
//! trigger, and with a hand-written one, for whose writes commands wait longer too.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use postgres::Client;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::arguments::Arguments;
use crate::contenders::Contender;
use crate::oracle;
use crate::run;
use crate::section::{Line, Section};
use crate::statistics::median;
use crate::tables::{self, Left};
use crate::work::{Target, Work};

/// How often each command is given in a round, with some peace before: not always as much, for writers that have all waited for one
/// command go on in step for a while.
const TIMES: usize = 7;
const PEACE: RangeInclusive<u64> = 200..=240;

/// Clips are one partition, and another is to come and to go.
const SETUP: &str = "
    ALTER TABLE clip_submissions DROP CONSTRAINT \"clip_submissions_clipId_fkey\";
    ALTER TABLE view_tracking DROP CONSTRAINT \"view_tracking_clipId_fkey\";
    ALTER TABLE clips RENAME TO clips_1;
    CREATE TABLE clips (LIKE clips_1 INCLUDING ALL) PARTITION BY RANGE (id);
    ALTER TABLE clips ATTACH PARTITION clips_1 FOR VALUES FROM (MINVALUE) TO ('zz');
    CREATE TABLE clips_2 (LIKE clips INCLUDING ALL)";

/// Each with what takes it back, if anything does.
const COMMANDS: [(&str, &str, &str); 5] = [
    (
        "RENAME of a column that is not bound",
        "ALTER TABLE clips RENAME likes TO liked",
        "ALTER TABLE clips RENAME liked TO likes",
    ),
    (
        "RENAME of a bound column, and back, in one transaction",
        "BEGIN; ALTER TABLE clips RENAME earnings TO earned; ALTER TABLE clips RENAME earned TO earnings; COMMIT",
        "",
    ),
    (
        "ADD and DROP of a column, in one transaction",
        "BEGIN; ALTER TABLE clips ADD noted int; ALTER TABLE clips DROP noted; COMMIT",
        "",
    ),
    (
        "ATTACH of an empty partition",
        "ALTER TABLE clips ATTACH PARTITION clips_2 FOR VALUES FROM ('zz') TO (MAXVALUE)",
        "ALTER TABLE clips DETACH PARTITION clips_2",
    ),
    (
        "DETACH of an empty partition",
        "ALTER TABLE clips DETACH PARTITION clips_2",
        "ALTER TABLE clips ATTACH PARTITION clips_2 FOR VALUES FROM ('zz') TO (MAXVALUE)",
    ),
];

pub fn measure(arguments: &Arguments, client: &mut Client, work: &Work) -> Result<Section> {
    client.batch_execute(SETUP)?;
    client.batch_execute("VACUUM (ANALYZE)")?;
    const CONTENDERS: [Contender; 3] = [Contender::NoTrigger, Contender::RowAdds, Contender::SpendSync];
    let label = |what: &str, contender: Contender| format!("{what}, {}", contender.label());
    let mut lines = Vec::new();
    let line = |name: &str, contender: Contender, target: Target| {
        let is_ours = contender == Contender::SpendSync;
        let target = if is_ours { target } else { Target::None };
        Line::new(&label(name, contender), is_ours.then_some(contender), target)
    };
    for (name, ..) in COMMANDS {
        lines.extend(CONTENDERS.map(|contender| line(name, contender, work.target)));
    }
    // Writes wait for commands without the extension too: what counts is how much more they do.
    let mut writes = Vec::new();
    for (when, target) in [
        ("no command running", Target::None),
        ("meanwhile, against no command running", Target::AtMost(1.1)),
    ] {
        let name = format!("ms of 1,000 writes, {when}");
        writes.extend(CONTENDERS.map(|contender| line(&name, contender, target)));
    }
    for round in 0..arguments.rounds {
        let mut base: Option<UnderLoad> = None;
        for (place, contender) in CONTENDERS.into_iter().enumerate() {
            contender.install(client)?;
            let measured = under_load(arguments, client, work, contender, round)?;
            eprintln!(
                "{:<17} {} {:<32} {:.1?} ms",
                work.name,
                round + 1,
                contender.label(),
                measured.ms
            );
            let base = base.get_or_insert_with(|| measured.clone());
            let mut of_writes = writes.iter_mut().skip(place).step_by(CONTENDERS.len());
            if let Some(alone) = of_writes.next() {
                alone.values.push(measured.alone_ms);
                alone.ratios.push(measured.alone_ms / base.alone_ms);
            }
            if let Some(meanwhile) = of_writes.next() {
                meanwhile.values.push(measured.meanwhile_ms);
                meanwhile.ratios.push(measured.slower() / base.slower());
                if contender != Contender::NoTrigger {
                    meanwhile.drifted = meanwhile.drifted.max(Some(oracle::drifted(client)?));
                }
            }
            let of_contender = lines.iter_mut().skip(place).step_by(CONTENDERS.len());
            for ((line, ms), base) in of_contender.zip(&measured.ms).zip(&base.ms) {
                line.values.push(*ms);
                line.ratios.push(ms / base);
            }
            contender.uninstall(client)?;
            tables::clean(client, Left::WrongTotals)?;
        }
    }
    lines.extend(writes);
    tables::load(client, work.layout)?;
    Ok(Section { work: *work, lines })
}

#[derive(Clone)]
struct UnderLoad {
    /// Of each command.
    ms: Vec<f64>,
    /// What 1,000 writes took before the first command, and from then on.
    alone_ms: f64,
    meanwhile_ms: f64,
}

impl UnderLoad {
    /// How many times as long writes took meanwhile.
    fn slower(&self) -> f64 {
        self.meanwhile_ms / self.alone_ms
    }
}

fn under_load(
    arguments: &Arguments,
    client: &mut Client,
    work: &Work,
    contender: Contender,
    round: u32,
) -> Result<UnderLoad> {
    let mut writers = run::writers(arguments, client, work, contender, round)?;
    let mut session = run::connect(arguments)?;
    session.batch_execute("SET lock_timeout = '20s'")?;
    run::each(&mut writers, |writer| writer.warm_up(arguments.warm_up))?;
    let alone_ms = ms_of_thousand(
        arguments.window,
        &run::each(&mut writers, |writer| writer.write_for(arguments.window))?,
    );
    let (is_done, begin) = (AtomicBool::new(false), Instant::now());
    let commands = || {
        let ms = all_commands(&mut session, round);
        is_done.store(true, Ordering::Relaxed);
        (ms, begin.elapsed())
    };
    let (written, (ms, took)) = run::each_beside(&mut writers, |writer| writer.write_until(&is_done), commands)?;
    Ok(UnderLoad {
        ms: ms?,
        alone_ms,
        meanwhile_ms: ms_of_thousand(took, &written),
    })
}

fn ms_of_thousand(time: Duration, writes: &[u64]) -> f64 {
    let all: u64 = writes.iter().sum();
    time.as_secs_f64() * 1e6 / all as f64
}

fn rest(dice: &mut SmallRng) {
    thread::sleep(Duration::from_millis(dice.random_range(PEACE)));
}

/// The first time of each plans, and does not count.
fn all_commands(session: &mut Client, round: u32) -> Result<Vec<f64>> {
    let mut dice = SmallRng::seed_from_u64(round.into());
    let mut all = Vec::new();
    for (name, command, back) in COMMANDS {
        if name.starts_with("DETACH") {
            session.batch_execute(back)?;
        }
        let mut times = Vec::new();
        for _ in 0..=TIMES {
            rest(&mut dice);
            let begin = Instant::now();
            session.batch_execute(command)?;
            times.push(begin.elapsed().as_secs_f64() * 1e3);
            rest(&mut dice);
            session.batch_execute(back)?;
        }
        if name.starts_with("DETACH") {
            session.batch_execute(command)?;
        }
        all.push(median(times.get(1..).unwrap_or_default()).unwrap_or_default());
    }
    Ok(all)
}

//! Clients that insert clips of their own, with foreign keys that are checked at once, at commit, or not there. A clip that is inserted
//! has links looked for, under a guard: nobody may wait for anybody by that.

use std::time::{Duration, Instant};

use anyhow::Result;
use postgres::Client;

use crate::arguments::Arguments;
use crate::contenders::Contender;
use crate::life;
use crate::run;
use crate::section::{Line, Section};
use crate::tables::{self, Left};
use crate::work::{Target, Work};

const INSERTS_A_TRANSACTION: usize = 50;

/// What the keys are, and how they are made that.
const KEYS: [(&str, &str); 3] = [
    ("keys checked at once", "NOT DEFERRABLE"),
    ("keys checked at commit", "DEFERRABLE INITIALLY DEFERRED"),
    ("no keys", ""),
];

pub fn measure(arguments: &Arguments, client: &mut Client, work: &Work) -> Result<Section> {
    let line = |(place, (name, _)): (usize, &(&str, &str))| {
        let target = if place == 0 { Target::None } else { work.target };
        Line::new(name, Some(Contender::SpendSync), target)
    };
    let mut lines: Vec<Line> = KEYS.iter().enumerate().map(line).collect();
    for round in 0..arguments.rounds {
        let mut base = None;
        for (line, (name, keys)) in lines.iter_mut().zip(KEYS) {
            set_keys(client, keys)?;
            Contender::SpendSync.install(client)?;
            let ms = in_all(arguments, work)?;
            line.drifted = line.drifted.max(Some(Contender::SpendSync.drifted(client)?));
            Contender::SpendSync.uninstall(client)?;
            client.batch_execute("DELETE FROM clips WHERE id LIKE 'n%'")?;
            tables::clean(client, Left::Right)?;
            line.values.push(ms);
            line.ratios.push(ms / *base.get_or_insert(ms));
            eprintln!("{:<17} {} {name:<24} {ms:.1} ms a transaction", work.name, round + 1);
        }
        // The last way was without any.
        client.batch_execute(
            r#"ALTER TABLE clip_submissions
                 ADD CONSTRAINT "clip_submissions_clipId_fkey" FOREIGN KEY ("clipId") REFERENCES clips ON DELETE CASCADE,
                 ADD CONSTRAINT "clip_submissions_campaignId_fkey" FOREIGN KEY ("campaignId") REFERENCES campaigns ON DELETE CASCADE"#,
        )?;
    }
    Ok(Section { work: *work, lines })
}

fn set_keys(client: &mut Client, keys: &str) -> Result<()> {
    for key in ["clip_submissions_clipId_fkey", "clip_submissions_campaignId_fkey"] {
        let change = if keys.is_empty() {
            format!(r#"ALTER TABLE clip_submissions DROP CONSTRAINT "{key}""#)
        } else {
            format!(r#"ALTER TABLE clip_submissions ALTER CONSTRAINT "{key}" {keys}"#)
        };
        client.batch_execute(&change)?;
    }
    Ok(())
}

/// How long a transaction takes on the average, in milliseconds, with all clients at work. A deadlock ends the benchmark.
fn in_all(arguments: &Arguments, work: &Work) -> Result<f64> {
    let mut clients: Vec<usize> = (0..work.clients).collect();
    let took = run::each(&mut clients, |number| one(arguments, *number))?;
    Ok(took.iter().sum::<f64>() / took.len() as f64)
}

fn one(arguments: &Arguments, number: usize) -> Result<f64> {
    let mut client = run::session(arguments, Contender::SpendSync)?;
    let insert = life::insert(&mut client, arguments.protocol)?;
    let mut transaction = |prefix: &str, count: u32| -> Result<()> {
        client.batch_execute("BEGIN")?;
        for clip in 0..INSERTS_A_TRANSACTION {
            // No client's keys are beside another's.
            let key = format!("n{:02}{prefix}{number}-{count}", clip * 7 % INSERTS_A_TRANSACTION);
            insert.run(&mut client, &[&key])?;
        }
        Ok(client.batch_execute("COMMIT")?)
    };
    let mut for_a_while = |prefix: &str, time: Duration| -> Result<f64> {
        let (begin, mut count) = (Instant::now(), 0);
        while count == 0 || begin.elapsed() < time {
            transaction(prefix, count)?;
            count += 1;
        }
        Ok(begin.elapsed().as_secs_f64() * 1e3 / f64::from(count))
    };
    for_a_while("w", arguments.warm_up / 4)?;
    for_a_while("m", arguments.window)
}

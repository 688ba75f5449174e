//! A clip's life: it comes, is sent to a campaign, earns something and is rejected at once, or goes and takes its submission along.

use std::time::{Duration, Instant};

use anyhow::Result;
use postgres::{Client, Error};

use crate::arguments::{Arguments, Protocol};
use crate::commands::Command;
use crate::contenders::Contender;
use crate::run;
use crate::section::{Line, Section};
use crate::tables::{self, Left};
use crate::work::{Target, Work};

/// One statement each of a session of its own.
struct Life {
    client: Client,
    insert: Command,
    link: Command,
    earn: Command,
    reject: Command,
    delete: Command,
}

/// What is measured, in this order.
const STEPS: [&str; 4] = [
    "insert a clip",
    "insert its approved submission",
    "begin, earnings, rejection, commit",
    "delete a clip and, by cascade, its submission",
];

pub fn measure(arguments: &Arguments, client: &mut Client, work: &Work) -> Result<Section> {
    let mut lines: Vec<Line> = STEPS.iter().flat_map(|step| lines_of(work, step)).collect();
    for round in 0..arguments.rounds {
        let base = once(arguments, client, Contender::NoTrigger)?;
        let ours = once(arguments, client, Contender::SpendSync)?;
        for (step, name) in STEPS.iter().enumerate() {
            let (base, rate) = (base.rates[step], ours.rates[step]);
            let ratio = rate / base;
            eprintln!(
                "{:<17} {} {name:<46} {rate:>8.1} of {base:.1} a second, {ratio:.3}",
                work.name,
                round + 1
            );
            for (line, rate, ratio) in [(2 * step, base, 1.0), (2 * step + 1, rate, ratio)] {
                lines[line].values.push(rate);
                lines[line].ratios.push(ratio);
            }
            lines[2 * step + 1].drifted = lines[2 * step + 1].drifted.max(Some(ours.drifted));
        }
    }
    Ok(Section { work: *work, lines })
}

fn lines_of(work: &Work, step: &str) -> [Line; 2] {
    let line = |contender: Contender, target| {
        let label = format!("{step}, {}", contender.label());
        Line::new(&label, Some(contender), target)
    };
    [
        line(Contender::NoTrigger, Target::None),
        line(Contender::SpendSync, work.target),
    ]
}

/// How often each step was done in a second.
struct Rates {
    rates: [f64; STEPS.len()],
    drifted: i64,
}

/// From clean tables to clean tables.
fn once(arguments: &Arguments, client: &mut Client, contender: Contender) -> Result<Rates> {
    contender.install(client)?;
    let mut life = Life::new(arguments, contender)?;
    life.all(arguments.warm_up / 4, "w")?;
    let rates = life.all(arguments.window, "n")?;
    let drifted = contender.drifted(client)?;
    contender.uninstall(client)?;
    let left = if drifted == 0 { Left::Right } else { Left::WrongTotals };
    tables::clean(client, left)?;
    Ok(Rates { rates, drifted })
}

impl Life {
    fn new(arguments: &Arguments, contender: Contender) -> Result<Life> {
        let mut client = run::session(arguments, contender)?;
        let insert = insert(&mut client, arguments.protocol)?;
        let mut command = |sql| Command::new(&mut client, arguments.protocol, sql);
        Ok(Life {
            insert,
            link: command(
                r#"INSERT INTO clip_submissions (id, "userId", "campaignId", "clipId", "clipUrl", platform, status)
                   SELECT $1, c."userId", k.id, c.id, c.url, c.platform, 'APPROVED'
                   FROM clips c, (SELECT min(id) AS id FROM campaigns) k WHERE c.id = $1"#,
            )?,
            earn: command("UPDATE clips SET earnings = earnings + 1 WHERE id = $1")?,
            reject: command(r#"UPDATE clip_submissions SET status = 'REJECTED' WHERE "clipId" = $1"#)?,
            delete: command("DELETE FROM clips WHERE id = $1")?,
            client,
        })
    }

    /// As many clips come as can in this time, and all go.
    fn all(&mut self, time: Duration, prefix: &str) -> Result<[f64; STEPS.len()]> {
        let (begin, mut keys) = (Instant::now(), Vec::new());
        while keys.is_empty() || begin.elapsed() < time {
            // As keys come that are no numbers: in no order.
            let number = keys.len().wrapping_mul(0x9E37_79B1) & 0xFFFF_FFFF;
            let key = format!("{prefix}{number:08x}{}", keys.len());
            self.insert.run(&mut self.client, &[&key])?;
            keys.push(key);
        }
        let came = rate(keys.len(), begin);
        let linked = self.each(&keys, |life, key| life.link.run(&mut life.client, &[key]))?;
        let (rejected, kept) = keys.split_at(keys.len() / 2);
        let earned = self.each(rejected, Life::earn_and_reject)?;
        let gone = self.each(kept, Life::delete)?;
        self.each(rejected, Life::delete)?;
        Ok([came, linked, earned, gone])
    }

    fn each(&mut self, keys: &[String], act: impl Fn(&mut Life, &str) -> Result<(), Error>) -> Result<f64> {
        let begin = Instant::now();
        for key in keys {
            act(self, key)?;
        }
        Ok(rate(keys.len(), begin))
    }

    fn earn_and_reject(&mut self, key: &str) -> Result<(), Error> {
        self.client.batch_execute("BEGIN")?;
        self.earn.run(&mut self.client, &[key])?;
        self.reject.run(&mut self.client, &[key])?;
        self.client.batch_execute("COMMIT")
    }

    fn delete(&mut self, key: &str) -> Result<(), Error> {
        self.delete.run(&mut self.client, &[key])
    }
}

/// Inserts a clip by its key.
pub fn insert(client: &mut Client, protocol: Protocol) -> Result<Command> {
    Command::new(
        client,
        protocol,
        r#"INSERT INTO clips (id, "userId", url, platform, earnings)
           SELECT $1, id, 'https://clips.example.org/' || $1, 'TIKTOK', 5 FROM (SELECT min(id) AS id FROM users) u"#,
    )
}

fn rate(times: usize, begin: Instant) -> f64 {
    times as f64 / begin.elapsed().as_secs_f64()
}

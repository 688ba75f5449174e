//! The rounds of one work: every contender once, then every contender again, so that whatever else the machine does
//! meets all of them.

use anyhow::Result;
use postgres::Client;

use crate::arguments::Arguments;
use crate::contenders::Contender;
use crate::run::{self, Outcome};
use crate::section::{Line, Section};
use crate::work::Work;

pub fn measure(
    arguments: &Arguments,
    client: &mut Client,
    work: &Work,
    missing: &[(Contender, String)],
) -> Result<Section> {
    let contenders: Vec<_> = work
        .contenders(arguments.quick)
        .into_iter()
        .filter(|contender| !missing.iter().any(|(gone, _)| gone == contender))
        .collect();
    let mut lines: Vec<_> = contenders.iter().map(|contender| Line::of(work, *contender)).collect();
    let mut done = vec![false; contenders.len()];
    for round in 0..arguments.rounds {
        let mut base = None;
        for (place, contender) in contenders.iter().enumerate() {
            if done[place] {
                continue;
            }
            let outcome = run::run(arguments, client, work, *contender, round)?;
            done[place] = match &outcome {
                Outcome::Skipped(_) => true,
                Outcome::Measured(measured) => measured.stopped || measured.took > arguments.repeat_max,
            };
            if let (Outcome::Measured(measured), Contender::NoTrigger) = (&outcome, contender) {
                base = Some(measured.rate);
            }
            progress(work, round, *contender, &outcome, base);
            lines[place].add(outcome, base);
        }
    }
    Ok(Section { work: *work, lines })
}

/// A run that does not count: the first after a load finds pages that nobody has written to yet.
pub fn settle(arguments: &Arguments, client: &mut Client, work: &Work) -> Result<()> {
    run::run(arguments, client, work, Contender::NoTrigger, 0)?;
    Ok(())
}

fn progress(work: &Work, round: u32, contender: Contender, outcome: &Outcome, base: Option<f64>) {
    let what = match outcome {
        Outcome::Skipped(why) => why.clone(),
        Outcome::Measured(measured) => format!(
            "{:>10.1} {}, {:.3}, drifted {}{}",
            measured.rate,
            work.unit(),
            base.map_or(1.0, |base| measured.rate / base),
            measured.drifted,
            if measured.stopped { ", stopped" } else { "" }
        ),
    };
    eprintln!("{:<17} {} {:<32} {what}", work.name, round + 1, contender.label());
}

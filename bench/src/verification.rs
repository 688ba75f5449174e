//! How long another writer of a campaign waits while a write compares its total with its clips.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Result;
use postgres::Client;

use crate::arguments::Arguments;
use crate::contenders::Contender;
use crate::run;
use crate::section::{Line, Section};
use crate::tables::{self, Left};
use crate::work::{Kind, Target, Work};
use crate::writer::{self, Writer};

/// The next write of this session compares, whatever was compared lately.
const DUE: &str = "UPDATE spend_sync.large_campaign SET verified_at = verified_at - interval '1 day';
    SET spend_sync.recompute_interval = '1min'; SET spend_sync.debug_clock = '1d'";

pub fn measure(arguments: &Arguments, client: &mut Client, work: &Work) -> Result<Section> {
    let ours = Some(Contender::SpendSync);
    let mut verifying = Line::new("the write that compares", ours, Target::None);
    let mut waiting = Line::new("longest write of another client meanwhile", ours, work.target);
    for round in 0..arguments.rounds {
        Contender::SpendSync.install(client)?;
        let mut keys = writer::keys(client)?;
        let other_keys = keys.split_off(keys.len() / 2);
        let writer = |keys, seed| {
            let session = run::session(arguments, Contender::SpendSync)?;
            Writer::new(
                session,
                Kind::Clip,
                Contender::SpendSync,
                arguments.protocol,
                keys,
                seed,
            )
        };
        let (mut one, mut other) = (writer(keys, 1)?, writer(other_keys, 2)?);
        other.warm_up(arguments.warm_up)?;
        // Counts its clips, once.
        client.batch_execute("SELECT FROM sync_all_campaigns()")?;
        one.warm_up(arguments.warm_up)?;
        one.say(DUE)?;
        let (took, longest) = beside(&mut one, &mut other)?;
        for (line, ms) in [(&mut verifying, took), (&mut waiting, longest)] {
            line.values.push(ms);
            line.ratios.push(1.0);
        }
        waiting.drifted = waiting.drifted.max(Some(Contender::SpendSync.drifted(client)?));
        eprintln!(
            "{:<17} {} {took:.1} ms, meanwhile {longest:.1} ms",
            work.name,
            round + 1
        );
        Contender::SpendSync.uninstall(client)?;
        tables::clean(client, Left::Right)?;
    }
    Ok(Section {
        work: *work,
        lines: vec![verifying, waiting],
    })
}

/// What one write of the one takes, and the longest of the other's until then; in milliseconds.
fn beside(one: &mut Writer, other: &mut Writer) -> Result<(f64, f64)> {
    let is_done = AtomicBool::new(false);
    let longest = |writer: &mut Writer| {
        let mut longest: f64 = 0.0;
        while !is_done.load(Ordering::Relaxed) {
            longest = longest.max(ms_of_a_write(writer)?);
        }
        Ok(longest)
    };
    let verify = || {
        let took = ms_of_a_write(one);
        is_done.store(true, Ordering::Relaxed);
        took
    };
    let (longest, took) = run::each_beside(std::slice::from_mut(other), longest, verify)?;
    Ok((took?, longest.into_iter().fold(0.0, f64::max)))
}

fn ms_of_a_write(writer: &mut Writer) -> Result<f64> {
    let begin = Instant::now();
    writer.write_for(std::time::Duration::ZERO)?;
    Ok(begin.elapsed().as_secs_f64() * 1e3)
}

//! What a write costs: spend_sync side by side with no trigger, hand-written triggers and pg_ivm, for every row of
//! DESIGN.md section 13.
//!
//! arguments -> for each layout (tables): for each work: rounds (or life, inserts, repair, verification, ddl, ddl_load) -> run (contenders, writer, oracle) ->
//! section -> results, chart. Tables go to standard output, progress to standard error.

mod arguments;
mod chart;
mod commands;
mod contenders;
mod ddl;
mod ddl_load;
mod inserts;
mod life;
mod machine;
mod oracle;
mod other_totals;
mod repair;
mod results;
mod rounds;
mod run;
mod section;
mod statistics;
mod tables;
mod verification;
mod work;
mod writer;

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use postgres::Client;

use arguments::Arguments;
use contenders::Contender;
use other_totals::OtherTotal;
use section::Section;
use work::{Kind, WORKS, Work};

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    match arguments::parse(&words).and_then(|arguments| bench(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &Arguments) -> Result<()> {
    let begin = Instant::now();
    let works = chosen(arguments)?;
    let mut client = run::connect(arguments)?;
    let missing = missing(&mut client)?;
    let machine = machine::describe(&mut client)?;
    let mut sections = measure_all(arguments, &mut client, &works, &missing)?;
    sections.sort_by_key(|section| WORKS.iter().position(|work| work.name == section.work.name));

    let text = results::text(arguments, &machine, &missing, &sections, begin.elapsed());
    println!("{text}");
    if let Some(directory) = &arguments.write {
        fs::create_dir_all(directory)?;
        fs::write(directory.join("RESULTS.md"), &text).context("RESULTS.md")?;
        if let Some(svg) = chart::cost_per_write(&sections) {
            fs::write(directory.join("cost_per_write.svg"), svg).context("cost_per_write.svg")?;
        }
    }
    Ok(())
}

/// A work that is named alone runs also where the short form leaves it out.
fn chosen(arguments: &Arguments) -> Result<Vec<Work>> {
    let is_exact = |name: &str| WORKS.iter().any(|work| work.name == name);
    let works: Vec<_> = WORKS
        .iter()
        .filter(|work| match &arguments.only {
            Some(name) if is_exact(name) => work.name == name,
            Some(name) => work.name.starts_with(name.as_str()),
            None => work.quick || !arguments.quick,
        })
        .copied()
        .collect();
    if works.is_empty() {
        let names: Vec<_> = WORKS.iter().map(|work| work.name).collect();
        bail!("no work of that name; there are {}", names.join(", "));
    }
    Ok(works)
}

fn missing(client: &mut Client) -> Result<Vec<(Contender, String)>> {
    let mut missing = Vec::new();
    for contender in contenders::ALL {
        if let Some(why) = contender.missing(client)? {
            eprintln!("left out: {}: {why}", contender.label());
            missing.push((*contender, why));
        }
    }
    Ok(missing)
}

/// Works that share a layout run one after the other, so that it is loaded once.
fn measure_all(
    arguments: &Arguments,
    client: &mut Client,
    works: &[Work],
    missing: &[(Contender, String)],
) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    for first in works {
        if sections.iter().any(|section| section.work.layout == first.layout) {
            continue;
        }
        eprintln!(
            "loading {} clips of {} campaigns",
            first.layout.clips, first.layout.campaigns
        );
        tables::load(client, first.layout)?;
        if !matches!(first.kind, Kind::Repair | Kind::Ddl(_) | Kind::Life | Kind::Inserts)
            && other_totals::of(first.kind).is_none()
        {
            rounds::settle(arguments, client, first)?;
        }
        for work in works.iter().filter(|work| work.layout == first.layout) {
            sections.push(match work.kind {
                Kind::Verification => verification::measure(arguments, client, work)?,
                Kind::Inserts => inserts::measure(arguments, client, work)?,
                Kind::Life => life::measure(arguments, client, work)?,
                Kind::Repair => repair::measure(arguments, client, work)?,
                Kind::DdlUnderLoad | Kind::DdlBesideTransactions => ddl_load::measure(arguments, client, work)?,
                Kind::Ddl(bindings) => ddl::measure(arguments, client, work, bindings)?,
                kind => match other_totals::of(kind) {
                    Some(other) => beside(arguments, client, work, missing, other)?,
                    None => rounds::measure(arguments, client, work, missing)?,
                },
            });
        }
    }
    Ok(sections)
}

/// A work of which another total is kept, on tables of its own.
fn beside(
    arguments: &Arguments,
    client: &mut Client,
    work: &Work,
    missing: &[(Contender, String)],
    other: &OtherTotal,
) -> Result<Section> {
    let clip = Work {
        kind: Kind::Clip,
        ..*work
    };
    rounds::settle(arguments, client, &clip)?;
    other.create(client)?;
    let section = rounds::measure(arguments, client, work, missing)?;
    other.drop(client)?;
    Ok(section)
}

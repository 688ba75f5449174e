//! The report, as Markdown.

use std::fmt::Write;
use std::time::Duration;

use crate::arguments::{Arguments, Protocol};
use crate::contenders::Contender;
use crate::machine::Machine;
use crate::section::{Line, Section};
use crate::statistics::{median, range};
use crate::work::{Kind, Target};

pub fn text(
    arguments: &Arguments,
    machine: &Machine,
    missing: &[(Contender, String)],
    sections: &[Section],
    took: Duration,
) -> String {
    let parts = [
        head(arguments, machine, missing, took),
        targets(sections),
        losses(sections),
        first_writes(sections),
        sections.iter().map(table).collect::<Vec<_>>().join("\n"),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n").trim_end().to_owned() + "\n"
}

fn head(arguments: &Arguments, machine: &Machine, missing: &[(Contender, String)], took: Duration) -> String {
    let form = if arguments.quick {
        "make bench-quick"
    } else {
        "make bench"
    };
    let protocol = match arguments.protocol {
        Protocol::Extended => "prepared statements (extended protocol)",
        Protocol::Simple => "statements as text (simple protocol)",
    };
    let mut text = format!(
        "# What a write costs\n\n\
         Written by `{form}` on {} in {:.0} min.\n\n\
         - Machine: {}; clients and server share it\n\
         - PostgreSQL {}; {}\n\
         - Settings: {}\n\
         - {} rounds of {} ms windows, {protocol}\n",
        machine.date,
        (took.as_secs_f64() / 60.0).ceil(),
        machine.processor,
        machine.postgres,
        machine.extensions,
        machine.settings,
        arguments.rounds,
        arguments.window.as_millis(),
    );
    for (contender, why) in missing {
        let _ = writeln!(text, "- Left out: {} ({why})", contender.label());
    }
    text.push_str(READING);
    if !arguments.quick && arguments.only.is_none() {
        text.push_str("\n![Cost of a write against the size of its campaign](cost_per_write.svg)\n");
    }
    text
}

const READING: &str = "
Nothing waits for a disk here (`fsync = off`): whatever a trigger costs is seen whole, which is the harshest way to look
at every trigger. With commits that wait for a disk all of them lie closer to no trigger.

Every contender works on the same tables, one after the other, and again in the next round. A ratio compares with no
trigger in the same round; ratios and rates are medians over the rounds. After each run a plain `SUM` counts the campaigns
whose total is wrong; the column says the most of any round. Before the next run all totals are put right and the tables
vacuumed.

The limit is no trigger: the writer's own statement updates the clip and its campaign by their keys, with a difference the
writer knows (between the two statements of an interactive transaction, it waits with the campaign until the second). The
hand-written triggers stand in `bench/sql`; they take no care of clips that come, go or change their key.
";

/// Every target of DESIGN.md, and whether it is reached.
fn targets(sections: &[Section]) -> String {
    let mut rows = String::new();
    for section in sections {
        for line in &section.lines {
            let (Some((target, reached)), Some(ratio)) = (section.verdict(line), line.ratio()) else {
                continue;
            };
            let _ = writeln!(
                rows,
                "| [{}](#{}) | {} | {target} | {} | {} |",
                section.work.name,
                section.work.name,
                line.label,
                ratio_text(ratio),
                if reached { "reached" } else { "**missed**" }
            );
        }
    }
    if let Some((lowest, highest)) = flatness(sections) {
        let reached = lowest >= highest * 0.8;
        let _ = writeln!(
            rows,
            "| clip-10 to clip-1000000 | spend_sync | flat within 20% | {lowest:.2} to {highest:.2} | {} |",
            if reached { "reached" } else { "**missed**" }
        );
    }
    if rows.is_empty() {
        return rows;
    }
    format!("## Targets\n\n| work | who | target | ratio | |\n|---|---|---|---|---|\n{rows}")
}

/// The lowest and the highest ratio over the sizes whose cost should not depend on the size.
fn flatness(sections: &[Section]) -> Option<(f64, f64)> {
    let sizes = [
        "clip-10",
        "clip-80",
        "clip-1000",
        "clip-10000",
        "clip-100000",
        "clip-1000000",
    ];
    let ratios: Vec<_> = sizes
        .iter()
        .filter_map(|name| sections.iter().find(|section| section.work.name == *name))
        .filter_map(|section| section.line(Contender::SpendSync)?.ratio())
        .collect();
    range(&ratios).filter(|_| ratios.len() == sizes.len())
}

/// Wherever something else that keeps totals by itself is faster.
fn losses(sections: &[Section]) -> String {
    let measured = |line: &Line| line.is_rival() && line.ratio().is_some();
    if !sections.iter().any(|section| section.lines.iter().any(measured)) {
        return String::new();
    }
    let mut rows = String::new();
    for section in sections {
        for ours in section.lines.iter().filter(|line| line.is_ours()) {
            for rival in section.lines.iter().filter(|line| line.is_rival()) {
                let (Some(own), Some(other)) = (ours.ratio(), rival.ratio()) else {
                    continue;
                };
                if own < other {
                    let drift = match rival.drifted {
                        Some(drifted) if drifted > 0 => format!("{drifted} totals wrong"),
                        _ => "totals right".into(),
                    };
                    let _ = writeln!(
                        rows,
                        "| {} | {} | {} | {} | {} | {drift} |",
                        section.work.name,
                        ours.label,
                        ratio_text(own),
                        rival.label,
                        ratio_text(other)
                    );
                }
            }
        }
    }
    if rows.is_empty() {
        return "## Where it loses\n\nNowhere in this run against a trigger written by hand.\n".into();
    }
    format!(
        "## Where it loses\n\nAgainst whatever else keeps the totals by itself:\n\n\
         | work | line of spend_sync | ratio | is slower than | ratio | which left |\n|---|---|---|---|---|---|\n{rows}"
    )
}

/// What the first write after attach costs.
fn first_writes(sections: &[Section]) -> String {
    let rows: String = sections
        .iter()
        .filter(|section| section.work.kind == Kind::Clip)
        .filter_map(|section| {
            let ours = median(&section.line(Contender::SpendSync)?.first_ms)?;
            let none = median(&section.line(Contender::NoTrigger)?.first_ms)?;
            let size = grouped(f64::from(section.work.layout.clips_per_campaign()));
            Some(format!("| {size} | {none:.2} | {ours:.2} |\n"))
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "## The first write\n\nMilliseconds of the first write of a session, right after attach: it loads the binding, and plans.\n\n\
         | clips of the campaign | no trigger | spend_sync |\n|---:|---:|---:|\n{rows}"
    )
}

fn table(section: &Section) -> String {
    let work = &section.work;
    let has_targets = section.lines.iter().any(|line| line.target != Target::None);
    let retried = section.lines.iter().any(|line| line.retries > 0);
    let base = match work.kind {
        Kind::Repair => "to by hand",
        Kind::Inserts => "to keys checked at once",
        Kind::Ddl(_) => "to event triggers disabled",
        _ => "to no trigger",
    };
    let mut text = format!(
        "## {}\n\n{}.\n\n| contender | {} | ratio {base} | drifted |",
        work.name,
        work.title,
        work.unit()
    );
    let mut rule = String::from("|---|---:|---:|---:|");
    for (present, name) in [(retried, " retries |"), (has_targets, " target |")] {
        if present {
            text.push_str(name);
            rule.push_str("---|");
        }
    }
    let _ = writeln!(text, "\n{rule}");
    for line in &section.lines {
        let _ = write!(text, "| {} | {} |", line.label, cells(section, line));
        if retried {
            let _ = write!(text, " {} |", line.retries);
        }
        if has_targets {
            let _ = write!(text, " {} |", target_cell(section, line));
        }
        text.push('\n');
    }
    text
}

/// Rate, ratio and drift of one line; whatever has no number says why.
fn cells(section: &Section, line: &Line) -> String {
    let (Some(value), Some(ratio), Some((low, high))) = (median(&line.values), line.ratio(), range(&line.ratios))
    else {
        return format!("{} | |", line.note.as_deref().unwrap_or("not measured"));
    };
    let bound = if line.stopped { "< " } else { "" };
    let spread = match line.ratios.len() {
        // What the others are compared with.
        _ if (low, high) == (1.0, 1.0) => String::new(),
        1 => " (one round)".into(),
        _ => format!(" ({} to {})", ratio_text(low), ratio_text(high)),
    };
    let drifted = line.drifted.map_or("".into(), |drifted| {
        format!(
            "{} of {}",
            grouped(drifted as f64),
            grouped(f64::from(section.work.layout.campaigns))
        )
    });
    let note = line.note.as_ref().map_or(String::new(), |note| format!(" {note}"));
    format!(
        "{bound}{} | {bound}{}{spread}{note} | {drifted}",
        grouped(value),
        ratio_text(ratio)
    )
}

fn target_cell(section: &Section, line: &Line) -> String {
    section.verdict(line).map_or(String::new(), |(target, reached)| {
        format!("{target}: {}", if reached { "reached" } else { "**missed**" })
    })
}

/// Two decimals, and two significant digits of what is smaller.
fn ratio_text(ratio: f64) -> String {
    match ratio {
        _ if ratio >= 0.1 => format!("{ratio:.2}"),
        _ if ratio >= 0.01 => format!("{ratio:.3}"),
        _ if ratio >= 0.001 => format!("{ratio:.4}"),
        _ => format!("{ratio:.5}"),
    }
}

/// At least three digits, thousands apart.
fn grouped(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 {
        return format!("{value:.2}");
    }
    if value < 100.0 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{grouped, ratio_text};

    #[test]
    fn numbers_have_three_digits_or_more() {
        let texts: Vec<_> = [0.0, 1.234, 12.34, 123.4, 1234.0, 1_234_567.0].map(grouped).into();
        assert_eq!(texts, ["0", "1.23", "12.3", "123", "1,234", "1,234,567"]);
    }

    #[test]
    fn small_ratios_keep_their_digits() {
        let texts: Vec<_> = [1.0, 0.512, 0.0334, 0.00345].map(ratio_text).into();
        assert_eq!(texts, ["1.00", "0.51", "0.033", "0.0034"]);
    }
}

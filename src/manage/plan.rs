//! What attach would meet, and do: all of it at once, and nothing changed.

use crate::binding;
use crate::catalog::shape::Shape;
use crate::errors::problems::Problems;
use crate::errors::table::TableError;
use crate::errors::{Ours, Result};
use crate::manage::advice::Finding;
use crate::manage::attach::Request;
use crate::manage::{advice, attach, chains, preview, statuses};
use crate::pg::session;
use crate::pg::snapshot::Sees;
use crate::statements::{self, Statement, summed};
use crate::value::columns::{DirectWrites, Flush, KeyColumns};
use crate::value::names::{array, literal};

/// Looks at what attach was to be asked for. Of severity "error": attach would fail by it; "warning" and "notice": it would say so;
/// "change": what would become of the totals; "call": the call that says all, if there is no error.
pub fn plan(request: Request) -> Result<Vec<Finding>> {
    let mut problems = Problems::default();
    if !session::is_utf8() {
        problems.take::<()>(Err(TableError::NotUtf8 {}.into()))?;
    }
    let direct_writes = problems.take(DirectWrites::parse(&request.direct_writes))?;
    let flush = problems.take(Flush::parse(&request.flush))?;
    let policies = (
        direct_writes.unwrap_or(DirectWrites::Correct),
        flush.unwrap_or_default(),
    );
    let Some(tables) = attach::find_tables(&request, &mut problems)? else {
        return Ok(errors(problems));
    };
    let sync = request.sync;
    let Some(shape) = attach::look(tables, request.given, policies, &mut problems)? else {
        return Ok(errors(problems));
    };
    problems.take(attach::check_owner(&shape))?;
    problems.take(chains::check(&shape))?;
    problems.take(statuses::check_comparable(&shape))?;
    if !problems.is_empty() {
        return Ok(errors(problems)); // whose code would run, and as whom
    }
    if sync {
        problems.take(statuses::check(&shape, true))?;
    }
    let is_sound = problems.is_empty();
    let mut findings = errors(problems);
    findings.extend(advice::missing_indexes(&shape)?);
    findings.extend(advice::shares(&shape)?);
    findings.extend(advice::units(&shape));
    findings.extend(advice::unique_totals(&shape)?);
    findings.extend(advice::row_writers(&shape)?);
    findings.extend(advice::functions_without_path(&shape)?);
    findings.extend(advice::code_of_others(&shape)?);
    if is_sound {
        findings.extend(advice::doubled_clips(&shape)?);
        findings.extend(statuses::uncounted(&shape)?);
        findings.extend(changes(&shape, sync)?);
    }
    if findings.iter().all(|finding| finding.severity != "error") {
        findings.push(call(&shape, sync));
    }
    Ok(findings)
}

fn errors(problems: Problems) -> Vec<Finding> {
    let finding = |problem: Ours| {
        let parts = problem.into_parts();
        Finding {
            severity: "error",
            object: String::new(),
            problem: format!("{}. {}", parts.message, parts.detail.trim_end_matches('.')),
            advice: parts.hint,
        }
    };
    problems.into_iter().map(finding).collect()
}

/// What would become of the totals.
fn changes(shape: &Shape, sync: bool) -> Result<Vec<Finding>> {
    let sql = statements::sql(&binding::names_of(shape), &[], Statement::Preview);
    let rows = binding::look(shape, &sql, &[], Sees::Latest)?;
    let differing = rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)).count();
    let mut findings = attach::one_sided(shape, &rows);
    findings.push(Finding {
        severity: "change",
        object: shape.total(),
        problem: format!(
            "{differing} of {} totals differ from their sums, by {} in all",
            rows.len(),
            preview::total_difference(&rows)?
        ),
        advice: if sync {
            "They become the sums; sync => false leaves them as they are.".to_owned()
        } else {
            "They stay until each is written, or repaired.".to_owned()
        },
    });
    let too_large = rows.iter().find(|row| !row.is_true(summed::FITS));
    if let Some(row) = too_large.filter(|_| sync) {
        findings.push(Finding {
            severity: "error",
            object: shape.total(),
            problem: format!(
                "campaign \"{}\" comes to {}, which a column of type {} cannot hold",
                row.text(summed::ID)?,
                row.text(summed::TOTAL)?,
                shape.spent.type_name
            ),
            advice: "Widen the column, or correct the earnings of its clips.".to_owned(),
        });
    }
    Ok(findings)
}

/// The call with everything that was found said.
fn call(shape: &Shape, sync: bool) -> Finding {
    let of = &shape.columns;
    let text = |text: &String| literal(text);
    let key = |key: &KeyColumns| literal(&key.argument());
    let null = || "NULL".to_owned();
    let of_clips = shape.clips.as_ref();
    let mut arguments = vec![
        ("campaigns", literal(&shape.campaigns.display())),
        (
            "clips",
            of_clips.map_or_else(null, |clips| literal(&clips.table.display())),
        ),
        ("submissions", literal(&shape.submissions.display())),
        ("campaign_id", key(&of.campaign_id)),
    ];
    arguments.extend(of.title.iter().map(|title| ("title", text(title))));
    arguments.push(("spent", text(&of.spent)));
    arguments.extend(of.clip_id.iter().map(|id| ("clip_id", key(id))));
    arguments.push(match &of.earnings {
        Some(earnings) => ("earnings", text(earnings)),
        None => ("count", "true".to_owned()),
    });
    arguments.push(("submission_campaign", key(&of.submission_campaign)));
    arguments.extend(of.submission_clip.iter().map(|link| ("submission_clip", key(link))));
    match &of.status {
        Some(status) => arguments.extend([("status", text(status)), ("approved", literal(&array(&of.approved)))]),
        None => arguments.push(("status", null())),
    }
    if of.direct_writes != DirectWrites::Correct {
        arguments.push(("direct_writes", literal(of.direct_writes.name())));
    }
    if of.flush != Flush::default() {
        arguments.push(("flush", literal(of.flush.name())));
    }
    if !sync {
        arguments.push(("sync", "false".to_owned()));
    }
    let arguments: Vec<String> = arguments
        .into_iter()
        .map(|(argument, value)| format!("{argument} => {value}"))
        .collect();
    Finding {
        severity: "call",
        object: shape.total(),
        problem: "nothing keeps spend_sync from it".to_owned(),
        advice: format!("SELECT * FROM spend_sync_attach({});", arguments.join(", ")),
    }
}

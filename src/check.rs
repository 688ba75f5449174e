//! Advice: what is wrong, or slow, or will be, about a binding.

use crate::backend::{self, Sees};
use crate::binding::{self, Binding};
use crate::catalog::{self, Relation};
use crate::ddl;
use crate::errors::{Error, Result};
use crate::mapping::FullName;
use crate::report;
use crate::shape::{self, Shape};
use crate::statements;
use crate::trigger_catalog;
use pgrx::pg_sys::{self, Oid};

/// One finding; nothing found means healthy.
pub struct Finding {
    /// "error": totals may be wrong or writes fail; "warning": they are slow, rounded, or were wrong lately.
    pub severity: &'static str,
    pub object: String,
    pub problem: String,
    /// What to do; SQL where SQL does it.
    pub advice: String,
}

/// Looks one campaigns table's binding over, or those of all that the search path sees.
pub fn check_all(campaigns: Option<Oid>) -> Result<Vec<Finding>> {
    let tables = match campaigns {
        Some(campaigns) => vec![campaigns],
        None => binding::visible()?.iter().map(|trigger| trigger.relation).collect(),
    };
    let mut findings = match campaigns {
        Some(_) => Vec::new(),
        None => orphans()?,
    };
    if tables.is_empty() && findings.is_empty() {
        return Err(Error::NothingAttached { campaigns: None });
    }
    findings.extend(event_triggers()?);
    for table in tables {
        findings.extend(check(table)?);
    }
    Ok(findings)
}

/// Tables that the search path sees whose triggers name a campaigns table that is not there.
fn orphans() -> Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = Vec::new();
    for trigger in trigger_catalog::triggers()? {
        let Some(campaigns) = trigger.campaigns() else {
            continue;
        };
        let object = catalog::display(&trigger.table);
        let is_told = findings.iter().any(|finding| finding.object == object);
        if is_told || !backend::is_visible(trigger.relation) || catalog::find(&campaigns)?.is_some() {
            continue;
        }
        findings.push(Finding {
            severity: "error",
            problem: format!(
                "its triggers name the campaigns table {}, which does not exist; writes fail",
                catalog::display(&campaigns)
            ),
            advice: format!(
                "Call spend_sync_attach() with the present names, or DROP TRIGGER {} ON {object}; and the other spend_sync triggers.",
                backend::display_name(&trigger.name)
            ),
            object,
        });
    }
    Ok(findings)
}

/// Event triggers that do not fire: names are not followed then, partitions that come or go not summed.
fn event_triggers() -> Result<Vec<Finding>> {
    let disabled = catalog::disabled_event_triggers()?.into_iter();
    Ok(disabled
        .map(|(name, advice)| Finding {
            severity: "warning",
            problem: "it does not fire: renames make writes fail, partitions that come or go make totals wrong"
                .to_owned(),
            advice,
            object: format!("event trigger {name}"),
        })
        .collect())
}

fn check(campaigns: Oid) -> Result<Vec<Finding>> {
    let binding = match binding::of(campaigns) {
        Ok(Some(binding)) => binding,
        Ok(None) => {
            let table = catalog::relation(campaigns)?.map(|table| table.display());
            return Err(Error::NothingAttached { campaigns: table });
        }
        Err(error) => return broken(campaigns, error).map(|finding| vec![finding]),
    };
    report::may_preview(&binding)?;
    let shape = &binding.shape;
    let mut findings = Vec::new();
    findings.extend(owner_rights(shape)?);
    findings.extend(triggers(shape)?);
    findings.extend(missing_indexes(shape)?);
    findings.extend(rounding(shape));
    findings.extend(unlogged(shape)?);
    findings.extend(recent_drift(&binding)?);
    Ok(findings)
}

/// A binding that writes would fail on.
fn broken(campaigns: Oid, error: Error) -> Result<Finding> {
    let problem = match error {
        Error::BrokenBinding { problem, .. } => problem,
        Error::OwnerCannot { owner, problem, .. } => format!("{problem} ({owner}, which owns the campaigns table)"),
        other => return Err(other),
    };
    let table = catalog::relation(campaigns)?;
    Ok(Finding {
        severity: "error",
        object: table.map(|table| table.display()).unwrap_or_default(),
        problem: format!("{problem}; writes fail"),
        advice: "Mend it, or call spend_sync_attach() again with the present names.".to_owned(),
    })
}

fn owner_rights(shape: &Shape) -> Result<Vec<Finding>> {
    let owner = backend::display_name(&shape.campaigns.owner_name);
    let finding = |(table, right): (&Relation, String)| Finding {
        severity: "error",
        object: table.display(),
        problem: format!("role {owner}, which owns the campaigns table, lacks {right}; writes fail"),
        advice: format!("GRANT {right} TO {owner};"),
    };
    Ok(shape::missing_rights(shape)?.into_iter().map(finding).collect())
}

/// Triggers that are disabled or missing: what they would have seen goes by.
fn triggers(shape: &Shape) -> Result<Vec<Finding>> {
    let present = trigger_catalog::triggers()?;
    let mut findings: Vec<Finding> = Vec::new();
    for wanted in ddl::wanted(shape)? {
        let found = present.iter().find(|trigger| wanted.is(trigger));
        let object = catalog::display(&wanted.table);
        let twin = found.and_then(|one| present.iter().find(|other| one.repeats(other)));
        let is_told = findings.iter().any(|finding| finding.object == object);
        if let Some(twin) = twin.filter(|_| wanted.function.counts() && !is_told) {
            let name = backend::display_name(&twin.name);
            findings.push(Finding {
                severity: "error",
                problem: format!("trigger {name} notes the same writes a second time; writes fail"),
                advice: format!("DROP TRIGGER {name} ON {object};"),
                object: object.clone(),
            });
        }
        match found {
            None => findings.push(Finding {
                severity: "error",
                problem: format!("the trigger spend_sync_..._{} is missing", wanted.suffix),
                object,
                advice: "Call spend_sync_attach() again; it creates all triggers anew.".to_owned(),
            }),
            Some(trigger) if !matches!(trigger.enabled, 'O' | 'A') => {
                let name = backend::display_name(&trigger.name);
                findings.push(Finding {
                    severity: "error",
                    problem: format!("trigger {name} is disabled: what it would see goes by"),
                    advice: format!("ALTER TABLE {object} ENABLE TRIGGER {name};"),
                    object,
                });
            }
            Some(_) => {}
        }
    }
    Ok(findings)
}

/// The indexes that every write needs: the submissions of a clip, those of a campaign.
pub fn missing_indexes(shape: &Shape) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let submissions = &shape.submissions;
    for (column, of) in [
        (&shape.submission_clip, "clip"),
        (&shape.submission_campaign, "campaign"),
    ] {
        if !catalog::has_index(submissions.oid, column.number)? {
            findings.push(Finding {
                severity: "warning",
                object: submissions.display(),
                problem: format!(
                    "no index begins with column {}: each write reads all submissions to find those of a {of}",
                    backend::display_name(&column.name)
                ),
                advice: create_index(submissions, &column.name),
            });
        }
    }
    Ok(findings)
}

/// A partitioned table's index cannot be created concurrently.
fn create_index(table: &Relation, column: &str) -> String {
    let concurrently = if table.is_partitioned() { "" } else { "CONCURRENTLY " };
    format!(
        "CREATE INDEX {concurrently}ON {} ({});",
        table.display(),
        backend::display_name(column)
    )
}

/// Whether a total can lose digits in its column.
fn rounding(shape: &Shape) -> Option<Finding> {
    if shape.holds_every_sum() {
        return None;
    }
    let (spent, earnings) = (&shape.spent, &shape.earnings);
    let problem = if spent.is_float() {
        "it keeps about 15 digits (real: 6) of a total"
    } else {
        "it has fewer decimals than the earnings: totals are rounded"
    };
    Some(Finding {
        severity: "warning",
        object: format!("{}.{}", shape.campaigns.display(), backend::display_name(&spent.name)),
        problem: format!("column type {}: {problem}", spent.type_name),
        advice: format!(
            "Detach, ALTER TABLE {} ALTER COLUMN {} TYPE {}; and attach again: triggers hold the type of their columns.",
            shape.campaigns.display(),
            backend::display_name(&spent.name),
            if earnings.is_float() {
                "numeric"
            } else {
                &earnings.type_name
            }
        ),
    })
}

/// A crash empties unlogged tables, and the totals of a logged one stay.
fn unlogged(shape: &Shape) -> Result<Vec<Finding>> {
    if shape.campaigns.is_unlogged {
        return Ok(Vec::new());
    }
    let mut lost = catalog::unlogged(shape.clips.oid)?;
    lost.extend(catalog::unlogged(shape.submissions.oid)?);
    let finding = |table: &FullName| Finding {
        severity: "warning",
        object: catalog::display(table),
        problem:
            "it is unlogged and the campaigns table is not: after a crash it is empty, and the totals are as before"
                .to_owned(),
        advice: format!(
            "ALTER TABLE {} SET LOGGED; or call sync_all_campaigns() after each crash.",
            catalog::display(table)
        ),
    };
    Ok(lost.iter().map(finding).collect())
}

fn recent_drift(binding: &Binding) -> Result<Option<Finding>> {
    let (count, last) = catalog::recent_corrections(binding.oid())?;
    Ok((count > 0).then(|| Finding {
        severity: "warning",
        object: binding.shape.campaigns.display(),
        problem: format!("{count} totals were found wrong within the last 7 days, the last one by {last}"),
        advice: "SELECT * FROM spend_sync.correction ORDER BY at DESC; find out what writes past the triggers."
            .to_owned(),
    }))
}

/// The statuses of a table that has rows, none of which counts; for a type that cannot tell by itself.
pub fn statuses_if_none_counts(shape: &Shape) -> Result<Option<Vec<String>>> {
    if !matches!(shape.status.base_type, pg_sys::TEXTOID | pg_sys::VARCHAROID) {
        return Ok(None);
    }
    let sql = statements::statuses(shape);
    let look = || backend::query(&sql, &[], Sees::Latest);
    let rows = backend::distrusting(|| backend::as_role(shape.campaigns.owner, look))?;
    let present: Vec<String> = rows.iter().map(|row| row.text(0).to_owned()).collect();
    let counts = present.iter().any(|status| shape.columns.approved.contains(status));
    Ok((!present.is_empty() && !counts).then_some(present))
}

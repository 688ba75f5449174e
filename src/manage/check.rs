//! Advice: what is wrong, or slow, or will be, about a binding.

use crate::binding::present::{self, Trigger, TriggerFunction};
use crate::binding::{Binding, InSight, wake_triggers, wanted};
use crate::catalog::shape::Shape;
use crate::catalog::{Relation, shape};
use crate::errors::call::CallError;
use crate::errors::table::TableError;
use crate::errors::trigger::TriggerError;
use crate::errors::{Error, Ours, Result, listed};
use crate::manage::advice::Finding;
use crate::manage::{advice, grants, preview, statuses};
use crate::pg::{name, session};
use crate::value::columns::{Flush, KeyColumns};
use crate::value::mapping::{FullName, TotalName};
use crate::value::names;
use crate::write::drift;
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;

/// Looks the totals of one campaigns table over, or all that the search path sees.
pub fn check_all(campaigns: Option<Oid>) -> Result<Vec<Finding>> {
    let (totals, mut findings) = match campaigns {
        Some(campaigns) => (binding::attached_on(campaigns)?, Vec::new()),
        None => {
            let (totals, orphans) = (binding::in_sight()?, orphans()?);
            tell_of_others(&totals);
            let totals = if orphans.is_empty() {
                totals.some()?
            } else {
                totals.visible
            };
            (totals, orphans)
        }
    };
    findings.extend(event_triggers()?);
    findings.extend(advice::event_functions_without_path()?);
    let is_only = totals.len() == 1;
    for own in totals {
        let found = match check(&own) {
            Err(Error::Ours(Ours::Call(denied @ CallError::MayNotPreview { .. }))) if !is_only => {
                not_looked_at(&own, denied)
            }
            found => found?,
        };
        for finding in found {
            // Totals of the same clips lack the same index.
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    Ok(findings)
}

/// Who names no table means all that there are: not in silence, where the search path does not see some.
pub fn tell_of_others(totals: &InSight) {
    if !totals.others.is_empty() && !totals.visible.is_empty() {
        let others = listed(&totals.others);
        session::notice(format!(
            "the search path does not see {others}: to be named as the argument campaigns"
        ));
    }
}

/// One of several totals whose rows the role in force may not see.
fn not_looked_at(own: &Trigger, denied: CallError) -> Vec<Finding> {
    let parts = Ours::Call(denied).into_parts();
    vec![Finding {
        severity: "warning",
        object: catalog::display(&own.table),
        problem: format!(
            "not looked at: {}. {}",
            parts.message,
            parts.detail.trim_end_matches('.')
        ),
        advice: parts.hint,
    }]
}

/// Tables that the search path sees whose triggers name a campaigns table that is not there.
fn orphans() -> Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = Vec::new();
    for trigger in present::triggers()? {
        let Some(TotalName { campaigns, .. }) = trigger.total() else {
            continue;
        };
        let object = catalog::display(&trigger.table);
        let is_told = findings.iter().any(|finding| finding.object == object);
        if is_told || !name::is_visible(trigger.relation)? || catalog::find(&campaigns)?.is_some() {
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
                name::display_name(&trigger.name)
            ),
            object,
        });
    }
    Ok(findings)
}

/// Event triggers that do not fire: names are not followed then, partitions that come or go not summed.
fn event_triggers() -> Result<Vec<Finding>> {
    let disabled = disabled_event_triggers()?.into_iter();
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

fn check(own: &Trigger) -> Result<Vec<Finding>> {
    let binding = match binding::attached(own) {
        Ok(binding) => binding,
        Err(error) => return broken_binding(own.relation, error).map(|finding| vec![finding]),
    };
    preview::may_preview(&binding)?;
    let shape = &binding.shape;
    let mut findings = Vec::new();
    findings.extend(owner_rights(shape)?);
    findings.extend(grants::missing(shape)?);
    findings.extend(missing_triggers(shape)?);
    findings.extend(unreadable_triggers(shape)?);
    findings.extend(needless_triggers(shape)?);
    findings.extend(advice::missing_indexes(shape)?);
    findings.extend(advice::unique_totals(shape)?);
    findings.extend(advice::row_writers(shape)?);
    findings.extend(other_moments(&binding)?);
    findings.extend(rounding(shape));
    findings.extend(traded_names(shape)?);
    findings.extend(advice::functions_without_path(shape)?);
    findings.extend(advice::code_of_others(shape)?);
    findings.extend(advice::implicit_cast(shape)?);
    findings.extend(unlogged(shape)?);
    findings.extend(statuses::none_counts(shape)?);
    findings.extend(recent_drift(&binding)?);
    Ok(findings)
}

/// Totals of the same table that are brought up at the statement, where this one is at commit.
fn other_moments(binding: &Binding) -> Result<Vec<Finding>> {
    if !binding.flushes_at_commit() {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    for said in binding::attached_on(binding.oid())?.iter().filter_map(Trigger::says) {
        if said.columns.flush != Flush::Commit {
            let other = name::display_name(&said.columns.spent);
            findings.push(Finding {
                severity: "warning",
                object: binding.total(),
                problem: format!(
                    "it is brought up at commit, and {other} at the statement: a CHECK over both meets pairs that never were, and writers of both can deadlock"
                ),
                advice: "Attach both again with the same flush.".to_owned(),
            });
        }
    }
    Ok(findings)
}

/// A binding that writes would fail on.
fn broken_binding(campaigns: Oid, error: Error) -> Result<Finding> {
    let mend = "Mend it, or call spend_sync_attach() again with the present names.".to_owned();
    let (problem, advice) = match error {
        Error::Ours(Ours::Trigger(TriggerError::BrokenBinding { problem, .. })) => (problem, mend),
        Error::Ours(Ours::Table(TableError::SeveralOwners { owners, advice })) => {
            (format!("one role must own all tables of a total: {owners}"), advice)
        }
        Error::Ours(error @ Ours::Table(TableError::DomainOfOther { .. })) => {
            let parts = error.into_parts();
            (
                format!("{}. {}", parts.message, parts.detail.trim_end_matches('.')),
                parts.hint,
            )
        }
        other => return Err(other),
    };
    let table = catalog::relation(campaigns)?;
    Ok(Finding {
        severity: "error",
        object: table.map(|table| table.display()).unwrap_or_default(),
        problem: format!("{problem}; writes fail"),
        advice,
    })
}

fn owner_rights(shape: &Shape) -> Result<Vec<Finding>> {
    let owner = name::display_name(&shape.campaigns.owner_name);
    let finding = |(table, right): (&Relation, String)| Finding {
        severity: "error",
        object: table.display(),
        problem: format!("role {owner}, which owns the campaigns table, lacks {right}; writes fail"),
        advice: format!("GRANT {right} TO {owner};"),
    };
    Ok(shape::missing_rights(shape)?.into_iter().map(finding).collect())
}

/// Triggers that are disabled or missing: what they would have seen goes by.
fn missing_triggers(shape: &Shape) -> Result<Vec<Finding>> {
    let present = wanted::present(shape)?;
    let mut findings: Vec<Finding> = Vec::new();
    for wanted in wanted::wanted(&shape.said(), &wanted::partitions(&shape.tables())?) {
        let found = present.iter().find(|trigger| wanted.is(trigger));
        let object = catalog::display(&wanted.table);
        let twin = found.and_then(|one| present.iter().find(|other| one.repeats(other)));
        let is_told = findings.iter().any(|finding| finding.object == object);
        if let Some(twin) = twin.filter(|_| wanted.function.counts() && !is_told) {
            let name = name::display_name(&twin.name);
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
                let name = name::display_name(&trigger.name);
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
    if shape.columns.flush == Flush::Commit {
        findings.extend(present.iter().filter_map(not_deferred));
    }
    Ok(findings)
}

/// Triggers that call our functions with something else than a mapping: whatever fires one fails.
fn unreadable_triggers(shape: &Shape) -> Result<Vec<Finding>> {
    let mut present = wanted::present(shape)?;
    present.retain(|trigger| trigger.function != TriggerFunction::FlushAtCommit && trigger.says().is_none());
    let finding = |trigger: &Trigger| {
        let (name, table) = (name::display_name(&trigger.name), catalog::display(&trigger.table));
        Finding {
            severity: "error",
            problem: format!("trigger {name} has an argument that is no mapping; writes fail"),
            advice: format!("DROP TRIGGER {name} ON {table};"),
            object: table,
        }
    };
    Ok(present.iter().map(finding).collect())
}

/// Deferred triggers that fire where no total is brought up at commit.
fn needless_triggers(shape: &Shape) -> Result<Vec<Finding>> {
    let finding = |trigger: Trigger| {
        let (name, table) = (name::display_name(&trigger.name), catalog::display(&trigger.table));
        Finding {
            severity: "warning",
            problem: format!("trigger {name} fires outside of replication: DDL after a write in one transaction fails"),
            advice: format!("ALTER TABLE {table} ENABLE REPLICA TRIGGER {name};"),
            object: table,
        }
    };
    let mut findings = Vec::new();
    for table in shape.tables().all() {
        findings.extend(wake_triggers::needless(table.oid)?.into_iter().map(finding));
    }
    Ok(findings)
}

/// A deferred trigger that does not fire: the statement triggers bring totals up in its stead.
fn not_deferred(trigger: &Trigger) -> Option<Finding> {
    let is_off = trigger.function == TriggerFunction::FlushAtCommit && !matches!(trigger.enabled, 'O' | 'A');
    let (name, table) = (name::display_name(&trigger.name), catalog::display(&trigger.table));
    is_off.then(|| Finding {
        severity: "warning",
        problem: format!("trigger {name} is disabled: totals are brought up at each statement, not at commit"),
        advice: format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"),
        object: table,
    })
}

/// A binding follows a column that is renamed. Where another one has its old name now, that one may be meant.
fn traded_names(shape: &Shape) -> Result<Vec<Finding>> {
    let of = &shape.columns;
    let mut findings = Vec::new();
    let places = of.by_argument();
    for (place, was) in &of.formerly {
        let argument = place.split_once('[').map_or(place.as_str(), |(argument, _)| argument);
        let table = match argument {
            "campaign_id" | "spent" => &shape.campaigns,
            "clip_id" | "earnings" => shape.source(),
            "submission_campaign" | "submission_clip" | "status" => &shape.submissions,
            _ => continue,
        };
        let Some((_, now)) = places.iter().find(|(of, _)| of == place) else {
            continue;
        };
        if was == now || !catalog::columns(table.oid)?.iter().any(|column| column.name == *was) {
            continue;
        }
        let shown = name::display_name(was);
        findings.push(Finding {
            severity: "warning",
            object: format!("{}.{}", table.display(), name::display_name(now)),
            problem: format!("it is bound, for it was {shown} when it was attached; another column has that name now"),
            advice: format!(
                "If {shown} is meant: spend_sync_attach({argument} => {}, ...), which binds it anew.",
                names::literal(&meant(&places, argument, place, was))
            ),
        });
    }
    Ok(findings)
}

/// An argument of attach with what was in one place of it.
fn meant(places: &[(String, &str)], argument: &str, place: &str, was: &str) -> String {
    let of_argument = |of: &str| of == argument || of.starts_with(&format!("{argument}["));
    let names = places.iter().filter(|(of, _)| of_argument(of));
    let names = names.map(|(of, name)| if of == place { was } else { name }.to_owned());
    KeyColumns::from(names.collect::<Vec<String>>()).argument()
}

/// Whether a total can lose digits in its column.
fn rounding(shape: &Shape) -> Option<Finding> {
    if shape.holds_every_sum() {
        return None;
    }
    let spent = &shape.spent;
    let problem = if shape.spent_money.is_float() {
        "it keeps about 15 digits (real: 6) of a total"
    } else {
        "it has fewer decimals than the earnings: totals are rounded"
    };
    Some(Finding {
        severity: "warning",
        object: shape.total(),
        problem: format!("column type {}: {problem}", spent.type_name),
        advice: format!(
            "ALTER TABLE {} ALTER COLUMN {} TYPE {};",
            shape.campaigns.display(),
            name::display_name(&spent.name),
            match &shape.earnings {
                _ if shape.earnings_money.is_float() => "numeric",
                Some(earnings) => &earnings.type_name,
                None => "bigint",
            }
        ),
    })
}

/// A crash empties unlogged tables, and the totals of a logged one stay.
fn unlogged(shape: &Shape) -> Result<Vec<Finding>> {
    if shape.campaigns.is_unlogged {
        return Ok(Vec::new());
    }
    let mut lost = Vec::new();
    for table in shape.clips.iter().map(|clips| &clips.table).chain([&shape.submissions]) {
        lost.extend(catalog::unlogged(table.oid)?);
    }
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
    let (count, last) = drift::recent(binding)?;
    Ok((count > 0).then(|| Finding {
        severity: "warning",
        object: binding.total(),
        problem: format!("{count} totals were found wrong within the last 7 days, the last one by {last}"),
        advice: "SELECT * FROM spend_sync.correction ORDER BY at DESC; find out what writes past the triggers."
            .to_owned(),
    }))
}

/// The extension's event triggers that do not fire, and what makes each fire again: it is disabled, or all are off in this session
/// (from PostgreSQL 17 on).
fn disabled_event_triggers() -> Result<Vec<(String, String)>> {
    let rows = catalog::read(
        "SELECT e.evtname, CASE e.evtenabled WHEN 'D' THEN format('ALTER EVENT TRIGGER %I ENABLE;', e.evtname)
                           ELSE 'SET event_triggers = on;' END
         FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid
         JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'spend_sync'
           AND (e.evtenabled = 'D' OR current_setting('event_triggers', true) = 'off') ORDER BY 1",
        &[],
    )?;
    rows.iter().map(|row| Ok((row.owned(0)?, row.owned(1)?))).collect()
}

//! The statuses that submissions have: a total over none of them is 0, and one over too few pays too little.

use crate::catalog::shape::Shape;
use crate::catalog::{Column, Relation};
use crate::errors::column::ColumnError;
use crate::errors::{Error, Ours, Result, listed};
use crate::manage::advice::{self, Finding};
use crate::pg::snapshot::Sees;
use crate::pg::{name, session, spi};
use crate::statements::status;
use crate::value::money;
use crate::value::names::ident;
use crate::value::row::Row;
use crate::value::status::StatusType;
use crate::{binding, statements};

/// A status that submissions have.
struct Status {
    name: String,
    rows: String,
    /// What their clips earned; of a count, how many there are.
    earned: String,
    is_count: bool,
    counts: bool,
}

impl Status {
    fn of(row: &Row, shape: &Shape) -> Result<Self> {
        let name = row.owned(status::STATUS)?;
        Ok(Self {
            is_count: shape.earnings.is_none(),
            name: match shape.status.as_ref().and_then(Column::status_type) {
                Some(kind) => kind.spelt(name),
                None => name,
            },
            rows: row.owned(status::ROWS)?,
            earned: row.owned(status::EARNED)?,
            counts: row.is_true(status::COUNTS),
        })
    }

    fn display(&self) -> String {
        let plural = if self.rows == "1" { "row" } else { "rows" };
        let rows = format!("{} {plural}", self.rows);
        if self.is_count {
            return format!("\"{}\" ({rows})", self.name);
        }
        format!("\"{}\" ({rows}, earned {})", self.name, self.earned)
    }
}

/// The condition of a trigger compares two statuses: PostgreSQL must know how.
pub fn check_comparable(shape: &Shape) -> Result<()> {
    match (advice::implicit_cast(shape)?, &shape.status) {
        (Some(Finding { problem, advice, .. }), Some(status)) => Err(ColumnError::WrongType {
            table: shape.submissions.display(),
            column: name::display_name(&status.name),
            kind: status.type_name.clone(),
            problem,
            hint: advice,
        }
        .into()),
        _ => Ok(()),
    }
}

/// The error that no status is of this value, with those that there are, where only the rows know that.
pub fn with_those_present(submissions: &Relation, column: &str, error: Ours) -> Result<Error> {
    match error {
        Ours::Column(ColumnError::BadStatus {
            table,
            column: display,
            value,
            known,
        }) if known.is_empty() => Ok(ColumnError::BadStatus {
            table,
            column: display,
            value,
            known: values(submissions, column)?,
        }
        .into()),
        other => Ok(Error::Ours(other)),
    }
}

/// Some of the values of a column of numbers, in their order.
fn values(table: &Relation, column: &str) -> Result<Vec<String>> {
    let sql = statements::values(&table.sql(), column);
    let look = || spi::query_of([table.oid; 3], &sql, &[], Sees::Latest);
    let as_owner = || session::as_role(table.owner, look);
    let rows = session::distrusting(|| session::with_catalog_names(as_owner))?;
    rows.iter().map(|row| row.owned(0)).collect()
}

/// Insists that a submission counts, if there are any: a status that no row has is perhaps misspelt, and all totals would become 0.
/// Only of types that may hold anything; whoever leaves the totals as they are is warned.
pub fn check(shape: &Shape, sync: bool) -> Result<()> {
    let Some((column, present)) = where_none_counts(shape)? else {
        return Ok(());
    };
    if sync {
        let table = shape.submissions.display();
        return Err(ColumnError::NoneApproved { table, column, present }.into());
    }
    for Finding { problem, advice, .. } in advice::none_counts(shape, &present) {
        session::warn(&problem, &advice);
    }
    Ok(())
}

/// The same as findings.
pub fn none_counts(shape: &Shape) -> Result<Vec<Finding>> {
    Ok(match where_none_counts(shape)? {
        Some((_, present)) => advice::none_counts(shape, &present),
        None => Vec::new(),
    })
}

/// The column of the status, and the statuses that there are, if none of them counts.
fn where_none_counts(shape: &Shape) -> Result<Option<(String, Vec<String>)>> {
    let is_open = |status: &&Column| status.status_type().is_some_and(StatusType::is_open);
    let Some(status) = shape.status.as_ref().filter(is_open) else {
        return Ok(None);
    };
    let sql = statements::some_counts(&binding::names_of(shape));
    let rows = binding::look(shape, &sql, &[], Sees::Latest)?;
    if rows.first().is_none_or(|row| row.is_true(0)) {
        return Ok(None);
    }
    let present = all(shape)?.iter().map(Status::display).collect();
    Ok(Some((name::display_name(&status.name), present)))
}

/// Says which statuses do not count, and what their clips earned.
pub fn tell(shape: &Shape) -> Result<()> {
    for Finding {
        severity,
        problem,
        advice,
        ..
    } in uncounted(shape)?
    {
        match severity {
            "notice" => session::notice(problem),
            _ => session::warn(&problem, &advice),
        }
    }
    Ok(())
}

/// Which statuses do not count, and what their clips earned: a warning where one is perhaps misspelt, else a notice.
pub fn uncounted(shape: &Shape) -> Result<Vec<Finding>> {
    let all = all(shape)?;
    let approved: Vec<String> = shape.columns.approved.iter().map(|one| one.to_lowercase()).collect();
    let (alike, others): (Vec<&Status>, Vec<&Status>) = all
        .iter()
        .filter(|status| !status.counts)
        .partition(|status| approved.contains(&status.name.trim().to_lowercase()));
    let carrying: Vec<&Status> = others
        .into_iter()
        .filter(|status| !money::is_same(&status.earned, "0"))
        .collect();
    let table = shape.submissions.display();
    let finding = |severity, of: Vec<&Status>, how: &str| {
        let statuses = listed(&of.iter().map(|status| status.display()).collect::<Vec<_>>());
        (!of.is_empty()).then(|| Finding {
            severity,
            object: table.clone(),
            problem: format!("statuses of {table} that do not count{how}: {statuses}"),
            advice: "Name them as well if they are to count: spend_sync_attach(approved => '{...}', ...).".to_owned(),
        })
    };
    let alike = finding("warning", alike, " differ from one that does in case or blanks alone");
    let carrying = finding("notice", carrying, "");
    Ok(alike.into_iter().chain(carrying).collect())
}

fn all(shape: &Shape) -> Result<Vec<Status>> {
    let Some(status) = &shape.status else {
        return Ok(Vec::new());
    };
    let sql = statements::statuses(&binding::names_of(shape), &ident(&status.name));
    binding::look(shape, &sql, &[], Sees::Latest)?
        .iter()
        .map(|row| Status::of(row, shape))
        .collect()
}

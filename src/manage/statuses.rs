//! The statuses that submissions have: a total over none of them is 0, and one over too few pays too little.

use crate::catalog::shape::Shape;
use crate::errors::column::ColumnError;
use crate::errors::{Result, listed};
use crate::manage::advice::{self, Finding};
use crate::pg::snapshot::Sees;
use crate::pg::{name, session, spi};
use crate::statements::status;
use crate::value::money;
use crate::value::row::Row;
use crate::{binding, statements};
use pgrx::pg_sys;

/// A status that submissions have.
struct Status {
    name: String,
    rows: String,
    earned: String,
    counts: bool,
}

impl Status {
    fn of(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.owned(status::STATUS)?,
            rows: row.owned(status::ROWS)?,
            earned: row.owned(status::EARNED)?,
            counts: row.is_true(status::COUNTS),
        })
    }

    fn display(&self) -> String {
        let plural = if self.rows == "1" { "row" } else { "rows" };
        format!("\"{}\" ({} {plural}, earned {})", self.name, self.rows, self.earned)
    }
}

/// The condition of a trigger compares two statuses: PostgreSQL must know how.
pub fn check_comparable(shape: &Shape) -> Result<()> {
    match advice::implicit_cast(shape)? {
        Some(Finding { problem, advice, .. }) => Err(ColumnError::WrongType {
            table: shape.submissions.display(),
            column: name::display_name(&shape.status.name),
            kind: shape.status.type_name.clone(),
            problem,
            hint: advice,
        }
        .into()),
        None => Ok(()),
    }
}

/// Insists that a submission counts, if there are any: a status that no row has is perhaps misspelt, and all totals would become 0.
/// Only of texts, which may be anything; whoever leaves the totals as they are is warned.
pub fn check(shape: &Shape, sync: bool) -> Result<()> {
    if !matches!(shape.status.base_type, pg_sys::TEXTOID | pg_sys::VARCHAROID) {
        return Ok(());
    }
    let sql = statements::some_counts(&binding::names_of(shape));
    let rows = query(shape, &sql)?;
    if rows.first().is_none_or(|row| row.is_true(0)) {
        return Ok(());
    }
    let present: Vec<String> = all(shape)?.iter().map(Status::display).collect();
    let (table, column) = (shape.submissions.display(), name::display_name(&shape.status.name));
    if sync {
        return Err(ColumnError::NoneApproved { table, column, present }.into());
    }
    session::warn(
        &format!("no row of {table} has a status that counts"),
        &format!("Its statuses are {}; see the argument approved.", listed(&present)),
    );
    Ok(())
}

/// Says which statuses do not count, and what their clips earned.
pub fn tell(shape: &Shape) -> Result<()> {
    let all = all(shape)?;
    let approved: Vec<String> = shape.columns.approved.iter().map(|one| one.to_lowercase()).collect();
    let (alike, others): (Vec<&Status>, Vec<&Status>) = all
        .iter()
        .filter(|status| !status.counts)
        .partition(|status| approved.contains(&status.name.trim().to_lowercase()));
    let table = shape.submissions.display();
    let display = |of: &[&Status]| listed(&of.iter().map(|status| status.display()).collect::<Vec<_>>());
    if !alike.is_empty() {
        session::warn(
            &format!(
                "statuses of {table} that do not count differ from one that does in case or blanks alone: {}",
                display(&alike)
            ),
            "Name them as well if they are to count: spend_sync_attach(approved => '{...}', ...).",
        );
    }
    let carrying: Vec<&Status> = others
        .into_iter()
        .filter(|status| !money::is_same(&status.earned, "0"))
        .collect();
    if !carrying.is_empty() {
        session::notice(format!("statuses of {table} that do not count: {}", display(&carrying)));
    }
    Ok(())
}

fn all(shape: &Shape) -> Result<Vec<Status>> {
    let sql = statements::statuses(&binding::names_of(shape));
    query(shape, &sql)?.iter().map(Status::of).collect()
}

fn query(shape: &Shape, sql: &str) -> Result<Vec<Row>> {
    let tables = [shape.campaigns.oid, shape.clips.oid, shape.submissions.oid];
    let look = || spi::query_of(tables, sql, Sees::Latest);
    let as_owner = || session::as_role(shape.campaigns.owner, look);
    session::distrusting(|| session::with_names(&binding::path_of(shape), as_owner))
}

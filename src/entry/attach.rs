//! `spend_sync_attach`, `spend_sync_plan`, `spend_sync_detach`: arguments in, what was bound, would be or is no more out.

use crate::catalog;
use crate::entry::functions::{numeric, oid};
use crate::errors;
use crate::errors::call::CallError;
use crate::manage::attach::{Attached, Clips, Request};
use crate::manage::detect::Given;
use crate::manage::{attach, detach, plan, preview};
use crate::pg::name::{Name, TableArgument};
use crate::pg::{error, name};
use crate::statements::summed;
use crate::value::columns::{Columns, KeyColumns};
use crate::value::mapping::{FullName, Said};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Declares a function that takes the arguments of attach.
macro_rules! attach_function {
    ($(#[$doc:meta])* fn $name:ident($request:ident) -> ($($column:tt)*) $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, clippy::type_complexity)]
        fn $name(
            campaigns: default!(Option<TableArgument>, "NULL"),
            clips: default!(Option<TableArgument>, "'-'"),
            submissions: default!(Option<TableArgument>, "NULL"),
            campaign_id: default!(Option<String>, "NULL"),
            title: default!(Option<Name>, "NULL"),
            spent: default!(Option<Name>, "NULL"),
            clip_id: default!(Option<String>, "NULL"),
            earnings: default!(Option<Name>, "NULL"),
            submission_campaign: default!(Option<String>, "NULL"),
            submission_clip: default!(Option<String>, "NULL"),
            status: default!(Option<Name>, "'status'"),
            approved: default!(Option<Vec<Option<String>>>, "'{APPROVED}'"),
            direct_writes: default!(Option<String>, "'correct'"),
            sync: default!(Option<bool>, "true"),
            flush: default!(Option<String>, "'statement'"),
            count: default!(Option<bool>, "false"),
        ) -> Result<TableIterator<'static, ($($column)*)>, ErrorReport> {
            let name = |name: Option<Name>| name.map(|name| name.0);
            let $request = Request {
                campaigns: oid(campaigns),
                clips: match clips {
                    Some(table) => Clips::Of(oid(Some(table))),
                    None => Clips::None,
                },
                submissions: oid(submissions),
                given: Given {
                    campaign_id: campaign_id.map(KeyColumns::parse),
                    title: name(title),
                    spent: name(spent),
                    clip_id: clip_id.map(KeyColumns::parse),
                    earnings: name(earnings),
                    count: count.unwrap_or(false),
                    submission_campaign: submission_campaign.map(KeyColumns::parse),
                    submission_clip: submission_clip.map(KeyColumns::parse),
                    status: name(status),
                    approved: approved
                        .unwrap_or_default()
                        .into_iter()
                        .collect::<Option<_>>()
                        .unwrap_or_default(),
                },
                direct_writes: direct_writes.unwrap_or_else(|| "correct".to_owned()),
                flush: flush.unwrap_or_else(|| "statement".to_owned()),
                sync: sync.unwrap_or(true),
            };
            $body
        }
    };
}

attach_function! {
    /// Binds tables: creates the triggers that keep `campaigns.spent` equal to the sum of `clips.earnings` over the
    /// approved submissions, and brings every total to the truth.
    ///
    /// What is left out is read from the catalog: keys from primary keys, links from foreign keys, else from usual names.
    /// Where a key has several columns, it is said by an array, `'{tenant_id,id}'`, and so is what points to it, in the same order.
    /// `clips => NULL`: a direct source, whose submissions hold their earnings themselves.
    /// `approved`: the statuses that count; with `status => NULL` every submission does. `count`: how many clips, not how much. `direct_writes`: `correct` (a write of spent by others is brought back to
    /// the truth) or `reject` (it fails with 428C9). `sync`: false leaves every total as found. `flush`: `statement` (the total is
    /// brought up at the end of each statement) or `commit` (once, at commit or at `SET CONSTRAINTS ... IMMEDIATE`).
    ///
    /// Errors: 42P01, 42703, 42702, 42804, 42830, 22023, 42809, 0A000, 42501, 22003; nothing is changed then.
    #[pg_extern]
    fn spend_sync_attach(request) -> (
        name!(total, String),
        name!(source, String),
        name!(link, String),
        name!(approved_when, String),
        name!(on_direct_write, String),
        name!(brought_up_at, String),
        name!(corrected, Option<i64>),
        name!(total_difference, Option<AnyNumeric>),
    ) {
        let done = attach::attach(request);
        let row = done.and_then(|done| attached(&done)).map_err(error::raised)?;
        Ok(TableIterator::once(row))
    }
}

attach_function! {
    /// What `spend_sync_attach` would meet and do with these arguments, all at once; nothing is changed, and nothing locked. A row a finding:
    /// `error` (attach would fail by it), `warning` and `notice` (it would say so), `change` (what would become of the totals), and,
    /// if there is no error, `call`: the call with every argument said, as its advice.
    ///
    /// Errors: none for what is found; 42501 where rows may not be read.
    #[pg_extern]
    fn spend_sync_plan(request) -> (
        name!(severity, String),
        name!(object, Option<String>),
        name!(problem, String),
        name!(advice, String),
    ) {
        let findings = plan::plan(request).map_err(error::raised)?;
        Ok(TableIterator::new(findings.into_iter().map(|found| {
            let object = Some(found.object).filter(|object| !object.is_empty());
            (found.severity.to_owned(), object, found.problem, found.advice)
        })))
    }
}

#[allow(clippy::type_complexity)]
fn attached(
    done: &Attached,
) -> errors::Result<(
    String,
    String,
    String,
    String,
    String,
    String,
    Option<i64>,
    Option<AnyNumeric>,
)> {
    let (corrected, difference) = match &done.synced {
        None => (None, None),
        Some(rows) => {
            let corrected = rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)).count();
            (
                i64::try_from(corrected).ok(),
                numeric(Some(&preview::total_difference(rows)?)),
            )
        }
    };
    let said = done.shape.said();
    let [total, source, link, approved_when] = described(&said);
    let Columns {
        direct_writes, flush, ..
    } = said.columns;
    Ok((
        total,
        source,
        link,
        approved_when,
        direct_writes.name().to_owned(),
        flush.name().to_owned(),
        corrected,
        difference,
    ))
}

/// What is kept, what is summed, by which links, and when they count.
fn described(said: &Said) -> [String; 4] {
    let (of, name) = (&said.columns, name::display_name);
    let column = |table: &FullName, column: &str| format!("{}.{}", catalog::display(table), name(column));
    let by = |said: String, key: Option<&KeyColumns>| match key {
        Some(key) => format!("{said} by {}", name::listed(key.names())),
        None => said,
    };
    let source = said.clips.as_ref().unwrap_or(&said.submissions);
    let summed = match &of.earnings {
        Some(earnings) => column(source, earnings),
        None => format!("count of {}", catalog::display(source)),
    };
    let links = std::iter::once(&of.submission_campaign).chain(&of.submission_clip);
    let link = |key: &KeyColumns| match key.names() {
        [one] => name(one),
        several => format!("({})", name::listed(several)),
    };
    let links: Vec<String> = links.map(link).collect();
    [
        by(column(&said.campaigns, &of.spent), Some(&of.campaign_id)),
        by(summed, of.clip_id.as_ref()),
        format!("{} ({})", catalog::display(&said.submissions), links.join(", ")),
        match &of.status {
            Some(status) => format!("{} in ({})", name(status), of.approved.join(", ")),
            None => "always".to_owned(),
        },
    ]
}

/// Lets go of one total of a campaigns table, by its column `spent`, or of all: their triggers go, totals stay as they are. A row a
/// total says what was bound, as attach's does; of a binding whose trigger says nothing, only the table.
///
/// Errors: 55000 if it is not attached; 42501 unless the caller owns its tables; 22004 if `campaigns` is NULL.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn spend_sync_detach(
    campaigns: Option<TableArgument>,
    spent: default!(Option<Name>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(total, String),
            name!(source, Option<String>),
            name!(link, Option<String>),
            name!(approved_when, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let campaigns = oid(campaigns).ok_or_else(|| CallError::NullArgument { argument: "campaigns" }.into());
    let detach = |campaigns| detach::detach(campaigns, spent.map(|spent| spent.0));
    let done = campaigns.and_then(detach).map_err(error::raised)?;
    Ok(TableIterator::new(done.into_iter().map(|done| match &done.said {
        Some(said) => {
            let [total, source, link, approved_when] = described(said);
            (total, Some(source), Some(link), Some(approved_when))
        }
        None => (catalog::display(&done.campaigns), None, None, None),
    })))
}

//! The SQL functions: arguments in, rows out.

use crate::binding::{Binding, InSight};
use crate::errors::Result;
use crate::errors::call::CallError;
use crate::manage::{chains, check, preview, renew, repair};
use crate::pg::name::TableArgument;
use crate::pg::procedure::ProcedureCall;
use crate::pg::{error, name, procedure, transaction};
use crate::statements::summed;
use crate::value::key::Key;
use crate::value::names;
use crate::value::row::Row;
use crate::{binding, errors};
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{FunctionCallInfo, Oid};
use pgrx::prelude::*;
use std::cell::Cell;
use std::rc::Rc;

/// What a sync function says of a campaign.
type Synced = (
    String,
    Option<String>,
    Option<AnyNumeric>,
    Option<AnyNumeric>,
    Option<AnyNumeric>,
    i64,
    String,
);

fn synced(binding: &Binding, row: &Row) -> errors::Result<Synced> {
    Ok((
        row.owned(summed::ID)?,
        row.get(summed::TITLE).map(str::to_owned),
        numeric(row.get(summed::RECORDED)),
        numeric(row.get(summed::ACTUAL)),
        numeric(row.get(summed::DIFFERENCE)),
        row.number(summed::CLIPS)?,
        binding.total(),
    ))
}

/// The rows of each of these totals.
fn of_each<T>(
    totals: &[Rc<Binding>],
    rows: impl Fn(&Binding) -> errors::Result<Vec<Row>>,
    said: impl Fn(&Binding, &Row) -> errors::Result<T>,
) -> errors::Result<Vec<T>> {
    let mut all = Vec::new();
    for binding in totals {
        for row in rows(binding)? {
            all.push(said(binding, &row)?);
        }
    }
    Ok(all)
}

/// Declares a function that returns a row a synced campaign.
macro_rules! sync_function {
    ($(#[$doc:meta])* fn $name:ident = $sql:literal ($($arg:tt)*) $body:block) => {
        $(#[$doc])*
        #[pg_extern(name = $sql)]
        #[allow(clippy::type_complexity)]
        fn $name($($arg)*) -> Result<
            TableIterator<
                'static,
                (
                    name!(campaign_id, String),
                    name!(title, Option<String>),
                    name!(old_spent, Option<AnyNumeric>),
                    name!(new_spent, Option<AnyNumeric>),
                    name!(difference, Option<AnyNumeric>),
                    name!(approved_clips, i64),
                    name!(total, String),
                ),
            >,
            ErrorReport,
        > {
            let rows: errors::Result<Vec<Synced>> = $body;
            Ok(TableIterator::new(rows.map_err(error::raised)?))
        }
    };
}

sync_function! {
    /// Brings one campaign to the truth: locks it, sums its approved clips, stores the total if it differs. A row a total of the
    /// campaigns table.
    ///
    /// Errors: 42501 unless the caller has the rights of the tables' owner, or was granted this function by name; P0002 if
    /// there is no such campaign; 22P02 if `id` is no key; 22004 if it is NULL; 22003 if the total does
    /// not fit.
    fn sync_campaign_by_text = "sync_campaign"
        (id: Option<&str>, campaigns: default!(Option<TableArgument>, "NULL"), call: FunctionCallInfo) {
        sync_one(id.map(str::to_owned), oid(campaigns), call)
    }
}

sync_function! {
    /// As `sync_campaign(text)`.
    fn sync_campaign_by_number = "sync_campaign"
        (id: Option<i64>, campaigns: default!(Option<TableArgument>, "NULL"), call: FunctionCallInfo) {
        sync_one(id.map(|id| id.to_string()), oid(campaigns), call)
    }
}

sync_function! {
    /// As `sync_campaign(text)`.
    fn sync_campaign_by_uuid = "sync_campaign"
        (id: Option<pgrx::Uuid>, campaigns: default!(Option<TableArgument>, "NULL"), call: FunctionCallInfo) {
        sync_one(id.map(|id| id.to_string()), oid(campaigns), call)
    }
}

sync_function! {
    /// As `sync_campaign(text)`, of a key of several columns.
    fn sync_campaign_by_row = "sync_campaign"
        (id: Option<Vec<Option<String>>>, campaigns: default!(Option<TableArgument>, "NULL"), call: FunctionCallInfo) {
        sync_one(id.map(key_text), oid(campaigns), call)
    }
}

sync_function! {
    /// Brings every campaign to the truth: one look at all, then locks only where the total differs. A row for each
    /// campaign, in the order of their keys, of each total; without an argument, of all totals that the search path sees. One that cannot be stored, or locked within `lock_timeout`, does not stop the
    /// others: a WARNING says why, and its `new_spent` and `difference` are NULL.
    ///
    /// Errors: 42501 as for `sync_campaign`.
    fn sync_all_campaigns = "sync_all_campaigns"
        (campaigns: default!(Option<TableArgument>, "NULL"), call: FunctionCallInfo) {
        let totals = to_repair(totals(oid(campaigns), check::tell_of_others), procedure::function(call));
        totals.and_then(|totals| of_each(&totals, repair::sync_all, synced))
    }
}

/// `CALL spend_sync_repair(campaigns, batch_size)`: what `sync_all_campaigns` does, in batches that commit as they go. Says
/// after each how many campaigns are done, of how many that differed when it began.
///
/// A campaign that cannot be stored, or locked within `lock_timeout`, does not stop the others: a WARNING for each at the end
/// says why.
///
/// Errors: 2D000 inside a transaction block; 42501 as for `sync_campaign`; 22023 unless `batch_size` is above 0. What was committed
/// before an error stays; the next CALL goes on there.
pub fn repair_in_batches(call: &ProcedureCall) -> errors::Result<()> {
    let argument = "batch_size";
    let batch_size = call.integer(1).ok_or(CallError::NullArgument { argument })?;
    let size = usize::try_from(batch_size).ok().filter(|size| *size > 0);
    let size = size.ok_or(CallError::BadBatchSize { given: batch_size })?;
    // It finds them again for each batch.
    let is_told = Cell::new(false);
    let tell_once = |totals: &InSight| {
        if !is_told.replace(true) {
            check::tell_of_others(totals);
        }
    };
    let find = || to_repair(totals(call.relation(0), tell_once), call.function());
    repair::in_batches(call, size, find)
}

/// An array as PostgreSQL prints it; of what is NULL in it, or of none, there is no key.
pub(super) fn key_text(parts: Vec<Option<String>>) -> String {
    let parts: Option<Vec<String>> = parts.into_iter().collect();
    parts.map_or_else(|| "{}".to_owned(), |parts| names::array(&parts))
}

fn sync_one(id: Option<String>, campaigns: Option<Oid>, call: FunctionCallInfo) -> errors::Result<Vec<Synced>> {
    let totals = to_repair(totals_of_one(campaigns), procedure::function(call))?;
    of_one(&totals, id, |binding, key| {
        let row = repair::sync_one(binding, key)?;
        row.map(|row| Ok(vec![synced(binding, &row)?])).transpose()
    })
}

/// What there is to say of one campaign by each of these totals; `None`: it is not there. They may know it by different columns, so
/// one that does not know the key says nothing; if none does, that is an error.
pub(super) fn of_one<T>(
    totals: &[Rc<Binding>],
    id: Option<String>,
    say: impl Fn(&Binding, Key) -> errors::Result<Option<Vec<T>>>,
) -> errors::Result<Vec<T>> {
    let id = id.ok_or(CallError::NullArgument { argument: "id" })?;
    let (mut said, mut known_as) = (Vec::new(), None);
    for binding in totals {
        if let Some(key) = binding.shape.campaign_key.parse(&id) {
            known_as.get_or_insert_with(|| key.to_string());
            said.extend(say(binding, key)?);
        }
    }
    match totals.first() {
        Some(first) if said.is_empty() => Err(unknown(first, id, known_as).into()),
        _ => Ok(said.into_iter().flatten().collect()),
    }
}

/// `known_as`: the key that it is, if it is one.
fn unknown(binding: &Binding, id: String, known_as: Option<String>) -> CallError {
    let campaigns = binding.shape.campaigns.display();
    if let Some(id) = known_as {
        return CallError::CampaignMissing { campaigns, id };
    }
    let kind = binding.shape.campaign_key.name();
    CallError::BadKey { id, campaigns, kind }
}

/// The preview: what `sync_all_campaigns` would do, a row a campaign, in the order of their keys, of each total. Writes nothing.
///
/// Errors: 42501 unless the caller owns the campaigns table or may see all rows of the three tables.
#[pg_extern(stable)]
#[allow(clippy::type_complexity)]
fn spend_sync_status(
    campaigns: default!(Option<TableArgument>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(campaign_id, String),
            name!(title, Option<String>),
            name!(recorded_spent, Option<AnyNumeric>),
            name!(actual_spent, Option<AnyNumeric>),
            name!(difference, Option<AnyNumeric>),
            name!(needs_sync, bool),
            name!(approved_clips, i64),
            name!(total, String),
        ),
    >,
    ErrorReport,
> {
    let previewed = |binding: &Binding, row: &Row| {
        let (id, title, recorded, actual, difference, clips, total) = synced(binding, row)?;
        Ok((
            id,
            title,
            recorded,
            actual,
            difference,
            row.is_true(summed::NEEDS_SYNC),
            clips,
            total,
        ))
    };
    let totals = totals(oid(campaigns), check::tell_of_others);
    let rows = totals.and_then(|totals| of_each(&totals, preview::status, previewed));
    Ok(TableIterator::new(rows.map_err(error::raised)?))
}

/// The preview as one document, money as exact JSON numbers.
///
/// Errors: as `spend_sync_status`.
#[pg_extern(stable)]
fn spend_sync_report(campaigns: default!(Option<TableArgument>, "NULL")) -> Result<JsonB, ErrorReport> {
    let totals = totals(oid(campaigns), check::tell_of_others);
    let report = totals.and_then(|totals| preview::report(&totals));
    report.map(JsonB).map_err(error::raised)
}

/// Advice, a row a finding: `error` (totals may be wrong, or writes fail) or `warning` (slow, rounded, drifted lately).
/// No row: healthy. Without an argument, all attached tables that the search path sees.
///
/// Errors: as `spend_sync_status`; 55000 if nothing is attached.
#[pg_extern(stable)]
#[allow(clippy::type_complexity)]
fn spend_sync_check(
    campaigns: default!(Option<TableArgument>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(severity, String),
            name!(object, String),
            name!(problem, String),
            name!(advice, String),
        ),
    >,
    ErrorReport,
> {
    let findings = check::check_all(oid(campaigns)).map_err(error::raised)?;
    Ok(TableIterator::new(
        findings
            .into_iter()
            .map(|f| (f.severity.to_owned(), f.object, f.problem, f.advice)),
    ))
}

/// What lives in the extension's own schema.
#[pg_schema]
mod spend_sync {
    use super::{ErrorReport, JsonB, TableIterator, binding, error, name, pg_extern, renew, transaction};

    /// Whether a row was written by this transaction, from its `xmin`: finds what a large statement wrote.
    #[pg_extern(parallel_restricted)]
    fn is_own(number: pgrx::pg_sys::TransactionId) -> bool {
        transaction::is_own_transaction(number.into())
    }

    /// Makes the triggers of every binding anew, as this version makes them: `ALTER EXTENSION spend_sync UPDATE` calls it.
    ///
    /// Errors: 42501 unless the caller owns all tables that are bound.
    #[pg_extern]
    fn renew_triggers() -> Result<(), ErrorReport> {
        renew::all().map_err(error::raised)
    }

    /// The bindings of this database, for the view `spend_sync.binding`: tables by their full names (no clips: a direct source), and columns by attach's arguments. As text, which each driver reads.
    #[pg_extern(stable)]
    #[allow(clippy::type_complexity)]
    fn bindings() -> Result<
        TableIterator<
            'static,
            (
                name!(campaigns, String),
                name!(clips, Option<String>),
                name!(submissions, String),
                name!(columns, JsonB),
            ),
        >,
        ErrorReport,
    > {
        let all = binding::all().map_err(error::raised)?;
        Ok(TableIterator::new(all.into_iter().map(|(tables, columns)| {
            (
                tables.campaigns.display(),
                tables.clips.map(|clips| clips.display()),
                tables.submissions.display(),
                JsonB(serde_json::json!(columns)),
            )
        })))
    }
}

/// The totals that a call is about: of a campaigns table, or all that the search path sees; `tell` says which are left out then.
fn totals(campaigns: Option<Oid>, tell: impl Fn(&InSight)) -> errors::Result<Vec<Rc<Binding>>> {
    let own = match campaigns {
        Some(campaigns) => binding::attached_on(campaigns)?,
        None => {
            let totals = binding::in_sight()?;
            tell(&totals);
            totals.some()?
        }
    };
    own.iter().map(binding::attached).collect()
}

/// Those of one campaigns table: of the only one that the search path sees, where none is named.
pub(super) fn totals_of_one(campaigns: Option<Oid>) -> errors::Result<Vec<Rc<Binding>>> {
    let campaigns = match campaigns {
        Some(campaigns) => campaigns,
        None => binding::only_visible()?,
    };
    totals(Some(campaigns), |_| ())
}

/// The same, if the caller may bring them to the truth by the function called.
fn to_repair(totals: errors::Result<Vec<Rc<Binding>>>, function: Oid) -> errors::Result<Vec<Rc<Binding>>> {
    let totals = totals?;
    for binding in &totals {
        repair::may_sync(binding, function)?;
    }
    Ok(chains::parts_first(totals))
}

/// The table that an argument names; `-` is none.
pub(super) fn oid(relation: Option<TableArgument>) -> Option<Oid> {
    relation.map(|relation| relation.0).filter(|oid| *oid != Oid::INVALID)
}

/// A numeric from PostgreSQL's own text.
pub(super) fn numeric(text: Option<&str>) -> Option<AnyNumeric> {
    text.and_then(|text| AnyNumeric::try_from(text).ok())
}

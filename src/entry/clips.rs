//! `spend_sync_clips`: why a total is what it is.

use crate::binding::Binding;
use crate::entry::functions::{key_text, numeric, of_one, oid, totals_of_one};
use crate::errors;
use crate::manage::behind;
use crate::pg::error;
use crate::pg::name::TableArgument;
use crate::statements::behind::row;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// What is said of a submission.
type Behind = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<AnyNumeric>,
    bool,
    String,
);

/// Declares a function that returns a row a submission of a campaign.
macro_rules! clips_function {
    ($(#[$doc:meta])* fn $name:ident($id:ident: $kind:ty) = $text:expr;) => {
        $(#[$doc])*
        #[pg_extern(name = "spend_sync_clips", stable)]
        #[allow(clippy::type_complexity)]
        fn $name($id: Option<$kind>, campaigns: default!(Option<TableArgument>, "NULL")) -> Result<
            TableIterator<
                'static,
                (
                    name!(submission, Option<String>),
                    name!(clip_id, Option<String>),
                    name!(status, Option<String>),
                    name!(amount, Option<AnyNumeric>),
                    name!(counts, bool),
                    name!(total, String),
                ),
            >,
            ErrorReport,
        > {
            let rows = behind($text, oid(campaigns)).map_err(error::raised)?;
            Ok(TableIterator::new(rows))
        }
    };
}

clips_function! {
    /// The rows behind a campaign's total, those that do not count too: the submission by its primary key, the clip, the status, what
    /// the clip earned (NULL: there is no such clip), whether it counts. What was written last stands first; of several totals of the
    /// table, one after the other.
    ///
    /// Errors: as `spend_sync_status`; P0002 if there is no such campaign; 22P02 if `id` is no key; 22004 if it is NULL.
    fn spend_sync_clips_by_text(id: &str) = id.map(str::to_owned);
}

clips_function! {
    /// As `spend_sync_clips(text)`.
    fn spend_sync_clips_by_number(id: i64) = id.map(|id| id.to_string());
}

clips_function! {
    /// As `spend_sync_clips(text)`.
    fn spend_sync_clips_by_uuid(id: pgrx::Uuid) = id.map(|id| id.to_string());
}

clips_function! {
    /// As `spend_sync_clips(text)`, of a key of several columns.
    fn spend_sync_clips_by_row(id: Vec<Option<String>>) = id.map(key_text);
}

fn behind(id: Option<String>, campaigns: Option<Oid>) -> errors::Result<Vec<Behind>> {
    of_one(&totals_of_one(campaigns)?, id, |binding, key| {
        let rows = behind::rows(binding, &key)?;
        Ok(rows.map(|rows| rows.iter().map(|row| said(binding, row)).collect()))
    })
}

fn said(binding: &Binding, row: &Row) -> Behind {
    let text = |column| row.get(column).map(str::to_owned);
    (
        text(row::SUBMISSION),
        text(row::CLIP),
        text(row::STATUS),
        numeric(row.get(row::AMOUNT)),
        row.is_true(row::COUNTS),
        binding.total(),
    )
}

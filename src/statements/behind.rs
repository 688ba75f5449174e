//! The rows behind a total.

use super::{Names, amount, approved, text};
use crate::value::names::ident;

/// The columns of a row that [`behind`] gives, one row a submission, or one that has none, for a campaign without.
pub mod row {
    pub const IS_SUBMISSION: usize = 0;
    /// Its primary key; of several columns as `(a,b)`; NULL where the table has none.
    pub const SUBMISSION: usize = 1;
    pub const CLIP: usize = 2;
    pub const STATUS: usize = 3;
    /// What its clip earned; NULL where there is no such clip.
    pub const AMOUNT: usize = 4;
    pub const COUNTS: usize = 5;
}

/// The submissions of a campaign, counting or not: those first that, or whose clips, were written last. `key`: the primary key of
/// submissions.
/// ```sql
/// SELECT l.tableoid IS NOT NULL, format('%s', l.id), l.clip::text, format('%s', l.status),
///        CASE WHEN k.tableoid IS NOT NULL THEN coalesce(k.earnings::numeric, 0) END,
///        k.tableoid IS NOT NULL AND coalesce(l.status = ANY ('{APPROVED}'), false)
/// FROM campaigns AS c LEFT JOIN submissions AS l ON l.campaign = c.id LEFT JOIN clips AS k ON k.id = l.clip
/// WHERE c.id = $1 ORDER BY least(age(l.xmin), age(k.xmin)), 2 DESC
/// ```
pub fn behind(names: &Names, key: &[String]) -> String {
    let Names {
        campaigns,
        id,
        submissions,
        campaign,
        status,
        ..
    } = names;
    let columns: Vec<String> = key.iter().map(|column| format!("l.{}", ident(column))).collect();
    let submission = match columns.as_slice() {
        [] => "NULL::pg_catalog.text".to_owned(),
        [one] => text(one),
        several => text(&format!("ROW({})", several.join(", "))),
    };
    // Of submissions that hold what they add themselves, each is its own clip.
    let (clip, k, join) = match &names.clips {
        Some(clips) => (
            // A row of a key that is missing is not NULL itself.
            format!(
                "CASE WHEN {} THEN {}::pg_catalog.text END",
                clips.link.is_there("l"),
                clips.link.value("l")
            ),
            "k",
            format!(
                " LEFT JOIN {} AS k ON {}",
                clips.table,
                clips.id.is("k", &clips.link, "l")
            ),
        ),
        None => ("NULL::pg_catalog.text".to_owned(), "l", String::new()),
    };
    format!(
        "SELECT l.tableoid IS NOT NULL, {submission}, {clip}, {status}, \
         CASE WHEN {k}.tableoid IS NOT NULL THEN coalesce({amount}, 0) END, \
         {k}.tableoid IS NOT NULL AND coalesce({approved}, false) \
         FROM {campaigns} AS c LEFT JOIN {submissions} AS l ON {is_its}{join} WHERE {is_it} \
         ORDER BY least(pg_catalog.age(l.xmin), pg_catalog.age({k}.xmin)), 2 DESC",
        is_its = campaign.is("l", id, "c"),
        is_it = id.is_given("c", "$1"),
        status = match status {
            Some(status) => text(&format!("l.{status}")),
            None => "NULL::pg_catalog.text".to_owned(),
        },
        amount = amount(names),
        approved = approved(names),
    )
}

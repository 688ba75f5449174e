//! The statements that keep a total: a binding's shape in, SQL text out.
//!
//! Names are quoted from the catalog and carry their schema; operators, functions and types are pg_catalog's by name
//! (IS DISTINCT FROM and IN would look their operator up in the caller's search path). Values are parameters, except
//! for the approved statuses: they never change, and as constants the planner can match a partial index with them.

use crate::catalog::Column;
use crate::names::{ident, literal};
use crate::shape::Shape;
use pgrx::pg_sys;

const EQ: &str = "OPERATOR(pg_catalog.=)";
const NE: &str = "OPERATOR(pg_catalog.<>)";

/// The statements of a binding. All but `Preview` take an array of keys; `Store` a second one, of amounts as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    LockClips,
    Affected,
    LockCampaigns,
    SumFew,
    SumMany,
    Store,
    Preview,
}

/// Takes the advisory locks of an array of bigint, in its order.
pub const GUARD: &str = "SELECT pg_catalog.pg_advisory_xact_lock(k) FROM pg_catalog.unnest($1) AS k";

/// The columns of a row that `SumFew`, `SumMany` and `Preview` give, one row a campaign.
pub mod summed {
    pub const ID: usize = 0;
    pub const TITLE: usize = 1;
    pub const RECORDED: usize = 2;
    /// The total in the column's type; as summed, where the column cannot hold it.
    pub const ACTUAL: usize = 3;
    pub const DIFFERENCE: usize = 4;
    pub const NEEDS_SYNC: usize = 5;
    pub const CLIPS: usize = 6;
    /// Whether the column can hold the total.
    pub const FITS: usize = 7;
    /// The total as summed.
    pub const TOTAL: usize = 8;
}

/// The columns of a row that `Store` gives, one row a campaign that was updated.
pub mod stored {
    pub const ID: usize = 0;
    /// Whether the column holds the amount now.
    pub const AS_GIVEN: usize = 1;
}

pub fn sql(shape: &Shape, statement: Statement) -> String {
    match statement {
        Statement::LockClips => lock_clips(shape),
        Statement::Affected => affected(shape),
        Statement::LockCampaigns => lock_campaigns(shape),
        Statement::SumFew => compared(shape, &walk(shape)),
        Statement::SumMany => compared(shape, &join(shape, true)),
        Statement::Store => store(shape),
        Statement::Preview => compared(shape, &join(shape, false)),
    }
}

/// ```sql
/// SELECT 1 FROM clips AS k WHERE k.id = ANY ($1) ORDER BY k.id FOR SHARE OF k
/// ```
fn lock_clips(shape: &Shape) -> String {
    let (clips, id) = (shape.clips.sql(), ident(&shape.clip_id.name));
    format!("SELECT 1 FROM {clips} AS k WHERE k.{id} {EQ} ANY ($1) ORDER BY k.{id} FOR SHARE OF k")
}

/// ```sql
/// SELECT DISTINCT l.campaign FROM submissions AS l WHERE l.clip = ANY ($1) AND l.campaign IS NOT NULL
/// ```
fn affected(shape: &Shape) -> String {
    let (submissions, campaign) = (shape.submissions.sql(), ident(&shape.submission_campaign.name));
    let clip = ident(&shape.submission_clip.name);
    format!(
        "SELECT DISTINCT l.{campaign} FROM {submissions} AS l \
         WHERE l.{clip} {EQ} ANY ($1) AND l.{campaign} IS NOT NULL"
    )
}

/// ```sql
/// SELECT c.id FROM campaigns AS c WHERE c.id = ANY ($1) ORDER BY c.id FOR NO KEY UPDATE OF c
/// ```
fn lock_campaigns(shape: &Shape) -> String {
    let (campaigns, id) = (shape.campaigns.sql(), ident(&shape.campaign_id.name));
    format!("SELECT c.{id} FROM {campaigns} AS c WHERE c.{id} {EQ} ANY ($1) ORDER BY c.{id} FOR NO KEY UPDATE OF c")
}

/// The names that a sum is made of, quoted.
struct Names {
    campaigns: String,
    id: String,
    clips: String,
    clip_id: String,
    earnings: String,
    submissions: String,
    campaign: String,
    clip: String,
}

impl Names {
    fn of(shape: &Shape) -> Self {
        Self {
            campaigns: shape.campaigns.sql(),
            id: ident(&shape.campaign_id.name),
            clips: shape.clips.sql(),
            clip_id: ident(&shape.clip_id.name),
            earnings: ident(&shape.earnings.name),
            submissions: shape.submissions.sql(),
            campaign: ident(&shape.submission_campaign.name),
            clip: ident(&shape.submission_clip.name),
        }
    }
}

/// The sums of a few campaigns: for each, its approved submissions, and for each of those its clip, by their indexes.
/// A join here would let the planner hash all clips for one campaign's. OFFSET 0 keeps the inner look-up from being
/// copied into both aggregates.
/// ```sql
/// SELECT c.*, s.total, s.clips FROM campaigns AS c CROSS JOIN LATERAL (
///   SELECT coalesce(sum(e.earned), 0) AS total, count(e.earned) AS clips FROM (
///     SELECT (SELECT sum(coalesce(k.earnings::numeric, 0)) FROM clips AS k WHERE k.id = l.clip) AS earned
///     FROM submissions AS l WHERE l.campaign = c.id AND l.status = ANY ('{APPROVED}') OFFSET 0) AS e) AS s
/// WHERE c.id = ANY ($1)
/// ```
fn walk(shape: &Shape) -> String {
    let Names {
        campaigns,
        id,
        clips,
        clip_id,
        earnings,
        submissions,
        campaign,
        clip,
    } = Names::of(shape);
    format!(
        "SELECT {picked}, s.total, s.clips FROM {campaigns} AS c CROSS JOIN LATERAL (\
         SELECT coalesce(pg_catalog.sum(e.earned), 0) AS total, pg_catalog.count(e.earned) AS clips FROM (\
         SELECT (SELECT pg_catalog.sum(coalesce(k.{earnings}::numeric, 0)) \
         FROM {clips} AS k WHERE k.{clip_id} {EQ} l.{clip}) AS earned \
         FROM {submissions} AS l WHERE l.{campaign} {EQ} c.{id} AND {approved} OFFSET 0) AS e) AS s \
         WHERE c.{id} {EQ} ANY ($1)",
        picked = picked(shape),
        approved = approved(shape),
    )
}

/// The sums of many campaigns, or of all: one pass over the approved submissions and their clips.
/// ```sql
/// SELECT c.*, coalesce(s.total, 0), coalesce(s.clips, 0) FROM campaigns AS c LEFT JOIN (
///   SELECT l.campaign, sum(coalesce(k.earnings::numeric, 0)) AS total, count(*) AS clips
///   FROM submissions AS l JOIN clips AS k ON k.id = l.clip
///   WHERE l.status = ANY ('{APPROVED}') [AND l.campaign = ANY ($1)] GROUP BY l.campaign) AS s ON s.campaign = c.id
/// [WHERE c.id = ANY ($1)]
/// ```
fn join(shape: &Shape, only_keys: bool) -> String {
    let Names {
        campaigns,
        id,
        clips,
        clip_id,
        earnings,
        submissions,
        campaign,
        clip,
    } = Names::of(shape);
    let (links_of, of_keys) = if only_keys {
        (
            format!(" AND l.{campaign} {EQ} ANY ($1)"),
            format!(" WHERE c.{id} {EQ} ANY ($1)"),
        )
    } else {
        (String::new(), String::new())
    };
    format!(
        "SELECT {picked}, coalesce(s.total, 0) AS total, coalesce(s.clips, 0) AS clips \
         FROM {campaigns} AS c LEFT JOIN (\
         SELECT l.{campaign} AS campaign, pg_catalog.sum(coalesce(k.{earnings}::numeric, 0)) AS total, \
         pg_catalog.count(*) AS clips \
         FROM {submissions} AS l JOIN {clips} AS k ON k.{clip_id} {EQ} l.{clip} \
         WHERE {approved}{links_of} GROUP BY l.{campaign}) AS s ON s.campaign {EQ} c.{id}{of_keys}",
        picked = picked(shape),
        approved = approved(shape),
    )
}

fn picked(shape: &Shape) -> String {
    let (id, spent) = (ident(&shape.campaign_id.name), ident(&shape.spent.name));
    let title = match &shape.title {
        Some(title) => format!("c.{}::pg_catalog.text", ident(&title.name)),
        None => "NULL::pg_catalog.text".to_owned(),
    };
    format!("c.{id} AS id, {title} AS title, c.{spent}::numeric AS recorded")
}

fn approved(shape: &Shape) -> String {
    let kind = match shape.status.base_type {
        _ if shape.status.is_enum => shape.status.base_sql.as_str(),
        pg_sys::BOOLOID => "boolean",
        _ => "pg_catalog.text",
    };
    let values: Vec<String> = shape
        .columns
        .approved
        .iter()
        .map(|value| format!("{}::{kind}", literal(value)))
        .collect();
    format!(
        "l.{} {EQ} ANY (ARRAY[{}])",
        ident(&shape.status.name),
        values.join(", ")
    )
}

/// Each total with `fitted`, its value in the type of the spent column; NULL where it does not fit.
fn fitted(shape: &Shape, totals: &str) -> String {
    format!(
        "SELECT t.*, CASE WHEN {fits} THEN t.total::{kind} END AS fitted FROM ({totals}) AS t",
        fits = fits("t.total", &shape.spent),
        kind = shape.spent.base_sql,
    )
}

/// Each campaign with what its spent column says and should say, in the columns of [`summed`]. The conversion to
/// numeric makes the two comparable for any type of money.
/// ```sql
/// SELECT id, title, recorded, actual, actual - coalesce(recorded, 0), recorded IS NULL OR recorded <> actual,
///        clips, fits, total
/// FROM (SELECT *, coalesce(fitted::numeric, total) AS actual, fitted IS NOT NULL AS fits FROM <fitted>) ORDER BY id
/// ```
fn compared(shape: &Shape, totals: &str) -> String {
    format!(
        "SELECT a.id::pg_catalog.text, a.title, a.recorded, a.actual, \
         a.actual OPERATOR(pg_catalog.-) coalesce(a.recorded, 0), \
         a.recorded IS NULL OR a.recorded {NE} a.actual, a.clips, a.fitted IS NOT NULL, a.total \
         FROM (SELECT f.*, coalesce(f.fitted::numeric, f.total) AS actual FROM ({fitted}) AS f) AS a ORDER BY a.id",
        fitted = fitted(shape, totals),
    )
}

/// Stores totals; the columns of [`stored`]. Kept short: it is what an error of the user's triggers and constraints on
/// campaigns shows as its context.
/// ```sql
/// UPDATE campaigns AS c SET spent = t.total::numeric::numeric(10,2)
/// FROM ROWS FROM (unnest($1), unnest($2)) AS t (id, total)
/// WHERE c.id = t.id RETURNING c.id, c.spent::numeric = t.total::numeric::numeric(10,2)::numeric
/// ```
fn store(shape: &Shape) -> String {
    let (campaigns, id, spent) = (
        shape.campaigns.sql(),
        ident(&shape.campaign_id.name),
        ident(&shape.spent.name),
    );
    format!(
        "UPDATE {campaigns} AS c SET {spent} = t.total::numeric::{kind} \
         FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS t (id, total) WHERE c.{id} {EQ} t.id \
         RETURNING c.{id}::pg_catalog.text, coalesce(c.{spent}::numeric {EQ} t.total::numeric::{kind}::numeric, false)",
        kind = shape.spent.base_sql,
    )
}

/// The statuses that submissions have: all of them, or one that counts.
pub fn statuses(shape: &Shape) -> String {
    let (submissions, status) = (shape.submissions.sql(), ident(&shape.status.name));
    format!(
        "(SELECT l.{status}::pg_catalog.text FROM {submissions} AS l WHERE {approved} LIMIT 1) UNION ALL \
         (SELECT DISTINCT l.{status}::pg_catalog.text FROM {submissions} AS l WHERE NOT EXISTS \
         (SELECT FROM {submissions} AS l WHERE {approved}) AND l.{status} IS NOT NULL ORDER BY 1 LIMIT 20)",
        approved = approved(shape),
    )
}

/// The condition under which the spent column can hold the value of the numeric expression `total`. NaN is greater
/// than all other numerics, infinity included.
fn fits(total: &str, spent: &Column) -> String {
    let finite = format!(
        "{total} OPERATOR(pg_catalog.>) '-Infinity'::numeric AND {total} OPERATOR(pg_catalog.<) 'Infinity'::numeric"
    );
    let within = |scale: i32, bound: &str| {
        format!(
            "CASE WHEN {finite} THEN pg_catalog.abs(pg_catalog.round({total}, {scale})) \
             OPERATOR(pg_catalog.<) {bound}::numeric ELSE false END"
        )
    };
    let between = |least: &str, greatest: &str| {
        format!(
            "CASE WHEN {finite} THEN pg_catalog.round({total}, 0) OPERATOR(pg_catalog.>=) {least}::numeric \
             AND pg_catalog.round({total}, 0) OPERATOR(pg_catalog.<=) {greatest}::numeric ELSE false END"
        )
    };
    match spent.base_type {
        pg_sys::INT2OID => between("'-32768'", "'32767'"),
        pg_sys::INT4OID => between("'-2147483648'", "'2147483647'"),
        pg_sys::INT8OID => between("'-9223372036854775808'", "'9223372036854775807'"),
        pg_sys::FLOAT4OID => within(0, "'3.4028235e38'"),
        pg_sys::FLOAT8OID => within(0, "'1.7e308'"),
        _ => match numeric_limits(spent.typmod) {
            Some((precision, scale)) => within(scale, &format!("'1e{}'", precision - scale)),
            None => finite,
        },
    }
}

/// Precision and scale of a numeric type, if it has them; as in numeric.c.
pub fn numeric_limits(typmod: i32) -> Option<(i32, i32)> {
    const HEADER_BYTES: i32 = 4;
    (typmod >= HEADER_BYTES).then(|| {
        let packed = typmod - HEADER_BYTES;
        ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(base_type: pg_sys::Oid, typmod: i32) -> Column {
        Column {
            name: "spent".into(),
            number: 1,
            type_name: String::new(),
            base_type,
            base_sql: "numeric(10,2)".into(),
            typmod,
            is_enum: false,
            is_generated: false,
            has_deterministic_collation: true,
            collation: pg_sys::Oid::INVALID,
            is_domain: false,
        }
    }

    #[test]
    fn precision_and_scale_come_out_of_the_typmod() {
        let typmod = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(numeric_limits(typmod(10, 2)), Some((10, 2)));
        assert_eq!(numeric_limits(typmod(1000, 1000)), Some((1000, 1000)));
        assert_eq!(numeric_limits(typmod(3, -2)), Some((3, -2)));
        assert_eq!(numeric_limits(-1), None);
    }

    #[test]
    fn a_total_fits_within_the_column() {
        let money = fits("t.total", &column(pg_sys::NUMERICOID, ((10 << 16) | 2) + 4));
        assert!(
            money.contains("round(t.total, 2)") && money.contains("'1e8'"),
            "{money}"
        );
        let small = fits("t.total", &column(pg_sys::NUMERICOID, ((2 << 16) | 4) + 4));
        assert!(small.contains("'1e-2'"), "{small}");
        assert!(!fits("t.total", &column(pg_sys::NUMERICOID, -1)).contains("round"));
        assert!(fits("t.total", &column(pg_sys::INT4OID, -1)).contains("'2147483647'"));
    }
}

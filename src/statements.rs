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

/// The statements of a binding. Most take an array of keys; what else they take stands with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    LockClips,
    Affected,
    LockCampaigns,
    /// By the key of a clip.
    LinksOfClip,
    /// By the key of a clip.
    Earnings,
    /// By a campaign, and the difference, as text.
    Move,
    /// By the key of a clip.
    LockByClip,
    /// By keys of clips.
    LockByClips,
    /// By a campaign, a clip, and how many more links of the two count.
    LockByLink,
    /// By campaigns; then, for each link that changed: its campaign, its clip, and how many more of it count.
    LockByLinks,
    SumFew,
    SumMany,
    /// Nothing.
    SumByOwn,
    /// By one key: and the amount, as text.
    StoreOne,
    /// A second array: the amounts, as text.
    Store,
    /// Nothing.
    Preview,
    /// Nothing.
    Differing,
    /// The campaigns relation; keys as text.
    Large,
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

/// The columns of a row that `LockByClip` and `LockByClips` give, one row a link of one of the clips.
pub mod linked {
    pub const CAMPAIGN: usize = 0;
    pub const SPENT: usize = 1;
    pub const CLIP: usize = 2;
    /// Whether the link counts.
    pub const COUNTS: usize = 3;
}

/// The columns of a row that `LockByLink` and `LockByLinks` give: one row a link that changed, or a campaign without one.
pub mod changed {
    pub const CAMPAIGN: usize = 0;
    pub const SPENT: usize = 1;
    /// How many more of it count; NULL without a link.
    pub const LINKS: usize = 2;
    /// The transaction that wrote the clip, by number; NULL without a clip.
    pub const WRITTEN_BY: usize = 3;
    /// What it earns now; 0 if that is NULL.
    pub const EARNINGS: usize = 4;
}

/// The columns of a row that `LinksOfClip` gives, one row a link.
pub mod link {
    pub const CAMPAIGN: usize = 0;
    /// Whether it counts.
    pub const COUNTS: usize = 1;
}

/// The columns of a row that `Earnings` gives.
pub mod clip {
    /// The transaction that wrote the clip, by number.
    pub const WRITTEN_BY: usize = 0;
    /// What it earns now; 0 if that is NULL.
    pub const EARNINGS: usize = 1;
}

/// The columns of a row that `Large` gives, one row a large campaign.
pub mod large {
    pub const ID: usize = 0;
    pub const CLIPS: usize = 1;
    /// Milliseconds since it was last summed.
    pub const AGE_MS: usize = 2;
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
        Statement::LinksOfClip => links_of_clip(shape),
        Statement::Earnings => earnings(shape),
        Statement::Move => move_one(shape),
        Statement::LockByClip => lock_by_clips(shape, "$1"),
        Statement::LockByClips => lock_by_clips(shape, "ANY ($1)"),
        Statement::LockByLink => lock_by_link(shape),
        Statement::LockByLinks => lock_by_links(shape),
        Statement::SumFew => compared(shape, &walk(shape)),
        Statement::SumMany => compared(shape, &join(shape, true)),
        Statement::SumByOwn => compared(shape, &sums_by_own(shape)),
        Statement::StoreOne => store_one(shape),
        Statement::Store => store(shape),
        Statement::Preview => compared(shape, &join(shape, false)),
        Statement::Differing => differing(&compared(shape, &join(shape, false))),
        Statement::Large => LARGE.to_owned(),
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

/// ```sql
/// SELECT l.campaign, l.status = ANY ('{APPROVED}') FROM submissions AS l WHERE l.clip = $1
/// ```
fn links_of_clip(shape: &Shape) -> String {
    let Names {
        submissions,
        campaign,
        clip,
        ..
    } = Names::of(shape);
    format!(
        "SELECT l.{campaign}, {approved} FROM {submissions} AS l WHERE l.{clip} {EQ} $1",
        approved = approved(shape),
    )
}

/// ```sql
/// SELECT k.xmin::text, coalesce(k.earnings::numeric, 0) FROM clips AS k WHERE k.id = $1
/// ```
fn earnings(shape: &Shape) -> String {
    let Names {
        clips,
        clip_id,
        earnings,
        ..
    } = Names::of(shape);
    format!(
        "SELECT k.xmin::pg_catalog.text, coalesce(k.{earnings}::numeric, 0) FROM {clips} AS k WHERE k.{clip_id} {EQ} $1"
    )
}

/// Moves a campaign's total, where it is not NULL and the column can hold the new one. Whether that is what was stored
/// is left to the trigger on campaigns, which sees the row before and after.
/// ```sql
/// UPDATE campaigns AS c SET spent = (c.spent::numeric + $2::numeric)::numeric(10,2)
/// WHERE c.id = $1 AND abs(round(c.spent::numeric + $2::numeric, 2)) < 1e8
/// ```
fn move_one(shape: &Shape) -> String {
    let Names {
        campaigns, id, spent, ..
    } = Names::of(shape);
    let total = format!("(c.{spent}::numeric OPERATOR(pg_catalog.+) $2::numeric)");
    format!(
        "UPDATE {campaigns} AS c SET {spent} = {total}::{kind} WHERE c.{id} {EQ} $1 AND {fits}",
        kind = shape.spent.base_sql,
        fits = fits(&total, &shape.spent),
    )
}

// The three that follow lock campaigns and read what their totals depend on in one: the snapshot is older than the locks,
// so they are to be run by `Sees::Locked`. They are kept flat: the executor's start is most of what a small write costs.

/// The campaigns of written clips, with all that is linked to them by these.
/// ```sql
/// SELECT c.id, c.spent::numeric, l.clip, l.status = ANY ('{APPROVED}')
/// FROM submissions AS l JOIN campaigns AS c ON c.id = l.campaign
/// WHERE l.clip = <clips> ORDER BY c.id FOR NO KEY UPDATE OF c
/// ```
fn lock_by_clips(shape: &Shape, clips: &str) -> String {
    let Names {
        campaigns,
        id,
        spent,
        submissions,
        campaign,
        clip,
        ..
    } = Names::of(shape);
    format!(
        "SELECT c.{id}, c.{spent}::numeric, l.{clip}, {approved} \
         FROM {submissions} AS l JOIN {campaigns} AS c ON c.{id} {EQ} l.{campaign} \
         WHERE l.{clip} {EQ} {clips} ORDER BY c.{id} FOR NO KEY UPDATE OF c",
        approved = approved(shape),
    )
}

/// One campaign and the clip that was linked to it, or no longer is.
/// ```sql
/// SELECT c.id, c.spent::numeric, $3, k.xmin::text, coalesce(k.earnings::numeric, 0)
/// FROM campaigns AS c LEFT JOIN clips AS k ON k.id = $2 WHERE c.id = $1 FOR NO KEY UPDATE OF c
/// ```
fn lock_by_link(shape: &Shape) -> String {
    let Names {
        campaigns,
        id,
        spent,
        clips,
        clip_id,
        earnings,
        ..
    } = Names::of(shape);
    format!(
        "SELECT c.{id}, c.{spent}::numeric, $3, k.xmin::pg_catalog.text, coalesce(k.{earnings}::numeric, 0) \
         FROM {campaigns} AS c LEFT JOIN {clips} AS k ON k.{clip_id} {EQ} $2 \
         WHERE c.{id} {EQ} $1 FOR NO KEY UPDATE OF c"
    )
}

/// The same of many.
/// ```sql
/// SELECT c.id, c.spent::numeric, u.links, k.xmin::text, coalesce(k.earnings::numeric, 0)
/// FROM campaigns AS c
/// LEFT JOIN ROWS FROM (unnest($2), unnest($3), unnest($4)) AS u (campaign, clip, links) ON u.campaign = c.id
/// LEFT JOIN clips AS k ON k.id = u.clip
/// WHERE c.id = ANY ($1) ORDER BY c.id FOR NO KEY UPDATE OF c
/// ```
fn lock_by_links(shape: &Shape) -> String {
    let Names {
        campaigns,
        id,
        spent,
        clips,
        clip_id,
        earnings,
        ..
    } = Names::of(shape);
    format!(
        "SELECT c.{id}, c.{spent}::numeric, u.links, k.xmin::pg_catalog.text, coalesce(k.{earnings}::numeric, 0) \
         FROM {campaigns} AS c \
         LEFT JOIN ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) \
         AS u (campaign, clip, links) ON u.campaign {EQ} c.{id} \
         LEFT JOIN {clips} AS k ON k.{clip_id} {EQ} u.clip \
         WHERE c.{id} {EQ} ANY ($1) ORDER BY c.{id} FOR NO KEY UPDATE OF c"
    )
}

/// What is known of large campaigns.
const LARGE: &str = "SELECT g.campaign_id, g.approved_clips, \
     (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) g.recomputed_at) \
     OPERATOR(pg_catalog.*) 1000::pg_catalog.float8)::pg_catalog.int8 \
     FROM spend_sync.large_campaign AS g \
     WHERE g.campaigns OPERATOR(pg_catalog.=) $1::pg_catalog.regclass \
     AND g.campaign_id OPERATOR(pg_catalog.=) ANY ($2)";

/// The names that statements are made of, quoted.
struct Names {
    campaigns: String,
    id: String,
    spent: String,
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
            spent: ident(&shape.spent.name),
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
        ..
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
        ..
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

/// The sums of all campaigns that a clip which this transaction wrote is linked to, approved or not: one pass over all
/// submissions and their clips.
/// ```sql
/// SELECT c.*, s.total, s.clips FROM campaigns AS c JOIN (
///   SELECT l.campaign, coalesce(sum(CASE WHEN l.status = ANY ('{APPROVED}') THEN k.earnings::numeric END), 0) AS total,
///          count(*) FILTER (WHERE l.status = ANY ('{APPROVED}')) AS clips
///   FROM submissions AS l JOIN clips AS k ON k.id = l.clip
///   GROUP BY l.campaign HAVING bool_or(spend_sync.is_own(k.xmin))) AS s ON s.campaign = c.id
/// ```
fn sums_by_own(shape: &Shape) -> String {
    let Names {
        campaigns,
        id,
        clips,
        clip_id,
        earnings,
        submissions,
        campaign,
        clip,
        ..
    } = Names::of(shape);
    format!(
        "SELECT {picked}, s.total, s.clips FROM {campaigns} AS c JOIN (\
         SELECT l.{campaign} AS campaign, \
         coalesce(pg_catalog.sum(CASE WHEN {approved} THEN k.{earnings}::numeric END), 0) AS total, \
         pg_catalog.count(*) FILTER (WHERE {approved}) AS clips \
         FROM {submissions} AS l JOIN {clips} AS k ON k.{clip_id} {EQ} l.{clip} \
         GROUP BY l.{campaign} HAVING pg_catalog.bool_or(spend_sync.is_own(k.xmin))) AS s ON s.campaign {EQ} c.{id}",
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

/// The keys of a preview's campaigns that need to be synced, in their order.
fn differing(preview: &str) -> String {
    format!(
        "SELECT p.id FROM ({preview}) AS p (id, title, recorded, actual, difference, needs_sync, clips, fits, total) \
         WHERE p.needs_sync"
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

/// The same for one campaign, which is most of what is ever stored.
/// ```sql
/// UPDATE campaigns AS c SET spent = $2::numeric::numeric(10,2)
/// WHERE c.id = $1 RETURNING c.id, c.spent::numeric = $2::numeric::numeric(10,2)::numeric
/// ```
fn store_one(shape: &Shape) -> String {
    let Names {
        campaigns, id, spent, ..
    } = Names::of(shape);
    format!(
        "UPDATE {campaigns} AS c SET {spent} = $2::numeric::{kind} WHERE c.{id} {EQ} $1 \
         RETURNING c.{id}::pg_catalog.text, coalesce(c.{spent}::numeric {EQ} $2::numeric::{kind}::numeric, false)",
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
    let within = |scale: i32, bound: &str| {
        format!("pg_catalog.abs(pg_catalog.round({total}, {scale})) OPERATOR(pg_catalog.<) {bound}::numeric")
    };
    let between = |least: &str, greatest: &str| {
        format!(
            "pg_catalog.round({total}, 0) OPERATOR(pg_catalog.>=) {least}::numeric \
             AND pg_catalog.round({total}, 0) OPERATOR(pg_catalog.<=) {greatest}::numeric"
        )
    };
    match spent.base_type {
        pg_sys::INT2OID => between("'-32768'", "'32767'"),
        pg_sys::INT4OID => between("'-2147483648'", "'2147483647'"),
        pg_sys::INT8OID => between("'-9223372036854775808'", "'9223372036854775807'"),
        pg_sys::FLOAT4OID => within(0, "'3.4028235e38'"),
        pg_sys::FLOAT8OID => within(0, "'1.7e308'"),
        _ => match spent.numeric_limits() {
            Some((precision, scale)) => within(scale, &format!("'1e{}'", precision - scale)),
            None => format!("pg_catalog.abs({total}) OPERATOR(pg_catalog.<) 'Infinity'::numeric"),
        },
    }
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

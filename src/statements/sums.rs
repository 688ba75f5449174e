//! Sums: what every campaign's spent should be.

use super::stores::fits;
use super::{ClipNames, NE, Names, amount, approved, source, text};

/// The sums of a few campaigns: for each, its approved submissions, and for each of those its clip, by their indexes.
/// A join here would let the planner hash all clips for one campaign's. OFFSET 0 keeps the inner look-up from being
/// copied into both aggregates. (Of submissions that hold what they add themselves it is that.)
/// ```sql
/// SELECT c.*, s.total, s.clips FROM campaigns AS c CROSS JOIN LATERAL (
///   SELECT coalesce(sum(e.earned), 0) AS total, count(e.earned) AS clips FROM (
///     SELECT (SELECT sum(coalesce(k.earnings::numeric, 0)) FROM clips AS k WHERE k.id = l.clip) AS earned
///     FROM submissions AS l WHERE l.campaign = c.id AND l.status = ANY ('{APPROVED}') OFFSET 0) AS e) AS s
/// WHERE c.id = ANY ($1)
/// ```
pub fn walk(names: &Names) -> String {
    let Names {
        campaigns,
        id,
        submissions,
        campaign,
        ..
    } = names;
    let amount = amount(names);
    let earned = match &names.clips {
        Some(ClipNames { table, id, link }) => {
            let is_its = id.is("k", link, "l");
            format!("(SELECT pg_catalog.sum(coalesce({amount}, 0)) FROM {table} AS k WHERE {is_its})")
        }
        None => format!("coalesce({amount}, 0)"),
    };
    format!(
        "SELECT {picked}, s.total, s.clips FROM {campaigns} AS c CROSS JOIN LATERAL (\
         SELECT coalesce(pg_catalog.sum(e.earned), 0) AS total, pg_catalog.count(e.earned) AS clips FROM (\
         SELECT {earned} AS earned \
         FROM {submissions} AS l WHERE {is_its} AND {approved} OFFSET 0) AS e) AS s WHERE {is_wanted}",
        is_its = campaign.is("l", id, "c"),
        is_wanted = id.is_among("c", "$1"),
        picked = picked(names, NO_TITLE),
        approved = approved(names),
    )
}

/// Which campaigns are summed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Campaigns {
    /// Those of an array of keys.
    OfKeys,
    All,
    AllWithTitles,
}

/// The sums of many campaigns, or of all: one pass over the approved submissions and their clips.
/// ```sql
/// SELECT c.*, coalesce(s.total, 0), coalesce(s.clips, 0) FROM campaigns AS c LEFT JOIN (
///   SELECT l.campaign, sum(coalesce(k.earnings::numeric, 0)) AS total, count(*) AS clips
///   FROM submissions AS l JOIN clips AS k ON k.id = l.clip
///   WHERE l.status = ANY ('{APPROVED}') [AND l.campaign = ANY ($1)] GROUP BY l.campaign) AS s ON s.campaign = c.id
/// WHERE c.id {= ANY ($1)|IS NOT NULL}
/// ```
pub fn join(names: &Names, campaigns_of: Campaigns) -> String {
    let Names {
        campaigns,
        id,
        campaign,
        ..
    } = names;
    let title = match campaigns_of {
        Campaigns::AllWithTitles => title(names),
        Campaigns::OfKeys | Campaigns::All => NO_TITLE.to_owned(),
    };
    let (links_of, of_keys) = if campaigns_of == Campaigns::OfKeys {
        (
            format!(" AND {}", campaign.is_among("l", "$1")),
            format!(" WHERE {}", id.is_among("c", "$1")),
        )
    } else {
        // A constraint that is not valid yet has let some in.
        (String::new(), format!(" WHERE {}", id.is_there("c")))
    };
    format!(
        "SELECT {picked}, coalesce(s.total, 0) AS total, coalesce(s.clips, 0) AS clips \
         FROM {campaigns} AS c LEFT JOIN (\
         SELECT {selected}, pg_catalog.sum(coalesce({amount}, 0)) AS total, \
         pg_catalog.count(*) AS clips \
         FROM {source} \
         WHERE {approved}{links_of} GROUP BY {each}) AS s ON {is_its}{of_keys}",
        selected = campaign.selected("l", "campaign"),
        each = campaign.list("l"),
        is_its = campaign.named("campaign").is("s", id, "c"),
        source = source(names, "JOIN"),
        picked = picked(names, &title),
        amount = amount(names),
        approved = approved(names),
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
pub fn sums_by_own(names: &Names, clips: &ClipNames) -> String {
    let Names {
        campaigns,
        id,
        submissions,
        campaign,
        ..
    } = names;
    let ClipNames {
        table: clips,
        id: clip_id,
        link: clip,
    } = clips;
    format!(
        "SELECT {picked}, s.total, s.clips FROM {campaigns} AS c JOIN (\
         SELECT {selected}, \
         coalesce(pg_catalog.sum(CASE WHEN {approved} THEN {amount} END), 0) AS total, \
         pg_catalog.count(*) FILTER (WHERE {approved}) AS clips \
         FROM {submissions} AS l JOIN {clips} AS k ON {is_clip} \
         GROUP BY {each} HAVING pg_catalog.bool_or(spend_sync.is_own(k.xmin))) AS s ON {is_its}",
        selected = campaign.selected("l", "campaign"),
        is_clip = clip_id.is("k", clip, "l"),
        each = campaign.list("l"),
        is_its = campaign.named("campaign").is("s", id, "c"),
        picked = picked(names, NO_TITLE),
        amount = amount(names),
        approved = approved(names),
    )
}

/// What a flush does not read: no total hangs on it.
const NO_TITLE: &str = "NULL::pg_catalog.text";

fn title(names: &Names) -> String {
    match &names.title {
        Some(title) => text(&format!("c.{title}")),
        None => NO_TITLE.to_owned(),
    }
}

fn picked(names: &Names, title: &str) -> String {
    let Names { id, spent, .. } = names;
    format!(
        "{} AS id, {title} AS title, c.{spent}::numeric AS recorded",
        id.value("c")
    )
}

/// The titles of campaigns.
/// ```sql
/// SELECT c.id, format('%s', c.title) FROM campaigns AS c WHERE c.id = ANY ($1)
/// ```
pub fn titles(names: &Names) -> String {
    let Names { campaigns, id, .. } = names;
    format!(
        "SELECT {id}::pg_catalog.text, {title} FROM {campaigns} AS c WHERE {is_wanted}",
        is_wanted = id.is_among("c", "$1"),
        id = id.value("c"),
        title = title(names),
    )
}

/// Each total with `fitted`, its value in the type of the spent column; NULL where it does not fit.
fn fitted(names: &Names, totals: &str) -> String {
    format!(
        "SELECT t.*, CASE WHEN {fits} THEN t.total::{kind} END AS fitted FROM ({totals}) AS t",
        fits = fits("t.total", names.spent_money),
        kind = names.spent_type,
    )
}

/// Each campaign with what its spent column says and should say, in the columns of [`summed`]. The conversion to
/// numeric makes the two comparable for any type of money.
/// ```sql
/// SELECT id, title, recorded, actual, actual - coalesce(recorded, 0), recorded IS NULL OR recorded <> actual,
///        clips, fits, total
/// FROM (SELECT *, coalesce(fitted::numeric, total) AS actual, fitted IS NOT NULL AS fits FROM <fitted>) ORDER BY id
/// ```
pub fn compared(names: &Names, totals: &str) -> String {
    format!(
        "SELECT a.id::pg_catalog.text, a.title, a.recorded, a.actual, \
         a.actual OPERATOR(pg_catalog.-) coalesce(a.recorded, 0), \
         a.recorded IS NULL OR a.recorded {NE} a.actual, a.clips, a.fitted IS NOT NULL, a.total \
         FROM (SELECT f.*, coalesce(f.fitted::numeric, f.total) AS actual FROM ({fitted}) AS f) AS a ORDER BY a.id",
        fitted = fitted(names, totals),
    )
}

/// The keys of a preview's campaigns that need to be synced, in their order.
pub fn differing(preview: &str) -> String {
    format!(
        "SELECT p.id FROM ({preview}) AS p (id, title, recorded, actual, difference, needs_sync, clips, fits, total) \
         WHERE p.needs_sync"
    )
}

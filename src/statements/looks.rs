//! Locking, and looking at what was written.

use super::{ClipNames, Names, amount, approved};

/// ```sql
/// SELECT k.id FROM clips AS k WHERE k.id = ANY ($1) ORDER BY k.id FOR SHARE OF k
/// ```
pub fn lock_clips(clips: &ClipNames) -> String {
    let ClipNames { table, id, .. } = clips;
    format!(
        "SELECT {value} FROM {table} AS k WHERE {is_wanted} ORDER BY {each} FOR SHARE OF k",
        value = id.value("k"),
        is_wanted = id.is_among("k", "$1"),
        each = id.list("k"),
    )
}

/// Those of them that nobody writes.
/// ```sql
/// SELECT k.id FROM clips AS k WHERE k.id = ANY ($1) ORDER BY k.id FOR SHARE OF k SKIP LOCKED
/// ```
pub fn lock_free_clips(clips: &ClipNames) -> String {
    format!("{} SKIP LOCKED", lock_clips(clips))
}

/// Of submissions that hold what they add themselves the campaign alone.
/// ```sql
/// SELECT DISTINCT l.campaign, l.clip FROM submissions AS l WHERE l.campaign = ANY ($1)
/// ```
pub fn links_of_campaigns(names: &Names) -> String {
    let Names {
        submissions, campaign, ..
    } = names;
    let clip = match &names.clips {
        Some(clips) => format!(", {}", clips.link.value("l")),
        None => String::new(),
    };
    format!(
        "SELECT DISTINCT {value}{clip} FROM {submissions} AS l WHERE {is_wanted}",
        value = campaign.value("l"),
        is_wanted = campaign.is_among("l", "$1"),
    )
}

/// ```sql
/// SELECT c.id FROM campaigns AS c WHERE c.id = ANY ($1) GROUP BY c.id HAVING count(*) > 1
/// ```
pub fn doubled(names: &Names) -> String {
    let Names { campaigns, id, .. } = names;
    format!(
        "SELECT {value} FROM {campaigns} AS c WHERE {is_wanted} \
         GROUP BY {each} HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1",
        value = id.value("c"),
        is_wanted = id.is_among("c", "$1"),
        each = id.list("c"),
    )
}

/// A key that several clips have, if there is one.
/// ```sql
/// SELECT k.id FROM clips AS k WHERE k.id IS NOT NULL GROUP BY k.id HAVING count(*) > 1 LIMIT 1
/// ```
pub fn doubled_clip(clips: &ClipNames) -> String {
    let ClipNames { table, id, .. } = clips;
    format!(
        "SELECT {value} FROM {table} AS k WHERE {is_there} \
         GROUP BY {each} HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 LIMIT 1",
        value = id.value("k"),
        is_there = id.is_there("k"),
        each = id.list("k"),
    )
}

/// Those that this transaction has written are locked already.
/// ```sql
/// SELECT 1 FROM submissions AS l WHERE l.campaign = ANY ($1) AND NOT spend_sync.is_own(l.xmin)
/// ORDER BY l.campaign, l.clip FOR SHARE OF l
/// ```
pub fn lock_links(names: &Names, clips: &ClipNames) -> String {
    let Names {
        submissions, campaign, ..
    } = names;
    let clip = &clips.link;
    format!(
        "SELECT 1 FROM {submissions} AS l WHERE {is_wanted} AND NOT spend_sync.is_own(l.xmin) \
         ORDER BY {each}, {clip} FOR SHARE OF l",
        is_wanted = campaign.is_among("l", "$1"),
        each = campaign.list("l"),
        clip = clip.list("l"),
    )
}

/// ```sql
/// SELECT DISTINCT l.campaign FROM submissions AS l WHERE l.clip = ANY ($1) AND l.campaign IS NOT NULL
/// ```
pub fn affected(names: &Names, clips: &ClipNames) -> String {
    let Names {
        submissions, campaign, ..
    } = names;
    let clip = &clips.link;
    format!(
        "SELECT DISTINCT {value} FROM {submissions} AS l WHERE {is_wanted} AND {is_there}",
        value = campaign.value("l"),
        is_wanted = clip.is_among("l", "$1"),
        is_there = campaign.is_there("l"),
    )
}

/// ```sql
/// SELECT c.id FROM campaigns AS c WHERE c.id = ANY ($1) ORDER BY c.id FOR NO KEY UPDATE OF c
/// ```
pub fn lock_campaigns(names: &Names) -> String {
    let Names { campaigns, id, .. } = names;
    format!(
        "SELECT {value} FROM {campaigns} AS c WHERE {is_wanted} ORDER BY {each} FOR NO KEY UPDATE OF c",
        value = id.value("c"),
        is_wanted = id.is_among("c", "$1"),
        each = id.list("c"),
    )
}

/// The same, with what their totals are.
/// ```sql
/// SELECT c.id, c.spent::numeric FROM campaigns AS c WHERE c.id = ANY ($1) ORDER BY c.id FOR NO KEY UPDATE OF c
/// ```
pub fn lock_recorded(names: &Names) -> String {
    let Names {
        campaigns, id, spent, ..
    } = names;
    format!(
        "SELECT {value}, c.{spent}::numeric FROM {campaigns} AS c WHERE {is_wanted} \
         ORDER BY {each} FOR NO KEY UPDATE OF c",
        value = id.value("c"),
        is_wanted = id.is_among("c", "$1"),
        each = id.list("c"),
    )
}

/// ```sql
/// SELECT l.tableoid, l.ctid, l.xmin::text, l.campaign, l.status = ANY ('{APPROVED}') FROM submissions AS l WHERE l.clip = $1
/// ```
pub fn links_of_clip(names: &Names, clips: &ClipNames) -> String {
    let Names {
        submissions, campaign, ..
    } = names;
    let clip = &clips.link;
    format!(
        "SELECT l.tableoid, l.ctid, l.xmin::pg_catalog.text, {value}, {approved} FROM {submissions} AS l WHERE {is_its}",
        value = campaign.value("l"),
        is_its = clip.is_given("l", "$1"),
        approved = approved(names),
    )
}

/// ```sql
/// SELECT k.tableoid, k.ctid, k.xmin::text, coalesce(k.earnings::numeric, 0) FROM clips AS k WHERE k.id = $1
/// ```
pub fn earnings(names: &Names, clips: &ClipNames) -> String {
    let ClipNames { table, id, .. } = clips;
    format!(
        "SELECT k.tableoid, k.ctid, k.xmin::pg_catalog.text, coalesce({amount}, 0) \
         FROM {table} AS k WHERE {is_it}",
        is_it = id.is_given("k", "$1"),
        amount = amount(names),
    )
}

// The three that follow lock campaigns and read what their totals depend on in one: the snapshot is older than the locks,
// so they are to be run by `Sees::Locked`. Each campaign is locked once, and then joined: to lock it once more for each row that names it,
// by the version of the snapshot, may wait for who waits for us, where foreign keys' checks hold it too.

/// The campaigns of written clips, with all that is linked to them by these.
/// ```sql
/// WITH l AS MATERIALIZED (
///   SELECT l.campaign, l.clip, l.status = ANY ('{APPROVED}') AS counts FROM submissions AS l WHERE l.clip = <clips>)
/// SELECT c.id, c.spent, l.clip, l.counts
/// FROM (SELECT c.id, c.spent::numeric FROM campaigns AS c WHERE c.id = ANY (SELECT l.campaign FROM l)
///       ORDER BY c.id FOR NO KEY UPDATE OF c) AS c
/// JOIN l ON l.campaign = c.id
/// ```
pub fn lock_by_clips(names: &Names, clips: &ClipNames, is_of_these: &str) -> String {
    let Names {
        campaigns,
        id,
        spent,
        submissions,
        campaign,
        ..
    } = names;
    let (linked, locked) = (campaign.named("campaign"), id.named("id"));
    format!(
        "WITH l AS MATERIALIZED (SELECT {of_link}, {clip} AS clip, {approved} AS counts \
         FROM {submissions} AS l WHERE {is_of_these}) \
         SELECT {value}, c.spent, l.clip, l.counts \
         FROM (SELECT {key}, c.{spent}::numeric AS spent FROM {campaigns} AS c \
         WHERE {is_linked} ORDER BY {each} FOR NO KEY UPDATE OF c) AS c JOIN l ON {is_its}",
        of_link = campaign.selected("l", "campaign"),
        clip = clips.link.value("l"),
        value = locked.value("c"),
        key = id.selected("c", "id"),
        is_linked = id.is_one_of("c", &format!("SELECT {} FROM l", linked.list("l"))),
        each = id.list("c"),
        is_its = linked.is("l", &locked, "c"),
        approved = approved(names),
    )
}

/// One campaign and the clip that was linked to it, or no longer is.
/// ```sql
/// SELECT c.id, c.spent::numeric, $3, k.ctid IS NOT NULL, coalesce(k.earnings::numeric, 0), $2
/// FROM campaigns AS c LEFT JOIN clips AS k ON k.id = $2 WHERE c.id = $1 FOR NO KEY UPDATE OF c
/// ```
pub fn lock_by_link(names: &Names, clips: &ClipNames) -> String {
    let Names {
        campaigns, id, spent, ..
    } = names;
    let ClipNames {
        table: clips,
        id: clip_id,
        ..
    } = clips;
    format!(
        "SELECT {value}, c.{spent}::numeric, $3, k.ctid IS NOT NULL, coalesce({amount}, 0), $2 \
         FROM {campaigns} AS c LEFT JOIN {clips} AS k ON {is_clip} WHERE {is_it} FOR NO KEY UPDATE OF c",
        value = id.value("c"),
        is_clip = clip_id.is_given("k", "$2"),
        is_it = id.is_given("c", "$1"),
        amount = amount(names),
    )
}

/// The same of many.
/// ```sql
/// SELECT c.id, c.spent, u.links, k.ctid IS NOT NULL, coalesce(k.earnings::numeric, 0), u.clip
/// FROM (SELECT c.id, c.spent::numeric FROM campaigns AS c WHERE c.id = ANY ($1) ORDER BY c.id FOR NO KEY UPDATE OF c) AS c
/// LEFT JOIN ROWS FROM (unnest($2), unnest($3), unnest($4)) AS u (campaign, clip, links) ON u.campaign = c.id
/// LEFT JOIN clips AS k ON k.id = u.clip
/// ```
pub fn lock_by_links(names: &Names, clips: &ClipNames) -> String {
    let Names {
        campaigns, id, spent, ..
    } = names;
    let ClipNames {
        table: clips,
        id: clip_id,
        ..
    } = clips;
    let locked = id.named("id");
    format!(
        "SELECT {value}, c.spent, u.links, k.ctid IS NOT NULL, coalesce({amount}, 0), u.clip \
         FROM (SELECT {key}, c.{spent}::numeric AS spent FROM {campaigns} AS c \
         WHERE {is_wanted} ORDER BY {each} FOR NO KEY UPDATE OF c) AS c \
         LEFT JOIN ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) \
         AS u (campaign, clip, links) ON {is_its} LEFT JOIN {clips} AS k ON {is_clip}",
        value = locked.value("c"),
        key = id.selected("c", "id"),
        is_wanted = id.is_among("c", "$1"),
        each = id.list("c"),
        is_its = locked.is_given("c", "u.campaign"),
        is_clip = clip_id.is_given("k", "u.clip"),
        amount = amount(names),
    )
}

//! Locking, and looking at what was written.

use super::{ClipNames, EQ, Names, amount, approved};

/// ```sql
/// SELECT k.id FROM clips AS k WHERE k.id = ANY ($1) ORDER BY k.id FOR SHARE OF k
/// ```
pub fn lock_clips(clips: &ClipNames) -> String {
    let ClipNames { table, id, .. } = clips;
    format!("SELECT k.{id} FROM {table} AS k WHERE k.{id} {EQ} ANY ($1) ORDER BY k.{id} FOR SHARE OF k")
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
        Some(clips) => format!(", l.{}", clips.link),
        None => String::new(),
    };
    format!("SELECT DISTINCT l.{campaign}{clip} FROM {submissions} AS l WHERE l.{campaign} {EQ} ANY ($1)")
}

/// ```sql
/// SELECT c.id FROM campaigns AS c WHERE c.id = ANY ($1) GROUP BY c.id HAVING count(*) > 1
/// ```
pub fn doubled(names: &Names) -> String {
    let Names { campaigns, id, .. } = names;
    format!(
        "SELECT c.{id} FROM {campaigns} AS c WHERE c.{id} {EQ} ANY ($1) \
         GROUP BY c.{id} HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1"
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
        "SELECT 1 FROM {submissions} AS l WHERE l.{campaign} {EQ} ANY ($1) AND NOT spend_sync.is_own(l.xmin) \
         ORDER BY l.{campaign}, l.{clip} FOR SHARE OF l"
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
        "SELECT DISTINCT l.{campaign} FROM {submissions} AS l \
         WHERE l.{clip} {EQ} ANY ($1) AND l.{campaign} IS NOT NULL"
    )
}

/// ```sql
/// SELECT c.id FROM campaigns AS c WHERE c.id = ANY ($1) ORDER BY c.id FOR NO KEY UPDATE OF c
/// ```
pub fn lock_campaigns(names: &Names) -> String {
    let Names { campaigns, id, .. } = names;
    format!("SELECT c.{id} FROM {campaigns} AS c WHERE c.{id} {EQ} ANY ($1) ORDER BY c.{id} FOR NO KEY UPDATE OF c")
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
        "SELECT c.{id}, c.{spent}::numeric FROM {campaigns} AS c WHERE c.{id} {EQ} ANY ($1) \
         ORDER BY c.{id} FOR NO KEY UPDATE OF c"
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
        "SELECT l.tableoid, l.ctid, l.xmin::pg_catalog.text, l.{campaign}, {approved} FROM {submissions} AS l WHERE l.{clip} {EQ} $1",
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
         FROM {table} AS k WHERE k.{id} {EQ} $1",
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
pub fn lock_by_clips(names: &Names, clips: &ClipNames, keys: &str) -> String {
    let Names {
        campaigns,
        id,
        spent,
        submissions,
        campaign,
        ..
    } = names;
    let clip = &clips.link;
    format!(
        "WITH l AS MATERIALIZED (SELECT l.{campaign} AS campaign, l.{clip} AS clip, {approved} AS counts \
         FROM {submissions} AS l WHERE l.{clip} {EQ} {keys}) \
         SELECT c.id, c.spent, l.clip, l.counts \
         FROM (SELECT c.{id} AS id, c.{spent}::numeric AS spent FROM {campaigns} AS c \
         WHERE c.{id} {EQ} ANY (SELECT l.campaign FROM l) ORDER BY c.{id} FOR NO KEY UPDATE OF c) AS c \
         JOIN l ON l.campaign {EQ} c.id",
        approved = approved(names),
    )
}

/// One campaign and the clip that was linked to it, or no longer is.
/// ```sql
/// SELECT c.id, c.spent::numeric, $3, k.xmin::text, coalesce(k.earnings::numeric, 0), $2
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
        "SELECT c.{id}, c.{spent}::numeric, $3, k.xmin::pg_catalog.text, coalesce({amount}, 0), $2 \
         FROM {campaigns} AS c LEFT JOIN {clips} AS k ON k.{clip_id} {EQ} $2 \
         WHERE c.{id} {EQ} $1 FOR NO KEY UPDATE OF c",
        amount = amount(names),
    )
}

/// The same of many.
/// ```sql
/// SELECT c.id, c.spent, u.links, k.xmin::text, coalesce(k.earnings::numeric, 0), u.clip
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
    format!(
        "SELECT c.id, c.spent, u.links, k.xmin::pg_catalog.text, coalesce({amount}, 0), u.clip \
         FROM (SELECT c.{id} AS id, c.{spent}::numeric AS spent FROM {campaigns} AS c \
         WHERE c.{id} {EQ} ANY ($1) ORDER BY c.{id} FOR NO KEY UPDATE OF c) AS c \
         LEFT JOIN ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) \
         AS u (campaign, clip, links) ON u.campaign {EQ} c.id \
         LEFT JOIN {clips} AS k ON k.{clip_id} {EQ} u.clip",
        amount = amount(names),
    )
}

//! What this transaction has written, by one pass over a table: for what is remembered no more.

use super::{ClipNames, EQ, Names, source};

/// ```sql
/// SELECT DISTINCT l.clip FROM submissions AS l WHERE spend_sync.is_own(l.xmin) AND l.clip IS NOT NULL
/// ```
pub fn links(names: &Names, clips: &ClipNames) -> String {
    let (submissions, clip) = (&names.submissions, &clips.link);
    format!(
        "SELECT DISTINCT l.{clip} FROM {submissions} AS l \
         WHERE spend_sync.is_own(l.xmin) AND l.{clip} IS NOT NULL"
    )
}

/// ```sql
/// SELECT k.id FROM clips AS k WHERE spend_sync.is_own(k.xmin)
/// ```
pub fn clips(clips: &ClipNames) -> String {
    let ClipNames { table, id, .. } = clips;
    format!("SELECT k.{id} FROM {table} AS k WHERE spend_sync.is_own(k.xmin)")
}

/// ```sql
/// SELECT c.id FROM campaigns AS c WHERE spend_sync.is_own(c.xmin)
/// ```
pub fn campaigns(names: &Names) -> String {
    let Names { campaigns, id, .. } = names;
    format!("SELECT c.{id} FROM {campaigns} AS c WHERE spend_sync.is_own(c.xmin)")
}

/// Of a clip that was deleted, or has another key now, only links tell. (Without clips there are none of these conditions.)
/// ```sql
/// SELECT DISTINCT l.campaign FROM submissions AS l
/// LEFT JOIN clips AS k ON k.id = l.clip LEFT JOIN campaigns AS c ON c.id = l.campaign
/// WHERE l.campaign IS NOT NULL AND (k.id IS NULL OR spend_sync.is_own(k.xmin) OR spend_sync.is_own(c.xmin))
/// ```
pub fn affected(names: &Names) -> String {
    let Names {
        campaigns,
        id,
        campaign,
        clips,
        ..
    } = names;
    let of_clip = match clips {
        Some(clips) => format!("k.{} IS NULL OR spend_sync.is_own(k.xmin) OR ", clips.id),
        None => String::new(),
    };
    format!(
        "SELECT DISTINCT l.{campaign} FROM {source} \
         LEFT JOIN {campaigns} AS c ON c.{id} {EQ} l.{campaign} \
         WHERE l.{campaign} IS NOT NULL AND ({of_clip}spend_sync.is_own(c.xmin))",
        source = source(names, "LEFT JOIN"),
    )
}

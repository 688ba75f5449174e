//! What this transaction has written, by one pass over a table: for what is remembered no more.

use super::{EQ, Names};

/// ```sql
/// SELECT DISTINCT l.clip FROM submissions AS l WHERE spend_sync.is_own(l.xmin) AND l.clip IS NOT NULL
/// ```
pub fn links(names: &Names) -> String {
    let Names { submissions, clip, .. } = names;
    format!(
        "SELECT DISTINCT l.{clip} FROM {submissions} AS l \
         WHERE spend_sync.is_own(l.xmin) AND l.{clip} IS NOT NULL"
    )
}

/// ```sql
/// SELECT k.id FROM clips AS k WHERE spend_sync.is_own(k.xmin)
/// ```
pub fn clips(names: &Names) -> String {
    let Names { clips, clip_id, .. } = names;
    format!("SELECT k.{clip_id} FROM {clips} AS k WHERE spend_sync.is_own(k.xmin)")
}

/// ```sql
/// SELECT c.id FROM campaigns AS c WHERE spend_sync.is_own(c.xmin)
/// ```
pub fn campaigns(names: &Names) -> String {
    let Names { campaigns, id, .. } = names;
    format!("SELECT c.{id} FROM {campaigns} AS c WHERE spend_sync.is_own(c.xmin)")
}

/// Of a clip that was deleted, or has another key now, only links tell.
/// ```sql
/// SELECT DISTINCT l.campaign FROM submissions AS l
/// LEFT JOIN clips AS k ON k.id = l.clip LEFT JOIN campaigns AS c ON c.id = l.campaign
/// WHERE l.campaign IS NOT NULL AND (k.id IS NULL OR spend_sync.is_own(k.xmin) OR spend_sync.is_own(c.xmin))
/// ```
pub fn affected(names: &Names) -> String {
    let Names {
        campaigns,
        id,
        clips,
        clip_id,
        submissions,
        campaign,
        clip,
        ..
    } = names;
    format!(
        "SELECT DISTINCT l.{campaign} FROM {submissions} AS l \
         LEFT JOIN {clips} AS k ON k.{clip_id} {EQ} l.{clip} \
         LEFT JOIN {campaigns} AS c ON c.{id} {EQ} l.{campaign} \
         WHERE l.{campaign} IS NOT NULL \
         AND (k.{clip_id} IS NULL OR spend_sync.is_own(k.xmin) OR spend_sync.is_own(c.xmin))"
    )
}

//! What this transaction has written, by one pass over a table: for what is remembered no more.

use super::{ClipNames, Names, source};

/// ```sql
/// SELECT DISTINCT l.clip FROM submissions AS l WHERE spend_sync.is_own(l.xmin) AND l.clip IS NOT NULL
/// ```
pub fn links(names: &Names, clips: &ClipNames) -> String {
    let (submissions, clip) = (&names.submissions, &clips.link);
    format!(
        "SELECT DISTINCT {clip} FROM {submissions} AS l WHERE spend_sync.is_own(l.xmin) AND {is_there}",
        is_there = clip.is_there("l"),
        clip = clip.value("l"),
    )
}

/// ```sql
/// SELECT k.id FROM clips AS k WHERE spend_sync.is_own(k.xmin)
/// ```
pub fn clips(clips: &ClipNames) -> String {
    let ClipNames { table, id, .. } = clips;
    format!(
        "SELECT {} FROM {table} AS k WHERE spend_sync.is_own(k.xmin)",
        id.value("k")
    )
}

/// ```sql
/// SELECT c.id FROM campaigns AS c WHERE spend_sync.is_own(c.xmin)
/// ```
pub fn campaigns(names: &Names) -> String {
    let Names { campaigns, id, .. } = names;
    format!(
        "SELECT {} FROM {campaigns} AS c WHERE spend_sync.is_own(c.xmin)",
        id.value("c")
    )
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
        Some(clips) => format!("{} IS NULL OR spend_sync.is_own(k.xmin) OR ", clips.id.first("k")),
        None => String::new(),
    };
    format!(
        "SELECT DISTINCT {value} FROM {source} LEFT JOIN {campaigns} AS c ON {is_its} \
         WHERE {is_there} AND ({of_clip}spend_sync.is_own(c.xmin))",
        value = campaign.value("l"),
        source = source(names, "LEFT JOIN"),
        is_its = id.is("c", campaign, "l"),
        is_there = campaign.is_there("l"),
    )
}

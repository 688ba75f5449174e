//! How one says it: a write as an SQL statement. Its quoting is its own, not the extension's.

use std::collections::BTreeMap;

use crate::program::{Program, Value, Write};
use crate::shape::Shape;

pub fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), literal)
}

/// A number is assigned to whatever column as a numeric: it is rounded then, not refused for its decimals.
pub fn number(value: &Value) -> String {
    format!("{}::numeric", or_null(value.as_deref()))
}

fn list<T>(items: impl IntoIterator<Item = T>, write: impl Fn(T) -> String) -> String {
    let items: Vec<String> = items.into_iter().map(write).collect();
    items.join(", ")
}

pub fn statement(shape: &Shape, program: &Program, write: &Write) -> String {
    let key = |key: &str| format!("{}::{}", literal(key), shape.key.name());
    let clip = |at: usize| key(&program.clips[at]);
    let campaign = |at: usize| key(&program.campaigns[at]);
    let priced =
        |values: &BTreeMap<usize, Value>| list(values, |(at, value)| format!("({}, {})", clip(*at), number(value)));
    match write {
        Write::Clips(values) => format!(
            "INSERT INTO clips VALUES {} ON CONFLICT (id) DO UPDATE SET earnings = excluded.earnings",
            priced(values)
        ),
        Write::Earnings(values) => match values.first_key_value() {
            Some((at, value)) if values.len() == 1 => {
                format!("UPDATE clips SET earnings = {} WHERE id = {}", number(value), clip(*at))
            }
            _ => format!(
                "UPDATE clips SET earnings = v.earnings FROM (VALUES {}) AS v (id, earnings) WHERE clips.id = v.id",
                priced(values)
            ),
        },
        Write::EveryEarning(value) => format!("UPDATE clips SET earnings = {}", number(value)),
        Write::RenameClip(from, to) => format!("UPDATE clips SET id = {} WHERE id = {}", clip(*to), clip(*from)),
        Write::DeleteClips(clips) => format!("DELETE FROM clips WHERE id IN ({})", list(clips, |at| clip(*at))),
        Write::Campaign(at, title, spent) => format!(
            "INSERT INTO campaigns VALUES ({}, {}, {})",
            campaign(*at),
            or_null(title.as_deref()),
            number(spent)
        ),
        Write::Spent(at, spent) => {
            format!(
                "UPDATE campaigns SET spent = {} WHERE id = {}",
                number(spent),
                campaign(*at)
            )
        }
        Write::RenameCampaign(from, to) => {
            format!(
                "UPDATE campaigns SET id = {} WHERE id = {}",
                campaign(*to),
                campaign(*from)
            )
        }
        Write::DeleteCampaign(at) => format!("DELETE FROM campaigns WHERE id = {}", campaign(*at)),
        Write::Links(links) => format!(
            "INSERT INTO links VALUES {} ON CONFLICT (id) DO UPDATE SET campaign_id = excluded.campaign_id, \
             clip_id = excluded.clip_id, status = excluded.status",
            list(links, |(number, link)| format!(
                "({number}, {}, {}, {})",
                link.campaign
                    .map_or_else(|| format!("NULL::{}", shape.key.name()), campaign),
                link.clip.map_or_else(|| format!("NULL::{}", shape.key.name()), clip),
                or_null(link.status),
            ))
        ),
        Write::Review(links, status) => format!(
            "UPDATE links SET status = {} WHERE id IN ({})",
            or_null(*status),
            list(links, ToString::to_string)
        ),
        Write::DeleteLinks(links) => format!("DELETE FROM links WHERE id IN ({})", list(links, ToString::to_string)),
    }
}

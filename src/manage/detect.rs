//! What attach was not told: read from the catalog, and an error that names the candidates where it says nothing, or
//! several things.

use crate::catalog;
use crate::catalog::shape::Tables;
use crate::catalog::{Column, Relation, Unique};
use crate::errors::column::ColumnError;
use crate::errors::problems::Problems;
use crate::errors::{Error, Result};
use crate::pg::name;
use crate::value::key::KeyType;
use crate::value::mapping::{Columns, DirectWrites, Flush};
use std::collections::BTreeMap;

/// The column names that attach was given.
#[derive(Default)]
pub struct Given {
    pub campaign_id: Option<String>,
    pub title: Option<String>,
    pub spent: Option<String>,
    pub clip_id: Option<String>,
    pub earnings: Option<String>,
    /// Clips are counted.
    pub count: bool,
    pub submission_campaign: Option<String>,
    pub submission_clip: Option<String>,
    /// `None`: every submission counts.
    pub status: Option<String>,
    pub approved: Vec<String>,
}

impl Given {
    /// The column of the total.
    pub fn spent(&self) -> String {
        self.spent.clone().unwrap_or_else(|| "spent".to_owned())
    }
}

/// Completes what was given; what cannot be is noted, and there are no columns then. Those named are looked up and checked later, all at
/// once.
pub fn columns(
    tables: &Tables,
    given: Given,
    (direct_writes, flush): (DirectWrites, Flush),
    problems: &mut Problems,
) -> Result<Option<Columns>> {
    let of_campaigns = catalog::columns(tables.campaigns.oid)?;
    let of_submissions = catalog::columns(tables.submissions.oid)?;
    let source = tables.source();
    let of_source = catalog::columns(source.oid)?;
    let campaigns = (&tables.campaigns, of_campaigns.as_slice(), Unique::AtCommit);
    let campaign_id = problems.take(key(campaigns, "campaign_id", given.campaign_id))?;
    let of_clips = (source, of_source.as_slice(), Unique::InPartitions);
    let clip_id = match &tables.clips {
        Some(_) => problems.take(key(of_clips, "clip_id", given.clip_id).map(Some))?,
        None => problems.take(no_clips("clip_id", given.clip_id))?,
    };
    let mut link = |argument, given, target: &Relation, key: Option<&String>, usual| {
        let target = (target, key.map(String::as_str), usual);
        problems.take(link(&tables.submissions, &of_submissions, argument, given, target))
    };
    let submission_campaign = link(
        "submission_campaign",
        given.submission_campaign,
        &tables.campaigns,
        campaign_id.as_ref(),
        "campaign",
    )?;
    let submission_clip = match &tables.clips {
        Some(clips) => {
            let clip_id = clip_id.iter().flatten().next();
            link("submission_clip", given.submission_clip, clips, clip_id, "clip")?.map(Some)
        }
        None => problems.take(no_clips("submission_clip", given.submission_clip))?,
    };
    // Numbers may be a status, or money: what is a key is neither.
    let keys = catalog::unique_columns(tables.submissions.oid, Unique::InPartitions)?;
    let links = [submission_campaign.as_ref(), submission_clip.iter().flatten().next()];
    let is_key =
        |column: &Column| links.into_iter().flatten().any(|link| *link == column.name) || keys.contains(&column.name);
    let could_be_status = |column: &Column| column.status_type().is_some() && !is_key(column);
    let has_status = given.status.is_some();
    let find_status = |name| {
        named(
            &tables.submissions,
            &of_submissions,
            "status",
            Some(name),
            could_be_status,
        )
    };
    let status = problems.take(given.status.map(find_status).transpose())?;
    let status_name = status.iter().flatten().next();
    let status_type = of_submissions.iter().find(|column| Some(&column.name) == status_name);
    let status_type = status_type.and_then(Column::status_type);
    let spelt = |value: String| match status_type {
        Some(kind) => kind.spelt(value),
        None => value,
    };
    let approved = if has_status { given.approved } else { Vec::new() };
    let is_money =
        |key: &Option<String>, column: &Column| column.money().is_some() && Some(&column.name) != key.as_ref();
    let could_be_earnings = |column: &Column| {
        let of_clips = tables.clips.is_some() || (!is_key(column) && Some(&column.name) != status_name);
        of_clips && is_money(&clip_id.clone().flatten(), column)
    };
    let earnings = match (given.count, given.earnings) {
        (true, None) => Ok(None),
        (true, Some(_)) => Err(ColumnError::CountOfEarnings {}.into()),
        (false, given) => named(source, &of_source, "earnings", given, could_be_earnings).map(Some),
    };
    let earnings = problems.take(earnings)?;
    let could_be_spent = |column: &Column| is_money(&campaign_id, column);
    let spent = problems.take(named(
        &tables.campaigns,
        &of_campaigns,
        "spent",
        given.spent,
        could_be_spent,
    ))?;
    let title = match given.title {
        Some(name) => {
            problems.take(named(&tables.campaigns, &of_campaigns, "title", Some(name), |_| true).map(Some))?
        }
        None => Some(title(&of_campaigns)),
    };
    let complete = || {
        Some(Columns {
            campaign_id: campaign_id?,
            title: title?,
            spent: spent?,
            clip_id: clip_id?,
            earnings: earnings?,
            submission_campaign: submission_campaign?,
            submission_clip: submission_clip?,
            status: status?,
            approved: approved.into_iter().map(spelt).collect(),
            direct_writes,
            flush,
            formerly: BTreeMap::new(),
        })
    };
    Ok(complete())
}

/// A column of clips, or one that points to them, where there are none.
fn no_clips(argument: &'static str, given: Option<String>) -> Result<Option<String>> {
    match given {
        Some(_) => Err(ColumnError::NoClips { argument }.into()),
        None => Ok(None),
    }
}

/// A column that has a usual name: the argument's own.
fn named(
    table: &Relation,
    columns: &[Column],
    argument: &'static str,
    given: Option<String>,
    could_serve: impl Fn(&Column) -> bool,
) -> Result<String> {
    let wanted = given.unwrap_or_else(|| argument.to_owned());
    if columns.iter().any(|column| column.name == wanted) {
        return Ok(wanted);
    }
    let could_serve = columns.iter().filter(|column| could_serve(column));
    Err(missing(table, argument, &wanted, could_serve))
}

fn missing<'a>(
    table: &Relation,
    argument: &'static str,
    wanted: &str,
    could_serve: impl Iterator<Item = &'a Column>,
) -> Error {
    ColumnError::ColumnMissing {
        table: table.display(),
        argument,
        wanted: name::display_name(wanted),
        candidates: could_serve.map(|column| name::display_name(&column.name)).collect(),
    }
    .into()
}

/// A key: the primary key's column, or one named that is unique. Two campaigns of one key would be one total; two clips of one
/// key both count.
fn key(
    (table, columns, how): (&Relation, &[Column], Unique),
    argument: &'static str,
    given: Option<String>,
) -> Result<String> {
    let unique = catalog::unique_columns(table.oid, how)?;
    match given {
        Some(name) if unique.contains(&name) => Ok(name),
        Some(name) if columns.iter().any(|column| column.name == name) => Err(ColumnError::NotUnique {
            table: table.display(),
            argument,
            column: name::display_name(&name),
        }
        .into()),
        Some(name) => Err(missing(
            table,
            argument,
            &name,
            columns.iter().filter(|c| unique.contains(&c.name)),
        )),
        None => match unique.into_iter().next() {
            Some(name) => Ok(name),
            None => Err(no_key(table, columns, argument)?),
        },
    }
}

/// The error that no column is unique: where several of them are a key together, each of a type that could be one, what makes one of these.
fn no_key(table: &Relation, columns: &[Column], argument: &'static str) -> Result<Error> {
    let key = catalog::primary_key(table.oid)?;
    let could_be = |name: &String| {
        let column = columns.iter().find(|column| column.name == *name);
        column.and_then(Column::key_type).is_some()
    };
    if key.len() > 1 && key.iter().all(could_be) {
        let (table, columns) = (
            table.display(),
            key.iter().map(|column| name::display_name(column)).collect(),
        );
        return Ok(ColumnError::KeyOfSeveral {
            table,
            argument,
            columns,
        }
        .into());
    }
    // Numbers with decimals are money, more often than keys.
    let is_key = |column: &&Column| column.key_type().is_some_and(|kind| kind != KeyType::Numeric);
    Ok(missing(table, argument, "id", columns.iter().filter(is_key)))
}

/// A link: the one foreign key to the target's key, else the one column with a usual name.
fn link(
    submissions: &Relation,
    columns: &[Column],
    argument: &'static str,
    given: Option<String>,
    (target, target_key, usual): (&Relation, Option<&str>, &str),
) -> Result<String> {
    let of_target = catalog::columns(target.oid)?;
    let of_key = of_target.iter().find(|column| target_key == Some(&column.name));
    let points_to = of_key.and_then(Column::key_type);
    let could_link = |column: &Column| match (column.key_type(), points_to) {
        (Some(own), Some(other)) => own.links_to(other),
        (own, None) => own.is_some(),
        (None, _) => false,
    };
    if given.is_some() {
        return named(submissions, columns, argument, given, could_link);
    }
    let keys = catalog::foreign_keys(submissions.oid, target.oid)?;
    let mut found: Vec<String> = keys
        .into_iter()
        .filter(|k| target_key.is_none_or(|key| k.referenced == key))
        .map(|k| k.column)
        .collect();
    if found.is_empty() {
        let bases = [singular(&target.name.table), usual];
        found = columns
            .iter()
            .map(|c| c.name.clone())
            .filter(|name| bases.iter().any(|b| links_to(name, b)))
            .collect();
    }
    found.dedup();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(missing(
            submissions,
            argument,
            &format!("{usual}_id"),
            columns.iter().filter(|column| could_link(column)),
        )),
        several => Err(ColumnError::ColumnAmbiguous {
            table: submissions.display(),
            argument,
            candidates: several.iter().map(|name| name::display_name(name)).collect(),
        }
        .into()),
    }
}

/// `campaignId`, `campaign_id`, `CAMPAIGNID` for "campaign".
fn links_to(column: &str, base: &str) -> bool {
    let bare = |name: &str| name.replace('_', "").to_lowercase();
    bare(column) == bare(base) + "id"
}

fn singular(table: &str) -> &str {
    table.strip_suffix('s').unwrap_or(table)
}

fn title(columns: &[Column]) -> Option<String> {
    ["title", "name"]
        .into_iter()
        .find(|name| columns.iter().any(|c| c.name == *name))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_of_links_are_found() {
        for name in ["campaignId", "campaign_id", "CampaignID", "campaignid"] {
            assert!(links_to(name, singular("campaigns")), "{name}");
        }
        for name in ["id", "campaign", "parentCampaignId", "clipId"] {
            assert!(!links_to(name, "campaign"), "{name}");
        }
    }
}

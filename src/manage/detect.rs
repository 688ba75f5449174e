//! What attach was not told: read from the catalog, and an error that names the candidates where it says nothing, or
//! several things.

use crate::catalog;
use crate::catalog::shape::Tables;
use crate::catalog::{Column, ForeignKey, Relation, Unique};
use crate::errors::column::ColumnError;
use crate::errors::problems::Problems;
use crate::errors::{Error, Result};
use crate::manage::links::{Sought, Target};
use crate::pg::name;
use crate::value::key::KeyType;
use crate::value::mapping::{Columns, DirectWrites, Flush, KeyColumns};
use std::collections::BTreeMap;

/// The column names that attach was given.
#[derive(Default)]
pub struct Given {
    pub campaign_id: Option<KeyColumns>,
    pub title: Option<String>,
    pub spent: Option<String>,
    pub clip_id: Option<KeyColumns>,
    pub earnings: Option<String>,
    /// Clips are counted.
    pub count: bool,
    pub submission_campaign: Option<KeyColumns>,
    pub submission_clip: Option<KeyColumns>,
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
    let of_links = |target: &Relation| catalog::foreign_keys(tables.submissions.oid, target.oid);
    let to_campaigns = of_links(&tables.campaigns)?;
    let campaigns = (&tables.campaigns, of_campaigns.as_slice(), Unique::AtCommit);
    let campaign_id = problems.take(key(campaigns, &to_campaigns, "campaign_id", given.campaign_id))?;
    let of_clips = (source, of_source.as_slice(), Unique::InPartitions);
    let to_clips = tables.clips.as_ref().map_or(Ok(Vec::new()), of_links)?;
    let clip_id = match &tables.clips {
        Some(_) => problems.take(key(of_clips, &to_clips, "clip_id", given.clip_id).map(Some))?,
        None => problems.take(no_clips("clip_id", given.clip_id))?,
    };
    let keys = catalog::unique_keys(tables.submissions.oid, Unique::InPartitions)?;
    let sought = Sought {
        submissions: &tables.submissions,
        columns: &of_submissions,
        own_keys: &keys,
    };
    let submission_campaign = problems.take(sought.link(
        given.submission_campaign,
        &Target {
            argument: "submission_campaign",
            usual: "campaign",
            foreign_keys: &to_campaigns,
            table: &tables.campaigns,
            columns: &of_campaigns,
            key: campaign_id.as_ref(),
        },
    ))?;
    let submission_clip = match &tables.clips {
        Some(clips) => {
            let target = Target {
                argument: "submission_clip",
                usual: "clip",
                foreign_keys: &to_clips,
                table: clips,
                columns: &of_source,
                key: clip_id.iter().flatten().next(),
            };
            problems.take(sought.link(given.submission_clip, &target).map(Some))?
        }
        None => problems.take(no_clips("submission_clip", given.submission_clip))?,
    };
    // Numbers may be a status, or money: what is a key is neither.
    let links = [submission_campaign.as_ref(), submission_clip.iter().flatten().next()];
    let is_key = |column: &Column| {
        let is_link = |link: &KeyColumns| link.names().contains(&column.name);
        links.into_iter().flatten().any(is_link) || keys.iter().any(|key| *key == [column.name.as_str()])
    };
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
    let is_money = |key: &Option<KeyColumns>, column: &Column| {
        let is_key = |key: &KeyColumns| key.names().contains(&column.name);
        column.money().is_some() && !key.as_ref().is_some_and(is_key)
    };
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
fn no_clips(argument: &'static str, given: Option<KeyColumns>) -> Result<Option<KeyColumns>> {
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

pub(super) fn missing<'a>(
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

/// A key: the primary key's columns, or those named that are unique. Two campaigns of one key would be one total; two clips of one
/// key both count.
fn key(
    (table, columns, how): (&Relation, &[Column], Unique),
    links: &[ForeignKey],
    argument: &'static str,
    given: Option<KeyColumns>,
) -> Result<KeyColumns> {
    let Some(given) = given else {
        return usual_key((table, columns, how), links, argument);
    };
    let unique = catalog::unique_keys(table.oid, how)?;
    let names = given.names();
    let is_there = |name: &String| columns.iter().any(|column| column.name == *name);
    if let Some(name) = names.iter().find(|name| !is_there(name)) {
        let could_serve = columns
            .iter()
            .filter(|column| unique.iter().any(|key| key.contains(&column.name)));
        return Err(missing(table, argument, name, could_serve));
    }
    if catalog::is_unique(table.oid, names, how)? {
        return Ok(given);
    }
    let table = table.display();
    Err(match names {
        [column] => ColumnError::NotUnique {
            table,
            argument,
            column: name::display_name(column),
        },
        several => ColumnError::NotUniqueTogether {
            table,
            argument,
            columns: listed(several),
        },
    }
    .into())
}

/// The key that a table has: a column that is unique alone, the primary key's before others. The primary key, if that is of several
/// columns and there is no such column, or links refer to all of it.
fn usual_key(
    (table, columns, how): (&Relation, &[Column], Unique),
    links: &[ForeignKey],
    argument: &'static str,
) -> Result<KeyColumns> {
    let unique = catalog::unique_keys(table.oid, how)?;
    let alone = unique.into_iter().find(|key| key.len() == 1);
    let primary = catalog::primary_key(table.oid)?;
    let could_be = |name: &String| {
        let column = columns.iter().find(|column| column.name == *name);
        column.and_then(Column::key_type).is_some()
    };
    let is_whole = primary.len() > 1 && primary.iter().all(could_be);
    if is_whole && (alone.is_none() || links.iter().any(|link| link.by(&primary).is_some())) {
        return Ok(primary.into());
    }
    if let Some(alone) = alone {
        return Ok(alone.into());
    }
    // Numbers with decimals are money, more often than keys.
    let is_key = |column: &&Column| column.key_type().is_some_and(|kind| kind != KeyType::Numeric);
    Err(missing(table, argument, "id", columns.iter().filter(is_key)))
}

pub(super) fn listed(names: &[String]) -> String {
    let names = names.iter().map(|name| name::display_name(name));
    names.collect::<Vec<_>>().join(", ")
}

fn title(columns: &[Column]) -> Option<String> {
    ["title", "name"]
        .into_iter()
        .find(|name| columns.iter().any(|c| c.name == *name))
        .map(str::to_owned)
}

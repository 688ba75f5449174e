//! What attach was not told: read from the catalog, and an error that names the candidates where it says nothing, or
//! several things.

use crate::catalog;
use crate::catalog::shape::Tables;
use crate::catalog::{Column, Relation, Unique};
use crate::errors::Result;
use crate::errors::column::ColumnError;
use crate::errors::problems::Problems;
use crate::manage::keys;
use crate::manage::links::{Sought, Target, missing};
use crate::value::columns::{Columns, DirectWrites, Flush, KeyColumns};
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
    let own_keys = catalog::unique_keys(tables.submissions.oid, Unique::InPartitions)?;
    let foreign_keys = catalog::foreign_keys(tables.submissions.oid)?;
    let sought = Sought {
        submissions: &tables.submissions,
        columns: &of_submissions,
        own_keys: &own_keys,
        foreign_keys: &foreign_keys,
    };
    let to_campaigns = Target {
        key: "campaign_id",
        link: "submission_campaign",
        usual: "campaign",
        unique: Unique::AtCommit,
        table: &tables.campaigns,
        columns: &of_campaigns,
    };
    let (campaign_id, link) = (given.campaign_id, given.submission_campaign);
    let campaign_id = problems.take(keys::key(&sought, &to_campaigns, campaign_id, link.as_ref()))?;
    let submission_campaign = problems.take(sought.link(&to_campaigns, campaign_id.as_ref(), link))?;
    let (clip_id, link) = (given.clip_id, given.submission_clip);
    let (clip_id, submission_clip) = match &tables.clips {
        Some(clips) => {
            let to_clips = Target {
                key: "clip_id",
                link: "submission_clip",
                usual: "clip",
                unique: Unique::InPartitions,
                table: clips,
                columns: &of_source,
            };
            let clip_id = problems.take(keys::key(&sought, &to_clips, clip_id, link.as_ref()))?;
            let link = problems.take(sought.link(&to_clips, clip_id.as_ref(), link))?;
            (clip_id.map(Some), link.map(Some))
        }
        None => (
            problems.take(no_clips("clip_id", clip_id))?,
            problems.take(no_clips("submission_clip", link))?,
        ),
    };
    // Numbers may be a status, or money: what is a key is neither.
    let links = [submission_campaign.as_ref(), submission_clip.iter().flatten().next()];
    let is_key = |column: &Column| {
        let is_link = |link: &KeyColumns| link.names().contains(&column.name);
        links.into_iter().flatten().any(is_link) || own_keys.iter().any(|key| *key == [column.name.as_str()])
    };
    // A moment is none, but says by being there that something has happened: the error of its type has the column that it takes.
    let could_be_status = |column: &Column| {
        let is_moment = column.is_moment() && !column.is_not_null;
        (column.status_type().is_some() || is_moment) && !is_key(column)
    };
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
    Err(missing(table, (argument, 1), &wanted, could_serve))
}

fn title(columns: &[Column]) -> Option<String> {
    ["title", "name"]
        .into_iter()
        .find(|name| columns.iter().any(|c| c.name == *name))
        .map(str::to_owned)
}

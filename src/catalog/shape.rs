//! A binding's tables and columns as they stand in the catalog, validated: what statements are built from.

use crate::catalog;
use crate::catalog::{Column, Relation, fits};
use crate::errors::column::ColumnError;
use crate::errors::problems::Problems;
use crate::errors::{Error, Result};
use crate::pg::table::{Against, TableLock};
use crate::pg::{name, session};
use crate::value::columns::{Columns, KeyColumns};
use crate::value::key::KeyType;
use crate::value::mapping::{BindingId, Said};
use crate::value::money::MoneyType;
use pgrx::pg_sys::Oid;

/// Everything a statement needs to know of one binding.
#[derive(Clone, Debug)]
pub struct Shape {
    pub campaigns: Relation,
    /// The columns of their key.
    pub campaign_id: Vec<Column>,
    pub campaign_key: KeyType,
    pub title: Option<Column>,
    pub spent: Column,
    pub spent_money: MoneyType,
    /// `None`: a direct source, whose submissions hold what is summed themselves.
    pub clips: Option<Clips>,
    /// Of clips, or else of submissions. `None`: these are counted.
    pub earnings: Option<Column>,
    /// What each adds.
    pub earnings_money: MoneyType,
    pub submissions: Relation,
    /// The columns that name a campaign, in the order of its key.
    pub submission_campaign: Vec<Column>,
    /// `None`: every submission counts.
    pub status: Option<Column>,
    pub columns: Columns,
}

/// What submissions point to.
#[derive(Clone, Debug)]
pub struct Clips {
    pub table: Relation,
    /// The columns of their key.
    pub id: Vec<Column>,
    pub key: KeyType,
    /// The columns of submissions that name a clip, in the order of its key.
    pub link: Vec<Column>,
}

impl Shape {
    /// Its relations.
    pub fn tables(&self) -> Tables {
        Tables {
            campaigns: self.campaigns.clone(),
            clips: self.clips.as_ref().map(|clips| clips.table.clone()),
            submissions: self.submissions.clone(),
        }
    }

    /// Its clips, for what is done of clips alone.
    pub fn linked(&self) -> Result<&Clips> {
        let none = || Error::internal("a direct source has no clips");
        self.clips.as_ref().ok_or_else(none)
    }

    /// The table whose rows hold what is summed.
    pub fn source(&self) -> &Relation {
        self.clips.as_ref().map_or(&self.submissions, |clips| &clips.table)
    }

    /// What its total is known by.
    pub fn id(&self) -> BindingId {
        BindingId::of(self.campaigns.oid, self.spent.number)
    }

    /// Its total as people call it: the table and the column.
    pub fn total(&self) -> String {
        format!("{}.{}", self.campaigns.display(), name::display_name(&self.spent.name))
    }

    /// What its triggers say.
    pub fn said(&self) -> Said {
        self.tables().said(&self.columns)
    }

    /// Where to read whether a submission counts; where all do, its campaign.
    pub fn counting_column(&self) -> Result<&Column> {
        let none = || Error::internal("submissions that name no campaign");
        self.status
            .as_ref()
            .or(self.submission_campaign.first())
            .ok_or_else(none)
    }

    /// The enum that the status is of, if it is one.
    pub fn status_enum(&self) -> Option<Oid> {
        let status = self.status.as_ref().filter(|status| status.is_enum)?;
        Some(status.base_type)
    }

    /// Whether the spent column holds every sum of earnings exactly: a total can be moved by a difference then.
    pub fn holds_every_sum(&self) -> bool {
        !self.spent_money.is_float() && self.spent_money.decimals() >= self.earnings_money.decimals()
    }
}

/// The relations of a binding.
pub struct Tables {
    pub campaigns: Relation,
    /// `None`: submissions hold what is summed themselves.
    pub clips: Option<Relation>,
    pub submissions: Relation,
}

impl Tables {
    /// In the order in which a write touches them.
    pub fn all(&self) -> Vec<&Relation> {
        let others = [&self.submissions, &self.campaigns];
        self.clips.iter().chain(others).collect()
    }

    /// The one whose rows hold what is summed.
    pub fn source(&self) -> &Relation {
        self.clips.as_ref().unwrap_or(&self.submissions)
    }

    /// The OIDs of these.
    pub fn oids(&self) -> Vec<Oid> {
        self.all().iter().map(|table| table.oid).collect()
    }

    /// Locks that keep writers off, partitions' too: who writes one by its own name locks no other. Those of `table` are against
    /// whom it says.
    pub fn locks(&self, table: Oid, against: Against) -> Result<Vec<TableLock>> {
        let mut locks = Vec::new();
        for one in self.all() {
            let against = if one.oid == table { against } else { Against::Writers };
            locks.push(TableLock(one.oid, against));
            if one.is_partitioned() {
                let partitions = catalog::partition_oids(one.oid)?.into_iter();
                locks.extend(partitions.map(|partition| TableLock(partition, against)));
            }
        }
        Ok(locks)
    }

    /// What the triggers of a binding of these tables say.
    pub fn said(&self, columns: &Columns) -> Said {
        Said {
            campaigns: self.campaigns.name.clone(),
            clips: self.clips.as_ref().map(|clips| clips.name.clone()),
            submissions: self.submissions.name.clone(),
            columns: columns.clone(),
        }
    }

    /// The OIDs of their partitions, of all levels.
    pub fn partition_oids(&self) -> Result<Vec<Oid>> {
        let mut all = Vec::new();
        for table in self.all().into_iter().filter(|table| table.is_partitioned()) {
            all.extend(catalog::partition_oids(table.oid)?);
        }
        Ok(all)
    }

    /// Whether these are the same tables.
    pub fn are(&self, other: &Self) -> bool {
        self.oids() == other.oids()
    }
}

/// Looks a binding's columns up and checks their types.
pub fn of_columns(tables: Tables, columns: Columns) -> Result<Shape> {
    let mut problems = Problems::default();
    let shape = noting(tables, columns, &mut problems)?;
    match problems.into_iter().next() {
        Some(first) => Err(Error::Ours(first)),
        None => shape.ok_or_else(|| Error::internal("no shape, and no problem")),
    }
}

/// The same, with all problems noted; `None` where there are any.
pub fn noting(tables: Tables, columns: Columns, problems: &mut Problems) -> Result<Option<Shape>> {
    let before = problems.len();
    let shape = look(tables, columns, problems)?;
    Ok(shape.filter(|_| problems.len() == before))
}

fn look(tables: Tables, columns: Columns, problems: &mut Problems) -> Result<Option<Shape>> {
    let Tables {
        campaigns,
        clips: clips_table,
        submissions,
    } = tables;
    let source = clips_table.as_ref().unwrap_or(&submissions);
    let of_source = catalog::columns(source.oid)?;
    let of_campaigns = catalog::columns(campaigns.oid)?;
    let of_submissions = catalog::columns(submissions.oid)?;
    // No total hangs on it: one that is gone is none.
    let is_title = |column: &&Column| columns.title.as_ref() == Some(&column.name);
    let title = of_campaigns.iter().find(is_title).cloned();
    let of = &columns;
    let campaign_id = problems.take(key_columns(&campaigns, &of_campaigns, "campaign_id", &of.campaign_id))?;
    let spent = problems.take(column(&campaigns, &of_campaigns, "spent", &of.spent))?;
    let by_campaign = &of.submission_campaign;
    let submission_campaign = key_columns(&submissions, &of_submissions, "submission_campaign", by_campaign);
    let submission_campaign = problems.take(submission_campaign)?;
    let clips = match &clips_table {
        Some(table) => clips((table, &of_source), (&submissions, &of_submissions), of, problems)?.map(Some),
        None => Some(None),
    };
    let earnings = problems.take(optional(source, &of_source, "earnings", of.earnings.as_ref()))?;
    let status = problems.take(optional(&submissions, &of_submissions, "status", of.status.as_ref()))?;
    let found = || Some((campaign_id?, spent?, submission_campaign?, status?, earnings?, clips?));
    let Some((campaign_id, spent, submission_campaign, status, earnings, clips)) = found() else {
        return Ok(None);
    };

    let of_links = submission_campaign
        .iter()
        .chain(&status)
        .map(|column| (&submissions, column));
    for (table, column) in of_links.chain(earnings.as_ref().map(|earnings| (source, earnings))) {
        problems.take(fits::stored(table, column))?;
    }
    let campaign_key = problems.take(fits::campaign_key(&campaigns, &campaign_id))?;
    if let Some(key) = campaign_key {
        let link = ("submission_campaign", submission_campaign.as_slice());
        problems.take(fits::link(&submissions, link, &campaign_id, key))?;
    }
    let spent_money = problems.take(fits::money(&campaigns, &spent))?;
    let earnings_money = match &earnings {
        Some(earnings) => problems.take(fits::money(source, earnings))?,
        None => Some(MoneyType::Int8),
    };
    problems.take(fits::total(&campaigns, &spent, &campaign_id))?;
    if let Some(status) = &status {
        problems.take(fits::approved(&submissions, status, &columns.approved))?;
    }
    let types = || Some((campaign_key?, spent_money?, earnings_money?));
    let Some((campaign_key, spent_money, earnings_money)) = types() else {
        return Ok(None);
    };

    Ok(Some(Shape {
        campaigns,
        campaign_id,
        campaign_key,
        title,
        spent,
        spent_money,
        clips,
        earnings,
        earnings_money,
        submissions,
        submission_campaign,
        status,
        columns,
    }))
}

/// The clips, and what of submissions points to them; `None` where there are problems.
fn clips(
    (table, of_table): (&Relation, &[Column]),
    (submissions, of_submissions): (&Relation, &[Column]),
    columns: &Columns,
    problems: &mut Problems,
) -> Result<Option<Clips>> {
    // A mapping with clips that says no key of theirs was made by somebody else.
    let said = |key: &Option<KeyColumns>| key.clone().unwrap_or_else(|| Vec::new().into());
    let id = problems.take(key_columns(table, of_table, "clip_id", &said(&columns.clip_id)))?;
    let link = said(&columns.submission_clip);
    let link = problems.take(key_columns(submissions, of_submissions, "submission_clip", &link))?;
    let Some((id, link)) = id.zip(link) else {
        return Ok(None);
    };
    for column in &id {
        problems.take(fits::stored(table, column))?;
    }
    for column in &link {
        problems.take(fits::stored(submissions, column))?;
    }
    let Some(key) = problems.take(fits::key(table, &id))? else {
        return Ok(None);
    };
    problems.take(fits::link(submissions, ("submission_clip", link.as_slice()), &id, key))?;
    Ok(Some(Clips {
        table: table.clone(),
        id,
        key,
        link,
    }))
}

fn column(table: &Relation, columns: &[Column], argument: &'static str, name: &str) -> Result<Column> {
    columns
        .iter()
        .find(|column| column.name == name)
        .cloned()
        .ok_or_else(|| {
            ColumnError::ColumnMissing {
                table: table.display(),
                argument,
                of: 1,
                wanted: name::display_name(name),
                candidates: columns.iter().map(|column| name::display_name(&column.name)).collect(),
            }
            .into()
        })
}

/// The columns of a key, or of what points to one: at least one.
fn key_columns(table: &Relation, columns: &[Column], argument: &'static str, key: &KeyColumns) -> Result<Vec<Column>> {
    match key.names() {
        [] => Ok(vec![column(table, columns, argument, "")?]),
        names => names
            .iter()
            .map(|name| column(table, columns, argument, name))
            .collect(),
    }
}

fn optional(
    table: &Relation,
    columns: &[Column],
    argument: &'static str,
    name: Option<&String>,
) -> Result<Option<Column>> {
    name.map(|name| column(table, columns, argument, name)).transpose()
}

/// The rights that the owner of the campaigns table lacks: a flush reads all tables and locks clips and campaigns
/// as this role.
pub fn missing_rights(shape: &Shape) -> Result<Vec<(&Relation, String)>> {
    let mut missing = Vec::new();
    let locked = shape.clips.iter().map(|clips| (&clips.table, true));
    for (table, must_lock) in [(&shape.campaigns, true), (&shape.submissions, false)]
        .into_iter()
        .chain(locked)
    {
        let right = session::as_role(shape.campaigns.owner, || catalog::missing_right(table.oid, must_lock))?;
        missing.extend(right.map(|right| (table, right)));
    }
    Ok(missing)
}

//! A binding's tables and columns as they stand in the catalog, validated: what statements are built from.

use crate::catalog;
use crate::catalog::{Column, Relation};
use crate::errors::column::ColumnError;
use crate::errors::problems::Problems;
use crate::errors::{Error, Result};
use crate::pg::table::{Against, TableLock};
use crate::pg::{name, session};
use crate::value::key::KeyType;
use crate::value::mapping::{BindingId, Columns, Said};
use crate::value::money::MoneyType;
use crate::value::status::StatusType;
use pgrx::pg_sys::{self, Oid};

/// Everything a statement needs to know of one binding.
#[derive(Clone, Debug)]
pub struct Shape {
    pub campaigns: Relation,
    pub campaign_id: Column,
    pub title: Option<Column>,
    pub spent: Column,
    pub spent_money: MoneyType,
    pub clips: Relation,
    pub clip_id: Column,
    /// `None`: it counts clips.
    pub earnings: Option<Column>,
    /// What a clip adds.
    pub earnings_money: MoneyType,
    pub submissions: Relation,
    pub submission_campaign: Column,
    pub submission_clip: Column,
    /// `None`: every submission counts.
    pub status: Option<Column>,
    pub columns: Columns,
    /// The keys' types.
    pub campaign_key: KeyType,
    pub clip_key: KeyType,
}

impl Shape {
    /// Its three relations.
    pub fn tables(&self) -> Tables {
        Tables {
            campaigns: self.campaigns.clone(),
            clips: self.clips.clone(),
            submissions: self.submissions.clone(),
        }
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

    /// Where to read what a clip adds; of a count, whose clips all add one, its key.
    pub fn amount_column(&self) -> &Column {
        self.earnings.as_ref().unwrap_or(&self.clip_id)
    }

    /// Where to read whether a submission counts; where all do, its campaign.
    pub fn counting_column(&self) -> &Column {
        self.status.as_ref().unwrap_or(&self.submission_campaign)
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

/// The three relations of a binding.
pub struct Tables {
    pub campaigns: Relation,
    pub clips: Relation,
    pub submissions: Relation,
}

impl Tables {
    /// In the order in which a write touches them.
    pub fn all(&self) -> [&Relation; 3] {
        [&self.clips, &self.submissions, &self.campaigns]
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
            clips: self.clips.name.clone(),
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
        self.all().map(|table| table.oid) == other.all().map(|table| table.oid)
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
    let mut met = Problems::default();
    let shape = look(tables, columns, &mut met)?.filter(|_| met.is_empty());
    for problem in met {
        problems.take::<()>(Err(Error::Ours(problem)))?;
    }
    Ok(shape)
}

fn look(tables: Tables, columns: Columns, problems: &mut Problems) -> Result<Option<Shape>> {
    let of_campaigns = catalog::columns(tables.campaigns.oid)?;
    let of_clips = catalog::columns(tables.clips.oid)?;
    let of_submissions = catalog::columns(tables.submissions.oid)?;
    // No total hangs on it: one that is gone is none.
    let is_title = |column: &&Column| columns.title.as_ref() == Some(&column.name);
    let title = of_campaigns.iter().find(is_title).cloned();
    let mut find = |table, of_table, argument, name| problems.take(column(table, of_table, argument, name));
    let campaign_id = find(&tables.campaigns, &of_campaigns, "campaign_id", &columns.campaign_id)?;
    let spent = find(&tables.campaigns, &of_campaigns, "spent", &columns.spent)?;
    let clip_id = find(&tables.clips, &of_clips, "clip_id", &columns.clip_id)?;
    let of_links = of_submissions.as_slice();
    let (by_campaign, by_clip) = (&columns.submission_campaign, &columns.submission_clip);
    let submission_campaign = find(&tables.submissions, of_links, "submission_campaign", by_campaign)?;
    let submission_clip = find(&tables.submissions, of_links, "submission_clip", by_clip)?;
    let earnings = problems.take(optional(
        &tables.clips,
        &of_clips,
        "earnings",
        columns.earnings.as_ref(),
    ))?;
    let status = problems.take(optional(
        &tables.submissions,
        of_links,
        "status",
        columns.status.as_ref(),
    ))?;
    let found = || {
        let of_links = (submission_campaign?, submission_clip?, status?);
        Some((campaign_id?, spent?, clip_id?, earnings?, of_links))
    };
    let Some((campaign_id, spent, clip_id, earnings, of_links)) = found() else {
        return Ok(None);
    };
    let (submission_campaign, submission_clip, status) = of_links;

    let of_clips = [Some(&clip_id), earnings.as_ref()].map(|column| (&tables.clips, column));
    let of_links = [Some(&submission_campaign), Some(&submission_clip), status.as_ref()];
    let of_links = of_links.map(|column| (&tables.submissions, column));
    for (table, column) in of_clips.into_iter().chain(of_links) {
        problems.take(column.map_or(Ok(()), |column| stored(table, column)))?;
    }
    let campaign_key = problems.take(key(&tables.campaigns, &campaign_id))?;
    let clip_key = problems.take(key(&tables.clips, &clip_id))?;
    for (column, target, key) in [
        (&submission_campaign, &campaign_id, campaign_key),
        (&submission_clip, &clip_id, clip_key),
    ] {
        problems.take(key.map_or(Ok(()), |key| link(&tables.submissions, column, target, key)))?;
    }
    let spent_money = problems.take(money(&tables.campaigns, &spent))?;
    let earnings_money = match &earnings {
        Some(earnings) => problems.take(money(&tables.clips, earnings))?,
        None => Some(MoneyType::Int8),
    };
    problems.take(ordinary(&tables.campaigns, &spent))?;
    if let Some(status) = &status {
        problems.take(approved(&tables.submissions, status, &columns.approved))?;
    }
    let (Some(campaign_key), Some(clip_key)) = (campaign_key, clip_key) else {
        return Ok(None);
    };
    let (Some(spent_money), Some(earnings_money)) = (spent_money, earnings_money) else {
        return Ok(None);
    };

    Ok(Some(Shape {
        campaigns: tables.campaigns,
        clips: tables.clips,
        submissions: tables.submissions,
        campaign_id,
        title,
        spent,
        spent_money,
        clip_id,
        earnings,
        earnings_money,
        submission_campaign,
        submission_clip,
        status,
        columns,
        campaign_key,
        clip_key,
    }))
}

/// A total is written.
fn ordinary(campaigns: &Relation, spent: &Column) -> Result<()> {
    if !spent.is_generated {
        return Ok(());
    }
    let problem = "A generated column cannot be written";
    Err(wrong_type(
        campaigns,
        spent,
        problem,
        "Let spent be an ordinary column.",
    ))
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
                wanted: name::display_name(name),
                candidates: columns.iter().map(|column| name::display_name(&column.name)).collect(),
            }
            .into()
        })
}

fn optional(
    table: &Relation,
    columns: &[Column],
    argument: &'static str,
    name: Option<&String>,
) -> Result<Option<Column>> {
    name.map(|name| column(table, columns, argument, name)).transpose()
}

fn wrong_type(table: &Relation, column: &Column, problem: &str, hint: &str) -> Error {
    ColumnError::WrongType {
        table: table.display(),
        column: name::display_name(&column.name),
        kind: column.type_name.clone(),
        problem: problem.to_owned(),
        hint: hint.to_owned(),
    }
    .into()
}

/// What a trigger reads must stand in the row that it is given.
fn stored(table: &Relation, column: &Column) -> Result<()> {
    if !column.is_virtual {
        return Ok(());
    }
    let problem = "It is virtual: no row holds it, and a trigger sees none of its values";
    Err(wrong_type(table, column, problem, "Let it be generated as STORED."))
}

fn key(table: &Relation, column: &Column) -> Result<KeyType> {
    const HINT: &str = "Keys may be text, varchar, uuid, smallint, integer or bigint.";
    if !column.has_deterministic_collation {
        return Err(wrong_type(
            table,
            column,
            "Its collation calls different texts equal",
            HINT,
        ));
    }
    column
        .key_type()
        .ok_or_else(|| wrong_type(table, column, "A key cannot be of this type", HINT))
}

fn link(submissions: &Relation, column: &Column, target: &Column, target_key: KeyType) -> Result<()> {
    const DEFAULT: Oid = pg_sys::DEFAULT_COLLATION_OID;
    let (own, other) = (column.collation, target.collation);
    if !column.has_deterministic_collation || (own != other && own != DEFAULT && other != DEFAULT) {
        let problem = format!(
            "Its collation is not that of column {}",
            name::display_name(&target.name)
        );
        return Err(wrong_type(
            submissions,
            column,
            &problem,
            "Let a link have the collation of the key it points to.",
        ));
    }
    match column.key_type() {
        Some(kind) if kind.links_to(target_key) => Ok(()),
        _ => {
            let problem = format!(
                "It cannot point to column {} of type {}",
                name::display_name(&target.name),
                target.type_name
            );
            Err(wrong_type(
                submissions,
                column,
                &problem,
                "Let a link have the type of the key it points to.",
            ))
        }
    }
}

fn money(table: &Relation, column: &Column) -> Result<MoneyType> {
    const HINT: &str = "Money may be numeric, smallint, integer, bigint, real or double precision.";
    column
        .money()
        .ok_or_else(|| wrong_type(table, column, "Money cannot be of this type", HINT))
}

fn approved(submissions: &Relation, status: &Column, approved: &[String]) -> Result<()> {
    let Some(kind) = status.status_type() else {
        let hint = format!(
            "A status may be an enum, text, varchar, char, boolean, smallint, integer, bigint or numeric. Else a column says what counts: {}",
            generated(submissions, status)
        );
        return Err(wrong_type(
            submissions,
            status,
            "A status cannot be of this type",
            &hint,
        ));
    };
    if approved.is_empty() {
        return Err(ColumnError::NothingApproved {}.into());
    }
    let known = match kind {
        StatusType::Enum => catalog::enum_labels(status.base_type)?,
        StatusType::Boolean => vec!["true".to_owned(), "false".to_owned()],
        _ => Vec::new(),
    };
    let is_known = |value: &String| kind.has(value) && (kind != StatusType::Enum || known.contains(value));
    match approved.iter().find(|value| !is_known(value)) {
        None => Ok(()),
        Some(value) => Err(ColumnError::BadStatus {
            table: submissions.display(),
            column: name::display_name(&status.name),
            value: value.clone(),
            known,
        }
        .into()),
    }
}

/// The command that adds a column which says whether a submission counts, by a column whose type no status can be of.
fn generated(submissions: &Relation, column: &Column) -> String {
    let name = name::display_name(&column.name);
    let counts = match column.base_type {
        pg_sys::DATEOID | pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID => format!("{name} IS NOT NULL"),
        _ if column.is_domain() => format!("{name}::{} = 'APPROVED'", column.base_sql),
        _ => format!("{name} = 'APPROVED'"),
    };
    format!(
        "ALTER TABLE {} ADD counts boolean GENERATED ALWAYS AS ({counts}) STORED; and spend_sync_attach(status => 'counts', ...).",
        submissions.display()
    )
}

/// The rights that the owner of the campaigns table lacks: a flush reads all three tables and locks clips and campaigns
/// as this role.
pub fn missing_rights(shape: &Shape) -> Result<Vec<(&Relation, String)>> {
    let mut missing = Vec::new();
    for (table, must_lock) in [
        (&shape.campaigns, true),
        (&shape.submissions, false),
        (&shape.clips, true),
    ] {
        let right = session::as_role(shape.campaigns.owner, || catalog::missing_right(table.oid, must_lock))?;
        missing.extend(right.map(|right| (table, right)));
    }
    Ok(missing)
}

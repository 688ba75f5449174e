//! The statements that keep a total: names in, SQL text out.
//!
//! Names are quoted from the catalog and carry their schema; operators, functions and types are pg_catalog's by name
//! (IS DISTINCT FROM and IN would look their operator up in the caller's search path). Values are parameters, except
//! for the approved statuses: they never change, and as constants the planner can match a partial index with them.

use crate::value::money::MoneyType;
use crate::value::names::{array, ident, literal};

use keys::KeyNames;
use sums::Campaigns;

pub mod behind;
pub mod keys;
mod looks;
pub use looks::doubled_clip;
mod own;
mod stores;
mod sums;

const EQ: &str = "OPERATOR(pg_catalog.=)";
const NE: &str = "OPERATOR(pg_catalog.<>)";

/// The statements of a binding. Most take an array of keys; what else they take stands with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    LockClips,
    LockFreeClips,
    /// By keys of campaigns.
    LinksOfCampaigns,
    Doubled,
    /// By keys of campaigns.
    LockLinks,
    Affected,
    LockCampaigns,
    /// Nothing: the clips of all links that this transaction wrote.
    OwnLinks,
    /// Nothing: the clips that it wrote.
    OwnClips,
    /// Nothing: the campaigns that it wrote.
    OwnCampaigns,
    /// Nothing: the campaigns whose sum hangs on a row that it wrote, or on a clip that is not there.
    OwnAffected,
    /// By the key of a clip.
    LinksOfClip,
    /// By the key of a clip.
    Earnings,
    /// By a campaign, and the difference, as text; of each other total that is moved along, its own.
    Move,
    /// By the key of a clip.
    LockByClip,
    /// By keys of clips.
    LockByClips,
    /// By a campaign, a clip, and how many more links of the two count.
    LockByLink,
    /// By campaigns; then, for each link that changed: its campaign, its clip, and how many more of it count.
    LockByLinks,
    /// By campaigns.
    LockRecorded,
    SumFew,
    SumMany,
    /// Nothing.
    SumByOwn,
    /// By one key: and the amount, as text.
    StoreOne,
    /// A second array: the amounts, as text; of each other total that is stored along, its own.
    Store,
    /// As for `Store`: how many campaigns hold these amounts.
    CountStored,
    /// Nothing.
    Preview,
    /// Nothing.
    Differing,
    /// By keys of campaigns; a key and a title for each.
    Titles,
    /// The campaigns relation, and the number of the total's column; a key as text.
    Large,
    /// The submissions relation, and the campaigns relation.
    Average,
}

/// The columns of a row that `SumFew`, `SumMany` and `Preview` give, one row a campaign.
pub mod summed {
    pub const ID: usize = 0;
    /// `Preview` alone reads it.
    pub const TITLE: usize = 1;
    pub const RECORDED: usize = 2;
    /// The total in the column's type; as summed, where the column cannot hold it.
    pub const ACTUAL: usize = 3;
    pub const DIFFERENCE: usize = 4;
    pub const NEEDS_SYNC: usize = 5;
    pub const CLIPS: usize = 6;
    /// Whether the column can hold the total.
    pub const FITS: usize = 7;
    /// The total as summed.
    pub const TOTAL: usize = 8;
}

/// The columns of a row that `LockByClip` and `LockByClips` give, one row a link of one of the clips.
pub mod linked {
    pub const CAMPAIGN: usize = 0;
    pub const SPENT: usize = 1;
    pub const CLIP: usize = 2;
    /// Whether the link counts.
    pub const COUNTS: usize = 3;
}

/// The columns of a row that `LockByLink` and `LockByLinks` give: one row a link that changed, or a campaign without one.
pub mod changed {
    pub const CAMPAIGN: usize = 0;
    pub const SPENT: usize = 1;
    /// How many more of it count; NULL without a link.
    pub const LINKS: usize = 2;
    /// Whether there is such a clip.
    pub const IS_THERE: usize = 3;
    /// What it earns now; 0 if that is NULL, and without a clip.
    pub const EARNINGS: usize = 4;
    /// Its key, as the link has it.
    pub const CLIP: usize = 5;
}

/// The columns that `LinksOfClip` and `Earnings` begin with: which version of which row they read.
pub mod version {
    pub const TABLE: usize = 0;
    pub const PLACE: usize = 1;
    /// The transaction that wrote it, by number.
    pub const WRITTEN_BY: usize = 2;
}

/// The columns of a row that `LinksOfCampaigns` gives, one row a campaign and clip that are linked.
pub mod named {
    pub const CAMPAIGN: usize = 0;
    /// NULL where the link names none.
    pub const CLIP: usize = 1;
}

/// The columns of a row that `LinksOfClip` gives, one row a link.
pub mod link {
    pub const CAMPAIGN: usize = 3;
    /// Whether it counts.
    pub const COUNTS: usize = 4;
}

/// The columns of a row that `Earnings` gives.
pub mod clip {
    /// What it earns now; 0 if that is NULL.
    pub const EARNINGS: usize = 3;
}

/// The columns of a row that `Large` gives.
pub mod large {
    pub const CLIPS: usize = 0;
    /// Milliseconds since it was last verified.
    pub const AGE_MS: usize = 1;
}

/// The columns of a row that `Store` gives, one row a campaign that was updated. Of other totals that were stored along, one more column
/// each.
pub mod stored {
    pub const ID: usize = 0;
    /// Whether the column holds the amount now.
    pub const AS_GIVEN: usize = 1;
}

/// The text of a statement. `others`: totals of the same campaigns that it stores along, if it stores any.
pub fn sql(names: &Names, others: &[&Names], statement: Statement) -> String {
    match statement {
        Statement::LockClips => of_clips(names, |_, clips| looks::lock_clips(clips)),
        Statement::LockFreeClips => of_clips(names, |_, clips| looks::lock_free_clips(clips)),
        Statement::LinksOfCampaigns => looks::links_of_campaigns(names),
        Statement::Doubled => looks::doubled(names),
        Statement::LockLinks => of_clips(names, looks::lock_links),
        Statement::Affected => of_clips(names, looks::affected),
        Statement::LockCampaigns => looks::lock_campaigns(names),
        Statement::OwnLinks => of_clips(names, own::links),
        Statement::OwnClips => of_clips(names, |_, clips| own::clips(clips)),
        Statement::OwnCampaigns => own::campaigns(names),
        Statement::OwnAffected => own::affected(names),
        Statement::LinksOfClip => of_clips(names, looks::links_of_clip),
        Statement::Earnings => of_clips(names, looks::earnings),
        Statement::Move => stores::move_one(names, others),
        Statement::LockByClip => of_clips(names, |names, clips| {
            looks::lock_by_clips(names, clips, &clips.link.is_given("l", "$1"))
        }),
        Statement::LockByClips => of_clips(names, |names, clips| {
            looks::lock_by_clips(names, clips, &clips.link.is_among("l", "$1"))
        }),
        Statement::LockByLink => of_clips(names, looks::lock_by_link),
        Statement::LockByLinks => of_clips(names, looks::lock_by_links),
        Statement::LockRecorded => looks::lock_recorded(names),
        Statement::SumFew => sums::compared(names, &sums::walk(names)),
        Statement::SumMany => sums::compared(names, &sums::join(names, Campaigns::OfKeys)),
        Statement::SumByOwn => of_clips(names, |names, clips| {
            sums::compared(names, &sums::sums_by_own(names, clips))
        }),
        Statement::StoreOne => stores::store_one(names),
        Statement::Store => stores::store(names, others),
        Statement::CountStored => stores::count_stored(names),
        Statement::Preview => sums::compared(names, &sums::join(names, Campaigns::AllWithTitles)),
        Statement::Differing => sums::differing(&sums::compared(names, &sums::join(names, Campaigns::All))),
        Statement::Titles => sums::titles(names),
        Statement::Large => LARGE.to_owned(),
        Statement::Average => AVERAGE.to_owned(),
    }
}

/// A statement that there is of clips alone.
fn of_clips(names: &Names, say: impl Fn(&Names, &ClipNames) -> String) -> String {
    let clips = names.clips.as_ref();
    clips.map_or_else(String::new, |clips| say(names, clips))
}

/// What is known of a campaign of many clips.
const LARGE: &str = "SELECT g.approved_clips, \
     (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) g.verified_at) \
     OPERATOR(pg_catalog.*) 1000::pg_catalog.float8)::pg_catalog.int8 \
     FROM spend_sync.large_campaign AS g \
     WHERE g.campaigns OPERATOR(pg_catalog.=) $1::pg_catalog.regclass \
     AND g.total OPERATOR(pg_catalog.=) $2 AND g.campaign_id OPERATOR(pg_catalog.=) $3";

/// How many submissions there are to a campaign, by PostgreSQL's statistics.
const AVERAGE: &str = "SELECT (s.reltuples::pg_catalog.float8 \
     OPERATOR(pg_catalog./) CASE WHEN c.reltuples OPERATOR(pg_catalog.>) 1 THEN c.reltuples ELSE 1 END)::pg_catalog.int8 \
     FROM pg_catalog.pg_class AS s, pg_catalog.pg_class AS c \
     WHERE s.oid OPERATOR(pg_catalog.=) $1 AND c.oid OPERATOR(pg_catalog.=) $2";

/// The names and types that statements are made of, quoted as for SQL.
pub struct Names {
    pub campaigns: String,
    pub id: KeyNames,
    pub title: Option<String>,
    pub spent: String,
    /// The type of spent, in SQL and in what it can hold.
    pub spent_type: String,
    pub spent_money: MoneyType,
    /// `None`: submissions hold what they add themselves.
    pub clips: Option<ClipNames>,
    /// Of clips, or else of submissions. `None`: each adds one.
    pub earnings: Option<String>,
    pub submissions: String,
    /// The columns of submissions that point to a campaign.
    pub campaign: KeyNames,
    /// `None`: every submission counts.
    pub status: Option<String>,
    /// The statuses that count, unquoted.
    pub approved: Vec<String>,
}

/// Those of clips.
pub struct ClipNames {
    pub table: String,
    pub id: KeyNames,
    /// The columns of submissions that point to a clip.
    pub link: KeyNames,
}

/// The values are read as the column's type reads them, be it of whatever name: that may pass to a type of somebody else's, whose code
/// a cast would run.
fn approved(names: &Names) -> String {
    let Names { status, approved, .. } = names;
    match status {
        Some(status) => format!("l.{status} {EQ} ANY ({})", literal(&array(approved))),
        None => "true".to_owned(),
    }
}

/// What a submission `l` adds if it counts: of its clip `k`, if there is one, or its own. NULL for NULL.
fn amount(names: &Names) -> String {
    let Names { earnings, clips, .. } = names;
    match (clips, earnings) {
        (Some(_), Some(earnings)) => format!("k.{earnings}::numeric"),
        (Some(clips), None) => format!("CASE WHEN {} IS NOT NULL THEN 1::numeric END", clips.id.first("k")),
        (None, Some(earnings)) => format!("l.{earnings}::numeric"),
        (None, None) => "1::numeric".to_owned(),
    }
}

/// Submissions `l`, and their clips `k` if they have any.
fn source(names: &Names, join: &str) -> String {
    let Names { submissions, clips, .. } = names;
    match clips {
        Some(ClipNames { table, id, link }) => {
            format!("{submissions} AS l {join} {table} AS k ON {}", id.is("k", link, "l"))
        }
        None => format!("{submissions} AS l"),
    }
}

/// As text, by a type's own output: a cast may be code of the type's owner.
fn text(column: &str) -> String {
    format!("CASE WHEN {column} IS NOT NULL THEN pg_catalog.format('%s', {column}) END")
}

/// Whether a submission counts, if there is any: a row that says so of one which does, else of one which does not.
/// ```sql
/// (SELECT true FROM submissions AS l WHERE l.status = ANY ('{APPROVED}') LIMIT 1)
/// UNION ALL (SELECT false FROM submissions AS l LIMIT 1) LIMIT 1
/// ```
pub fn some_counts(names: &Names) -> String {
    let Names { submissions, .. } = names;
    format!(
        "(SELECT true FROM {submissions} AS l WHERE {approved} LIMIT 1) \
         UNION ALL (SELECT false FROM {submissions} AS l LIMIT 1) LIMIT 1",
        approved = approved(names),
    )
}

/// Some of the values in a column of a table, in their order.
pub fn values(table: &str, column: &str) -> String {
    let column = ident(column);
    format!(
        "SELECT v.{column}::pg_catalog.text FROM (\
         SELECT DISTINCT l.{column} FROM {table} AS l WHERE l.{column} IS NOT NULL LIMIT 20) AS v ORDER BY v.{column}"
    )
}

/// The columns of a row that [`statuses`] gives, one row a status.
pub mod status {
    pub const STATUS: usize = 0;
    pub const ROWS: usize = 1;
    /// What the clips of these submissions earned.
    pub const EARNED: usize = 2;
    pub const COUNTS: usize = 3;
}

/// The values in a column of submissions, those of most rows first: statuses, most often.
/// ```sql
/// SELECT l.status, count(*), sum(coalesce(k.earnings::numeric, 0)), l.status = ANY ('{APPROVED}')
/// FROM submissions AS l LEFT JOIN clips AS k ON k.id = l.clip WHERE l.status IS NOT NULL GROUP BY l.status
/// ORDER BY count(*) DESC, l.status LIMIT 20
/// ```
pub fn statuses(names: &Names, status: &str) -> String {
    format!(
        "SELECT {text}, pg_catalog.count(*), pg_catalog.sum(coalesce({amount}, 0)), {approved} \
         FROM {source} WHERE l.{status} IS NOT NULL \
         GROUP BY l.{status} ORDER BY 2 DESC, 1 LIMIT 20",
        text = text(&format!("l.{status}")),
        source = source(names, "LEFT JOIN"),
        amount = amount(names),
        approved = approved(names),
    )
}

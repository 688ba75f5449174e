//! The short way to one row: a link or a clip looked at by its index, a total moved in its row, without a statement. Each takes the
//! way of its statement where the tables do not allow that.

use crate::binding::present::{self, Trigger};
use crate::binding::{Binding, of_trigger};
use crate::catalog;
use crate::catalog::Column;
use crate::errors::{Error, Result};
use crate::pg::datum::{KeyAttribute, StatusAttribute};
use crate::pg::index::{self, Index, Looked, Seen};
use crate::pg::locked::{self, Locked, LockedRow, Strength};
use crate::pg::snapshot::{RowVersion, Sees};
use crate::pg::{collation, session, transaction};
use crate::statements::{Statement, clip, link, version};
use crate::value::key::{Key, KeyType};
use crate::value::money;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::ffi::CString;

/// What of a binding's work may go the short way; all of it holds in the state of the catalogs that the binding was read from.
pub(super) struct Direct {
    links: Option<Links>,
    clips: Option<Clips>,
    campaigns: Option<Campaigns>,
    /// An update of campaigns is more than one query: which of them writes a row cannot be told.
    has_rules: bool,
}

/// Links by their clip.
struct Links {
    index: Index,
    campaign: KeyAttribute,
    status: StatusAttribute,
    statement: CString,
}

/// Clips by their key.
struct Clips {
    index: Index,
    looking: CString,
    locking: CString,
}

/// Campaigns by their key.
struct Campaigns {
    index: Index,
    has_foreign_keys: bool,
    statement: CString,
}

/// The one link of a clip.
pub struct Link {
    pub version: RowVersion,
    pub campaign: Key,
    pub counts: bool,
}

/// What the one clip of a key earns.
pub struct Earnings {
    pub version: RowVersion,
    /// `None`: it cannot be held exactly.
    pub amount: Option<Decimal>,
}

/// Totals in their row, which is locked. To be stored, or let go.
#[must_use]
pub struct Totals<'a> {
    row: LockedRow,
    binding: &'a Binding,
    statement: &'a CString,
}

/// What became of totals that were to be moved in their row.
pub enum InRow<'a> {
    /// It takes a statement, and whatever that sets off.
    No,
    /// The row is locked, and it takes a statement: for foreign keys' checks to be queued, nothing of a user's.
    ForChecks,
    /// There is no such campaign.
    NotThere,
    Locked(Totals<'a>),
}

impl Totals<'_> {
    /// The campaign's key; it may have changed while we waited for the lock.
    pub fn campaign(&self) -> Option<Key> {
        let shape = &self.binding.shape;
        let number = only(&shape.campaign_id)?;
        let kind = shape.campaign_key;
        self.row.key(KeyAttribute { number, kind })
    }

    /// What one of them is; `None` for NULL, and for one that cannot be held exactly.
    pub fn recorded(&self, of: &Binding) -> Option<Decimal> {
        self.row.amount(of.shape.spent.number, of.shape.spent_money)
    }

    /// Lets the row go, locked as it is.
    pub fn leave(self) -> Result<()> {
        self.row.leave()
    }

    /// Stores others, as PostgreSQL reads them; no trigger fires.
    pub fn store(self, totals: &[(&Binding, String)]) -> Result<()> {
        let (binding, owner) = (self.binding, self.binding.shape.campaigns.owner);
        let totals: Vec<(i16, &str)> = totals
            .iter()
            .map(|(of, total)| (of.shape.spent.number, total.as_str()))
            .collect();
        let stored =
            binding.with_names_set_once(|| session::as_role(owner, || self.row.update(&totals, self.statement)));
        binding.met_by(stored, Statement::Move)
    }
}

impl Binding {
    fn direct(&self) -> Result<&Direct> {
        if let Some(direct) = self.direct.get() {
            return Ok(direct);
        }
        let found = self.find_direct()?;
        Ok(self.direct.get_or_init(|| found))
    }

    fn find_direct(&self) -> Result<Direct> {
        let shape = &self.shape;
        let index_of = |table: Oid, columns: &[Column], kind: KeyType, is_unique| match only(columns) {
            Some(column) => catalog::index_of(table, column, kind.scalar_oid(), is_unique, self.epoch),
            None => Ok(None),
        };
        let status = of_trigger::status(shape, shape.counting_column()?)?;
        let (links, clips) = match &shape.clips {
            Some(clips) => (
                index_of(shape.submissions.oid, &clips.link, clips.key, false)?,
                index_of(clips.table.oid, &clips.id, clips.key, false)?,
            ),
            None => (None, None),
        };
        let campaign = match shape.submission_campaign.as_slice() {
            [column] => column.key_type().map(|kind| KeyAttribute {
                number: column.number,
                kind,
            }),
            _ => None,
        };
        let campaigns = index_of(shape.campaigns.oid, &shape.campaign_id, shape.campaign_key, true)?;
        // A domain's CHECKs may write, as the table's may.
        let update = if shape.spent.is_domain() || self.is_key_of_another()? {
            None
        } else {
            catalog::update_of(shape.campaigns.oid, shape.spent.number)?
        };
        Ok(Direct {
            links: match (links, campaign, status) {
                (Some(index), Some(campaign), Some(status)) => Some(Links {
                    index,
                    campaign,
                    status,
                    statement: self.text_of(Statement::LinksOfClip)?,
                }),
                _ => None,
            },
            clips: match clips {
                Some(index) => Some(Clips {
                    index,
                    looking: self.text_of(Statement::Earnings)?,
                    locking: self.text_of(Statement::LockClips)?,
                }),
                None => None,
            },
            campaigns: match campaigns.zip(update) {
                Some((index, update)) => Some(Campaigns {
                    index,
                    has_foreign_keys: update.has_foreign_keys,
                    statement: self.text_of(Statement::Move)?,
                }),
                None => None,
            },
            has_rules: catalog::has_rules(shape.campaigns.oid)?,
        })
    }

    /// Whether another total of the table knows the campaigns by this one: its trigger notes that they change their key.
    fn is_key_of_another(&self) -> Result<bool> {
        let own = present::own_triggers(self.oid())?;
        let said = own.iter().filter_map(Trigger::says);
        let mut keys = said.map(|said| &said.columns.campaign_id);
        Ok(keys.any(|key| key.names().contains(&self.shape.spent.name)))
    }

    /// Whether rules of the user's stand on campaigns.
    pub fn has_rules(&self) -> Result<bool> {
        Ok(self.direct()?.has_rules)
    }

    fn text_of(&self, statement: Statement) -> Result<CString> {
        CString::new(self.sql(statement, &[])).map_err(|_| Error::internal("a NUL byte in a statement"))
    }

    /// The link of a clip, if it has exactly one that names a campaign.
    pub fn only_link(&self, clip: &Key) -> Result<Option<Link>> {
        let key = Param::Key(self.shape.linked()?.key, clip);
        if let Some(links) = &self.direct()?.links
            && let Some(seen) = of_one(self.look_at_links(links, &key)?)
        {
            return Ok(seen.and_then(|seen| {
                Some(Link {
                    version: seen.version,
                    campaign: seen.key(0, links.campaign)?,
                    counts: seen.counts(1, &links.status),
                })
            }));
        }
        let Some(row) = self.only_row(Statement::LinksOfClip, &key)? else {
            return Ok(None);
        };
        let campaign = row
            .get(link::CAMPAIGN)
            .and_then(|key| self.shape.campaign_key.parse(key));
        campaign
            .map(|campaign| {
                Ok(Link {
                    version: version_of(&row)?,
                    campaign,
                    counts: row.is_true(link::COUNTS),
                })
            })
            .transpose()
    }

    /// What the clip of a key earns, if there is exactly one.
    pub fn earnings_of(&self, clip: &Key) -> Result<Option<Earnings>> {
        let clips = self.shape.linked()?;
        let key = Param::Key(clips.key, clip);
        // Of a count nothing is read but the row's being there.
        let number = self
            .shape
            .earnings
            .as_ref()
            .or(clips.id.first())
            .map(|column| column.number);
        let (is_count, kind) = (self.shape.earnings.is_none(), self.shape.earnings_money);
        if let Some((clips, number)) = self.direct()?.clips.as_ref().zip(number) {
            let looked = index::look(clips.index, &key, [number, number], &clips.looking);
            if let Some(seen) = of_one(self.met_by(looked, Statement::Earnings)?) {
                return Ok(seen.map(|seen| Earnings {
                    version: seen.version,
                    amount: if is_count {
                        Some(Decimal::ONE)
                    } else {
                        seen.amount(0, kind)
                    },
                }));
            }
        }
        let Some(row) = self.only_row(Statement::Earnings, &key)? else {
            return Ok(None);
        };
        Ok(Some(Earnings {
            version: version_of(&row)?,
            amount: money::parse(row.text(clip::EARNINGS)?),
        }))
    }

    /// Whether no link names a clip, as far as a look at the index can tell.
    pub fn is_unlinked(&self, clip: &Key) -> Result<bool> {
        let key = Param::Key(self.shape.linked()?.key, clip);
        match &self.direct()?.links {
            Some(links) => Ok(matches!(self.look_at_links(links, &key)?, Looked::None)),
            None => Ok(false),
        }
    }

    /// By the index: their campaigns and statuses.
    fn look_at_links(&self, links: &Links, clip: &Param) -> Result<Looked> {
        let columns = [links.campaign.number, links.status.number];
        let looked = index::look(links.index, clip, columns, &links.statement);
        self.met_by(looked, Statement::LinksOfClip)
    }

    /// Locks the one clip of a key FOR SHARE, past a statement; false if that was not possible, or there is none. At REPEATABLE READ and
    /// above only a statement says whether the row is newer than the transaction's snapshot.
    pub fn lock_clip(&self, clip: &Key) -> Result<bool> {
        let linked = self.shape.linked()?;
        let Some((clips, number)) = self.direct()?.clips.as_ref().zip(only(&linked.id)) else {
            return Ok(false);
        };
        if transaction::keeps_snapshot() {
            return Ok(false);
        }
        let (key, kind) = (Param::Key(linked.key, clip), linked.key);
        let locked = locked::lock(clips.index, &key, Strength::Share, &clips.locking);
        let Locked::Row(row) = self.met_by(locked, Statement::LockClips)? else {
            return Ok(false);
        };
        // It may have changed while we waited.
        let is_it = row.key(KeyAttribute { number, kind }).as_ref() == Some(clip);
        row.leave()?;
        Ok(is_it)
    }

    fn only_row(&self, statement: Statement, key: &Param) -> Result<Option<Row>> {
        let rows = self.run_over(statement, 1, std::slice::from_ref(key), Sees::Latest)?;
        Ok(<[Row; 1]>::try_from(rows).ok().map(|[row]| row))
    }

    /// Whether this total, and others, may be moved in their row. At REPEATABLE READ and above only a statement says whether the row is newer
    /// than the transaction's snapshot.
    pub fn moves_in_row(&self, others: &[&Self]) -> Result<bool> {
        for total in std::iter::once(&self).chain(others) {
            if total.direct()?.campaigns.is_none() {
                return Ok(false);
            }
        }
        Ok(!transaction::keeps_snapshot())
    }

    /// The order in which statements lock these campaigns; `None` where only PostgreSQL can tell.
    pub fn in_lock_order<'a>(&self, campaigns: impl Iterator<Item = &'a Key>) -> Result<Option<Vec<Key>>> {
        let [column] = self.shape.campaign_id.as_slice() else {
            return Ok(None);
        };
        let mut sorted: Vec<Key> = Vec::new();
        for campaign in campaigns {
            let mut place = sorted.len();
            while place > 0 {
                match order(&sorted[place - 1], campaign, self.shape.campaign_key, column.collation)? {
                    None => return Ok(None),
                    Some(Ordering::Greater) => place -= 1,
                    Some(_) => break,
                }
            }
            sorted.insert(place, campaign.clone());
        }
        Ok(Some(sorted))
    }

    /// Locks a campaign, to move this total of it, and others, in their row.
    pub fn lock_totals(&self, others: &[&Self], campaign: &Key) -> Result<InRow<'_>> {
        let Some(campaigns) = &self.direct()?.campaigns else {
            return Ok(InRow::No);
        };
        if !self.moves_in_row(others)? {
            return Ok(InRow::No);
        }
        let key = Param::Key(self.shape.campaign_key, campaign);
        let locked = locked::lock(campaigns.index, &key, Strength::NoKeyUpdate, &campaigns.statement);
        let row = match self.met_by(locked, Statement::Move)? {
            Locked::Outdated => return Ok(InRow::No),
            Locked::NotThere => return Ok(InRow::NotThere),
            Locked::Row(row) => row,
        };
        if campaigns.has_foreign_keys && row.is_own() {
            row.leave()?;
            return Ok(InRow::ForChecks);
        }
        Ok(InRow::Locked(Totals {
            row,
            binding: self,
            statement: &campaigns.statement,
        }))
    }
}

/// Which of two keys of this type a statement locks first; `None`: not known here.
fn order(one: &Key, other: &Key, kind: KeyType, collation: Oid) -> Result<Option<Ordering>> {
    match (kind, one, other) {
        (KeyType::Text | KeyType::Char, Key::Text(one), Key::Text(other)) => {
            collation::compare(one, other, collation).map(Some)
        }
        (_, Key::Int(one), Key::Int(other)) => Ok(Some(one.cmp(other))),
        (_, Key::Uuid(one), Key::Uuid(other)) => Ok(Some(one.cmp(other))),
        _ => Ok(None),
    }
}

/// The column of a key that has no other: the short way is for these.
fn only(key: &[Column]) -> Option<i16> {
    match key {
        [column] => Some(column.number),
        _ => None,
    }
}

/// What was seen, if it was the only one; `None`: nothing was looked at.
#[allow(clippy::option_option)]
fn of_one(looked: Looked) -> Option<Option<Seen>> {
    match looked {
        Looked::Outdated => None,
        Looked::One(seen) => Some(Some(seen)),
        Looked::None | Looked::Several => Some(None),
    }
}

fn version_of(row: &Row) -> Result<RowVersion> {
    RowVersion::parse(
        row.oid(version::TABLE)?,
        row.text(version::PLACE)?,
        row.text(version::WRITTEN_BY)?,
    )
    .ok_or_else(|| Error::internal("a row without a place"))
}

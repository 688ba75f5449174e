//! What must come of a program: three maps, and a sum over them.

use std::collections::BTreeMap;

use crate::amount::Amount;
use crate::program::{Link, Program, Status, Value, Write};
use crate::shape::Shape;

pub const DUPLICATE: &str = "23505";
pub const NOT_THERE: &str = "23503";

/// A link: campaign, clip, status.
pub type StoredLink = (Option<String>, Option<String>, Status);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// Title by key.
    pub campaigns: BTreeMap<String, Option<String>>,
    /// Earnings, as the column holds them, by key.
    pub clips: BTreeMap<String, Option<Amount>>,
    pub links: BTreeMap<usize, StoredLink>,
}

/// The SQLSTATE of a statement that must fail.
pub type Refusal = &'static str;

impl Model {
    /// The exact sum of what a campaign's approved clips earned.
    pub fn total(&self, campaign: &str) -> Amount {
        self.links
            .values()
            .filter(|(of, _, status)| of.as_deref() == Some(campaign) && matches!(status, Some("APPROVED" | "PAID")))
            .filter_map(|(_, clip, _)| self.clips.get(clip.as_ref()?)?.as_ref())
            .fold(Amount::zero(), |sum, earned| sum.plus(earned))
    }

    /// The campaigns whose totals cannot be stored.
    pub fn impossible(&self, shape: &Shape) -> BTreeMap<String, Amount> {
        let totals = self.campaigns.keys().map(|key| (key.clone(), self.total(key)));
        totals.filter(|(_, total)| shape.spent.total(total).is_none()).collect()
    }

    /// What each campaign's spent must be, where that can be stored.
    pub fn spent(&self, shape: &Shape) -> BTreeMap<String, Option<Amount>> {
        let total = |key: &String| shape.spent.total(&self.total(key));
        self.campaigns.keys().map(|key| (key.clone(), total(key))).collect()
    }

    /// The tables after a statement, or why it must fail. Whether the totals can be stored is not asked here.
    pub fn after(&self, shape: &Shape, program: &Program, write: &Write) -> Result<Self, Refusal> {
        let mut next = self.clone();
        match write {
            Write::Clips(values) | Write::Earnings(values) => {
                for (clip, value) in values {
                    next.clips.insert(program.clips[*clip].clone(), earned(shape, value)?);
                }
            }
            Write::EveryEarning(value) => {
                let earned = earned(shape, value)?;
                next.clips.values_mut().for_each(|earnings| *earnings = earned.clone());
            }
            Write::RenameClip(from, to) => next.rename_clip(shape, &program.clips[*from], &program.clips[*to])?,
            Write::DeleteClips(clips) => clips
                .iter()
                .for_each(|clip| next.delete_clip(shape, &program.clips[*clip])),
            Write::Campaign(campaign, title, spent) => {
                by_hand(shape, spent)?;
                let key = program.campaigns[*campaign].clone();
                if next.campaigns.insert(key, title.clone()).is_some() {
                    return Err(DUPLICATE);
                }
            }
            Write::Spent(_, spent) => by_hand(shape, spent)?,
            Write::RenameCampaign(from, to) => {
                next.rename_campaign(shape, &program.campaigns[*from], &program.campaigns[*to])?;
            }
            Write::DeleteCampaign(campaign) => next.delete_campaign(shape, &program.campaigns[*campaign]),
            Write::Links(links) => next.put_links(shape, program, links)?,
            Write::Review(links, status) => {
                let reviewed = next.links.iter_mut().filter(|(link, _)| links.contains(link));
                reviewed.for_each(|(_, link)| link.2 = *status);
            }
            Write::DeleteLinks(links) => next.links.retain(|link, _| !links.contains(link)),
        }
        Ok(next)
    }

    fn put_links(&mut self, shape: &Shape, program: &Program, links: &BTreeMap<usize, Link>) -> Result<(), Refusal> {
        for (number, link) in links {
            let campaign = link.campaign.map(|campaign| program.campaigns[campaign].clone());
            let clip = link.clip.map(|clip| program.clips[clip].clone());
            let is_there = campaign.as_ref().is_none_or(|key| self.campaigns.contains_key(key))
                && clip.as_ref().is_none_or(|key| self.clips.contains_key(key));
            if shape.is_tied && !is_there {
                return Err(NOT_THERE);
            }
            self.links.insert(*number, (campaign, clip, link.status));
        }
        Ok(())
    }

    fn rename_clip(&mut self, shape: &Shape, from: &str, to: &str) -> Result<(), Refusal> {
        rename(&mut self.clips, from, to)?;
        if shape.is_tied && !self.clips.contains_key(from) {
            let links = self.links.values_mut().filter(|link| link.1.as_deref() == Some(from));
            links.for_each(|link| link.1 = Some(to.to_owned()));
        }
        Ok(())
    }

    fn rename_campaign(&mut self, shape: &Shape, from: &str, to: &str) -> Result<(), Refusal> {
        rename(&mut self.campaigns, from, to)?;
        if shape.is_tied && !self.campaigns.contains_key(from) {
            let links = self.links.values_mut().filter(|link| link.0.as_deref() == Some(from));
            links.for_each(|link| link.0 = Some(to.to_owned()));
        }
        Ok(())
    }

    fn delete_clip(&mut self, shape: &Shape, key: &str) {
        self.clips.remove(key);
        self.links
            .retain(|_, link| !shape.is_tied || link.1.as_deref() != Some(key));
    }

    fn delete_campaign(&mut self, shape: &Shape, key: &str) {
        self.campaigns.remove(key);
        self.links
            .retain(|_, link| !shape.is_tied || link.0.as_deref() != Some(key));
    }
}

/// Does nothing where there is nothing to rename.
fn rename<T>(rows: &mut BTreeMap<String, T>, from: &str, to: &str) -> Result<(), Refusal> {
    if from != to && rows.contains_key(from) && rows.contains_key(to) {
        return Err(DUPLICATE);
    }
    if let Some(row) = rows.remove(from) {
        rows.insert(to.to_owned(), row);
    }
    Ok(())
}

fn stored(money: crate::amount::Money, value: &Value) -> Result<Option<Amount>, Refusal> {
    let amount = value.as_deref().and_then(Amount::parse);
    amount.map(|amount| money.stored(&amount)).transpose()
}

fn earned(shape: &Shape, value: &Value) -> Result<Option<Amount>, Refusal> {
    stored(shape.earnings, value)
}

/// A total written by hand must be one that the column can hold, but comes to nothing.
fn by_hand(shape: &Shape, value: &Value) -> Result<(), Refusal> {
    stored(shape.spent, value).map(drop)
}

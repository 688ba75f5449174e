//! What a write of a few rows means: each is looked at by itself.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::snapshot::RowVersion;
use crate::value::key::Key;
use crate::value::money;
use crate::write::due::Due;
use crate::write::moves;
use crate::write::touched::Touched;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many rows are looked at one by one; more are found, and their campaigns locked, by one statement.
const FEW: usize = 4;

/// What was written.
enum Write<'a> {
    /// The earnings of these clips grew.
    Clips(Vec<(&'a Key, Decimal)>),
    /// So many more links of each of these campaigns and clips count.
    Links(Vec<(&'a Key, &'a Key, i64)>),
    /// These clips came to be, and no link with them.
    NewClips(&'a BTreeSet<Key>),
    /// The earnings of these clips grew by so much, to nothing, for they went; and so many more of their links count: less, as a rule.
    GoneClips(Vec<(&'a Key, Decimal)>, Vec<(&'a Key, &'a Key, i64)>),
    /// Submissions of these campaigns add so much more by themselves.
    Amounts(Vec<(&'a Key, Decimal)>),
}

/// By how much it moves campaigns.
#[derive(Default)]
struct Found(BTreeMap<Key, Moved>);

/// What it means for one of them, from the rows that were looked at.
#[derive(Default)]
struct Moved {
    difference: Decimal,
    versions: Vec<RowVersion>,
}

impl Found {
    /// One moves by so much more, as this row says; `None`: that cannot be told exactly.
    fn add(&mut self, campaign: Key, difference: Decimal, version: Option<RowVersion>) -> Option<()> {
        let moved = self.0.entry(campaign).or_default();
        moved.difference = money::exact_sum([moved.difference, difference])?;
        moved.versions.extend(version);
        Some(())
    }
}

/// The same for the totals of one row.
#[derive(Default)]
pub struct Together {
    /// One a total, as they stand.
    pub differences: Vec<Decimal>,
    /// The rows that say so.
    pub versions: Vec<RowVersion>,
}

impl Together {
    pub fn is_moved(&self) -> bool {
        self.differences.iter().any(|difference| !difference.is_zero())
    }
}

/// The campaigns that a write means, the same for all totals, and by how much it moves each total of each; `None` where that takes more
/// than a look at each row, or nobody knows it exactly.
pub fn look(all: &[Due]) -> Result<Option<BTreeMap<Key, Together>>> {
    let mut together: BTreeMap<Key, Together> = BTreeMap::new();
    for (place, Due { binding, touched, .. }) in all.iter().enumerate() {
        let Some(write) = Write::of(touched).filter(|write| write.is_of_known_rows(binding)) else {
            return Ok(None);
        };
        let Some(found) = write.look(binding)? else {
            return Ok(None);
        };
        if place > 0 && !found.0.keys().eq(together.keys()) {
            return Ok(None);
        }
        for (campaign, moved) in found.0 {
            let of_it = together.entry(campaign).or_default();
            of_it.differences.push(moved.difference);
            of_it.versions.extend(moved.versions);
        }
    }
    Ok(Some(together))
}

impl<'a> Write<'a> {
    fn of(touched: &'a Touched) -> Option<Self> {
        let are_all = |of_those: &BTreeSet<Key>| touched.clips.keys().all(|clip| of_those.contains(clip));
        let came = &touched.new_clips;
        match (touched.clips.len(), touched.links.len(), touched.amounts.len()) {
            (0, 0, 1..=FEW) => known(&touched.amounts).map(Self::Amounts),
            (0, 1..=FEW, 0) => Some(Self::Links(links(touched))),
            (1..=FEW, 0..=FEW, 0) if came.is_empty() && are_all(&touched.gone_clips) => {
                known(&touched.clips).map(|clips| Self::GoneClips(clips, links(touched)))
            }
            (1..=FEW, 0, 0) if came.is_empty() => known(&touched.clips).map(Self::Clips),
            (1..=FEW, 0, 0) if touched.gone_clips.is_empty() && are_all(came) => Some(Self::NewClips(came)),
            _ => None,
        }
    }

    /// Whether what it means hangs on rows that are there, and on none that may come: a clip may get company under its key.
    fn is_of_known_rows(&self, binding: &Binding) -> bool {
        !matches!(self, Self::Links(_) | Self::GoneClips(..)) || !binding.clips_may_double
    }

    /// What it means as things stand; `None` where that takes more than a look.
    fn look(&self, binding: &Binding) -> Result<Option<Found>> {
        match self {
            Self::Clips(clips) => look_at_links(binding, clips),
            Self::Links(links) => look_at_clips(binding, links),
            Self::NewClips(clips) => are_unlinked(binding, clips.iter()).map(|are| are.then(Found::default)),
            Self::GoneClips(clips, links) => look_at_gone(binding, clips, links),
            Self::Amounts(amounts) => {
                let mut found = Found::default();
                let all = amounts
                    .iter()
                    .map(|(campaign, by)| found.add((*campaign).clone(), *by, None));
                Ok(all.collect::<Option<()>>().map(|()| found))
            }
        }
    }
}

fn links(touched: &Touched) -> Vec<(&Key, &Key, i64)> {
    let links = touched.links.iter();
    links
        .map(|((campaign, clip), count)| (campaign, clip, *count))
        .collect()
}

/// Those of which all is known exactly.
fn known(differences: &HashMap<Key, Option<Decimal>>) -> Option<Vec<(&Key, Decimal)>> {
    differences
        .iter()
        .map(|(key, difference)| Some((key, (*difference)?)))
        .collect()
}

/// Each of these clips has one link.
fn look_at_links(binding: &Binding, clips: &[(&Key, Decimal)]) -> Result<Option<Found>> {
    let mut found = Found::default();
    for (clip, difference) in clips {
        let Some(link) = binding.only_link(clip)? else {
            return Ok(None);
        };
        let difference = if link.counts { *difference } else { Decimal::ZERO };
        if found.add(link.campaign, difference, Some(link.version)).is_none() {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

/// Each of these links has one clip. What moves nothing needs no look.
fn look_at_clips(binding: &Binding, links: &[(&Key, &Key, i64)]) -> Result<Option<Found>> {
    let mut found = Found::default();
    for (campaign, clip, count) in links {
        let (amount, version) = if *count == 0 {
            (Some(Decimal::ZERO), None)
        } else {
            let Some(clip) = binding.earnings_of(clip)? else {
                return Ok(None);
            };
            (clip.amount, Some(clip.version))
        };
        let earned = moves::earned(amount, *count, None);
        if earned
            .and_then(|by| found.add((*campaign).clone(), by, version))
            .is_none()
        {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

fn are_unlinked<'a>(binding: &Binding, mut clips: impl Iterator<Item = &'a Key>) -> Result<bool> {
    clips.try_fold(true, |are, clip| Ok(are && binding.is_unlinked(clip)?))
}

/// No link of these clips is left: nobody can have made one meanwhile, nor another clip of the key, for he would wait for us.
fn look_at_gone(binding: &Binding, clips: &[(&Key, Decimal)], links: &[(&Key, &Key, i64)]) -> Result<Option<Found>> {
    if !are_unlinked(binding, clips.iter().map(|(clip, _)| *clip))? {
        return Ok(None);
    }
    let mut found = Found::default();
    for (campaign, clip, count) in links {
        let grown = clips.iter().find(|(gone, _)| gone == clip).map(|(_, grown)| *grown);
        let earned = grown.and_then(|by| moves::earned(Some(Decimal::ZERO), *count, Some(Some(by))));
        if earned.and_then(|by| found.add((*campaign).clone(), by, None)).is_none() {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

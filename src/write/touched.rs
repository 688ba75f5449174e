//! What a transaction wrote of one total and has not yet brought into it.

use crate::value::key::Key;
use crate::value::money;
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashMap};

/// The command of this transaction that wrote a row version: they count up.
pub type CommandId = u32;

/// What was written of one binding. The capture triggers fill it, `flush` empties it step by step; each field says who.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Clips, and by how much the earnings of each grew; `None`: not known exactly, or not all that changed. Set by the
    /// clips trigger, kept until the campaigns are found; empty for updates once `every_own_clip` holds.
    pub clips: HashMap<Key, Option<Decimal>>,
    /// Links, as campaign and clip, and how many more of them count than before (0: changed there and back, or never
    /// counted). Set by the submissions trigger, kept until the campaigns are found.
    pub links: HashMap<(Key, Key), i64>,
    /// Clips that a link points to anew: to be locked. Emptied by [`super::locks::lock_linked_clips`]; what is flushed, or
    /// folded into campaigns, has none left.
    pub linked_clips: BTreeSet<Key>,
    /// Campaigns to be summed, whatever else is known of them: written by hand, inserted, or found for rows that were
    /// dropped. One that stands here is never moved.
    pub campaigns: BTreeSet<Key>,
    /// Campaigns that came to be with nothing spent: joined to `campaigns` if any link or clip was written too, perhaps
    /// before that; else forgotten.
    pub new_campaigns: BTreeSet<Key>,
    /// Of `campaigns`, those whose spent was written by hand: what a sum finds wrong there is logged as such, and no drift.
    pub written_by_hand: BTreeSet<Key>,
    /// Where no foreign key ties a link to its clip: keys of clips that came to be, or that a link points to anew. Emptied
    /// by [`super::locks::take_guards`], before anything is looked up.
    pub guarded_clips: BTreeSet<Key>,
    /// Where none ties it to its campaign: keys of campaigns that came to be. Emptied as `guarded_clips`.
    pub guarded_campaigns: BTreeSet<Key>,
    /// A table was truncated, or rows changed past all triggers: whatever differs is summed, nothing is moved.
    pub every_campaign: bool,
    /// How many rows were too many to be kept: of them only the campaigns are, to be summed. Not 0: nothing is moved.
    pub dropped: usize,
    /// Among them clips that kept their key, whose campaigns are still to be found: by all clips that this transaction
    /// has written. Set when rows are dropped, holds until the flush.
    pub every_own_clip: bool,
    /// The command that wrote the oldest of the row versions that clips and links were read from; `None` only while there
    /// are none. Nothing is moved unless it is newer than the last flush.
    pub oldest: Option<CommandId>,
}

impl Touched {
    /// The rows that are remembered one by one.
    pub fn rows(&self) -> usize {
        self.clips.len()
            + self.links.len()
            + self.linked_clips.len()
            + self.guarded_clips.len()
            + self.guarded_campaigns.len()
    }

    /// A clip's earnings grew by `difference`; `None`: by what is not known exactly.
    pub fn clip(&mut self, key: Key, difference: Option<Decimal>) {
        let sum = self.clips.entry(key).or_insert(Some(Decimal::ZERO));
        *sum = sum
            .zip(difference)
            .and_then(|(one, other)| money::exact_sum([one, other]));
    }

    /// `count` more links of this clip to this campaign count.
    pub fn link(&mut self, campaign: Key, clip: Key, count: i64) {
        *self.links.entry((campaign, clip)).or_default() += count;
    }

    pub fn written_by(&mut self, command: CommandId) {
        self.oldest = Some(self.oldest.map_or(command, |oldest| oldest.min(command)));
    }

    pub fn merge(&mut self, other: Self) {
        for (key, difference) in other.clips {
            self.clip(key, difference);
        }
        for ((campaign, clip), count) in other.links {
            self.link(campaign, clip, count);
        }
        self.linked_clips.extend(other.linked_clips);
        self.campaigns.extend(other.campaigns);
        self.new_campaigns.extend(other.new_campaigns);
        self.written_by_hand.extend(other.written_by_hand);
        self.guarded_clips.extend(other.guarded_clips);
        self.guarded_campaigns.extend(other.guarded_campaigns);
        self.every_campaign |= other.every_campaign;
        self.dropped += other.dropped;
        self.every_own_clip |= other.every_own_clip;
        if let Some(oldest) = other.oldest {
            self.written_by(oldest);
        }
    }
}

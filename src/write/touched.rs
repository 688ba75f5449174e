//! What a transaction wrote of one total and has not yet brought into it.

use crate::value::key::Key;
use crate::value::money;
use pgrx::pg_sys::Oid;
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
    /// Campaigns, and by how much submissions that hold what they add themselves have moved each; `None`: not known exactly. Set by
    /// the submissions trigger, kept until the campaigns are stored.
    pub amounts: HashMap<Key, Option<Decimal>>,
    /// Clips that a link points to anew, or that links of a campaign that came to be point to: to be locked. Emptied by
    /// [`super::locks::before_campaigns`]; what is flushed, or folded into campaigns, has none left.
    pub linked_clips: BTreeSet<Key>,
    /// Campaigns that a link points to anew, or an amount moves: where one has no row, its guard is taken. (Of a link that has named it
    /// before, who inserts the campaign waits for the row.) Set by the submissions trigger, kept until the campaigns are locked.
    pub linked_campaigns: BTreeSet<Key>,
    /// Campaigns to be summed, whatever else is known of them: written by hand, inserted, or found for rows that were
    /// dropped. One that stands here is never moved.
    pub campaigns: BTreeSet<Key>,
    /// Keys of campaigns that came to be: their guards are taken, then links looked for that name them. Those that have any
    /// are joined to `campaigns` by [`super::locks::before_campaigns`]; nothing is spent for the others, as they stand.
    pub new_campaigns: BTreeSet<Key>,
    /// Keys of clips that came to be, which stand in `clips` too: their guards are taken. Kept until the campaigns are found.
    pub new_clips: BTreeSet<Key>,
    /// Keys of clips that went, which stand in `clips` too, less what they earned. They are not among what this transaction has
    /// written, as a look at the tables finds it. Kept until the campaigns are found.
    pub gone_clips: BTreeSet<Key>,
    /// Of `campaigns`, those whose spent was written by hand: what a sum finds wrong there is logged as such, and no drift.
    pub written_by_hand: BTreeSet<Key>,
    /// A table was truncated, or rows changed past all triggers: whatever differs is summed, nothing is moved.
    pub every_campaign: bool,
    /// How many rows were too many to be kept: of them only the campaigns are, to be summed. Not 0: nothing is moved.
    pub dropped: usize,
    /// Among them clips that kept their key, whose campaigns are still to be found: by all clips that this transaction
    /// has written. Set when rows are dropped, holds until the flush.
    pub every_own_clip: bool,
    /// It is to be brought up at commit: an event of the deferred trigger was to be queued for it. Set by whoever captures.
    pub at_commit: bool,
    /// It was written in a security-restricted operation, and is to be brought up in one: never outside.
    pub restricted: bool,
    /// The relation that was written last, for the error that says that nothing has flushed it.
    pub written: Option<Oid>,
    /// What was dropped was looked up and locked in a subtransaction that has been rolled back since: others may have linked
    /// what it left open, and links that it changed are as they were. Not true without rows dropped. Flushes look again at
    /// all that this transaction has written.
    pub lost_locks: bool,
    /// Clips that went, or changed their key, are among what was dropped: what this transaction has written does not tell of all of them,
    /// where another clip has their key.
    pub dropped_gone: bool,
    /// How many more rows long keys in clips and links count as: what is kept is bounded in bytes, too.
    pub extra_rows: usize,
    /// The command that wrote the oldest of the row versions that clips and links were read from; `None` only while there
    /// are none. Nothing is moved unless it is newer than the last flush.
    pub oldest: Option<CommandId>,
}

impl Touched {
    /// The rows that are remembered one by one; one of long keys counts as several.
    pub fn rows(&self) -> usize {
        self.clips.len() + self.links.len() + self.linked_clips.len() + self.new_campaigns.len() + self.extra_rows
    }

    /// Whether no clip and no campaign came to be, and no link.
    pub fn has_nothing_new(&self) -> bool {
        self.new_clips.is_empty() && self.new_campaigns.is_empty() && self.linked_clips.is_empty()
    }

    /// Whether a clip went, or changed its key, as far as is known row by row or was.
    pub fn has_gone(&self) -> bool {
        self.dropped_gone || self.clips.values().any(Option::is_none) || !self.gone_clips.is_empty()
    }

    /// A clip's earnings grew by `difference`; `None`: by what is not known exactly.
    pub fn clip(&mut self, key: Key, difference: Option<Decimal>) {
        self.extra_rows += key.extra_rows();
        add(&mut self.clips, key, difference);
    }

    /// A submission of this campaign adds `difference` more; `None`: what is not known exactly.
    pub fn adds(&mut self, campaign: Key, difference: Option<Decimal>) {
        if !self.amounts.contains_key(&campaign) {
            self.extra_rows += 2 * campaign.extra_rows();
            self.linked_campaigns.insert(campaign.clone());
        }
        add(&mut self.amounts, campaign, difference);
    }

    /// `count` more links of this clip to this campaign count.
    pub fn link(&mut self, campaign: Key, clip: Key, count: i64) {
        self.extra_rows += campaign.extra_rows() + clip.extra_rows();
        *self.links.entry((campaign, clip)).or_default() += count;
    }

    /// A campaign of this key came to be.
    pub fn new_campaign(&mut self, key: Key) {
        self.extra_rows += key.extra_rows();
        self.new_campaigns.insert(key);
    }

    /// A campaign is to be summed.
    pub fn sum(&mut self, campaign: Key) {
        self.extra_rows += campaign.extra_rows();
        self.campaigns.insert(campaign);
    }

    /// A link points to this clip anew, or of another campaign.
    pub fn new_link(&mut self, clip: Key) {
        self.extra_rows += clip.extra_rows();
        self.linked_clips.insert(clip);
    }

    /// A link points to this campaign anew.
    pub fn names(&mut self, campaign: Key) {
        self.extra_rows += campaign.extra_rows();
        self.linked_campaigns.insert(campaign);
    }

    /// Keeps only what cannot be found again, once what looked it up and locked it is rolled back.
    pub fn drop_rows(&mut self) {
        self.dropped += self.rows();
        self.lost_locks = true;
        // A clip that went, or changed its key, is not found again: the links that it has left are.
        self.every_campaign |= self.has_gone();
        let links = std::mem::take(&mut self.links);
        self.campaigns.extend(links.into_keys().map(|(campaign, _)| campaign));
        self.campaigns.extend(std::mem::take(&mut self.amounts).into_keys());
        self.clips.clear();
        self.extra_rows = 0;
        for keys in [
            &mut self.linked_clips,
            &mut self.linked_campaigns,
            &mut self.new_clips,
            &mut self.gone_clips,
            &mut self.new_campaigns,
        ] {
            keys.clear();
        }
    }

    pub fn written_by(&mut self, command: CommandId) {
        self.oldest = Some(self.oldest.map_or(command, |oldest| oldest.min(command)));
    }

    /// The bytes of all keys, as text.
    #[cfg(any(test, feature = "pg_test"))]
    pub fn key_bytes(&self) -> usize {
        let pairs = self.links.keys().flat_map(|(campaign, clip)| [campaign, clip]);
        let sets = [
            &self.linked_clips,
            &self.linked_campaigns,
            &self.campaigns,
            &self.new_campaigns,
            &self.new_clips,
            &self.gone_clips,
        ];
        let keys = self.clips.keys().chain(self.amounts.keys()).chain(pairs);
        let keys = keys.chain(sets.into_iter().flatten());
        keys.map(|key| key.to_string().len()).sum()
    }

    pub fn merge(&mut self, other: Self) {
        let extra_rows = self.extra_rows + other.extra_rows;
        for (key, difference) in other.clips {
            self.clip(key, difference);
        }
        for ((campaign, clip), count) in other.links {
            self.link(campaign, clip, count);
        }
        for (campaign, difference) in other.amounts {
            self.adds(campaign, difference);
        }
        self.extra_rows = extra_rows;
        self.linked_clips.extend(other.linked_clips);
        self.campaigns.extend(other.campaigns);
        self.linked_campaigns.extend(other.linked_campaigns);
        self.new_campaigns.extend(other.new_campaigns);
        self.new_clips.extend(other.new_clips);
        self.gone_clips.extend(other.gone_clips);
        self.written_by_hand.extend(other.written_by_hand);
        self.every_campaign |= other.every_campaign;
        self.dropped += other.dropped;
        self.every_own_clip |= other.every_own_clip;
        self.at_commit |= other.at_commit;
        self.restricted |= other.restricted;
        self.written = other.written.or(self.written);
        self.lost_locks |= other.lost_locks;
        self.dropped_gone |= other.dropped_gone;
        if let Some(oldest) = other.oldest {
            self.written_by(oldest);
        }
    }
}

/// Differences add up until one is not known.
fn add(to: &mut HashMap<Key, Option<Decimal>>, key: Key, difference: Option<Decimal>) {
    let sum = to.entry(key).or_insert(Some(Decimal::ZERO));
    *sum = sum
        .zip(difference)
        .and_then(|(one, other)| money::exact_sum([one, other]));
}

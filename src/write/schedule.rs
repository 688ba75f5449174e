//! When which total is verified: what a backend remembers of campaigns, and its healing budget. It decides what a write costs,
//! never what a total is: what is forgotten or outdated here makes none wrong.
//!
//! A campaign that a write comes by, and that was not verified for the interval, waits in a queue for its turn: so one that is
//! seldom written is not passed over for those that always are. Its turn comes with the next write that finds the budget free.

use crate::settings::{self, Recompute};
use crate::value::key::Key;
use crate::value::mapping::BindingId;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

/// By the backend's own clock, which begins when it comes to use the extension.
type Time = Duration;

/// Verifying takes a backend at most this part of its time.
const REST: u32 = 20;

/// A backend that is younger than the interval cannot tell how long ago a campaign was verified: of so many writes one looks.
const ONE_IN: u64 = 1_000;

/// A backend that writes more campaigns than this begins anew.
const REMEMBERED: usize = 10_000;

/// From here on a campaign's clips are many: one pass over them beats a look-up for each, and all backends share the time when it
/// was verified.
pub const MANY_CLIPS: i64 = 10_000;

/// What is known of a campaign.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// When it was last verified; one that this backend does not know counts as verified when it began.
    verified: Time,
    by_us: bool,
    /// Approved clips, as they were counted or estimated.
    clips: Option<i64>,
    /// Its ticket, while it waits for its turn.
    ticket: Option<u64>,
}

/// One campaign whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub key: Key,
    pub clips: Option<i64>,
}

/// Those of one total.
#[derive(Default)]
struct Campaigns {
    known: HashMap<Key, Seen>,
    /// Those that wait, by their tickets; one whose ticket is another by now is passed over.
    queue: VecDeque<(u64, Key)>,
    /// How many of the known wait.
    waiting: usize,
    /// How many tickets were given.
    tickets: u64,
    /// The last turn that it had, as turns of all totals are counted.
    turn: u64,
}

impl Campaigns {
    /// What is known of a campaign, to be changed; `None`: too many are known, and most of them wait.
    fn seen(&mut self, key: &Key) -> Option<&mut Seen> {
        if self.known.len() >= REMEMBERED && !self.known.contains_key(key) {
            if self.waiting > REMEMBERED / 2 {
                return None;
            }
            self.known.retain(|_, seen| seen.ticket.is_some());
        }
        Some(self.known.entry(key.clone()).or_default())
    }

    fn wait(&mut self, key: &Key) {
        let ticket = self.tickets;
        match self.seen(key) {
            Some(seen) if seen.ticket.is_none() => seen.ticket = Some(ticket),
            _ => return,
        }
        self.tickets += 1;
        self.waiting += 1;
        if self.queue.len() >= 2 * REMEMBERED {
            let known = &self.known;
            self.queue.retain(|(ticket, key)| is_valid(known, *ticket, key));
        }
        self.queue.push_back((ticket, key.clone()));
    }

    /// A write comes by a campaign; whether it waits from now on. `draws`: by lot, where nothing better says it.
    fn note(&mut self, key: &Key, now: Time, interval: Duration, draws: impl FnOnce() -> bool) -> bool {
        let seen = self.known.get(key).copied().unwrap_or_default();
        if seen.ticket.is_some() {
            return false;
        }
        let is_due = now.saturating_sub(seen.verified) >= interval || (!seen.by_us && now < interval && draws());
        if is_due {
            self.wait(key);
        }
        is_due
    }

    fn first(&mut self) -> Option<Candidate> {
        while let Some((ticket, key)) = self.queue.front() {
            if is_valid(&self.known, *ticket, key) {
                let clips = self.known.get(key).and_then(|seen| seen.clips);
                return Some(Candidate {
                    key: key.clone(),
                    clips,
                });
            }
            self.queue.pop_front();
        }
        None
    }

    fn verified(&mut self, key: &Key, at: Time, clips: Option<i64>) {
        let Some(seen) = self.seen(key) else {
            return;
        };
        let waited = seen.ticket.is_some();
        *seen = Seen {
            verified: at,
            by_us: true,
            clips: clips.or(seen.clips),
            ticket: None,
        };
        self.waiting -= usize::from(waited);
    }
}

fn is_valid(known: &HashMap<Key, Seen>, ticket: u64, key: &Key) -> bool {
    known.get(key).is_some_and(|seen| seen.ticket == Some(ticket))
}

/// The time that verifying may take.
#[derive(Clone, Copy, Debug, Default)]
struct Budget {
    /// The end of the last verification, or the backend's beginning.
    since: Time,
    /// What the last one took.
    took: Duration,
    /// The next one is for nothing: a backend that was opened for one write has had no time to earn it, and it is one of many.
    is_free: bool,
}

impl Budget {
    /// Whether one may be verified whose sum takes about so long: it is earned before, and the last one is paid off. While the one
    /// whose turn it is cannot be afforded, no other is verified, so that its time comes.
    fn allows(&self, now: Time, takes: Duration) -> bool {
        self.is_free || now.saturating_sub(self.since) >= self.took.max(takes) * REST
    }
}

thread_local! {
    static BEGIN: Instant = Instant::now();
    static CAMPAIGNS: RefCell<HashMap<BindingId, Campaigns>> = RefCell::default();
    static BUDGET: Cell<Budget> = Cell::new(Budget::default());
    static TURNS: Cell<u64> = const { Cell::new(0) };
    /// This backend has come by a campaign.
    static HAS_WRITTEN: Cell<bool> = const { Cell::new(false) };
}

fn now() -> Time {
    BEGIN.with(Instant::elapsed) + settings::debug_clock()
}

fn with<T>(total: BindingId, body: impl FnOnce(&mut Campaigns) -> T) -> T {
    CAMPAIGNS.with_borrow_mut(|all| body(all.entry(total).or_default()))
}

/// A lot that one in [`ONE_IN`] wins.
fn draws() -> bool {
    RandomState::new().build_hasher().finish().is_multiple_of(ONE_IN)
}

/// A write comes by these campaigns: those that are due wait from now on.
pub fn note<'a>(total: BindingId, keys: impl Iterator<Item = &'a Key>) {
    let Recompute::After(interval) = settings::recompute() else {
        return;
    };
    let (now, is_first) = (now(), !HAS_WRITTEN.replace(true));
    let is_young = now < interval;
    with(total, |campaigns| {
        for key in keys {
            if campaigns.note(key, now, interval, draws) && is_first && is_young {
                BUDGET.set(Budget {
                    is_free: true,
                    ..BUDGET.get()
                });
            }
        }
    });
}

/// A campaign's total may be wrong: somebody meant to write it.
pub fn doubt(total: BindingId, key: &Key) {
    with(total, |campaigns| campaigns.wait(key));
}

/// Whether anything may be verified now: nothing, where the campaign whose turn it is cannot be afforded yet.
pub fn may_verify(total: BindingId) -> bool {
    let clips = first(total).and_then(|first| first.clips).unwrap_or_default();
    matches!(settings::recompute(), Recompute::After(_)) && may_verify_so_many(clips)
}

/// Whether a campaign of so many clips may be.
pub fn may_verify_so_many(clips: i64) -> bool {
    BUDGET.get().allows(now(), estimate(clips))
}

/// How long it takes about to sum so many clips.
pub fn estimate(clips: i64) -> Duration {
    let each = if clips < MANY_CLIPS {
        Duration::from_micros(2)
    } else {
        Duration::from_micros(1)
    };
    each.saturating_mul(u32::try_from(clips).unwrap_or(u32::MAX))
}

/// The campaign whose turn it is.
pub fn first(total: BindingId) -> Option<Candidate> {
    with(total, Campaigns::first)
}

/// A total has its turn: one of its campaigns is verified.
pub fn take_turn(total: BindingId) {
    TURNS.set(TURNS.get() + 1);
    with(total, |campaigns| campaigns.turn = TURNS.get());
}

/// The places of these totals, that whose last turn is longest ago first: the budget is one for all of them, and the first that asks may
/// spend it.
pub fn in_turn(totals: impl Iterator<Item = BindingId>) -> Vec<usize> {
    let turns = totals.map(|total| with(total, |campaigns| campaigns.turn));
    let mut places: Vec<(u64, usize)> = turns.enumerate().map(|(place, turn)| (turn, place)).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

/// About how many clips a campaign has.
pub fn expect(total: BindingId, key: &Key, clips: i64) {
    with(total, |campaigns| {
        if let Some(seen) = campaigns.seen(key) {
            seen.clips = Some(clips);
        }
    });
}

/// A campaign was verified so long ago, or was tried to be: one that is given up, or cancelled, is tried again after the
/// interval.
pub fn verified(total: BindingId, key: &Key, ago: Duration, clips: Option<i64>) {
    let at = now().saturating_sub(ago);
    with(total, |campaigns| campaigns.verified(key, at, clips));
}

/// Whether a campaign is known to have many clips.
pub fn has_many_clips(total: BindingId, key: &Key) -> bool {
    with(total, |campaigns| {
        campaigns
            .known
            .get(key)
            .and_then(|seen| seen.clips)
            .is_some_and(|clips| clips >= MANY_CLIPS)
    })
}

/// Forgets all campaigns of a total that is attached anew, or no more.
pub fn forget(total: BindingId) {
    CAMPAIGNS.with_borrow_mut(|all| all.remove(&total));
}

/// Says that a verification runs, as long as it lives: however it ends, its time is paid for.
pub struct Verifying(Time);

impl Verifying {
    pub fn begin() -> Self {
        Self(now())
    }
}

impl Drop for Verifying {
    fn drop(&mut self) {
        let end = now();
        BUDGET.set(Budget {
            since: end,
            took: end.saturating_sub(self.0),
            is_free: false,
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn key(number: i64) -> Key {
        Key::Int(number)
    }

    fn at(seconds: u64) -> Time {
        Duration::from_secs(seconds)
    }

    fn note(campaigns: &mut Campaigns, number: i64, seconds: u64) -> bool {
        campaigns.note(&key(number), at(seconds), MINUTE, || false)
    }

    #[test]
    fn what_is_not_known_counts_as_verified_at_the_beginning() {
        let mut campaigns = Campaigns::default();
        assert!(!note(&mut campaigns, 1, 59));
        assert!(note(&mut campaigns, 1, 60));
        assert!(!note(&mut campaigns, 1, 61), "it waits already");
        campaigns.verified(&key(1), at(61), None);
        assert!(!note(&mut campaigns, 1, 120));
        assert!(note(&mut campaigns, 1, 121));
    }

    #[test]
    fn one_that_is_seldom_written_has_its_turn() {
        let mut campaigns = Campaigns::default();
        let (hot, cold) = (1, 2);
        assert!(note(&mut campaigns, hot, 60));
        assert!(note(&mut campaigns, cold, 60));
        let turn = |campaigns: &mut Campaigns| campaigns.first().map(|first| first.key);
        assert_eq!(turn(&mut campaigns), Some(key(hot)));
        campaigns.verified(&key(hot), at(60), Some(5));
        assert!(note(&mut campaigns, hot, 120));
        assert_eq!(turn(&mut campaigns), Some(key(cold)));
    }

    #[test]
    fn of_more_campaigns_than_are_remembered_each_has_its_turn() {
        let mut campaigns = Campaigns::default();
        let all = i64::try_from(2 * REMEMBERED).unwrap();
        let mut verified = std::collections::HashSet::new();
        for round in 1..=8 {
            for number in 0..all {
                note(&mut campaigns, number, round * 60);
                if number % 2 == 0 {
                    let first = campaigns.first().unwrap().key;
                    campaigns.verified(&first, at(round * 60), None);
                    verified.insert(first);
                }
                assert!(campaigns.known.len() <= REMEMBERED && campaigns.queue.len() <= 2 * REMEMBERED);
            }
        }
        assert_eq!(verified.len(), 2 * REMEMBERED);
    }

    #[test]
    fn a_young_backend_draws_lots_for_what_it_has_not_verified() {
        let mut campaigns = Campaigns::default();
        assert!(campaigns.note(&key(1), at(1), MINUTE, || true));
        campaigns.verified(&key(1), at(1), None);
        assert!(!campaigns.note(&key(1), at(2), MINUTE, || true));
        assert!(!campaigns.note(&key(2), at(60) - Duration::from_nanos(1), MINUTE, || false));
    }

    #[test]
    fn lots_are_won_by_about_one_in_a_thousand() {
        let won = (0..100_000).filter(|_| draws()).count();
        assert!((20..500).contains(&won), "{won}");
    }

    #[test]
    fn a_verification_is_earned_and_the_last_one_paid_off() {
        let mut budget = Budget::default();
        let second = Duration::from_secs(1);
        assert!(!budget.allows(at(19), second));
        assert!(budget.allows(at(20), second));
        budget = Budget {
            since: at(21),
            took: second,
            is_free: false,
        };
        assert!(!budget.allows(at(40), Duration::ZERO));
        assert!(budget.allows(at(41), second));
        assert!(!budget.allows(at(1_220), MINUTE));
        budget.is_free = true;
        assert!(budget.allows(at(21), MINUTE));
    }
}

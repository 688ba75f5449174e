//! One client that writes one row, or one short transaction, after the other.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;
use postgres::{Client, Error};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::arguments::Protocol;
use crate::commands::{self, Command};
use crate::contenders::Contender;
use crate::work::Kind;

/// More keys than this make no difference to a cache, and take their time to read.
const KEYS_MAX: u32 = 20_000;

/// The client's time between the two statements of an interactive transaction.
const PAUSE: Duration = Duration::from_millis(2);
/// The client's time between its write and its commit where it is long, in milliseconds. Were it always the same, clients that have
/// waited for one command would go on in step.
const LONG_PAUSE: RangeInclusive<u64> = 10..=30;

/// Writing once to every campaign ends after this.
const TOUCH_MAX: Duration = Duration::from_secs(5);

/// What a conflict ends in; it is tried again, as every client must.
const RETRYABLE: [&str; 2] = ["40001", "40P01"];

/// A clip, its one submission and its campaign.
#[derive(Clone, Debug)]
pub struct Key {
    clip: String,
    submission: String,
    campaign: String,
    earnings_cents: i64,
    approved: bool,
}

/// Keys in the order of the submissions' keys, which is no order of anything else.
pub fn keys(client: &mut Client) -> Result<Vec<Key>> {
    let rows = client.query(
        r#"SELECT c.id, s.id, s."campaignId", (c.earnings * 100)::bigint
           FROM (SELECT * FROM clip_submissions ORDER BY id LIMIT $1) s JOIN clips c ON c.id = s."clipId"
           ORDER BY s.id"#,
        &[&i64::from(KEYS_MAX)],
    )?;
    let key = |row: &postgres::Row| -> Result<Key> {
        Ok(Key {
            clip: row.try_get(0)?,
            submission: row.try_get(1)?,
            campaign: row.try_get(2)?,
            earnings_cents: row.try_get(3)?,
            approved: true,
        })
    };
    rows.iter().map(key).collect()
}

pub struct Writer {
    client: Client,
    kind: Kind,
    limit: bool,
    /// Nobody else has these: clients meet at campaigns, not at clips.
    keys: Vec<Key>,
    /// The place of one key of each campaign, in the order of the campaigns. Only spend_sync treats a campaign's first
    /// write unlike the next; for the others it is one key of any.
    touch: Vec<usize>,
    dice: SmallRng,
    plain: Command,
    with_total: Command,
    pub retries: u64,
}

impl Writer {
    pub fn new(
        mut client: Client,
        kind: Kind,
        contender: Contender,
        protocol: Protocol,
        keys: Vec<Key>,
        seed: u64,
    ) -> Result<Writer> {
        let mut seen = std::collections::HashSet::new();
        let mut touch: Vec<_> = (0..keys.len())
            .filter(|&place| seen.insert(keys[place].campaign.clone()))
            .collect();
        if !contender.is_ours() {
            touch.truncate(1);
        }
        touch.sort_by(|&one, &other| keys[one].campaign.cmp(&keys[other].campaign));
        let plain = Command::new(&mut client, protocol, commands::plain(kind))?;
        let with_total = Command::new(&mut client, protocol, &commands::with_total(kind))?;
        Ok(Writer {
            client,
            kind,
            limit: contender == Contender::Limit,
            keys,
            touch,
            dice: SmallRng::seed_from_u64(seed),
            plain,
            with_total,
            retries: 0,
        })
    }

    /// Something else that its session says.
    pub fn say(&mut self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql)?)
    }

    /// Of the campaigns to write to once, this writer takes its share.
    pub fn share_touches(&mut self, number: usize, clients: usize) {
        self.touch = self.touch.iter().skip(number).step_by(clients).copied().collect();
    }

    /// One write in each campaign of its share, then anywhere for some `time`. Returns how long the very first one took.
    pub fn warm_up(&mut self, time: Duration) -> Result<Duration> {
        let begin = Instant::now();
        let mut first = None;
        for place in self.touch.clone() {
            self.write(place)?;
            first.get_or_insert_with(|| begin.elapsed());
            if begin.elapsed() >= TOUCH_MAX {
                break;
            }
        }
        self.write_for(time)?;
        Ok(first.unwrap_or_default())
    }

    /// Writes until the time is up, at least once. Returns how many writes.
    pub fn write_for(&mut self, time: Duration) -> Result<u64> {
        let begin = Instant::now();
        self.write_while(|| begin.elapsed() < time)
    }

    /// Writes until somebody says that it is done, at least once. Returns how many writes.
    pub fn write_until(&mut self, is_done: &AtomicBool) -> Result<u64> {
        self.write_while(|| !is_done.load(Ordering::Relaxed))
    }

    fn write_while(&mut self, goes_on: impl Fn() -> bool) -> Result<u64> {
        let mut writes = 0;
        while writes == 0 || goes_on() {
            let place = self.dice.random_range(0..self.keys.len());
            self.write(place)?;
            writes += 1;
        }
        Ok(writes)
    }

    /// One write, tried again until it succeeds.
    fn write(&mut self, place: usize) -> Result<()> {
        loop {
            let outcome = match self.kind {
                Kind::Approval => self.approval(place),
                Kind::Interactive => self.interactive(place),
                Kind::DdlBesideTransactions => self.in_transaction(place),
                _ => self.clip(place),
            };
            let Err(error) = outcome else {
                return Ok(());
            };
            let code = error.code().map_or("", |state| state.code());
            if !RETRYABLE.contains(&code) {
                return Err(error.into());
            }
            self.retries += 1;
            self.client.batch_execute("ROLLBACK")?;
        }
    }

    /// Up to half a unit up or down, never nothing.
    fn difference_cents(&mut self) -> i64 {
        let cents = self.dice.random_range(1..=50);
        if self.dice.random_range(0..2) == 0 {
            cents
        } else {
            -cents
        }
    }

    fn clip(&mut self, place: usize) -> Result<(), Error> {
        let difference = commands::amount(self.difference_cents());
        let key = &self.keys[place];
        if self.limit {
            self.with_total
                .run(&mut self.client, &[&difference, &key.clip, &difference, &key.campaign])
        } else {
            self.plain.run(&mut self.client, &[&difference, &key.clip])
        }
    }

    fn in_transaction(&mut self, place: usize) -> Result<(), Error> {
        self.client.batch_execute("BEGIN")?;
        self.clip(place)?;
        let pause = self.dice.random_range(LONG_PAUSE);
        sleep(Duration::from_millis(pause));
        self.client.batch_execute("COMMIT")
    }

    fn approval(&mut self, place: usize) -> Result<(), Error> {
        let key = &mut self.keys[place];
        let (status, cents) = if key.approved {
            ("PENDING", -key.earnings_cents)
        } else {
            ("APPROVED", key.earnings_cents)
        };
        if self.limit {
            let difference = commands::amount(cents);
            self.with_total
                .run(&mut self.client, &[status, &key.submission, &difference, &key.campaign])?;
        } else {
            self.plain.run(&mut self.client, &[status, &key.submission])?;
        }
        key.approved = !key.approved;
        Ok(())
    }

    /// The limit moves the total once, with the last statement: it does not hold the campaign while its client pauses.
    fn interactive(&mut self, first: usize) -> Result<(), Error> {
        let second = self.dice.random_range(0..self.keys.len());
        let (one, two) = (self.difference_cents(), self.difference_cents());
        let (of_first, of_second) = (commands::amount(one), commands::amount(two));
        self.client.batch_execute("BEGIN")?;
        self.plain.run(&mut self.client, &[&of_first, &self.keys[first].clip])?;
        sleep(PAUSE);
        let key = &self.keys[second];
        if self.limit {
            let both = commands::amount(one + two);
            self.with_total
                .run(&mut self.client, &[&of_second, &key.clip, &both, &key.campaign])?;
        } else {
            self.plain.run(&mut self.client, &[&of_second, &key.clip])?;
        }
        self.client.batch_execute("COMMIT")
    }
}

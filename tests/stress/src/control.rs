//! What the threads share: when to stop, when something last ended, what went wrong.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::cut;
use crate::tally::COMMITS_MIN;

pub struct Control {
    begin: Instant,
    stop: AtomicBool,
    last_end_ms: AtomicU64,
    committed: AtomicU64,
    snapshots: AtomicU64,
    failures: Mutex<Vec<String>>,
    /// The server is to be taken away: a lost connection is no failure.
    until_cut: bool,
    was_cut: AtomicBool,
}

impl Control {
    pub fn new(until_cut: bool) -> Control {
        Control {
            begin: Instant::now(),
            stop: AtomicBool::new(false),
            last_end_ms: AtomicU64::new(0),
            committed: AtomicU64::new(0),
            snapshots: AtomicU64::new(0),
            failures: Mutex::new(Vec::new()),
            until_cut,
            was_cut: AtomicBool::new(false),
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether an error is the end that was waited for: then the run stops.
    pub fn cut_by(&self, error: &postgres::Error) -> bool {
        let cut = self.until_cut && cut::is_lost_connection(error);
        if cut {
            self.was_cut.store(true, Ordering::Relaxed);
            self.stop();
        }
        cut
    }

    pub fn was_cut(&self) -> bool {
        self.was_cut.load(Ordering::Relaxed)
    }

    /// A transaction has committed; the one that makes them enough says so, to whoever waits to take the server away.
    pub fn transaction_committed(&self) {
        if self.committed.fetch_add(1, Ordering::Relaxed) + 1 == COMMITS_MIN && self.until_cut {
            println!("{COMMITS_MIN} transactions have committed");
        }
    }

    /// A snapshot was checked.
    pub fn snapshot_checked(&self) {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
    }

    pub fn snapshots(&self) -> u64 {
        self.snapshots.load(Ordering::Relaxed)
    }

    /// A transaction has ended, in whatever way.
    pub fn transaction_ended(&self) {
        self.last_end_ms
            .store(self.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// How long no transaction has ended.
    pub fn standstill(&self) -> Duration {
        self.elapsed()
            .saturating_sub(Duration::from_millis(self.last_end_ms.load(Ordering::Relaxed)))
    }

    /// Something that must not happen: the run stops, and has failed.
    pub fn fail(&self, failure: String) {
        eprintln!("FAILURE: {failure}");
        // A thread that panicked while it held the lock has still left a list of strings.
        self.failures
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .push(failure);
        self.stop();
    }

    pub fn failures(&self) -> usize {
        self.failures
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .len()
    }
}

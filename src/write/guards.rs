//! Guards: locks that stand for rows, by their keys. Who takes which, and when one stands for a whole table.

use crate::errors::Result;
use crate::pg::guard::{Guard, Mode};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::thread::LocalKey;

/// How many keys a transaction guards one by one; beyond, whole tables. Locks live in a table of fixed size that all
/// sessions share: a bulk load must not fill it.
pub const KEYS_GUARDED: usize = 64;

thread_local! {
    /// How many keys this transaction has guarded so far, in each role. A rollback to a savepoint gives the locks back
    /// and not the count.
    static INSERTED: Cell<usize> = const { Cell::new(0) };
    static WRITTEN: Cell<usize> = const { Cell::new(0) };
    static MISSED: Cell<usize> = const { Cell::new(0) };
}

/// The transaction ended.
pub fn clear() {
    INSERTED.set(0);
    WRITTEN.set(0);
    MISSED.set(0);
}

/// Who takes guards. Those who insert or write never wait for each other, nor do those who miss rows; one of each does where
/// both guard the same key, or one guards a table.
#[derive(Clone, Copy)]
pub enum Who {
    /// Inserted rows.
    Inserts,
    /// Wrote clips that were there. A few leave the table alone, where all there are would meet.
    Writes,
    /// Found no row, or left it to its writer.
    Misses,
}

impl Who {
    /// How many keys it has guarded so far.
    pub fn guarded(self) -> usize {
        self.count().get()
    }

    fn count(self) -> &'static LocalKey<Cell<usize>> {
        match self {
            Self::Inserts => &INSERTED,
            Self::Writes => &WRITTEN,
            Self::Misses => &MISSED,
        }
    }

    /// The modes of a table whose keys are guarded one by one, of each such key, and of one that is guarded whole.
    fn modes(self) -> (Option<Mode>, Mode, Mode) {
        match self {
            Self::Inserts => (Some(Mode::RowShare), Mode::RowExclusive, Mode::RowExclusive),
            Self::Writes => (None, Mode::RowExclusive, Mode::RowExclusive),
            Self::Misses => (Some(Mode::Share), Mode::Share, Mode::Exclusive),
        }
    }

    /// Takes the guards of these keys of a table at once.
    pub fn guard(self, table: u32, keys: BTreeSet<u32>) -> Result<()> {
        let mut guards = Guards::default();
        guards.add(self, Guarded::from([(table, keys)]));
        guards.take()
    }
}

/// Keys of each table, as their guards have them: by their hashes.
pub type Guarded = BTreeMap<u32, BTreeSet<u32>>;

/// Guards that are taken together, in their order.
#[derive(Default)]
pub struct Guards(BTreeMap<Guard, Mode>);

impl Guards {
    pub fn add(&mut self, who: Who, guarded: Guarded) {
        let (of_table, of_key, _) = who.modes();
        for (table, keys) in guarded.into_iter().filter(|(_, keys)| !keys.is_empty()) {
            let count = who.count().get().saturating_add(keys.len());
            who.count().set(count);
            if count > KEYS_GUARDED {
                self.add_whole(who, table);
                continue;
            }
            if let Some(mode) = of_table {
                self.set(Guard::Table(table), mode);
            }
            keys.into_iter()
                .for_each(|key| self.set(Guard::Key(table, key), of_key));
        }
    }

    pub fn add_whole(&mut self, who: Who, table: u32) {
        let (_, _, mode) = who.modes();
        self.set(Guard::Table(table), mode);
    }

    fn set(&mut self, guard: Guard, mode: Mode) {
        let both = self.0.get(&guard).map_or(mode, |other| other.and(mode));
        self.0.insert(guard, both);
    }

    pub fn take(self) -> Result<()> {
        self.0.into_iter().try_for_each(|(guard, mode)| guard.wait(mode))
    }
}

//! What a backend keeps of what it read from the catalogs, until they change.

use super::restored::Restored;
use crate::errors::Result;
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::rc::Rc;

thread_local! {
    /// Goes up whenever anything that is kept may have become wrong.
    static EPOCH: Cell<u64> = const { Cell::new(0) };
    /// The relations that what is kept depends on, or once did.
    static WATCHED: RefCell<HashSet<Oid>> = RefCell::default();
    /// The types, by the hashes under which the system caches tell of them.
    static WATCHED_TYPES: RefCell<HashSet<u32>> = RefCell::default();
    /// Something is loaded; one load may need another.
    static LOADING: Cell<bool> = const { Cell::new(false) };
    /// What has changed since a load began: it may come to depend on it yet.
    static CHANGED: RefCell<Changed> = RefCell::default();
}

/// Relations and types, as PostgreSQL tells of them.
#[derive(Default)]
struct Changed {
    relations: HashSet<Oid>,
    types: HashSet<u32>,
}

/// Notes a change that nothing kept depends on, while something is loaded.
fn note(change: impl FnOnce(&mut Changed)) {
    if LOADING.get() {
        CHANGED.with(|changed| match changed.try_borrow_mut() {
            Ok(mut changed) => change(&mut changed),
            Err(_) => EPOCH.set(EPOCH.get() + 1),
        });
    }
}

/// Whether something has changed since the load began that it has come to depend on.
fn has_changed() -> bool {
    let relation = |one: &Oid| WATCHED.with_borrow(|watched| watched.contains(one));
    let kind = |one: &u32| WATCHED_TYPES.with_borrow(|watched| watched.contains(one));
    CHANGED.with_borrow(|changed| changed.relations.iter().any(relation) || changed.types.iter().any(kind))
}

/// PostgreSQL's word that a relation changed (an invalid OID: any may have). Called amid other work: it only counts.
pub fn forget(relation: Oid) {
    let is_watched = || WATCHED.with(|watched| watched.try_borrow().is_ok_and(|watched| watched.contains(&relation)));
    if relation == Oid::INVALID || is_watched() {
        EPOCH.set(EPOCH.get() + 1);
    } else {
        note(|changed| changed.relations.extend([relation]));
    }
}

/// PostgreSQL's word that a type changed, by its hash (0: any may have). Each table that is created has a type of its own: what
/// is not watched is nothing to us.
pub fn forget_type(hash: u32) {
    let is_watched = || WATCHED_TYPES.with(|watched| watched.try_borrow().is_ok_and(|watched| watched.contains(&hash)));
    if hash == 0 || is_watched() {
        EPOCH.set(EPOCH.get() + 1);
    } else {
        note(|changed| changed.types.extend([hash]));
    }
}

/// The state of the catalogs, by number: what was read of a relation that is watched holds as long as it is the same.
pub fn epoch() -> u64 {
    EPOCH.get()
}

/// What is being loaded names a type of this hash.
pub fn watch_type(hash: u32) {
    WATCHED_TYPES.with_borrow_mut(|watched| watched.insert(hash));
}

/// What is being loaded depends on these relations.
pub fn watch(relations: &[Oid]) {
    WATCHED.with_borrow_mut(|watched| watched.extend(relations));
}

/// Values by what they are known by, all of one epoch.
///
/// A thread's own must be wrapped in `ManuallyDrop` where values own memory of PostgreSQL's: when a backend's thread
/// ends, that is gone already.
pub struct Cached<K, T> {
    entries: RefCell<HashMap<K, Rc<T>>>,
    epoch: Cell<u64>,
}

impl<K, T> Default for Cached<K, T> {
    fn default() -> Self {
        Self {
            entries: RefCell::default(),
            epoch: Cell::default(),
        }
    }
}

impl<K: Eq + Hash, T> Cached<K, T> {
    /// The value kept, else the one loaded. What became wrong while it was loaded is used once and not kept.
    pub fn get_or_load(&self, key: K, load: impl FnOnce() -> Result<Option<Rc<T>>>) -> Result<Option<Rc<T>>> {
        let epoch = EPOCH.get();
        if self.epoch.replace(epoch) != epoch {
            drop(self.entries.take());
        }
        if let Some(found) = self.entries.borrow().get(&key) {
            return Ok(Some(Rc::clone(found)));
        }
        if !LOADING.get() {
            CHANGED.take();
        }
        let loading = Restored::set(&LOADING, true);
        let loaded = load()?;
        drop(loading);
        if has_changed() {
            EPOCH.set(EPOCH.get() + 1);
        }
        if let Some(loaded) = &loaded
            && EPOCH.get() == epoch
        {
            self.entries.borrow_mut().insert(key, Rc::clone(loaded));
        }
        Ok(loaded)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_loaded_anew() {
        let (cache, key, watched) = (Cached::default(), Oid::from(1), Oid::from(2));
        let get = |value| *cache.get_or_load(key, || Ok(Some(Rc::new(value)))).unwrap().unwrap();
        watch(&[watched]);
        assert_eq!(get(1), 1);
        forget(Oid::from(3));
        assert_eq!(get(2), 1, "a relation that nothing depends on");
        forget(watched);
        assert_eq!(get(3), 3);
        forget(Oid::INVALID);
        assert_eq!(get(4), 4);
    }

    #[test]
    fn a_type_that_is_watched_is_looked_up_anew() {
        let (cache, key) = (Cached::default(), Oid::from(1));
        let get = |value| *cache.get_or_load(key, || Ok(Some(Rc::new(value)))).unwrap().unwrap();
        watch_type(7);
        assert_eq!(get(1), 1);
        forget_type(8);
        assert_eq!(get(2), 1, "a type that nothing names");
        forget_type(7);
        assert_eq!(get(3), 3);
    }

    #[test]
    fn what_changes_while_it_is_loaded_is_not_kept() {
        let (cache, key) = (Cached::default(), Oid::from(1));
        let load = || {
            forget(Oid::from(9));
            watch(&[Oid::from(9)]);
            Ok(Some(Rc::new(1)))
        };
        assert_eq!(*cache.get_or_load(key, load).unwrap().unwrap(), 1);
        assert_eq!(*cache.get_or_load(key, || Ok(Some(Rc::new(2)))).unwrap().unwrap(), 2);
    }

    #[test]
    fn what_nothing_depends_on_may_change_while_it_is_loaded() {
        let (cache, key) = (Cached::default(), Oid::from(1));
        let load = || {
            forget(Oid::from(10));
            forget_type(11);
            Ok(Some(Rc::new(1)))
        };
        assert_eq!(*cache.get_or_load(key, load).unwrap().unwrap(), 1);
        assert_eq!(*cache.get_or_load(key, || Ok(Some(Rc::new(2)))).unwrap().unwrap(), 1);
    }
}

//! A variable that has another value for a while.

use std::cell::Cell;
use std::thread::LocalKey;

/// Gives a variable back the value that it had, whichever way what it was set for ends.
#[must_use]
pub struct Restored<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);

impl<T: Copy> Restored<T> {
    /// Sets it for as long as this lives.
    pub fn set(variable: &'static LocalKey<Cell<T>>, value: T) -> Self {
        Self(variable, variable.replace(value))
    }
}

impl<T: Copy> Drop for Restored<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

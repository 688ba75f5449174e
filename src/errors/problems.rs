//! Several errors of ours, where not the first alone is told.

use super::{Error, Ours, Result};

/// What was met, one after the other.
#[derive(Debug, Default)]
pub struct Problems(Vec<Ours>);

impl Problems {
    /// What was found; an error of ours is noted, and nothing may follow one of PostgreSQL's.
    pub fn take<T>(&mut self, found: Result<T>) -> Result<Option<T>> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Error::Ours(problem)) => {
                self.0.push(problem);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What was found, if nothing else was; else the first problem, which says how many there are.
    pub fn or_first<T>(self, found: Option<T>) -> Result<T> {
        let others = self.0.len().saturating_sub(1);
        match (self.0.into_iter().next(), found) {
            (None, Some(found)) => Ok(found),
            (None, None) => Err(Error::internal("nothing found, and no problem")),
            (Some(first), _) if others == 0 => Err(Error::Ours(first)),
            (Some(first), _) => Err(Error::Ours(Ours::First(Box::new(first), others))),
        }
    }
}

impl IntoIterator for Problems {
    type Item = Ours;
    type IntoIter = std::vec::IntoIter<Ours>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

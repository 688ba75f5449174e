//! The last preview, for whoever turns its pages. At a million clips one takes seconds, and a search asks at every
//! keystroke.

use crate::database::Database;
use crate::errors::Error;
use crate::records::Preview;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

type Outcome = Result<Arc<Preview>, Error>;

#[derive(Default)]
pub struct Previews {
    last: Arc<Mutex<Option<Taken>>>,
    /// When the newest repair of ours ended: no preview that was asked for before it will do.
    repaired_at: std::sync::Mutex<Option<Instant>>,
}

struct Taken {
    /// Before the database was asked: what it answered is at least as new.
    asked_at: Instant,
    outcome: Outcome,
}

impl Previews {
    /// At most one preview is taken at a time: whoever comes meanwhile waits, and shares the next one, or its failure.
    pub async fn no_older_than(&self, age: Duration, database: &Arc<Database>) -> Outcome {
        let came_at = Instant::now();
        let oldest = came_at.checked_sub(age).max(self.repaired_at());
        let (last, database) = (self.last.clone(), database.clone());
        // In a task of its own: whoever hangs up must not leave the database at work while the next one asks it again.
        let taking = tokio::spawn(async move {
            let mut last = last.lock_owned().await;
            if let Some(taken) = &*last
                && taken.will_do(oldest, came_at)
            {
                return taken.outcome.clone();
            }
            let asked_at = Instant::now();
            let outcome = database.preview().await.map(Arc::new);
            *last = Some(Taken {
                asked_at,
                outcome: outcome.clone(),
            });
            outcome
        });
        taking.await.unwrap_or(Err(Error::Internal))
    }

    /// What was previewed before is out of date.
    pub fn repaired(&self) {
        if let Ok(mut at) = self.repaired_at.lock() {
            *at = Some(Instant::now());
        }
    }

    fn repaired_at(&self) -> Option<Instant> {
        self.repaired_at.lock().ok().and_then(|at| *at)
    }
}

impl Taken {
    /// A failure is shared by those who waited for it, and does not last.
    fn will_do(&self, oldest: Option<Instant>, came_at: Instant) -> bool {
        let oldest = if self.outcome.is_ok() { oldest } else { Some(came_at) };
        oldest.is_none_or(|oldest| self.asked_at >= oldest)
    }
}

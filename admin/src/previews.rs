//! The last preview, for whoever turns its pages. At a million clips one takes seconds, and a search asks at every
//! keystroke.

use crate::database::Database;
use crate::errors::Error;
use crate::records::Preview;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

#[derive(Default)]
pub struct Previews {
    last: Mutex<Option<Taken>>,
}

struct Taken {
    /// Before the database was asked: what it answered is at least as new.
    asked_at: Instant,
    preview: Arc<Preview>,
}

impl Previews {
    /// At most one preview is taken at a time: whoever comes meanwhile waits, and shares the next one.
    pub async fn no_older_than(&self, age: Duration, database: &Database) -> Result<Arc<Preview>, Error> {
        let oldest = Instant::now().checked_sub(age);
        let mut last = self.last.lock().await;
        if let Some(taken) = &*last
            && oldest.is_none_or(|oldest| taken.asked_at >= oldest)
        {
            return Ok(taken.preview.clone());
        }
        let asked_at = Instant::now();
        let preview = Arc::new(database.preview().await?);
        *last = Some(Taken {
            asked_at,
            preview: preview.clone(),
        });
        Ok(preview)
    }
}

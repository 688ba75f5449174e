//! What all requests share.

use crate::config::Config;
use crate::database::Database;
use crate::previews::Previews;
use crate::tokens::Tokens;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A handle on it: copies share one.
#[derive(Clone)]
pub struct App(Arc<Shared>);

pub struct Shared {
    pub tokens: Tokens,
    pub database: Arc<Database>,
    pub previews: Previews,
    stopping: AtomicBool,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Shared {
            tokens: Tokens {
                admin: config.admin_token.clone(),
                viewer: config.viewer_token.clone(),
            },
            database: Arc::new(Database {
                pool: config.pool(),
                campaigns: config.campaigns.clone(),
                budget: config.budget.clone(),
            }),
            previews: Previews::default(),
            stopping: AtomicBool::new(false),
        }))
    }

    /// From now on a long repair ends after the campaign that it is at.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    pub fn stops(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    /// Waits for what runs, and closes the connections.
    pub async fn close(&self) {
        self.0.database.pool.close().await;
    }
}

//! The application's tables, filled once for each layout; every contender works on the same ones.

use anyhow::Result;
use postgres::Client;

use crate::oracle;

const SCHEMA: &str = include_str!("../../demo/schema.sql");
const LOAD: &str = include_str!("../sql/load.sql");

/// How many clips, dealt out to how many campaigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub clips: u32,
    pub campaigns: u32,
}

impl Layout {
    pub const fn new(clips: u32, campaigns: u32) -> Layout {
        Layout { clips, campaigns }
    }

    pub fn clips_per_campaign(self) -> u32 {
        self.clips / self.campaigns
    }
}

pub fn load(client: &mut Client, layout: Layout) -> Result<()> {
    client.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")?;
    client.batch_execute(SCHEMA)?;
    client.batch_execute(
        &LOAD
            .replace("{clips}", &layout.clips.to_string())
            .replace("{campaigns}", &layout.campaigns.to_string()),
    )?;
    oracle::set_right(client)?;
    client.batch_execute("VACUUM (ANALYZE)")?;
    client.batch_execute("CHECKPOINT")?;
    Ok(())
}

/// What a run may leave behind, beside dead rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing: the oracle has just said so, and there is no need to sum a million clips again.
    Right,
    WrongTotals,
    PendingSubmissions,
}

pub fn clean(client: &mut Client, left: Left) -> Result<()> {
    if left == Left::PendingSubmissions {
        client.batch_execute("UPDATE clip_submissions SET status = 'APPROVED' WHERE status <> 'APPROVED'")?;
    }
    if left != Left::Right {
        oracle::set_right(client)?;
    }
    for table in ["campaigns", "clips", "clip_submissions"] {
        client.batch_execute(&format!("VACUUM {table}"))?;
    }
    Ok(())
}

/// A row trigger leaves a version of a campaign for every clip of a bulk statement: more than a VACUUM gives back, and
/// whoever comes next would read through it.
pub fn rewrite_campaigns(client: &mut Client) -> Result<()> {
    client.batch_execute("VACUUM (FULL) campaigns")?;
    Ok(())
}

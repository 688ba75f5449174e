//! The totals that are kept, each a column of one table over links to clips: which tables and columns they are made of.

use anyhow::{Context, Result};
use postgres::Client;

use crate::schema::Schema;

#[derive(Debug, PartialEq, Eq)]
pub struct Total {
    /// Where its tables stand.
    pub schema: &'static str,
    pub campaigns: &'static str,
    /// The column of campaigns.
    pub column: &'static str,
    /// Brought up at the other moment than the schema's first.
    pub is_of_other_moment: bool,
    pub links: &'static str,
    /// The links' columns, quoted where need be.
    pub link_campaign: &'static str,
    pub link_clip: &'static str,
    /// The clips' column that links name.
    pub clip_key: &'static str,
    /// The statuses whose links count.
    pub approved: &'static [&'static str],
}

impl Total {
    /// `campaigns.spent`, over the submissions, which know clips by their id.
    pub const fn of_campaigns(schema: &'static str, approved: &'static [&'static str]) -> Total {
        Total {
            schema,
            campaigns: "campaigns",
            column: "spent",
            is_of_other_moment: false,
            links: "clip_submissions",
            link_campaign: "\"campaignId\"",
            link_clip: "\"clipId\"",
            clip_key: "id",
            approved,
        }
    }

    /// `campaigns.reserved`, over the same submissions as long as they are pending.
    pub const fn of_pending(schema: &'static str) -> Total {
        Total {
            column: "reserved",
            ..Total::of_campaigns(schema, &["PENDING"])
        }
    }

    /// `accounts.spent` over the same clips, by links of its own, which know clips by their code.
    pub const fn of_accounts(schema: &'static str) -> Total {
        Total {
            schema,
            campaigns: "accounts",
            column: "spent",
            is_of_other_moment: true,
            links: "account_links",
            link_campaign: "account",
            link_clip: "code",
            clip_key: "code",
            approved: &["APPROVED", "PAID"],
        }
    }

    pub fn table(&self) -> String {
        format!("{}.{}", self.schema, self.campaigns)
    }

    /// As the extension calls it.
    pub fn name(&self) -> String {
        format!("{}.{}", self.table(), self.column)
    }

    /// Binds the tables; gives what attach says it bound.
    pub fn attach(&self, client: &mut Client, flush: &str) -> Result<String> {
        let (table, approved) = (self.table(), self.approved.join(","));
        // No link column is named: the keyed links are read from foreign keys, the loose ones from the columns' names.
        let bound = client
            .query_one(
                &format!(
                    "SELECT concat_ws(', ', total, source, link, approved_when, on_direct_write,
                         brought_up_at, 'corrected ' || corrected)
                     FROM spend_sync_attach(campaigns => '{table}', spent => '{column}', clips => '{schema}.clips',
                         submissions => '{schema}.{links}', clip_id => '{clip_key}', approved => '{{{approved}}}',
                         flush => '{flush}')",
                    schema = self.schema,
                    column = self.column,
                    links = self.links,
                    clip_key = self.clip_key,
                ),
                &[],
            )
            .with_context(|| format!("cannot attach {}", self.name()))?;
        Ok(bound.try_get(0)?)
    }
}

/// The totals of the schemas that are attached with `flush => 'commit'`.
pub fn flushed_at_commit(client: &mut Client, schemas: &[&'static Schema]) -> Result<Vec<String>> {
    let rows = client.query(
        "SELECT campaigns || '.' || spent FROM spend_sync.binding WHERE flush = 'commit'",
        &[],
    )?;
    let names = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<String>, _>>()?;
    let of_schemas = schemas.iter().flat_map(|schema| schema.totals).map(Total::name);
    Ok(of_schemas.filter(|name| names.contains(name)).collect())
}

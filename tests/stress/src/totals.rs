//! The totals that are kept, each a column of one table over links: which tables and columns they are made of.

use anyhow::{Context, Result};
use postgres::Client;

use crate::schema::Schema;

/// What a link that counts adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adds {
    /// What its clip earned.
    Earnings,
    /// One for its clip, if that is there.
    Clip,
    /// An amount of its own, in this column.
    Amount(&'static str),
    /// One.
    One,
}

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
    /// Whether a tenant is part of all keys.
    pub is_by_tenant: bool,
    pub adds: Adds,
    /// The statuses whose links count; none: all do.
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
            is_by_tenant: false,
            adds: Adds::Earnings,
            approved,
        }
    }

    /// `campaigns.counted`, how many clips of these submissions there are.
    pub const fn of_counts(schema: &'static str, approved: &'static [&'static str]) -> Total {
        Total {
            column: "counted",
            adds: Adds::Clip,
            ..Total::of_campaigns(schema, approved)
        }
    }

    /// `campaigns.fees`, over an amount on the submissions themselves.
    pub const fn of_fees(schema: &'static str, approved: &'static [&'static str]) -> Total {
        Total {
            column: "fees",
            adds: Adds::Amount("fee"),
            ..Total::of_campaigns(schema, approved)
        }
    }

    /// `campaigns.sent`, how many submissions there are, whatever their status.
    pub const fn of_all(schema: &'static str) -> Total {
        Total {
            column: "sent",
            adds: Adds::One,
            ..Total::of_campaigns(schema, &[])
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
            is_by_tenant: false,
            adds: Adds::Earnings,
            approved: &["APPROVED", "PAID"],
        }
    }

    /// The same by keys of two columns.
    pub const fn by_tenant(self) -> Total {
        Total {
            is_by_tenant: true,
            ..self
        }
    }

    /// The columns by which campaigns are known, in their order, and the key as the extension gives it; of a campaign `k`.
    pub fn key_of_k(&self) -> [&'static str; 2] {
        if self.is_by_tenant {
            ["k.tenant, k.id", "ROW(k.tenant, k.id)::text"]
        } else {
            ["k.id", "k.id"]
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
        let (table, schema) = (self.table(), self.schema);
        let mut of_clips = format!("clips => '{schema}.clips', clip_id => '{}'", self.clip_key);
        let mut by = String::new();
        if self.is_by_tenant {
            of_clips = format!(
                "clips => '{schema}.clips', clip_id => '{{tenant,id}}', submission_clip => '{{clip_tenant,clipId}}'"
            );
            by = ", campaign_id => '{tenant,id}', submission_campaign => '{campaign_tenant,campaignId}'".to_owned();
        }
        let adds = match self.adds {
            Adds::Earnings => of_clips,
            Adds::Clip => format!("{of_clips}, count => true"),
            Adds::Amount(column) => format!("clips => NULL, earnings => '{column}'"),
            Adds::One => "clips => NULL, count => true".to_owned(),
        };
        let counts = match self.approved {
            [] => "status => NULL".to_owned(),
            some => format!("approved => '{{{}}}'", some.join(",")),
        };
        // Of tenants alone a link column is named: the keyed links are read from foreign keys, the loose ones from the columns' names.
        let bound = client
            .query_one(
                &format!(
                    "SELECT concat_ws(', ', total, source, link, approved_when, on_direct_write,
                         brought_up_at, 'corrected ' || corrected)
                     FROM spend_sync_attach(campaigns => '{table}', spent => '{column}', submissions => '{schema}.{links}',
                         {adds}, {counts}, flush => '{flush}'{by})",
                    column = self.column,
                    links = self.links,
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

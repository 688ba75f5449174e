//! The truth: a plain sum over the tables, written here by hand and using nothing of the extension.

use anyhow::Result;
use postgres::{Client, SimpleQueryMessage};

use crate::schema::Schema;

/// One thing a snapshot said that is not so.
#[derive(Clone, Debug)]
pub struct Drift {
    pub campaign: String,
    pub recorded: String,
    pub actual: String,
}

/// What one snapshot said.
#[derive(Debug, Default)]
pub struct Findings {
    pub drifts: Vec<Drift>,
    /// All totals as text: a run in which they never change can find nothing.
    pub totals: String,
}

/// The sum of one campaign: a row of the link table is one contribution, an earning that is NULL counts 0.
pub fn sum_of_campaign(schema: &Schema, campaign: &str) -> String {
    format!(
        "(SELECT coalesce(sum(c.earnings), 0) FROM {})",
        approved_clips(schema, campaign)
    )
}

fn approved_clips(schema: &Schema, campaign: &str) -> String {
    let (name, approved) = (schema.name, schema.approved.join("', '"));
    format!(
        "{name}.clip_submissions s JOIN {name}.clips c ON c.id = s.\"clipId\"
         WHERE s.\"campaignId\" = {campaign} AND s.status IN ('{approved}')"
    )
}

/// A query of no row if every campaign of the schema agrees: where ('spent <schema>.<campaign>'), recorded, actual.
///
///     SELECT 'spent s.' || k.id, k.spent, sum
///     FROM s.campaigns k
///     WHERE k.spent IS DISTINCT FROM (SELECT sum(c.earnings) FROM s.clip_submissions s JOIN s.clips c ...)
pub fn spent_query(schema: &Schema) -> String {
    let (name, sum) = (schema.name, sum_of_campaign(schema, "k.id"));
    format!(
        "SELECT 'spent {name}.' || k.id, k.spent, {sum} FROM {name}.campaigns k WHERE k.spent IS DISTINCT FROM {sum}"
    )
}

/// A query of no row if `spend_sync_status()` says of every campaign, in key order, what the plain sum says. Approved
/// clips are the terms of the sum: approved submissions whose clip exists.
pub fn status_query(schema: &Schema) -> String {
    let (name, sum, from) = (
        schema.name,
        sum_of_campaign(schema, "k.id"),
        approved_clips(schema, "k.id"),
    );
    format!(
        "WITH truth AS (
             SELECT row_number() OVER (ORDER BY k.id) AS place, k.id AS campaign_id, k.title, k.spent AS recorded_spent,
                    {sum} AS actual_spent, {sum} - k.spent AS difference, k.spent IS DISTINCT FROM {sum} AS needs_sync,
                    (SELECT count(*) FROM {from}) AS approved_clips
             FROM {name}.campaigns k),
         said AS (
             SELECT ordinality AS place, campaign_id, title, recorded_spent, actual_spent, difference, needs_sync,
                    approved_clips
             FROM spend_sync_status('{name}.campaigns') WITH ORDINALITY)
         SELECT 'status {name}.' || coalesce(truth.campaign_id, said.campaign_id), said, truth
         FROM truth FULL JOIN said USING (place)
         WHERE (truth.*) IS DISTINCT FROM (said.*)"
    )
}

/// One row, 'totals', of everything that is summed.
pub fn totals_query(schema: &Schema) -> String {
    format!(
        "SELECT 'totals', string_agg(id || '=' || spent, ' ' ORDER BY id), '' FROM {}.campaigns",
        schema.name
    )
}

/// Runs queries of the three kinds above, in one round trip, in the transaction or snapshot they themselves name.
pub fn ask(client: &mut Client, queries: &str) -> Result<Findings, postgres::Error> {
    let mut findings = Findings::default();
    for message in client.simple_query(queries)? {
        let SimpleQueryMessage::Row(row) = message else {
            continue;
        };
        let text = |column| row.get(column).unwrap_or("NULL").to_owned();
        match row.get(0) {
            Some("totals") => findings.totals += &text(1),
            _ => findings.drifts.push(Drift {
                campaign: text(0),
                recorded: text(1),
                actual: text(2),
            }),
        }
    }
    Ok(findings)
}

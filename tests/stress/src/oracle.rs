//! The truth: a plain sum over the tables, written here by hand and using nothing of the extension.

use anyhow::Result;
use postgres::{Client, SimpleQueryMessage};

use crate::schema::{Schema, Shape};
use crate::totals::{Adds, Total};

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

/// The sum of one campaign: a row of the link table is one contribution, an amount that is NULL counts 0.
pub fn sum_of_campaign(total: &Total, campaign: &str) -> String {
    let sum = match total.adds {
        Adds::Earnings => "coalesce(sum(c.earnings), 0)".to_owned(),
        Adds::Amount(column) => format!("coalesce(sum(s.{column}), 0)"),
        Adds::Clip | Adds::One => "count(*)".to_owned(),
    };
    format!("(SELECT {sum} FROM {})", approved_rows(total, campaign))
}

fn approved_rows(total: &Total, campaign: &str) -> String {
    let Total {
        schema,
        links,
        link_campaign,
        link_clip,
        clip_key,
        ..
    } = total;
    let clips = match total.adds {
        Adds::Earnings | Adds::Clip => format!("JOIN {schema}.clips c ON c.{clip_key} = s.{link_clip}"),
        Adds::Amount(_) | Adds::One => String::new(),
    };
    let counts = match total.approved {
        [] => String::new(),
        some => format!("AND s.status IN ('{}')", some.join("', '")),
    };
    format!("{schema}.{links} s {clips} WHERE s.{link_campaign} = {campaign} {counts}")
}

/// A query of no row if every campaign of the total agrees: where ('spent <schema>.<campaigns>.<column>.<campaign>'), recorded,
/// actual.
///
///     SELECT 'spent s.campaigns.spent.' || k.id, k.spent, sum
///     FROM s.campaigns k
///     WHERE k.spent IS DISTINCT FROM (SELECT sum(c.earnings) FROM s.clip_submissions s JOIN s.clips c ...)
pub fn spent_query(total: &Total) -> String {
    let (name, table, column) = (total.name(), total.table(), total.column);
    let sum = sum_of_campaign(total, "k.id");
    format!("SELECT 'spent {name}.' || k.id, k.{column}, {sum} FROM {table} k WHERE k.{column} IS DISTINCT FROM {sum}")
}

/// A query of no row if the user's own trigger has seen nothing but true totals; none where there is no such trigger.
pub fn seen_query(schema: &Schema) -> Option<String> {
    let name = schema.name;
    (schema.shape == Shape::Checked).then(|| {
        format!(
            "SELECT 'seen {name}.campaigns.spent.' || campaign, spent, actual FROM {name}.completions
             WHERE spent IS DISTINCT FROM actual"
        )
    })
}

/// A query of no row if `spend_sync_status()` says of every campaign, in key order, what the plain sum says. Approved
/// clips are the terms of the sum: approved submissions whose clip exists.
pub fn status_query(total: &Total) -> String {
    let (name, table, column) = (total.name(), total.table(), total.column);
    let (sum, from) = (sum_of_campaign(total, "k.id"), approved_rows(total, "k.id"));
    let [order, key] = total.key_of_k();
    format!(
        "WITH truth AS (
             SELECT row_number() OVER (ORDER BY {order}) AS place, {key} AS campaign_id, k.title, k.{column}::numeric AS recorded_spent,
                    {sum}::numeric AS actual_spent, ({sum} - k.{column})::numeric AS difference, k.{column} IS DISTINCT FROM {sum} AS needs_sync,
                    (SELECT count(*) FROM {from}) AS approved_clips
             FROM {table} k),
         said AS (
             SELECT row_number() OVER (ORDER BY ordinality) AS place, campaign_id, title, recorded_spent, actual_spent, difference, needs_sync,
                    approved_clips
             FROM spend_sync_status('{table}') WITH ORDINALITY WHERE total = '{name}')
         SELECT 'status {name}.' || coalesce(truth.campaign_id, said.campaign_id), said, truth
         FROM truth FULL JOIN said USING (place)
         WHERE (truth.*) IS DISTINCT FROM (said.*)"
    )
}

/// One row, 'totals', of everything that is summed.
pub fn totals_query(total: &Total) -> String {
    format!(
        "SELECT 'totals', string_agg(id || '=' || {}, ' ' ORDER BY id), '' FROM {}",
        total.column,
        total.table()
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
            // What a rule of the user's selects.
            Some("t") => {}
            _ => findings.drifts.push(Drift {
                campaign: text(0),
                recorded: text(1),
                actual: text(2),
            }),
        }
    }
    Ok(findings)
}

//! The writers' SQL. All parameters travel as text, and the same texts serve both protocols.

use anyhow::Result;
use postgres::types::ToSql;
use postgres::{Client, Error, Statement};

use crate::arguments::Protocol;
use crate::work::Kind;

/// What a write of one row changes.
///
///     $1 difference or status, $2 key of the clip or submission
pub fn plain(kind: Kind) -> &'static str {
    match kind {
        Kind::Approval => r#"UPDATE clip_submissions SET status = $1::text::"SubmissionStatus" WHERE id = $2"#,
        _ => "UPDATE clips SET earnings = earnings + $1::text::numeric WHERE id = $2",
    }
}

/// The limit: the same, and in the same statement the total, by a key and a difference that the writer knows.
///
///     $3 difference of the total, $4 key of the campaign
pub fn with_total(kind: Kind) -> String {
    format!(
        "WITH written AS ({})
         UPDATE campaigns SET spent = spent + $3::text::numeric WHERE id = $4",
        plain(kind)
    )
}

/// All clips in one statement; the limit again knows by how much each campaign moves.
pub fn bulk(difference: &str, clips_per_campaign: u32, with_total: bool) -> String {
    let clips = format!("UPDATE clips SET earnings = earnings + {difference}");
    if with_total {
        format!(
            "WITH written AS ({clips})
             UPDATE campaigns SET spent = spent + {difference} * {clips_per_campaign}"
        )
    } else {
        clips
    }
}

/// One statement of one session.
pub struct Command {
    sql: String,
    prepared: Option<Statement>,
}

impl Command {
    pub fn new(client: &mut Client, protocol: Protocol, sql: &str) -> Result<Command> {
        let prepared = match protocol {
            Protocol::Extended => Some(client.prepare(sql)?),
            Protocol::Simple => None,
        };
        Ok(Command {
            sql: sql.to_owned(),
            prepared,
        })
    }

    pub fn run(&self, client: &mut Client, values: &[&str]) -> Result<(), Error> {
        let Some(prepared) = &self.prepared else {
            return client.batch_execute(&filled(&self.sql, values));
        };
        let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        client.execute(prepared, &parameters).map(|_| ())
    }
}

/// The statement with its values written in. Keys and amounts of the benchmark hold no quotes.
fn filled(sql: &str, values: &[&str]) -> String {
    let mut text = sql.to_owned();
    for (place, value) in values.iter().enumerate() {
        text = text.replace(&format!("${}", place + 1), &format!("'{value}'"));
    }
    text
}

/// Cents as an amount in SQL.
pub fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::{amount, filled};

    #[test]
    fn values_are_written_in() {
        assert_eq!(
            filled("SET a = $1 WHERE id = $2", &["1.00", "k"]),
            "SET a = '1.00' WHERE id = 'k'"
        );
    }

    #[test]
    fn cents_are_an_amount() {
        assert_eq!(
            (amount(5), amount(-5), amount(12345)),
            ("0.05".into(), "-0.05".into(), "123.45".into())
        );
    }
}

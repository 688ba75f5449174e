//! spend_sync_report() through serde: every number comes out as the digits that PostgreSQL has, and goes back as them.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use spend_sync_properties::session::Session;

/// An amount with all its digits; what JSON has no number for (NaN, the infinities) is text, as in PostgreSQL's to_jsonb.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(Number),
    NoNumber(String),
}

impl Amount {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::NoNumber(text) => text.clone(),
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Campaign {
    id: String,
    title: Option<String>,
    /// `null` where nothing is recorded.
    recorded_spent: Option<Amount>,
    actual_spent: Amount,
    difference: Amount,
    needs_sync: bool,
    approved_clips: u64,
    total: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Summary {
    total: u64,
    needs_sync: u64,
    in_sync: u64,
    total_difference: Amount,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    campaigns: Vec<Campaign>,
    summary: Summary,
}

/// What is recorded, and what the campaign's one clip earned; of each: the literal.
const AMOUNTS: [(&str, &str); 12] = [
    ("NULL", "1.10"),
    ("0", "0.00"),
    ("3075.93", "4546.32"),
    ("0.1", "0.3"),
    ("99999999.99", "-99999999.99"),
    ("9007199254740993", "9007199254740992.5"),
    ("9223372036854775808", "18446744073709551616"),
    ("0.0000000000000000000000000000000000000001", "0"),
    (
        "1234567890123456789012345678901234567890",
        "1234567890123456789012345678901234567890.0123456789",
    ),
    ("1e40", "1e-40"),
    ("7922816251426433759354395033.5", "79228162514264337593543950335"),
    ("-0.10", "-0.100"),
];

/// Campaigns whose keys and titles are none that an application thought of.
fn set_up(session: &mut Session) -> Result<(), String> {
    session.must(
        "SET client_min_messages = error; DROP SCHEMA IF EXISTS report CASCADE; CREATE SCHEMA report; SET search_path = report, public;
         CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric);
         CREATE TABLE clips (id int PRIMARY KEY, earnings numeric);
         CREATE TABLE links (campaign_id text REFERENCES campaigns, clip_id int REFERENCES clips, status text);
         CREATE INDEX ON links (campaign_id); CREATE INDEX ON links (clip_id);
         SELECT spend_sync_attach(submissions => 'links')",
    )?;
    for (number, (recorded, earned)) in AMOUNTS.iter().enumerate() {
        session.must(&format!(
            "INSERT INTO campaigns VALUES (E'{number} \\'\"\\\\\\n{{}}', E'\"tit\\\\le\" \\u2028 {number}');
             INSERT INTO clips VALUES ({number}, {earned});
             INSERT INTO links SELECT id, {number}, 'APPROVED' FROM campaigns WHERE id LIKE '{number} %';
             SET session_replication_role = replica;
             UPDATE campaigns SET spent = {recorded} WHERE id LIKE '{number} %'; RESET session_replication_role"
        ))?;
    }
    Ok(())
}

fn report(session: &mut Session) -> Result<(String, Report), String> {
    let rows = session.must("SELECT spend_sync_report()")?;
    let text = rows.first().and_then(|row| row[0].clone()).ok_or("no report")?;
    let read = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
    Ok((text, read))
}

#[test]
fn a_report_says_what_the_status_says_and_reads_back_as_itself() -> Result<(), String> {
    let mut session = Session::open()?;
    set_up(&mut session)?;
    let (text, read) = report(&mut session)?;
    let status = session.must(
        "SELECT campaign_id, title, recorded_spent, actual_spent, difference, needs_sync, approved_clips, total FROM spend_sync_status()",
    )?;
    assert_eq!((status.len(), read.campaigns.len()), (AMOUNTS.len(), AMOUNTS.len()));
    for (row, campaign) in status.iter().zip(&read.campaigns) {
        assert_eq!(row[0].as_ref(), Some(&campaign.id));
        assert_eq!(row[1], campaign.title);
        let digits = [
            campaign.recorded_spent.as_ref(),
            Some(&campaign.actual_spent),
            Some(&campaign.difference),
        ];
        let digits = digits.map(|amount| amount.map(Amount::text));
        assert_eq!(row[2..5], digits, "{}", campaign.id);
        assert_eq!(row[5].as_deref() == Some("t"), campaign.needs_sync, "{}", campaign.id);
        assert_eq!(row[6], Some(campaign.approved_clips.to_string()));
        assert_eq!(row[7].as_ref(), Some(&campaign.total));
    }
    let of_status = session.must(
        "SELECT count(*), count(*) FILTER (WHERE needs_sync), count(*) FILTER (WHERE NOT needs_sync), sum(difference) FROM spend_sync_status()",
    )?;
    let summary = &read.summary;
    assert_eq!(
        of_status[0],
        [
            Some(summary.total.to_string()),
            Some(summary.needs_sync.to_string()),
            Some(summary.in_sync.to_string()),
            Some(summary.total_difference.text()),
        ]
    );

    // Back, and to PostgreSQL again, which has not changed a digit.
    let written = serde_json::to_string(&read).map_err(|error| error.to_string())?;
    let again: Report = serde_json::from_str(&written).map_err(|error| error.to_string())?;
    assert_eq!(again, read);
    let same = session.must(&format!(
        "SELECT $json${written}$json$::jsonb::text = $json${text}$json$::jsonb::text"
    ))?;
    assert_eq!(same[0][0].as_deref(), Some("t"), "{written}\n{text}");
    Ok(())
}

#[test]
fn a_total_that_is_no_number_is_text_and_needs_a_sync() -> Result<(), String> {
    let mut session = Session::open()?;
    session.must(
        "SET client_min_messages = error; DROP SCHEMA IF EXISTS no_numbers CASCADE; CREATE SCHEMA no_numbers; SET search_path = no_numbers, public;
         CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric);
         CREATE TABLE clips (id int PRIMARY KEY, earnings numeric);
         CREATE TABLE links (campaign_id text, clip_id int, status text);
         CREATE INDEX ON links (campaign_id); CREATE INDEX ON links (clip_id);
         SELECT spend_sync_attach(submissions => 'links');
         SET session_replication_role = replica;
         INSERT INTO campaigns VALUES ('a', NULL, 'NaN'), ('b', NULL, 'Infinity'), ('c', NULL, 1);
         RESET session_replication_role",
    )?;
    let (_, read) = report(&mut session)?;
    let recorded = read
        .campaigns
        .iter()
        .map(|campaign| campaign.recorded_spent.as_ref().map(Amount::text));
    assert_eq!(recorded.flatten().collect::<Vec<_>>(), ["NaN", "Infinity", "1"]);
    assert_eq!(read.summary.needs_sync, 3);
    assert_eq!(read.summary.total_difference.text(), "NaN");
    session.must("SELECT * FROM sync_all_campaigns()")?;
    let (_, healed) = report(&mut session)?;
    assert_eq!(healed.summary.needs_sync, 0);
    Ok(())
}

//! Status and repair of all campaigns, against the one statement that a person would write for the same.

use std::time::Instant;

use anyhow::{Context, Result};
use postgres::Client;

use crate::arguments::Arguments;
use crate::contenders::Contender;
use crate::oracle;
use crate::run;
use crate::section::{Line, Section};
use crate::tables::{self, Left};
use crate::work::{Target, Work};

/// Every campaign with what a status says of it. The sums first: a join of campaigns with clips would group by all of
/// the campaigns' columns.
const STATUS: &str = r#"
    SELECT k.id, k.title, k.spent AS recorded, coalesce(t.total, 0) AS actual,
           coalesce(t.total, 0) - k.spent AS difference, k.spent IS DISTINCT FROM coalesce(t.total, 0) AS needs_sync,
           coalesce(t.clips, 0) AS approved_clips
    FROM campaigns k
    LEFT JOIN (SELECT s."campaignId", sum(c.earnings) AS total, count(*) AS clips
               FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
               WHERE s.status = 'APPROVED'
               GROUP BY s."campaignId") t ON t."campaignId" = k.id"#;

const SPEND_SYNC_STATUS: &str = "SELECT * FROM spend_sync_status()";
const SYNC_ALL: &str = "SELECT * FROM sync_all_campaigns()";

/// How many campaigns are made to drift in the second half.
const DRIFTED: [u32; 2] = [0, 100];

/// The bare UPDATE, which says nothing, and the one that answers with a row for every campaign, as the function does.
fn updates() -> [String; 2] {
    let update = "UPDATE campaigns k SET spent = t.actual FROM truth t
                  WHERE k.id = t.id AND k.spent IS DISTINCT FROM t.actual";
    [
        format!("WITH truth AS ({STATUS}) {update}"),
        format!("WITH truth AS MATERIALIZED ({STATUS}), written AS ({update}) SELECT * FROM truth"),
    ]
}

pub fn measure(arguments: &Arguments, client: &mut Client, work: &Work) -> Result<Section> {
    let mut lines = Vec::new();
    for drifted in DRIFTED {
        lines.extend(with_drift(arguments, client, work, drifted)?);
    }
    Ok(Section { work: *work, lines })
}

fn with_drift(arguments: &Arguments, client: &mut Client, work: &Work, drifted: u32) -> Result<Vec<Line>> {
    let name = |what: &str| format!("{what}, {drifted} drifted");
    let ours = Some(Contender::SpendSync);
    let [update, update_with_rows] = updates();
    // Each is compared with the line at the place given last.
    let statements = [
        (Line::new(&name("SELECT by hand"), None, Target::None), STATUS, 0),
        (
            Line::new(&name("spend_sync_status()"), ours, work.target),
            SPEND_SYNC_STATUS,
            0,
        ),
        (Line::new(&name("UPDATE by hand"), None, Target::None), &*update, 2),
        (
            Line::new(&name("UPDATE by hand that returns every campaign"), None, Target::None),
            &*update_with_rows,
            2,
        ),
        (Line::new(&name("sync_all_campaigns()"), ours, work.target), SYNC_ALL, 2),
    ];
    let (mut lines, rest): (Vec<_>, Vec<_>) = statements
        .into_iter()
        .map(|(line, sql, base)| (line, (sql, base)))
        .unzip();
    for round in 0..arguments.rounds {
        let mut times = Vec::new();
        for ((sql, base), line) in rest.iter().zip(&mut lines) {
            let (ms, left) = one(arguments, client, line.is_ours(), sql, drifted)?;
            times.push(ms);
            line.values.push(ms);
            line.ratios
                .push(ms / times.get(*base).context("no time to compare with")?);
            if !sql.contains("status()") && *sql != STATUS {
                line.drifted = line.drifted.max(Some(left));
            }
            eprintln!(
                "{:<17} {} {:<56} {ms:>8.1} ms, {left} drifted",
                work.name,
                round + 1,
                line.label
            );
        }
    }
    Ok(lines)
}

/// The time of one statement in a session of its own, and how many campaigns are wrong after it. Triggers are there for
/// ours only: they would bring back what the statement by hand writes.
fn one(arguments: &Arguments, client: &mut Client, ours: bool, sql: &str, drifted: u32) -> Result<(f64, i64)> {
    if ours {
        Contender::SpendSync.install(client)?;
    }
    let contender = if ours {
        Contender::SpendSync
    } else {
        Contender::NoTrigger
    };
    let mut session = run::session(arguments, contender)?;
    make_drift(client, drifted)?;
    let begin = Instant::now();
    session.query(sql, &[])?;
    let ms = begin.elapsed().as_secs_f64() * 1e3;
    let left = oracle::drifted(client)?;
    if ours {
        Contender::SpendSync.uninstall(client)?;
    }
    let left_behind = if left == 0 { Left::Right } else { Left::WrongTotals };
    tables::clean(client, left_behind)?;
    Ok((ms, left))
}

fn make_drift(client: &mut Client, campaigns: u32) -> Result<()> {
    client.batch_execute(&format!(
        "SET session_replication_role = replica;
         UPDATE campaigns SET spent = spent + 1 WHERE id IN (SELECT id FROM campaigns ORDER BY id LIMIT {campaigns});
         RESET session_replication_role"
    ))?;
    Ok(())
}

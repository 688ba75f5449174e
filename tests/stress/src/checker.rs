//! The checker: one REPEATABLE READ snapshot after another, and every campaign in every one of them must agree.

use std::thread::sleep;
use std::time::Duration;

use postgres::Client;

use crate::control::Control;
use crate::oracle::{self, Findings};
use crate::schema::Schema;
use crate::tally::Snapshots;

/// The pause between two snapshots: drift lives until the next write of the campaign, some milliseconds here.
const PAUSE: Duration = Duration::from_millis(2);

/// Every how many snapshots spend_sync_status() is compared too.
const STATUS_EVERY: u64 = 4;

/// The most drifted snapshots that are described.
const DESCRIBED_MAX: u64 = 20;

/// Checks until told to stop; drift is counted, and does not end the run.
pub fn run(mut client: Client, schemas: &[&'static Schema], extension: bool, control: &Control) -> Snapshots {
    let mut snapshots = Snapshots::default();
    let mut last_totals = String::new();
    while !control.stopped() {
        let with_status = extension && snapshots.checked.is_multiple_of(STATUS_EVERY);
        match snapshot(&mut client, schemas, with_status) {
            Ok(findings) => {
                snapshots.checked += 1;
                control.snapshot_checked();
                snapshots.status_compared += u64::from(with_status);
                snapshots.changed += u64::from(findings.totals != last_totals);
                describe(&findings, &mut snapshots);
                last_totals = findings.totals;
            }
            Err(error) if control.cut_by(&error) => {}
            Err(error) => control.fail(format!("checker, snapshot {}: {error:#?}", snapshots.checked + 1)),
        }
        sleep(PAUSE);
    }
    snapshots
}

/// What one snapshot says of all campaigns: the sums, and every so often the extension's own report.
pub fn snapshot(
    client: &mut Client,
    schemas: &[&'static Schema],
    with_status: bool,
) -> Result<Findings, postgres::Error> {
    let mut queries = String::from("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ");
    // A TRUNCATE between the snapshot and its reads would empty tables in the snapshot's eyes, and totals not.
    for schema in schemas {
        let tables = schema.tables().join(&format!(", {}.", schema.name));
        queries += &format!("LOCK TABLE {}.{tables} IN ACCESS SHARE MODE; ", schema.name);
    }
    for total in schemas.iter().flat_map(|schema| schema.totals) {
        queries += &format!("{}; {}; ", oracle::spent_query(total), oracle::totals_query(total));
        if with_status {
            queries += &format!("{}; ", oracle::status_query(total));
        }
    }
    for seen in schemas.iter().filter_map(|schema| oracle::seen_query(schema)) {
        queries += &format!("{seen}; ");
    }
    queries += "COMMIT";
    oracle::ask(client, &queries)
}

pub fn describe(findings: &Findings, snapshots: &mut Snapshots) {
    if findings.drifts.is_empty() {
        return;
    }
    snapshots.drifted += 1;
    if snapshots.drifted > DESCRIBED_MAX {
        return;
    }
    for drift in &findings.drifts {
        eprintln!(
            "DRIFT in snapshot {}: {}: recorded {}, actual {}",
            snapshots.checked, drift.campaign, drift.recorded, drift.actual
        );
    }
}

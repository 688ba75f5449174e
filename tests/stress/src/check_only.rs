//! The checker without writers: after a crash, or on a standby that replays what others write.

use std::thread::{self, sleep};
use std::time::Duration;

use anyhow::Result;

use crate::arguments::Arguments;
use crate::connection::connect;
use crate::control::Control;
use crate::schema::Schema;
use crate::tally::Snapshots;
use crate::{check_corrections, checker};

/// A run with fewer has shown nothing. A standby shows changes as it replays them, in leaps, and none once it is promoted: fewer than
/// there are where they are written.
const SNAPSHOTS_MIN: u64 = 30;
const SNAPSHOTS_CHANGED_MIN: u64 = 8;
/// How much longer a busy machine may take for so many.
const PATIENCE: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(50);

/// Whether every snapshot agrees. Prepared transactions may be left: a crash leaves them.
pub fn run(arguments: &Arguments, schemas: &[&'static Schema]) -> Result<bool> {
    let control = Control::new(false);
    let mut snapshots = while_others_write(arguments, schemas, &control)?;
    let changing = !arguments.duration.is_zero();
    let enough = !changing || (snapshots.checked >= SNAPSHOTS_MIN && snapshots.changed >= SNAPSHOTS_CHANGED_MIN);

    let mut client = connect(arguments, "stress checker")?;
    let findings = checker::snapshot(&mut client, schemas, true)?;
    snapshots.checked += 1;
    checker::describe(&findings, &mut snapshots);
    check_corrections(&mut client, &control)?;

    println!(
        "snapshots: {} checked, {} with a changed total, {} drifted; in the last one {} drifts",
        snapshots.checked,
        snapshots.changed,
        snapshots.drifted,
        findings.drifts.len()
    );
    if !enough {
        println!("too little happened: at least {SNAPSHOTS_MIN} snapshots, {SNAPSHOTS_CHANGED_MIN} of them changed");
    }
    // What nobody has written agrees by itself.
    let empty = !findings.totals.contains('=');
    if empty {
        println!("there is no campaign");
    }
    let passed = control.failures() == 0 && snapshots.drifted == 0 && enough && !empty;
    Ok(passed)
}

fn while_others_write(arguments: &Arguments, schemas: &[&'static Schema], control: &Control) -> Result<Snapshots> {
    let duration = arguments.duration;
    if duration.is_zero() {
        return Ok(Snapshots::default());
    }
    let client = connect(arguments, "stress checker")?;
    Ok(thread::scope(|scope| {
        scope.spawn(move || {
            sleep(duration);
            while control.snapshots() < SNAPSHOTS_MIN && control.elapsed() < duration + PATIENCE && !control.stopped() {
                sleep(POLL);
            }
            control.stop();
        });
        checker::run(client, schemas, true, control)
    }))
}

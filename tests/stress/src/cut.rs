//! A run whose server is taken away: what a lost connection looks like, and what the run was worth until then.

use std::error::Error;
use std::io;

use crate::arguments::{Arguments, Keeper};
use crate::control::Control;
use crate::tally::{COMMITS_MIN, Snapshots, Tally};

/// admin_shutdown, crash_shutdown, cannot_connect_now.
const SERVER_GOES: [&str; 3] = ["57P01", "57P02", "57P03"];

/// A server that ends sends an error, or only closes the connection, or its socket breaks amid a message.
pub fn is_lost_connection(error: &postgres::Error) -> bool {
    let code = error.code().map_or("", |state| state.code());
    let broken_socket = error.source().is_some_and(|source| source.is::<io::Error>());
    error.is_closed() || SERVER_GOES.contains(&code) || broken_socket
}

/// Prints the run; whether it was cut off, after it had written enough, and had found no drift until then.
pub fn judge(arguments: &Arguments, control: &Control, tally: &Tally, snapshots: &Snapshots, seconds: f64) -> bool {
    tally.print(snapshots, seconds);
    let (cut, enough) = (control.was_cut(), tally.committed() >= COMMITS_MIN);
    if !cut {
        println!("the server was there all the time");
    }
    if !enough {
        println!("too little happened: fewer than {COMMITS_MIN} transactions committed");
    }
    let agreed = snapshots.drifted + tally.checks_drifted == 0 || arguments.keeper != Keeper::Extension;
    control.failures() == 0 && cut && enough && agreed
}

//! Counts what a client checked, one line for each check, and says what was expected where one fails.

use anyhow::{Result, ensure};
use std::fmt::Debug;
use std::process::ExitCode;

pub struct Checks {
    client: &'static str,
    passed: usize,
    failed: usize,
}

impl Checks {
    pub fn new(client: &'static str) -> Self {
        let (passed, failed) = (0, 0);
        Self { client, passed, failed }
    }

    pub async fn check(&mut self, name: &str, work: impl Future<Output = Result<()>>) {
        match work.await {
            Ok(()) => {
                self.passed += 1;
                println!("ok      {}: {name}", self.client);
            }
            Err(error) => {
                self.failed += 1;
                println!("FAILED  {}: {name}\n{error:?}", self.client);
            }
        }
    }

    pub fn finish(self) -> ExitCode {
        println!("{}: {} checks passed, {} failed", self.client, self.passed, self.failed);
        ExitCode::from(u8::from(self.failed > 0))
    }
}

#[track_caller]
pub fn equal<T: Debug + PartialEq<U>, U: Debug>(actual: T, expected: U) -> Result<()> {
    let place = std::panic::Location::caller();
    ensure!(actual == expected, "{place}: expected {expected:?}, got {actual:?}");
    Ok(())
}

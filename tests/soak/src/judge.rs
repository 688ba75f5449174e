//! What counts as flat.

use std::process::ExitCode;

use crate::memory::Memory;

/// A backend's allocator and PostgreSQL's own caches breathe.
const PROCESS_SLACK_KB: i64 = 3072;
const CONTEXTS_SLACK_KB: i64 = 1024;
const PLANS_SLACK: i64 = 12;

#[derive(Default)]
pub struct Verdicts {
    passed: u32,
    failed: u32,
}

impl Verdicts {
    pub fn that(&mut self, what: &str, holds: bool, found: &str) {
        println!("{} {what} ({found})", if holds { "ok     " } else { "FAILED " });
        if holds {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Memory at the end is what it was when warm, but for the slack.
    pub fn flat(&mut self, what: &str, warm: &Memory, end: &Memory) {
        let grown = [
            (end.process_kb - warm.process_kb, PROCESS_SLACK_KB, "kB"),
            (end.contexts_kb - warm.contexts_kb, CONTEXTS_SLACK_KB, "kB in contexts"),
            (end.plans - warm.plans, PLANS_SLACK, "plan contexts"),
        ];
        let holds = grown.iter().all(|(by, slack, _)| by <= slack);
        let found: Vec<String> = grown.iter().map(|(by, _, of)| format!("{by:+} {of}")).collect();
        self.that(&format!("{what} holds no more at the end"), holds, &found.join(", "));
    }

    pub fn finish(self) -> ExitCode {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

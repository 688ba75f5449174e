//! What is measured: the rows of DESIGN.md section 13, each under a name of its own.

use crate::contenders::{ALL, Contender};
use crate::tables::Layout;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One clip's earnings by key.
    Clip,
    /// The same, where clips feed a second total of another table.
    ClipOfTwo,
    /// The same, where they feed a second total of the same rows.
    ClipOfRow,
    /// The same, where they alone say whose total they feed, and there are no submissions.
    ClipAlone,
    /// One submission from approved to pending or back, by key.
    Approval,
    /// begin, one clip, the client's pause, another clip, commit.
    Interactive,
    /// The earnings of all clips in one statement.
    Bulk,
    /// A clip comes, is linked, earns and is rejected, or goes.
    Life,
    /// begin, 50 clips inserted one by one, commit.
    Inserts,
    /// Repair and status of all campaigns.
    Repair,
    /// One write that compares a total with its clips, and another client's meanwhile.
    Verification,
    /// Commands on tables that are not bound, beside so many bindings.
    Ddl(u32),
    /// Commands on the bound tables, while clients write clips.
    DdlUnderLoad,
    /// The same, while each client does so in transactions: begin, one clip, a while at the client, commit.
    DdlBesideTransactions,
}

/// What DESIGN.md asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    None,
    /// This contender's ratio to no trigger.
    AtLeast(Contender, f64),
    /// spend_sync, so many times as fast as the row trigger that adds.
    TimesRowAdds(f64),
    /// Two totals of a row, so many times as fast as one.
    TimesOne(f64),
    /// At most so many times as long as the statement by hand.
    AtMost(f64),
    /// At most so many milliseconds more than the line before.
    Adds(f64),
    /// At most so many milliseconds.
    Milliseconds(f64),
}

#[derive(Clone, Copy, Debug)]
pub struct Work {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    pub layout: Layout,
    pub clients: usize,
    pub target: Target,
    /// Is part of the short form.
    pub quick: bool,
}

const CAMPAIGNS_1: Layout = Layout::new(100_000, 1);
const CAMPAIGNS_10: Layout = Layout::new(100_000, 10);
const CAMPAIGNS_100: Layout = Layout::new(100_000, 100);
const CAMPAIGNS_1000: Layout = Layout::new(100_000, 1_000);
const CAMPAIGNS_1250: Layout = Layout::new(100_000, 1_250);
const CAMPAIGNS_10000: Layout = Layout::new(100_000, 10_000);
const CLIPS_200000: Layout = Layout::new(200_000, 1);
const MILLION_CLIPS: Layout = Layout::new(1_000_000, 1);
const MILLION_CLIPS_MANY: Layout = Layout::new(1_000_000, 10_000);

const ADDS: Target = Target::TimesRowAdds(1.0);

/// Name, kind, layout, clients, target, quick, title.
const fn work(
    name: &'static str,
    kind: Kind,
    layout: Layout,
    clients: usize,
    target: Target,
    quick: bool,
    title: &'static str,
) -> Work {
    Work {
        name,
        title,
        kind,
        layout,
        clients,
        target,
        quick,
    }
}

#[rustfmt::skip]
pub const WORKS: &[Work] = &[
    work("clip-10", Kind::Clip, CAMPAIGNS_10000, 1, ADDS, false,
        "One clip's earnings, campaigns of 10 clips"),
    work("clip-80", Kind::Clip, CAMPAIGNS_1250, 1, ADDS, true,
        "One clip's earnings, campaigns of 80 clips"),
    work("clip-1000", Kind::Clip, CAMPAIGNS_100, 1, ADDS, true,
        "One clip's earnings, campaigns of 1,000 clips"),
    work("clip-10000", Kind::Clip, CAMPAIGNS_10, 1, ADDS, false,
        "One clip's earnings, campaigns of 10,000 clips"),
    work("clip-100000", Kind::Clip, CAMPAIGNS_1, 1, ADDS, true,
        "One clip's earnings, a campaign of 100,000 clips"),
    work("clip-1000000", Kind::Clip, MILLION_CLIPS, 1, ADDS, false,
        "One clip's earnings, a campaign of 1,000,000 clips"),
    work("two-totals", Kind::ClipOfTwo, CAMPAIGNS_100, 1, ADDS, false,
        "One clip's earnings, which feed campaigns of 1,000 clips and authors of 100"),
    work("same-row", Kind::ClipOfRow, CAMPAIGNS_100, 1, Target::TimesOne(0.8), false,
        "One clip's earnings, which feed two totals of campaigns of 1,000 clips"),
    work("direct", Kind::ClipAlone, CAMPAIGNS_100, 1, ADDS, false,
        "One clip's earnings, which feed users of 100 clips by a column of the clips themselves"),
    work("bulk-1", Kind::Bulk, CAMPAIGNS_1, 1, Target::AtLeast(Contender::SpendSync, 0.75), true,
        "One statement over 100,000 clips of one campaign"),
    work("bulk-100", Kind::Bulk, CAMPAIGNS_100, 1, Target::AtLeast(Contender::SpendSync, 0.7), true,
        "One statement over 100,000 clips of 100 campaigns"),
    work("bulk-1000", Kind::Bulk, CAMPAIGNS_1000, 1, Target::None, false,
        "One statement over 100,000 clips of 1,000 campaigns"),
    work("hot", Kind::Clip, CAMPAIGNS_1, 8, ADDS, true,
        "8 clients, one clip's earnings each, one campaign of 100,000 clips"),
    work("spread", Kind::Clip, CAMPAIGNS_100, 8, ADDS, true,
        "8 clients, one clip's earnings each, 100 campaigns of 1,000 clips"),
    work("approvals-1000", Kind::Approval, CAMPAIGNS_100, 1, Target::AtLeast(Contender::SpendSync, 0.6), false,
        "One submission approved or taken back, campaigns of 1,000 clips"),
    work("approvals-100000", Kind::Approval, CAMPAIGNS_1, 1, Target::AtLeast(Contender::SpendSync, 0.6), true,
        "One submission approved or taken back, a campaign of 100,000 clips"),
    work("life-1000", Kind::Life, CAMPAIGNS_100, 1, Target::AtLeast(Contender::SpendSync, 0.6), false,
        "A clip comes, is sent in, earns and is rejected, or goes; a campaign of 1,000 clips"),
    work("life-200000", Kind::Life, CLIPS_200000, 1, Target::AtLeast(Contender::SpendSync, 0.6), false,
        "A clip comes, is sent in, earns and is rejected, or goes; a campaign of 200,000 clips"),
    work("inserts", Kind::Inserts, CAMPAIGNS_100, 4, Target::AtMost(1.1), false,
        "4 clients: begin, 50 clips inserted one by one, commit, by what foreign keys there are"),
    work("interactive", Kind::Interactive, CAMPAIGNS_1, 8, Target::AtLeast(Contender::SpendSyncAtCommit, 0.85), true,
        "8 clients, one campaign of 100,000 clips: begin, a clip, 2 ms at the client, another clip, commit"),
    work("interactive-10", Kind::Interactive, CAMPAIGNS_10, 8, Target::AtLeast(Contender::SpendSyncAtCommit, 0.85), false,
        "8 clients, 10 campaigns of 10,000 clips: begin, a clip, 2 ms at the client, another clip, commit"),
    work("repair", Kind::Repair, MILLION_CLIPS_MANY, 1, Target::AtMost(1.15), false,
        "Status and repair of 10,000 campaigns of 100 clips each"),
    work("verification", Kind::Verification, MILLION_CLIPS, 2, Target::Milliseconds(10.0), false,
        "A write compares the total of 1,000,000 clips, another client goes on writing"),
    work("ddl-200", Kind::Ddl(200), CAMPAIGNS_1, 1, Target::Adds(1.0), true,
        "A command on tables that are not bound, beside 200 bindings"),
    work("ddl-2000", Kind::Ddl(2_000), CAMPAIGNS_1, 1, Target::Adds(2.0), false,
        "The same beside 2,000 bindings"),
    work("ddl-load", Kind::DdlUnderLoad, CAMPAIGNS_1, 8, Target::AtMost(1.5), false,
        "A command on the bound tables, while 8 clients write one clip each, as fast as they can"),
    work("ddl-transactions", Kind::DdlBesideTransactions, CAMPAIGNS_100, 8, Target::AtMost(1.5), false,
        "A command on the bound tables, while 8 clients write: begin, a clip, 10 to 30 ms at the client, commit"),
];

impl Work {
    /// The short form leaves out whoever is slow everywhere, except where a target is relative to it.
    pub fn contenders(&self, quick: bool) -> Vec<Contender> {
        ALL.iter()
            .copied()
            .filter(|contender| match contender {
                _ if matches!(self.kind, Kind::ClipOfTwo | Kind::ClipAlone) => {
                    matches!(
                        contender,
                        Contender::NoTrigger | Contender::RowAdds | Contender::SpendSync
                    )
                }
                _ if self.kind == Kind::ClipOfRow => {
                    matches!(
                        contender,
                        Contender::NoTrigger | Contender::SpendSync | Contender::SpendSyncTwo
                    )
                }
                Contender::SpendSyncTwo => false,
                Contender::SpendSyncAtCommit => self.kind == Kind::Interactive,
                Contender::RowSums => !quick,
                Contender::StatementSums => !quick || self.kind == Kind::Bulk,
                Contender::PgIvm => !quick,
                _ => true,
            })
            .collect()
    }

    /// What a second counts.
    pub fn unit(&self) -> &'static str {
        match self.kind {
            Kind::Clip | Kind::ClipOfTwo | Kind::ClipOfRow | Kind::ClipAlone | Kind::Approval | Kind::Life => {
                "writes/s"
            }
            Kind::Interactive => "transactions/s",
            Kind::Bulk => "clips/s",
            Kind::Inserts
            | Kind::Repair
            | Kind::Verification
            | Kind::Ddl(_)
            | Kind::DdlUnderLoad
            | Kind::DdlBesideTransactions => "ms",
        }
    }
}

//! The sets of tables the writers work on: the application's names and types, reduced to what touches spend, with
//! so few keys that every transaction meets another one.
//!
//! - `stress_keyed`: links tied by immediate foreign keys that cascade; status an enum.
//! - `stress_loose`: no foreign key at all, so that a link may name a clip or a campaign that does not exist yet, and
//!   only the advisory locks on its key keep the total. Clips are partitioned by key and submissions by status, so that
//!   a changed key and a decision move rows, and some writes go straight to a partition. Two statuses count as
//!   approved.
//! - `stress_deferred`: deferred keys that cascade nothing, as Django makes them, and a second total over the same clips,
//!   known by another key, brought up at the other moment.
//! - `stress_orphans`: immediate keys, and links that outlive their rows for all that: a trigger keeps them, and writes in
//!   replica mode, in which our triggers fire too. Two totals as well.
//! - `stress_checked`: CHECKs and a trigger of the user's on spent that no transient total may reach.
//! - `stress_meddled`: functions of the user's that write other campaigns amid the storing UPDATE, and postgres_fdw.
//! - `stress_tenants`: keys of several columns, and no foreign key.
//!
//! Campaigns of all have a second total, `reserved` over the pending submissions: brought up with the first, but for the deferred ones.
//! And one or two more: `counted` is how many clips are approved, `fees` the sum of an amount on the submissions themselves, `sent` how many
//! of these there are.

use anyhow::{Context, Result};
use postgres::Client;

use crate::arguments::SchemaChoice;
use crate::dice::Dice;
use crate::shapes;
use crate::totals::Total;

/// Keys that can exist; about two thirds of them do at any time.
pub const CAMPAIGN_KEYS: u32 = 6;
pub const CLIP_KEYS: u32 = 16;
pub const SUBMISSION_KEYS: u32 = 48;

/// The first clip key of the upper partition.
const UPPER_CLIPS_FROM: u32 = 9;

pub const STATUSES: [&str; 4] = ["PENDING", "APPROVED", "REJECTED", "PAID"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Keyed,
    Loose,
    Deferred,
    Orphans,
    Checked,
    Meddled,
    Tenants,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Schema {
    pub name: &'static str,
    pub shape: Shape,
    /// That of campaigns first.
    pub totals: &'static [Total],
}

const APPROVED: &[&str] = &["APPROVED"];
const TWO: &[&str] = &["APPROVED", "PAID"];

pub static KEYED: Schema = Schema {
    name: "stress_keyed",
    shape: Shape::Keyed,
    totals: &[
        Total::of_campaigns("stress_keyed", APPROVED),
        Total::of_pending("stress_keyed"),
        Total::of_fees("stress_keyed", APPROVED),
    ],
};
pub static LOOSE: Schema = Schema {
    name: "stress_loose",
    shape: Shape::Loose,
    totals: &[
        Total::of_campaigns("stress_loose", TWO),
        Total::of_pending("stress_loose"),
        Total::of_fees("stress_loose", TWO),
        Total::of_all("stress_loose"),
    ],
};
pub static DEFERRED: Schema = Schema {
    name: "stress_deferred",
    shape: Shape::Deferred,
    totals: &[
        Total::of_campaigns("stress_deferred", APPROVED),
        Total::of_accounts("stress_deferred"),
        Total {
            is_of_other_moment: true,
            ..Total::of_pending("stress_deferred")
        },
        Total::of_fees("stress_deferred", TWO),
        Total {
            is_of_other_moment: true,
            ..Total::of_all("stress_deferred")
        },
    ],
};
pub static ORPHANS: Schema = Schema {
    name: "stress_orphans",
    shape: Shape::Orphans,
    totals: &[
        Total::of_campaigns("stress_orphans", TWO),
        Total::of_accounts("stress_orphans"),
        Total::of_pending("stress_orphans"),
        Total::of_fees("stress_orphans", APPROVED),
        Total::of_counts("stress_orphans", TWO),
    ],
};
pub static CHECKED: Schema = Schema {
    name: "stress_checked",
    shape: Shape::Checked,
    totals: &[
        Total::of_campaigns("stress_checked", APPROVED),
        Total::of_pending("stress_checked"),
        Total::of_counts("stress_checked", APPROVED),
    ],
};
pub static MEDDLED: Schema = Schema {
    name: "stress_meddled",
    shape: Shape::Meddled,
    totals: &[
        Total::of_campaigns("stress_meddled", APPROVED),
        Total::of_pending("stress_meddled"),
        Total::of_fees("stress_meddled", APPROVED),
    ],
};
pub static TENANTS: Schema = Schema {
    name: "stress_tenants",
    shape: Shape::Tenants,
    totals: &[
        Total::of_campaigns("stress_tenants", TWO).by_tenant(),
        Total::of_pending("stress_tenants").by_tenant(),
        Total::of_fees("stress_tenants", APPROVED).by_tenant(),
        Total {
            is_of_other_moment: true,
            ..Total::of_counts("stress_tenants", APPROVED).by_tenant()
        },
    ],
};

pub fn chosen(choice: SchemaChoice) -> Vec<&'static Schema> {
    match choice {
        SchemaChoice::Keyed => vec![&KEYED],
        SchemaChoice::Loose => vec![&LOOSE],
        SchemaChoice::Deferred => vec![&DEFERRED],
        SchemaChoice::Orphans => vec![&ORPHANS],
        SchemaChoice::Checked => vec![&CHECKED],
        SchemaChoice::Meddled => vec![&MEDDLED],
        SchemaChoice::Tenants => vec![&TENANTS],
        SchemaChoice::Both => vec![&KEYED, &LOOSE],
        SchemaChoice::All => vec![&KEYED, &LOOSE, &DEFERRED, &ORPHANS, &CHECKED, &MEDDLED, &TENANTS],
    }
}

pub fn campaign_key(number: u32) -> String {
    format!("c{}", number + 1)
}

pub fn clip_key(number: u32) -> String {
    format!("k{:02}", number + 1)
}

pub fn submission_key(number: u32) -> String {
    format!("s{:02}", number + 1)
}

impl Schema {
    /// Whether there is a total of accounts over the same clips.
    pub fn has_accounts(&self) -> bool {
        self.totals.iter().any(|total| total.campaigns == "accounts")
    }

    /// Partitioned and without foreign keys.
    pub fn is_loose(&self) -> bool {
        self.shape == Shape::Loose
    }

    /// SQLSTATEs that any operation may provoke, and those that also the commit may end in.
    pub fn provokes(&self) -> &'static [&'static str] {
        match self.shape {
            // A deferred key is looked at by whatever brings the moment; a clip's code is a second key of its.
            Shape::Deferred => &["23503", "23505"],
            // A link that its own transaction has written is looked at again by each UPDATE.
            Shape::Orphans => &["23503", "23505"],
            // A row that the function writes is written again by the statement that called it.
            Shape::Meddled => &["27000"],
            Shape::Keyed | Shape::Loose | Shape::Checked | Shape::Tenants => &[],
        }
    }

    /// The partition of clips that holds a clip key.
    pub fn clip_partition(&self, number: u32) -> &'static str {
        if number + 1 < UPPER_CLIPS_FROM {
            "clips_low"
        } else {
            "clips_high"
        }
    }

    /// All tables a statement can name, partitions too.
    pub fn tables(&self) -> &'static [&'static str] {
        const PLAIN: &[&str] = &["campaigns", "clips", "clip_submissions"];
        const WITH_ACCOUNTS: &[&str] = &["campaigns", "clips", "clip_submissions", "accounts", "account_links"];
        const PARTITIONED: &[&str] = &[
            "campaigns",
            "clips",
            "clips_low",
            "clips_high",
            "clip_submissions",
            "clip_submissions_pending",
            "clip_submissions_decided",
        ];
        match self.shape {
            Shape::Loose => PARTITIONED,
            Shape::Deferred | Shape::Orphans => WITH_ACCOUNTS,
            _ => PLAIN,
        }
    }

    /// Makes the tables anew and fills them.
    pub fn create(&self, client: &mut Client, dice: &mut Dice) -> Result<()> {
        let name = self.name;
        let tables = match self.shape {
            Shape::Keyed => KEYED_TABLES.to_owned(),
            Shape::Loose => LOOSE_TABLES.to_owned(),
            Shape::Deferred => shapes::deferred(),
            Shape::Orphans => shapes::orphans(),
            Shape::Checked => shapes::CHECKED.to_owned(),
            Shape::Meddled => shapes::MEDDLED.to_owned(),
            Shape::Tenants => shapes::TENANTS.to_owned(),
        };
        let statements = format!(
            "SET client_min_messages = warning; DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name};
             SET search_path = {name}; {tables} {MORE_COLUMNS}
             CREATE INDEX ON clip_submissions (\"campaignId\", status);
             CREATE INDEX ON clip_submissions (\"clipId\");
             {rows}
             {NESTED_WRITES}
             RESET search_path; RESET client_min_messages;
             ANALYZE {name}.clips, {name}.clip_submissions, {name}.campaigns;",
            rows = rows(dice),
        );
        client
            .batch_execute(&statements)
            .with_context(|| format!("cannot create {name}"))
    }

    /// Binds the totals; gives what attach says of each. A second one is brought up at the other moment.
    pub fn attach(&self, client: &mut Client, flush: &str) -> Result<Vec<String>> {
        // Attach stores all totals by one statement: the user's function must not write them amid it.
        client.batch_execute("SET stress.meddles = 'yes'")?;
        let other = if flush == "commit" { "statement" } else { "commit" };
        let bound = self
            .totals
            .iter()
            .map(|total| total.attach(client, if total.is_of_other_moment { other } else { flush }))
            .collect::<Result<Vec<_>>>()?;
        if self.shape == Shape::Orphans {
            client.batch_execute(&shapes::ALWAYS.replace("SCHEMA", self.name))?;
        }
        Ok(bound)
    }
}

const KEYED_TABLES: &str = r#"
    CREATE TYPE "SubmissionStatus" AS ENUM ('PENDING', 'APPROVED', 'REJECTED', 'PAID');
    CREATE TABLE campaigns (
        id text PRIMARY KEY, title text NOT NULL, budget numeric(10,2) DEFAULT 0, spent numeric(10,2) DEFAULT 0,
        reserved numeric(10,2) DEFAULT 0);
    CREATE TABLE clips (id text PRIMARY KEY, title text, earnings numeric(10,2) DEFAULT 0);
    CREATE TABLE clip_submissions (
        id text PRIMARY KEY,
        "campaignId" text NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE ON UPDATE CASCADE,
        "clipId" text REFERENCES clips (id) ON DELETE CASCADE ON UPDATE CASCADE,
        status "SubmissionStatus" DEFAULT 'PENDING');
"#;

// The upper partition begins at UPPER_CLIPS_FROM.
const LOOSE_TABLES: &str = r#"
    CREATE TABLE campaigns (
        id text PRIMARY KEY, title text NOT NULL, budget numeric(10,2) DEFAULT 0, spent numeric(10,2) DEFAULT 0,
        reserved numeric(10,2) DEFAULT 0);
    CREATE TABLE clips (id text PRIMARY KEY, title text, earnings numeric(10,2) DEFAULT 0) PARTITION BY RANGE (id);
    CREATE TABLE clips_low PARTITION OF clips FOR VALUES FROM (MINVALUE) TO ('k09');
    CREATE TABLE clips_high PARTITION OF clips FOR VALUES FROM ('k09') TO (MAXVALUE);
    CREATE TABLE clip_submissions (
        id text, "campaignId" text, "clipId" text, status text DEFAULT 'PENDING', PRIMARY KEY (id, status)
    ) PARTITION BY LIST (status);
    CREATE TABLE clip_submissions_pending PARTITION OF clip_submissions FOR VALUES IN ('PENDING');
    CREATE TABLE clip_submissions_decided PARTITION OF clip_submissions FOR VALUES IN ('APPROVED', 'REJECTED', 'PAID');
"#;

/// What the further totals are made of.
const MORE_COLUMNS: &str = "
    ALTER TABLE campaigns ADD fees numeric(12,2) DEFAULT 0, ADD sent bigint DEFAULT 0, ADD counted int DEFAULT 0;
    ALTER TABLE clip_submissions ADD fee numeric(10,2) DEFAULT round((random() * 100)::numeric, 2);
";

/// A trigger of the user's that fires before ours do, and writes amid the statement that fired it: its own statements end,
/// and are flushed, while rows of the outer one have not reached any other trigger yet. What it does hangs on the cents
/// of the new earnings; see `mixed_operations`. Of the rows of a bulk statement one in a hundred sets it off: each time totals are
/// summed, for rows of that statement are untold.
const NESTED_WRITES: &str = r#"
    CREATE FUNCTION nested_writes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        CASE NEW.earnings % 1
            WHEN 0.13 THEN UPDATE clip_submissions SET status = 'APPROVED' WHERE "clipId" = NEW.id;
            WHEN 0.17 THEN DELETE FROM clip_submissions WHERE "clipId" = NEW.id;
            WHEN 0.19 THEN
                UPDATE clip_submissions SET status = 'REJECTED' WHERE "clipId" = NEW.id;
                DELETE FROM clip_submissions WHERE "clipId" = NEW.id;
            WHEN 0.23 THEN UPDATE clips SET earnings = NEW.earnings + 1.01 WHERE id = NEW.id;
            WHEN 0.29 THEN UPDATE clips SET earnings = coalesce(earnings, 0) + 0.01 WHERE id <> NEW.id AND id > 'k' AND id < 'k05';
            ELSE
        END CASE;
        RETURN NULL;
    EXCEPTION WHEN unique_violation THEN
        RETURN NULL; -- the loose submissions' key contains the status
    END $$;
    CREATE TRIGGER a_first AFTER UPDATE ON clips FOR EACH ROW
        WHEN (NEW.earnings IS DISTINCT FROM OLD.earnings AND pg_trigger_depth() = 0 AND NEW.id !~ '^b.*([0-68-9].|.[0-68-9])$')
        EXECUTE FUNCTION nested_writes();
"#;

/// Four campaigns, twelve clips, half of the submissions that can exist; `spent` is left to attach.
fn rows(dice: &mut Dice) -> String {
    const CAMPAIGNS: u32 = 4;
    const CLIPS: u32 = 12;
    let campaigns: Vec<_> = (0..CAMPAIGNS)
        .map(|number| format!("('{}', 'Campaign {}')", campaign_key(number), number + 1))
        .collect();
    let clips: Vec<_> = (0..CLIPS)
        .map(|number| format!("('{}', {})", clip_key(number), dice.money()))
        .collect();
    let submissions: Vec<_> = (0..SUBMISSION_KEYS / 2)
        .map(|number| {
            let (campaign, clip) = (campaign_key(dice.below(CAMPAIGNS)), clip_key(dice.below(CLIPS)));
            format!(
                "('{}', '{campaign}', '{clip}', '{}')",
                submission_key(number),
                dice.pick(&STATUSES)
            )
        })
        .collect();
    format!(
        "INSERT INTO campaigns (id, title) VALUES {};
         INSERT INTO clips (id, earnings) VALUES {};
         INSERT INTO clip_submissions (id, \"campaignId\", \"clipId\", status) VALUES {};",
        campaigns.join(", "),
        clips.join(", "),
        submissions.join(", ")
    )
}

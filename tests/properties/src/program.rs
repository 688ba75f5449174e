//! What is written, and how it is made up at random.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use crate::shape::{KeyType, Shape};

pub const CAMPAIGNS: usize = 3;
pub const CLIPS: usize = 4;
pub const LINKS: usize = 6;

/// The text of a number; `None`: NULL.
pub type Value = Option<String>;

/// One link to be written: campaign and clip by their places in the program's keys.
#[derive(Clone, Debug)]
pub struct Link {
    pub campaign: Option<usize>,
    pub clip: Option<usize>,
    pub status: Status,
}

/// A submission's status; `None`: NULL.
pub type Status = Option<&'static str>;

/// One statement. Campaigns and clips are places in the program's keys, links are numbers.
#[derive(Clone, Debug)]
pub enum Write {
    /// Inserts clips, or updates those that are there.
    Clips(BTreeMap<usize, Value>),
    /// Updates clips.
    Earnings(BTreeMap<usize, Value>),
    EveryEarning(Value),
    RenameClip(usize, usize),
    DeleteClips(BTreeSet<usize>),
    /// Inserts a campaign, with a total written by hand.
    Campaign(usize, Option<String>, Value),
    /// Writes a total by hand.
    Spent(usize, Value),
    RenameCampaign(usize, usize),
    DeleteCampaign(usize),
    /// Inserts links, or updates those that are there.
    Links(BTreeMap<usize, Link>),
    Review(BTreeSet<usize>, Status),
    DeleteLinks(BTreeSet<usize>),
}

#[derive(Clone, Debug)]
pub enum Step {
    Write(Write),
    /// Within a savepoint each; `keep`: released, else rolled back.
    Nested {
        writes: Vec<Write>,
        keep: bool,
    },
}

#[derive(Clone, Debug)]
pub struct Transaction {
    /// Whether it wants its totals after each statement, where they are brought up at commit.
    pub at_once: bool,
    pub recompute_interval: &'static str,
    pub isolation: &'static str,
    pub steps: Vec<Step>,
    pub commit: bool,
}

#[derive(Clone, Debug)]
pub struct Program {
    /// Distinct keys.
    pub campaigns: Vec<String>,
    pub clips: Vec<String>,
    /// What the tables hold to begin with: ordinary amounts, and links.
    pub earnings: BTreeMap<usize, Value>,
    pub links: BTreeMap<usize, Link>,
    pub transactions: Vec<Transaction>,
}

/// Keys that an application did not think of, of one type.
pub fn key(kind: KeyType) -> BoxedStrategy<String> {
    match kind {
        KeyType::Int8 => prop_oneof![
            3 => (0_i64..10).prop_map(|key| key.to_string()),
            1 => Just(i64::MIN.to_string()),
            1 => Just(i64::MAX.to_string()),
            1 => any::<i64>().prop_map(|key| key.to_string()),
        ]
        .boxed(),
        KeyType::Uuid => prop_oneof![
            3 => any::<u128>(),
            1 => Just(0_u128),
            1 => Just(u128::MAX),
        ]
        .prop_map(|key| {
            let hex = format!("{key:032x}");
            let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
            parts.join("-")
        })
        .boxed(),
        KeyType::Text => prop_oneof![
            2 => "[a-z]{1,3}",
            2 => proptest::sample::select(vec![
                "", " ", "'", "''", "\"", "\\", "\\'", "\n", "\r\n", "a\nb", "%s%n", "$1", "{a,b}", "NULL", "null", "{}",
                "a\tb", "it's", "\u{1}", "ä", "e\u{301}", "日本語", "🦀", "\u{202e}abc", "\u{feff}", "); --", "E'x'",
            ])
            .prop_map(str::to_owned),
            1 => Just("k".repeat(1000)),
            1 => Just("ü\"'\\\n".repeat(200)),
            2 => "[^\\x00]{0,12}",
        ]
        .boxed(),
    }
}

/// What an application writes on most days.
pub fn ordinary_amount() -> BoxedStrategy<String> {
    prop_oneof![
        3 => (-100_000_i64..1_000_000).prop_map(|cents| decimal(cents.into(), 2)),
        1 => (0_i64..1_000).prop_map(|whole| whole.to_string()),
    ]
    .boxed()
}

/// What it did not think of.
pub fn amount() -> BoxedStrategy<String> {
    prop_oneof![
        6 => ordinary_amount(),
        2 => any::<(i32, u8)>().prop_map(|(digits, scale)| decimal(digits.into(), u32::from(scale % 20))),
        2 => proptest::sample::select(vec!["0.005", "-0.005", "1.115", "0.4999999999999999999", "0.5", "-0.5", "2.5"])
            .prop_map(str::to_owned),
        6 => proptest::sample::select(vec![
            "60000000", "60000000", "-60000000", "20000", "5000000000000000000", "6e27", "99999999.99", "-99999999.99", "99999999.995", "100000000", "32767", "-32768", "32768", "2147483647",
            "-2147483648", "2147483648", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
            "9999999999999999999999999999", "79228162514264337593543950335", "7922816251426433759354395033.5",
            "-79228162514264337593543950336", "0.0000000000000000000000000001",
        ])
        .prop_map(str::to_owned),
        2 => ("[1-9][0-9]{27}", 0_u32..29, any::<bool>()).prop_map(|(digits, scale, is_less)| long(&digits, scale, is_less)),
        2 => ("[1-9][0-9]{39}", 0_u32..45, any::<bool>()).prop_map(|(digits, scale, is_less)| long(&digits, scale, is_less)),
        1 => Just("1e-400".to_owned()),
        2 => proptest::sample::select(vec!["NaN", "Infinity", "-Infinity"]).prop_map(str::to_owned),
    ]
    .boxed()
}

fn decimal(digits: i128, scale: u32) -> String {
    long(&digits.unsigned_abs().to_string(), scale, digits < 0)
}

fn long(digits: &str, scale: u32, is_less: bool) -> String {
    let sign = if is_less { "-" } else { "" };
    format!("{sign}{digits}e-{scale}")
}

pub fn value() -> impl Strategy<Value = Value> {
    option::weighted(0.9, amount())
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![4 => Just(Some("APPROVED")), 1 => Just(Some("PAID")), 2 => Just(Some("PENDING")), 1 => Just(None)]
}

pub fn link() -> impl Strategy<Value = Link> {
    (
        option::weighted(0.95, 0..CAMPAIGNS),
        option::weighted(0.95, 0..CLIPS),
        status(),
    )
        .prop_map(|(campaign, clip, status)| Link { campaign, clip, status })
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        6 => btree_map(0..CLIPS, value(), 1..=1).prop_map(Write::Earnings),
        2 => btree_map(0..CLIPS, value(), 1..=CLIPS).prop_map(Write::Earnings),
        4 => value().prop_map(Write::EveryEarning),
        2 => btree_map(0..CLIPS, value(), 1..=2).prop_map(Write::Clips),
        1 => (0..CLIPS, 0..CLIPS).prop_map(|(from, to)| Write::RenameClip(from, to)),
        1 => btree_set(0..CLIPS, 1..=2).prop_map(Write::DeleteClips),
        2 => (0..CAMPAIGNS, option::of("[a-z'\\n]{0,4}"), value())
            .prop_map(|(campaign, title, spent)| Write::Campaign(campaign, title, spent)),
        1 => (0..CAMPAIGNS, value()).prop_map(|(campaign, spent)| Write::Spent(campaign, spent)),
        1 => (0..CAMPAIGNS, 0..CAMPAIGNS).prop_map(|(from, to)| Write::RenameCampaign(from, to)),
        1 => (0..CAMPAIGNS).prop_map(Write::DeleteCampaign),
        5 => btree_map(0..LINKS, link(), 1..=3).prop_map(Write::Links),
        4 => (btree_set(0..LINKS, 1..=3), status()).prop_map(|(links, status)| Write::Review(links, status)),
        2 => btree_set(0..LINKS, 1..=2).prop_map(Write::DeleteLinks),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => write().prop_map(Step::Write),
        2 => (vec(write(), 1..=3), any::<bool>()).prop_map(|(writes, keep)| Step::Nested { writes, keep }),
    ]
}

fn transaction() -> impl Strategy<Value = Transaction> {
    (
        any::<bool>(),
        proptest::sample::select(vec!["0", "-1", "'1ms'", "'1min'"]),
        proptest::sample::select(vec![
            "READ COMMITTED",
            "READ COMMITTED",
            "REPEATABLE READ",
            "SERIALIZABLE",
        ]),
        vec(step(), 1..=4),
        proptest::bool::weighted(0.9),
    )
        .prop_map(|(at_once, recompute_interval, isolation, steps, commit)| Transaction {
            at_once,
            recompute_interval,
            isolation,
            steps,
            commit,
        })
}

pub fn program(shape: &Shape) -> impl Strategy<Value = Program> + use<> {
    (
        btree_set(key(shape.key), CAMPAIGNS).prop_map(Vec::from_iter),
        btree_set(key(shape.key), CLIPS).prop_map(Vec::from_iter),
        btree_map(0..CLIPS, ordinary_amount().prop_map(Some), 0..=CLIPS),
        btree_map(0..LINKS, link(), 0..=LINKS),
        vec(transaction(), 1..=5),
    )
        .prop_map(|(campaigns, clips, earnings, links, transactions)| Program {
            campaigns,
            clips,
            earnings,
            links,
            transactions,
        })
}

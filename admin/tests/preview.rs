//! GET: what is shown, in which order, and that it changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::{CAMPAIGNS, CORRECTIONS, Platform, WRONG, get, post, routes};

fn strings<'a>(campaigns: &'a Value, field: &str) -> Vec<&'a str> {
    campaigns
        .as_array()
        .unwrap()
        .iter()
        .map(|campaign| campaign[field].as_str().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn every_campaign_with_exact_amounts() {
    let platform = Platform::new("exact").await;
    let answer = get(&platform.routes(), CAMPAIGNS).await;
    assert_eq!(answer.status, StatusCode::OK);
    let expected = r#"{"id":"cmultimatetestcampaign001","title":"Ultimate Test Campaign","recordedSpent":3075.93,"actualSpent":4546.32,"difference":1470.39,"needsSync":true,"approvedClipsCount":48,"budget":10000.00}"#;
    assert!(answer.text.contains(expected), "{}", answer.text);
    let preview = answer.json();
    assert_eq!(preview["campaigns"].as_array().unwrap().len(), 40);
    assert_eq!(
        preview["summary"].to_string(),
        r#"{"inSync":34,"needsSync":6,"total":40,"totalDifference":4740.50}"#
    );
    assert_eq!(
        (&preview["success"], &preview["mayRepair"]),
        (&json!(true), &json!(true))
    );
    assert!(preview.get("page").is_none());
    // The truth by another way: what the page would add, a plain sum has found.
    let plain = platform
        .text(r#"SELECT sum(earnings) FROM clip_submissions s JOIN clips ON clips.id = s."clipId" WHERE s.status = 'APPROVED'"#)
        .await;
    let recorded = platform.text("SELECT sum(spent) FROM campaigns").await;
    assert_eq!(platform.text(&format!("SELECT {plain} - {recorded}")).await, "4740.50");
}

#[tokio::test]
async fn amounts_that_no_double_holds() {
    let platform = Platform::new("long").await;
    platform
        .run(
            r#"SELECT spend_sync_detach('campaigns');
            ALTER TABLE campaigns ALTER spent TYPE numeric(40, 10);
            ALTER TABLE clips ALTER earnings TYPE numeric(40, 10);
            UPDATE clips SET earnings = 123456789012345678901234567.8901234567
            WHERE id = (SELECT min("clipId") FROM clip_submissions WHERE "campaignId" = 'cmultimatetestcampaign001' AND status = 'APPROVED');
            UPDATE campaigns SET spent = 'NaN' WHERE title = 'Drift Launch';
            SELECT spend_sync_attach(sync => false)"#,
        )
        .await;
    let answer = get(&platform.routes(), &format!("{CAMPAIGNS}?campaignId={WRONG}")).await;
    let actual = platform
        .text(&format!(
            "SELECT actual_spent FROM spend_sync_status() WHERE campaign_id = '{WRONG}'"
        ))
        .await;
    assert!(
        actual.starts_with("12345678901234567890123") && actual.len() == 38,
        "{actual}"
    );
    assert!(
        answer.text.contains(&format!(r#""actualSpent":{actual},"#)),
        "{}",
        answer.text
    );
    let answer = get(&platform.routes(), &format!("{CAMPAIGNS}?search=drift%20launch")).await;
    assert!(
        answer
            .text
            .contains(r#""recordedSpent":"NaN","actualSpent":1885.9900000000,"#),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn pages_searches_filters() {
    let platform = Platform::new("pages").await;
    let routes = platform.routes();
    let ask = async |query: &str| get(&routes, &format!("{CAMPAIGNS}?{query}")).await.json();

    let mut seen = Vec::new();
    for page in 1..=4 {
        let preview = ask(&format!("page={page}&pageSize=12&sort=title")).await;
        assert_eq!(preview["page"], json!({ "number": page, "size": 12, "matching": 40 }));
        assert_eq!(preview["summary"]["total"], 40);
        seen.extend(strings(&preview["campaigns"], "title").into_iter().map(str::to_owned));
    }
    let in_order = platform
        .text("SELECT string_agg(title, '|' ORDER BY lower(title), id) FROM campaigns")
        .await;
    assert_eq!(seen.join("|"), in_order);
    // Beyond the last page is the last page.
    let beyond = ask("page=9&pageSize=12&sort=title").await;
    assert_eq!(beyond["page"], json!({ "number": 4, "size": 12, "matching": 40 }));
    assert_eq!(beyond["campaigns"].as_array().unwrap().len(), 4);

    assert_eq!(ask("needsSync=true").await["campaigns"].as_array().unwrap().len(), 6);
    let found = ask("search=SUMMER&needsSync=true").await;
    assert_eq!(
        strings(&found["campaigns"], "title"),
        ["Basalt Summer Push", "Harbour Summer Push"]
    );
    assert_eq!(found["summary"]["total"], 40);
    assert_eq!(
        strings(&ask("search=testcampaign001").await["campaigns"], "id"),
        [WRONG]
    );
    assert_eq!(ask("search=100%25").await["campaigns"], json!([]));
    assert_eq!(
        strings(&ask(&format!("campaignId={WRONG}")).await["campaigns"], "id"),
        [WRONG]
    );
}

#[tokio::test]
async fn pages_may_share_a_preview() {
    let platform = Platform::new("shared").await;
    let routes = platform.routes();
    let ask = async |query: &str| get(&routes, &format!("{CAMPAIGNS}?page=1&{query}")).await.json();
    let first = ask("maxAge=60").await;
    platform
        .run("SET session_replication_role = replica; UPDATE campaigns SET spent = 1")
        .await;
    let shared = ask("maxAge=60&search=test").await;
    assert_eq!(
        (&shared["asOf"], &shared["summary"]["needsSync"]),
        (&first["asOf"], &json!(6))
    );
    let fresh = ask("search=test").await;
    assert_ne!(fresh["asOf"], first["asOf"]);
    assert_eq!(fresh["summary"]["needsSync"], json!(40));
    assert_eq!(ask("maxAge=60").await["asOf"], fresh["asOf"]);
    // What was repaired here is never shown as it was before.
    post(&routes, &format!(r#"{{"campaignId":"{WRONG}"}}"#)).await;
    assert_eq!(ask("maxAge=60").await["summary"]["needsSync"], json!(39));
    post(&routes, "").await;
    assert_eq!(ask("maxAge=60").await["summary"]["needsSync"], json!(0));
}

/// Whoever asks for a preview of now gets one that was taken after the question, and many at once do not take many.
#[tokio::test]
async fn many_at_once_share_a_preview() {
    let platform = Platform::new("crowd").await;
    let routes = platform.routes();
    let before = platform.text("SELECT clock_timestamp()").await;
    let address = format!("{CAMPAIGNS}?pageSize=1");
    let answers = futures_util::future::join_all((0..20).map(|_| get(&routes, &address))).await;
    let mut times: Vec<String> = answers.iter().map(|answer| answer.json()["asOf"].to_string()).collect();
    times.sort();
    times.dedup();
    assert!(times.len() <= 2, "{times:?}");
    let first = times[0].trim_matches('"');
    let ordered = format!("SELECT date_trunc('milliseconds', '{before}'::timestamptz) <= '{first}'");
    assert_eq!(platform.text(&ordered).await, "true");
}

/// Whoever hangs up leaves one question with the database, however often: the next one waits for its answer.
#[tokio::test]
async fn who_hangs_up_leaves_no_crowd_behind() {
    let platform = Platform::new("gone").await;
    let routes = platform.routes();
    let mut other = platform.owner.begin().await.unwrap();
    sqlx::query("LOCK TABLE clips").execute(&mut *other).await.unwrap();
    for _ in 0..6 {
        let asking = get(&routes, CAMPAIGNS);
        assert!(
            tokio::time::timeout(std::time::Duration::from_millis(150), asking)
                .await
                .is_err()
        );
    }
    let asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
        AND application_name = 'spend-sync-admin'";
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        if platform.text(asked).await == "1" {
            break;
        }
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(platform.text(asked).await, "1");
    assert_eq!(get(&routes, "/readyz").await.status, StatusCode::OK);
    other.rollback().await.unwrap();
    assert_eq!(get(&routes, CAMPAIGNS).await.status, StatusCode::OK);
}

/// Names of the preview's own, amounts that are none, and floats by their digits.
#[tokio::test]
async fn odd_columns_and_budgets() {
    let platform = Platform::new("odd").await;
    platform
        .run(
            "ALTER TABLE campaigns ADD actual_spent numeric, ADD used text, ADD key text, ADD needs_sync text, ADD whole text;
            ALTER TABLE campaigns ALTER budget TYPE real;
            UPDATE campaigns SET budget = 1234567.9 WHERE id = 'cmultimatetestcampaign001';
            UPDATE campaigns SET budget = 'Infinity' WHERE title = 'Ember Creator Week';
            UPDATE campaigns SET budget = 'NaN' WHERE title = 'Drift Launch';
            UPDATE campaigns SET budget = 0 WHERE title = 'Aurora Launch'",
        )
        .await;
    let answer = get(&platform.routes(), &format!("{CAMPAIGNS}?sort=budgetUsed")).await;
    assert_eq!(answer.status, StatusCode::OK);
    for expected in [
        r#""budget":1234567.9}"#,
        r#""budget":"Infinity"}"#,
        r#""budget":"NaN"}"#,
        r#""budget":0}"#,
    ] {
        assert!(answer.text.contains(expected), "{expected}: {}", answer.text);
    }
}

#[tokio::test]
async fn sorts_by_each_column() {
    let platform = Platform::new("sorts").await;
    let routes = platform.routes();
    // What is NULL stands last, whatever the direction.
    for (sort, column) in [
        ("title", "lower(c.title)"),
        ("recordedSpent", "recorded_spent"),
        ("actualSpent", "actual_spent"),
        ("difference", "abs(difference)"),
        ("approvedClipsCount", "approved_clips"),
        ("budget", "budget"),
        ("budgetUsed", "actual_spent / budget"),
    ] {
        let rows = "spend_sync_status() s JOIN campaigns c ON c.id = s.campaign_id";
        for order in ["asc", "desc"] {
            let preview = get(&routes, &format!("{CAMPAIGNS}?sort={sort}&order={order}"))
                .await
                .json();
            let ids = strings(&preview["campaigns"], "id").join("','");
            let list = |order: &str| format!("string_agg(coalesce(({column})::text, 'none'), ' ' ORDER BY {order})");
            let shown = format!(
                "SELECT {} FROM unnest(ARRAY['{ids}']) WITH ORDINALITY AS shown (id, place) JOIN ({rows}) ON shown.id = c.id",
                list("place"),
            );
            let expected = format!("SELECT {} FROM {rows}", list(&format!("{column} {order} NULLS LAST")));
            assert_eq!(
                platform.text(&shown).await,
                platform.text(&expected).await,
                "{sort} {order}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_not_understood_is_said() {
    let platform = Platform::new("queries").await;
    for query in [
        "sort=spent",
        "order=up",
        "page=-1",
        "page=x",
        "needsSync=1",
        "pagesize=3",
        "maxAge=-1",
        "limit=3",
    ] {
        let answer = get(&platform.routes(), &format!("{CAMPAIGNS}?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(!answer.error().is_empty());
    }
}

#[tokio::test]
async fn a_preview_changes_nothing() {
    let platform = Platform::new("readonly").await;
    let state = "SELECT md5(string_agg(c::text || c.xmin, '|' ORDER BY id)) || (SELECT count(*) FROM spend_sync.correction) FROM campaigns c";
    let before = platform.text(state).await;
    for address in [CAMPAIGNS, CORRECTIONS, "/", "/readyz"] {
        assert_eq!(
            get(&platform.routes(), address).await.status,
            StatusCode::OK,
            "{address}"
        );
    }
    assert_eq!(platform.text(state).await, before);
}

#[tokio::test]
async fn corrections_newest_first() {
    let platform = Platform::new("corrections").await;
    let routes = platform.routes();
    assert_eq!(
        get(&routes, CORRECTIONS).await.text,
        r#"{"success":true,"corrections":[]}"#
    );
    post(&routes, &format!(r#"{{"campaignId":"{WRONG}"}}"#)).await;
    post(&routes, "").await;
    let log = get(&routes, CORRECTIONS).await.json();
    let log = log["corrections"].as_array().unwrap();
    assert_eq!(log.len(), 6);
    assert_eq!(log[5]["foundBy"], "sync_campaign");
    assert_eq!(
        (&log[5]["campaignTitle"], &log[5]["role"]),
        (&json!("Ultimate Test Campaign"), &json!("spend_sync_admin"))
    );
    assert_eq!(log[5]["recordedSpent"].to_string(), "3075.93");
    let time = log[0]["at"].as_str().unwrap();
    assert_eq!(
        platform
            .text(&format!(
                "SELECT '{time}'::timestamptz = (SELECT date_trunc('milliseconds', max(at)) FROM spend_sync.correction)"
            ))
            .await,
        "true"
    );
    assert_eq!(
        get(&routes, &format!("{CORRECTIONS}?limit=2")).await.json()["corrections"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn several_tables_and_no_budget() {
    let platform = Platform::new("several").await;
    platform
        .run(
            r#"SELECT spend_sync_attach(campaigns => 'users', title => 'email', spent => 'totalEarnings', submission_campaign => 'userId', sync => false);
            GRANT SELECT ON users TO spend_sync_admin"#,
        )
        .await;
    let answer = get(&platform.routes(), CAMPAIGNS).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    answer.error();

    let mut config = platform.config();
    config.campaigns = Some("users".to_owned());
    let routes = routes(&config);
    let preview = get(&routes, &format!("{CAMPAIGNS}?search=creator7@")).await.json();
    assert_eq!(preview["summary"]["total"], 250);
    assert_eq!(
        (&preview["campaigns"][0]["title"], &preview["campaigns"][0]["budget"]),
        (&json!("creator7@example.com"), &json!(null))
    );
    let earned = r#"SELECT sum(earnings) FROM clip_submissions s JOIN clips ON clips.id = s."clipId"
        WHERE s.status = 'APPROVED' AND s."userId" = (SELECT id FROM users WHERE email = 'creator7@example.com')"#;
    assert_eq!(
        preview["campaigns"][0]["actualSpent"].to_string(),
        platform.text(earned).await
    );
    assert_eq!(post(&routes, "{}").await.status, StatusCode::OK);
    assert_eq!(
        platform
            .text("SELECT count(*) FROM spend_sync_status('users') WHERE needs_sync")
            .await,
        "0"
    );
    assert_eq!(platform.drifted().await, "6");
}

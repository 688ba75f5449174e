//! POST: one, all, all with progress; each ends with a plain sum.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use axum::http::StatusCode;
use serde_json::json;
use support::{Platform, WRONG, get, post, post_with_progress, routes};

#[tokio::test]
async fn one_campaign() {
    let platform = Platform::new("one").await;
    let routes = platform.routes();
    let answer = post(&routes, &format!(r#"{{"campaignId":"{WRONG}"}}"#)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.text,
        r#"{"success":true,"message":"Ultimate Test Campaign is corrected from 3075.93 to 4546.32","campaignId":"cmultimatetestcampaign001","campaignTitle":"Ultimate Test Campaign","oldSpent":3075.93,"newSpent":4546.32,"difference":1470.39,"approvedClipsCount":48}"#
    );
    assert_eq!(
        platform
            .text(&format!("SELECT spent FROM campaigns WHERE id = '{WRONG}'"))
            .await,
        "4546.32"
    );
    assert_eq!(platform.drifted().await, "5");
    let again = post(&routes, &format!(r#"{{"campaignId":"{WRONG}"}}"#)).await.json();
    assert_eq!(again["message"], "Ultimate Test Campaign was in sync: 4546.32");
    let unset = platform.text("SELECT id FROM campaigns WHERE spent IS NULL").await;
    let set = post(&routes, &format!(r#"{{"campaignId":"{unset}"}}"#)).await.json();
    assert_eq!(
        (&set["oldSpent"], set["newSpent"].to_string()),
        (&json!(null), "2576.65".to_owned())
    );
}

#[tokio::test]
async fn all_campaigns() {
    for (name, body) in [("all_empty", ""), ("all_braces", "{}"), ("all_blank", " \n")] {
        let platform = Platform::new(name).await;
        let answer = post(&platform.routes(), body).await;
        assert_eq!(answer.status, StatusCode::OK);
        let done = answer.json();
        assert_eq!((&done["success"], &done["synced"]), (&json!(true), &json!(6)));
        assert_eq!(done["message"], "6 campaigns are corrected");
        assert_eq!(done["totalDifference"].to_string(), "4740.50");
        assert_eq!(done["campaigns"].as_array().unwrap().len(), 6);
        assert_eq!(platform.drifted().await, "0");
        let again = post(&platform.routes(), body).await.json();
        assert_eq!((&again["synced"], &again["campaigns"]), (&json!(0), &json!([])));
    }
}

#[tokio::test]
async fn all_with_progress() {
    let platform = Platform::new("progress").await;
    let lines = post_with_progress(&platform.routes()).await;
    for (done, line) in lines[..7].iter().enumerate() {
        assert_eq!(*line, json!({ "progress": { "done": done, "total": 6 } }));
    }
    assert_eq!(lines.len(), 8);
    let finished = &lines[7]["finished"];
    assert_eq!((&finished["success"], &finished["synced"]), (&json!(true), &json!(6)));
    assert_eq!(finished["totalDifference"].to_string(), "4740.50");
    assert_eq!(platform.drifted().await, "0");
    // Each in a transaction of its own: no two rows were written by the same one.
    let rows = "SELECT count(DISTINCT xmin::text) FROM spend_sync.correction";
    assert_eq!(platform.text(rows).await, "6");
}

#[tokio::test]
async fn a_rule_of_the_tables_is_no_fault_of_the_server() {
    let platform = Platform::new("refused").await;
    platform
        .run("ALTER TABLE campaigns ADD CONSTRAINT within_budget CHECK (spent <= 4500 OR title <> 'Ultimate Test Campaign')")
        .await;
    let routes = platform.routes();
    let answer = post(&routes, &format!(r#"{{"campaignId":"{WRONG}"}}"#)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.error();
    assert_eq!(platform.drifted().await, "6");

    // With progress, the others are repaired all the same.
    let lines = post_with_progress(&routes).await;
    let failed: Vec<_> = lines.iter().filter_map(|line| line.get("failed")).collect();
    assert_eq!((failed.len(), &failed[0]["campaignId"]), (1, &json!(WRONG)));
    let finished = &lines.last().unwrap()["finished"];
    assert_eq!((&finished["success"], &finished["synced"]), (&json!(false), &json!(5)));
    assert_eq!(platform.drifted().await, "1");

    // And without.
    platform
        .run("ALTER TABLE campaigns DISABLE TRIGGER USER; UPDATE campaigns SET spent = 1 WHERE title = 'Aurora Launch'; ALTER TABLE campaigns ENABLE TRIGGER USER")
        .await;
    let answer = post(&routes, "").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let body = answer.json();
    assert_eq!((&body["success"], &body["synced"]), (&json!(false), &json!(1)));
    assert_eq!(body["failed"][0]["campaignId"], WRONG);
    assert_eq!(platform.drifted().await, "1");
}

/// Whatever a trigger of the tables' raises is no word of ours: it must neither pass for a campaign that is not there nor
/// keep the others from being repaired.
#[tokio::test]
async fn a_trigger_that_fails() {
    for (index, code) in ["P0002", "22P02", "22012", "55000", "42P01", "XX000"]
        .into_iter()
        .enumerate()
    {
        let platform = Platform::new(&format!("trigger_{index}")).await;
        platform
            .run(&format!(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION SQLSTATE '{code}'; END $$;
                CREATE TRIGGER fail BEFORE UPDATE ON campaigns FOR EACH ROW
                    WHEN (NEW.id = '{WRONG}') EXECUTE FUNCTION fail()"
            ))
            .await;
        let routes = platform.routes();
        let fails = async |body: &str| {
            let status = post(&routes, body).await.status;
            let is_told = status != StatusCode::OK && status != StatusCode::NOT_FOUND;
            assert!(is_told, "{code}: {status}");
        };
        fails(&format!(r#"{{"campaignId":"{WRONG}"}}"#)).await;
        let lines = post_with_progress(&routes).await;
        let finished = &lines.last().unwrap()["finished"];
        assert_eq!(
            (&finished["success"], &finished["synced"]),
            (&json!(false), &json!(5)),
            "{code}"
        );
        assert_eq!(finished["message"], "5 campaigns are corrected; 1 could not be");
        assert_eq!(finished["failed"][0]["campaignId"], WRONG);
        assert_eq!(platform.drifted().await, "1");
        // Nothing else is wrong: not all is well for all that.
        let again = post_with_progress(&routes).await;
        let message = &again.last().unwrap()["finished"]["message"];
        assert_eq!(message, "0 campaigns are corrected; 1 could not be");
        fails("").await;
    }
}

#[tokio::test]
async fn what_others_corrected_is_not_counted() {
    let platform = Platform::new("quicker").await;
    let routes = platform.routes();
    let first = platform
        .text("SELECT min(campaign_id) FROM spend_sync_status() WHERE needs_sync")
        .await;
    let mut other = platform.owner.begin().await.unwrap();
    let held = sqlx::query("SELECT FROM campaigns WHERE id = $1 FOR UPDATE").bind(&first);
    held.execute(&mut *other).await.unwrap();
    let release = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        other.rollback().await.unwrap();
    };
    let (one, two, ()) = tokio::join!(post_with_progress(&routes), post_with_progress(&routes), release);
    let synced = |lines: &[serde_json::Value]| lines.last().unwrap()["finished"]["synced"].as_u64().unwrap();
    assert_eq!(synced(&one) + synced(&two), 6);
    assert_eq!(platform.text("SELECT count(*) FROM spend_sync.correction").await, "6");
}

#[tokio::test]
async fn progress_may_be_asked_for_beside_other_types() {
    let platform = Platform::new("accept").await;
    let routes = platform.routes();
    for accept in [
        "application/x-ndjson, */*",
        "Application/X-NDJSON",
        "text/html;q=0.5,application/x-ndjson;q=1",
    ] {
        let request = support::request("POST", support::CAMPAIGNS).header("accept", accept);
        let answer = support::ask(&routes, request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.headers["content-type"], "application/x-ndjson", "{accept}");
    }
}

#[tokio::test]
async fn a_campaign_that_is_held_by_others() {
    let platform = Platform::new("held").await;
    let mut config = platform.config();
    config.database = config.database.options([("lock_timeout", "100ms")]);
    let routes = routes(&config);
    let mut other = platform.owner.begin().await.unwrap();
    sqlx::query("SELECT FROM campaigns WHERE id = $1 FOR UPDATE")
        .bind(WRONG)
        .execute(&mut *other)
        .await
        .unwrap();
    let answer = post(&routes, &format!(r#"{{"campaignId":"{WRONG}"}}"#)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "1");
    answer.error();
    other.rollback().await.unwrap();
    assert_eq!(
        post(&routes, &format!(r#"{{"campaignId":"{WRONG}"}}"#)).await.status,
        StatusCode::OK
    );
}

/// The repair is made the victim of a deadlock, each time once: PostgreSQL asks to try it again, and it is.
#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let platform = Platform::new("deadlock").await;
    platform
        .run(
            "CREATE SEQUENCE tries; GRANT USAGE ON tries TO PUBLIC;
        CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('public.tries') = 1 THEN RAISE EXCEPTION SQLSTATE '40P01'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER fail_once BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION fail_once()",
        )
        .await;
    assert_eq!(
        post(&platform.routes(), &format!(r#"{{"campaignId":"{WRONG}"}}"#))
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(platform.text("SELECT last_value FROM tries").await, "2");
    assert_eq!(platform.drifted().await, "5");
}

#[tokio::test]
async fn keys_of_other_types() {
    let platform = Platform::new("keys").await;
    platform
        .run(
            "CREATE SCHEMA numbered;
            CREATE TABLE numbered.campaigns (id bigint PRIMARY KEY, name text, spent numeric(12, 2) DEFAULT 7);
            CREATE TABLE numbered.clips (id bigint PRIMARY KEY, earnings numeric(12, 2));
            CREATE TABLE numbered.clip_submissions (campaign_id bigint REFERENCES numbered.campaigns,
                clip_id bigint REFERENCES numbered.clips, status text);
            INSERT INTO numbered.campaigns VALUES (1, 'one'), (11, 'eleven'), (9007199254740993, 'beyond doubles');
            SELECT spend_sync_attach(campaigns => 'numbered.campaigns', clips => 'numbered.clips',
                                     submissions => 'numbered.clip_submissions', sync => false);
            GRANT USAGE ON SCHEMA numbered TO spend_sync_admin;
            GRANT SELECT ON ALL TABLES IN SCHEMA numbered TO spend_sync_admin",
        )
        .await;
    let mut config = platform.config();
    config.campaigns = Some("numbered.campaigns".to_owned());
    let routes = routes(&config);
    for body in [r#"{"campaignId":9007199254740993}"#, r#"{"campaignId":"1"}"#] {
        let done = post(&routes, body).await.json();
        assert_eq!(done["newSpent"].to_string(), "0.00", "{done}");
    }
    assert_eq!(
        platform
            .text("SELECT string_agg(spent::text, ' ' ORDER BY id) FROM numbered.campaigns")
            .await,
        "0.00 7.00 0.00"
    );
    for unknown in [
        "2",
        "\"x\"",
        "\"\"",
        "99999999999999999999999",
        "1.5",
        "\"1; DROP TABLE clips\"",
    ] {
        let answer = post(&routes, &format!(r#"{{"campaignId":{unknown}}}"#)).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::NOT_FOUND, "no such campaign".to_owned()),
            "{unknown}"
        );
    }
    let preview = get(&routes, &format!("{}?campaignId=11", support::CAMPAIGNS))
        .await
        .json();
    assert_eq!(
        (
            &preview["campaigns"][0]["id"],
            preview["campaigns"].as_array().unwrap().len()
        ),
        (&json!("11"), 1)
    );
}

//! What is not let in, and what is said when something is away: a status, one sentence, nothing of the inside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::time::{Duration, Instant};
use support::{CAMPAIGNS, CORRECTIONS, Platform, VIEWER, WRONG, ask, get, post, request, routes};

#[tokio::test]
async fn tokens() {
    let platform = Platform::new("tokens").await;
    let routes = platform.routes();
    let as_whom = async |method: &str, address: &str, authorization: Option<&str>| {
        let mut request = Request::builder().method(method).uri(address);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        ask(&routes, request.body(Body::empty()).unwrap()).await
    };
    for (method, address) in [("GET", CAMPAIGNS), ("POST", CAMPAIGNS), ("GET", CORRECTIONS)] {
        for none in [None, Some(""), Some("Bearer"), Some("Basic YWRtaW46YWRtaW4=")] {
            let answer = as_whom(method, address, none).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {address} {none:?}");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            answer.error();
        }
        for wrong in ["Bearer wrong", "Bearer ", "Bearer an-administrator's-token-for-test"] {
            let answer = as_whom(method, address, Some(wrong)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {address} {wrong}");
            answer.error();
        }
    }
    let viewer = format!("bearer {VIEWER}");
    let preview = as_whom("GET", CAMPAIGNS, Some(&viewer)).await;
    assert_eq!(
        (preview.status, &preview.json()["mayRepair"]),
        (StatusCode::OK, &false.into())
    );
    assert_eq!(
        as_whom("POST", CAMPAIGNS, Some(&viewer)).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(platform.drifted().await, "6");
}

#[tokio::test]
async fn pages_of_other_sites() {
    let platform = Platform::new("sites").await;
    let routes = platform.routes();
    let from = async |site: &str, method: &str| {
        ask(
            &routes,
            request(method, CAMPAIGNS)
                .header("sec-fetch-site", site)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(from(site, "POST").await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(platform.drifted().await, "6");
    // No other site's script may read an answer, or ask for leave to.
    let preflight = request("OPTIONS", CAMPAIGNS).header("origin", "https://elsewhere.example");
    let answer = ask(&routes, preflight.body(Body::empty()).unwrap()).await;
    assert!(
        answer
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("access-control-"))
    );
    assert_eq!(from("same-origin", "POST").await.status, StatusCode::OK);
    assert_eq!(platform.drifted().await, "0");
}

#[tokio::test]
async fn bodies() {
    let platform = Platform::new("bodies").await;
    let routes = platform.routes();
    for body in [
        "{",
        "[]",
        "null",
        "\"x\"",
        "{}{}",
        r#"{"campaignId":null}"#,
        r#"{"campaignId":["x"]}"#,
        r#"{"campaignId":true}"#,
        r#"{"campaign_id":"x"}"#,
        r#"{"campaignID":"x"}"#,
        r#"{"campaignId":"x","all":true}"#,
        "campaignId=x",
        "\u{feff}{}",
    ] {
        let answer = post(&routes, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        answer.error();
    }
    let answer = post(&routes, &format!(r#"{{"campaignId":"{}"}}"#, "x".repeat(16 * 1024))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.error();
    let answer = post(&routes, &format!(r#"{{"campaignId":"{}"}}"#, "x".repeat(15 * 1024))).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // GET takes a key in the address; a repair that overlooked it would sync all.
    for query in [format!("campaignId={WRONG}"), "x".to_owned()] {
        let request = request("POST", &format!("{CAMPAIGNS}?{query}"));
        let answer = ask(&routes, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        answer.error();
    }
    // A text of PostgreSQL's holds no zero byte.
    assert_eq!(
        post(&routes, r#"{"campaignId":"\u0000"}"#).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(platform.drifted().await, "6");
}

#[tokio::test]
async fn addresses_and_methods() {
    let platform = Platform::new("addresses").await;
    let routes = platform.routes();
    for address in ["/nothing", "/api", "/page.rs", "/../Cargo.toml", "/api/admin/campaigns"] {
        let answer = get(&routes, address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
        answer.error();
    }
    for (method, address) in [
        ("DELETE", CAMPAIGNS),
        ("PUT", CAMPAIGNS),
        ("POST", CORRECTIONS),
        ("POST", "/"),
    ] {
        let answer = ask(&routes, request(method, address).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {address}");
        answer.error();
    }
}

#[tokio::test]
async fn every_answer_has_the_headers() {
    let platform = Platform::new("headers").await;
    let routes = platform.routes();
    for address in ["/", "/page.js", CAMPAIGNS, "/nothing", "/healthz"] {
        let headers = get(&routes, address).await.headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{address}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{address}");
        }
        assert!(headers.contains_key("x-request-id"));
        assert!(!headers.contains_key("set-cookie"));
    }
    assert_eq!(get(&routes, CAMPAIGNS).await.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_role_without_rights() {
    let platform = Platform::new("rights").await;
    platform.run("REVOKE EXECUTE ON FUNCTION sync_campaign(text, regclass) FROM spend_sync_admin; REVOKE SELECT ON clips FROM spend_sync_admin").await;
    let routes = platform.routes();
    for answer in [
        get(&routes, CAMPAIGNS).await,
        post(&routes, &format!(r#"{{"campaignId":"{WRONG}"}}"#)).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        answer.error();
    }
}

#[tokio::test]
async fn a_preview_that_takes_too_long() {
    let platform = Platform::new("long_wait").await;
    let mut config = platform.config();
    config.database = config.database.options([("statement_timeout", "200ms")]);
    let routes = routes(&config);
    let mut other = platform.owner.begin().await.unwrap();
    sqlx::query("LOCK TABLE clips").execute(&mut *other).await.unwrap();
    let answer = get(&routes, CAMPAIGNS).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "10");
    assert!(answer.error().contains("took longer"));
    other.rollback().await.unwrap();
    // A failure does not last.
    assert_eq!(
        get(&routes, &format!("{CAMPAIGNS}?maxAge=60")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_database_that_is_read_only() {
    let platform = Platform::new("read_only").await;
    let mut config = platform.config();
    config.database = config.database.options([("default_transaction_read_only", "on")]);
    let routes = routes(&config);
    assert_eq!(get(&routes, CAMPAIGNS).await.status, StatusCode::OK);
    let answer = post(&routes, "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.error().contains("read-only"));
}

#[tokio::test]
async fn nothing_to_answer_for() {
    let platform = Platform::new("nothing").await;
    let routes = platform.routes();
    assert_eq!(get(&routes, "/readyz").await.status, StatusCode::OK);
    for step in ["SELECT spend_sync_detach('campaigns')", "DROP EXTENSION spend_sync"] {
        platform.run(step).await;
        for address in [CAMPAIGNS, CORRECTIONS, "/readyz"] {
            let answer = get(&routes, address).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{step}: {address}");
            answer.error();
        }
        assert_eq!(post(&routes, "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(get(&routes, "/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_database_that_is_away() {
    let platform = Platform::new("away").await;
    let mut config = platform.config();
    config.database = config.database.clone().socket("/nowhere");
    let routes = routes(&config);
    let started = Instant::now();
    for address in [CAMPAIGNS, "/readyz"] {
        let answer = get(&routes, address).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers.contains_key("retry-after"));
        answer.error();
    }
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(get(&routes, "/healthz").await.status, StatusCode::OK);
    assert_eq!(get(&routes, "/").await.status, StatusCode::OK);
}

/// Connections that the server ended are made anew.
#[tokio::test]
async fn a_database_that_comes_back() {
    let platform = Platform::new("back").await;
    let routes = platform.routes();
    assert_eq!(get(&routes, CAMPAIGNS).await.status, StatusCode::OK);
    platform.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'spend-sync-admin' AND datname = current_database()").await;
    assert_eq!(get(&routes, CAMPAIGNS).await.status, StatusCode::OK);
}

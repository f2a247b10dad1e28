use axum::body::Body;
use axum::http::Request;

use super::super::super::stage::*;

fn redemption(code: &str) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", GUI),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]
}

#[tokio::test]
async fn a_token_request_that_lacks_or_repeats_something_is_invalid_and_spends_nothing() {
    let stage = Stage::new(settings());
    let code = stage.code().await;
    for missing in 0..5 {
        let mut pairs = redemption(&code);
        pairs.remove(missing);
        assert_eq!(stage.post("/token", &pairs).await.outcome(), "400 invalid_request", "{missing}");
        let mut pairs = redemption(&code);
        pairs[missing].1 = "";
        assert_eq!(stage.post("/token", &pairs).await.outcome(), "400 invalid_request", "an empty {missing}");
        let mut pairs = redemption(&code);
        pairs.push(pairs[missing]);
        assert_eq!(stage.post("/token", &pairs).await.outcome(), "400 invalid_request", "twice {missing}");
    }
    assert_eq!(stage.post("/token", &redemption(&code)).await.outcome(), "200");
}

#[tokio::test]
async fn each_mistake_at_the_token_endpoint_has_its_error() {
    let stage = Stage::new(settings());
    let with = |name: &'static str, value: &'static str| {
        let mut pairs = redemption("unknown");
        for pair in &mut pairs {
            if pair.0 == name {
                pair.1 = value;
            }
        }
        pairs
    };
    let mistakes = [
        (with("grant_type", "password"), "400 unsupported_grant_type"),
        (with("client_id", "nobody"), "401 invalid_client"),
        (with("client_id", BACKEND.0), "400 unauthorized_client"),
        (with("code", "unknown"), "400 invalid_grant"),
    ];
    for (pairs, outcome) in mistakes {
        let seen = stage.post("/token", &pairs).await;
        assert_eq!(seen.outcome(), outcome);
        assert_eq!(seen.header("cache-control"), "no-store");
        assert!(!seen.field("error_description").is_empty());
    }
    let with_credentials = stage.post_as("/token", Some(&basic(GUI, "x")), &redemption("unknown")).await;
    assert_eq!(with_credentials.outcome(), "401 invalid_client");
    assert!(with_credentials.header("www-authenticate").starts_with("Basic"));
    assert_eq!(stage.refresh("unknown").await.outcome(), "400 invalid_grant");
}

#[tokio::test]
async fn a_code_expires_at_its_last_instant() {
    let stage = Stage::new(settings());
    let (early, late) = (stage.code().await, stage.code().await);
    stage.wait(4);
    assert_eq!(stage.redeem(&early).await.outcome(), "200");
    stage.wait(1);
    assert_eq!(stage.redeem(&late).await.outcome(), "400 invalid_grant");
}

#[tokio::test]
async fn only_forms_of_a_sensible_size_are_read() {
    let stage = Stage::new(settings());
    let send = |content_type: &'static str, body: String| {
        let request = Request::post("/token").header("content-type", content_type).body(Body::from(body)).unwrap();
        let router = &stage.router;
        async move { seen(router, request).await }
    };
    assert_eq!(send("application/json", "{}".into()).await.outcome(), "400 invalid_request");
    assert_eq!(send("application/x-www-form-urlencoded", "a".repeat(20_000)).await.status, 413);
    let charset = "Application/X-WWW-Form-Urlencoded; charset=UTF-8";
    let read = send(charset, "grant_type=password&client_id=gui".into()).await;
    assert_eq!(read.outcome(), "400 unsupported_grant_type");
    let without = Request::post("/revoke").body(Body::from("client_id=gui&token=x")).unwrap();
    assert_eq!(seen(&stage.router, without).await.outcome(), "400 invalid_request");
}

#[tokio::test]
async fn only_a_resource_server_may_introspect() {
    let stage = Stage::new(settings());
    let (access, _) = stage.tokens().await;
    let ask = |authorization: Option<String>| {
        let (stage, access) = (&stage, &access);
        async move { stage.post_as("/introspect", authorization.as_deref(), &[("token", access)]).await }
    };
    assert_eq!(ask(Some(basic(BACKEND.0, BACKEND.1))).await.outcome(), "200");
    // Both parts may be form-encoded. RFC 6749 section 2.3.1.
    assert_eq!(ask(Some(basic("backend", "backend+secret"))).await.outcome(), "200");
    let strangers = [
        None,
        Some(basic(BACKEND.0, "wrong")),
        Some(basic("nobody", BACKEND.1)),
        Some(basic(GUI, "")),
        Some(format!("Bearer {access}")),
        Some("Basic ???".to_owned()),
        Some("Basic".to_owned()),
    ];
    for stranger in strangers {
        let refused = ask(stranger).await;
        assert_eq!(refused.outcome(), "401 invalid_client");
        assert!(refused.json().get("active").is_none());
    }
    let authorization = basic(BACKEND.0, BACKEND.1);
    assert_eq!(stage.post_as("/introspect", Some(&authorization), &[]).await.outcome(), "400 invalid_request");
}

#[tokio::test]
async fn the_revocation_of_an_unknown_token_succeeds_and_one_without_a_token_is_invalid() {
    let stage = Stage::new(settings());
    assert_eq!(stage.revoke("unknown").await.outcome(), "200");
    assert_eq!(stage.post("/revoke", &[("client_id", GUI)]).await.outcome(), "400 invalid_request");
    assert_eq!(stage.post("/revoke", &[("client_id", "nobody"), ("token", "x")]).await.outcome(), "401 invalid_client");
}

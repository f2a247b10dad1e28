use super::super::super::stage::*;
use super::super::super::{ClientKind, NewClient};

/// The authorization request with one parameter changed, or left out for `None`.
fn but(name: &'static str, value: Option<&'static str>) -> Vec<(&'static str, &'static str)> {
    let mut pairs = authorization();
    pairs.retain(|(known, _)| *known != name);
    pairs.extend(value.map(|value| (name, value)));
    pairs
}

async fn ask(stage: &Stage, pairs: &[(&str, &str)]) -> Seen {
    stage.get(&format!("/authorize?{}", form(pairs))).await
}

#[tokio::test]
async fn the_login_page_carries_the_request_escaped_and_cannot_be_framed_or_cached() {
    let stage = Stage::new(settings());
    let page = ask(&stage, &but("state", Some("\"><script>"))).await;
    assert_eq!(page.outcome(), "200");
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text.contains(r#"name="state" value="&quot;&gt;&lt;script&gt;""#));
    assert!(page.text.contains(&format!(r#"name="code_challenge" value="{CHALLENGE}""#)));
}

#[tokio::test]
async fn nobody_is_redirected_to_an_address_that_is_not_registered() {
    let stage = Stage::new(settings());
    let mut repeated = authorization();
    repeated.push(("redirect_uri", "http://evil.test/"));
    let invalid = [
        but("client_id", None),
        but("client_id", Some("nobody")),
        but("client_id", Some(BACKEND.0)),
        but("client_id", Some("other")),
        but("redirect_uri", None),
        but("redirect_uri", Some("http://gui.test/callback/")),
        but("redirect_uri", Some("http://gui.test/callback?x=1")),
        but("redirect_uri", Some("http://evil.test/callback")),
        repeated,
    ];
    for pairs in invalid {
        let page = ask(&stage, &pairs).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (400, ""), "{pairs:?}");
        let posted = stage.post("/authorize", &pairs).await;
        assert_eq!((posted.status.as_u16(), posted.header("location")), (400, ""), "{pairs:?}");
    }
}

/// A stage whose client is a native app with a redirect URI on the loopback interface.
fn native_app() -> Stage {
    let stage = Stage::new(settings());
    let kind = ClientKind::Public { redirect_uris: &["http://127.0.0.1/callback"] };
    stage.service.put_client(&NewClient { client_id: GUI, kind }).unwrap();
    stage
}

#[tokio::test]
async fn a_native_app_is_answered_at_the_loopback_port_it_names() {
    const AT_PORT: &str = "http://127.0.0.1:9402/callback";
    let stage = native_app();
    let mut pairs = but("redirect_uri", Some(AT_PORT));
    pairs.extend([("username", "ada"), ("password", "lovelace")]);
    assert_eq!(ask(&stage, &pairs).await.outcome(), "200");
    let back = stage.post("/authorize", &pairs).await;
    assert!(back.header("location").starts_with(&format!("{AT_PORT}?code=")));
    let code = back.back("code").unwrap();
    for other in ["http://127.0.0.1/callback", "http://127.0.0.1:9403/callback"] {
        let refused = stage.redeem_with(&code, other, VERIFIER).await;
        assert_eq!(refused.outcome(), "400 invalid_grant", "the code was sent to {AT_PORT}, not to {other}");
    }
    assert_eq!(stage.redeem_with(&code, AT_PORT, VERIFIER).await.outcome(), "200");
}

#[tokio::test]
async fn a_loopback_address_that_differs_in_more_than_its_port_is_not_registered() {
    let stage = native_app();
    for other in [
        "https://127.0.0.1:9402/callback",
        "http://127.0.0.1:9402/callback-x",
        "http://localhost:9402/callback",
        "http://[::1]:9402/callback",
        "http://127.0.0.1:9402@evil.test/callback",
    ] {
        let page = ask(&stage, &but("redirect_uri", Some(other))).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (400, ""), "{other}");
    }
}

#[tokio::test]
async fn every_other_mistake_is_reported_to_the_client() {
    let stage = Stage::new(settings());
    let mut repeated = authorization();
    repeated.push(("state", "another"));
    let mistakes = [
        (but("response_type", None), "invalid_request"),
        (but("response_type", Some("token")), "unsupported_response_type"),
        (but("code_challenge", None), "invalid_request"),
        (but("code_challenge", Some("short")), "invalid_request"),
        (but("code_challenge_method", None), "invalid_request"),
        (but("code_challenge_method", Some("plain")), "invalid_request"),
        (but("scope", Some("items admin")), "invalid_scope"),
        (repeated, "invalid_request"),
    ];
    for (pairs, error) in mistakes {
        for back in [ask(&stage, &pairs).await, stage.post("/authorize", &pairs).await] {
            assert_eq!(back.status, 303);
            assert!(back.header("location").starts_with(REDIRECT_URI));
            assert_eq!(back.back("error").as_deref(), Some(error), "{pairs:?}");
            assert_eq!(back.back("iss").as_deref(), Some(ISSUER));
            assert!(back.back("state").is_some() && back.back("code").is_none());
        }
    }
}

#[tokio::test]
async fn a_wrong_username_and_a_wrong_password_look_the_same() {
    let stage = Stage::new(settings());
    let attempt = |username: &'static str, password: &'static str| {
        let mut pairs = authorization();
        pairs.extend([("username", username), ("password", password)]);
        let stage = &stage;
        async move { stage.post("/authorize", &pairs).await }
    };
    let wrong_password = attempt("ada", "byron").await;
    let wrong_name = attempt("eve", "lovelace").await;
    let empty = attempt("", "").await;
    for page in [&wrong_password, &wrong_name, &empty] {
        assert_eq!(page.status, 401);
        assert!(page.header("location").is_empty());
        assert_eq!(page.text, wrong_password.text);
    }
    assert!(wrong_password.text.contains("Wrong username or password."));
    assert_eq!(attempt("ada", "lovelace").await.status, 303);
}

#[tokio::test]
async fn a_cancelled_sign_in_is_reported_to_the_client() {
    let stage = Stage::new(settings());
    let mut pairs = authorization();
    pairs.push(("choice", "cancel"));
    let back = stage.post("/authorize", &pairs).await;
    assert_eq!((back.status.as_u16(), back.back("error").as_deref()), (303, Some("access_denied")));
    assert_eq!(back.back("state").as_deref(), Some("a state"));
}

#[tokio::test]
async fn the_metadata_names_endpoints_that_exist() {
    let stage = Stage::new(settings());
    let metadata = stage.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["issuer"], ISSUER);
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let path = value.as_str().unwrap().strip_prefix(ISSUER).unwrap();
            assert_ne!(stage.get(path).await.status, 404, "{name}");
        }
    }
}

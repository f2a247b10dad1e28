use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::super::super::stage::*;
use super::super::super::*;

#[tokio::test]
async fn the_tokens_of_a_sign_in_are_active_until_they_are_revoked() {
    let stage = Stage::new(settings());
    let signed_in = stage.sign_in().await;
    assert_eq!(signed_in.status, 303);
    assert_eq!(signed_in.back("state").as_deref(), Some("a state"));
    assert_eq!(signed_in.back("iss").as_deref(), Some(ISSUER));

    let issued = stage.redeem(&signed_in.back("code").unwrap()).await;
    assert_eq!(issued.outcome(), "200");
    assert_eq!((issued.header("cache-control"), issued.header("pragma")), ("no-store", "no-cache"));
    let (access, refresh) = (issued.field("access_token"), issued.field("refresh_token"));
    assert!(stage.is_active(&access).await && stage.is_active(&refresh).await);

    let refreshed = stage.refresh(&refresh).await;
    assert_eq!(refreshed.outcome(), "200");
    let (access_2, refresh_2) = (refreshed.field("access_token"), refreshed.field("refresh_token"));
    assert!(stage.is_active(&access).await, "a refresh leaves the older access token alone");
    assert!(stage.is_active(&access_2).await && stage.is_active(&refresh_2).await);
    assert!(!stage.is_active(&refresh).await);

    assert_eq!(stage.revoke(&refresh_2).await.outcome(), "200");
    for token in [access, refresh, access_2, refresh_2] {
        assert!(!stage.is_active(&token).await);
    }
}

#[tokio::test]
async fn the_introspection_of_an_access_token_agrees_with_its_claims() {
    let stage = Stage::new(settings());
    let (access, refresh) = stage.tokens().await;
    let standing = stage.introspect(&access).await.json();
    let claims: serde_json::Value = jsonwebtoken::dangerous::insecure_decode_claims(&access).unwrap();
    for claim in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"] {
        assert_eq!(standing[claim], claims[claim], "{claim}");
        assert!(!claims[claim].is_null(), "{claim}");
    }
    assert_eq!(standing["token_type"], "Bearer");
    assert_eq!(claims["exp"], (START.seconds() + 10));

    let standing = stage.introspect(&refresh).await.json();
    assert_eq!(standing["exp"], (START.seconds() + 20));
    assert_eq!(standing["aud"], ISSUER, "a refresh token is not for the backend");
}

#[tokio::test]
async fn nothing_is_said_of_a_token_that_is_not_active() {
    let stage = Stage::new(settings());
    let (access, _) = stage.tokens().await;
    assert_eq!(stage.introspect("unknown").await.text, r#"{"active":false}"#);
    stage.wait(9);
    assert!(stage.is_active(&access).await);
    stage.wait(1);
    assert_eq!(stage.introspect(&access).await.text, r#"{"active":false}"#);
}

#[tokio::test]
async fn an_access_token_is_signed_by_a_published_key_and_typed_as_one() {
    let stage = Stage::new(settings());
    let (access, _) = stage.tokens().await;
    let header = jsonwebtoken::decode_header(&access).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(header.alg, jsonwebtoken::Algorithm::EdDSA);
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&stage.get("/jwks.json").await.text).unwrap();
    let key = keys.find(&header.kid.unwrap()).unwrap();
    assert_eq!(key.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).ok(), key.common.key_id);
    let mut validation = jsonwebtoken::Validation::new(header.alg);
    validation.validate_exp = false;
    validation.set_audience(&[RESOURCE]);
    let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
    assert!(jsonwebtoken::decode::<serde_json::Value>(&access, &key, &validation).is_ok());
}

#[tokio::test]
async fn a_replayed_refresh_token_ends_its_grant() {
    let stage = Stage::new(settings());
    let (access, first) = stage.tokens().await;
    let second = stage.refresh(&first).await.field("refresh_token");
    assert_eq!(stage.refresh(&first).await.outcome(), "400 invalid_grant");
    assert!(!stage.is_active(&access).await && !stage.is_active(&second).await);
    assert_eq!(stage.refresh(&second).await.outcome(), "400 invalid_grant");
}

#[tokio::test]
async fn a_replayed_refresh_token_is_only_refused_where_reuse_ends_nothing() {
    let stage = Stage::new(Settings { reuse: Reach::Nothing, ..settings() });
    let (access, first) = stage.tokens().await;
    let second = stage.refresh(&first).await.field("refresh_token");
    assert_eq!(stage.refresh(&first).await.outcome(), "400 invalid_grant");
    assert!(stage.is_active(&access).await && stage.is_active(&second).await);
}

#[tokio::test]
async fn without_rotation_the_client_keeps_its_refresh_token() {
    let stage = Stage::new(Settings { rotation: Rotation::Off, ..settings() });
    let (_, token) = stage.tokens().await;
    for _ in 0..2 {
        stage.wait(19);
        let refreshed = stage.refresh(&token).await;
        assert_eq!(refreshed.outcome(), "200");
        assert!(refreshed.json().get("refresh_token").is_none());
    }
    stage.wait(12);
    assert_eq!(stage.refresh(&token).await.outcome(), "400 invalid_grant", "the absolute lifetime is over");
}

#[tokio::test]
async fn a_replayed_code_ends_its_grant_and_a_wrong_verifier_spends_the_code() {
    let stage = Stage::new(settings());
    let code = stage.code().await;
    let access = stage.redeem(&code).await.field("access_token");
    assert_eq!(stage.redeem(&code).await.outcome(), "400 invalid_grant");
    assert!(!stage.is_active(&access).await);

    let code = stage.code().await;
    let guess = stage.redeem_with(&code, REDIRECT_URI, &VERIFIER.replace('d', "e")).await;
    assert_eq!(guess.outcome(), "400 invalid_grant");
    assert_eq!(stage.redeem(&code).await.outcome(), "400 invalid_grant");
}

#[tokio::test]
async fn the_revocation_of_an_access_token_ends_only_itself_and_that_of_a_spent_refresh_token_ends_the_grant() {
    let stage = Stage::new(settings());
    let (access, first) = stage.tokens().await;
    assert_eq!(stage.revoke(&access).await.outcome(), "200");
    assert!(!stage.is_active(&access).await && stage.is_active(&first).await);

    let refreshed = stage.refresh(&first).await;
    stage.revoke(&first).await;
    assert!(!stage.is_active(&refreshed.field("access_token")).await);
    assert!(!stage.is_active(&refreshed.field("refresh_token")).await);
}

#[tokio::test]
async fn another_client_can_neither_use_nor_revoke_a_token() {
    let stage = Stage::new(settings());
    let (access, refresh) = stage.tokens().await;
    for token in [&access, &refresh] {
        let revoked = stage.post("/revoke", &[("client_id", "other"), ("token", token)]).await;
        assert_eq!(revoked.outcome(), "200");
        assert!(stage.is_active(token).await);
    }
    let pairs = [("grant_type", "refresh_token"), ("client_id", "other"), ("refresh_token", &refresh)];
    assert_eq!(stage.post("/token", &pairs).await.outcome(), "400 invalid_grant");
    assert!(stage.is_active(&refresh).await);
}

#[tokio::test]
async fn scope_can_be_narrowed_at_a_refresh() {
    let stage = Stage::new(Settings { scope: "items notes".to_owned(), ..settings() });
    let (_, refresh) = stage.tokens().await;
    let ask = |token: String, scope: &'static str| {
        let stage = &stage;
        async move {
            let pairs =
                [("grant_type", "refresh_token"), ("client_id", GUI), ("refresh_token", &token), ("scope", scope)];
            stage.post("/token", &pairs).await
        }
    };
    assert_eq!(ask(refresh.clone(), "admin").await.outcome(), "400 invalid_scope");
    let narrowed = ask(refresh, "notes").await;
    assert_eq!(narrowed.field("scope"), "notes");
    assert_eq!(stage.introspect(&narrowed.field("access_token")).await.field("scope"), "notes");
    let wide_again = stage.refresh(&narrowed.field("refresh_token")).await;
    assert_eq!(wide_again.field("scope"), "items notes");
}

#[tokio::test]
async fn a_reset_deletes_grants_and_keeps_users_clients_and_keys() {
    let stage = Stage::new(settings());
    let keys = stage.get("/jwks.json").await.text;
    let (access, refresh) = stage.tokens().await;
    let code = stage.code().await;
    stage.service.reset().unwrap();
    assert!(!stage.is_active(&access).await && !stage.is_active(&refresh).await);
    assert_eq!(stage.redeem(&code).await.outcome(), "400 invalid_grant");
    let (access, _) = stage.tokens().await;
    assert!(stage.is_active(&access).await);
    assert_eq!(stage.get("/jwks.json").await.text, keys);
}

#[tokio::test]
async fn userinfo_answers_bearers_of_active_access_tokens_only() {
    let stage = Stage::new(settings());
    let (access, refresh) = stage.tokens().await;
    let ask = |authorization: Option<String>| {
        let stage = &stage;
        async move { stage.post_as("/userinfo", authorization.as_deref(), &[]).await }
    };
    let answer = ask(Some(format!("Bearer {access}"))).await;
    assert_eq!((answer.field("sub"), answer.field("preferred_username")), ("subject-1".to_owned(), "ada".to_owned()));
    let unasked = ask(None).await;
    assert_eq!((unasked.status.as_u16(), unasked.header("www-authenticate")), (401, "Bearer"));
    stage.wait(10);
    for token in [access, refresh] {
        let refused = ask(Some(format!("Bearer {token}"))).await;
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").contains("invalid_token"));
    }
}

#[test]
fn every_answer_is_ready_within_one_poll() {
    let stage = Stage::new(settings());
    let now = |work: Pin<Box<dyn Future<Output = Seen> + '_>>| {
        let mut work = work;
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(seen) => seen,
            Poll::Pending => panic!("not ready"),
        }
    };
    let code = now(Box::pin(stage.sign_in())).back("code").unwrap();
    let issued = now(Box::pin(stage.redeem(&code)));
    let (access, refresh) = (issued.field("access_token"), issued.field("refresh_token"));
    for work in [stage.refresh(&refresh), stage.refresh(&refresh)] {
        now(Box::pin(work));
    }
    now(Box::pin(stage.introspect(&access)));
    now(Box::pin(stage.revoke(&refresh)));
    for target in ["/jwks.json", "/authorize", "/userinfo", "/.well-known/oauth-authorization-server"] {
        now(Box::pin(stage.get(target)));
    }
}

#[tokio::test]
async fn the_demo_user_can_sign_in_with_the_demo_client() {
    let stage = Stage::new(settings());
    let demo = Demo { redirect_uris: &["http://127.0.0.1:7003/callback"], backend_secret: "a secret" };
    demo.enter(&stage.service).unwrap();
    demo.enter(&stage.service).unwrap();
    let mut pairs = authorization();
    pairs[1].1 = Demo::GUI;
    pairs[2].1 = demo.redirect_uris[0];
    pairs.extend([("username", Demo::USERNAME), ("password", Demo::PASSWORD)]);
    assert!(stage.post("/authorize", &pairs).await.back("code").is_some());
    let asked = stage.post_as("/introspect", Some(&basic(Demo::BACKEND, "a secret")), &[("token", "x")]).await;
    assert_eq!(asked.outcome(), "200");
    assert!(!format!("{demo:?}").contains("a secret"));
}

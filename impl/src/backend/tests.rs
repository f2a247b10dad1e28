//! The backend over HTTP, in front of a real AuthService or one that misbehaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};

use crate::auth::stage::{self, BACKEND, ISSUER, RESOURCE, Seen, Stage, seen};
use crate::clock::{HandClock, Timestamp};

use super::*;

const INTROSPECT: Validation = Validation::Introspect;

fn local(leeway: u64) -> Validation {
    Validation::Local { leeway: Duration::from_secs(leeway) }
}

fn settings(validation: Validation) -> Settings {
    let credentials = Credentials { client_id: BACKEND.0.to_owned(), secret: BACKEND.1.to_owned() };
    Settings { resource: RESOURCE.to_owned(), issuer: ISSUER.to_owned(), validation, credentials }
}

fn backend(settings: Settings, auth_server: Arc<dyn AuthServer>, clock: &HandClock) -> Backend {
    Backend::new(Parts { settings, auth_server, clock: Arc::new(clock.clone()), judge: Arc::new(Standard) })
}

fn before(stage: &Stage, validation: Validation) -> Router {
    backend(settings(validation), Arc::new(InProcess(stage.router.clone())), &stage.clock).router()
}

async fn call(router: &Router, target: &str, authorization: &[&str]) -> Seen {
    let mut request = Request::get(target);
    for value in authorization {
        request = request.header("authorization", *value);
    }
    seen(router, request.body(Body::empty()).unwrap()).await
}

async fn items(router: &Router, token: &str) -> Seen {
    call(router, "/get_items", &[&format!("Bearer {token}")]).await
}

/// Counts the requests it passes on.
struct Counting {
    inner: InProcess,
    count: AtomicUsize,
}

impl AuthServer for Counting {
    fn send(&self, request: Request<Bytes>) -> Answer<'_> {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.inner.send(request)
    }
}

/// Always answers the same.
struct Scripted(Result<(StatusCode, &'static str), Unreachable>);

impl AuthServer for Scripted {
    fn send(&self, _: Request<Bytes>) -> Answer<'_> {
        let answer = self.0.clone().map(|(status, body)| {
            Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap()
        });
        Box::pin(async move { answer })
    }
}

#[tokio::test]
async fn the_bearer_of_an_access_token_is_served_until_the_token_expires() {
    for validation in [INTROSPECT, local(0)] {
        let stage = Stage::new(stage::settings());
        let router = before(&stage, validation);
        let (access, _) = stage.tokens().await;
        stage.wait(9);
        let served = items(&router, &access).await;
        assert_eq!((served.status.as_u16(), served.header("cache-control")), (200, "no-store"));
        assert_eq!(served.json()["items"].as_array().unwrap().len(), 2);
        stage.wait(1);
        let refused = items(&router, &access).await;
        assert_eq!(refused.status, 401);
        let challenge = refused.header("www-authenticate");
        assert!(challenge.starts_with(r#"Bearer error="invalid_token", error_description=""#), "{challenge}");
        assert!(challenge.contains(&format!(r#"resource_metadata="{RESOURCE}/.well-known/oauth-protected-resource""#)));
    }
}

#[tokio::test]
async fn leeway_extends_local_validation_by_as_much_and_no_more() {
    let stage = Stage::new(stage::settings());
    let router = before(&stage, local(3));
    let (access, _) = stage.tokens().await;
    stage.wait(12);
    assert_eq!(items(&router, &access).await.status, 200);
    stage.wait(1);
    assert_eq!(items(&router, &access).await.status, 401);
}

#[tokio::test]
async fn a_revocation_is_seen_by_introspection_and_not_by_local_validation() {
    for (validation, status) in [(INTROSPECT, 401), (local(0), 200)] {
        let stage = Stage::new(stage::settings());
        let router = before(&stage, validation);
        let (access, refresh) = stage.tokens().await;
        stage.revoke(&refresh).await;
        assert_eq!(items(&router, &access).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_refresh_token_and_an_unknown_token_are_refused() {
    for validation in [INTROSPECT, local(0)] {
        let stage = Stage::new(stage::settings());
        let router = before(&stage, validation);
        let (access, refresh) = stage.tokens().await;
        let (body, _) = access.rsplit_once('.').unwrap();
        let forged = format!("{body}.{}", "A".repeat(86));
        for token in [refresh.as_str(), "rubbish", "a.b.c", &forged] {
            assert_eq!(items(&router, token).await.status, 401, "{token}");
        }
    }
}

#[tokio::test]
async fn a_token_for_another_resource_or_from_another_issuer_is_refused() {
    for validation in [INTROSPECT, local(0)] {
        let stage = Stage::new(stage::settings());
        let (access, _) = stage.tokens().await;
        let auth_server = Arc::new(InProcess(stage.router.clone()));
        for other in [
            Settings { resource: "http://other.test".to_owned(), ..settings(validation) },
            Settings { issuer: "http://other.test".to_owned(), ..settings(validation) },
        ] {
            let router = backend(other, Arc::<InProcess>::clone(&auth_server), &stage.clock).router();
            assert_eq!(items(&router, &access).await.status, 401);
        }
    }
}

#[tokio::test]
async fn a_request_without_a_token_gets_the_resource_metadata_and_no_error() {
    let stage = Stage::new(stage::settings());
    let router = before(&stage, INTROSPECT);
    let challenge = format!(r#"Bearer resource_metadata="{RESOURCE}/.well-known/oauth-protected-resource""#);
    for authorization in [&[][..], &["Basic Zm9vOmJhcg=="]] {
        for target in ["/get_items", "/validate"] {
            let refused = call(&router, target, authorization).await;
            assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (401, challenge.as_str()));
        }
    }
    let metadata = call(&router, "/.well-known/oauth-protected-resource", &[]).await.json();
    assert_eq!((&metadata["resource"], &metadata["authorization_servers"][0]), (&RESOURCE.into(), &ISSUER.into()));
}

#[tokio::test]
async fn a_malformed_token_or_more_than_one_is_an_invalid_request() {
    let stage = Stage::new(stage::settings());
    let router = before(&stage, INTROSPECT);
    let (access, _) = stage.tokens().await;
    let bearer = format!("Bearer {access}");
    for (target, authorization) in [
        ("/get_items", &["Bearer"][..]),
        ("/get_items", &["Bearer "]),
        ("/get_items", &["Bearer two words"]),
        ("/get_items", &["Bearer ="]),
        ("/get_items", &[bearer.as_str(), bearer.as_str()]),
        ("/get_items?access_token=x", &[bearer.as_str()]),
    ] {
        let refused = call(&router, target, authorization).await;
        assert_eq!(refused.status, 400, "{authorization:?}");
        assert!(refused.header("www-authenticate").contains(r#"error="invalid_request""#));
    }
    assert_eq!(call(&router, "/get_items", &[&format!("bearer  {access}")]).await.status, 200);
}

#[tokio::test]
async fn whatever_the_auth_service_does_wrong_is_answered_with_503() {
    let answers = [
        Err(Unreachable("connection refused".to_owned())),
        Ok((StatusCode::INTERNAL_SERVER_ERROR, "")),
        Ok((StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#)),
        Ok((StatusCode::FOUND, r#"{"active":true}"#)),
        Ok((StatusCode::OK, "<html>")),
        Ok((StatusCode::OK, "{}")),
        Ok((StatusCode::OK, r#"{"active":"yes"}"#)),
    ];
    let stage = Stage::new(stage::settings());
    let (access, _) = stage.tokens().await;
    for answer in answers {
        for validation in [INTROSPECT, local(0)] {
            let router = backend(settings(validation), Arc::new(Scripted(answer.clone())), &stage.clock).router();
            let refused = items(&router, &access).await;
            assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (503, ""), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_introspection_response_is_judged_at_the_time_of_its_arrival() {
    struct Slow(InProcess, HandClock);
    impl AuthServer for Slow {
        fn send(&self, request: Request<Bytes>) -> Answer<'_> {
            Box::pin(async move {
                let answer = self.0.send(request).await;
                self.1.advance(Duration::from_secs(1));
                answer
            })
        }
    }
    let stage = Stage::new(stage::settings());
    let (access, _) = stage.tokens().await;
    let slow = Arc::new(Slow(InProcess(stage.router.clone()), stage.clock.clone()));
    let router = backend(settings(INTROSPECT), slow, &stage.clock).router();
    stage.wait(8);
    assert_eq!(items(&router, &access).await.status, 200);
    assert_eq!(items(&router, &access).await.status, 401);
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_for_an_unknown_key() {
    let stage = Stage::new(stage::settings());
    let (access, _) = stage.tokens().await;
    let counting = Arc::new(Counting { inner: InProcess(stage.router.clone()), count: AtomicUsize::new(0) });
    let service = backend(settings(local(0)), Arc::<Counting>::clone(&counting), &stage.clock);
    let router = service.router();
    for _ in 0..3 {
        assert_eq!(items(&router, &access).await.status, 200);
    }
    assert_eq!(counting.count.load(Ordering::SeqCst), 1);

    let stranger = Stage::with(
        stage::settings(),
        Arc::new(crate::auth::Sqlite::in_memory().unwrap()),
        Arc::new(crate::auth::Standard),
        crate::auth::Chance::seeded(8),
    );
    let (unknown_key, _) = stranger.tokens().await;
    assert_eq!(items(&router, &unknown_key).await.status, 401);
    assert_eq!(counting.count.load(Ordering::SeqCst), 2);
    assert_eq!(items(&router, "not.a.jwt").await.status, 401);
    assert_eq!(counting.count.load(Ordering::SeqCst), 2, "what names no key fetches none");

    service.reset();
    assert_eq!(items(&router, &access).await.status, 200);
    assert_eq!(counting.count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn validate_reports_the_user_of_the_token() {
    for validation in [INTROSPECT, local(0)] {
        let stage = Stage::new(stage::settings());
        let (access, _) = stage.tokens().await;
        let answer = call(&before(&stage, validation), "/validate", &[&format!("Bearer {access}")]).await.json();
        let exp = stage::START.seconds() + 10;
        assert_eq!(answer, serde_json::json!({ "sub": "subject-1", "client_id": "gui", "scope": "items", "exp": exp }));
    }
}

#[tokio::test]
async fn the_supplied_rules_are_the_ones_that_decide() {
    struct Gullible;
    impl Judge for Gullible {
        fn introspected(&self, _: &Settings, _: &Introspection, _: Timestamp) -> Result<Accepted, Refusal> {
            Ok(Accepted { subject: None, client_id: None, scope: None, expires_at: None })
        }

        fn signed(&self, _: &Settings, _: &Jwt, _: Timestamp) -> Result<Accepted, Refusal> {
            Err(Refusal::OtherType)
        }
    }
    let stage = Stage::new(stage::settings());
    let (access, _) = stage.tokens().await;
    for (validation, token, status) in [(INTROSPECT, "rubbish", 200), (local(0), access.as_str(), 401)] {
        let auth_server = Arc::new(InProcess(stage.router.clone()));
        let clock = Arc::new(stage.clock.clone());
        let parts = Parts { settings: settings(validation), auth_server, clock, judge: Arc::new(Gullible) };
        assert_eq!(items(&Backend::new(parts).router(), token).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn over_a_socket_it_is_the_same() {
    let stage = Stage::new(stage::settings());
    let (access, _) = stage.tokens().await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(axum::serve(listener, stage.router.clone()).into_future());
    for validation in [INTROSPECT, local(0)] {
        let auth_server = Arc::new(OverHttp::new(&base).unwrap());
        let router = backend(settings(validation), auth_server, &stage.clock).router();
        assert_eq!(items(&router, &access).await.status, 200);
    }
    serving.abort();
    drop(serving.await);
    let router = backend(settings(INTROSPECT), Arc::new(OverHttp::new(&base).unwrap()), &stage.clock).router();
    assert_eq!(items(&router, &access).await.status, 503);
}

//! A stage for tests: an AuthService on an empty database, a hand-turned clock, and a client that knows the moves.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::clock::HandClock;

pub(crate) use super::samples::*;
use super::*;

pub(crate) const BACKEND: (&str, &str) = ("backend", "backend secret");

pub(crate) struct Stage {
    pub(crate) clock: HandClock,
    pub(crate) service: AuthService,
    pub(crate) router: Router,
}

/// An answer, as a client sees it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    /// Status and OAuth error code, as one word to compare.
    pub(crate) fn outcome(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.field("error")).trim().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A parameter of the address it redirects to.
    pub(crate) fn back(&self, name: &str) -> Option<String> {
        let to = url::Url::parse(self.header(LOCATION.as_str())).ok()?;
        to.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

pub(crate) async fn seen(router: &Router, request: Request<Body>) -> Seen {
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Seen { status: head.status, headers: head.headers, text }
}

pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// What an authorization request says; tests change single parameters.
pub(crate) fn authorization() -> Vec<(&'static str, &'static str)> {
    vec![
        ("response_type", "code"),
        ("client_id", GUI),
        ("redirect_uri", REDIRECT_URI),
        ("state", "a state"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

impl Stage {
    pub(crate) fn new(settings: Settings) -> Self {
        Self::with(settings, Arc::new(Sqlite::in_memory().unwrap()), Arc::new(Standard), Chance::seeded(7))
    }

    pub(crate) fn with(
        settings: Settings,
        store: Arc<dyn Store>,
        decisions: Arc<dyn Decisions>,
        chance: Chance,
    ) -> Self {
        let clock = HandClock::starting_at(START);
        let keys = Keys::of_store(&*store, &chance).unwrap();
        let parts = Parts { settings, store, clock: Arc::new(clock.clone()), chance, keys, decisions };
        let service = AuthService::new(parts).unwrap();
        service.put_user(&NewUser { subject: "subject-1", username: "ada", password: "lovelace" }).unwrap();
        for (client_id, redirect_uri) in [(GUI, REDIRECT_URI), ("other", "http://other.test/callback")] {
            let kind = ClientKind::Public { redirect_uris: &[redirect_uri] };
            service.put_client(&NewClient { client_id, kind }).unwrap();
        }
        let kind = ClientKind::ResourceServer { secret: BACKEND.1 };
        service.put_client(&NewClient { client_id: BACKEND.0, kind }).unwrap();
        Self { router: service.router(), clock, service }
    }

    pub(crate) fn wait(&self, count: u64) {
        self.clock.advance(seconds(count));
    }

    pub(crate) async fn get(&self, target: &str) -> Seen {
        seen(&self.router, Request::get(target).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Seen {
        self.post_as(path, None, pairs).await
    }

    pub(crate) async fn post_as(&self, path: &str, authorization: Option<&str>, pairs: &[(&str, &str)]) -> Seen {
        let mut request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        seen(&self.router, request.body(Body::from(form(pairs))).unwrap()).await
    }

    /// Signs in and says what the browser is sent to.
    pub(crate) async fn sign_in(&self) -> Seen {
        let mut pairs = authorization();
        pairs.extend([("username", "ada"), ("password", "lovelace")]);
        self.post("/authorize", &pairs).await
    }

    pub(crate) async fn code(&self) -> String {
        self.sign_in().await.back("code").unwrap()
    }

    pub(crate) async fn redeem(&self, code: &str) -> Seen {
        self.redeem_with(code, REDIRECT_URI, VERIFIER).await
    }

    pub(crate) async fn redeem_with(&self, code: &str, redirect_uri: &str, verifier: &str) -> Seen {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", GUI),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        self.post("/token", &pairs).await
    }

    /// Signs in and redeems the code: an access token and a refresh token.
    pub(crate) async fn tokens(&self) -> (String, String) {
        let issued = self.redeem(&self.code().await).await;
        (issued.field("access_token"), issued.field("refresh_token"))
    }

    pub(crate) async fn refresh(&self, token: &str) -> Seen {
        self.post("/token", &[("grant_type", "refresh_token"), ("client_id", GUI), ("refresh_token", token)]).await
    }

    pub(crate) async fn revoke(&self, token: &str) -> Seen {
        self.post("/revoke", &[("client_id", GUI), ("token", token)]).await
    }

    pub(crate) async fn introspect(&self, token: &str) -> Seen {
        self.post_as("/introspect", Some(&basic(BACKEND.0, BACKEND.1)), &[("token", token)]).await
    }

    pub(crate) async fn is_active(&self, token: &str) -> bool {
        self.introspect(token).await.json()["active"].as_bool().unwrap()
    }
}

//! Requests a second that the reference's AuthService answers in process: a sign-in with its redemption, a refresh, an introspection.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use authloom_reference::auth::{
    AuthService, Chance, Demo, Grace, Keys, Parts, PasswordCost, Reach, Rotation, Settings, Sqlite, Standard,
};
use authloom_reference::clock::{HandClock, Timestamp};
use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use url::Url;

const REDIRECT_URI: &str = "http://gui.bench/callback";
const VERIFIER: &str = "a-verifier-of-forty-three-characters-at-least";
const SECRET: &str = "the backend of the benchmark";

fn service() -> Router {
    let chance = Chance::seeded(1);
    let keys = Keys::generate(&chance).expect("keys are made");
    let settings = Settings {
        rotation: Rotation::Always,
        reuse: Reach::Grant,
        grace: Grace::None,
        code_replay: Reach::Grant,
        password_cost: PasswordCost::Cheapest,
        ..Settings::new("http://auth.bench", "http://backend.bench")
    };
    let clock = Arc::new(HandClock::starting_at(Timestamp::from_seconds(1_800_000_000)));
    let store = Arc::new(Sqlite::in_memory().expect("a database in memory opens"));
    let parts = Parts { settings, store, clock, chance, keys, decisions: Arc::new(Standard) };
    let service = AuthService::new(parts).expect("the settings are valid");
    Demo { redirect_uris: &[REDIRECT_URI], backend_secret: SECRET }.enter(&service).expect("the demo is entered");
    service.router()
}

/// Everything in process is done at the first poll.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => unreachable!("the AuthService waits for nothing"),
    }
}

fn post(router: &Router, path: &str, basic: Option<&str>, fields: &[(&str, &str)]) -> http::Response<Body> {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let mut request = http::Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(basic) = basic {
        request = request.header(AUTHORIZATION, basic);
    }
    let request = request.body(Body::from(body.finish())).expect("the request is well formed");
    let Ok(answer) = at_once(router.clone().oneshot(request));
    answer
}

fn json(answer: http::Response<Body>) -> serde_json::Value {
    assert!(answer.status().is_success(), "{}", answer.status());
    let body = at_once(answer.into_body().collect()).expect("a body in memory is read").to_bytes();
    serde_json::from_slice(&body).expect("the answer is JSON")
}

fn text(value: &serde_json::Value, name: &str) -> String {
    value[name].as_str().expect("the member is text").to_owned()
}

fn sign_in(router: &Router) -> serde_json::Value {
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let form = [
        ("response_type", "code"),
        ("client_id", Demo::GUI),
        ("redirect_uri", REDIRECT_URI),
        ("state", "s"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("username", Demo::USERNAME),
        ("password", Demo::PASSWORD),
    ];
    let answer = post(router, "/authorize", None, &form);
    let location = answer.headers()[LOCATION].to_str().expect("a location is text");
    let location = Url::parse(location).expect("a location is a URL");
    let code = location.query_pairs().find(|(name, _)| name == "code").expect("there is a code").1.into_owned();
    json(post(
        router,
        "/token",
        None,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", Demo::GUI),
            ("redirect_uri", REDIRECT_URI),
            ("code", &code),
            ("code_verifier", VERIFIER),
        ],
    ))
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("service");
    group.throughput(Throughput::Elements(1));
    let router = service();
    group.bench_function("sign-in and redemption", |bencher| bencher.iter(|| black_box(sign_in(&router))));
    let router = service();
    let mut refresh = text(&sign_in(&router), "refresh_token");
    group.bench_function("refresh", |bencher| {
        bencher.iter(|| {
            let fields =
                [("grant_type", "refresh_token"), ("client_id", Demo::GUI), ("refresh_token", refresh.as_str())];
            refresh = text(&json(post(&router, "/token", None, &fields)), "refresh_token");
        });
    });
    let router = service();
    let access = text(&sign_in(&router), "access_token");
    let secret: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{secret}", Demo::BACKEND)));
    group.bench_function("introspection", |bencher| {
        bencher.iter(|| black_box(json(post(&router, "/introspect", Some(&basic), &[("token", &access)]))));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

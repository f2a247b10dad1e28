//! Turning a clock over HTTP.

use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;

use super::{HandClock, Timestamp};

/// `POST /advance?seconds=N` turns `clock` and responds with `{"now": ...}`.
///
/// Whoever can reach this can expire every token. Only a program that was explicitly started for a test mounts it.
pub fn control_router(clock: HandClock) -> Router {
    Router::new().route("/advance", post(advance)).with_state(clock)
}

#[derive(Serialize)]
struct Shown {
    now: Timestamp,
}

async fn advance(State(clock): State<HandClock>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let seconds = match (pairs.next(), pairs.next()) {
        (Some((name, value)), None) if name == "seconds" => value.parse().ok(),
        (Some(_) | None, _) => None,
    };
    match seconds {
        Some(seconds) => Json(Shown { now: clock.advance(Duration::from_secs(seconds)) }).into_response(),
        None => (StatusCode::BAD_REQUEST, "expected ?seconds=N with a whole number\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::super::Clock as _;
    use super::*;

    #[tokio::test]
    async fn the_control_turns_the_clock_and_refuses_what_is_not_a_number() {
        let clock = HandClock::starting_at(Timestamp(100));
        let post = |target: &str| Request::post(target).body(Body::empty()).unwrap();
        let router = control_router(clock.clone());
        let turned = router.clone().oneshot(post("/advance?seconds=7")).await.unwrap();
        assert_eq!((turned.status(), clock.now()), (StatusCode::OK, Timestamp(107)));
        for bad in ["/advance", "/advance?seconds=-1", "/advance?seconds=1&seconds=2", "/advance?minutes=1"] {
            let refused = router.clone().oneshot(post(bad)).await.unwrap();
            assert_eq!((refused.status(), clock.now()), (StatusCode::BAD_REQUEST, Timestamp(107)), "{bad}");
        }
    }
}

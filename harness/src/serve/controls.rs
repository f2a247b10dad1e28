//! The two ways in that only a test may have: turning the clock, and forgetting.

use authloom_reference::auth::AuthService;
use authloom_reference::backend::Backend;
use authloom_reference::clock::{HandClock, control_router};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};

/// `POST /test/clock/advance?seconds=N` and `POST /test/reset`, for an AuthService.
pub(super) fn of_auth(clock: HandClock, service: AuthService) -> Router {
    let reset = move || async move {
        match service.reset() {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(fault) => refused(&fault.to_string()),
        }
    };
    controls(clock, post(reset))
}

/// `POST /test/clock/advance?seconds=N` and `POST /test/reset`, for a backend.
pub(super) fn of_backend(clock: HandClock, backend: Backend) -> Router {
    let reset = move || async move {
        backend.reset();
        StatusCode::NO_CONTENT
    };
    controls(clock, post(reset))
}

/// `POST /test/clock/advance?seconds=N`, for a GUI.
pub(super) fn of_gui(clock: HandClock) -> Router {
    Router::new().nest("/test/clock", control_router(clock))
}

fn controls(clock: HandClock, reset: MethodRouter) -> Router {
    Router::new().nest("/test/clock", control_router(clock)).route("/test/reset", reset)
}

fn refused(why: &str) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("cannot forget: {why}\n")).into_response()
}

//! The GUI for people with curl: each route is one thing that a user does in a browser tab.
//!
//! Invariant: a response says what the user would see, and nothing else: it never holds a token.
//! Deliberately absent: any logic, and any protection against other programs of the same person. Serve it on loopback only.

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use maud::{DOCTYPE, html};
use serde::Deserialize;

use super::effect::{CallEnd, SignInOutcome};
use super::headless::{Headless, NoSignIn, NotNow};
use super::input::TabId;
use super::login::Credentials;
use super::secret::Secret;

/// The routes of one browser: `GET /`, `GET /items`, `POST /sign-in`, `POST /sign-out`. Each takes `?tab=N`, 0 by default.
pub fn router(browser: Headless) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/items", get(items))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .with_state(browser)
}

#[derive(Deserialize)]
struct Tab {
    #[serde(default)]
    tab: u8,
}

#[derive(Deserialize)]
struct Typed {
    username: String,
    password: String,
}

async fn front(State(browser): State<Headless>) -> Html<String> {
    let session = if browser.signed_in() { "A user is signed in." } else { "No user is signed in." };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "GUI" } }
            body {
                h1 { "GUI" }
                p { "A browser without a window. For another tab, add " code { "?tab=1" } " to any address." }
                p { (session) }
                pre {
                    "curl http://HOST/items\n"
                    "curl -d username=NAME -d password=PASSWORD http://HOST/sign-in\n"
                    "curl http://HOST/items\n"
                    "curl -X POST http://HOST/sign-out\n"
                }
            }
        }
    };
    Html(page.into_string())
}

async fn items(State(browser): State<Headless>, Query(Tab { tab }): Query<Tab>) -> Response {
    match browser.open(TabId(tab)).await {
        CallEnd::Items(items) => {
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
            (headers, items).into_response()
        }
        CallEnd::SignInNeeded => (StatusCode::UNAUTHORIZED, "sign in first: POST /sign-in\n").into_response(),
        CallEnd::Failed => (StatusCode::BAD_GATEWAY, "the items could not be fetched\n").into_response(),
    }
}

async fn sign_in(
    State(browser): State<Headless>,
    Query(Tab { tab }): Query<Tab>,
    Form(typed): Form<Typed>,
) -> Response {
    let credentials = Credentials { username: typed.username, password: Secret::new(typed.password) };
    match browser.sign_in(TabId(tab), credentials).await {
        Ok(SignInOutcome::SignedIn) => "signed in\n".into_response(),
        Ok(SignInOutcome::Failed) => (StatusCode::UNAUTHORIZED, "the sign-in failed\n").into_response(),
        Err(NoSignIn::NotNow(NotNow)) => not_now(),
        Err(NoSignIn::OtherOrigin(error)) => (StatusCode::BAD_GATEWAY, format!("{error}\n")).into_response(),
    }
}

async fn sign_out(State(browser): State<Headless>, Query(Tab { tab }): Query<Tab>) -> Response {
    match browser.sign_out(TabId(tab)).await {
        Ok(()) => "signed out\n".into_response(),
        Err(NotNow) => not_now(),
    }
}

fn not_now() -> Response {
    (StatusCode::CONFLICT, format!("{NotNow}\n")).into_response()
}

//! The two pages that a user can see.
//!
//! Deliberately absent: scripts, and anything loaded from elsewhere.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::NO_STORE;

/// No scripts, no frames (RFC 9700 section 4.16), and no referrer, which would disclose the state (section 4.2.4).
const GUARDS: [(HeaderName, &str); 4] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
];

const STYLE: &str = "body{font:1rem system-ui;max-width:20rem;margin:4rem auto}label,button{display:block;margin:.75rem 0}\
                     input{display:block;width:100%;box-sizing:border-box;font:inherit}[role=alert]{color:#a00}";

/// Whether the user has tried before.
#[derive(Clone, Copy)]
pub(super) enum Attempt {
    First,
    /// One message for a wrong username and a wrong password, which does not disclose which usernames exist.
    Failed,
}

/// The login form, with these hidden fields.
pub(super) fn login<'a>(
    attempt: Attempt,
    client_id: &str,
    hidden: impl Iterator<Item = (&'static str, &'a str)>,
) -> Response {
    let (status, alert) = match attempt {
        Attempt::First => (StatusCode::OK, None),
        Attempt::Failed => (StatusCode::UNAUTHORIZED, Some("Wrong username or password.")),
    };
    let body = html! {
        h1 { "Sign in" }
        p { "to continue to " strong { (client_id) } }
        @if let Some(alert) = alert { p role="alert" { (alert) } }
        form method="post" action="authorize" {
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            label { "Username" input name="username" autocomplete="username" required autofocus; }
            label { "Password" input name="password" type="password" autocomplete="current-password" required; }
            button { "Sign in" }
            button name="choice" value="cancel" formnovalidate { "Cancel" }
        }
    };
    page(status, "Sign in", &body)
}

/// Says what is wrong with a request whose redirect URI cannot be trusted. RFC 6749 section 4.1.2.1.
pub(super) fn bad_request(what: &str) -> Response {
    let body = html! {
        h1 { "This sign-in link does not work" }
        p { (what) }
    };
    page(StatusCode::BAD_REQUEST, "Bad request", &body)
}

fn page(status: StatusCode, title: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (STYLE) }
            }
            body { (body) }
        }
    };
    (status, NO_STORE, GUARDS, page.into_string()).into_response()
}

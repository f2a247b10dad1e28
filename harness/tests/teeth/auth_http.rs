//! Flaws in what the AuthService says over HTTP.

use std::sync::{Arc, Mutex, PoisonError};

use authloom_model::Policy;
use authloom_reference::auth::Demo;
use axum::Router;
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, Method};
use serde_json::Value;
use url::Url;

use crate::auth::local;
use crate::flaw::Flaw;
use crate::suite::KINDS;
use crate::wires::{Answer, answered, asked, field, with_field, with_json};

pub(crate) const FLAWS: &[Flaw] = &[
    Flaw {
        name: "token answers may be cached",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-issued",
        make: |parts| {
            parts.around_auth = |router| {
                answered(router, |_, mut answer| {
                    answer.headers_mut().remove(CACHE_CONTROL);
                    answer
                })
            };
        },
    },
    Flaw {
        name: "invalid_grant is reported as invalid_request",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-expires",
        make: |parts| {
            parts.around_auth = |router| {
                answered(router, |_, answer| match answer.status().is_client_error() {
                    true => with_json(answer, |json| json["error"] = Value::from("invalid_request")),
                    false => answer,
                })
            };
        },
    },
    Flaw {
        name: "a refresh is answered without the refresh token it issued",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-issued",
        make: |parts| {
            parts.around_auth = |router| {
                answered(router, |asked, answer| match field(asked, "grant_type").as_deref() {
                    Some("refresh_token") => with_json(answer, |json| json["refresh_token"] = Value::Null),
                    Some(_) | None => answer,
                })
            };
        },
    },
    Flaw {
        name: "one access token is handed out twice",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-are-new",
        make: |parts| parts.around_auth = the_redeemed_access_token_again,
    },
    Flaw {
        name: "any password is taken",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "sign-in-needs-password",
        make: |parts| {
            parts.around_auth = |router| {
                asked(router, |request| match *request.method() == Method::POST {
                    true => with_field(request, "password", Demo::PASSWORD),
                    false => request,
                })
            };
        },
    },
    Flaw {
        name: "the redirect brings a wrong state",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-redeemed-by-its-tab",
        make: |parts| parts.around_auth = |router| redirecting(router, |name| (name == "state").then_some("other")),
    },
    Flaw {
        name: "the redirect brings the issuer of another AuthService",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-redeemed-by-its-tab",
        make: |parts| {
            parts.around_auth =
                |router| redirecting(router, |name| (name == "iss").then_some("http://other.reference"));
        },
    },
    Flaw {
        name: "the published keys are not those that sign",
        policy: local,
        coverage: KINDS,
        breaks: "fresh-token-usable",
        make: |parts| {
            parts.around_auth = |router| {
                answered(router, |asked, answer| match asked.uri().path() {
                    "/jwks.json" => with_json(answer, |json| json["keys"] = Value::Array(Vec::new())),
                    _ => answer,
                })
            };
        },
    },
];

/// Each refresh hands out the access token that the code was redeemed for.
fn the_redeemed_access_token_again(router: Router) -> Router {
    let redeemed = Arc::new(Mutex::new(Value::Null));
    answered(router, move |asked, answer| {
        let mut redeemed = redeemed.lock().unwrap_or_else(PoisonError::into_inner);
        match field(asked, "grant_type").as_deref() {
            Some("authorization_code") => with_json(answer, |json| *redeemed = json["access_token"].clone()),
            Some("refresh_token") => with_json(answer, |json| json["access_token"] = redeemed.clone()),
            Some(_) | None => answer,
        }
    })
}

/// An AuthService whose redirects have other values for some of their parameters.
fn redirecting(router: Router, other: fn(&str) -> Option<&'static str>) -> Router {
    answered(router, move |_, mut answer: Answer| {
        let Some(location) = answer.headers().get(LOCATION) else { return answer };
        let mut url = Url::parse(location.to_str().expect("a URL is ASCII")).expect("a redirect leads somewhere");
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(pairs.iter().map(|(name, value)| (name, other(name).unwrap_or(value))));
        answer.headers_mut().insert(LOCATION, HeaderValue::from_str(url.as_str()).expect("a URL is ASCII"));
        answer
    })
}

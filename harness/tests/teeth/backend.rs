//! Flaws of the backend.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use authloom_model::Policy;
use authloom_model::policy::Validation;
use authloom_reference::backend::{self, Introspection, Judge as _, Standard};
use authloom_reference::clock::{Clock, HandClock, Timestamp};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::decisions::{Credulous, a_second_before};
use crate::flaw::Flaw;
use crate::suite::KINDS;
use crate::support::{minutes, recommended};
use crate::wires::{Answer, answered, asked};

pub(crate) const FLAWS: &[Flaw] = &[
    Flaw {
        name: "a token that was active when asked about is taken at its exp",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "never-past-exp",
        make: |parts| {
            parts.judge = Arc::new(Credulous(|settings, answer, now| {
                Standard.introspected(settings, answer, a_second_before(now))
            }));
        },
    },
    Flaw {
        name: "a token that is not active is taken",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "never-past-exp",
        make: |parts| {
            parts.judge = Arc::new(Credulous(|settings, answer, now| {
                // RFC 7662 says no more of it than that it is not active.
                let aud = answer.aud.clone().or_else(|| Some(backend::Audience::One(settings.resource.clone())));
                Standard.introspected(settings, &Introspection { active: true, aud, ..answer.clone() }, now)
            }));
        },
    },
    Flaw {
        name: "a token for another audience is taken",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "not-for-backends",
        make: |parts| {
            parts.judge = Arc::new(Credulous(|settings, answer, now| {
                let aud = Some(backend::Audience::One(settings.resource.clone()));
                Standard.introspected(settings, &Introspection { aud, ..answer.clone() }, now)
            }));
        },
    },
    Flaw {
        name: "the leeway is applied twice",
        policy: with_leeway,
        coverage: KINDS,
        breaks: "never-past-exp",
        make: |parts| parts.backend.validation = backend::Validation::Local { leeway: minutes(10) },
    },
    Flaw {
        name: "the leeway is not applied",
        policy: with_leeway,
        coverage: KINDS,
        breaks: "fresh-token-usable",
        make: |parts| parts.backend.validation = backend::Validation::Local { leeway: minutes(0) },
    },
    Flaw {
        name: "the clock is a tick slow",
        policy: with_leeway,
        coverage: KINDS,
        breaks: "never-past-exp",
        make: |parts| parts.backend_clock = |clock| Arc::new(Slow(clock)),
    },
    Flaw {
        name: "tokens are believed where the AuthService should be asked",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "backend-introspects",
        make: |parts| parts.backend.validation = backend::Validation::Local { leeway: minutes(0) },
    },
    Flaw {
        name: "what a token once got is cached and served again",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "backend-introspects",
        make: |parts| parts.around_backend = caching,
    },
    Flaw {
        name: "a call is judged by the token of the call before",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-are-new",
        make: |parts| parts.around_backend = by_the_token_before,
    },
    Flaw {
        name: "a call without a token is served",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "call-needs-token",
        make: |parts| {
            parts.around_backend = |router| {
                answered(router, |asked, answer| match asked.headers().contains_key(AUTHORIZATION) {
                    true => answer,
                    false => Answer::new(Bytes::from_static(b"{\"items\":[]}")),
                })
            };
        },
    },
    Flaw {
        name: "a 401 comes without a challenge",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "call-needs-token",
        make: |parts| {
            parts.around_backend = |router| {
                answered(router, |_, mut answer| {
                    answer.headers_mut().remove(WWW_AUTHENTICATE);
                    answer
                })
            };
        },
    },
    Flaw {
        name: "a token is refused without invalid_token",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "never-past-exp",
        make: |parts| {
            parts.around_backend = |router| {
                answered(router, |_, mut answer| {
                    if answer.status() == StatusCode::UNAUTHORIZED {
                        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                    }
                    answer
                })
            };
        },
    },
    Flaw {
        name: "a token is refused when the AuthService cannot be reached",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "backend-unavailable",
        make: |parts| {
            parts.around_backend = |router| {
                answered(router, |_, mut answer| {
                    if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                        *answer.status_mut() = StatusCode::UNAUTHORIZED;
                        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                    }
                    answer
                })
            };
        },
    },
    Flaw {
        name: "a token is taken when the AuthService cannot be reached",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "backend-unavailable",
        make: |parts| {
            parts.around_backend = |router| {
                answered(router, |_, answer| match answer.status() {
                    StatusCode::SERVICE_UNAVAILABLE => Answer::new(Bytes::from_static(b"{\"items\":[]}")),
                    _ => answer,
                })
            };
        },
    },
];

fn with_leeway() -> Policy {
    recommended(|policy| {
        policy.name = "recommended with a leeway".to_owned();
        policy.validation = Validation::Local;
        policy.leeway = minutes(5);
    })
}

/// A clock that is a tick of the recommended policy behind.
struct Slow(HandClock);

impl Clock for Slow {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.now().0 - minutes(5).as_secs())
    }
}

/// Serves whom it has served before, by the token alone.
fn caching(router: Router) -> Router {
    let served = Arc::new(Mutex::new(BTreeMap::<String, Bytes>::new()));
    let keeping = Arc::clone(&served);
    let router = answered(router, move |asked, answer| {
        if let (Some(token), true) = (asked.headers().get(AUTHORIZATION), answer.status().is_success()) {
            held(&keeping).insert(token.to_str().expect("a token is ASCII").to_owned(), answer.body().clone());
        }
        answer
    });
    router.layer(from_fn(move |request: Request, next: Next| {
        let token = request.headers().get(AUTHORIZATION).and_then(|token| token.to_str().ok());
        let known = token.and_then(|token| held(&served).get(token).cloned());
        async move {
            match known {
                Some(items) => Response::new(Body::from(items)),
                None => next.run(request).await,
            }
        }
    }))
}

/// Takes each call's token for that of the call before.
fn by_the_token_before(router: Router) -> Router {
    let last = Arc::new(Mutex::new(None));
    asked(router, move |mut request| {
        let shown = request.headers().get(AUTHORIZATION).cloned();
        let before = std::mem::replace(&mut *held(&last), shown.clone());
        if let (Some(_), Some(before)) = (shown, before) {
            request.headers_mut().insert(AUTHORIZATION, before);
        }
        request
    })
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

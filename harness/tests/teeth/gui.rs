//! Flaws of the GUI.

use std::collections::BTreeMap;

use authloom_model::Policy;
use authloom_model::policy::RefreshWhen;
use authloom_reference::gui::{
    self, CallEnd, Client as _, Effect, Exchange, ExchangeId, Input, LookAgain, LostRefresh, Secret, Session,
    SessionChange, SingleFlight, TabId,
};
use http::StatusCode;
use http::header::AUTHORIZATION;
use serde_json::Value;

use crate::flaw::Flaw;
use crate::suite::{Coverage, KINDS, STEPS};
use crate::support::{changed, minutes, recommended};
use crate::wires::{Answer, field, with_field, with_json};
use crate::wrong_gui::{Turn, answer_of, refresh_answer, requests, sent, without, wrong};

pub(crate) const FLAWS: &[Flaw] = &[
    // Late answers.
    Flaw {
        name: "a late refresh answer is stored after sign-out",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "nothing-unasked",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| store_late(turn, input, |store| store.is_none()))
            };
        },
    },
    Flaw {
        name: "a late refresh answer overwrites a newer session",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "nothing-unasked",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| store_late(turn, input, |store| store.is_some()))
            };
        },
    },
    Flaw {
        name: "two tabs' answers are swapped",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "prompt-without-session",
        make: |parts| parts.client = |settings| wrong(settings, swap_answers),
    },
    // Signing out.
    Flaw {
        name: "a sign-out does not revoke",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "sign-out-revokes",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    let revokes =
                        |effect: &Effect| matches!(effect, Effect::Send { kind: Exchange::Revoke { .. }, .. });
                    without(turn.rightly(input), revokes)
                })
            };
        },
    },
    Flaw {
        name: "a sign-out revokes the access token only",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-are-new",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    let access = turn.gui.session().map(|session| session.access().expose().to_owned());
                    requests(turn.rightly(input), |kind, request| match (kind, &access) {
                        (Exchange::Revoke { .. }, Some(access)) => with_field(request, "token", access),
                        (_, _) => request,
                    })
                })
            };
        },
    },
    Flaw {
        name: "a sign-out leaves the tokens in the store",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "session-cleared-for-cause",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    let (stored, signs_out) = (turn.gui.session().cloned(), matches!(input, Input::SignOut { .. }));
                    let effects = turn.rightly(input);
                    if signs_out {
                        turn.gui.restore(stored);
                    }
                    effects
                })
            };
        },
    },
    // The lock.
    Flaw {
        name: "the lock is never given back",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "prompt-without-session",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    without(turn.rightly(input), |effect| matches!(effect, Effect::ReleaseLock { .. }))
                })
            };
        },
    },
    Flaw {
        name: "the lock is taken without asking",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "nothing-unasked",
        make: |parts| parts.gui.policy.single_flight = SingleFlight::Tab,
    },
    Flaw {
        name: "the lock's winner does not look at the store again",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "prompt-without-session",
        make: |parts| parts.gui.policy.look_again = LookAgain::No,
    },
    // Refreshing.
    Flaw {
        name: "a refresh presents the token before last",
        policy: Policy::recommended,
        coverage: STEPS,
        breaks: "tokens-are-new",
        make: |parts| parts.client = |settings| wrong(settings, show_the_token_before_last),
    },
    Flaw {
        name: "the refresh token that a refresh brings is dropped",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-are-new",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    let input = refresh_answer(turn, input, |answer| {
                        with_json(answer, |json| json["refresh_token"] = Value::Null)
                    });
                    turn.rightly(input)
                })
            };
        },
    },
    Flaw {
        name: "invalid_grant does not clear the session",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "session-cleared-for-cause",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    let input = refresh_answer(turn, input, |mut answer| {
                        if answer.status() == StatusCode::BAD_REQUEST {
                            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                        }
                        answer
                    });
                    turn.rightly(input)
                })
            };
        },
    },
    Flaw {
        name: "a lost refresh is not tried again",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "refresh-with-own-token",
        make: |parts| parts.client = |settings| wrong(settings, give_up_the_lost),
    },
    Flaw {
        name: "a lost redemption is not tried again",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-redeemed-by-its-tab",
        make: |parts| parts.gui.policy.lost_refresh = LostRefresh::SignInAgain,
    },
    Flaw {
        name: "an access token close to its expiry is not refreshed",
        policy: || {
            recommended(|policy| {
                policy.name = "recommended with early refreshes".to_owned();
                policy.refresh_when = RefreshWhen::Both;
                policy.refresh_margin = minutes(5);
            })
        },
        coverage: KINDS,
        breaks: "nothing-unasked",
        make: |parts| parts.gui.policy.refresh_when = gui::RefreshWhen::On401,
    },
    Flaw {
        name: "a late 401 is refreshed for, though the store has a newer token",
        policy: || changed("no-refresh-lock", |_| {}),
        coverage: KINDS,
        breaks: "call-carries-token",
        make: |parts| parts.gui.policy.late_401 = gui::Late401::Refresh,
    },
    // Calls.
    Flaw {
        name: "a failure clears the session",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "nothing-unasked",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    if answer_of(&input).is_some_and(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE) {
                        turn.gui.restore(None);
                    }
                    turn.rightly(input)
                })
            };
        },
    },
    Flaw {
        name: "a 401 is recovered from twice",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "failure-keeps-session",
        make: |parts| parts.client = |settings| wrong(settings, recover_again),
    },
    Flaw {
        name: "calls that wait for a refresh are forgotten",
        policy: Policy::recommended,
        coverage: Coverage::Kinds("small"),
        breaks: "call-carries-token",
        make: |parts| parts.client = |settings| wrong(settings, forget_the_waiting),
    },
    Flaw {
        name: "a call is sent again without a token",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "call-carries-token",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    let opens = matches!(input, Input::Open { .. });
                    requests(turn.rightly(input), |_, mut request| {
                        if !opens {
                            request.headers_mut().remove(AUTHORIZATION);
                        }
                        request
                    })
                })
            };
        },
    },
    // Signing in.
    Flaw {
        name: "a code is redeemed with a verifier of another sign-in",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-issued",
        make: |parts| {
            parts.client = |settings| {
                wrong(settings, |turn: &mut Turn<'_, ()>, input| {
                    let other = "another-verifier-that-is-long-enough-to-be-one";
                    requests(turn.rightly(input), |_, request| with_field(request, "code_verifier", other))
                })
            };
        },
    },
];

/// Stores what a refresh brought although the session it renews is gone, where the store is as `stores_over` likes it.
fn store_late(turn: &mut Turn<'_, ()>, input: Input, stores_over: fn(Option<&Session>) -> bool) -> Vec<Effect> {
    let brought = answer_of(&input).filter(|_| turn.answers_refresh(&input)).and_then(brought);
    let mut effects = turn.rightly(input);
    let stored = effects.iter().any(|effect| matches!(effect, Effect::Session(_)));
    if let (Some(session), false, true) = (brought, stored, stores_over(turn.gui.session())) {
        turn.gui.restore(Some(session));
        effects.push(Effect::Session(SessionChange::Renewed));
    }
    effects
}

fn brought(answer: &Answer) -> Option<Session> {
    let json: Value = serde_json::from_slice(answer.body()).ok()?;
    let token = |name: &str| json[name].as_str().map(Secret::new);
    Session::new(token("access_token")?, token("refresh_token")?, None).ok()
}

/// Whose answer comes first gets it to the call of another tab, and the other way round.
fn swap_answers(turn: &mut Turn<'_, BTreeMap<ExchangeId, TabId>>, input: Input) -> Vec<Effect> {
    let mut input = input;
    if let Input::Answered { exchange, .. } = &mut input {
        let tab = turn.memory.remove(exchange);
        let other = turn.memory.iter().find(|(_, other)| tab.is_some_and(|tab| **other != tab));
        *exchange = other.map_or(*exchange, |(other, _)| *other);
    }
    let effects = turn.rightly(input);
    turn.memory.extend(effects.iter().filter_map(sent).filter_map(|(exchange, kind)| match kind {
        Exchange::Call { tab, .. } => Some((exchange, tab)),
        Exchange::Refresh { .. } | Exchange::Redeem { .. } | Exchange::Revoke { .. } => None,
    }));
    effects
}

fn show_the_token_before_last(turn: &mut Turn<'_, Option<String>>, input: Input) -> Vec<Effect> {
    let effects = turn.rightly(input);
    requests(effects, |kind, request| match kind {
        Exchange::Refresh { .. } => {
            let before = std::mem::replace(turn.memory, field(&request, "refresh_token"));
            match before {
                Some(before) => with_field(request, "refresh_token", &before),
                None => request,
            }
        }
        Exchange::Call { .. } | Exchange::Redeem { .. } | Exchange::Revoke { .. } => request,
    })
}

/// Begins a call that failed by a 401 anew.
fn recover_again(turn: &mut Turn<'_, ()>, input: Input) -> Vec<Effect> {
    let refused = answer_of(&input).is_some_and(|answer| answer.status() == StatusCode::UNAUTHORIZED);
    let effects = turn.rightly(input);
    match effects.as_slice() {
        [Effect::Show { tab, call, end: CallEnd::Failed }] if refused => {
            turn.rightly(Input::Open { tab: *tab, call: *call })
        }
        _ => effects,
    }
}

/// Of the calls that a refresh ends or sends on, just the first.
fn forget_the_waiting(turn: &mut Turn<'_, ()>, input: Input) -> Vec<Effect> {
    let ends_refresh = turn.answers_refresh(&input);
    let mut calls = 0;
    without(turn.rightly(input), |_| false)
        .into_iter()
        .filter(|effect| {
            let of_a_call = matches!(effect, Effect::Send { .. } | Effect::Show { .. });
            calls += u32::from(of_a_call);
            !(ends_refresh && of_a_call && calls > 1)
        })
        .collect()
}

/// Takes a lost refresh for one that failed.
fn give_up_the_lost(turn: &mut Turn<'_, ()>, input: Input) -> Vec<Effect> {
    let lost = if let Input::Lost { exchange } = &input { Some(*exchange) } else { None };
    let lost = lost.filter(|exchange| turn.is_refresh(*exchange));
    turn.rightly(lost.map_or(input, unavailable))
}

fn unavailable(exchange: ExchangeId) -> Input {
    let mut response = Answer::default();
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    Input::Answered { exchange, response }
}

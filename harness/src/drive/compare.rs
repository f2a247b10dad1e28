//! Compares what is seen of one step with what must be seen, event by event.
//!
//! The order inside a step is nobody's promise: events are paired by what they are about, then compared, and their tokens bound.

use authloom_model::rules::auth::TOKENS_ARE_NEW;
use authloom_model::rules::surroundings::NOTHING_UNASKED;
use authloom_model::rules::{self, Rule};
use authloom_model::seen::{Answer, Event, Request, Symbols};

use super::Difference;
use super::bindings::{Bindings, Symbol};
use crate::servers::Concrete;
use crate::trace::InTrace;

/// The first difference there is.
pub(super) fn compare(
    expected: &[Event<InTrace>],
    mut observed: Vec<Event<Concrete>>,
    bindings: &mut Bindings,
) -> Option<(Difference, Rule)> {
    for event in expected {
        let Some(at) = observed.iter().position(|seen| same_matter(event, seen)) else {
            return Some((missing(event, observed), rules::of(event)));
        };
        let seen = observed.swap_remove(at);
        match agree(event, &seen, bindings) {
            Agreement::Yes => {}
            Agreement::No => {
                let difference = Difference::Other { expected: event.clone(), observed: seen };
                return Some((difference, rules::of(event)));
            }
            Agreement::Mixed(why) => {
                return Some((Difference::Mixed { expected: event.clone(), why }, TOKENS_ARE_NEW));
            }
        }
    }
    observed.pop().map(|extra| (Difference::Extra(extra), NOTHING_UNASKED))
}

/// What was not seen; or what was seen in its place, where there is just one such thing.
fn missing(event: &Event<InTrace>, mut observed: Vec<Event<Concrete>>) -> Difference {
    match (observed.pop(), observed.is_empty()) {
        (Some(observed), true) => Difference::Other { expected: event.clone(), observed },
        (Some(_) | None, _) => Difference::Missing(event.clone()),
    }
}

/// Whether two events are about the same thing, so that they must agree.
fn same_matter(expected: &Event<InTrace>, observed: &Event<Concrete>) -> bool {
    match (expected, observed) {
        (Event::Sent(a, _), Event::Sent(b, _)) | (Event::Answered(a, _), Event::Answered(b, _)) => a == b,
        (Event::CallEnded(a, _), Event::CallEnded(b, _)) => a == b,
        (Event::SignInFailed(a), Event::SignInFailed(b)) => a == b,
        (Event::Session(_), Event::Session(_)) => true,
        (
            Event::Sent(..) | Event::Answered(..) | Event::CallEnded(..) | Event::SignInFailed(_) | Event::Session(_),
            _,
        ) => false,
    }
}

enum Agreement {
    Yes,
    No,
    /// All but a token or a code agrees.
    Mixed(String),
}

fn agree(expected: &Event<InTrace>, observed: &Event<Concrete>, bindings: &mut Bindings) -> Agreement {
    match (expected, observed) {
        (Event::Sent(_, expected), Event::Sent(_, observed)) => same_request(expected, observed, bindings),
        (Event::Answered(_, expected), Event::Answered(_, observed)) => same_answer(expected, observed, bindings),
        (Event::CallEnded(_, expected), Event::CallEnded(_, observed)) => yes_if(expected == observed),
        (Event::Session(expected), Event::Session(observed)) => yes_if(expected == observed),
        (Event::SignInFailed(_), Event::SignInFailed(_)) => Agreement::Yes,
        (
            Event::Sent(..) | Event::Answered(..) | Event::CallEnded(..) | Event::Session(_) | Event::SignInFailed(_),
            _,
        ) => Agreement::No,
    }
}

fn same_request(expected: &Request<InTrace>, observed: &Request<Concrete>, bindings: &mut Bindings) -> Agreement {
    let bound = match (expected, observed) {
        (Request::Call(None), Request::Call(None)) => Ok(()),
        (Request::Call(Some(symbol)), Request::Call(Some(secret)))
        | (Request::Introspect(symbol), Request::Introspect(secret)) => bindings.bind(Symbol::Access(*symbol), secret),
        (Request::Refresh(symbol), Request::Refresh(secret)) | (Request::Revoke(symbol), Request::Revoke(secret)) => {
            bindings.bind(Symbol::Refresh(*symbol), secret)
        }
        (Request::Redeem(symbol), Request::Redeem(secret)) => bindings.bind(Symbol::Code(*symbol), secret),
        (Request::SignIn(expected), Request::SignIn(observed)) => return yes_if(expected == observed),
        (
            Request::Call(_)
            | Request::Introspect(_)
            | Request::Refresh(_)
            | Request::Revoke(_)
            | Request::Redeem(_)
            | Request::SignIn(_),
            _,
        ) => return Agreement::No,
    };
    bound.map_or_else(Agreement::Mixed, |()| Agreement::Yes)
}

fn same_answer(expected: &Answer<InTrace>, observed: &Answer<Concrete>, bindings: &mut Bindings) -> Agreement {
    match (expected, observed) {
        // The wire does not tell a grace from a first answer.
        (Answer::Tokens(access, refresh) | Answer::GraceTokens(access, refresh), Answer::Tokens(one, other)) => {
            let bound = bindings.bind(Symbol::Access(*access), one);
            match (bound, refresh, other) {
                (Err(why), _, _) => Agreement::Mixed(why),
                (Ok(()), Some(symbol), Some(secret)) => {
                    bindings.bind(Symbol::Refresh(*symbol), secret).map_or_else(Agreement::Mixed, |()| Agreement::Yes)
                }
                (Ok(()), None, None) => Agreement::Yes,
                (Ok(()), Some(_), None) | (Ok(()), None, Some(_)) => Agreement::No,
            }
        }
        (Answer::Code(symbol), Answer::Code(secret)) => {
            bindings.bind(Symbol::Code(*symbol), secret).map_or_else(Agreement::Mixed, |()| Agreement::Yes)
        }
        (
            Answer::Items
            | Answer::Unauthenticated
            | Answer::InvalidToken(_)
            | Answer::Unavailable
            | Answer::Active
            | Answer::Inactive(_)
            | Answer::WrongPassword
            | Answer::InvalidGrant(_)
            | Answer::Revoked,
            _,
        ) => yes_if(wire(expected) == wire(observed)),
        (Answer::Tokens(..) | Answer::GraceTokens(..) | Answer::Code(_), _) => Agreement::No,
        (Answer::Unexpected(never), _) => match *never {},
    }
}

/// What the wire tells of an answer that carries no symbol.
fn wire<S: Symbols>(answer: &Answer<S>) -> Option<&'static str> {
    match answer {
        Answer::Items => Some("items"),
        Answer::Unauthenticated => Some("401"),
        Answer::InvalidToken(_) => Some("401 invalid_token"),
        Answer::Unavailable => Some("503"),
        Answer::Active => Some("active"),
        Answer::Inactive(_) => Some("inactive"),
        Answer::WrongPassword => Some("login page"),
        Answer::InvalidGrant(_) => Some("invalid_grant"),
        Answer::Revoked => Some("revoked"),
        Answer::Code(_) | Answer::Tokens(..) | Answer::GraceTokens(..) | Answer::Unexpected(_) => None,
    }
}

fn yes_if(same: bool) -> Agreement {
    if same { Agreement::Yes } else { Agreement::No }
}

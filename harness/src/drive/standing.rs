//! Which rule a target breaks where a token is active that must not be, or is not that must be.
//!
//! A standing alone says little; what was answered in the step, and why the model holds the token inactive, say which rule it is about.

use authloom_model::rules::{Rule, auth};
use authloom_model::seen::{Answer, Event, Refusal};

use crate::trace::{InTrace, Standing, Token, Walker};

/// The rule by which a token must stand as `expected` after a step in which this had to be seen. `walker` has taken the step.
pub(super) fn rule(walker: &Walker<'_>, seen: &[Event<InTrace>], token: Token, expected: Standing) -> Rule {
    let answered = || seen.iter().filter_map(answer);
    if let Some(rule) = answered().find_map(ends).filter(|_| !is_issued(token, answered())) {
        return match (expected, walker.why_inactive(token)) {
            (Standing::Active, _) | (Standing::Inactive, None | Some(Refusal::Ended | Refusal::TokenRevoked)) => rule,
            (Standing::Inactive, Some(refusal)) => refusal.rule(),
        };
    }
    let refreshed = answered().any(|answer| matches!(answer, Answer::Tokens(..) | Answer::GraceTokens(..)));
    match (expected, token, walker.why_inactive(token)) {
        (Standing::Active, _, _) if is_issued(token, answered()) => auth::LIVE_TOKEN_ACTIVE,
        (_, Token::Access(_), None | Some(Refusal::TokenRevoked)) if refreshed => auth::REFRESH_SPARES_ACCESS,
        (Standing::Inactive, Token::Refresh(_), Some(Refusal::Replayed)) if refreshed => auth::REFRESH_ROTATES,
        (Standing::Inactive, _, Some(refusal)) => refusal.rule(),
        (Standing::Active, _, _) | (Standing::Inactive, _, None) => auth::TOKEN_STANDING,
    }
}

fn answer(event: &Event<InTrace>) -> Option<&Answer<InTrace>> {
    match event {
        Event::Answered(_, answer) => Some(answer),
        Event::Sent(..) | Event::CallEnded(..) | Event::SignInFailed(_) | Event::Session(_) => None,
    }
}

/// The rule by which an answer comes with the end of tokens, if it may.
fn ends(answer: &Answer<InTrace>) -> Option<Rule> {
    match answer {
        Answer::InvalidGrant(Refusal::Replayed) => Some(auth::REPLAY_CONTAINED),
        Answer::InvalidGrant(Refusal::CodeReplayed) => Some(auth::CODE_REPLAY_CONTAINED),
        Answer::Revoked => Some(auth::REVOCATION_ENDS_GRANT),
        Answer::InvalidGrant(_)
        | Answer::Items
        | Answer::Unauthenticated
        | Answer::InvalidToken(_)
        | Answer::Unavailable
        | Answer::Active
        | Answer::Inactive(_)
        | Answer::Code(_)
        | Answer::WrongPassword
        | Answer::Tokens(..)
        | Answer::GraceTokens(..)
        | Answer::Unexpected(_) => None,
    }
}

/// Whether an answer has brought the token.
fn is_issued<'e>(token: Token, mut answered: impl Iterator<Item = &'e Answer<InTrace>>) -> bool {
    answered.any(|answer| match answer {
        Answer::Tokens(access, refresh) | Answer::GraceTokens(access, refresh) => {
            token == Token::Access(*access) || refresh.is_some_and(|refresh| token == Token::Refresh(refresh))
        }
        Answer::Items
        | Answer::Unauthenticated
        | Answer::InvalidToken(_)
        | Answer::Unavailable
        | Answer::Active
        | Answer::Inactive(_)
        | Answer::Code(_)
        | Answer::WrongPassword
        | Answer::InvalidGrant(_)
        | Answer::Revoked
        | Answer::Unexpected(_) => false,
    })
}

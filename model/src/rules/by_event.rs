//! Which rule demands that an event is seen.

use super::{Rule, auth, backend, gui, surroundings};
use crate::seen::{Answer, CallEnd, Event, Refusal, Request, Session, Symbols};

impl Refusal {
    /// The rule that refuses it.
    #[must_use]
    pub fn rule(self) -> Rule {
        match self {
            Self::TokenExpired => backend::NEVER_PAST_EXP,
            Self::TokenRevoked => auth::ENDED_GRANT_INACTIVE,
            Self::CodeExpired => auth::CODE_EXPIRES,
            Self::CodeReplayed => auth::CODE_SPENT_ONCE,
            Self::WrongVerifier => auth::CODE_BOUND_TO_VERIFIER,
            Self::Idle => auth::IDLE_BOUND,
            Self::PastLifetime => auth::LIFETIME_BOUND,
            Self::Replayed => auth::REFRESH_SPENT_ONCE,
            Self::Ended => auth::REVOCATION_FINAL,
        }
    }
}

/// The rule by which an event must be seen.
#[must_use]
pub fn of<S: Symbols<Why = Refusal>>(event: &Event<S>) -> Rule {
    match event {
        Event::Sent(_, request) => match request {
            Request::Call(None) => gui::CALL_WITHOUT_SESSION,
            Request::Call(Some(_)) => gui::CALL_CARRIES_TOKEN,
            Request::Introspect(_) => backend::BACKEND_INTROSPECTS,
            Request::Refresh(_) => gui::REFRESH_WITH_OWN_TOKEN,
            Request::SignIn(_) => gui::SIGN_IN_AT_AUTHORIZATION,
            Request::Redeem(_) => gui::CODE_REDEEMED_BY_ITS_TAB,
            Request::Revoke(_) => gui::SIGN_OUT_REVOKES,
        },
        Event::Answered(_, answer) => match answer {
            Answer::Items => backend::FRESH_TOKEN_USABLE,
            Answer::Unauthenticated => backend::CALL_NEEDS_TOKEN,
            Answer::InvalidToken(why) | Answer::Inactive(why) | Answer::InvalidGrant(why) => why.rule(),
            Answer::Unavailable => backend::BACKEND_UNAVAILABLE,
            Answer::Active => auth::LIVE_TOKEN_ACTIVE,
            Answer::Code(_) => auth::SIGN_IN_GETS_CODE,
            Answer::WrongPassword => auth::SIGN_IN_NEEDS_PASSWORD,
            Answer::Tokens(_, None) => auth::REFRESH_KEPT,
            Answer::Tokens(_, Some(_)) => auth::TOKENS_ISSUED,
            Answer::GraceTokens(..) => auth::GRACE_HONOURED,
            Answer::Revoked => auth::REVOCATION_CONFIRMED,
            Answer::Unexpected(_) => surroundings::NOTHING_UNASKED,
        },
        Event::CallEnded(_, CallEnd::Items) => gui::ITEMS_SHOWN,
        Event::CallEnded(_, CallEnd::SignInPrompt) => gui::PROMPT_WITHOUT_SESSION,
        Event::CallEnded(_, CallEnd::Failure) => gui::FAILURE_KEEPS_SESSION,
        Event::SignInFailed(_) => gui::FAILED_SIGN_IN_STORES_NOTHING,
        Event::Session(Session::Started) => gui::SIGN_IN_STORES_TOKENS,
        Event::Session(Session::Renewed) => gui::RENEWAL_STORED_OVER_ITS_OWN,
        Event::Session(Session::Cleared) => gui::SESSION_CLEARED_FOR_CAUSE,
    }
}

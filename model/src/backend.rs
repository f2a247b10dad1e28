//! The rules of the backend: what it does with a call and its access token.
//!
//! Two ways to validate: to ask the AuthService each time (RFC 7662), or to check the JWT locally (RFC 9068), with a leeway for clocks
//! that disagree. An access token says when it expires, so the backend looks at `exp` itself also when it has asked.

use crate::action::CallId;
use crate::exchange::Exchange;
use crate::judges::Judges;
use crate::policy::Validation;
use crate::seen::{Answer, Event, Refusal, Request, Witness};
use crate::turn::Turn;
use crate::world::CallPhase;

impl<W: Witness, J: Judges> Turn<'_, W, J> {
    /// A call arrives.
    ///
    /// Rule `call-needs-token`: RFC 6750 section 3.1.
    /// Rule `backend-introspects`: RFC 7662 section 2.1.
    pub(crate) fn call_arrives(&mut self, id: CallId) {
        let token = self.call(id).token;
        if !token.is_some() {
            return self.backend_answers(id, Answer::Unauthenticated);
        }
        match self.spec.policy.validation {
            Validation::Introspect => {
                self.call_mut(id).phase = CallPhase::Validating;
                self.saw(Event::Sent(Exchange::Introspect(id), Request::Introspect(token)));
            }
            Validation::Local => {
                let answer = self.judge_exp(id, self.spec.limits.leeway);
                self.backend_answers(id, answer);
            }
        }
    }

    /// The introspection's answer reaches the backend. Time may have passed since it was given.
    pub(crate) fn introspection_returns(&mut self, id: CallId) {
        let answer = if self.call(id).phase == CallPhase::FoundActive {
            self.judge_exp(id, 0)
        } else {
            Answer::InvalidToken(self.why_inactive(id))
        };
        self.backend_answers(id, answer);
    }

    /// The backend cannot learn whether the token is active: neither a refusal nor an acceptance would be true.
    ///
    /// Rule `backend-unavailable`: RFC 9110 section 15.6.4.
    pub(crate) fn introspection_fails(&mut self, id: CallId) {
        self.backend_answers(id, Answer::Unavailable);
    }

    /// Accepts a token before `exp` plus `leeway` ticks, and not at it. RFC 7519 section 4.1.4.
    ///
    /// Rule `fresh-token-usable`: RFC 6750 section 2, RFC 9068 section 4.
    fn judge_exp(&self, id: CallId, leeway: u8) -> Answer {
        let token = self.world.access_token(self.call(id).token);
        self.judges.exp(self.spec, token, leeway).map_or_else(Answer::InvalidToken, |()| Answer::Items)
    }

    fn why_inactive(&self, id: CallId) -> Refusal {
        self.judges.access(self.spec, &self.world, self.call(id).token).err().unwrap_or(Refusal::TokenRevoked)
    }

    fn backend_answers(&mut self, id: CallId, answer: Answer) {
        self.call_mut(id).phase = match answer {
            Answer::Items => CallPhase::Accepted,
            Answer::Unauthenticated => CallPhase::Unauthenticated,
            Answer::InvalidToken(_) => CallPhase::Refused,
            Answer::Unavailable => CallPhase::Unavailable,
            Answer::Active
            | Answer::Inactive(_)
            | Answer::Code(_)
            | Answer::WrongPassword
            | Answer::Tokens(..)
            | Answer::GraceTokens(..)
            | Answer::InvalidGrant(_)
            | Answer::Revoked
            | Answer::Unexpected(_) => unreachable!("the backend does not answer as an AuthService"),
        };
        self.saw(Event::Answered(Exchange::Call(id), answer));
    }
}

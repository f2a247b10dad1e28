//! The rules of the network: which exchanges are where, and who takes what arrives, returns or is lost.

use crate::action::{Action, CallId, Exchange, TabId};
use crate::judges::Judges;
use crate::seen::Witness;
use crate::turn::Turn;
use crate::world::{CallPhase, FlowPhase};

/// Where the one message of an exchange is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnItsWay {
    /// The request, to the server.
    Request(Exchange),
    /// The response, to whoever sent the request.
    Response(Exchange),
}

/// What of a call is on its way.
pub(crate) fn of_call(id: CallId, phase: CallPhase) -> Option<OnItsWay> {
    use OnItsWay::{Request, Response};
    match phase {
        CallPhase::Idle | CallPhase::Waiting | CallPhase::Queued => None,
        CallPhase::Asking => Some(Request(Exchange::Call(id))),
        CallPhase::Validating => Some(Request(Exchange::Introspect(id))),
        CallPhase::FoundActive | CallPhase::FoundInactive => Some(Response(Exchange::Introspect(id))),
        CallPhase::Served | CallPhase::Unauthenticated | CallPhase::Refused | CallPhase::Unavailable => {
            Some(Response(Exchange::Call(id)))
        }
        CallPhase::Refreshing => Some(Request(Exchange::Refresh(id))),
        CallPhase::Refreshed | CallPhase::RefreshRefused => Some(Response(Exchange::Refresh(id))),
    }
}

/// What of a sign-in or sign-out is on its way.
pub(crate) fn of_flow(tab: TabId, phase: FlowPhase) -> Option<OnItsWay> {
    use OnItsWay::{Request, Response};
    match phase {
        FlowPhase::Idle => None,
        FlowPhase::SigningIn | FlowPhase::Mistyping => Some(Request(Exchange::SignIn(tab))),
        FlowPhase::Redirecting | FlowPhase::Rejected => Some(Response(Exchange::SignIn(tab))),
        FlowPhase::Redeeming => Some(Request(Exchange::Redeem(tab))),
        FlowPhase::Redeemed | FlowPhase::RedeemRefused => Some(Response(Exchange::Redeem(tab))),
        FlowPhase::Revoking => Some(Request(Exchange::Revoke(tab))),
        FlowPhase::Revoked => Some(Response(Exchange::Revoke(tab))),
    }
}

impl OnItsWay {
    /// What brings it to its end.
    pub(crate) fn delivery(self) -> Action {
        match self {
            Self::Request(exchange) => Action::Arrive(exchange),
            Self::Response(exchange) => Action::Return(exchange),
        }
    }

    /// What keeps it from its end.
    pub(crate) fn loss(self) -> Action {
        match self {
            Self::Request(exchange) | Self::Response(exchange) => Action::Lose(exchange),
        }
    }
}

impl<W: Witness, J: Judges> Turn<'_, W, J> {
    /// A request arrives.
    pub(crate) fn arrive(&mut self, exchange: Exchange) {
        match exchange {
            Exchange::Call(call) => self.call_arrives(call),
            Exchange::Introspect(call) => self.introspection_arrives(call),
            Exchange::Refresh(call) => self.refresh_arrives(call),
            Exchange::SignIn(tab) => self.sign_in_arrives(tab),
            Exchange::Redeem(tab) => self.redeem_arrives(tab),
            Exchange::Revoke(tab) => self.revocation_arrives(tab),
            Exchange::Theft(stolen) => self.theft_arrives(stolen),
        }
    }

    /// A response returns.
    pub(crate) fn deliver(&mut self, exchange: Exchange) {
        match exchange {
            Exchange::Call(call) => self.call_returns(call),
            Exchange::Introspect(call) => self.introspection_returns(call),
            Exchange::Refresh(call) => self.refresh_returns(call),
            Exchange::SignIn(tab) => self.sign_in_returns(tab),
            Exchange::Redeem(tab) => self.redeem_returns(tab),
            Exchange::Revoke(tab) => self.revocation_ends(tab),
            Exchange::Theft(_) => unreachable!("a thief learns the answer as it is given"),
        }
    }

    /// A message is lost. Whoever sent the request sees the exchange fail.
    pub(crate) fn lose(&mut self, exchange: Exchange) {
        self.world.losses -= 1;
        match exchange {
            Exchange::Call(call) => self.call_lost(call),
            Exchange::Introspect(call) => self.introspection_fails(call),
            Exchange::Refresh(call) => self.refresh_lost(call),
            Exchange::SignIn(tab) => self.sign_in_lost(tab),
            Exchange::Redeem(tab) => self.redeem_lost(tab),
            Exchange::Revoke(tab) => self.revocation_ends(tab),
            Exchange::Theft(_) => unreachable!("a thief learns the answer as it is given"),
        }
    }
}

//! The rules of the network: who takes what arrives, returns or is lost.

use crate::action::Action;
use crate::exchange::{Exchange, Leg};
use crate::judges::Judges;
use crate::seen::Witness;
use crate::turn::Turn;

/// What brings a message to its end.
pub(crate) fn delivery((leg, exchange): (Leg, Exchange)) -> Action {
    match leg {
        Leg::Request => Action::Arrive(exchange),
        Leg::Response => Action::Return(exchange),
    }
}

impl<W: Witness, J: Judges> Turn<'_, W, J> {
    /// A request arrives.
    ///
    /// Rule `redemptions-at-once`: RFC 6749 section 4.1.2.
    /// Rule `redemption-and-refresh-at-once`: RFC 6749 section 4.1.2, RFC 6749 section 6.
    /// Rule `refreshes-at-once`: RFC 9700 section 4.14.2.
    /// Rule `refresh-and-revocation-at-once`: RFC 7009 section 2.1.
    /// Rule `redemption-and-revocation-at-once`: RFC 7009 section 2.1.
    /// Rule `revocations-at-once`: RFC 7009 section 2.1.
    /// Rule `introspection-at-once`: RFC 7662 section 2.2.
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
    ///
    /// Rule `delivered-or-lost`: RFC 9110 section 9.2.2.
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

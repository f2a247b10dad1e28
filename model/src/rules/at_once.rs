//! What an AuthService must do where several requests about one grant are with it at once. In the model whatever arrives is decided and
//! committed in one step; so in reality the answers must be those of some order, one after the other.

use super::Room::{Fault, Property};
use super::{Rule, register};
use crate::exchange::{Exchange, Message};

register! {
    REDEMPTIONS_AT_ONCE = "redemptions-at-once", "two redemptions of a code at once are answered as one after the other",
        "RFC 6749 section 4.1.2",
        guarded ["network::arrive"],
        missing [(Property, ONE_AT_A_TIME), (Fault, RACING)];
    REDEMPTION_AND_REFRESH_AT_ONCE = "redemption-and-refresh-at-once",
        "a redemption and a refresh at once are answered as one after the other",
        "RFC 6749 section 4.1.2, RFC 6749 section 6",
        guarded ["network::arrive"],
        missing [(Property, ONE_AT_A_TIME), (Fault, RACING)];
    REFRESHES_AT_ONCE = "refreshes-at-once", "two refreshes at once are answered as one after the other",
        "RFC 9700 section 4.14.2",
        guarded ["network::arrive"],
        missing [(Property, ONE_AT_A_TIME), (Fault, RACING)];
    REFRESH_AND_REVOCATION_AT_ONCE = "refresh-and-revocation-at-once",
        "a refresh and a revocation at once are answered as one after the other", "RFC 7009 section 2.1",
        guarded ["network::arrive"],
        missing [(Property, ONE_AT_A_TIME), (Fault, RACING)];
    REDEMPTION_AND_REVOCATION_AT_ONCE = "redemption-and-revocation-at-once",
        "a redemption and a revocation at once are answered as one after the other", "RFC 7009 section 2.1",
        guarded ["network::arrive"],
        missing [(Property, ONE_AT_A_TIME), (Fault, RACING)];
    REVOCATIONS_AT_ONCE = "revocations-at-once", "two revocations at once are answered as one after the other",
        "RFC 7009 section 2.1",
        guarded ["network::arrive"],
        missing [(Property, ONE_AT_A_TIME), (Fault, RACING)];
    INTROSPECTION_AT_ONCE = "introspection-at-once",
        "an introspection answers for a moment before or after what happens at once with it", "RFC 7662 section 2.2",
        guarded ["network::arrive"],
        missing [(Property, ONE_AT_A_TIME), (Fault, RACING)];
}

const ONE_AT_A_TIME: &str = "in the model one request arrives at a time";
const RACING: &str =
    "a planted fault is driven one message at a time; targets that race wrongly are in the tests of races";

/// The rule that the requests of these exchanges, for one grant and at once, are answered by.
#[must_use]
pub fn at_once(one: Exchange, other: Exchange) -> Rule {
    use OnTheWire::{Introspection, Redemption, Refresh, Revocation};
    let (one, other) = (on_the_wire(one), on_the_wire(other));
    match (one.min(other), one.max(other)) {
        (Introspection, _) | (_, Introspection) => INTROSPECTION_AT_ONCE,
        (Redemption, Redemption) => REDEMPTIONS_AT_ONCE,
        (Redemption, Refresh) | (Refresh, Redemption) => REDEMPTION_AND_REFRESH_AT_ONCE,
        (Redemption, Revocation) | (Revocation, Redemption) => REDEMPTION_AND_REVOCATION_AT_ONCE,
        (Refresh, Refresh) => REFRESHES_AT_ONCE,
        (Refresh, Revocation) | (Revocation, Refresh) => REFRESH_AND_REVOCATION_AT_ONCE,
        (Revocation, Revocation) => REVOCATIONS_AT_ONCE,
    }
}

/// What the AuthService sees of an exchange, whoever sends its request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum OnTheWire {
    Introspection,
    Redemption,
    Refresh,
    Revocation,
}

fn on_the_wire(exchange: Exchange) -> OnTheWire {
    match exchange.message() {
        Message::Resource | Message::Introspection => OnTheWire::Introspection,
        Message::Authorization | Message::Redemption => OnTheWire::Redemption,
        Message::Refresh => OnTheWire::Refresh,
        Message::Revocation => OnTheWire::Revocation,
    }
}

//! Which rule makes a thing be seen, and where that rule comes from. For whoever has to be told that it was broken.

use crate::exchange::{Exchange, Stolen};
use crate::seen::{Answer, Event, Refusal, Request, Session, Shown, Symbols};

/// A rule in a sentence, and its source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rule {
    /// What it demands.
    pub sentence: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

const fn rule(sentence: &'static str, source: &'static str) -> Rule {
    Rule { sentence, source }
}

/// A token stands as the model says.
pub const STANDING: Rule =
    rule("a token is active until it expires, is spent, or its grant ends; then never again", "RFC 7662 section 2.2");
/// Nothing is seen that the model does not know of.
pub const NOTHING_ELSE: Rule = rule("nothing else happens at this moment", "the policy");
/// A token opens only what it is for.
pub const NOT_FOR_BACKENDS: Rule = rule("a refresh token opens nothing at a backend", "RFC 6749 section 1.5");
/// One token, one name.
pub const ONE_NAME: Rule = rule("every token issued is new, and is sent on unchanged", "RFC 6749 section 10.10");

/// What is asked at once is answered as if one had come after the other: the requests of these exchanges, for one grant.
#[must_use]
pub fn at_once(one: Exchange, other: Exchange) -> Rule {
    use OnTheWire::{Introspection, Redemption, Refresh, Revocation};
    let (one, other) = (on_the_wire(one), on_the_wire(other));
    match (one.min(other), one.max(other)) {
        (Redemption, Redemption) => {
            rule("two redemptions of a code at once are answered as one after the other", "RFC 6749 section 4.1.2")
        }
        (Redemption, Refresh) => rule(
            "a redemption and a refresh at once are answered as one after the other",
            "RFC 6749 sections 4.1.2 and 6",
        ),
        (Refresh, Refresh) => {
            rule("two refreshes at once are answered as one after the other", "RFC 9700 section 4.14.2")
        }
        (Refresh, Revocation) => {
            rule("a refresh and a revocation at once are answered as one after the other", "RFC 7009 section 2.1")
        }
        (Redemption, Revocation) => {
            rule("a redemption and a revocation at once are answered as one after the other", "RFC 7009 section 2.1")
        }
        (Introspection, _) | (_, Introspection) => rule(
            "an introspection tells of a moment before or after what happens at once with it",
            "RFC 7662 section 2.2",
        ),
        (Revocation | Refresh, _) => {
            rule("requests at once are answered as one after the other", "RFC 7009 section 2.1")
        }
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
    match exchange {
        Exchange::Call(_) | Exchange::Introspect(_) => OnTheWire::Introspection,
        Exchange::SignIn(_) | Exchange::Redeem(_) | Exchange::Theft(Stolen::Code) => OnTheWire::Redemption,
        Exchange::Refresh(_) | Exchange::Theft(Stolen::Copy | Stolen::Loot) => OnTheWire::Refresh,
        Exchange::Revoke(_) => OnTheWire::Revocation,
    }
}

impl Refusal {
    /// The rule that turns it down.
    #[must_use]
    pub fn rule(self) -> Rule {
        match self {
            Self::TokenExpired => rule("an access token is refused on or after its exp", "RFC 7519 section 4.1.4"),
            Self::TokenRevoked => rule("a token of an ended grant is not active", "RFC 7662 section 2.2"),
            Self::CodeExpired => rule("an authorization code lives for a short time", "RFC 6749 section 4.1.2"),
            Self::CodeReplayed => rule("an authorization code is redeemed at most once", "RFC 6749 section 4.1.2"),
            Self::WrongVerifier => {
                rule("a code is redeemed only with the verifier behind its challenge", "RFC 7636 section 4.6")
            }
            Self::Idle => rule("a refresh token dies when it is not used for too long", "RFC 9700 section 4.14.2"),
            Self::PastLifetime => rule("no refresh past the grant's absolute lifetime", "RFC 9700 section 4.14.2"),
            Self::Replayed => rule("a spent refresh token is turned down", "RFC 9700 section 4.14.2"),
            Self::Ended => rule("nothing is issued for a grant that has ended", "RFC 7009 section 2.1"),
        }
    }
}

/// The rule by which an event must be seen.
#[must_use]
pub fn of<S: Symbols<Why = Refusal>>(event: &Event<S>) -> Rule {
    match event {
        Event::Sent(_, request) => match request {
            Request::Call(None) => rule("without a session a call carries no token", "RFC 6750 section 2.1"),
            Request::Call(Some(_)) => rule("a call carries the stored access token", "RFC 6750 section 2.1"),
            Request::Introspect(_) => rule("the backend asks about the token it was shown", "RFC 7662 section 2.1"),
            Request::Refresh(_) => rule("a refresh shows the session's refresh token", "RFC 6749 section 6"),
            Request::SignIn(_) => rule("a sign-in begins at the authorization endpoint", "RFC 6749 section 4.1.1"),
            Request::Redeem(_) => rule("the code is redeemed where it came back", "RFC 6749 section 4.1.3"),
            Request::Revoke(_) => rule("a sign-out revokes the refresh token", "RFC 7009 section 2.1"),
        },
        Event::Answered(_, answer) => match answer {
            Answer::Items => rule("an active token gets the resource", "RFC 6750 section 2"),
            Answer::Unauthenticated => rule("without a token, 401 and no error code", "RFC 6750 section 3.1"),
            Answer::InvalidToken(why) | Answer::Inactive(why) | Answer::InvalidGrant(why) => why.rule(),
            Answer::Unavailable => {
                rule("a backend that cannot ask neither accepts nor refuses", "RFC 9110 section 15.6.4")
            }
            Answer::Active => rule("an unexpired token of a live grant is active", "RFC 7662 section 2.2"),
            Answer::Code(_) => rule("the right password gets a code", "RFC 6749 section 4.1.2"),
            Answer::WrongPassword => rule("a wrong password gets nothing", "RFC 6749 section 4.1.2.1"),
            Answer::Tokens(_, None) => rule("without rotation a refresh keeps the refresh token", "RFC 6749 section 6"),
            Answer::Tokens(_, Some(_)) => {
                rule("a valid grant gets an access and a refresh token", "RFC 6749 section 5.1")
            }
            Answer::GraceTokens(..) => rule("a spent refresh token is honoured in its grace period", "the policy"),
            Answer::Revoked => rule("a revocation is confirmed", "RFC 7009 section 2.2"),
            Answer::Unexpected(_) => NOTHING_ELSE,
        },
        Event::Shown(_, Shown::Items) => rule("the person sees the items that were served", "RFC 6750 section 2"),
        Event::Shown(_, Shown::SignInPrompt) => {
            rule("without a session the person is asked to sign in", "RFC 9728 section 5")
        }
        Event::Shown(_, Shown::Failure) => rule("a failure is shown, and the session kept", "RFC 6750 section 3.1"),
        Event::SignInFailed(_) => rule("a sign-in that failed leaves no session", "RFC 6749 section 4.1.2.1"),
        Event::Session(Session::Started) => rule("a sign-in stores its tokens", "RFC 6749 section 5.1"),
        Event::Session(Session::Renewed) => {
            rule("a refresh stores its tokens over the session it renews", "RFC 6749 section 6")
        }
        Event::Session(Session::Cleared) => {
            rule("a session is cleared by sign-out, or by the refusal of its own token", "RFC 6749 section 5.2")
        }
    }
}

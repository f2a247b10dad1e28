//! Everything that can be seen from outside when something happens.
//!
//! An [`Event`] speaks of tokens by some kind of [`Symbols`]: the model by their places in the world, a trace by names that last, a target by
//! what is really sent. A refusal tells its reason, which the wire does not: the wire says `invalid_grant` or
//! `invalid_token` and no more. The reason is for people, and so that no refusal is believed in that never occurs.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::Hash;

use crate::action::{CallId, TabId};
use crate::ended::Ended;
use crate::exchange::{Exchange, Owner};
use crate::time::Clock;
use crate::world::{AccessId, GrantId, RefreshId};

/// What every symbol can do.
pub trait Symbol: Clone + Ord + Hash + Debug {}

impl<T: Clone + Ord + Hash + Debug> Symbol for T {}

/// How an event speaks of what it carries.
pub trait Symbols: Symbol {
    /// An authorization code. In the model a grant has just one, so the grant names it.
    type Code: Symbol;
    /// A refresh token.
    type Refresh: Symbol;
    /// An access token.
    type Access: Symbol;
    /// Why something is turned down.
    type Why: Symbol;
    /// An answer that the protocol does not have.
    type Unexpected: Symbol;
}

/// By places in the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum InWorld {}

impl Symbols for InWorld {
    type Code = GrantId;
    type Refresh = RefreshId;
    type Access = AccessId;
    type Why = Refusal;
    type Unexpected = Infallible;
}

/// A request that leaves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request<S: Symbols = InWorld> {
    /// `GET` of the protected resource, with this access token or with none.
    Call(Option<S::Access>),
    /// Introspection of this access token.
    Introspect(S::Access),
    /// Refresh with this refresh token.
    Refresh(S::Refresh),
    /// The login form, filled in with the right password or with a wrong one.
    SignIn(Password),
    /// Redemption of this grant's authorization code.
    Redeem(S::Code),
    /// Revocation of this refresh token.
    Revoke(S::Refresh),
}

/// What the person types.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Password {
    /// The person's password.
    Right,
    /// Another one.
    Wrong,
}

/// Why a token, code or password is turned down. The list is closed: a new reason is a new rule, and every match must answer it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Refusal {
    /// The access token's last instant has come. RFC 7519 section 4.1.4: refused on or after `exp`.
    TokenExpired,
    /// The access token's grant has ended. RFC 7662 section 2.2: not active.
    TokenRevoked,
    /// The authorization code's last instant has come. RFC 6749 section 4.1.2.
    CodeExpired,
    /// The authorization code was redeemed before. RFC 6749 section 4.1.2.
    CodeReplayed,
    /// The code's verifier is not the one behind its challenge. RFC 7636 section 4.6.
    WrongVerifier,
    /// The refresh token was not used for too long. RFC 9700 section 4.14.2.
    Idle,
    /// The sign-in is too long ago. RFC 9700 section 4.14.2.
    PastLifetime,
    /// A rotated refresh token was presented again. RFC 9700 section 4.14.2.
    Replayed,
    /// The token was revoked, or its grant has ended. RFC 7009 section 2.
    Ended,
}

/// What a server answers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<S: Symbols = InWorld> {
    /// 200 with the person's items.
    Items,
    /// 401 without an error code, and where to sign in. RFC 6750 section 3.1.
    Unauthenticated,
    /// 401 `invalid_token`. RFC 6750 section 3.1.
    InvalidToken(S::Why),
    /// 503: the backend could not reach the AuthService.
    Unavailable,
    /// Introspection: the token is active. RFC 7662 section 2.2.
    Active,
    /// Introspection: the token is not active.
    Inactive(S::Why),
    /// A redirect to the client with this grant's authorization code. RFC 6749 section 4.1.2.
    Code(S::Code),
    /// The login page again.
    WrongPassword,
    /// Tokens. Where a refresh does not rotate, no refresh token. RFC 6749 sections 5.1 and 6.
    Tokens(S::Access, Option<S::Refresh>),
    /// Tokens that a spent refresh token got within its grace period.
    GraceTokens(S::Access, Option<S::Refresh>),
    /// 400 `invalid_grant`. RFC 6749 section 5.2.
    InvalidGrant(S::Why),
    /// 200 of a revocation. RFC 7009 section 2.2.
    Revoked,
    /// Something else.
    Unexpected(S::Unexpected),
}

/// How a call ends, as the person sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CallEnd {
    /// The items.
    Items,
    /// A prompt to sign in.
    SignInPrompt,
    /// A failure; the person may try again.
    Failure,
}

/// What becomes of the browser's session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Session {
    /// A sign-in stored its tokens.
    Started,
    /// A refresh stored its tokens.
    Renewed,
    /// The store was cleared.
    Cleared,
}

/// Something that can be seen from outside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event<S: Symbols = InWorld> {
    /// A request leaves.
    Sent(Exchange, Request<S>),
    /// A server decides.
    Answered(Exchange, Answer<S>),
    /// A call ends.
    CallEnded(CallId, CallEnd),
    /// A sign-in ends without a session.
    SignInFailed(TabId),
    /// The session changes.
    Session(Session),
}

impl Copy for Request {}
impl Copy for Answer {}
impl Copy for Event {}

/// Whoever wants to know what is seen during a step.
pub trait Witness {
    /// Something was seen.
    fn saw(&mut self, event: Event);

    /// A rule has ended these tokens, also those that the world has no record of.
    fn ends(&mut self, _ended: Ended) {}

    /// A rule has set a clock to zero, or made it go on from another.
    fn starts(&mut self, _clock: Clock, _from: Option<Clock>) {}
}

impl Witness for Vec<Event> {
    fn saw(&mut self, event: Event) {
        self.push(event);
    }
}

/// A way from one kind of symbols to another. What has no symbol yet gets one when it is first met.
pub trait Translate<From: Symbols, To: Symbols> {
    /// A code.
    fn code(&mut self, code: From::Code) -> To::Code;
    /// A refresh token.
    fn refresh(&mut self, token: From::Refresh) -> To::Refresh;
    /// An access token.
    fn access(&mut self, token: From::Access) -> To::Access;
    /// A reason.
    fn why(&mut self, why: From::Why) -> To::Why;
    /// An answer that the protocol does not have.
    fn unexpected(&mut self, unexpected: From::Unexpected) -> To::Unexpected;
    /// A tab.
    fn tab(&mut self, tab: TabId) -> TabId;
    /// A call.
    fn call(&mut self, call: CallId) -> CallId;

    /// An exchange, and with it the tab or call that it belongs to.
    fn exchange(&mut self, exchange: Exchange) -> Exchange {
        exchange.owned_by(match exchange.owner() {
            Owner::Call(call) => Owner::Call(self.call(call)),
            Owner::Tab(tab) => Owner::Tab(self.tab(tab)),
            Owner::Thief => Owner::Thief,
        })
    }
}

impl<S: Symbols> Event<S> {
    /// The same event in other symbols.
    pub fn translated<To: Symbols>(self, translate: &mut impl Translate<S, To>) -> Event<To> {
        match self {
            Self::Sent(exchange, request) => Event::Sent(translate.exchange(exchange), request.translated(translate)),
            Self::Answered(exchange, answer) => {
                Event::Answered(translate.exchange(exchange), answer.translated(translate))
            }
            Self::CallEnded(call, end) => Event::CallEnded(translate.call(call), end),
            Self::SignInFailed(tab) => Event::SignInFailed(translate.tab(tab)),
            Self::Session(session) => Event::Session(session),
        }
    }
}

impl<S: Symbols> Request<S> {
    fn translated<To: Symbols>(self, translate: &mut impl Translate<S, To>) -> Request<To> {
        match self {
            Self::Call(token) => Request::Call(token.map(|token| translate.access(token))),
            Self::Introspect(token) => Request::Introspect(translate.access(token)),
            Self::Refresh(token) => Request::Refresh(translate.refresh(token)),
            Self::SignIn(password) => Request::SignIn(password),
            Self::Redeem(code) => Request::Redeem(translate.code(code)),
            Self::Revoke(token) => Request::Revoke(translate.refresh(token)),
        }
    }
}

impl<S: Symbols> Answer<S> {
    fn translated<To: Symbols>(self, translate: &mut impl Translate<S, To>) -> Answer<To> {
        match self {
            Self::Items => Answer::Items,
            Self::Unauthenticated => Answer::Unauthenticated,
            Self::InvalidToken(why) => Answer::InvalidToken(translate.why(why)),
            Self::Unavailable => Answer::Unavailable,
            Self::Active => Answer::Active,
            Self::Inactive(why) => Answer::Inactive(translate.why(why)),
            Self::Code(code) => Answer::Code(translate.code(code)),
            Self::WrongPassword => Answer::WrongPassword,
            Self::Tokens(access, refresh) => {
                Answer::Tokens(translate.access(access), refresh.map(|token| translate.refresh(token)))
            }
            Self::GraceTokens(access, refresh) => {
                Answer::GraceTokens(translate.access(access), refresh.map(|token| translate.refresh(token)))
            }
            Self::InvalidGrant(why) => Answer::InvalidGrant(translate.why(why)),
            Self::Revoked => Answer::Revoked,
            Self::Unexpected(unexpected) => Answer::Unexpected(translate.unexpected(unexpected)),
        }
    }
}

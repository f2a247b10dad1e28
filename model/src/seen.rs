//! Everything that can be seen from outside when something happens.
//!
//! An [`Event`] names tokens, never values. A refusal tells its reason, which the wire does not: the wire says `invalid_grant` or
//! `invalid_token` and no more. The reason is for people, and so that no refusal is believed in that never occurs.

use crate::action::{CallId, Exchange, TabId};
use crate::world::{AccessId, GrantId, RefreshId, Tokens};

/// A request that leaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// `GET` of the protected resource, with this access token or with none.
    Call(AccessId),
    /// Introspection of this access token.
    Introspect(AccessId),
    /// Refresh with this refresh token.
    Refresh(RefreshId),
    /// The login form, filled in with the right password or with a wrong one.
    SignIn(Password),
    /// Redemption of this grant's authorization code.
    Redeem(GrantId),
    /// Revocation of this refresh token.
    Revoke(RefreshId),
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
    /// The refresh token was not used for too long. RFC 9700 section 4.14.2.
    Idle,
    /// The sign-in is too long ago. RFC 9700 section 4.14.2.
    PastLifetime,
    /// A rotated refresh token was shown again. RFC 9700 section 4.14.2.
    Replayed,
    /// The grant has ended. RFC 7009 section 2.
    Ended,
}

/// What a server answers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer {
    /// 200 with the person's items.
    Items,
    /// 401 without an error code, and where to sign in. RFC 6750 section 3.1.
    Unauthenticated,
    /// 401 `invalid_token`. RFC 6750 section 3.1.
    InvalidToken(Refusal),
    /// 503: the backend could not reach the AuthService.
    Unavailable,
    /// Introspection: the token is active. RFC 7662 section 2.2.
    Active,
    /// Introspection: the token is not active.
    Inactive(Refusal),
    /// A redirect to the client with this grant's authorization code. RFC 6749 section 4.1.2.
    Code(GrantId),
    /// The login page again.
    WrongPassword,
    /// Tokens. Where a refresh does not rotate, no refresh token. RFC 6749 sections 5.1 and 6.
    Tokens(Tokens),
    /// Tokens that a spent refresh token got within its grace period.
    GraceTokens(Tokens),
    /// 400 `invalid_grant`. RFC 6749 section 5.2.
    InvalidGrant(Refusal),
    /// 200 of a revocation. RFC 7009 section 2.2.
    Revoked,
}

/// How a call ends, as the person sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Shown {
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// A request leaves.
    Sent(Exchange, Request),
    /// A server decides.
    Answered(Exchange, Answer),
    /// A call ends.
    Shown(CallId, Shown),
    /// A sign-in ends without a session.
    SignInFailed(TabId),
    /// The session changes.
    Session(Session),
}

/// Whoever wants to know what is seen during a step.
pub trait Witness {
    /// Something was seen.
    fn saw(&mut self, event: Event);
}

impl Witness for Vec<Event> {
    fn saw(&mut self, event: Event) {
        self.push(event);
    }
}

//! What the AuthService stores of a grant. Plain data: rules are elsewhere.

use crate::clock::Timestamp;

use super::digest::Digest;

/// The number of a grant in its database.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GrantId(pub i64);

/// One sign-in, and what all tokens that were issued for it have in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grant {
    /// Its number.
    pub id: GrantId,
    /// The client it was given to.
    pub client_id: String,
    /// The user who gave it: the `sub` of its tokens.
    pub subject: String,
    /// What it allows, as space-separated scope tokens.
    pub scope: String,
    /// When the user signed in. The absolute lifetime starts here.
    pub born_at: Timestamp,
    /// Whether it has ended.
    pub state: GrantState,
}

/// Whether a grant has ended. An ended grant stays ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GrantState {
    /// It has not.
    Live,
    /// Its refresh tokens have ended; its access tokens remain active until they expire.
    RefreshEnded(Ending),
    /// It has ended, with all its tokens.
    Ended(Ending),
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// One of its refresh tokens was revoked. RFC 7009 section 2.1.
    SignedOut,
    /// One of its spent refresh tokens was presented again. RFC 9700 section 4.14.2.
    RefreshTokenReuse,
    /// Its spent authorization code was presented again. RFC 6749 section 4.1.2.
    CodeReplay,
}

/// Whether a code or token was used, and when for the first time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spent {
    /// Not yet.
    No,
    /// Since this instant; a later use never moves it.
    Since(Timestamp),
}

/// An authorization code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CodeRecord {
    /// What it is looked up by.
    pub digest: Digest,
    /// The grant it belongs to.
    pub grant: GrantId,
    /// Where it was sent; the token request must name it again. RFC 6749 section 4.1.3.
    pub redirect_uri: String,
    /// The S256 challenge it is bound to. RFC 7636 section 4.4.
    pub challenge: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Whether it was used.
    pub spent: Spent,
}

/// A refresh token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RefreshRecord {
    /// What it is looked up by.
    pub digest: Digest,
    /// The grant it belongs to.
    pub grant: GrantId,
    /// The start of its idle time: its issue, or without rotation its last use.
    pub idle_since: Timestamp,
    /// Whether it was rotated.
    pub spent: Spent,
    /// Whether it was revoked itself.
    pub state: TokenState,
}

/// An access token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessRecord {
    /// What it is looked up by.
    pub digest: Digest,
    /// The grant it belongs to.
    pub grant: GrantId,
    /// The refresh token that it was issued with or, without rotation, for.
    pub beside: Digest,
    /// Its `jti`. RFC 9068 section 2.2.
    pub jti: String,
    /// Its `scope`.
    pub scope: String,
    /// Its `iat`.
    pub issued_at: Timestamp,
    /// Its `exp`.
    pub expires_at: Timestamp,
    /// Whether it was revoked itself.
    pub state: TokenState,
}

/// Whether a token was revoked itself, whatever its grant and its lifetime.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenState {
    /// It was not.
    Live,
    /// It was. RFC 7009 section 2.
    Revoked,
}

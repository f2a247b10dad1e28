//! What the AuthService remembers of a grant. Plain data: no rule lives here.

use crate::clock::Timestamp;

use super::digest::Digest;

/// Which grant, on one database.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GrantId(pub i64);

/// One sign-in and everything that came of it: the family of its tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grant {
    /// Its number.
    pub id: GrantId,
    /// The client it was given to.
    pub client_id: String,
    /// The person who gave it: the `sub` of its tokens.
    pub subject: String,
    /// What it allows, as space-separated scope tokens.
    pub scope: String,
    /// When the person signed in. The absolute lifetime counts from here.
    pub born_at: Timestamp,
    /// Whether it still stands.
    pub state: GrantState,
}

/// Whether a grant still stands. Once ended it stays so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GrantState {
    /// It stands.
    Live,
    /// Its refresh tokens were ended; its access tokens live on.
    RefreshEnded(Ending),
    /// It was ended, and all its tokens with it.
    Ended(Ending),
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// A refresh token of it was revoked. RFC 7009 section 2.1.
    SignedOut,
    /// A spent refresh token of it came back. RFC 9700 section 4.14.2.
    RefreshTokenReuse,
    /// Its spent authorization code came back. RFC 6749 section 4.1.2.
    CodeReplay,
}

/// Whether something that works once has been used, and when for the first time.
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
    /// What it is found by.
    pub digest: Digest,
    /// The grant it begins.
    pub grant: GrantId,
    /// Where it was sent; must be named again. RFC 6749 section 4.1.3.
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
    /// What it is found by.
    pub digest: Digest,
    /// The grant it belongs to.
    pub grant: GrantId,
    /// The start of its idle time: its issue, or without rotation its last use.
    pub idle_since: Timestamp,
    /// Whether it was rotated away.
    pub spent: Spent,
    /// Whether it was revoked by itself.
    pub state: TokenState,
}

/// An access token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessRecord {
    /// What it is found by.
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
    /// Whether it was revoked by itself.
    pub state: TokenState,
}

/// Whether a token was revoked by itself. Its grant and its lifetime are another matter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenState {
    /// It was not.
    Live,
    /// It was. RFC 7009 section 2.
    Revoked,
}

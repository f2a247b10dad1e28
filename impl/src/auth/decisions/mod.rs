//! What a request does to a grant: pure functions from (settings, records, request, now) to (answer, changed records).
//!
//! Invariant: a decision reads no clock, draws no random number and touches no store. It says that a token is
//! to be issued; the text of the token is chosen elsewhere.
//!
//! Deliberately absent: unknown codes and tokens. They are refused before any decision.

mod redeem;
mod refresh;
mod standing;

#[cfg(test)]
mod tests;

use crate::clock::Timestamp;

use super::records::{AccessRecord, CodeRecord, Ending, Grant, GrantId, GrantState, RefreshRecord};
use super::settings::{Reach, Settings};

/// The rules. [`Standard`] follows the RFCs; a program that embeds an AuthService may supply others.
pub trait Decisions: Send + Sync {
    /// Whether `code` of `grant` may be redeemed. RFC 6749 section 4.1.3.
    fn redeem(
        &self,
        settings: &Settings,
        code: &CodeRecord,
        grant: &Grant,
        request: &Redemption<'_>,
        now: Timestamp,
    ) -> Decided<()>;

    /// Whether `token` of `grant` may be used for a refresh, and what happens to it. RFC 6749 section 6.
    ///
    /// `successor` is the refresh token that was issued in place of `token`, if it was rotated.
    fn refresh(
        &self,
        settings: &Settings,
        token: &RefreshRecord,
        successor: Option<&RefreshRecord>,
        grant: &Grant,
        request: &RefreshRequest<'_>,
        now: Timestamp,
    ) -> Decided<Refreshed>;

    /// What changes when `client_id` revokes a token. The response is the same in every case. RFC 7009 section 2.
    fn revoke(
        &self,
        settings: &Settings,
        token: Revocable<'_>,
        grant: &Grant,
        client_id: &str,
        now: Timestamp,
    ) -> Changes;

    /// Whether an access token is active. RFC 7662 section 2.2.
    fn access_is_active(&self, settings: &Settings, token: &AccessRecord, grant: &Grant, now: Timestamp) -> bool;

    /// Whether a refresh token is active: neither spent nor expired nor revoked. RFC 7662 section 2.2.
    fn refresh_is_active(&self, settings: &Settings, token: &RefreshRecord, grant: &Grant, now: Timestamp) -> bool;
}

/// The rules of the RFCs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl Decisions for Standard {
    fn redeem(
        &self,
        settings: &Settings,
        code: &CodeRecord,
        grant: &Grant,
        request: &Redemption<'_>,
        now: Timestamp,
    ) -> Decided<()> {
        redeem::redeem(settings, code, grant, request, now)
    }

    fn refresh(
        &self,
        settings: &Settings,
        token: &RefreshRecord,
        successor: Option<&RefreshRecord>,
        grant: &Grant,
        request: &RefreshRequest<'_>,
        now: Timestamp,
    ) -> Decided<Refreshed> {
        refresh::refresh(settings, token, successor, grant, request, now)
    }

    fn revoke(
        &self,
        settings: &Settings,
        token: Revocable<'_>,
        grant: &Grant,
        client_id: &str,
        _: Timestamp,
    ) -> Changes {
        standing::revoke(settings, token, grant, client_id)
    }

    fn access_is_active(&self, _: &Settings, token: &AccessRecord, grant: &Grant, now: Timestamp) -> bool {
        standing::access_is_active(token, grant, now)
    }

    fn refresh_is_active(&self, settings: &Settings, token: &RefreshRecord, grant: &Grant, now: Timestamp) -> bool {
        standing::refresh_is_active(settings, token, grant, now)
    }
}

/// What a token request with a code says. RFC 6749 section 4.1.3, RFC 7636 section 4.5.
#[derive(Clone, Copy)]
pub struct Redemption<'a> {
    /// The client that sends the request.
    pub client_id: &'a str,
    /// The redirect URI that it says the code was sent to.
    pub redirect_uri: &'a str,
    /// Its proof that it has requested the code.
    pub code_verifier: &'a str,
}

/// What a refresh request says, beside the token. RFC 6749 section 6.
#[derive(Clone, Copy, Debug)]
pub struct RefreshRequest<'a> {
    /// The client that sends the request.
    pub client_id: &'a str,
    /// A narrower scope for the new access token.
    pub scope: Option<&'a str>,
}

/// What happens to the refresh token in a successful refresh. A new access token is issued, except with
/// [`Refreshed::SameTokens`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refreshed {
    /// The client keeps it.
    Kept,
    /// Its first successor is issued.
    Rotated {
        /// The start of the successor's idle time.
        idle_since: Timestamp,
    },
    /// The response repeats the successor that was issued before.
    SameSuccessor,
    /// The response repeats the successor that was issued before, and the access token that was issued with it.
    SameTokens,
    /// One more successor is issued beside the first.
    NewSibling {
        /// The start of its idle time.
        idle_since: Timestamp,
    },
}

/// A token that a client revokes.
#[derive(Clone, Copy, Debug)]
pub enum Revocable<'a> {
    /// An access token.
    Access(&'a AccessRecord),
    /// A refresh token.
    Refresh(&'a RefreshRecord),
}

/// The answer to a request, and what has to be saved before it is sent, whether or not the request is refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decided<Answer> {
    /// What to answer.
    pub answer: Result<Answer, Refusal>,
    /// What to save.
    pub changes: Changes,
}

impl<Answer> Decided<Answer> {
    fn granted(answer: Answer, changes: Changes) -> Self {
        Self { answer: Ok(answer), changes }
    }

    fn refused(refusal: Refusal, changes: Changes) -> Self {
        Self { answer: Err(refusal), changes }
    }
}

/// The records that a decision changes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    /// The grant, changed.
    pub grant: Option<Grant>,
    /// The authorization code, changed.
    pub code: Option<CodeRecord>,
    /// The presented refresh token, changed.
    pub refresh: Option<RefreshRecord>,
    /// The presented access token, changed.
    pub access: Option<AccessRecord>,
    /// Changes to records that were not presented.
    pub beyond: Beyond,
}

/// Changes to records that the decision has not read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Beyond {
    /// None.
    #[default]
    Nothing,
    /// The access tokens of a grant are revoked.
    AccessTokensOf(GrantId),
    /// Every grant of this subject ends.
    GrantsOf(String, Ending),
}

impl Changes {
    /// No changes.
    pub fn none() -> Self {
        Self::default()
    }

    /// Ends `grant`, and what else `reach` says.
    fn end(reach: Reach, grant: &Grant, ending: Ending) -> Self {
        let ended = |state| Some(Grant { state, ..grant.clone() });
        match (reach, grant.state) {
            (Reach::Nothing, _) | (Reach::RefreshTokens, GrantState::Ended(_)) => Self::none(),
            (Reach::RefreshTokens, _) => Self { grant: ended(GrantState::RefreshEnded(ending)), ..Self::none() },
            (Reach::Grant, _) => Self { grant: ended(GrantState::Ended(ending)), ..Self::none() },
            (Reach::Subject, _) => Self { beyond: Beyond::GrantsOf(grant.subject.clone(), ending), ..Self::none() },
        }
    }
}

/// Why a code or refresh token is refused. The list is closed: a new reason is a new rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// It is unknown.
    Unknown,
    /// It was issued to another client. RFC 6749 section 5.2.
    OtherClient,
    /// The code was sent to another redirect URI. RFC 6749 section 4.1.3.
    OtherRedirectUri,
    /// It was revoked, or its grant has ended.
    GrantEnded,
    /// Its grant has reached its absolute lifetime. RFC 9700 section 4.14.2.
    GrantTooOld,
    /// It was used before. RFC 6749 section 4.1.2, RFC 9700 section 4.14.2.
    Replayed,
    /// It has expired; a refresh token does so when it was not used for its idle lifetime.
    Expired,
    /// The verifier does not match the challenge. RFC 7636 section 4.6.
    WrongVerifier,
    /// The requested scope exceeds the granted one. RFC 6749 section 6.
    ScopeTooWide,
}

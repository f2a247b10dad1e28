//! What a request does to a grant: pure functions from (settings, records, request, now) to (answer, changed records).
//!
//! Invariant: a decision reads no clock, draws no random number and touches no store. It says *that* a token is to be
//! issued; which characters it has is not its business.
//!
//! Deliberately absent: the token that nobody knows. A lookup that finds nothing is refused before any decision.

mod redeem;
mod refresh;
mod standing;

#[cfg(test)]
mod tests;

use crate::clock::Timestamp;

use super::records::{AccessRecord, CodeRecord, Ending, Grant, GrantId, GrantState, RefreshRecord};
use super::settings::{Reach, Settings};

/// The rules. [`Standard`] has them as the RFCs do; whoever embeds an AuthService may bring others.
pub trait Decisions: Send + Sync {
    /// Whether `code`, which began `grant`, buys tokens. RFC 6749 section 4.1.3.
    fn redeem(
        &self,
        settings: &Settings,
        code: &CodeRecord,
        grant: &Grant,
        request: &Redemption<'_>,
        now: Timestamp,
    ) -> Decided<()>;

    /// Whether `token` of `grant` buys a fresh access token, and what becomes of the refresh token. RFC 6749 section 6.
    ///
    /// `successor` is the refresh token that `token` was first rotated into, if it was.
    fn refresh(
        &self,
        settings: &Settings,
        token: &RefreshRecord,
        successor: Option<&RefreshRecord>,
        grant: &Grant,
        request: &RefreshRequest<'_>,
        now: Timestamp,
    ) -> Decided<Refreshed>;

    /// What revoking a token on behalf of `client_id` changes. The answer is the same whatever it does. RFC 7009 section 2.
    fn revoke(
        &self,
        settings: &Settings,
        token: Revocable<'_>,
        grant: &Grant,
        client_id: &str,
        now: Timestamp,
    ) -> Changes;

    /// Whether an access token is worth anything now. RFC 7662 section 2.2.
    fn access_is_active(&self, settings: &Settings, token: &AccessRecord, grant: &Grant, now: Timestamp) -> bool;

    /// Whether a refresh token would be taken now, as the tip of its grant. RFC 7662 section 2.2.
    fn refresh_is_active(&self, settings: &Settings, token: &RefreshRecord, grant: &Grant, now: Timestamp) -> bool;
}

/// The rules as the RFCs have them.
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

/// What the client says when it redeems a code. RFC 6749 section 4.1.3, RFC 7636 section 4.5.
#[derive(Clone, Copy)]
pub struct Redemption<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// Where it says the code was sent.
    pub redirect_uri: &'a str,
    /// Its proof of having asked for the code.
    pub code_verifier: &'a str,
}

/// What the client says when it refreshes, beside the token. RFC 6749 section 6.
#[derive(Clone, Copy, Debug)]
pub struct RefreshRequest<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// A narrower scope for the new access token.
    pub scope: Option<&'a str>,
}

/// What becomes of the refresh token in a refresh that succeeds. Unless told, a fresh access token is issued.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refreshed {
    /// Nothing: the client keeps the one it has.
    Kept,
    /// Its first successor is issued.
    Rotated {
        /// The start of the successor's idle time.
        idle_since: Timestamp,
    },
    /// The successor issued before is shown again.
    SameSuccessor,
    /// The successor issued before is shown again, with the access token that came with it: that one is not issued afresh.
    SameTokens,
    /// One more successor is issued beside the first.
    NewSibling {
        /// The start of its idle time.
        idle_since: Timestamp,
    },
}

/// A token that a client wants revoked.
#[derive(Clone, Copy, Debug)]
pub enum Revocable<'a> {
    /// An access token.
    Access(&'a AccessRecord),
    /// A refresh token.
    Refresh(&'a RefreshRecord),
}

/// An answer and what has to be saved before it is given, refused or not.
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

/// The records that are no longer as they were.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    /// The grant, as it is now.
    pub grant: Option<Grant>,
    /// The authorization code, as it is now.
    pub code: Option<CodeRecord>,
    /// The shown refresh token, as it is now.
    pub refresh: Option<RefreshRecord>,
    /// The shown access token, as it is now.
    pub access: Option<AccessRecord>,
    /// What changes that was not shown.
    pub beyond: Beyond,
}

/// Records that change though they were not looked at.
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
    /// Everything stays as it was.
    pub fn none() -> Self {
        Self::default()
    }

    /// The end of `grant`, as far as it reaches.
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

/// Why a code or refresh token buys nothing. The list is closed: a new reason is a new rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// Nothing is known under it.
    Unknown,
    /// It was issued to another client. RFC 6749 section 5.2.
    OtherClient,
    /// The code was sent elsewhere than the client says. RFC 6749 section 4.1.3.
    OtherRedirectUri,
    /// It was revoked, or its grant was ended.
    GrantEnded,
    /// Its grant has reached its absolute lifetime. RFC 9700 section 4.14.2.
    GrantTooOld,
    /// It was used before. RFC 6749 section 4.1.2, RFC 9700 section 4.14.2.
    Replayed,
    /// Its lifetime, for a refresh token the idle one, is over.
    Expired,
    /// The verifier is not the one behind the challenge. RFC 7636 section 4.6.
    WrongVerifier,
    /// More scope is asked for than was granted. RFC 6749 section 6.
    ScopeTooWide,
}

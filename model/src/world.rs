//! The state of everything: one browser with its tabs, one backend, one AuthService, and what is on its way between them.
//!
//! A [`World`] is flat and `Copy`: a few fixed tables of small records, every field one byte, no padding. Two situations that nobody
//! could ever tell apart are equal bytes once [`crate::canonical`] has named and ordered them. There are no dates, only ages; no history,
//! only what can still matter.
//!
//! Each exchange (an HTTP request and its response) lives in the record of whoever sent it: a [`Call`] carries its own request, the
//! introspection it causes and the refresh it leads; a [`Flow`] carries a sign-in or a sign-out.

use zerocopy::{Immutable, IntoBytes};

use crate::policy::Limits;

/// Tabs a world has room for. Three already show every pairwise race with a bystander.
pub const TABS: usize = 3;
/// Parallel calls a tab has room for. Two show every race inside one tab.
pub const CALLS: usize = 2;
/// Grants that something still refers to. The graph bounds them itself; running out is reported, never hidden.
pub const GRANTS: usize = 6;
/// Refresh tokens that something still refers to.
pub const REFRESH_TOKENS: usize = 8;
/// Access tokens that something still refers to.
pub const ACCESS_TOKENS: usize = 8;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
        #[repr(transparent)]
        pub struct $name(u8);

        impl $name {
            /// Nothing is named.
            pub const NONE: Self = Self(0);

            /// The name of the record at `index` of its table.
            #[must_use]
            #[expect(clippy::cast_possible_truncation, reason = "tables have fewer than 255 places")]
            pub const fn at(index: usize) -> Self {
                Self(index as u8 + 1)
            }

            /// The place in the table, unless nothing is named.
            #[must_use]
            pub const fn index(self) -> Option<usize> {
                if self.0 == 0 { None } else { Some(self.0 as usize - 1) }
            }

            /// Whether a record is named.
            #[must_use]
            pub const fn is_some(self) -> bool {
                self.0 != 0
            }

            /// The name as a row of a table from name to anything: 0 for none.
            pub(crate) const fn row(self) -> usize {
                self.0 as usize
            }
        }
    )+};
}

names! {
    /// Names a grant: what one sign-in allowed. Its authorization code goes by the same name, as it has just one.
    GrantId,
    /// Names a refresh token.
    RefreshId,
    /// Names an access token.
    AccessId,
}

/// An access token and the refresh token issued with it. Without rotation a refresh issues no refresh token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct Tokens {
    /// The access token.
    pub access: AccessId,
    /// The refresh token.
    pub refresh: RefreshId,
}

impl Tokens {
    /// No tokens.
    pub const NONE: Self = Self { access: AccessId::NONE, refresh: RefreshId::NONE };
}

/// What an AuthService remembers of a grant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(u8)]
pub enum GrantState {
    /// No grant in this place.
    #[default]
    Absent,
    /// Its authorization code has not been redeemed.
    CodeIssued,
    /// Its authorization code is spent.
    Redeemed,
    /// Its refresh tokens were ended; its access tokens live on.
    RefreshEnded,
    /// Ended before its time: signed out, or revoked after a replay. No token of it is active, ever again.
    Ended,
}

/// What one sign-in allowed, at the AuthService.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct Grant {
    /// Where it stands.
    pub state: GrantState,
    /// Ticks since the sign-in, up to the last that matters; or how many thresholds it has passed ([`crate::time`]).
    pub age: u8,
}

impl Grant {
    /// Whether nothing will ever be issued for it again.
    pub(crate) fn is_over(&self, limits: &Limits) -> bool {
        self.ended() || self.age >= limits.refresh_absolute
    }

    /// Whether it, or at least every refresh token of it, was ended.
    pub(crate) fn ended(&self) -> bool {
        matches!(self.state, GrantState::RefreshEnded | GrantState::Ended)
    }
}

/// A refresh token, at the AuthService. Absent where `grant` is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct RefreshToken {
    /// The grant it belongs to.
    pub grant: GrantId,
    /// Ticks or thresholds since it was issued or, without rotation, last used. Of no meaning once spent.
    pub idle: u8,
    /// 0 while it is live; once rotated away, 1 + the ticks or thresholds since that first use, as far as a grace window can tell them apart;
    /// [`RefreshToken::REVOKED`] once it was revoked by itself.
    pub spent: u8,
    /// Its successor, while a grace period may still hand that out again.
    pub successor: RefreshId,
    /// The access token that its successor came with, while a grace period may still hand that out again.
    pub access: AccessId,
}

impl RefreshToken {
    /// What is `spent` of a token that was revoked by itself.
    pub const REVOKED: u8 = u8::MAX;

    /// Whether it was rotated away.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent > 0 && !self.is_revoked()
    }

    /// Whether it was revoked by itself.
    pub(crate) fn is_revoked(&self) -> bool {
        self.spent == Self::REVOKED
    }
}

/// What of an access token can still matter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(u8)]
pub enum AccessState {
    /// No access token in this place.
    #[default]
    Absent,
    /// Somebody could accept it.
    Issued,
    /// Revoked by itself: whoever asks the AuthService refuses it.
    Revoked,
    /// So old that nobody can ever accept it: its age and its grant are forgotten.
    Expired,
}

/// An access token: a JWT that says when it was issued.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct AccessToken {
    /// Whether it can still matter.
    pub state: AccessState,
    /// The grant it was issued under.
    pub grant: GrantId,
    /// Ticks or thresholds since it was issued.
    pub age: u8,
}

impl AccessToken {
    /// A token that nobody can ever accept again.
    pub const EXPIRED: Self = Self { state: AccessState::Expired, grant: GrantId::NONE, age: 0 };
}

/// Where a call of the person's stands: from "open my items" to items, a prompt to sign in, or a failure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(u8)]
pub enum CallPhase {
    /// No call.
    #[default]
    Idle,
    /// The request is on its way to the backend.
    Asking,
    /// The backend holds the request; its introspection is on its way to the AuthService.
    Validating,
    /// The introspection's answer "active" is on its way to the backend.
    FoundActive,
    /// The introspection's answer "inactive" is on its way to the backend.
    FoundInactive,
    /// The items are on their way back.
    Accepted,
    /// 401 without an error code is on its way back: the request carried no token. RFC 6750 section 3.1.
    Unauthenticated,
    /// 401 `invalid_token` is on its way back.
    Refused,
    /// 503 is on its way back: the backend could not reach the AuthService.
    Unavailable,
    /// Waits for the refresh that another call of its tab leads.
    Waiting,
    /// Leads a refresh that waits for the browser's lock.
    Queued,
    /// Leads a refresh whose request is on its way to the AuthService.
    Refreshing,
    /// Leads a refresh whose new tokens are on their way back.
    Refreshed,
    /// Leads a refresh whose refusal (`invalid_grant`) is on its way back.
    RefreshRefused,
}

impl CallPhase {
    /// How many phases there are.
    pub(crate) const COUNT: usize = Self::RefreshRefused as usize + 1;
}

/// Whether a refusal of the call may still be answered by recovering.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(u8)]
pub enum Attempt {
    /// A 401 may lead to a refresh.
    #[default]
    First,
    /// The call has recovered once; another 401 is final.
    Second,
}

/// One call of one tab, with every exchange it causes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct Call {
    /// Where it stands.
    pub phase: CallPhase,
    /// How often it was sent.
    pub attempt: Attempt,
    /// The access token it carries, or the one that failed it as long as the store still holds that.
    pub token: AccessId,
    /// The refresh token it is about to use or uses; once answered, only as long as the store still holds it.
    pub held: RefreshId,
    /// The tokens on their way back to it.
    pub answer: Tokens,
}

impl Call {
    /// No call.
    pub const IDLE: Self = Self {
        phase: CallPhase::Idle,
        attempt: Attempt::First,
        token: AccessId::NONE,
        held: RefreshId::NONE,
        answer: Tokens::NONE,
    };

    /// Whether it has a refresh in flight, and with it the browser's lock where there is one.
    #[must_use]
    pub fn refreshes(&self) -> bool {
        matches!(self.phase, CallPhase::Refreshing | CallPhase::Refreshed | CallPhase::RefreshRefused)
    }

    /// Whether it refreshes, or waits to, on behalf of its tab.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.refreshes() || self.phase == CallPhase::Queued
    }
}

/// Where a tab's sign-in or sign-out stands. A tab does one of the two at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(u8)]
pub enum FlowPhase {
    /// Neither.
    #[default]
    Idle,
    /// The right password is on its way to the AuthService.
    SigningIn,
    /// A wrong password is on its way to the AuthService.
    Mistyping,
    /// The redirect with the authorization code is on its way back.
    Redirecting,
    /// The login page, shown again, is on its way back.
    Rejected,
    /// The code is on its way to the token endpoint.
    Redeeming,
    /// The first tokens are on their way back.
    Redeemed,
    /// The refusal of the code (`invalid_grant`) is on its way back.
    RedeemRefused,
    /// The revocation of the session that was just left is on its way to the AuthService. RFC 7009.
    Revoking,
    /// Its confirmation is on its way back.
    Revoked,
}

impl FlowPhase {
    /// How many phases there are.
    pub(crate) const COUNT: usize = Self::Revoked as usize + 1;
}

/// A tab's sign-in or sign-out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct Flow {
    /// Where it stands.
    pub phase: FlowPhase,
    /// The grant whose code is being brought back or redeemed, or that is being revoked.
    pub grant: GrantId,
    /// The tokens on their way back.
    pub tokens: Tokens,
}

impl Flow {
    /// Neither a sign-in nor a sign-out.
    pub const IDLE: Self = Self { phase: FlowPhase::Idle, grant: GrantId::NONE, tokens: Tokens::NONE };
}

/// One tab of the browser.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct Tab {
    /// Its sign-in or sign-out.
    pub flow: Flow,
    /// Its calls.
    pub calls: [Call; CALLS],
}

/// Somebody who copies what is not theirs and presents it to the AuthService.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct Thief {
    /// The grant whose authorization code was copied, until it is presented.
    pub code: GrantId,
    /// The refresh token that was copied, until it is turned down.
    pub copy: RefreshId,
    /// What was got for it last.
    pub loot: Tokens,
}

/// One state of everything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, IntoBytes, Immutable)]
#[repr(C)]
pub struct World {
    /// What the tabs' shared storage holds: a session, or none.
    pub store: Tokens,
    /// The tabs.
    pub tabs: [Tab; TABS],
    /// The AuthService's grants.
    pub grants: [Grant; GRANTS],
    /// The AuthService's refresh tokens.
    pub refresh: [RefreshToken; REFRESH_TOKENS],
    /// The access tokens.
    pub access: [AccessToken; ACCESS_TOKENS],
    /// What a thief holds.
    pub thief: Thief,
    /// How many messages the network may still lose.
    pub losses: u8,
    /// How often the thief may still copy something.
    pub thefts: u8,
}

impl World {
    /// The world as bytes. Equal worlds are equal bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    /// Whether the browser holds a session.
    #[must_use]
    pub fn signed_in(&self) -> bool {
        self.store.access.is_some()
    }

    /// The grants there are. They stand together at the beginning of their table.
    pub(crate) fn present_grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().take_while(|grant| grant.state != GrantState::Absent)
    }

    /// The refresh tokens there are, at the beginning of their table.
    pub(crate) fn present_refresh(&self) -> impl Iterator<Item = &RefreshToken> {
        self.refresh.iter().take_while(|token| token.grant.is_some())
    }

    /// The access tokens there are, at the beginning of their table.
    pub(crate) fn present_access(&self) -> impl Iterator<Item = &AccessToken> {
        self.access.iter().take_while(|token| token.state != AccessState::Absent)
    }

    /// The grant of that name. Panics for no name: whoever asks holds one.
    #[must_use]
    pub fn grant(&self, id: GrantId) -> &Grant {
        &self.grants[id.index().expect("a grant is named")]
    }

    pub(crate) fn grant_mut(&mut self, id: GrantId) -> &mut Grant {
        &mut self.grants[id.index().expect("a grant is named")]
    }

    /// The refresh token of that name. Panics for no name.
    #[must_use]
    pub fn refresh_token(&self, id: RefreshId) -> &RefreshToken {
        &self.refresh[id.index().expect("a refresh token is named")]
    }

    pub(crate) fn refresh_token_mut(&mut self, id: RefreshId) -> &mut RefreshToken {
        &mut self.refresh[id.index().expect("a refresh token is named")]
    }

    /// The access token of that name. Panics for no name.
    #[must_use]
    pub fn access_token(&self, id: AccessId) -> &AccessToken {
        &self.access[id.index().expect("an access token is named")]
    }
}

impl std::hash::Hash for World {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write(self.bytes());
    }
}

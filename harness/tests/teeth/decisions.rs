//! The AuthService's and the backend's rules, one function each, so that a flaw replaces just the one that it breaks.

use std::sync::Arc;

use authloom_reference::auth::{
    self, AccessRecord, Changes, CodeRecord, Decided, Decisions, Grant, Redemption, RefreshRecord, RefreshRequest,
    Refreshed, Revocable,
};
use authloom_reference::backend::{self, Accepted, Introspection, Judge, Jwt, Refusal};
use authloom_reference::clock::Timestamp;

/// A second before: whoever decides by that is off by one at every boundary.
pub(crate) fn a_second_before(now: Timestamp) -> Timestamp {
    Timestamp(now.0 - 1)
}

/// A code and whoever redeems it.
#[derive(Clone, Copy)]
pub(crate) struct Redeem<'a> {
    pub(crate) settings: &'a auth::Settings,
    pub(crate) code: &'a CodeRecord,
    pub(crate) grant: &'a Grant,
    pub(crate) request: &'a Redemption<'a>,
    pub(crate) now: Timestamp,
}

impl Redeem<'_> {
    /// The right decision.
    pub(crate) fn rightly(self) -> Decided<()> {
        auth::Standard.redeem(self.settings, self.code, self.grant, self.request, self.now)
    }
}

/// A refresh token and whoever shows it.
#[derive(Clone, Copy)]
pub(crate) struct Refresh<'a> {
    pub(crate) settings: &'a auth::Settings,
    pub(crate) token: &'a RefreshRecord,
    pub(crate) successor: Option<&'a RefreshRecord>,
    pub(crate) grant: &'a Grant,
    pub(crate) request: &'a RefreshRequest<'a>,
    pub(crate) now: Timestamp,
}

impl Refresh<'_> {
    /// The right decision.
    pub(crate) fn rightly(self) -> Decided<Refreshed> {
        auth::Standard.refresh(self.settings, self.token, self.successor, self.grant, self.request, self.now)
    }
}

/// A token that somebody wants revoked.
#[derive(Clone, Copy)]
pub(crate) struct Revoke<'a> {
    pub(crate) settings: &'a auth::Settings,
    pub(crate) token: Revocable<'a>,
    pub(crate) grant: &'a Grant,
    pub(crate) client_id: &'a str,
    pub(crate) now: Timestamp,
}

impl Revoke<'_> {
    /// The right decision.
    pub(crate) fn rightly(self) -> Changes {
        auth::Standard.revoke(self.settings, self.token, self.grant, self.client_id, self.now)
    }
}

/// A token that somebody asks about.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a, Record> {
    pub(crate) settings: &'a auth::Settings,
    pub(crate) token: &'a Record,
    pub(crate) grant: &'a Grant,
    pub(crate) now: Timestamp,
}

impl Asked<'_, AccessRecord> {
    /// The right answer.
    pub(crate) fn rightly(self) -> bool {
        auth::Standard.access_is_active(self.settings, self.token, self.grant, self.now)
    }
}

impl Asked<'_, RefreshRecord> {
    /// The right answer.
    pub(crate) fn rightly(self) -> bool {
        auth::Standard.refresh_is_active(self.settings, self.token, self.grant, self.now)
    }
}

/// The rules of an AuthService.
pub(crate) struct Rules {
    pub(crate) redeem: fn(Redeem<'_>) -> Decided<()>,
    pub(crate) refresh: fn(Refresh<'_>) -> Decided<Refreshed>,
    pub(crate) revoke: fn(Revoke<'_>) -> Changes,
    pub(crate) access_is_active: fn(Asked<'_, AccessRecord>) -> bool,
    pub(crate) refresh_is_active: fn(Asked<'_, RefreshRecord>) -> bool,
}

impl Rules {
    /// All of them right.
    pub(crate) const RIGHT: Self = Self {
        redeem: |asked| asked.rightly(),
        refresh: |asked| asked.rightly(),
        revoke: |asked| asked.rightly(),
        access_is_active: |asked| asked.rightly(),
        refresh_is_active: |asked| asked.rightly(),
    };

    pub(crate) fn shared(self) -> Arc<dyn Decisions> {
        Arc::new(self)
    }
}

impl Decisions for Rules {
    fn redeem(
        &self,
        settings: &auth::Settings,
        code: &CodeRecord,
        grant: &Grant,
        request: &Redemption<'_>,
        now: Timestamp,
    ) -> Decided<()> {
        (self.redeem)(Redeem { settings, code, grant, request, now })
    }

    fn refresh(
        &self,
        settings: &auth::Settings,
        token: &RefreshRecord,
        successor: Option<&RefreshRecord>,
        grant: &Grant,
        request: &RefreshRequest<'_>,
        now: Timestamp,
    ) -> Decided<Refreshed> {
        (self.refresh)(Refresh { settings, token, successor, grant, request, now })
    }

    fn revoke(
        &self,
        settings: &auth::Settings,
        token: Revocable<'_>,
        grant: &Grant,
        client_id: &str,
        now: Timestamp,
    ) -> Changes {
        (self.revoke)(Revoke { settings, token, grant, client_id, now })
    }

    fn access_is_active(&self, settings: &auth::Settings, token: &AccessRecord, grant: &Grant, now: Timestamp) -> bool {
        (self.access_is_active)(Asked { settings, token, grant, now })
    }

    fn refresh_is_active(
        &self,
        settings: &auth::Settings,
        token: &RefreshRecord,
        grant: &Grant,
        now: Timestamp,
    ) -> bool {
        (self.refresh_is_active)(Asked { settings, token, grant, now })
    }
}

/// A judge who judges what the AuthService said by `0`, and a signed token rightly.
pub(crate) struct Credulous(pub(crate) fn(&backend::Settings, &Introspection, Timestamp) -> Result<Accepted, Refusal>);

impl Judge for Credulous {
    fn introspected(
        &self,
        settings: &backend::Settings,
        answer: &Introspection,
        now: Timestamp,
    ) -> Result<Accepted, Refusal> {
        (self.0)(settings, answer, now)
    }

    fn signed(&self, settings: &backend::Settings, token: &Jwt, now: Timestamp) -> Result<Accepted, Refusal> {
        backend::Standard.signed(settings, token, now)
    }
}

//! Flaws in what the AuthService decides.

use std::time::Duration;

use authloom_model::Policy;
use authloom_model::policy::{Ends, Grace, Rotation, Validation, Window};
use authloom_reference::auth::{
    self, AccessRecord, Changes, CodeRecord, Decided, Grant, GrantState, RefreshRecord, Refreshed, Revocable, Spent,
    TokenState,
};

use crate::decisions::{Asked, Redeem, Refresh, Revoke, Rules, a_second_before};
use crate::flaw::Flaw;
use crate::suite::{Coverage, KINDS};
use crate::support::{changed, minutes, recommended};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) const FLAWS: &[Flaw] = &[
    // Boundaries.
    Flaw {
        name: "an access token is active at its exp",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "never-past-exp",
        make: |parts| {
            let access_is_active =
                |asked: Asked<'_, AccessRecord>| Asked { now: a_second_before(asked.now), ..asked }.rightly();
            parts.decisions = Rules { access_is_active, ..Rules::RIGHT }.shared();
        },
    },
    Flaw {
        name: "an access token says that it lives longer than it does",
        policy: local,
        coverage: KINDS,
        breaks: "never-past-exp",
        make: |parts| parts.auth.lifetimes.access += SECOND,
    },
    Flaw {
        name: "a code is taken at its last instant",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-expires",
        make: |parts| parts.auth.lifetimes.code += SECOND,
    },
    Flaw {
        name: "a refresh token is taken at the last instant of its idle time",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "idle-bound",
        make: |parts| later(&mut parts.auth.lifetimes.refresh_idle),
    },
    Flaw {
        name: "a refresh is granted at the last instant of the absolute lifetime",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "lifetime-bound",
        make: |parts| later(&mut parts.auth.lifetimes.refresh_absolute),
    },
    Flaw {
        name: "the grace window closes a second late",
        policy: window,
        coverage: KINDS,
        breaks: "refresh-spent-once",
        make: |parts| parts.auth.grace = auth::Grace::SameSuccessor { window: Some(minutes(5) + SECOND) },
    },
    // Rotation and reuse.
    Flaw {
        name: "a rotation leaves the parent unspent",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "refresh-rotates",
        make: |parts| {
            let refresh = |asked: Refresh<'_>| unsaved(asked.rightly(), |changes| changes.refresh = None);
            parts.decisions = Rules { refresh, ..Rules::RIGHT }.shared();
        },
    },
    Flaw {
        name: "refresh tokens are not rotated",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-issued",
        make: |parts| parts.auth.rotation = auth::Rotation::Off,
    },
    Flaw {
        name: "refresh tokens are rotated unasked",
        policy: || {
            recommended(|policy| {
                policy.name = "recommended without rotation".to_owned();
                policy.rotation = Rotation::Off;
            })
        },
        coverage: KINDS,
        breaks: "refresh-kept",
        make: |parts| parts.auth.rotation = auth::Rotation::Always,
    },
    Flaw {
        name: "reuse does not revoke the grant",
        policy: no_lock,
        coverage: KINDS,
        breaks: "replay-contained",
        make: |parts| parts.auth.reuse = auth::Reach::Nothing,
    },
    Flaw {
        name: "reuse revokes the grant unasked",
        policy: || {
            changed("no-refresh-lock", |policy| {
                policy.name = "no-refresh-lock that rejects reuse".to_owned();
                policy.reuse_ends = Ends::Nothing;
            })
        },
        coverage: KINDS,
        breaks: "replay-contained",
        make: |parts| parts.auth.reuse = auth::Reach::Grant,
    },
    Flaw {
        name: "rotation counts the absolute lifetime anew",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "lifetime-bound",
        make: |parts| {
            let refresh = |asked: Refresh<'_>| Refresh { grant: &reborn(asked.grant, asked.token), ..asked }.rightly();
            let refresh_is_active =
                |asked: Asked<'_, RefreshRecord>| Asked { grant: &reborn(asked.grant, asked.token), ..asked }.rightly();
            parts.decisions = Rules { refresh, refresh_is_active, ..Rules::RIGHT }.shared();
        },
    },
    Flaw {
        name: "idle time runs on over a rotation",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "token-standing",
        make: |parts| {
            let refresh = |asked: Refresh<'_>| {
                Refresh { token: &idle_since_sign_in(asked.token, asked.grant), ..asked }.rightly()
            };
            let refresh_is_active = |asked: Asked<'_, RefreshRecord>| {
                Asked { token: &idle_since_sign_in(asked.token, asked.grant), ..asked }.rightly()
            };
            parts.decisions = Rules { refresh, refresh_is_active, ..Rules::RIGHT }.shared();
        },
    },
    // Grace.
    Flaw {
        name: "grace hands out a new sibling instead of the same successor",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "tokens-are-new",
        make: |parts| parts.auth.grace = auth::Grace::NewSibling { window: minutes(60) },
    },
    Flaw {
        name: "grace hands out the same successor instead of a new sibling",
        policy: || {
            recommended(|policy| {
                policy.name = "recommended with siblings".to_owned();
                policy.grace = Grace::NewSibling(Window::For(minutes(5)));
            })
        },
        coverage: KINDS,
        breaks: "tokens-are-new",
        make: |parts| parts.auth.grace = auth::Grace::SameSuccessor { window: None },
    },
    Flaw {
        name: "grace honours an older ancestor",
        policy: no_lock_but_grace,
        coverage: Coverage::Steps("tabs=2,calls=1,losses=0"),
        breaks: "refresh-spent-once",
        make: |parts| parts.decisions = Rules { refresh: forgive_all, ..Rules::RIGHT }.shared(),
    },
    Flaw {
        name: "grace is denied",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "grace-honoured",
        make: |parts| parts.auth.grace = auth::Grace::None,
    },
    // Codes.
    Flaw {
        name: "a code is never spent",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-spent-once",
        make: |parts| {
            let redeem = |asked: Redeem<'_>| unsaved(asked.rightly(), |changes| changes.code = None);
            parts.decisions = Rules { redeem, ..Rules::RIGHT }.shared();
        },
    },
    Flaw {
        name: "a code is spent after minting: two redemptions at once both get tokens",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-spent-once",
        make: |parts| parts.decisions = Rules { redeem: spend_late, ..Rules::RIGHT }.shared(),
    },
    Flaw {
        name: "the replay of a code does not revoke the grant",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-replay-contained",
        make: |parts| parts.auth.code_replay = auth::Reach::Nothing,
    },
    // The end of a grant.
    Flaw {
        name: "revocation kills only the token that is presented",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "revocation-ends-grant",
        make: |parts| parts.decisions = Rules { revoke: just_the_shown, ..Rules::RIGHT }.shared(),
    },
    Flaw {
        name: "revocation by a spent token is ignored",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "revocation-ends-grant",
        make: |parts| {
            let revoke = |asked: Revoke<'_>| if is_spent(asked.token) { Changes::none() } else { asked.rightly() };
            parts.decisions = Rules { revoke, ..Rules::RIGHT }.shared();
        },
    },
    Flaw {
        name: "revocation is confirmed and not done",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "revocation-ends-grant",
        make: |parts| parts.decisions = Rules { revoke: |_| Changes::none(), ..Rules::RIGHT }.shared(),
    },
    Flaw {
        name: "access tokens survive the end of their grant",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "code-replay-contained",
        make: |parts| {
            let access_is_active =
                |asked: Asked<'_, AccessRecord>| Asked { grant: &still_live(asked.grant), ..asked }.rightly();
            parts.decisions = Rules { access_is_active, ..Rules::RIGHT }.shared();
        },
    },
    Flaw {
        name: "a refresh token of an ended grant is renewed",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "revocation-final",
        make: |parts| {
            let refresh = |asked: Refresh<'_>| {
                let token = RefreshRecord { state: TokenState::Live, ..*asked.token };
                Refresh { grant: &still_live(asked.grant), token: &token, ..asked }.rightly()
            };
            parts.decisions = Rules { refresh, ..Rules::RIGHT }.shared();
        },
    },
    // Introspection.
    Flaw {
        name: "a spent refresh token introspects as active",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "refresh-rotates",
        make: |parts| {
            let refresh_is_active = |asked: Asked<'_, RefreshRecord>| {
                Asked { token: &RefreshRecord { spent: Spent::No, ..*asked.token }, ..asked }.rightly()
            };
            parts.decisions = Rules { refresh_is_active, ..Rules::RIGHT }.shared();
        },
    },
    Flaw {
        name: "everything introspects as active",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "never-past-exp",
        make: |parts| {
            parts.decisions =
                Rules { access_is_active: |_| true, refresh_is_active: |_| true, ..Rules::RIGHT }.shared();
        },
    },
    Flaw {
        name: "access tokens are minted for another audience",
        policy: Policy::recommended,
        coverage: KINDS,
        breaks: "fresh-token-usable",
        make: |parts| parts.auth.resource = "http://another.reference".to_owned(),
    },
];

/// A lifetime that ends a second late.
fn later(lifetime: &mut Option<Duration>) {
    *lifetime = lifetime.map(|lifetime| lifetime + SECOND);
}

fn no_lock() -> Policy {
    changed("no-refresh-lock", |_| {})
}

/// Two tabs that do not know of each other, a spent token that is honoured until its successor is used, and room for that.
fn no_lock_but_grace() -> Policy {
    changed("no-refresh-lock", |policy| {
        policy.name = "no-refresh-lock with grace".to_owned();
        policy.grace = Grace::SameSuccessor(Window::UntilUsed);
        policy.access_lifetime = minutes(5);
    })
}

fn window() -> Policy {
    recommended(|policy| {
        policy.name = "recommended with a grace window".to_owned();
        policy.grace = Grace::SameSuccessor(Window::For(minutes(5)));
    })
}

pub(crate) fn local() -> Policy {
    recommended(|policy| {
        policy.name = "recommended with local validation".to_owned();
        policy.validation = Validation::Local;
    })
}

/// A decision of which something is not saved.
fn unsaved<A>(decided: Decided<A>, forget: fn(&mut Changes)) -> Decided<A> {
    let mut changes = decided.changes;
    forget(&mut changes);
    Decided { changes, ..decided }
}

/// The first redemption has minted and not yet spent when the second one looks.
fn spend_late(asked: Redeem<'_>) -> Decided<()> {
    let minting = Spent::Since(a_second_before(asked.code.issued_at));
    if asked.code.spent == minting {
        let code = CodeRecord { spent: Spent::No, ..asked.code.clone() };
        return Redeem { code: &code, ..asked }.rightly();
    }
    let mut decided = asked.rightly();
    if let Some(code) = &mut decided.changes.code {
        code.spent = minting;
    }
    decided
}

fn reborn(grant: &Grant, token: &RefreshRecord) -> Grant {
    Grant { born_at: token.idle_since, ..grant.clone() }
}

fn idle_since_sign_in(token: &RefreshRecord, grant: &Grant) -> RefreshRecord {
    RefreshRecord { idle_since: grant.born_at, ..*token }
}

fn forgive_all(asked: Refresh<'_>) -> Decided<Refreshed> {
    let successor = asked.successor.map(|successor| RefreshRecord { spent: Spent::No, ..*successor });
    Refresh { successor: successor.as_ref(), ..asked }.rightly()
}

fn still_live(grant: &Grant) -> Grant {
    Grant { state: GrantState::Live, ..grant.clone() }
}

fn just_the_shown(asked: Revoke<'_>) -> Changes {
    match asked.token {
        Revocable::Refresh(token) => {
            let refresh = Some(RefreshRecord { spent: Spent::Since(asked.now), ..*token });
            Changes { refresh, ..Changes::none() }
        }
        Revocable::Access(_) => asked.rightly(),
    }
}

fn is_spent(token: Revocable<'_>) -> bool {
    match token {
        Revocable::Refresh(token) => token.spent != Spent::No,
        Revocable::Access(_) => false,
    }
}

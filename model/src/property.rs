//! What a good system promises, as properties of the model.
//!
//! * [`Kind::Never`]: a bad thing is never done. A counterexample is a shortest way to it.
//! * [`Kind::Reachable`]: an interesting thing does happen, so that nothing holds over nothing.
//! * [`Kind::Recoverable`]: from every world a good one can still be reached. A counterexample is a way into a world with no way back.
//!
//! What a step does is noticed by [`crate::audit`], apart from the rules, and told as [`crate::Marks`].

use crate::Spec;
use crate::audit::standing::{self, Refresh};
use crate::marks::Mark;
use crate::world::{CallPhase, FlowPhase, World};

/// A good situation that should always be within reach.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Goal {
    /// Items are on their way to the person.
    ItemsServed,
    /// The browser holds a session that the AuthService would renew.
    LiveSession,
    /// Nothing is on its way and no call waits.
    Quiet,
    /// Nothing is on its way, and nobody is signed in.
    SignedOut,
}

/// Which good situations a world is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Goals(u64);

impl Goals {
    /// Whether the world is that situation.
    #[must_use]
    pub fn has(self, goal: Goal) -> bool {
        self.0 >> goal as u8 & 1 == 1
    }

    /// The set as bits, each goal at the place of its discriminant.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }
}

pub(crate) fn goals(spec: &Spec, world: &World) -> Goals {
    let calls = || world.tabs.iter().flat_map(|tab| &tab.calls);
    let quiet = calls().all(|call| call.phase == CallPhase::Idle)
        && world.tabs.iter().all(|tab| tab.flow.phase == FlowPhase::Idle);
    let mut goals = Goals::default();
    let mut set = |goal: Goal, it_is_so: bool| goals.0 |= u64::from(it_is_so) << goal as u8;
    set(Goal::ItemsServed, calls().any(|call| call.phase == CallPhase::Served));
    set(Goal::LiveSession, world.signed_in() && standing::refresh(spec, world, world.store.refresh) == Refresh::Live);
    set(Goal::Quiet, quiet);
    set(Goal::SignedOut, quiet && !world.signed_in());
    goals
}

/// What a property claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// No step does this. Without a step that does `premise`, that is true but says little.
    Never {
        /// The bad thing.
        bad: Mark,
        /// What must happen for the claim to be put to the test.
        premise: Option<Mark>,
    },
    /// Some step does this.
    Reachable(Mark),
    /// From every world, a world like this can still be reached.
    Recoverable(Goal),
}

impl Kind {
    /// The kind in one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Never { .. } => "never",
            Self::Reachable(_) => "reachable",
            Self::Recoverable(_) => "recoverable",
        }
    }
}

/// A claim about every session there can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Property {
    /// The claim's short name.
    pub name: &'static str,
    /// The claim in a sentence.
    pub sentence: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it claims.
    pub kind: Kind,
}

const fn never(
    name: &'static str,
    sentence: &'static str,
    source: &'static str,
    bad: Mark,
    premise: Option<Mark>,
) -> Property {
    Property { name, sentence, source, kind: Kind::Never { bad, premise } }
}

const fn reachable(name: &'static str, sentence: &'static str, source: &'static str, mark: Mark) -> Property {
    Property { name, sentence, source, kind: Kind::Reachable(mark) }
}

const fn recoverable(name: &'static str, sentence: &'static str, source: &'static str, goal: Goal) -> Property {
    Property { name, sentence, source, kind: Kind::Recoverable(goal) }
}

/// Every property, in the order in which they are reported.
pub const PROPERTIES: &[Property] = &[
    never(
        "code-spent-once",
        "an authorization code is redeemed at most once",
        "RFC 6749 sections 4.1.2 and 10.5",
        Mark::CodeSpentTwice,
        None,
    ),
    never(
        "code-replay-contained",
        "a code shown again ends the grant it was redeemed for",
        "RFC 6749 section 4.1.2, RFC 9700 section 4.2.4",
        Mark::CodeReplaySurvived,
        Some(Mark::CodeReplayed),
    ),
    never(
        "code-expires",
        "an expired authorization code is not redeemed",
        "RFC 6749 section 4.1.2",
        Mark::StaleCodeRedeemed,
        Some(Mark::CodeExpired),
    ),
    never(
        "code-bound-to-verifier",
        "a code is redeemed only with the verifier behind its challenge",
        "RFC 7636 section 4.6",
        Mark::UnprovenCodeRedeemed,
        Some(Mark::WrongVerifier),
    ),
    never(
        "one-live-successor",
        "a grant has at most one live refresh token",
        "RFC 6749 section 10.4, RFC 9700 section 4.14.2",
        Mark::TwoSuccessors,
        None,
    ),
    never(
        "refresh-spent-once",
        "a spent refresh token gets nothing outside its grace period",
        "RFC 6749 section 10.4, RFC 9700 section 4.14.2",
        Mark::SpentTokenRenewed,
        Some(Mark::RefreshReplayed),
    ),
    never(
        "replay-contained",
        "a replayed refresh token ends its grant",
        "RFC 9700 section 4.14.2",
        Mark::ReplaySurvived,
        Some(Mark::RefreshReplayed),
    ),
    never(
        "revocation-final",
        "a refresh token of an ended grant gets nothing",
        "RFC 7009 section 2.1",
        Mark::EndedGrantRenewed,
        Some(Mark::RefreshEnded),
    ),
    never(
        "sign-out-ends-refresh",
        "after a sign-out no refresh token of its grant is live",
        "RFC 7009 section 2.1",
        Mark::RefreshOutlivedSignOut,
        Some(Mark::SignOutArrived),
    ),
    never(
        "sign-out-ends-access",
        "after a sign-out no access token of its grant is active",
        "RFC 7009 section 2.1",
        Mark::AccessOutlivedSignOut,
        Some(Mark::SignOutArrived),
    ),
    never(
        "refresh-spares-access",
        "a refresh does not end an access token before its time",
        "RFC 6749 section 1.5",
        Mark::AccessEndedByRefresh,
        None,
    ),
    never(
        "no-grace-for-thieves",
        "a spent refresh token gets nothing once a thief has copied it",
        "RFC 9700 section 4.14.2",
        Mark::GraceForThief,
        Some(Mark::Stolen),
    ),
    never(
        "idle-bound",
        "a refresh token that went unused for too long gets nothing",
        "RFC 9700 section 4.14.2",
        Mark::IdleTokenRenewed,
        Some(Mark::RefreshIdle),
    ),
    never(
        "lifetime-bound",
        "no tokens are issued past the grant's absolute lifetime",
        "RFC 9700 section 4.14.2",
        Mark::LifetimeExceeded,
        Some(Mark::RefreshPastLifetime),
    ),
    never(
        "no-spurious-sign-out",
        "while every message is delivered, a session ends only by sign-out or by its lifetimes",
        "RFC 6749 section 1.5",
        Mark::SpuriousSignOut,
        None,
    ),
    never(
        "survives-a-loss",
        "a lost message does not end a session",
        "RFC 9700 section 4.14.2",
        Mark::LossWasFatal,
        Some(Mark::RefreshAnswerLost),
    ),
    never(
        "never-past-exp",
        "an access token is not accepted at exp plus leeway, or after",
        "RFC 7519 section 4.1.4, RFC 7662 section 4",
        Mark::ExpiredTokenAccepted,
        Some(Mark::TokenExpired),
    ),
    never(
        "no-stale-acceptance",
        "an access token is not accepted after its grant has ended",
        "RFC 7009 section 2.1, RFC 7662 section 4",
        Mark::RevokedTokenAccepted,
        Some(Mark::TokenRevoked),
    ),
    never(
        "fresh-token-usable",
        "an active access token is not refused",
        "RFC 6749 section 1.4, RFC 9068 section 4",
        Mark::LiveTokenRefused,
        None,
    ),
    never(
        "sign-out-final",
        "a refresh in flight does not undo a sign-out",
        "OpenID Connect RP-Initiated Logout 1.0 section 2",
        Mark::SignOutUndone,
        Some(Mark::SignOutDuringRefresh),
    ),
    never(
        "session-integrity",
        "the store never mixes the tokens of two grants",
        "RFC 9700 section 4.7, OpenID Connect Core 1.0 section 12.2",
        Mark::SessionMixed,
        None,
    ),
    never(
        "no-self-loss",
        "a client does not drop a live session by itself",
        "RFC 6749 section 6",
        Mark::LiveSessionDropped,
        None,
    ),
    never(
        "no-needless-refresh",
        "a client that already has a newer token does not refresh",
        "RFC 6749 section 1.5",
        Mark::NeedlessRefresh,
        None,
    ),
    never("no-refresh-storm", "a call recovers at most once", "RFC 6750 section 3.1", Mark::RecoveredTwice, None),
    recoverable(
        "items-within-reach",
        "the person can always get to the items again",
        "RFC 6749 section 1.5",
        Goal::ItemsServed,
    ),
    recoverable(
        "session-within-reach",
        "a live session can always be had again",
        "RFC 6749 section 1.5",
        Goal::LiveSession,
    ),
    recoverable("no-deadlock", "everything in flight can come to an end", "Web Locks API", Goal::Quiet),
    recoverable(
        "sign-out-within-reach",
        "the person can always end up signed out",
        "OpenID Connect RP-Initiated Logout 1.0 section 2",
        Goal::SignedOut,
    ),
    reachable("wrong-password", "a wrong password is turned down", "RFC 6749 section 3.1", Mark::WrongPassword),
    reachable("no-token", "a call without a token is answered with 401", "RFC 6750 section 3.1", Mark::NoToken),
    reachable("token-expires", "an expired access token is turned down", "RFC 7519 section 4.1.4", Mark::TokenExpired),
    reachable(
        "token-revoked",
        "an access token of an ended grant is turned down",
        "RFC 7662 section 2.2",
        Mark::TokenRevoked,
    ),
    reachable(
        "expires-while-asked",
        "an access token expires between introspection and decision",
        "RFC 7662 section 4",
        Mark::ExpiredWhileAsked,
    ),
    reachable("code-expired", "an expired code is turned down", "RFC 6749 section 4.1.2", Mark::CodeExpired),
    reachable("code-replayed", "a spent code is shown again", "RFC 6749 section 4.1.2", Mark::CodeReplayed),
    reachable("wrong-verifier", "a code is turned down for its verifier", "RFC 7636 section 4.6", Mark::WrongVerifier),
    reachable("theft", "a session or a code is copied", "RFC 9700 section 3", Mark::Stolen),
    reachable("sign-out-arrives", "a sign-out reaches the AuthService", "RFC 7009 section 2.1", Mark::SignOutArrived),
    reachable(
        "refresh-idle",
        "a refresh token that went unused for too long is turned down",
        "RFC 9700 section 4.14.2",
        Mark::RefreshIdle,
    ),
    reachable(
        "refresh-past-lifetime",
        "a refresh token past the grant's lifetime is turned down",
        "RFC 9700 section 4.14.2",
        Mark::RefreshPastLifetime,
    ),
    reachable(
        "refresh-replayed",
        "a spent refresh token is shown outside its grace period",
        "RFC 9700 section 4.14.2",
        Mark::RefreshReplayed,
    ),
    reachable(
        "refresh-ended",
        "a refresh token of an ended grant is turned down",
        "RFC 7009 section 2",
        Mark::RefreshEnded,
    ),
    reachable(
        "grace-used",
        "a spent refresh token is shown within its grace period",
        "RFC 9700 section 4.14.2",
        Mark::GraceUsed,
    ),
    reachable(
        "refresh-answer-lost",
        "the answer to a refresh is lost",
        "RFC 9700 section 4.14.2",
        Mark::RefreshAnswerLost,
    ),
    reachable(
        "late-answer-dropped",
        "the answer to a refresh comes after the session has changed",
        "RFC 7009 section 2.1",
        Mark::LateAnswerDropped,
    ),
    reachable(
        "sign-out-during-refresh",
        "a person signs out while a refresh is in flight",
        "RFC 7009 section 2.1",
        Mark::SignOutDuringRefresh,
    ),
    reachable("late-401", "a 401 comes for a token already replaced", "RFC 6750 section 3.1", Mark::LateRefusal),
    reachable("waits", "a call waits for another's refresh", "Web Locks API", Mark::Waited),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_mark_is_asked_for_by_exactly_one_property() {
        let asked: Vec<Mark> = PROPERTIES
            .iter()
            .filter_map(|property| match property.kind {
                Kind::Never { bad, .. } => Some(bad),
                Kind::Reachable(mark) => Some(mark),
                Kind::Recoverable(_) => None,
            })
            .collect();
        assert_eq!(asked.len(), Mark::ALL.len());
        assert_eq!(asked.into_iter().collect::<BTreeSet<_>>(), Mark::ALL.iter().copied().collect());
    }

    #[test]
    fn every_property_has_a_name_of_its_own() {
        let names: BTreeSet<_> = PROPERTIES.iter().map(|property| property.name).collect();
        assert_eq!(names.len(), PROPERTIES.len());
    }
}

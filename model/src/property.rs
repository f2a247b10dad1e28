//! What a good system promises, as properties of the model.
//!
//! * [`Kind::Never`]: a bad thing is never done. A counterexample is a shortest way to it.
//! * [`Kind::Reachable`]: an interesting thing does happen, so that nothing holds over nothing.
//! * [`Kind::Recoverable`]: from every world a good one can still be reached. A counterexample is a way into a world with no way back.
//!
//! What a step does is noticed by [`crate::audit`], apart from the rules, and reported as [`crate::Marks`]. A promise names the rules of
//! [`crate::rules`] that it is about.

use crate::Spec;
use crate::audit::standing::{self, Refresh};
use crate::marks::Mark;
use crate::rules::{Rule, auth, backend, gui, surroundings};
use crate::world::{CallPhase, FlowPhase, World};

/// A good situation that should always be within reach.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Goal {
    /// Items are on their way to the person.
    ItemsOnTheirWay,
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
    set(Goal::ItemsOnTheirWay, calls().any(|call| call.phase == CallPhase::Accepted));
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
    /// The rules it is about. A rule that is a promise as it stands comes first, under the promise's own name.
    pub rules: &'static [Rule],
    /// What it claims.
    pub kind: Kind,
}

/// A rule that is a promise as it stands: the first of `rules`, which gives the name, the sentence and the source.
const fn kept(rules: &'static [Rule], bad: Mark, premise: Option<Mark>) -> Property {
    let Rule { id, sentence, source, .. } = rules[0];
    never(id, sentence, source, rules, bad, premise)
}

const fn never(
    name: &'static str,
    sentence: &'static str,
    source: &'static str,
    rules: &'static [Rule],
    bad: Mark,
    premise: Option<Mark>,
) -> Property {
    Property { name, sentence, source, rules, kind: Kind::Never { bad, premise } }
}

const fn recoverable(
    name: &'static str,
    sentence: &'static str,
    source: &'static str,
    rules: &'static [Rule],
    goal: Goal,
) -> Property {
    Property { name, sentence, source, rules, kind: Kind::Recoverable(goal) }
}

const fn reachable(name: &'static str, sentence: &'static str, source: &'static str, mark: Mark) -> Property {
    Property { name, sentence, source, rules: &[], kind: Kind::Reachable(mark) }
}

/// Every property, in the order in which they are reported.
pub const PROPERTIES: &[Property] = &[
    kept(&[auth::CODE_SPENT_ONCE], Mark::CodeSpentTwice, None),
    kept(&[auth::CODE_REPLAY_CONTAINED], Mark::CodeReplaySurvived, Some(Mark::CodeReplayed)),
    kept(&[auth::CODE_EXPIRES], Mark::StaleCodeRedeemed, Some(Mark::CodeExpired)),
    kept(
        &[auth::CODE_BOUND_TO_VERIFIER, surroundings::THIEF_COPIES_CODE],
        Mark::UnprovenCodeRedeemed,
        Some(Mark::WrongVerifier),
    ),
    never(
        "one-live-successor",
        "a grant has at most one live refresh token",
        "RFC 6749 section 10.4, RFC 9700 section 4.14.2",
        &[auth::REFRESH_ROTATES, auth::GRACE_HONOURED],
        Mark::TwoSuccessors,
        None,
    ),
    kept(
        &[auth::REFRESH_SPENT_ONCE, surroundings::THIEF_COPIES_SESSION],
        Mark::SpentTokenRenewed,
        Some(Mark::RefreshReplayed),
    ),
    kept(
        &[auth::REPLAY_CONTAINED, surroundings::THIEF_COPIES_SESSION],
        Mark::ReplaySurvived,
        Some(Mark::RefreshReplayed),
    ),
    kept(&[auth::REVOCATION_FINAL], Mark::EndedGrantRenewed, Some(Mark::RefreshEnded)),
    never(
        "sign-out-ends-refresh",
        "after a sign-out no refresh token of its grant is live",
        "RFC 7009 section 2.1",
        &[auth::REVOCATION_ENDS_GRANT, auth::SPENT_TOKEN_REVOKES, gui::SIGN_OUT_REVOKES],
        Mark::RefreshOutlivedSignOut,
        Some(Mark::SignOutArrived),
    ),
    never(
        "sign-out-ends-access",
        "after a sign-out no access token of its grant is active",
        "RFC 7009 section 2.1",
        &[auth::REVOCATION_ENDS_GRANT, auth::SPENT_TOKEN_REVOKES, auth::TOKEN_STANDING, gui::SIGN_OUT_REVOKES],
        Mark::AccessOutlivedSignOut,
        Some(Mark::SignOutArrived),
    ),
    kept(&[auth::REFRESH_SPARES_ACCESS, auth::TOKEN_STANDING], Mark::AccessEndedByRefresh, None),
    never(
        "no-grace-for-thieves",
        "a spent refresh token gets nothing once a thief has copied it",
        "RFC 9700 section 4.14.2",
        &[auth::GRACE_HONOURED, surroundings::THIEF_COPIES_SESSION],
        Mark::GraceForThief,
        Some(Mark::Stolen),
    ),
    kept(&[auth::IDLE_BOUND], Mark::IdleTokenRenewed, Some(Mark::RefreshIdle)),
    kept(&[auth::LIFETIME_BOUND], Mark::LifetimeExceeded, Some(Mark::RefreshPastLifetime)),
    never(
        "no-spurious-sign-out",
        "while every message is delivered, a session ends only by sign-out or by its lifetimes",
        "RFC 6749 section 1.5",
        &[gui::ONE_REFRESH_AT_A_TIME, gui::REFRESH_WITH_OWN_TOKEN, gui::SESSION_CLEARED_FOR_CAUSE],
        Mark::SpuriousSignOut,
        None,
    ),
    never(
        "survives-a-loss",
        "a lost message does not end a session",
        "RFC 9700 section 4.14.2",
        &[auth::GRACE_HONOURED, gui::LOST_ANSWER_HANDLED, surroundings::DELIVERED_OR_LOST],
        Mark::LossWasFatal,
        Some(Mark::RefreshAnswerLost),
    ),
    kept(&[backend::NEVER_PAST_EXP], Mark::ExpiredTokenAccepted, Some(Mark::TokenExpired)),
    never(
        "no-stale-acceptance",
        "an access token is not accepted after its grant has ended",
        "RFC 7009 section 2.1, RFC 7662 section 4",
        &[auth::ENDED_GRANT_INACTIVE, auth::TOKEN_STANDING, backend::BACKEND_INTROSPECTS],
        Mark::RevokedTokenAccepted,
        Some(Mark::TokenRevoked),
    ),
    kept(
        &[backend::FRESH_TOKEN_USABLE, backend::BACKEND_UNAVAILABLE, auth::LIVE_TOKEN_ACTIVE],
        Mark::LiveTokenRefused,
        None,
    ),
    never(
        "sign-out-final",
        "a refresh in flight does not undo a sign-out",
        "OpenID Connect RP-Initiated Logout 1.0 section 2",
        &[gui::RENEWAL_STORED_OVER_ITS_OWN],
        Mark::SignOutUndone,
        Some(Mark::SignOutDuringRefresh),
    ),
    never(
        "session-integrity",
        "the store never mixes the tokens of two grants",
        "RFC 9700 section 4.7, OpenID Connect Core 1.0 section 12.2",
        &[gui::RENEWAL_STORED_OVER_ITS_OWN, gui::SIGN_IN_STORES_TOKENS],
        Mark::SessionMixed,
        None,
    ),
    never(
        "no-self-loss",
        "a client does not drop a live session by itself",
        "RFC 6749 section 6",
        &[gui::FAILURE_KEEPS_SESSION, gui::LOST_ANSWER_HANDLED, gui::SESSION_CLEARED_FOR_CAUSE],
        Mark::LiveSessionDropped,
        None,
    ),
    never(
        "no-needless-refresh",
        "a client that already has a newer token does not refresh",
        "RFC 6749 section 1.5",
        &[gui::STORE_LOOKED_AT_AGAIN, gui::LATE_401_COMPARED],
        Mark::NeedlessRefresh,
        None,
    ),
    kept(&[gui::NO_REFRESH_STORM], Mark::RecoveredTwice, None),
    recoverable(
        "items-within-reach",
        "the person can always get to the items again",
        "RFC 6749 section 1.5",
        &[backend::FRESH_TOKEN_USABLE, gui::ITEMS_SHOWN],
        Goal::ItemsOnTheirWay,
    ),
    recoverable(
        "session-within-reach",
        "a live session can always be had again",
        "RFC 6749 section 1.5",
        &[auth::SIGN_IN_GETS_CODE, auth::TOKENS_ISSUED, gui::SIGN_IN_STORES_TOKENS],
        Goal::LiveSession,
    ),
    recoverable(
        "no-deadlock",
        "everything in flight can come to an end",
        "Web Locks API section 2",
        &[gui::ONE_REFRESH_AT_A_TIME],
        Goal::Quiet,
    ),
    recoverable(
        "sign-out-within-reach",
        "the person can always end up signed out",
        "OpenID Connect RP-Initiated Logout 1.0 section 2",
        &[gui::SIGN_OUT_REVOKES, gui::SESSION_CLEARED_FOR_CAUSE],
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
    reachable("code-replayed", "a spent code is presented again", "RFC 6749 section 4.1.2", Mark::CodeReplayed),
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
        "a spent refresh token is presented outside its grace period",
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
        "a spent refresh token is presented within its grace period",
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
    reachable("waits", "a call waits for another's refresh", "Web Locks API section 2", Mark::Waited),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules;

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

    #[test]
    fn every_promise_is_about_rules_of_the_register_and_shares_a_name_only_with_its_own() {
        for property in PROPERTIES {
            let promises = !matches!(property.kind, Kind::Reachable(_));
            assert_eq!(property.rules.is_empty(), !promises, "{}", property.name);
            for rule in property.rules {
                assert_eq!(rules::find(rule.id), Some(rule), "{} of {}", rule.id, property.name);
            }
            if let Some(own) = rules::find(property.name) {
                assert_eq!((property.rules.first(), property.sentence), (Some(own), own.sentence));
            }
        }
    }
}

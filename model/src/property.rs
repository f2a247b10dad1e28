//! What a good system promises, as properties of the model.
//!
//! * [`Kind::Never`]: a bad thing is never done. A counterexample is a shortest way to it.
//! * [`Kind::Reachable`]: an interesting thing does happen, so that nothing holds over nothing.
//! * [`Kind::Recoverable`]: from every world a good one can still be reached. A counterexample is a way into a world with no way back.
//!
//! What a step does is noticed by [`crate::audit`], apart from the rules, and told as [`Marks`].

use std::ops::BitOrAssign;

use crate::Spec;
use crate::seen::{Answer, Event, Refusal, Witness};
use crate::world::{CallPhase, FlowPhase, World};

macro_rules! marks {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Something that a step did.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Mark { $($(#[$doc])* $name),+ }

        impl Mark {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

marks! {
    /// Tokens were issued for a code that was spent, or that stayed unspent.
    CodeSpentTwice,
    /// A spent code was shown, and its grant lives on.
    CodeReplaySurvived,
    /// Tokens were issued for an expired code.
    StaleCodeRedeemed,
    /// A grant has two live refresh tokens.
    TwoSuccessors,
    /// A spent refresh token got tokens outside its grace period.
    SpentTokenRenewed,
    /// A spent refresh token was turned down, and its grant lives on.
    ReplaySurvived,
    /// A refresh token of an ended grant got tokens.
    EndedGrantRenewed,
    /// A refresh token got tokens although it had gone unused for too long.
    IdleTokenRenewed,
    /// Tokens were issued past the grant's lifetime.
    LifetimeExceeded,
    /// With every message delivered so far, the store was cleared though the session's time was not over and the person had not signed out.
    SpuriousSignOut,
    /// After a message was lost, the store was cleared though the session's time was not over and the person had not signed out.
    LossWasFatal,
    /// An access token was accepted at its last instant or after.
    ExpiredTokenAccepted,
    /// An access token was accepted though its grant had ended before anyone was asked.
    RevokedTokenAccepted,
    /// An active access token was refused.
    LiveTokenRefused,
    /// A refresh filled an empty store.
    SignOutUndone,
    /// The store holds tokens of two grants.
    SessionMixed,
    /// A live refresh token left the store without a sign-out or a newer one in its place.
    LiveSessionDropped,
    /// A refresh was sent although the store had a newer access token than the one that failed.
    NeedlessRefresh,
    /// A call that had recovered once began to recover again.
    RecoveredTwice,

    /// A wrong password was turned down.
    WrongPassword,
    /// A call came without a token.
    NoToken,
    /// An expired access token was turned down.
    TokenExpired,
    /// An access token of an ended grant was turned down.
    TokenRevoked,
    /// An access token expired between the introspection's answer and the backend's decision.
    ExpiredWhileAsked,
    /// An expired code was turned down.
    CodeExpired,
    /// A spent code was shown.
    CodeReplayed,
    /// A refresh token was turned down because it had gone unused for too long.
    RefreshIdle,
    /// A refresh token was turned down because the sign-in was too long ago.
    RefreshPastLifetime,
    /// A spent refresh token was shown outside its grace period.
    RefreshReplayed,
    /// A refresh token of an ended grant was shown.
    RefreshEnded,
    /// A spent refresh token was shown within its grace period.
    GraceUsed,
    /// The answer to a refresh was lost.
    RefreshAnswerLost,
    /// The answer to a refresh came when the session it renews was no longer in the store.
    LateAnswerDropped,
    /// A person signed out while a refresh was in flight.
    SignOutDuringRefresh,
    /// A 401 came for a token that the store had already replaced.
    LateRefusal,
    /// A call waited for another's refresh, or for the lock.
    Waited,
}

/// What a step did: a set of [`Mark`]s.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Marks(u64);

impl Marks {
    /// Whether the mark is in it.
    #[must_use]
    pub fn has(self, mark: Mark) -> bool {
        self.0 >> mark as u8 & 1 == 1
    }

    /// The set as bits, each mark at the place of its discriminant.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    pub(crate) fn set_if(&mut self, mark: Mark, it_is_so: bool) {
        self.0 |= u64::from(it_is_so) << mark as u8;
    }
}

impl BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// What was seen is marked where a property asks for it.
impl Witness for Marks {
    fn saw(&mut self, event: Event) {
        let Event::Answered(exchange, answer) = event else { return };
        let mark = match answer {
            Answer::WrongPassword => Mark::WrongPassword,
            Answer::Unauthenticated => Mark::NoToken,
            Answer::GraceTokens(..) => Mark::GraceUsed,
            Answer::InvalidToken(refusal) | Answer::Inactive(refusal) | Answer::InvalidGrant(refusal) => {
                match refusal {
                    Refusal::TokenExpired => Mark::TokenExpired,
                    Refusal::TokenRevoked => Mark::TokenRevoked,
                    Refusal::CodeExpired => Mark::CodeExpired,
                    Refusal::CodeReplayed => Mark::CodeReplayed,
                    Refusal::Idle => Mark::RefreshIdle,
                    Refusal::PastLifetime => Mark::RefreshPastLifetime,
                    Refusal::Replayed => Mark::RefreshReplayed,
                    Refusal::Ended if matches!(exchange, crate::Exchange::Refresh(_)) => Mark::RefreshEnded,
                    Refusal::Ended => return,
                }
            }
            Answer::Items
            | Answer::Unavailable
            | Answer::Active
            | Answer::Code(_)
            | Answer::Tokens(..)
            | Answer::Revoked
            | Answer::Unexpected(_) => return,
        };
        self.set_if(mark, true);
    }
}

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
    set(Goal::LiveSession, world.signed_in() && spec.refresh_is_active(world, world.store.refresh));
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

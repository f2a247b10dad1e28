//! What a step can do that a property asks about.
//!
//! The damage is noticed by [`crate::audit`], apart from the rules; what is merely remarkable is taken from the events as they are seen.

use std::ops::BitOrAssign;

use crate::exchange::Message;
use crate::seen::{Answer, Event, Refusal, Witness};

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
    /// Tokens were issued for a code that was presented with a verifier that is not its own.
    UnprovenCodeRedeemed,
    /// A grant has two live refresh tokens.
    TwoSuccessors,
    /// A spent refresh token got tokens outside its grace period.
    SpentTokenRenewed,
    /// A spent refresh token was turned down, and its grant lives on.
    ReplaySurvived,
    /// A refresh token of an ended grant got tokens.
    EndedGrantRenewed,
    /// A sign-out reached the AuthService, and a refresh token of the grant is live.
    RefreshOutlivedSignOut,
    /// A sign-out reached the AuthService, and an access token of the grant is active.
    AccessOutlivedSignOut,
    /// A refresh ended an access token before its time.
    AccessEndedByRefresh,
    /// A spent refresh token got tokens in its grace period while a thief held a token of its grant.
    GraceForThief,
    /// A refresh token got tokens although it had gone unused for too long.
    IdleTokenRenewed,
    /// Tokens were issued past the grant's lifetime.
    LifetimeExceeded,
    /// With every message delivered so far, the store was cleared though the session's time was not over and the person had not signed out.
    SpuriousSignOut,
    /// After a message was lost, the store was cleared though the session's time was not over and the person had not signed out.
    LossWasFatal,
    /// An access token was accepted, or found active, at its last instant or after.
    ExpiredTokenAccepted,
    /// An access token was accepted, or found active, though its grant had ended before.
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
    /// A code was shown with a verifier that is not its own.
    WrongVerifier,
    /// A session or a code was copied.
    Stolen,
    /// A sign-out reached the AuthService.
    SignOutArrived,
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
    /// A call began to wait: for another's refresh, or for the lock that another holds.
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
            Answer::Revoked => Mark::SignOutArrived,
            Answer::InvalidToken(refusal) | Answer::Inactive(refusal) | Answer::InvalidGrant(refusal) => {
                match refusal {
                    Refusal::TokenExpired => Mark::TokenExpired,
                    Refusal::TokenRevoked => Mark::TokenRevoked,
                    Refusal::CodeExpired => Mark::CodeExpired,
                    Refusal::CodeReplayed => Mark::CodeReplayed,
                    Refusal::WrongVerifier => Mark::WrongVerifier,
                    Refusal::Idle => Mark::RefreshIdle,
                    Refusal::PastLifetime => Mark::RefreshPastLifetime,
                    Refusal::Replayed => Mark::RefreshReplayed,
                    Refusal::Ended if exchange.message() == Message::Refresh => Mark::RefreshEnded,
                    Refusal::Ended => return,
                }
            }
            Answer::Items
            | Answer::Unavailable
            | Answer::Active
            | Answer::Code(_)
            | Answer::Tokens(..)
            | Answer::Unexpected(_) => return,
        };
        self.set_if(mark, true);
    }
}

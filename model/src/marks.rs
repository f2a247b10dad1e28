//! What a step can do that a property asks about.
//!
//! The damage is noticed by [`crate::audit`], apart from the rules; what is merely remarkable is taken from the events as they are seen.
//! Each mark has the source of the property that asks for it.

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
    /// Tokens were issued for a code that was spent, or that stayed unspent. RFC 6749 section 4.1.2, RFC 6749 section 10.5.
    CodeSpentTwice,
    /// A spent code was presented, and its grant lives on. RFC 6749 section 4.1.2, RFC 9700 section 4.2.4.
    CodeReplaySurvived,
    /// Tokens were issued for an expired code. RFC 6749 section 4.1.2.
    StaleCodeRedeemed,
    /// Tokens were issued for a code that was presented with a verifier that is not its own. RFC 7636 section 4.6.
    UnprovenCodeRedeemed,
    /// A grant has two live refresh tokens. RFC 6749 section 10.4, RFC 9700 section 4.14.2.
    TwoSuccessors,
    /// A spent refresh token got tokens outside its grace period. RFC 6749 section 10.4, RFC 9700 section 4.14.2.
    SpentTokenRenewed,
    /// A spent refresh token was turned down, and its grant lives on. RFC 9700 section 4.14.2.
    ReplaySurvived,
    /// A refresh token of an ended grant got tokens. RFC 7009 section 2.1.
    EndedGrantRenewed,
    /// A sign-out reached the AuthService, and a refresh token of the grant is live. RFC 7009 section 2.1.
    RefreshOutlivedSignOut,
    /// A sign-out reached the AuthService, and an access token of the grant is active. RFC 7009 section 2.1.
    AccessOutlivedSignOut,
    /// A refresh ended an access token before its time. RFC 6749 section 1.5.
    AccessEndedByRefresh,
    /// A spent refresh token got tokens in its grace period while a thief held a token of its grant. RFC 9700 section 4.14.2.
    GraceForThief,
    /// A refresh token got tokens although it had gone unused for too long. RFC 9700 section 4.14.2.
    IdleTokenRenewed,
    /// Tokens were issued past the grant's lifetime. RFC 9700 section 4.14.2.
    LifetimeExceeded,
    /// With every message delivered so far, the store was cleared though the session's time was not over and the person had not signed out. RFC 6749 section 1.5.
    SpuriousSignOut,
    /// After a message was lost, the store was cleared though the session's time was not over and the person had not signed out. RFC 9700 section 4.14.2.
    LossWasFatal,
    /// An access token was accepted, or found active, at its last instant or after. RFC 7519 section 4.1.4, RFC 7662 section 4.
    ExpiredTokenAccepted,
    /// An access token was accepted, or found active, though its grant had ended before. RFC 7009 section 2.1, RFC 7662 section 4.
    RevokedTokenAccepted,
    /// An active access token was refused. RFC 6750 section 2, RFC 9068 section 4.
    LiveTokenRefused,
    /// A refresh filled an empty store. OpenID Connect RP-Initiated Logout 1.0 section 2.
    SignOutUndone,
    /// The store holds tokens of two grants. RFC 9700 section 4.7, OpenID Connect Core 1.0 section 12.2.
    SessionMixed,
    /// A live refresh token left the store without a sign-out or a newer one in its place. RFC 6749 section 6.
    LiveSessionDropped,
    /// A refresh was sent although the store had a newer access token than the one that failed. RFC 6749 section 1.5.
    NeedlessRefresh,
    /// A call that had recovered once began to recover again. RFC 6750 section 3.1.
    RecoveredTwice,

    /// A wrong password was turned down. RFC 6749 section 3.1.
    WrongPassword,
    /// A call came without a token. RFC 6750 section 3.1.
    NoToken,
    /// An expired access token was turned down. RFC 7519 section 4.1.4.
    TokenExpired,
    /// An access token of an ended grant was turned down. RFC 7662 section 2.2.
    TokenRevoked,
    /// An access token expired between the introspection's answer and the backend's decision. RFC 7662 section 4.
    ExpiredWhileAsked,
    /// An expired code was turned down. RFC 6749 section 4.1.2.
    CodeExpired,
    /// A spent code was presented. RFC 6749 section 4.1.2.
    CodeReplayed,
    /// A code was presented with a verifier that is not its own. RFC 7636 section 4.6.
    WrongVerifier,
    /// A session or a code was copied. RFC 9700 section 3.
    Stolen,
    /// A sign-out reached the AuthService. RFC 7009 section 2.1.
    SignOutArrived,
    /// A refresh token was turned down because it had gone unused for too long. RFC 9700 section 4.14.2.
    RefreshIdle,
    /// A refresh token was turned down because the sign-in was too long ago. RFC 9700 section 4.14.2.
    RefreshPastLifetime,
    /// A spent refresh token was presented outside its grace period. RFC 9700 section 4.14.2.
    RefreshReplayed,
    /// A refresh token of an ended grant was presented. RFC 7009 section 2.
    RefreshEnded,
    /// A spent refresh token was presented within its grace period. RFC 9700 section 4.14.2.
    GraceUsed,
    /// The answer to a refresh was lost. RFC 9700 section 4.14.2.
    RefreshAnswerLost,
    /// The answer to a refresh came when the session it renews was no longer in the store. RFC 7009 section 2.1.
    LateAnswerDropped,
    /// A person signed out while a refresh was in flight. RFC 7009 section 2.1.
    SignOutDuringRefresh,
    /// A 401 came for a token that the store had already replaced. RFC 6750 section 3.1.
    LateRefusal,
    /// A call began to wait: for another's refresh, or for the lock that another holds. Web Locks API section 2.
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

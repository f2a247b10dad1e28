//! Everything that a GUI does, as values: a shell carries them out, in order.
//!
//! Invariant: `Debug` shows which effect it is and where it goes, never a token, code, verifier or state.
//! Deliberately absent: timers. The GUI waits for inputs only.

use std::fmt;

use bytes::Bytes;
use url::Url;

use super::input::{CallId, ExchangeId, TabId};

/// An effect to carry out.
#[derive(Clone)]
pub enum Effect {
    /// Send an HTTP request; report its end as `Answered` or `Lost` with the same exchange.
    Send {
        /// The name of the exchange.
        exchange: ExchangeId,
        /// What it is for.
        kind: Exchange,
        /// The message, with an absolute URI.
        request: http::Request<Bytes>,
    },
    /// Open the AuthService's page in a tab; report `Redirected` or `SignInAbandoned`.
    Navigate {
        /// The tab.
        tab: TabId,
        /// The authorization request. RFC 6749 section 4.1.1.
        url: Url,
    },
    /// Show the end of a call.
    Show {
        /// The tab in which the call was opened.
        tab: TabId,
        /// The call that ends.
        call: CallId,
        /// What the user sees.
        end: CallEnd,
    },
    /// Show the end of a sign-in.
    ShowSignIn {
        /// The tab in which it was begun.
        tab: TabId,
        /// How it ended.
        outcome: SignInOutcome,
    },
    /// Ask the browser's lock manager for the refresh lock; report `LockGranted` when it is this tab's turn, even if that is
    /// at once.
    RequestLock {
        /// The tab that will hold it.
        tab: TabId,
        /// The call on whose behalf.
        call: CallId,
    },
    /// Release the refresh lock.
    ReleaseLock {
        /// The tab that held it.
        tab: TabId,
    },
    /// Show the user that the session has changed.
    Session(SessionChange),
}

/// What an HTTP exchange is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exchange {
    /// A call to the backend.
    Call {
        /// The tab that opened it.
        tab: TabId,
        /// The call.
        call: CallId,
    },
    /// The redemption of a code. RFC 6749 section 4.1.3.
    Redeem {
        /// The tab that signs in.
        tab: TabId,
    },
    /// A refresh. RFC 6749 section 6.
    Refresh {
        /// The tab that refreshes.
        tab: TabId,
        /// The call that needs it.
        call: CallId,
    },
    /// The revocation of a refresh token. RFC 7009 section 2.1.
    Revoke {
        /// The tab that signed out.
        tab: TabId,
    },
}

/// The end of a call, as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// The items.
    Items(Bytes),
    /// A request to sign in.
    SignInNeeded,
    /// An error message.
    Failed,
}

/// The end of a sign-in, as the user sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInOutcome {
    /// There is a new session.
    SignedIn,
    /// There is no new session.
    Failed,
}

/// How the browser's session changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// A user has signed in; an older session, if there was one, is replaced.
    Started,
    /// The session has new tokens.
    Renewed,
    /// The session is over.
    Ended,
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { exchange, kind, request } => {
                let target = request.uri().path();
                write!(f, "Send({exchange:?}, {kind:?}, {} {target})", request.method())
            }
            Self::Navigate { tab, url } => write!(f, "Navigate({tab:?}, {})", url.path()),
            Self::Show { tab, call, end } => write!(f, "Show({tab:?}, {call:?}, {end:?})"),
            Self::ShowSignIn { tab, outcome } => write!(f, "ShowSignIn({tab:?}, {outcome:?})"),
            Self::RequestLock { tab, call } => write!(f, "RequestLock({tab:?}, {call:?})"),
            Self::ReleaseLock { tab } => write!(f, "ReleaseLock({tab:?})"),
            Self::Session(change) => write!(f, "Session({change:?})"),
        }
    }
}

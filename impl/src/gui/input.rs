//! Everything that can happen to a GUI: the person acts, the network answers or does not, the browser grants the lock.
//!
//! Invariant: `Debug` shows which input it is, never a code or a token.
//! Deliberately absent: time and randomness, which are arguments beside the input.

use std::fmt;

use bytes::Bytes;
use url::Url;

/// A tab of the browser. All tabs share one store and one lock manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TabId(pub u8);

/// A person's wish to see the items, from the click to what is shown. Chosen by whoever reports the click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// One HTTP request and its answer. Chosen by the machine, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// Something that happened. The only cause of change in a [`Gui`](super::Gui).
#[derive(Clone)]
pub enum Input {
    /// The person opens the items.
    Open {
        /// The tab where.
        tab: TabId,
        /// A name that no call still in flight has.
        call: CallId,
    },
    /// The person wants to sign in. Ignored while signed in, and while the tab is signing in or out.
    SignIn {
        /// The tab where.
        tab: TabId,
    },
    /// The browser came back to the redirect URI. RFC 6749 section 4.1.2.
    Redirected {
        /// The tab where.
        tab: TabId,
        /// The address it came back to, with the query.
        url: Url,
    },
    /// The AuthService's page failed, or the person gave up.
    SignInAbandoned {
        /// The tab where.
        tab: TabId,
    },
    /// The person wants to sign out. Ignored while signed out, and while the tab is signing in or out.
    SignOut {
        /// The tab where.
        tab: TabId,
    },
    /// An exchange was answered.
    Answered {
        /// Which one; an exchange that is not in flight is ignored.
        exchange: ExchangeId,
        /// What came back.
        response: http::Response<Bytes>,
    },
    /// An exchange failed: the request or its answer was lost, and nobody knows which.
    Lost {
        /// Which one; an exchange that is not in flight is ignored.
        exchange: ExchangeId,
    },
    /// The browser's lock manager gives the refresh lock to a tab that asked for it.
    LockGranted {
        /// The tab that now holds it; a tab that does not wait for it is ignored.
        tab: TabId,
    },
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { tab, call } => write!(f, "Open({tab:?}, {call:?})"),
            Self::SignIn { tab } => write!(f, "SignIn({tab:?})"),
            Self::Redirected { tab, url } => write!(f, "Redirected({tab:?}, {})", url.path()),
            Self::SignInAbandoned { tab } => write!(f, "SignInAbandoned({tab:?})"),
            Self::SignOut { tab } => write!(f, "SignOut({tab:?})"),
            Self::Answered { exchange, response } => {
                write!(f, "Answered({exchange:?}, {})", response.status())
            }
            Self::Lost { exchange } => write!(f, "Lost({exchange:?})"),
            Self::LockGranted { tab } => write!(f, "LockGranted({tab:?})"),
        }
    }
}

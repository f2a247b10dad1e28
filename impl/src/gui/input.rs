//! Everything that can happen to a GUI: the user acts, a message is answered or lost, the browser grants the lock.
//!
//! Invariant: `Debug` shows which input it is, never a code or a token.
//! Deliberately absent: time and randomness, which are arguments beside the input.

use std::fmt;

use bytes::Bytes;
use url::Url;

/// A tab of the browser. All tabs share one store and one lock manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TabId(pub u8);

/// A call for the items, from the click to what is shown. Named by the shell that reports the click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// One HTTP request and its response. Named by the machine, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// An input. The only cause of change in a [`Gui`](super::Gui).
#[derive(Clone)]
pub enum Input {
    /// The user opens the items.
    Open {
        /// The tab.
        tab: TabId,
        /// A name that no call in flight has.
        call: CallId,
    },
    /// The user signs in. Ignored while signed in, and while the tab is signing in or out.
    SignIn {
        /// The tab.
        tab: TabId,
    },
    /// The browser came back to the redirect URI. RFC 6749 section 4.1.2.
    Redirected {
        /// The tab.
        tab: TabId,
        /// The address it came back to, with the query.
        url: Url,
    },
    /// The AuthService's page failed, or the user gave up.
    SignInAbandoned {
        /// The tab.
        tab: TabId,
    },
    /// The user signs out. Ignored while signed out, and while the tab is signing in or out.
    SignOut {
        /// The tab.
        tab: TabId,
    },
    /// An exchange was answered.
    Answered {
        /// Which one; an exchange that is not in flight is ignored.
        exchange: ExchangeId,
        /// The response.
        response: http::Response<Bytes>,
    },
    /// An exchange failed: the request or its response was lost, and it is unknown which.
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

//! The client in a browser, seen from outside: what the person does in it goes in, HTTP requests come out, answers go back in.
//!
//! Invariant: a client does something only between a method that hands it an input and the [`WebClient::quiet`] that follows. What a
//! request is for is told by what is sent, and a session by what is stored: a client need not be ours, nor know that it is driven.
//! Deliberately absent: the servers, and what becomes of a request. Every message is held by the [`Browser`](super::Browser).

use std::sync::Arc;

use authloom_model::seen::CallEnd;
use authloom_model::{CallId, TabId};
use authloom_reference::clock::Timestamp;
use authloom_reference::gui;
use url::Url;

use crate::servers::http::wire::{Received, Sent};
use crate::servers::{Fault, Secret};

/// A request that a client has sent, named by the client. No two requests since a reset have one name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

/// Something that a client does.
pub enum Output {
    /// A request leaves. It is held until [`WebClient::answered`] or [`WebClient::lost`] ends it.
    Request {
        /// The tab that sends it.
        tab: TabId,
        /// Its name.
        id: RequestId,
        /// The message, with an absolute URI.
        request: Sent,
    },
    /// A tab goes to the AuthService's login page. [`WebClient::redirected`] or [`WebClient::stranded`] ends it.
    Visit {
        /// The tab.
        tab: TabId,
        /// The authorization request. RFC 6749 section 4.1.1.
        url: Url,
    },
    /// A call ends, as the page shows it.
    CallEnds {
        /// The call.
        call: CallId,
        /// What the person sees.
        end: CallEnd,
    },
    /// A sign-in ends without a session, as the page shows it.
    SignInFails {
        /// The tab.
        tab: TabId,
    },
}

/// The session in a browser's storage, as handles that are only compared and sent on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The access token.
    pub access: Secret,
    /// The refresh token.
    pub refresh: Secret,
}

/// A client in a browser: all its tabs, their storage and their locks.
///
/// Every method fails where the client cannot be reached, for reasons of our own. What it does wrong is no error but something seen.
pub trait WebClient {
    /// Puts a new browser in the place of the old: nothing is stored, nothing is in flight. `settings` say where the servers are and as
    /// whom the client is registered; a client that is not ours has a policy of its own.
    ///
    /// # Errors
    /// When there is no new browser.
    fn reset(&mut self, settings: &Arc<gui::Settings>) -> Result<(), Fault>;

    /// Turns the clock of every tab. Comes before whatever happens at that time.
    ///
    /// # Errors
    /// When it cannot be turned.
    fn set_time(&mut self, now: Timestamp) -> Result<(), Fault>;

    /// The person opens the items, in the call's tab.
    ///
    /// # Errors
    /// When the person cannot.
    fn open(&mut self, call: CallId) -> Result<(), Fault>;

    /// The person signs in. What is typed at the login page is not the client's business.
    ///
    /// # Errors
    /// When the person cannot.
    fn sign_in(&mut self, tab: TabId) -> Result<(), Fault>;

    /// The person signs out.
    ///
    /// # Errors
    /// When the person cannot.
    fn sign_out(&mut self, tab: TabId) -> Result<(), Fault>;

    /// A request is answered.
    ///
    /// # Errors
    /// When the answer cannot be handed over.
    fn answered(&mut self, id: RequestId, answer: Received) -> Result<(), Fault>;

    /// A request fails: it was lost, or its answer was, and nobody knows which.
    ///
    /// # Errors
    /// When the failure cannot be handed over.
    fn lost(&mut self, id: RequestId) -> Result<(), Fault>;

    /// The AuthService sends a tab back, to this address. RFC 6749 section 4.1.2.
    ///
    /// # Errors
    /// When the tab cannot go there.
    fn redirected(&mut self, tab: TabId, url: Url) -> Result<(), Fault>;

    /// The AuthService's page fails, or leads nowhere.
    ///
    /// # Errors
    /// When the tab cannot go back.
    fn stranded(&mut self, tab: TabId) -> Result<(), Fault>;

    /// Grants the refresh lock to a tab, if the lock is free and the tab asks for it.
    ///
    /// # Errors
    /// When it cannot be granted.
    fn grant_lock(&mut self, tab: TabId) -> Result<(), Fault>;

    /// Waits until no tab does anything more of itself, and says what all have done since the last time, in order.
    ///
    /// # Errors
    /// When they do not come to rest.
    fn quiet(&mut self) -> Result<Vec<Output>, Fault>;

    /// Looks into the storage that all tabs share.
    ///
    /// # Errors
    /// When one cannot look.
    fn stored(&mut self) -> Result<Option<Stored>, Fault>;
}

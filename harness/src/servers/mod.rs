//! What can be driven: something that lets a trace's actions happen, one at a time, and tells what is seen of each.
//!
//! A target knows neither the model nor what ought to happen. It speaks in [`Concrete`] symbols: what was really sent.

pub mod askable;
pub mod browser;
pub mod described;
mod group;
pub mod http;
pub mod reference;
pub mod settings;
mod stoppable;
mod wait;

use std::fmt;

use ::http::header::{AUTHORIZATION, CONTENT_TYPE};
use ::http::{HeaderValue, Method, Uri};
use authloom_model::seen::{Answer, Event, Symbols};
use authloom_model::{Action, Exchange, Policy};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

use self::http::wire;
use crate::stop::StoppedBy;
pub use reference::{Parts, Reference};
pub use stoppable::Stoppable;

/// By what is really sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Concrete {}

impl Symbols for Concrete {
    type Code = Secret;
    type Refresh = Secret;
    type Access = Secret;
    /// The wire says that something is turned down, not why.
    type Why = ();
    type Unexpected = Unexpected;
}

/// A token or code as it was sent. Shown to nobody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(String);

impl Secret {
    /// Keeps a token or code.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for sending it on.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An answer that the protocol does not have, without any secret that it may hold: `500 Internal Server Error`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Unexpected(pub String);

/// Why a target could not be asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

/// That no more may be asked, as a fault says it.
pub(crate) const USED_UP: &str = "no more requests are allowed: the budget is used up";

/// How the fault of a run that was told to stop begins.
const CUT_OFF: &str = "cut off by ";

impl Fault {
    /// The word to stop came.
    #[must_use]
    pub fn stopped(by: StoppedBy) -> Self {
        Self(format!("{CUT_OFF}{by}"))
    }

    /// Whether nothing more may be asked.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.0 == USED_UP || self.0.starts_with(CUT_OFF)
    }
}

/// What a target cannot do, one reason each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unsupported(pub Vec<String>);

/// What a target lets one see of it. What is not seen is not compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lens {
    /// Whether one can ask how an access token stands.
    pub access: Support,
    /// Whether one can ask how a refresh token stands.
    pub refresh: Support,
    /// Whether one sees what a backend asks about a token, and what it is answered.
    pub introspection: Support,
}

/// Whether something can be learned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Support {
    /// It can.
    Yes,
    /// It cannot.
    No,
}

impl Lens {
    /// Everything is seen.
    pub const CLEAR: Self = Self { access: Support::Yes, refresh: Support::Yes, introspection: Support::Yes };

    /// What is not seen, and so not compared.
    #[must_use]
    pub fn unseen(self) -> Vec<&'static str> {
        let Self { access, refresh, introspection } = self;
        let all = [
            (access, "how access tokens stand"),
            (refresh, "how refresh tokens stand"),
            (introspection, "what its backend asks about a token"),
        ];
        all.into_iter().filter(|(told, _)| *told == Support::No).map(|(_, what)| what).collect()
    }
}

/// What a target can be made to do. What it cannot is left out of what it is asked, and said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Abilities {
    /// To let time pass.
    pub clock: Support,
    /// To tell a wrong password from a right one.
    pub passwords: Support,
    /// To revoke a refresh token.
    pub revocation: Support,
    /// To answer a call: by a backend of the server's own, or by ours, which introspects.
    pub calls: Support,
    /// To be held between a call and its introspection.
    pub introspection: Support,
    /// To have several requests inside at once.
    pub at_once: Support,
}

impl Abilities {
    /// Everything.
    pub const ALL: Self = Self {
        clock: Support::Yes,
        passwords: Support::Yes,
        revocation: Support::Yes,
        calls: Support::Yes,
        introspection: Support::Yes,
        at_once: Support::Yes,
    };

    /// What the target cannot be made to do, and so is not asked.
    #[must_use]
    pub fn missing(self) -> Vec<&'static str> {
        let Self { clock, passwords, revocation, calls, introspection, at_once } = self;
        let all = [
            (clock, "to let time pass"),
            (passwords, "to turn down a wrong password"),
            (revocation, "to revoke, so nobody signs out"),
            (calls, "to answer a call, since its file names neither `[introspection]` nor `resource`"),
            (introspection, "to wait between a call and its introspection"),
            (at_once, "to have two requests inside at once"),
        ];
        all.into_iter().filter(|(told, _)| *told == Support::No).map(|(_, what)| what).collect()
    }
}

/// What of a target is neither asked nor compared, in sentences.
#[must_use]
pub fn left_out(abilities: Abilities, lens: Lens) -> Vec<String> {
    let asked = abilities.missing().into_iter().map(|what| format!("not asked: {what}"));
    asked.chain(lens.unseen().into_iter().map(|what| format!("not compared: {what}"))).collect()
}

/// What can be driven.
pub trait Target {
    /// Its name in reports.
    fn name(&self) -> &str;

    /// What of this policy it cannot be asked. Empty for a target that can be asked everything.
    fn unsupported(&self, policy: &Policy) -> Unsupported;

    /// What it lets one see.
    fn lens(&self) -> Lens {
        Lens::CLEAR
    }

    /// What it can be made to do.
    fn abilities(&self) -> Abilities {
        Abilities::ALL
    }

    /// The HTTP exchanges since the last reset, one in a line, without any secret.
    fn evidence(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether anything more may be asked of it. Where nothing may, what fails has been cut off.
    fn may_ask_more(&self) -> bool {
        true
    }

    /// Makes it as new: nobody is signed in, nothing is on its way.
    ///
    /// # Errors
    /// When it cannot be brought there.
    fn reset(&mut self) -> Result<(), Fault>;

    /// Lets one action happen and tells all that is seen of it, in whatever order.
    ///
    /// # Errors
    /// When it cannot be made to happen for reasons of our own. What the target does wrong is no error but something seen.
    fn apply(&mut self, action: Action) -> Result<Vec<Event<Concrete>>, Fault>;

    /// Lets requests arrive at the AuthService at once, and tells all that is seen of it, in whatever order.
    ///
    /// # Errors
    /// When they cannot be made to, for reasons of our own: one is, that the target takes one request after the other.
    fn at_once(&mut self, exchanges: &[Exchange]) -> Result<Vec<Event<Concrete>>, Fault>;

    /// Whether the AuthService calls a token active. RFC 7662. None: it does not tell of such tokens.
    ///
    /// # Errors
    /// When asking fails.
    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault>;

    /// Whether the backend serves whoever presents this token. None: it cannot be asked on the side.
    ///
    /// # Errors
    /// When asking fails.
    fn backend_accepts(&mut self, token: &Secret) -> Result<Option<bool>, Fault>;
}

/// A client that may introspect tokens. RFC 7662 section 2.1.
pub(crate) struct Introspector {
    authorization: HeaderValue,
}

impl Introspector {
    /// The client with these credentials.
    pub(crate) fn new(client_id: &str, secret: &str) -> Self {
        let basic = BASE64_STANDARD.encode(format!("{}:{}", form_encoded(client_id), form_encoded(secret)));
        let authorization = HeaderValue::try_from(format!("Basic {basic}")).expect("base64 fits a header");
        Self { authorization }
    }

    /// The introspection of a token.
    pub(crate) fn introspection(&self, token: &Secret) -> wire::Sent {
        let mut body = url::form_urlencoded::Serializer::new(String::with_capacity(token.expose().len() + 16));
        body.append_pair("token", token.expose());
        let mut request = wire::Sent::new(Bytes::from(body.finish()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/introspect");
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(AUTHORIZATION, self.authorization.clone());
        request
    }
}

/// Client credentials are form-encoded before they are put together. RFC 6749 section 2.3.1.
fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What an introspection says.
pub(crate) fn says_active(answer: &wire::Received) -> Result<bool, Fault> {
    let said = wire::introspection_answer(answer);
    let Answer::Unexpected(Unexpected(why)) = &said else { return Ok(said == Answer::Active) };
    Err(Fault(format!("no answer to an introspection: {why}")))
}

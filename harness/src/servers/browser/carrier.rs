//! How messages are carried to the servers, and time to everyone: by a call in this process, or over a socket.

use std::time::Duration;

use authloom_model::CallId;
use authloom_reference::clock::Timestamp;
use authloom_reference::gui;
use url::Url;

use crate::servers::browser::login::{self, Form};
use crate::servers::http::wire::{Received, Sent};
use crate::servers::{Abilities, Fault, Lens, Secret};

/// What a backend does with a call.
pub enum Reply {
    /// It answers.
    Answers(Received),
    /// It first asks the AuthService, and waits.
    Introspects(Sent),
    /// It has asked or not, unseen; its answer is kept until the introspection would have returned.
    Unseen(Received),
}

/// How messages are carried to the servers, and time to everyone.
pub trait Carrier {
    /// The target's name in reports.
    fn name(&self) -> &str;
    /// The time that the servers have.
    fn now(&self) -> Timestamp;
    /// Turns everyone's clock.
    fn advance(&mut self, by: Duration) -> Result<(), Fault>;
    /// Brings a request to the AuthService, and its answer back.
    fn to_auth(&mut self, request: Sent) -> Result<Received, Fault>;
    /// Brings a call to the backend.
    fn to_backend(&mut self, call: CallId, request: Sent) -> Result<Reply, Fault>;
    /// Brings requests to the AuthService at once, and their answers back, in the order of the requests.
    fn to_auth_at_once(&mut self, _requests: Vec<Sent>) -> Result<Vec<Received>, Fault> {
        Err(Fault(format!("{} takes one request after the other", self.name())))
    }
    /// The introspection that a call waits for.
    fn introspection(&mut self, call: CallId) -> Result<Sent, Fault>;
    /// Holds what it was answered.
    fn hold_introspection(&mut self, call: CallId, answer: Received) -> Result<(), Fault>;
    /// Brings the held answer to the backend, which answers the call.
    fn introspection_returns(&mut self, call: CallId) -> Result<Received, Fault>;
    /// Fails the introspection, whatever became of it; the backend answers the call.
    fn introspection_is_lost(&mut self, call: CallId) -> Result<Received, Fault>;
    /// Makes the servers forget all grants.
    fn reset(&mut self) -> Result<(), Fault>;
    /// Whether the AuthService calls a token active. None: it does not tell.
    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault>;

    /// What of the servers is seen.
    fn lens(&self) -> Lens {
        Lens::CLEAR
    }
    /// What the servers can be made to do.
    fn abilities(&self) -> Abilities {
        Abilities::ALL
    }
    /// The exchanges since the last reset.
    fn evidence(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether anything more may be asked.
    fn may_ask_more(&self) -> bool {
        true
    }
    /// Who signs in since the last reset, where that is somebody else each time.
    fn person(&self) -> Option<&Person> {
        None
    }
    /// Takes a browser to the login page, where the person signs in: the answer to the last form. The password goes to the AuthService of
    /// `url` and to nobody else.
    fn sign_in(&mut self, url: &Url, username: &str, password: &str) -> Result<Received, Fault> {
        let page = self.to_auth(login::visit(url)?)?;
        match Form::find(url, &page).filter(Form::asks_for_a_password) {
            None => Ok(page),
            Some(form) => self.to_auth(form.sent_by(url, username, password)?),
        }
    }
    /// What the GUI is to be told anew, where a reset has moved the servers.
    fn moved(&mut self, _settings: &gui::Settings) -> Result<Option<gui::Settings>, Fault> {
        Ok(None)
    }
    /// Whether the backend is the harness's own, which a refresh token can be presented to without asking anybody's leave.
    fn takes_calls_on_the_side(&self) -> bool {
        true
    }
}

/// Who signs in, and with what.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name.
    pub username: String,
    /// The right password.
    pub password: Secret,
}

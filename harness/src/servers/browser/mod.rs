//! The browser's side of a target: the client, the person in front of it, and every message between it and the servers, held until the
//! trace says what becomes of it.
//!
//! Which client it is, is a [`WebClient`]'s business; how a released message is carried to a server, a [`Carrier`]'s.

pub mod carrier;
pub mod client;
pub(crate) mod login;
mod open_calls;
pub(in crate::servers) mod own_client;
pub(in crate::servers) mod recipients;
mod thief;

use std::collections::BTreeMap;
use std::sync::Arc;

use authloom_model::seen::{Answer, Event, Password, Request, Session};
use authloom_model::{Action, CallId, Exchange, Policy, Seconds, TabId};
use authloom_reference::gui;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use url::Url;

use crate::servers::browser::carrier::{Carrier, Person, Reply};
use crate::servers::browser::client::{Output, RequestId, Stored, WebClient};
use crate::servers::browser::open_calls::OpenCalls;
use crate::servers::browser::thief::Thief;
use crate::servers::http::wire::{self, Received, Sent};
use crate::servers::{Abilities, Concrete, Fault, Lens, Secret, Target, Unsupported};

/// A message that the harness holds.
enum Held {
    /// A request, on its way to a server.
    Request(RequestId, Sent),
    /// Its answer, on the way back.
    Response(RequestId, Received),
    /// A browser on its way to the login page.
    Visit(Url, Password),
    /// What the login form was answered.
    Page(Received),
}

/// Who waits for an answer of the AuthService.
enum Sender {
    Client(RequestId),
    Backend(CallId),
    Thief,
}

/// A browser with its person and its messages, and the servers at the other end of a carrier.
pub struct Browser<C> {
    client: Box<dyn WebClient>,
    settings: Arc<gui::Settings>,
    thief: Thief,
    person: Person,
    pub(in crate::servers) carrier: C,
    held: BTreeMap<Exchange, Held>,
    /// What a backend has answered a call that is still to be introspected, as far as one sees.
    unseen: BTreeMap<CallId, Received>,
    calls: OpenCalls,
    /// What the client's storage held when it was last looked at.
    stored: Option<Stored>,
}

/// A call that no tab makes.
const ON_THE_SIDE: CallId = CallId { tab: TabId(u8::MAX), call: u8::MAX };

impl<C: Carrier> Target for Browser<C> {
    fn name(&self) -> &str {
        self.carrier.name()
    }

    fn unsupported(&self, _policy: &Policy) -> Unsupported {
        Unsupported::default()
    }

    fn lens(&self) -> Lens {
        self.carrier.lens()
    }

    fn abilities(&self) -> Abilities {
        self.carrier.abilities()
    }

    fn evidence(&self) -> Vec<String> {
        self.carrier.evidence()
    }

    fn may_ask_more(&self) -> bool {
        self.carrier.may_ask_more()
    }

    /// A new browser before servers that know of no grant.
    fn reset(&mut self) -> Result<(), Fault> {
        self.carrier.reset()?;
        if let Some(settings) = self.carrier.moved(&self.settings)? {
            self.thief = Thief::of(&settings);
            self.settings = Arc::new(settings);
        }
        self.client.reset(&self.settings)?;
        self.thief.forget();
        self.held.clear();
        self.unseen.clear();
        self.calls.forget();
        self.stored = None;
        Ok(())
    }

    fn apply(&mut self, action: Action) -> Result<Vec<Event<Concrete>>, Fault> {
        match action {
            Action::Wait(time) => self.turn(time),
            Action::Open(call) => {
                self.calls.begins(call);
                self.input(action, |client| client.open(call))
            }
            Action::SignIn(tab) | Action::Mistype(tab) => self.input(action, |client| client.sign_in(tab)),
            Action::SignOut(tab) => self.input(action, |client| client.sign_out(tab)),
            Action::CopySession => {
                let stored = self.client.stored()?;
                self.thief.copy_session(stored.map(|stored| stored.refresh));
                Ok(Vec::new())
            }
            Action::CopyCode(tab) => {
                let code = self.code_on_its_way(tab);
                self.thief.copy_code(code);
                Ok(Vec::new())
            }
            Action::Lock(call) => self.input(action, |client| client.grant_lock(call.tab)),
            Action::Arrive(exchange) => self.arrive(exchange),
            Action::Return(exchange) => self.deliver(exchange),
            Action::Lose(exchange) => self.lose(exchange),
        }
    }

    fn at_once(&mut self, exchanges: &[Exchange]) -> Result<Vec<Event<Concrete>>, Fault> {
        let mut seen = Vec::new();
        let mut senders = Vec::new();
        let mut requests = Vec::new();
        for exchange in exchanges {
            let (sender, request) = self.ready(*exchange, &mut seen)?;
            senders.push(sender);
            requests.push(request);
        }
        let answers = self.carrier.to_auth_at_once(requests)?;
        for ((exchange, sender), answer) in exchanges.iter().zip(senders).zip(answers) {
            seen.push(self.answered(*exchange, sender, answer)?);
        }
        Ok(seen)
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        self.carrier.is_active(token)
    }

    /// By a call on the side, that no trace tells of.
    fn backend_accepts(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        if !self.carrier.takes_calls_on_the_side() {
            return Ok(None);
        }
        let request =
            http::Request::get(self.settings.items.clone()).header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        let request = request.body(Bytes::new()).map_err(|error| Fault(error.to_string()))?;
        let answer = match self.carrier.to_backend(ON_THE_SIDE, request)? {
            Reply::Answers(answer) => answer,
            Reply::Unseen(answer) => answer,
            Reply::Introspects(_) => {
                let request = self.carrier.introspection(ON_THE_SIDE)?;
                let answer = self.carrier.to_auth(request)?;
                self.carrier.hold_introspection(ON_THE_SIDE, answer)?;
                self.carrier.introspection_returns(ON_THE_SIDE)?
            }
        };
        Ok(Some(wire::call_answer(&answer) == Answer::Items))
    }
}

impl<C: Carrier> Browser<C> {
    /// A browser with this client in it.
    pub(in crate::servers) fn over(
        client: Box<dyn WebClient>,
        settings: gui::Settings,
        person: Person,
        carrier: C,
    ) -> Self {
        Self {
            client,
            thief: Thief::of(&settings),
            settings: Arc::new(settings),
            person,
            carrier,
            held: BTreeMap::new(),
            unseen: BTreeMap::new(),
            calls: OpenCalls::default(),
            stored: None,
        }
    }

    /// Lets time pass, for the servers and then for the client.
    fn turn(&mut self, time: Seconds) -> Result<Vec<Event<Concrete>>, Fault> {
        self.carrier.advance(time.length())?;
        self.input(Action::Wait(time), |_| Ok(()))
    }

    /// Hands the client an input, which is what `action` is for it, and says what is seen of it until it is quiet.
    fn input(
        &mut self,
        action: Action,
        input: impl FnOnce(&mut dyn WebClient) -> Result<(), Fault>,
    ) -> Result<Vec<Event<Concrete>>, Fault> {
        self.client.set_time(self.carrier.now())?;
        input(self.client.as_mut())?;
        let outputs = self.client.quiet()?;
        // What ends sends nothing more, in whichever order both were done.
        for output in &outputs {
            if let Output::CallEnds { call, .. } = output {
                self.calls.ends(*call);
            }
        }
        let mut seen = Vec::with_capacity(outputs.len() + 1);
        for output in outputs {
            seen.push(self.output(output, action)?);
        }
        seen.extend(self.session_change(action)?.map(Event::Session));
        Ok(seen)
    }

    fn output(&mut self, output: Output, cause: Action) -> Result<Event<Concrete>, Fault> {
        match output {
            Output::Request { tab, id, request } => {
                let Some(sent) = wire::of_client(&self.settings, &request) else {
                    return Err(strange(&request));
                };
                let exchange = self.exchange(tab, cause, &sent);
                self.held.insert(exchange, Held::Request(id, request));
                Ok(Event::Sent(exchange, sent))
            }
            Output::Visit { tab, url } => {
                let password = if cause == Action::Mistype(tab) { Password::Wrong } else { Password::Right };
                self.held.insert(Exchange::SignIn(tab), Held::Visit(url, password));
                Ok(Event::Sent(Exchange::SignIn(tab), Request::SignIn(password)))
            }
            Output::CallEnds { call, end } => Ok(Event::CallEnded(call, end)),
            Output::SignInFails { tab } => Ok(Event::SignInFailed(tab)),
        }
    }

    /// The exchange that a request of the client begins.
    fn exchange(&self, tab: TabId, cause: Action, sent: &Request<Concrete>) -> Exchange {
        let in_flight =
            |call| self.held.contains_key(&Exchange::Call(call)) || self.held.contains_key(&Exchange::Refresh(call));
        match sent {
            Request::Call(_) => Exchange::Call(self.calls.sender(tab, cause, in_flight)),
            Request::Introspect(_) => Exchange::Introspect(self.calls.sender(tab, cause, in_flight)),
            Request::Refresh(_) => Exchange::Refresh(self.calls.sender(tab, cause, in_flight)),
            Request::SignIn(_) => Exchange::SignIn(tab),
            Request::Redeem(_) => Exchange::Redeem(tab),
            Request::Revoke(_) => Exchange::Revoke(tab),
        }
    }

    /// What has become of the session in the client's storage since it was last looked at.
    fn session_change(&mut self, cause: Action) -> Result<Option<Session>, Fault> {
        let before = std::mem::replace(&mut self.stored, self.client.stored()?);
        if before == self.stored {
            return Ok(None);
        }
        Ok(Some(match (&self.stored, cause) {
            (None, _) => Session::Cleared,
            (Some(_), Action::Return(Exchange::Redeem(_))) => Session::Started,
            (Some(_), _) => Session::Renewed,
        }))
    }

    /// The code that is in a redirect on its way to the tab, or in the redemption on its way from it.
    fn code_on_its_way(&self, tab: TabId) -> Option<Secret> {
        match (self.held.get(&Exchange::SignIn(tab)), self.held.get(&Exchange::Redeem(tab))) {
            (Some(Held::Page(page)), _) => wire::redirected_code(page),
            (_, Some(Held::Request(_, request))) => Some(wire::redeemed_code(request)),
            (_, _) => None,
        }
    }

    /// What is seen of an arrival: nothing, where a backend asks unseen.
    fn arrive(&mut self, exchange: Exchange) -> Result<Vec<Event<Concrete>>, Fault> {
        if let Exchange::Introspect(call) = exchange
            && self.unseen.contains_key(&call)
        {
            return Ok(Vec::new());
        }
        if let Exchange::Call(call) = exchange {
            return match self.take(exchange)? {
                Held::Request(id, request) => Ok(self.arrive_at_backend(call, id, request)?.into_iter().collect()),
                Held::Response(..) | Held::Visit(..) | Held::Page(_) => Err(has_arrived(exchange)),
            };
        }
        if let Exchange::SignIn(_) = exchange {
            return match self.take(exchange)? {
                Held::Visit(url, password) => Ok(vec![self.visit(exchange, url, password)?]),
                Held::Request(..) | Held::Response(..) | Held::Page(_) => Err(has_arrived(exchange)),
            };
        }
        let mut seen = Vec::new();
        let (sender, request) = self.ready(exchange, &mut seen)?;
        let answer = self.carrier.to_auth(request)?;
        seen.push(self.answered(exchange, sender, answer)?);
        Ok(seen)
    }

    /// The request of an exchange with the AuthService, and who waits for its answer. What a thief sends is seen when it is sent.
    fn ready(&mut self, exchange: Exchange, seen: &mut Vec<Event<Concrete>>) -> Result<(Sender, Sent), Fault> {
        if let Exchange::Introspect(call) = exchange {
            return Ok((Sender::Backend(call), self.carrier.introspection(call)?));
        }
        if let Exchange::Theft(stolen) = exchange {
            let (presented, request) = self.thief.present(stolen)?;
            seen.push(Event::Sent(exchange, presented));
            return Ok((Sender::Thief, request));
        }
        match self.take(exchange)? {
            Held::Request(id, request) => Ok((Sender::Client(id), request)),
            Held::Response(..) | Held::Visit(..) | Held::Page(_) => Err(has_arrived(exchange)),
        }
    }

    /// Keeps the answer of the AuthService for whoever waits for it.
    fn answered(&mut self, exchange: Exchange, sender: Sender, answer: Received) -> Result<Event<Concrete>, Fault> {
        match sender {
            Sender::Client(id) => Ok(self.hold_answer(exchange, id, answer)),
            Sender::Backend(call) => {
                let seen = wire::introspection_answer(&answer);
                self.carrier.hold_introspection(call, answer)?;
                Ok(Event::Answered(exchange, seen))
            }
            Sender::Thief => {
                let answer = wire::token_answer(&answer);
                self.thief.learn(&answer);
                Ok(Event::Answered(exchange, answer))
            }
        }
    }

    fn arrive_at_backend(
        &mut self,
        call: CallId,
        id: RequestId,
        request: Sent,
    ) -> Result<Option<Event<Concrete>>, Fault> {
        let exchange = Exchange::Call(call);
        let seen = match self.carrier.to_backend(call, request)? {
            Reply::Answers(answer) => return Ok(Some(self.hold_answer(exchange, id, answer))),
            Reply::Introspects(request) => Some(Event::Sent(Exchange::Introspect(call), wire::introspect(&request))),
            Reply::Unseen(answer) => {
                self.unseen.insert(call, answer);
                None
            }
        };
        // The call itself waits at the backend; its answer will come under the same id.
        self.held.insert(exchange, Held::Request(id, Sent::default()));
        Ok(seen)
    }

    /// The person fills in the form that the login page holds.
    fn visit(&mut self, exchange: Exchange, url: Url, password: Password) -> Result<Event<Concrete>, Fault> {
        let Person { username, password: right } = self.carrier.person().unwrap_or(&self.person).clone();
        let password = match password {
            Password::Right => right.expose().to_owned(),
            Password::Wrong => format!("not {}", right.expose()),
        };
        let answer = self.carrier.sign_in(&url, &username, &password)?;
        let seen = wire::sign_in_answer(&answer);
        self.held.insert(exchange, Held::Page(answer));
        Ok(Event::Answered(exchange, seen))
    }

    fn deliver(&mut self, exchange: Exchange) -> Result<Vec<Event<Concrete>>, Fault> {
        if let Exchange::Introspect(call) = exchange {
            let answer = match self.unseen.remove(&call) {
                Some(answer) => answer,
                None => self.carrier.introspection_returns(call)?,
            };
            return self.call_is_answered(call, answer);
        }
        let action = Action::Return(exchange);
        match self.take(exchange)? {
            Held::Response(id, answer) => self.input(action, |client| client.answered(id, answer)),
            Held::Page(page) => {
                let tab = page_tab(exchange);
                match wire::redirect(&page) {
                    Some(url) => self.input(action, |client| client.redirected(tab, url)),
                    None => self.input(action, |client| client.stranded(tab)),
                }
            }
            Held::Request(..) | Held::Visit(..) => Err(Fault(format!("{exchange:?} has not arrived"))),
        }
    }

    fn lose(&mut self, exchange: Exchange) -> Result<Vec<Event<Concrete>>, Fault> {
        if let Exchange::Introspect(call) = exchange {
            let answer = self.carrier.introspection_is_lost(call)?;
            return self.call_is_answered(call, answer);
        }
        let action = Action::Lose(exchange);
        match self.take(exchange)? {
            Held::Request(id, _) | Held::Response(id, _) => self.input(action, |client| client.lost(id)),
            Held::Visit(..) | Held::Page(_) => self.input(action, |client| client.stranded(page_tab(exchange))),
        }
    }

    fn call_is_answered(&mut self, call: CallId, answer: Received) -> Result<Vec<Event<Concrete>>, Fault> {
        let exchange = Exchange::Call(call);
        match self.take(exchange)? {
            Held::Request(id, _) => Ok(vec![self.hold_answer(exchange, id, answer)]),
            Held::Response(..) | Held::Visit(..) | Held::Page(_) => Err(Fault(format!("{exchange:?} does not wait"))),
        }
    }

    fn hold_answer(&mut self, exchange: Exchange, id: RequestId, answer: Received) -> Event<Concrete> {
        let seen = wire::answer(exchange.message(), &answer);
        self.held.insert(exchange, Held::Response(id, answer));
        Event::Answered(exchange, seen)
    }

    fn take(&mut self, exchange: Exchange) -> Result<Held, Fault> {
        self.held.remove(&exchange).ok_or_else(|| Fault(format!("nothing of {exchange:?} is on its way")))
    }
}

fn has_arrived(exchange: Exchange) -> Fault {
    Fault(format!("{exchange:?} has arrived before"))
}

/// A request of the client that belongs to none of the flows that are driven.
fn strange(request: &Sent) -> Fault {
    let (method, uri) = (request.method(), request.uri());
    let at = format!("{}{}", uri.authority().map_or("", |authority| authority.as_str()), uri.path());
    Fault(format!(
        "the client sends {method} {at}, which is no call, no token request with a code or a refresh token, and no revocation"
    ))
}

/// The tab of a visit.
fn page_tab(exchange: Exchange) -> TabId {
    exchange.tab().expect("only a tab visits a page")
}

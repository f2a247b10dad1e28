//! The browser's side of a target: the GUI, the person in front of it, and every message between it and the servers, held until the trace
//! says what becomes of it.
//!
//! How a released message is carried to a server is a [`Carrier`]'s business.

pub mod carrier;
pub(in crate::servers) mod login;
pub(in crate::servers) mod recipients;
mod thief;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use authloom_model::seen::{Answer, Event, Password, Request, Session, Shown};
use authloom_model::{Action, CallId, Exchange, Policy, TabId};
use authloom_reference::gui::{self, Client, Effect, Input};
use bytes::Bytes;
use http::header::AUTHORIZATION;
use rand::SeedableRng;
use rand::rngs::StdRng;
use url::Url;

use crate::servers::browser::carrier::{Carrier, Person, Reply};
use crate::servers::browser::thief::Thief;
use crate::servers::http::wire::{self, Received, Sent};
use crate::servers::{Abilities, Concrete, Fault, Lens, Secret, Target, Unsupported};

/// A message that the harness holds.
enum Held {
    /// A request, on its way to a server.
    Request(gui::ExchangeId, Sent),
    /// Its answer, on the way back.
    Response(gui::ExchangeId, Received),
    /// A browser on its way to the login page.
    Visit(Url, Password),
    /// What the login form was answered.
    Page(Received),
}

/// Who waits for an answer of the AuthService.
enum Sender {
    Gui(gui::ExchangeId),
    Backend(CallId),
    Thief,
}

/// Makes the GUI of a browser.
pub(in crate::servers) type Make = fn(Arc<gui::Settings>) -> Box<dyn Client>;

/// A browser with its person and its messages, and the servers at the other end of a carrier.
pub struct Browser<C> {
    make: Make,
    settings: Arc<gui::Settings>,
    client: Box<dyn Client>,
    thief: Thief,
    chance: StdRng,
    person: Person,
    tick: Duration,
    pub(in crate::servers) carrier: C,
    held: BTreeMap<Exchange, Held>,
    /// What a backend has answered a call that is still to be introspected, as far as one sees.
    unseen: BTreeMap<CallId, Received>,
    calls: BTreeMap<gui::CallId, CallId>,
    next_call: u32,
    lock_holder: Option<gui::TabId>,
    wanting_lock: BTreeSet<gui::TabId>,
}

/// A call that no tab makes.
const ON_THE_SIDE: CallId = CallId { tab: TabId(u8::MAX), call: u8::MAX };
/// Any seed does: the GUI's random numbers are told to nobody.
const SEED: u64 = 7636;

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
        self.client = (self.make)(Arc::clone(&self.settings));
        self.thief.forget();
        self.held.clear();
        self.unseen.clear();
        self.calls.clear();
        self.lock_holder = None;
        self.wanting_lock.clear();
        Ok(())
    }

    fn apply(&mut self, action: Action) -> Result<Vec<Event<Concrete>>, Fault> {
        match action {
            Action::Tick => self.carrier.advance(self.tick).map(|()| Vec::new()),
            Action::Open(call) => Ok(self.open(call)),
            Action::SignIn(tab) => Ok(self.sign_in(tab, Password::Right)),
            Action::Mistype(tab) => Ok(self.sign_in(tab, Password::Wrong)),
            Action::SignOut(tab) => Ok(self.tell(Input::SignOut { tab: gui_tab(tab) }, Password::Right)),
            Action::CopySession => {
                let refresh = self.client.session().map(|session| Secret::new(session.refresh().expose()));
                self.thief.copy_session(refresh);
                Ok(Vec::new())
            }
            Action::CopyCode(tab) => {
                let code = self.code_on_its_way(tab);
                self.thief.copy_code(code);
                Ok(Vec::new())
            }
            Action::Lock(call) => Ok(self.grant_lock(gui_tab(call.tab))),
            Action::Arrive(exchange) => self.arrive(exchange),
            Action::Return(exchange) => self.deliver(exchange),
            Action::Lose(exchange) => self.lose(exchange),
        }
    }

    fn pass(&mut self, time: Duration) -> Result<(), Fault> {
        if time.is_zero() { Ok(()) } else { self.carrier.advance(time) }
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
    fn serves(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        if !self.carrier.serves_on_the_side() {
            return Ok(None);
        }
        let request =
            http::Request::get(self.settings.items.clone()).header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        let request = request.body(Bytes::new()).map_err(|error| Fault(error.to_string()))?;
        let answer = match self.carrier.to_backend(ON_THE_SIDE, request)? {
            Reply::Answers(answer) => answer,
            Reply::Unseen(answer) => answer,
            Reply::Introspects(_) => {
                let asked = self.carrier.introspection(ON_THE_SIDE)?;
                let answer = self.carrier.to_auth(asked)?;
                self.carrier.hold_introspection(ON_THE_SIDE, answer)?;
                self.carrier.introspection_returns(ON_THE_SIDE)?
            }
        };
        Ok(Some(wire::call_answer(&answer) == Answer::Items))
    }
}

impl<C: Carrier> Browser<C> {
    /// A browser whose GUI is made by `make`, at each reset anew. One tick is `tick` long.
    pub(in crate::servers) fn over(
        make: Make,
        settings: gui::Settings,
        person: Person,
        tick: Duration,
        carrier: C,
    ) -> Self {
        let settings = Arc::new(settings);
        Self {
            make,
            client: make(Arc::clone(&settings)),
            thief: Thief::of(&settings),
            settings,
            chance: StdRng::seed_from_u64(SEED),
            person,
            tick,
            carrier,
            held: BTreeMap::new(),
            unseen: BTreeMap::new(),
            calls: BTreeMap::new(),
            next_call: 0,
            lock_holder: None,
            wanting_lock: BTreeSet::new(),
        }
    }

    fn open(&mut self, call: CallId) -> Vec<Event<Concrete>> {
        let id = gui::CallId(self.next_call);
        self.next_call += 1;
        self.calls.insert(id, call);
        self.tell(Input::Open { tab: gui_tab(call.tab), call: id }, Password::Right)
    }

    fn sign_in(&mut self, tab: TabId, password: Password) -> Vec<Event<Concrete>> {
        self.tell(Input::SignIn { tab: gui_tab(tab) }, password)
    }

    /// The code that is in a redirect on its way to the tab, or in the redemption on its way from it.
    fn code_on_its_way(&self, tab: TabId) -> Option<Secret> {
        match (self.held.get(&Exchange::SignIn(tab)), self.held.get(&Exchange::Redeem(tab))) {
            (Some(Held::Page(page)), _) => wire::redirected_code(page),
            (_, Some(Held::Request(_, request))) => Some(wire::redeemed_code(request)),
            (_, _) => None,
        }
    }

    /// A lock that is not free, or that nobody wants, is granted to nobody: then nothing is seen.
    fn grant_lock(&mut self, tab: gui::TabId) -> Vec<Event<Concrete>> {
        if self.lock_holder.is_some() || !self.wanting_lock.remove(&tab) {
            return Vec::new();
        }
        self.lock_holder = Some(tab);
        self.tell(Input::LockGranted { tab }, Password::Right)
    }

    /// What is seen of an arrival: nothing, where a backend asks unseen.
    fn arrive(&mut self, exchange: Exchange) -> Result<Vec<Event<Concrete>>, Fault> {
        let mut seen = Vec::new();
        match exchange {
            Exchange::Introspect(call) if self.unseen.contains_key(&call) => {}
            Exchange::Call(call) => match self.take(exchange)? {
                Held::Request(id, request) => seen.extend(self.arrive_at_backend(call, id, request)?),
                Held::Response(..) | Held::Visit(..) | Held::Page(_) => return Err(has_arrived(exchange)),
            },
            Exchange::SignIn(_) => match self.take(exchange)? {
                Held::Visit(url, password) => seen.push(self.visit(exchange, url, password)?),
                Held::Request(..) | Held::Response(..) | Held::Page(_) => return Err(has_arrived(exchange)),
            },
            Exchange::Introspect(_)
            | Exchange::Refresh(_)
            | Exchange::Redeem(_)
            | Exchange::Revoke(_)
            | Exchange::Theft(_) => {
                let (sender, request) = self.ready(exchange, &mut seen)?;
                let answer = self.carrier.to_auth(request)?;
                seen.push(self.answered(exchange, sender, answer)?);
            }
        }
        Ok(seen)
    }

    /// The request of an exchange with the AuthService, and who waits for its answer. What a thief sends is seen when it is sent.
    fn ready(&mut self, exchange: Exchange, seen: &mut Vec<Event<Concrete>>) -> Result<(Sender, Sent), Fault> {
        match exchange {
            Exchange::Introspect(call) => Ok((Sender::Backend(call), self.carrier.introspection(call)?)),
            Exchange::Theft(stolen) => {
                let (shown, request) = self.thief.show(stolen)?;
                seen.push(Event::Sent(exchange, shown));
                Ok((Sender::Thief, request))
            }
            Exchange::Call(_)
            | Exchange::SignIn(_)
            | Exchange::Refresh(_)
            | Exchange::Redeem(_)
            | Exchange::Revoke(_) => match self.take(exchange)? {
                Held::Request(id, request) => Ok((Sender::Gui(id), request)),
                Held::Response(..) | Held::Visit(..) | Held::Page(_) => Err(has_arrived(exchange)),
            },
        }
    }

    /// Keeps the answer of the AuthService for whoever waits for it.
    fn answered(&mut self, exchange: Exchange, sender: Sender, answer: Received) -> Result<Event<Concrete>, Fault> {
        match sender {
            Sender::Gui(id) => Ok(self.hold_answer(exchange, id, answer)),
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
        id: gui::ExchangeId,
        request: Sent,
    ) -> Result<Option<Event<Concrete>>, Fault> {
        let exchange = Exchange::Call(call);
        let asked = match self.carrier.to_backend(call, request)? {
            Reply::Answers(answer) => return Ok(Some(self.hold_answer(exchange, id, answer))),
            Reply::Introspects(asked) => Some(Event::Sent(Exchange::Introspect(call), wire::introspect(&asked))),
            Reply::Unseen(answer) => {
                self.unseen.insert(call, answer);
                None
            }
        };
        // The call itself waits at the backend; its answer will come under the same id.
        self.held.insert(exchange, Held::Request(id, Sent::default()));
        Ok(asked)
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
        match self.take(exchange)? {
            Held::Response(exchange, response) => {
                Ok(self.tell(Input::Answered { exchange, response }, Password::Right))
            }
            Held::Page(page) => {
                let tab = page_tab(exchange);
                let input = match wire::redirect(&page) {
                    Some(url) => Input::Redirected { tab, url },
                    None => Input::SignInAbandoned { tab },
                };
                Ok(self.tell(input, Password::Right))
            }
            Held::Request(..) | Held::Visit(..) => Err(Fault(format!("{exchange:?} has not arrived"))),
        }
    }

    fn lose(&mut self, exchange: Exchange) -> Result<Vec<Event<Concrete>>, Fault> {
        if let Exchange::Introspect(call) = exchange {
            let answer = self.carrier.introspection_is_lost(call)?;
            return self.call_is_answered(call, answer);
        }
        let input = match self.take(exchange)? {
            Held::Request(exchange, _) | Held::Response(exchange, _) => Input::Lost { exchange },
            Held::Visit(..) | Held::Page(_) => Input::SignInAbandoned { tab: page_tab(exchange) },
        };
        Ok(self.tell(input, Password::Right))
    }

    fn call_is_answered(&mut self, call: CallId, answer: Received) -> Result<Vec<Event<Concrete>>, Fault> {
        let exchange = Exchange::Call(call);
        match self.take(exchange)? {
            Held::Request(id, _) => Ok(vec![self.hold_answer(exchange, id, answer)]),
            Held::Response(..) | Held::Visit(..) | Held::Page(_) => Err(Fault(format!("{exchange:?} does not wait"))),
        }
    }

    fn hold_answer(&mut self, exchange: Exchange, id: gui::ExchangeId, answer: Received) -> Event<Concrete> {
        let seen = match exchange {
            Exchange::Call(_) => wire::call_answer(&answer),
            Exchange::Introspect(_) => wire::introspection_answer(&answer),
            Exchange::SignIn(_) => wire::sign_in_answer(&answer),
            Exchange::Refresh(_) | Exchange::Redeem(_) | Exchange::Theft(_) => wire::token_answer(&answer),
            Exchange::Revoke(_) => wire::revocation_answer(&answer),
        };
        self.held.insert(exchange, Held::Response(id, answer));
        Event::Answered(exchange, seen)
    }

    fn take(&mut self, exchange: Exchange) -> Result<Held, Fault> {
        self.held.remove(&exchange).ok_or_else(|| Fault(format!("nothing of {exchange:?} is on its way")))
    }

    /// Tells the GUI what happened, and carries out what it does. `password` is what the person types if a login page is opened.
    fn tell(&mut self, input: Input, password: Password) -> Vec<Event<Concrete>> {
        let effects = self.client.handle(self.carrier.now(), &mut self.chance, input);
        effects.into_iter().filter_map(|effect| self.carry_out(effect, password)).collect()
    }

    fn carry_out(&mut self, effect: Effect, password: Password) -> Option<Event<Concrete>> {
        match effect {
            Effect::Send { exchange: id, kind, request } => {
                let (exchange, sent) = match kind {
                    gui::Exchange::Call { call, .. } => (Exchange::Call(self.call(call)), wire::call(&request)),
                    gui::Exchange::Refresh { call, .. } => {
                        (Exchange::Refresh(self.call(call)), wire::refresh(&request))
                    }
                    gui::Exchange::Redeem { tab } => (Exchange::Redeem(TabId(tab.0)), wire::redeem(&request)),
                    gui::Exchange::Revoke { tab } => (Exchange::Revoke(TabId(tab.0)), wire::revoke(&request)),
                };
                self.held.insert(exchange, Held::Request(id, request));
                Some(Event::Sent(exchange, sent))
            }
            Effect::Navigate { tab, url } => {
                let exchange = Exchange::SignIn(TabId(tab.0));
                self.held.insert(exchange, Held::Visit(url, password));
                Some(Event::Sent(exchange, Request::SignIn(password)))
            }
            Effect::Show { call, shown, .. } => {
                let id = self.call(call);
                self.calls.remove(&call);
                let shown = match shown {
                    gui::Shown::Items(_) => Shown::Items,
                    gui::Shown::SignInNeeded => Shown::SignInPrompt,
                    gui::Shown::Failed => Shown::Failure,
                };
                Some(Event::Shown(id, shown))
            }
            // A sign-in that succeeds is seen by its session.
            Effect::ShowSignIn { outcome: gui::SignInOutcome::SignedIn, .. } => None,
            Effect::ShowSignIn { tab, outcome: gui::SignInOutcome::Failed } => Some(Event::SignInFailed(TabId(tab.0))),
            Effect::RequestLock { tab, .. } => {
                self.wanting_lock.insert(tab);
                None
            }
            Effect::ReleaseLock { tab } => {
                if self.lock_holder == Some(tab) {
                    self.lock_holder = None;
                }
                None
            }
            Effect::Session(change) => Some(Event::Session(match change {
                gui::SessionChange::Started => Session::Started,
                gui::SessionChange::Renewed => Session::Renewed,
                gui::SessionChange::Ended => Session::Cleared,
            })),
        }
    }

    fn call(&self, id: gui::CallId) -> CallId {
        *self.calls.get(&id).expect("the GUI speaks of calls that were opened")
    }
}

fn has_arrived(exchange: Exchange) -> Fault {
    Fault(format!("{exchange:?} has arrived before"))
}

/// The tab of a visit.
fn page_tab(exchange: Exchange) -> gui::TabId {
    gui_tab(exchange.tab().expect("only a tab visits a page"))
}

fn gui_tab(tab: TabId) -> gui::TabId {
    gui::TabId(tab.0)
}

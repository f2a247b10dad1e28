//! The reference's own client as a [`WebClient`]: its state machine in this process, the browser's lock beside it.

use std::collections::BTreeSet;
use std::sync::Arc;

use authloom_model::seen::CallEnd;
use authloom_model::{CallId, TabId};
use authloom_reference::clock::Timestamp;
use authloom_reference::gui::{self, Client, Effect, Gui, Input};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use url::Url;

use crate::servers::browser::client::{Output, RequestId, Stored, WebClient};
use crate::servers::http::wire::Received;
use crate::servers::{Fault, Secret};

/// Makes a client.
pub(in crate::servers) type Make = fn(Arc<gui::Settings>) -> Box<dyn Client>;

/// Any seed does: the client's random numbers are told to nobody.
const SEED: u64 = 7636;

/// The reference's client in this process, or what a test has put in its place.
pub(in crate::servers) struct OwnClient {
    make: Make,
    client: Box<dyn Client>,
    chance: StdRng,
    now: Timestamp,
    outputs: Vec<Output>,
    lock_holder: Option<gui::TabId>,
    wanting_lock: BTreeSet<gui::TabId>,
}

impl OwnClient {
    /// The reference's client.
    pub(in crate::servers) fn new(settings: &gui::Settings) -> Self {
        Self::made_by(|settings| Box::new(Gui::new(settings)), settings)
    }

    /// A client that is made by `make`, at each reset anew.
    pub(in crate::servers) fn made_by(make: Make, settings: &gui::Settings) -> Self {
        Self {
            make,
            client: make(Arc::new(settings.clone())),
            chance: StdRng::seed_from_u64(SEED),
            now: Timestamp::from_seconds(0),
            outputs: Vec::new(),
            lock_holder: None,
            wanting_lock: BTreeSet::new(),
        }
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "every method of a client may fail; a client in this process does not"
    )]
    fn handle(&mut self, input: Input) -> Result<(), Fault> {
        for effect in self.client.handle(self.now, &mut self.chance, input) {
            self.carry_out(effect);
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send { exchange, kind, request } => {
                self.outputs.push(Output::Request { tab: sender(kind), id: RequestId(exchange.0), request });
            }
            Effect::Navigate { tab, url } => self.outputs.push(Output::Visit { tab: TabId(tab.0), url }),
            Effect::Show { call, end, .. } => {
                let end = match end {
                    gui::CallEnd::Items(_) => CallEnd::Items,
                    gui::CallEnd::SignInNeeded => CallEnd::SignInPrompt,
                    gui::CallEnd::Failed => CallEnd::Failure,
                };
                self.outputs.push(Output::CallEnds { call: named(call), end });
            }
            Effect::ShowSignIn { tab, outcome: gui::SignInOutcome::Failed } => {
                self.outputs.push(Output::SignInFails { tab: TabId(tab.0) });
            }
            // A session is seen in the store.
            Effect::ShowSignIn { outcome: gui::SignInOutcome::SignedIn, .. } | Effect::Session(_) => {}
            Effect::RequestLock { tab, .. } => {
                self.wanting_lock.insert(tab);
            }
            Effect::ReleaseLock { tab } => {
                if self.lock_holder == Some(tab) {
                    self.lock_holder = None;
                }
            }
        }
    }
}

impl WebClient for OwnClient {
    fn reset(&mut self, settings: &Arc<gui::Settings>) -> Result<(), Fault> {
        self.client = (self.make)(Arc::clone(settings));
        self.chance = StdRng::seed_from_u64(SEED);
        self.outputs.clear();
        self.lock_holder = None;
        self.wanting_lock.clear();
        Ok(())
    }

    fn set_time(&mut self, now: Timestamp) -> Result<(), Fault> {
        self.now = now;
        Ok(())
    }

    fn open(&mut self, call: CallId) -> Result<(), Fault> {
        self.handle(Input::Open { tab: gui_tab(call.tab), call: gui_call(call) })
    }

    fn sign_in(&mut self, tab: TabId) -> Result<(), Fault> {
        self.handle(Input::SignIn { tab: gui_tab(tab) })
    }

    fn sign_out(&mut self, tab: TabId) -> Result<(), Fault> {
        self.handle(Input::SignOut { tab: gui_tab(tab) })
    }

    fn answered(&mut self, id: RequestId, answer: Received) -> Result<(), Fault> {
        self.handle(Input::Answered { exchange: gui::ExchangeId(id.0), response: answer })
    }

    fn lost(&mut self, id: RequestId) -> Result<(), Fault> {
        self.handle(Input::Lost { exchange: gui::ExchangeId(id.0) })
    }

    fn redirected(&mut self, tab: TabId, url: Url) -> Result<(), Fault> {
        self.handle(Input::Redirected { tab: gui_tab(tab), url })
    }

    fn stranded(&mut self, tab: TabId) -> Result<(), Fault> {
        self.handle(Input::SignInAbandoned { tab: gui_tab(tab) })
    }

    fn grant_lock(&mut self, tab: TabId) -> Result<(), Fault> {
        let tab = gui_tab(tab);
        if self.lock_holder.is_some() || !self.wanting_lock.remove(&tab) {
            return Ok(());
        }
        self.lock_holder = Some(tab);
        self.handle(Input::LockGranted { tab })
    }

    fn quiet(&mut self) -> Result<Vec<Output>, Fault> {
        Ok(std::mem::take(&mut self.outputs))
    }

    fn stored(&mut self) -> Result<Option<Stored>, Fault> {
        Ok(self.client.session().map(|session| Stored {
            access: Secret::new(session.access().expose()),
            refresh: Secret::new(session.refresh().expose()),
        }))
    }
}

/// The tab that sends a request: all that a browser would know of it, too.
fn sender(kind: gui::Exchange) -> TabId {
    match kind {
        gui::Exchange::Call { tab, .. }
        | gui::Exchange::Redeem { tab }
        | gui::Exchange::Refresh { tab, .. }
        | gui::Exchange::Revoke { tab } => TabId(tab.0),
    }
}

fn gui_tab(tab: TabId) -> gui::TabId {
    gui::TabId(tab.0)
}

/// A call in the client's words: the tab's byte, then the call's.
fn gui_call(call: CallId) -> gui::CallId {
    gui::CallId(u32::from(u16::from_be_bytes([call.tab.0, call.call])))
}

fn named(call: gui::CallId) -> CallId {
    let [_, _, tab, call] = call.0.to_be_bytes();
    CallId { tab: TabId(tab), call }
}

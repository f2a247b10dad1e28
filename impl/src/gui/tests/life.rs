//! A browser and its surroundings, watched: each effect is carried out, and judged by the laws that hold at every moment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use url::Url;

use crate::clock::Timestamp;
use crate::gui::{
    CallId, Client as _, Effect, Exchange, ExchangeId, Gui, Input, LookAgain, LostRefresh, Policy, SessionChange,
    SignInOutcome, SingleFlight, TabId,
};

use super::honest::{Honest, MARK, bearer, grant_of, read_refresh};
use super::support::{ISSUER, REDIRECT_URI, field, settings};

/// More rounds than any life needs to come to rest: each ends one exchange, and 120 calls make at most four each.
const ROUNDS_TO_REST: usize = 1000;

/// Something that happens in a life; an index beyond what is there is nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Open(u8),
    SignIn(u8),
    ComeBack(u8),
    Abandon(u8),
    SignOut(u8),
    Arrive(usize),
    Return(usize),
    Lose(usize),
    GrantLock,
    Wait(u64),
}

pub(super) struct Sent {
    exchange: ExchangeId,
    kind: Exchange,
    request: Request<Bytes>,
    answer: Option<Response<Bytes>>,
}

/// A life: the browser, its surroundings, and what the laws must remember.
pub(super) struct Life {
    policy: Policy,
    gui: Gui,
    chance: StdRng,
    now: Timestamp,
    pub(super) servers: Honest,
    pub(super) in_flight: Vec<Sent>,
    pub(super) lock_holder: Option<TabId>,
    pub(super) lock_queue: VecDeque<TabId>,
    pages: BTreeMap<TabId, Url>,
    codes: u32,
    /// How often each call was sent, and shown.
    sent: BTreeMap<CallId, u32>,
    pub(super) shown: BTreeMap<CallId, u32>,
    pub(super) opened: u32,
    pub(super) ended_grants: BTreeSet<usize>,
}

impl Life {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            gui: Gui::new(settings(policy)),
            chance: StdRng::seed_from_u64(1),
            now: Timestamp(1000),
            servers: Honest::default(),
            in_flight: Vec::new(),
            lock_holder: None,
            lock_queue: VecDeque::new(),
            pages: BTreeMap::new(),
            codes: 0,
            sent: BTreeMap::new(),
            shown: BTreeMap::new(),
            opened: 0,
            ended_grants: BTreeSet::new(),
        }
    }

    pub(super) fn live(&mut self, event: Event) {
        match event {
            Event::Open(tab) => {
                self.opened += 1;
                self.feed(Input::Open { tab: TabId(tab), call: CallId(self.opened) });
            }
            Event::SignIn(tab) => self.feed(Input::SignIn { tab: TabId(tab) }),
            Event::ComeBack(tab) => self.come_back(TabId(tab)),
            Event::Abandon(tab) => self.abandon(TabId(tab)),
            Event::SignOut(tab) => self.feed(Input::SignOut { tab: TabId(tab) }),
            Event::Arrive(which) => self.arrive(which),
            Event::Return(which) => self.come_home(which),
            Event::Lose(which) => {
                if which < self.in_flight.len() {
                    let exchange = self.in_flight.remove(which).exchange;
                    self.feed(Input::Lost { exchange });
                }
            }
            Event::GrantLock => self.grant_lock(),
            Event::Wait(seconds) => self.now = self.now.after(Duration::from_secs(seconds)),
        }
    }

    fn come_back(&mut self, tab: TabId) {
        let Some(page) = self.pages.remove(&tab) else {
            return;
        };
        let state = page.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        self.codes += 1;
        let mut url = Url::parse(REDIRECT_URI).unwrap();
        url.query_pairs_mut()
            .append_pair("code", &format!("{MARK}code.{}", self.codes))
            .append_pair("iss", ISSUER)
            .append_pair("state", &state);
        self.feed(Input::Redirected { tab, url });
    }

    fn abandon(&mut self, tab: TabId) {
        if self.pages.remove(&tab).is_some() {
            self.feed(Input::SignInAbandoned { tab });
        }
    }

    fn arrive(&mut self, which: usize) {
        if let Some(sent) = self.in_flight.get_mut(which)
            && sent.answer.is_none()
        {
            sent.answer = Some(self.servers.answer(self.now, sent.kind, &sent.request));
        }
    }

    fn come_home(&mut self, which: usize) {
        let Some(response) = self.in_flight.get_mut(which).and_then(|sent| sent.answer.take()) else {
            return;
        };
        let exchange = self.in_flight.remove(which).exchange;
        self.feed(Input::Answered { exchange, response });
    }

    fn grant_lock(&mut self) {
        if self.lock_holder.is_none()
            && let Some(tab) = self.lock_queue.pop_front()
        {
            self.lock_holder = Some(tab);
            self.feed(Input::LockGranted { tab });
        }
    }

    /// Everything comes to an end: locks are granted, exchanges answered, pages left.
    pub(super) fn come_to_rest(&mut self) {
        for _ in 0..ROUNDS_TO_REST {
            self.grant_lock();
            self.arrive(0);
            self.come_home(0);
            if let Some(tab) = self.pages.keys().next().copied() {
                self.abandon(tab);
            }
        }
    }

    fn feed(&mut self, input: Input) {
        assert_discreet(&input);
        let before = self.gui.session().map(|session| grant_of(session.access().expose()));
        let effects = self.gui.handle(self.now, &mut self.chance, input);
        for effect in effects {
            self.watch(before, effect);
        }
        assert_discreet(&self.gui);
        self.judge_refreshes();
    }

    /// Carries one effect out and checks what must hold of it. `before` is the grant that was stored before.
    fn watch(&mut self, before: Option<usize>, effect: Effect) {
        assert_discreet(&effect);
        match effect {
            Effect::Send { exchange, kind, request } => {
                self.judge_request(kind, &request);
                self.in_flight.push(Sent { exchange, kind, request, answer: None });
            }
            Effect::Navigate { tab, url } => {
                assert!(self.pages.insert(tab, url).is_none(), "a tab signs in once at a time");
            }
            Effect::Show { call, .. } => *self.shown.entry(call).or_default() += 1,
            Effect::ShowSignIn { outcome, .. } => match outcome {
                SignInOutcome::SignedIn => assert!(self.gui.signed_in()),
                SignInOutcome::Failed => {}
            },
            Effect::RequestLock { tab, .. } => {
                assert!(!self.lock_queue.contains(&tab), "a tab asks for the lock once");
                assert_ne!(self.lock_holder, Some(tab), "a tab does not wait for itself");
                self.lock_queue.push_back(tab);
            }
            Effect::ReleaseLock { tab } => {
                assert_eq!(self.lock_holder.take(), Some(tab), "only its holder releases the lock");
            }
            Effect::Session(change) => match change {
                SessionChange::Started | SessionChange::Renewed => assert!(self.gui.signed_in()),
                SessionChange::Ended => {
                    assert!(!self.gui.signed_in());
                    self.ended_grants.insert(before.expect("only a session can end"));
                }
            },
        }
    }

    fn judge_request(&mut self, kind: Exchange, request: &Request<Bytes>) {
        assert!(!request.uri().to_string().contains(MARK), "no token in an address");
        match kind {
            Exchange::Call { call, .. } => {
                let times = self.sent.entry(call).or_default();
                *times += 1;
                assert!(*times <= 2, "a call is sent at most twice");
                if let Some(token) = bearer(request) {
                    let ended = self.ended_grants.contains(&grant_of(&token));
                    assert!(!ended, "a call carries a token of a session that ended");
                }
            }
            Exchange::Refresh { .. } => {
                let looks =
                    self.policy.single_flight != SingleFlight::Browser || self.policy.look_again == LookAgain::Yes;
                let (grant, _) = read_refresh(&field(request.body(), "refresh_token"));
                if looks && self.policy.lost_refresh == LostRefresh::SignInAgain {
                    assert!(!self.ended_grants.contains(&grant), "a session that ended is refreshed");
                }
            }
            Exchange::Redeem { .. } | Exchange::Revoke { .. } => {}
        }
    }

    fn judge_refreshes(&self) {
        let mut tabs: Vec<TabId> = Vec::new();
        for sent in &self.in_flight {
            match sent.kind {
                Exchange::Refresh { tab, .. } => tabs.push(tab),
                Exchange::Call { .. } | Exchange::Redeem { .. } | Exchange::Revoke { .. } => {}
            }
        }
        match self.policy.single_flight {
            SingleFlight::None => {}
            SingleFlight::Tab => {
                let distinct: BTreeSet<_> = tabs.iter().collect();
                assert_eq!(distinct.len(), tabs.len(), "one refresh at a time in a tab");
            }
            SingleFlight::Browser => {
                assert_eq!(tabs, Vec::from_iter(self.lock_holder), "one refresh at a time, by the holder of the lock");
            }
        }
    }
}

fn assert_discreet(what: &impl fmt::Debug) {
    let text = format!("{what:?}");
    assert!(!text.contains(MARK), "a secret is shown: {text}");
}

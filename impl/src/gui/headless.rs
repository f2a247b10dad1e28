//! The thin shell: carries out the machine's effects over HTTP, and reports how they ended.
//!
//! Invariant: inputs are handled one at a time and their effects begun in order.
//! Deliberately absent: every decision about tokens. The shell decides only when to stop repeating a message that is
//! lost again and again: it then reports a 504, as a proxy would.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use rand::CryptoRng;
use tokio::sync::oneshot;
use url::Url;

use crate::clock::Clock;

use super::effect::{CallEnd, Effect, Exchange, SessionChange, SignInOutcome};
use super::input::{CallId, ExchangeId, Input, TabId};
use super::lock::RefreshLock;
use super::login::{Credentials, FillIn, OtherOrigin};
use super::machine::Client;
use super::wire::{NoWire, Wire};

/// The number of losses of a message in a row after which the shell reports a 504: enough for a dropped connection, too few to flood a
/// server that is down.
const LOSSES_IN_A_ROW: u32 = 3;

/// A browser without a window. Clones share everything. Must be used inside a tokio runtime with time and IO.
#[derive(Clone)]
pub struct Headless {
    inner: Arc<Inner>,
}

/// The tab cannot sign in or out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tab is signing in or out, or there is nothing to do")]
pub struct NotNow;

/// A sign-in came to no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSignIn {
    /// It was not begun.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// It was given up, because the login form goes to another origin.
    #[error(transparent)]
    OtherOrigin(#[from] OtherOrigin),
}

struct Inner {
    clock: Arc<dyn Clock>,
    fill_in: FillIn,
    wire: Wire,
    driven: Mutex<Driven>,
}

/// The machine, and the callers that wait for its effects.
struct Driven {
    client: Box<dyn Client>,
    chance: Box<dyn CryptoRng + Send>,
    lock: RefreshLock,
    calls: BTreeMap<CallId, oneshot::Sender<CallEnd>>,
    next_call: u32,
    sign_ins: BTreeMap<TabId, SignIn>,
    /// Sign-outs whose revocation has not been sent.
    sign_outs: BTreeMap<TabId, oneshot::Sender<()>>,
    /// The number of losses in a row of each message, until the call or sign-in that it is for ends.
    losses: BTreeMap<Exchange, u32>,
}

struct SignIn {
    credentials: Credentials,
    ended: oneshot::Sender<Result<SignInOutcome, OtherOrigin>>,
}

impl Headless {
    /// A browser that runs `client` and fills in login forms with `fill_in`.
    ///
    /// # Errors
    /// When no HTTP client can be set up.
    pub fn new(
        client: Box<dyn Client>,
        clock: Arc<dyn Clock>,
        chance: Box<dyn CryptoRng + Send>,
        fill_in: FillIn,
    ) -> Result<Self, NoWire> {
        let driven = Driven {
            client,
            chance,
            lock: RefreshLock::default(),
            calls: BTreeMap::new(),
            next_call: 0,
            sign_ins: BTreeMap::new(),
            sign_outs: BTreeMap::new(),
            losses: BTreeMap::new(),
        };
        Ok(Self { inner: Arc::new(Inner { clock, fill_in, wire: Wire::new()?, driven: Mutex::new(driven) }) })
    }

    /// Opens the items in a tab and returns what the user sees in the end.
    pub async fn open(&self, tab: TabId) -> CallEnd {
        let (ended, end) = oneshot::channel();
        {
            let mut driven = self.inner.driven();
            let call = CallId(driven.next_call);
            driven.next_call = driven.next_call.wrapping_add(1);
            driven.calls.insert(call, ended);
            self.inner.feed(&mut driven, Input::Open { tab, call });
        }
        end.await.unwrap_or(CallEnd::Failed)
    }

    /// Signs in, in a tab: opens the AuthService's page and fills in its form.
    ///
    /// # Errors
    /// [`NoSignIn::NotNow`] when a user is signed in, or the tab is signing in or out; [`NoSignIn::OtherOrigin`] when the form
    /// would send the password elsewhere.
    pub async fn sign_in(&self, tab: TabId, credentials: Credentials) -> Result<SignInOutcome, NoSignIn> {
        let (ended, end) = oneshot::channel();
        {
            let mut driven = self.inner.driven();
            if driven.sign_ins.contains_key(&tab) {
                return Err(NotNow.into());
            }
            driven.sign_ins.insert(tab, SignIn { credentials, ended });
            if self.inner.feed(&mut driven, Input::SignIn { tab }) == Reaction::Ignored {
                driven.sign_ins.remove(&tab);
                return Err(NotNow.into());
            }
        }
        Ok(end.await.unwrap_or(Ok(SignInOutcome::Failed))?)
    }

    /// Signs out, in a tab, and waits until the revocation is answered or lost; there is none without a revocation endpoint.
    ///
    /// # Errors
    /// [`NotNow`] when no user is signed in, or the tab is signing in or out.
    pub async fn sign_out(&self, tab: TabId) -> Result<(), NotNow> {
        let (ended, end) = oneshot::channel();
        {
            let mut driven = self.inner.driven();
            driven.sign_outs.insert(tab, ended);
            let reaction = self.inner.feed(&mut driven, Input::SignOut { tab });
            // It is still there when no revocation was sent. Then there is nothing to wait for.
            driven.sign_outs.remove(&tab);
            if reaction == Reaction::Ignored {
                return Err(NotNow);
            }
        }
        // An error says that the sender was dropped: there is no revocation, or it has ended.
        let _ = end.await;
        Ok(())
    }

    /// Whether the user is shown as signed in.
    #[must_use]
    pub fn signed_in(&self) -> bool {
        self.inner.driven().client.signed_in()
    }
}

impl fmt::Debug for Headless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headless").field("signed_in", &self.signed_in()).finish_non_exhaustive()
    }
}

/// Whether an input had any effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    Acted,
    Ignored,
}

impl Inner {
    fn driven(&self) -> MutexGuard<'_, Driven> {
        self.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles one input and begins all effects that follow from it.
    fn feed(self: &Arc<Self>, driven: &mut Driven, input: Input) -> Reaction {
        let mut reaction = Reaction::Ignored;
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let effects = driven.client.handle(self.clock.now(), &mut *driven.chance, input);
            for effect in effects {
                reaction = Reaction::Acted;
                let granted = self.begin(driven, effect);
                inputs.extend(granted.map(|tab| Input::LockGranted { tab }));
            }
        }
        reaction
    }

    /// Begins one effect. Returns the tab that is granted the lock by it, if there is one.
    fn begin(self: &Arc<Self>, driven: &mut Driven, effect: Effect) -> Option<TabId> {
        match effect {
            Effect::Send { exchange, kind, request } => {
                let signed_out = match kind {
                    Exchange::Revoke { tab } => driven.sign_outs.remove(&tab),
                    Exchange::Call { .. } | Exchange::Redeem { .. } | Exchange::Refresh { .. } => None,
                };
                self.spawn_exchange(exchange, kind, request, signed_out);
            }
            Effect::Navigate { tab, url } => {
                let credentials = driven.sign_ins.get(&tab).map(|sign_in| sign_in.credentials.clone());
                self.spawn_sign_in(tab, url, credentials);
            }
            Effect::Show { tab, call, end } => {
                driven.losses.remove(&Exchange::Refresh { tab, call });
                if let Some(ended) = driven.calls.remove(&call) {
                    // The caller may have stopped waiting.
                    let _ = ended.send(end);
                }
            }
            Effect::ShowSignIn { tab, outcome } => {
                driven.losses.remove(&Exchange::Redeem { tab });
                if let Some(sign_in) = driven.sign_ins.remove(&tab) {
                    let _ = sign_in.ended.send(Ok(outcome));
                }
            }
            Effect::RequestLock { tab, .. } => return driven.lock.request(tab),
            Effect::ReleaseLock { tab } => return driven.lock.release(tab),
            Effect::Session(SessionChange::Started | SessionChange::Renewed | SessionChange::Ended) => {}
        }
        None
    }

    /// Carries out an exchange in a task of its own, and reports its end to `ended`.
    fn spawn_exchange(
        self: &Arc<Self>,
        exchange: ExchangeId,
        kind: Exchange,
        request: Request<Bytes>,
        ended: Option<oneshot::Sender<()>>,
    ) {
        let shell = Arc::clone(self);
        tokio::spawn(async move {
            let answer = shell.wire.exchange(request).await.ok();
            let mut driven = shell.driven();
            let input = match answer.or_else(|| driven.gives_up_on(kind)) {
                Some(response) => {
                    driven.losses.remove(&kind);
                    Input::Answered { exchange, response }
                }
                None => Input::Lost { exchange },
            };
            shell.feed(&mut driven, input);
            if let Some(ended) = ended {
                // The caller may have stopped waiting.
                let _ = ended.send(());
            }
        });
    }

    fn spawn_sign_in(self: &Arc<Self>, tab: TabId, page: Url, credentials: Option<Credentials>) {
        let shell = Arc::clone(self);
        tokio::spawn(async move {
            let back = match credentials {
                Some(credentials) => shell.wire.sign_in(&page, &credentials, &shell.fill_in).await,
                None => Ok(None),
            };
            let mut driven = shell.driven();
            let input = match back {
                Ok(Some(url)) => Input::Redirected { tab, url },
                Ok(None) => Input::SignInAbandoned { tab },
                Err(other_origin) => {
                    if let Some(sign_in) = driven.sign_ins.remove(&tab) {
                        let _ = sign_in.ended.send(Err(other_origin));
                    }
                    Input::SignInAbandoned { tab }
                }
            };
            shell.feed(&mut driven, input);
        });
    }
}

impl Driven {
    /// Counts the loss of a message that the machine may repeat. After too many in a row, returns what a proxy would answer.
    fn gives_up_on(&mut self, kind: Exchange) -> Option<Response<Bytes>> {
        match kind {
            Exchange::Call { .. } | Exchange::Revoke { .. } => None,
            Exchange::Refresh { .. } | Exchange::Redeem { .. } => {
                let losses = self.losses.entry(kind).or_default();
                *losses += 1;
                (*losses >= LOSSES_IN_A_ROW).then(gateway_timeout)
            }
        }
    }
}

fn gateway_timeout() -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    answer
}

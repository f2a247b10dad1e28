//! Calls to a backend that introspects through our proxy: each waits there for its introspection, until it is told what becomes of it.
//!
//! Everything of ours runs on one thread, and only while an action happens, so that what is held stays where it is.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use authloom_model::CallId;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::servers::Fault;
use crate::servers::browser::carrier::Reply;
use crate::servers::http::client::{Client, NoAnswer};
use crate::servers::http::proxy::{HeldIntrospection, Proxy};
use crate::servers::http::wire::{self, Received, Sent};

/// Any free port of loopback.
pub(in crate::servers) const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What stands between a backend and its AuthService, and the calls that wait for it.
pub(in crate::servers) struct Between {
    waiting: BTreeMap<CallId, Waiting>,
    proxy: Proxy,
    client: Client,
    patience: Duration,
}

/// A call that waits at the backend for its introspection, which waits at the proxy.
struct Waiting {
    call: JoinHandle<Result<Received, NoAnswer>>,
    request: Sent,
    release: oneshot::Sender<Received>,
    held: Option<Received>,
}

/// What comes first of a call that was sent.
enum First {
    Answer(Received),
    Introspection(HeldIntrospection),
}

impl Between {
    /// Listens at an address, with that much patience for what is asked.
    pub(in crate::servers) fn open(
        runtime: &Runtime,
        client: Client,
        at: SocketAddr,
        patience: Duration,
    ) -> Result<Self, Fault> {
        let proxy = runtime.block_on(Proxy::open(client.clone(), at))?;
        Ok(Self { waiting: BTreeMap::new(), proxy, client, patience })
    }

    /// Where it listens, without a slash at the end.
    pub(in crate::servers) fn url(&self) -> &str {
        self.proxy.url()
    }

    /// Names the AuthService that messages go to.
    pub(in crate::servers) fn forward_to(&self, auth: &str) {
        self.proxy.forward_to(auth);
    }

    /// Brings a call to the backend, to `base` where it names none itself.
    pub(in crate::servers) fn call(
        &mut self,
        runtime: &Runtime,
        base: &str,
        call: CallId,
        request: Sent,
    ) -> Result<Reply, Fault> {
        // Without a time of its own: it may be held for as long as the trace says.
        let (client, base) = (self.client.clone(), base.to_owned());
        let mut sent = runtime.spawn(async move { client.exchange(&base, request).await });
        match self.first(runtime, &mut sent)? {
            First::Answer(answer) => Ok(Reply::Answers(answer)),
            First::Introspection(HeldIntrospection { request, release }) => {
                let waiting = Waiting { call: sent, request: request.clone(), release, held: None };
                self.waiting.insert(call, waiting);
                Ok(Reply::Introspects(request))
            }
        }
    }

    /// The introspection that a call waits for.
    pub(in crate::servers) fn introspection(&mut self, call: CallId) -> Result<Sent, Fault> {
        self.waiting(call).map(|waiting| waiting.request.clone())
    }

    /// Holds what it was answered.
    pub(in crate::servers) fn hold(&mut self, call: CallId, answer: Received) -> Result<(), Fault> {
        self.waiting(call)?.held = Some(answer);
        Ok(())
    }

    /// Brings the held answer to the backend, which answers the call.
    pub(in crate::servers) fn release(&mut self, runtime: &Runtime, call: CallId) -> Result<Received, Fault> {
        let held = self.waiting(call)?.held.take();
        let held = held.ok_or_else(|| Fault(format!("the introspection of {call:?} has not arrived")))?;
        self.released(runtime, call, Some(held))
    }

    /// Loses the introspection; the backend answers the call.
    pub(in crate::servers) fn lose(&mut self, runtime: &Runtime, call: CallId) -> Result<Received, Fault> {
        self.released(runtime, call, None)
    }

    /// Drops every call that waits.
    pub(in crate::servers) fn forget(&mut self) {
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            waiting.call.abort();
        }
        self.proxy.forget();
    }

    fn waiting(&mut self, call: CallId) -> Result<&mut Waiting, Fault> {
        self.waiting.get_mut(&call).ok_or_else(|| not_waiting(call))
    }

    /// Waits for what becomes of a call that was sent, or of one whose introspection has come to its end. A backend that does not answer as
    /// HTTP has it is told by [`wire::broken`].
    fn first(&mut self, runtime: &Runtime, call: &mut JoinHandle<Result<Received, NoAnswer>>) -> Result<First, Fault> {
        let (proxy, client) = (&mut self.proxy, &self.client);
        let patience = self.patience;
        let first = async {
            tokio::select! {
                answer = &mut *call => match answer {
                    Ok(Ok(answer)) => Ok(First::Answer(answer)),
                    Ok(Err(NoAnswer::Broken(why))) => Ok(First::Answer(wire::broken(why))),
                    Ok(Err(why @ (NoAnswer::Unreachable(_) | NoAnswer::Stopped(_)))) => Err(Fault::from(why)),
                    Err(error) => Err(Fault(format!("a call ended early: {error}"))),
                },
                Some(held) = proxy.next() => Ok(First::Introspection(held)),
                by = client.stopped() => Err(Fault::stopped(by)),
            }
        };
        match runtime.block_on(async { timeout(patience, first).await }) {
            Ok(first) => first.inspect_err(|_| call.abort()),
            Err(_) => {
                call.abort();
                Ok(First::Answer(wire::broken(format!("no answer within {patience:?}"))))
            }
        }
    }

    /// The answer to a call whose introspection has come to its end: with an answer, or without.
    fn released(&mut self, runtime: &Runtime, call: CallId, answer: Option<Received>) -> Result<Received, Fault> {
        let Waiting { mut call, release, .. } = self.waiting.remove(&call).ok_or_else(|| not_waiting(call))?;
        match answer {
            // A backend that has gone away meanwhile is seen by what becomes of the call.
            Some(answer) => drop(release.send(answer)),
            None => drop(release),
        }
        match self.first(runtime, &mut call)? {
            First::Answer(answer) => Ok(answer),
            First::Introspection(_) => {
                call.abort();
                Ok(wire::broken("the backend asks the AuthService once more".to_owned()))
            }
        }
    }
}

fn not_waiting(call: CallId) -> Fault {
    Fault(format!("{call:?} does not wait for an introspection"))
}

//! Who does what to whom: the figure that a step makes in every picture, whatever it is drawn with.

use std::collections::BTreeSet;

use authloom_model::exchange::Leg;
use authloom_model::{Action, Exchange, TabId};

use super::words::{self, Party};

/// The figure of one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Figure {
    /// A message goes from one party to another.
    Message {
        /// Who sends it.
        from: Party,
        /// Whom it is for.
        to: Party,
        /// Which of an exchange's two messages it is.
        leg: Leg,
        /// What becomes of it.
        fate: Fate,
    },
    /// Something happens at one party alone.
    At(Party),
    /// Something happens to everyone at once.
    Everywhere,
}

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It gets there.
    Delivered,
    /// It does not.
    Lost,
}

/// The figures of a trace, in order. What an exchange loses depends on how far it has come, so every step must be told.
#[derive(Clone, Default, Debug)]
pub(super) struct Figures {
    arrived: BTreeSet<Exchange>,
}

impl Figures {
    /// The figure of the next step.
    pub(super) fn next(&mut self, action: Action) -> Figure {
        match action {
            Action::Wait(_) => Figure::Everywhere,
            Action::Lock(call) => Figure::At(Party::Tab(call.tab)),
            Action::CopySession | Action::CopyCode(_) => Figure::At(Party::Thief),
            Action::Open(call) => asked(call.tab),
            Action::SignIn(tab) | Action::Mistype(tab) | Action::SignOut(tab) => asked(tab),
            Action::Arrive(exchange) => {
                self.arrived.insert(exchange);
                message(exchange, Leg::Request, Fate::Delivered)
            }
            Action::Return(exchange) => {
                self.arrived.remove(&exchange);
                message(exchange, Leg::Response, Fate::Delivered)
            }
            Action::Lose(exchange) => {
                let leg = if self.arrived.remove(&exchange) { Leg::Response } else { Leg::Request };
                message(exchange, leg, Fate::Lost)
            }
        }
    }
}

/// The person asks a tab for something.
fn asked(tab: TabId) -> Figure {
    Figure::Message { from: Party::Person, to: Party::Tab(tab), leg: Leg::Request, fate: Fate::Delivered }
}

fn message(exchange: Exchange, leg: Leg, fate: Fate) -> Figure {
    let (client, server) = words::ends(exchange);
    match leg {
        Leg::Request => Figure::Message { from: client, to: server, leg, fate },
        Leg::Response => Figure::Message { from: server, to: client, leg, fate },
    }
}

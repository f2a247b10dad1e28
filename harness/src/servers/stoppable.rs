//! A target that is asked nothing more once a run is told to stop.

use authloom_model::seen::Event;
use authloom_model::{Action, Exchange, Policy};

use super::{Abilities, Concrete, Fault, Lens, Secret, Target, Unsupported};
use crate::stop::Stop;

/// A target, and the word that ends what is asked of it: between two steps, so that whoever drives it sees that it was cut off.
pub struct Stoppable {
    target: Box<dyn Target>,
    stop: Stop,
}

impl Stoppable {
    /// A target that hears the word to stop.
    #[must_use]
    pub fn new(target: Box<dyn Target>, stop: Stop) -> Self {
        Self { target, stop }
    }

    /// The target, unless the word to stop has come.
    fn going_on(&mut self) -> Result<&mut dyn Target, Fault> {
        match self.stop.check() {
            None => Ok(&mut *self.target),
            Some(by) => Err(Fault::stopped(by)),
        }
    }
}

impl Target for Stoppable {
    fn name(&self) -> &str {
        self.target.name()
    }

    fn unsupported(&self, policy: &Policy) -> Unsupported {
        self.target.unsupported(policy)
    }

    fn lens(&self) -> Lens {
        self.target.lens()
    }

    fn abilities(&self) -> Abilities {
        self.target.abilities()
    }

    fn evidence(&self) -> Vec<String> {
        self.target.evidence()
    }

    fn may_ask_more(&self) -> bool {
        self.stop.by().is_none() && self.target.may_ask_more()
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.going_on()?.reset()
    }

    fn apply(&mut self, action: Action) -> Result<Vec<Event<Concrete>>, Fault> {
        self.going_on()?.apply(action)
    }

    fn at_once(&mut self, exchanges: &[Exchange]) -> Result<Vec<Event<Concrete>>, Fault> {
        self.going_on()?.at_once(exchanges)
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        self.going_on()?.is_active(token)
    }

    fn backend_accepts(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        self.going_on()?.backend_accepts(token)
    }
}

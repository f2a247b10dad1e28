//! The part of a model that a target can be asked: without the actions that it cannot be made to do.

use authloom_model::world::CallPhase;
use authloom_model::{Action, Exchange, Seconds, Spec, World};

use crate::explore::{Next, System};
use crate::servers::{Abilities, Support};

/// A specification, as far as a target can be asked it.
#[derive(Clone, Copy, Debug)]
pub struct Askable<'s> {
    /// The whole.
    pub spec: &'s Spec,
    /// What the target can be made to do.
    pub abilities: Abilities,
}

impl Askable<'_> {
    /// Whether an action that can happen now can be made to happen.
    #[must_use]
    pub fn allows(&self, world: &World, action: Action) -> bool {
        let Abilities { clock, passwords, revocation, calls, introspection, at_once: _ } = self.abilities;
        let able = match action {
            Action::Wait(_) => clock,
            Action::Mistype(_) => passwords,
            Action::SignOut(_) => revocation,
            Action::Arrive(Exchange::Call(_)) => calls,
            Action::Lose(Exchange::Introspect(_)) => introspection,
            Action::Open(_)
            | Action::SignIn(_)
            | Action::CopySession
            | Action::CopyCode(_)
            | Action::Lock(_)
            | Action::Arrive(_)
            | Action::Return(_)
            | Action::Lose(_) => Support::Yes,
        };
        able == Support::Yes && (introspection == Support::Yes || comes_to_its_end(world, action))
    }
}

/// Where a call cannot be held while its token is introspected, nothing comes between the two.
fn comes_to_its_end(world: &World, action: Action) -> bool {
    let introspected =
        world.tabs.iter().flat_map(|tab| &tab.calls).any(|call| {
            matches!(call.phase, CallPhase::Validating | CallPhase::FoundActive | CallPhase::FoundInactive)
        });
    let goes_on = matches!(action, Action::Arrive(Exchange::Introspect(_)) | Action::Return(Exchange::Introspect(_)));
    !introspected || goes_on
}

impl System for Askable<'_> {
    type World = World;
    type Action = Action;

    fn initial(&self) -> World {
        System::initial(self.spec)
    }

    fn bytes<'w>(&self, world: &'w World) -> &'w [u8] {
        world.bytes()
    }

    fn enabled(&self, world: &World, into: &mut Vec<Action>) {
        self.spec.enabled(world, into);
        into.retain(|action| self.allows(world, *action));
    }

    fn next(&self, world: &World, action: Action) -> Next<World> {
        System::next(self.spec, world, action)
    }

    fn goals(&self, world: &World) -> u64 {
        System::goals(self.spec, world)
    }

    fn code(&self, action: Action) -> u8 {
        action.code()
    }

    fn action(&self, code: u8) -> Action {
        System::action(self.spec, code)
    }

    fn lets_time_pass(&self, world: &World) -> bool {
        self.allows(world, Action::Wait(Seconds::ZERO))
    }

    fn kind(&self, world: &World, action: Action) -> u64 {
        System::kind(self.spec, world, action)
    }
}

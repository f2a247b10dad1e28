//! The model without what happens to a call on its way to the backend and back.

use authloom::explore::{Next, System};
use authloom_model::world::CallPhase;
use authloom_model::{Action, Exchange, Spec, World};

/// A specification in which a call comes to its answer at once, and in which nobody mistypes a password: no clock, no thief and no loss comes
/// between a call and the backend's answer. What is left, in some tenth of the steps, is every order of what changes a session: sign-in,
/// redemption, refresh, revocation and theft, each of them held or lost at any moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UndisturbedCalls<'s>(pub(crate) &'s Spec);

impl UndisturbedCalls<'_> {
    fn allows(world: &World, action: Action) -> bool {
        let under_way = world.tabs.iter().flat_map(|tab| &tab.calls).any(|call| is_at_the_backend(call.phase));
        match action {
            Action::Mistype(_) | Action::Lose(Exchange::Call(_) | Exchange::Introspect(_)) => false,
            Action::Arrive(of) | Action::Return(of) | Action::Lose(of) => !under_way || is_of_the_backend(of),
            Action::Wait(_)
            | Action::Open(_)
            | Action::SignIn(_)
            | Action::SignOut(_)
            | Action::CopySession
            | Action::CopyCode(_)
            | Action::Lock(_) => !under_way,
        }
    }
}

fn is_of_the_backend(exchange: Exchange) -> bool {
    match exchange {
        Exchange::Call(_) | Exchange::Introspect(_) => true,
        Exchange::Refresh(_) | Exchange::SignIn(_) | Exchange::Redeem(_) | Exchange::Revoke(_) | Exchange::Theft(_) => {
            false
        }
    }
}

fn is_at_the_backend(phase: CallPhase) -> bool {
    match phase {
        CallPhase::Asking
        | CallPhase::Validating
        | CallPhase::FoundActive
        | CallPhase::FoundInactive
        | CallPhase::Accepted
        | CallPhase::Unauthenticated
        | CallPhase::Refused
        | CallPhase::Unavailable => true,
        CallPhase::Idle
        | CallPhase::Waiting
        | CallPhase::Queued
        | CallPhase::Refreshing
        | CallPhase::Refreshed
        | CallPhase::RefreshRefused => false,
    }
}

impl System for UndisturbedCalls<'_> {
    type World = World;
    type Action = Action;

    fn initial(&self) -> World {
        self.0.initial()
    }

    fn bytes<'w>(&self, world: &'w World) -> &'w [u8] {
        world.bytes()
    }

    fn enabled(&self, world: &World, into: &mut Vec<Action>) {
        self.0.enabled(world, into);
        into.retain(|action| Self::allows(world, *action));
    }

    fn next(&self, world: &World, action: Action) -> Next<World> {
        System::next(self.0, world, action)
    }

    fn goals(&self, world: &World) -> u64 {
        System::goals(self.0, world)
    }

    fn code(&self, action: Action) -> u8 {
        action.code()
    }

    fn action(&self, code: u8) -> Action {
        System::action(self.0, code)
    }

    fn kind(&self, world: &World, action: Action) -> u64 {
        System::kind(self.0, world, action)
    }
}

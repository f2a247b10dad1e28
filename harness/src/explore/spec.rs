//! The model as a system to explore, and its properties as questions.

use std::hash::{BuildHasher, Hash, Hasher};

use authloom_model::property::{Kind, PROPERTIES};
use authloom_model::seen::{Answer, Event};
use authloom_model::world::{Call, Flow};
use authloom_model::{Action, Spec, World};
use foldhash::fast::FixedState;

use super::{Marks, Next, Question, System};

/// The model's properties, in their order.
pub fn questions() -> Vec<Question> {
    let question = |kind| match kind {
        Kind::Never { bad, .. } => Question::Never { mark: bad as u8 },
        Kind::Reachable(mark) => Question::Reachable { mark: mark as u8 },
        Kind::Recoverable(goal) => Question::Recoverable { goal: goal as u8 },
    };
    PROPERTIES.iter().map(|property| question(property.kind)).collect()
}

impl System for Spec {
    type World = World;
    type Action = Action;

    fn initial(&self) -> World {
        Self::initial(self)
    }

    fn bytes<'w>(&self, world: &'w World) -> &'w [u8] {
        world.bytes()
    }

    fn enabled(&self, world: &World, into: &mut Vec<Action>) {
        Self::enabled(self, world, into);
    }

    fn next(&self, world: &World, action: Action) -> Next<World> {
        let next = Self::next(self, world, action);
        let overflow = next.overflow.map(authloom_model::Capacity::name);
        Next { world: next.world, marks: Marks(next.marks.bits()), overflow }
    }

    fn goals(&self, world: &World) -> u64 {
        Self::goals(self, world).bits()
    }

    fn code(&self, action: Action) -> u8 {
        action.code()
    }

    fn action(&self, code: u8) -> Action {
        Action::of_code(code).expect("only codes of actions are remembered")
    }

    /// A kind is what happens, where the role that acts stood, and what is seen of it; tabs, calls and tokens are not told apart.
    fn kind(&self, world: &World, action: Action) -> u64 {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        std::mem::discriminant(&action).hash(&mut hasher);
        role_state(world, action).hash(&mut hasher);
        let mut seen = Vec::new();
        self.apply(world, action, &mut seen);
        let mut outcomes: Vec<u64> = seen.iter().map(outcome).collect();
        outcomes.sort_unstable();
        outcomes.hash(&mut hasher);
        hasher.finish()
    }
}

/// What the role that acts could itself tell about where it stands.
fn role_state(world: &World, action: Action) -> (u8, u8, bool, bool) {
    let call = |id: authloom_model::CallId| -> &Call { &world.tabs[id.tab.index()].calls[usize::from(id.call)] };
    let of_call = |call: &Call| {
        let current = call.token.is_some() && call.token == world.store.access;
        let holds = call.held.is_some() && call.held == world.store.refresh;
        (call.phase as u8, call.attempt as u8, current, holds)
    };
    let of_flow = |flow: &Flow| (flow.phase as u8, 0, world.signed_in(), false);
    use authloom_model::Exchange::{Call as Calling, Introspect, Redeem, Refresh, Revoke, SignIn};
    match action {
        Action::Tick => (0, 0, false, false),
        Action::Open(_) | Action::SignIn(_) | Action::Mistype(_) | Action::SignOut(_) => {
            (0, 0, world.signed_in(), false)
        }
        Action::Lock(id) => of_call(call(id)),
        Action::Arrive(exchange) | Action::Return(exchange) | Action::Lose(exchange) => match exchange {
            Calling(id) | Introspect(id) | Refresh(id) => of_call(call(id)),
            SignIn(tab) | Redeem(tab) | Revoke(tab) => of_flow(&world.tabs[tab.index()].flow),
        },
    }
}

/// An event without the names in it.
fn outcome(event: &Event) -> u64 {
    let mut hasher = FixedState::with_seed(1).build_hasher();
    std::mem::discriminant(event).hash(&mut hasher);
    match event {
        Event::Sent(exchange, request) => {
            std::mem::discriminant(exchange).hash(&mut hasher);
            std::mem::discriminant(request).hash(&mut hasher);
        }
        Event::Answered(exchange, answer) => {
            std::mem::discriminant(exchange).hash(&mut hasher);
            std::mem::discriminant(answer).hash(&mut hasher);
            if let Answer::InvalidToken(why) | Answer::Inactive(why) | Answer::InvalidGrant(why) = answer {
                why.hash(&mut hasher);
            }
        }
        Event::Shown(_, shown) => shown.hash(&mut hasher),
        Event::SignInFailed(_) => {}
        Event::Session(session) => session.hash(&mut hasher),
    }
    hasher.finish()
}

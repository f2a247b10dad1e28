//! The life of an OAuth token as a state machine: a GUI with tabs, a backend, an AuthService, the network between them, the clock, and a thief.
//!
//! A [`Spec`] is a [`Policy`] (what a deployment chose) and a [`Scope`] (what its surroundings may do). It says what can happen in a
//! [`World`] and what each [`Action`] does to it. It is pure: no IO, no clock of its own, no randomness.
//!
//! Read in this order: [`policy`], [`scope`], [`action`], [`exchange`], [`seen`], [`world`]; then the rules of each role, `gui`, `backend`,
//! `auth` with its `judges`, and of the surroundings, `network`, `clock` and `thief`; [`rules`] has them all by name. Then [`mod@time`],
//! which says how ages are counted; then [`canonical`], which makes equal situations equal bytes; then [`property`], [`marks`] and [`mod@audit`], which say what must never happen and notice
//! when it does.

pub mod action;
pub mod audit;
mod auth;
mod backend;
pub mod canonical;
pub mod checker;
mod clock;
mod ended;
pub mod exchange;
mod gui;
mod judges;
pub mod marks;
mod network;
pub mod policy;
pub mod property;
pub mod rules;
pub mod scope;
pub mod seen;
mod thief;
pub mod time;
mod turn;
pub mod world;

pub use action::{Action, CallId, TabId};
pub use canonical::Renaming;
pub use ended::Ended;
pub use exchange::{Exchange, Stolen};
pub use marks::{Mark, Marks};
pub use policy::{Limits, Policy, Ticks};
pub use property::{Goal, Property};
pub use scope::{Flight, Scope};
pub use seen::Event;
pub use time::{Limit, Seconds};
pub use turn::Capacity;
pub use world::World;

use judges::{ByTheRules, Judgement, Judges};
use seen::{Password, Refusal, Witness};
use time::{Phases, Time, TooLong};
use turn::Turn;
use world::{AccessId, CallPhase, FlowPhase, RefreshId};

/// A policy in a scope: everything that may be asked about a deployment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spec {
    /// What the deployment chose.
    pub policy: Policy,
    /// The ages at which the policy's durations are over, counted as the world counts them.
    pub limits: Limits,
    /// What its surroundings may do.
    pub scope: Scope,
    /// How the world counts time.
    pub time: Time,
}

/// What one action does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The world after it, canonical.
    pub world: World,
    /// What it did that a property asks about.
    pub marks: Marks,
    /// What was seen, in order. Names are those of the world before; tokens issued by the step have names that no record had.
    pub seen: Vec<Event>,
    /// The tokens that are not active any more, in the names of the world before, as `seen` is.
    pub ended: Vec<Ended>,
    /// The limits that time passes, in the names of the world before; none where it counts ticks.
    pub passed: Vec<Limit>,
    /// The name that each record of `seen` goes by in `world`.
    pub renamed: Renaming,
    /// A table that was too small for the step.
    pub overflow: Option<Capacity>,
}

/// What one action does, without what is seen of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Next {
    /// The world after it, canonical.
    pub world: World,
    /// What it did that a property asks about.
    pub marks: Marks,
    /// A table that was too small for the step.
    pub overflow: Option<Capacity>,
}

/// What an action does before records are renamed and forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raw {
    /// The world after it, with the names of the world before.
    pub world: World,
    /// A table that was too small for the step.
    pub overflow: Option<Capacity>,
}

impl Spec {
    /// A policy in a scope, with time exactly as it is. What means nothing in the policy is set to its default.
    ///
    /// # Errors
    /// Where the policy's durations cannot be counted together.
    pub fn exact(policy: Policy, scope: Scope) -> Result<Self, TooLong> {
        let policy = policy.normalised();
        let (phases, limits) = Phases::of(&policy, scope)?;
        Ok(Self { policy, limits, scope, time: Time::Exact(phases) })
    }

    /// A policy in a scope, with time counted in ticks. What means nothing in the policy is set to its default; a message may be on its way
    /// for ever, whatever the scope says.
    ///
    /// # Errors
    /// Where the policy's durations are too many ticks to explore.
    pub fn in_ticks(policy: Policy, scope: Scope) -> Result<Self, policy::TooManyTicks> {
        let policy = policy.normalised();
        let Ticks { tick, limits } = policy.ticks()?;
        let scope = Scope { flight: Flight::Any, ..scope };
        Ok(Self { policy, limits, scope, time: Time::Ticks(Seconds::of(tick)) })
    }

    /// How long a tick is, where the spec counts ticks.
    #[must_use]
    pub fn tick(&self) -> Option<Seconds> {
        match self.time {
            Time::Ticks(tick) => Some(tick),
            Time::Exact(_) => None,
        }
    }

    /// The action of that code, if there is one. See [`Action::code`].
    #[must_use]
    pub fn action(&self, code: u8) -> Option<Action> {
        Action::of_code(code, self.tick().unwrap_or_default())
    }

    /// The world before anything has happened: nobody is signed in, nothing is on its way.
    #[must_use]
    pub fn initial(&self) -> World {
        World { losses: self.scope.losses, thefts: self.scope.thefts, ..World::default() }
    }

    /// Adds the actions that can happen now to `into`, in a fixed order; never one that changes nothing.
    ///
    /// Rule `one-refresh-at-a-time`: the policy, Web Locks API section 2.
    /// Rule `nothing-unasked`: the policy.
    pub fn enabled(&self, world: &World, into: &mut Vec<Action>) {
        if let Time::Ticks(tick) = self.time
            && clock::moves(self, world)
        {
            into.push(Action::Wait(tick));
        }
        let locked = world.tabs.iter().any(|tab| tab.calls.iter().any(world::Call::refreshes));
        let flows = world.tabs.iter().filter(|tab| tab.flow.phase != FlowPhase::Idle).count();
        let person_is_free = flows < usize::from(self.scope.flows);
        for index in 0..usize::from(self.scope.tabs) {
            let tab = TabId::at(index);
            let state = &world.tabs[index];
            let calls = &state.calls[..usize::from(self.scope.calls)];
            if let Some(idle) = calls.iter().position(|call| call.phase == CallPhase::Idle) {
                into.push(Action::Open(CallId::at(tab, idle)));
            }
            if person_is_free && state.flow.phase == FlowPhase::Idle {
                if world.signed_in() {
                    into.push(Action::SignOut(tab));
                } else {
                    into.extend([Action::SignIn(tab), Action::Mistype(tab)]);
                }
            }
            let flow = Exchange::of_flow(tab, state.flow.phase);
            let of_calls = calls.iter().enumerate();
            let of_calls = of_calls.filter_map(|(at, call)| Exchange::of_call(CallId::at(tab, at), call.phase));
            for message in flow.into_iter().chain(of_calls) {
                into.push(network::delivery(message));
                if world.losses > 0 {
                    into.push(Action::Lose(message.1));
                }
            }
            if !locked {
                let queued = calls.iter().enumerate().filter(|(_, call)| call.phase == CallPhase::Queued);
                into.extend(queued.map(|(at, _)| Action::Lock(CallId::at(tab, at))));
            }
        }
        if self.scope.thefts > 0 {
            thief::enabled(self, world, into);
        }
    }

    /// What an enabled action does, in full.
    #[must_use]
    pub fn step(&self, world: &World, action: Action) -> Step {
        let mut account = ended::Account::default();
        let Raw { world: raw, overflow } = self.apply(world, action, &mut account);
        let ended::Account { seen, mut ended } = account;
        let mut marks = audit::audit(self, world, action, &raw);
        for event in &seen {
            marks.saw(*event);
        }
        let mut after = raw;
        let renamed = canonical::canonicalise(self, &mut after);
        ended.extend(ended::on_record(self, world, &raw, &renamed));
        Step { world: after, marks, seen, ended, passed: Vec::new(), renamed, overflow }
    }

    /// What an enabled action does. The same as [`Self::step`], faster.
    #[must_use]
    pub fn next(&self, world: &World, action: Action) -> Next {
        let mut marks = Marks::default();
        let Raw { world: mut after, overflow } = self.apply(world, action, &mut marks);
        marks |= audit::audit(self, world, action, &after);
        canonical::settle(self, &mut after);
        Next { world: after, marks, overflow }
    }

    /// What an enabled action does, before anything is renamed or forgotten.
    pub fn apply<W: Witness>(&self, world: &World, action: Action, witness: &mut W) -> Raw {
        self.apply_by(ByTheRules, world, action, witness)
    }

    /// What an enabled action does, if these are the judges.
    fn apply_by<W: Witness, J: Judges>(&self, judges: J, world: &World, action: Action, witness: &mut W) -> Raw {
        let mut turn = Turn { spec: self, world: *world, overflow: None, judges, witness };
        match action {
            Action::Wait(time) => turn.wait(time),
            Action::Open(call) => turn.open(call),
            Action::SignIn(tab) => turn.sign_in(tab, Password::Right),
            Action::Mistype(tab) => turn.sign_in(tab, Password::Wrong),
            Action::SignOut(tab) => turn.sign_out(tab),
            Action::CopySession => turn.copy_session(),
            Action::CopyCode(tab) => turn.copy_code(tab),
            Action::Lock(call) => turn.lock_granted(call),
            Action::Arrive(exchange) => turn.arrive(exchange),
            Action::Return(exchange) => turn.deliver(exchange),
            Action::Lose(exchange) => turn.lose(exchange),
        }
        Raw { world: turn.world, overflow: turn.overflow }
    }

    /// Which good situations a world is, for the properties that ask whether one can always be reached.
    #[must_use]
    pub fn goals(&self, world: &World) -> property::Goals {
        property::goals(self, world)
    }

    /// Whether the AuthService would now call this access token active.
    ///
    /// Rule `token-standing`: RFC 7662 section 2.2.
    #[must_use]
    pub fn access_is_active(&self, world: &World, token: AccessId) -> bool {
        self.why_access_inactive(world, token).is_none()
    }

    /// Whether the AuthService would now call this refresh token active: it is the live one of its chain.
    ///
    /// Rule `token-standing`: RFC 7662 section 2.2.
    #[must_use]
    pub fn refresh_is_active(&self, world: &World, token: RefreshId) -> bool {
        self.why_refresh_inactive(world, token).is_none()
    }

    /// Why the AuthService would not call this access token active, if so.
    #[must_use]
    pub fn why_access_inactive(&self, world: &World, token: AccessId) -> Option<Refusal> {
        ByTheRules.access(self, world, token).err()
    }

    /// Why the AuthService would not call this refresh token active, if so.
    #[must_use]
    pub fn why_refresh_inactive(&self, world: &World, token: RefreshId) -> Option<Refusal> {
        match ByTheRules.refresh(self, world, token) {
            Judgement::Renew => None,
            Judgement::Grace => Some(Refusal::Replayed),
            Judgement::Refuse(refusal) => Some(refusal),
        }
    }
}

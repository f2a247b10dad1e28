//! The model as a system to explore, and its properties as questions.

use std::hash::{BuildHasher, Hash, Hasher};

use authloom_model::property::{Kind, PROPERTIES};
use authloom_model::seen::{Answer, Event};
use authloom_model::time::{Clocks, Passed};
use authloom_model::world::{AccessId, AccessState, Grant, GrantId, GrantState, RefreshId, RefreshToken};
use authloom_model::{Action, CallId, Exchange, Spec, Stolen, World};
use foldhash::fast::FixedState;
use itertools::Itertools as _;

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
        assert!(self.tick().is_some(), "worlds alone are explored only where they count ticks");
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
        Self::action(self, code).expect("only codes of actions are remembered")
    }

    /// Nobody counts on a thief, nor on the loss of a message, to get well again.
    fn helps_recovery(&self, action: Action) -> bool {
        match action {
            Action::CopySession | Action::CopyCode(_) | Action::Arrive(Exchange::Theft(_)) | Action::Lose(_) => false,
            Action::Wait(_)
            | Action::Open(_)
            | Action::SignIn(_)
            | Action::Mistype(_)
            | Action::SignOut(_)
            | Action::Lock(_)
            | Action::Arrive(_)
            | Action::Return(_) => true,
        }
    }

    /// A kind is what happens, where the role that acts stood, and what is seen of it; tabs, calls and tokens are not told apart, and grants
    /// only by what a request can do to them.
    fn kind(&self, world: &World, action: Action) -> u64 {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        kind_but_for_grants(self, world, action).hash(&mut hasher);
        grants_found(self, world, action).hash(&mut hasher);
        hasher.finish()
    }
}

/// A kind of step that does not tell grants apart: what a request finds beside itself is not part of it.
pub fn kind_but_for_grants(spec: &Spec, world: &World, action: Action) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    std::mem::discriminant(&action).hash(&mut hasher);
    role_state(spec, world, action).hash(&mut hasher);
    let mut seen = Vec::new();
    spec.apply(world, action, &mut seen);
    let mut outcomes: Vec<u64> = seen.iter().map(outcome).collect();
    outcomes.sort_unstable();
    outcomes.hash(&mut hasher);
    hasher.finish()
}

/// A kind of step in which time goes on: which limits it passes, whosever.
pub(super) fn kind_of_passing(clocks: &Clocks<'_>, passed: Passed) -> u64 {
    let running = clocks.all().iter().enumerate().filter(|(at, _)| passed.has(*at));
    let limits = running.map(|(_, running)| (std::mem::discriminant(&running.clock), running.ahead.len()));
    let mut hashes: Vec<u64> = limits.map(|limit| FixedState::with_seed(2).hash_one(limit)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    FixedState::with_seed(3).hash_one(hashes)
}

/// Where the role that acts stands.
#[derive(Hash, Default)]
struct RoleState {
    phase: u8,
    attempt: u8,
    /// Whether the browser holds a session; for a call, the one whose tokens it carries.
    session: (bool, bool),
    /// For the access token that a call carries, and for the refresh token it shows: what its judge can tell of it.
    token: (Option<Age>, Option<Chain>),
    /// The limits that the clock reaches.
    limits: Vec<Limit>,
}

/// How old an access token is, beside its lifetime.
#[derive(Hash)]
enum Age {
    Within,
    /// Past it, but within a backend's leeway.
    Past,
    Over,
    Revoked,
}

/// Where a refresh token stands in its chain.
#[derive(Hash)]
enum Chain {
    Live,
    /// Spent; its successor may still be handed out.
    Parent,
    Ancestor,
    Revoked,
}

/// A limit that a token or a code can reach.
#[derive(Hash, PartialEq, Eq, PartialOrd, Ord)]
enum Limit {
    Access,
    Code,
    Idle,
    Absolute,
}

fn role_state(spec: &Spec, world: &World, action: Action) -> RoleState {
    use Exchange::{Call as Calling, Introspect, Redeem, Refresh, Revoke, SignIn, Theft};
    let of_call = |id: CallId| {
        let call = &world.tabs[id.tab.index()].calls[usize::from(id.call)];
        let current = call.token.is_some() && call.token == world.store.access;
        let holds = call.held.is_some() && call.held == world.store.refresh;
        RoleState {
            phase: call.phase as u8,
            attempt: call.attempt as u8,
            session: (current, holds),
            token: (age(spec, world, call.token), chain(world, call.held)),
            limits: Vec::new(),
        }
    };
    let of_thief = |shown| RoleState { token: (None, chain(world, shown)), ..RoleState::default() };
    let of_person = |phase| RoleState { phase, session: (world.signed_in(), false), ..RoleState::default() };
    match action {
        Action::Wait(_) => RoleState { limits: limits(spec, world), ..RoleState::default() },
        Action::Open(_)
        | Action::SignIn(_)
        | Action::Mistype(_)
        | Action::SignOut(_)
        | Action::CopySession
        | Action::CopyCode(_) => of_person(0),
        Action::Lock(id) => of_call(id),
        Action::Arrive(exchange) | Action::Return(exchange) | Action::Lose(exchange) => match exchange {
            Calling(id) | Introspect(id) | Refresh(id) => of_call(id),
            SignIn(tab) | Redeem(tab) => of_person(world.tabs[tab.index()].flow.phase as u8),
            Revoke(tab) => {
                let flow = &world.tabs[tab.index()].flow;
                RoleState { token: (None, chain(world, flow.tokens.refresh)), ..of_person(flow.phase as u8) }
            }
            Theft(Stolen::Code) => of_person(world.grant(world.thief.code).state as u8),
            Theft(Stolen::Copy) => of_thief(world.thief.copy),
            Theft(Stolen::Loot) => of_thief(world.thief.loot.refresh),
        },
    }
}

/// What the AuthService knows of the person when a request arrives.
#[derive(Hash)]
struct GrantsFound {
    /// The state of the grant that the request is about; none where it is about none, or about one that is forgotten.
    concerned: Option<GrantState>,
    /// Whether another grant lives, which the request may end as well; none for an introspection, which ends nothing.
    beside_live: Option<bool>,
}

fn grants_found(spec: &Spec, world: &World, action: Action) -> Option<GrantsFound> {
    let exchange = action.arriving().filter(|exchange| !matches!(exchange, Exchange::Call(_)))?;
    let concerned = grant_of(world, exchange);
    let others = (0..).map(GrantId::at).zip(&world.grants).filter(|(id, _)| Some(*id) != concerned);
    let beside_live = others.map(|(_, grant)| grant).any(|grant| lives(spec, grant));
    Some(GrantsFound {
        concerned: concerned.map(|id| world.grant(id).state),
        beside_live: (!matches!(exchange, Exchange::Introspect(_))).then_some(beside_live),
    })
}

/// The grant that a request is about.
fn grant_of(world: &World, exchange: Exchange) -> Option<GrantId> {
    let call = |id: CallId| &world.tabs[id.tab.index()].calls[usize::from(id.call)];
    let of_access = |token: AccessId| token.index().map(|at| world.access[at].grant);
    let of_refresh = |token: RefreshId| token.index().map(|at| world.refresh[at].grant);
    let id = match exchange {
        Exchange::Call(id) | Exchange::Introspect(id) => of_access(call(id).token)?,
        Exchange::Refresh(id) => of_refresh(call(id).held)?,
        Exchange::SignIn(tab) | Exchange::Redeem(tab) | Exchange::Revoke(tab) => world.tabs[tab.index()].flow.grant,
        Exchange::Theft(Stolen::Code) => world.thief.code,
        Exchange::Theft(Stolen::Copy) => of_refresh(world.thief.copy)?,
        Exchange::Theft(Stolen::Loot) => of_refresh(world.thief.loot.refresh)?,
    };
    id.is_some().then_some(id)
}

/// Whether tokens can still be issued for a grant.
fn lives(spec: &Spec, grant: &Grant) -> bool {
    match grant.state {
        GrantState::CodeIssued => grant.age < spec.limits.code_lifetime,
        GrantState::Redeemed => grant.age < spec.limits.refresh_absolute,
        GrantState::Absent | GrantState::RefreshEnded | GrantState::Ended => false,
    }
}

fn age(spec: &Spec, world: &World, token: AccessId) -> Option<Age> {
    let token = &world.access[token.index()?];
    Some(match token.state {
        AccessState::Absent | AccessState::Expired => Age::Over,
        AccessState::Revoked => Age::Revoked,
        AccessState::Issued if token.age >= spec.limits.access_lifetime => Age::Past,
        AccessState::Issued => Age::Within,
    })
}

fn chain(world: &World, token: RefreshId) -> Option<Chain> {
    let token = &world.refresh[token.index()?];
    Some(match (token.spent, token.successor.is_some()) {
        (0, _) => Chain::Live,
        (RefreshToken::REVOKED, _) => Chain::Revoked,
        (_, true) => Chain::Parent,
        (_, false) => Chain::Ancestor,
    })
}

fn limits(spec: &Spec, world: &World) -> Vec<Limit> {
    let ticks = &spec.limits;
    let access = world.access.iter().filter(|token| token.state == AccessState::Issued);
    let access = access.filter(|token| token.age + 1 == ticks.access_lifetime).map(|_| Limit::Access);
    let grants = world.grants.iter().filter_map(|grant| match grant.state {
        GrantState::CodeIssued if grant.age + 1 == ticks.code_lifetime => Some(Limit::Code),
        GrantState::Redeemed if grant.age + 1 == ticks.refresh_absolute => Some(Limit::Absolute),
        GrantState::Absent
        | GrantState::CodeIssued
        | GrantState::Redeemed
        | GrantState::RefreshEnded
        | GrantState::Ended => None,
    });
    let refresh = world.refresh.iter().filter(|token| token.grant.is_some() && token.spent == 0);
    let refresh = refresh.filter(|token| token.idle + 1 == ticks.refresh_idle).map(|_| Limit::Idle);
    access.chain(grants).chain(refresh).sorted().dedup().collect()
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
        Event::CallEnded(_, end) => end.hash(&mut hasher),
        Event::SignInFailed(_) => {}
        Event::Session(session) => session.hash(&mut hasher),
    }
    hasher.finish()
}

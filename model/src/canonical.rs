//! Equal situations become equal bytes: what nobody refers to is forgotten, what can no longer matter is levelled, tabs and calls that
//! could be swapped are sorted, and every record is named in the order in which it is first referred to.
//!
//! Renaming is part of a step: a [`Renaming`] says under which name each record of the raw world goes on.

use crate::Spec;
use crate::action::{CallId, TabId};
use crate::world::{
    ACCESS_TOKENS, AccessId, AccessToken, Attempt, CALLS, Call, CallPhase, Flow, FlowPhase, GRANTS, Grant, GrantId,
    GrantState, REFRESH_TOKENS, RefreshId, RefreshToken, TABS, Tab, Tokens, World,
};

/// Under which name each record goes on. A forgotten one goes on under none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Renaming {
    tabs: [u8; TABS],
    calls: [[u8; CALLS]; TABS],
    grants: [GrantId; GRANTS + 1],
    refresh: [RefreshId; REFRESH_TOKENS + 1],
    access: [AccessId; ACCESS_TOKENS + 1],
}

impl Renaming {
    /// The tab's place from now on.
    #[must_use]
    pub fn tab(&self, tab: TabId) -> TabId {
        TabId(self.tabs[tab.index()])
    }

    /// The call's place from now on.
    #[must_use]
    pub fn call(&self, id: CallId) -> CallId {
        CallId { tab: self.tab(id.tab), call: self.calls[id.tab.index()][usize::from(id.call)] }
    }

    /// The grant's name from now on; none if it is forgotten.
    #[must_use]
    pub fn grant(&self, id: GrantId) -> GrantId {
        self.grants[id.row()]
    }

    /// The refresh token's name from now on; none if it is forgotten.
    #[must_use]
    pub fn refresh(&self, id: RefreshId) -> RefreshId {
        self.refresh[id.row()]
    }

    /// The access token's name from now on; none if it is forgotten.
    #[must_use]
    pub fn access(&self, id: AccessId) -> AccessId {
        self.access[id.row()]
    }
}

/// An order of the tabs, and of the calls in each.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Order {
    /// `tabs[new] = old`.
    tabs: [u8; TABS],
    /// `calls[old tab][new] = old`.
    calls: [[u8; CALLS]; TABS],
}

const AS_THEY_ARE: Order = Order { tabs: [0, 1, 2], calls: [[0, 1]; TABS] };

/// Makes the world canonical.
pub fn canonicalise(spec: &Spec, world: &mut World) -> Renaming {
    level(spec, world);
    let tabs = usize::from(spec.scope.tabs);
    let mut order = AS_THEY_ARE;
    for (tab, calls) in world.tabs.iter().zip(&mut order.calls) {
        if call_shape(&tab.calls[0]) < call_shape(&tab.calls[1]) {
            *calls = [1, 0];
        }
    }
    let shapes: [_; TABS] = std::array::from_fn(|tab| tab_shape(&world.tabs[tab], order.calls[tab]));
    order.tabs[..tabs].sort_by(|a, b| shapes[usize::from(*b)].cmp(&shapes[usize::from(*a)]));
    let tied = |a: usize, b: usize| {
        let (a, b) = (usize::from(order.tabs[a]), usize::from(order.tabs[b]));
        shapes[a] == shapes[b] && world.tabs[a] != world.tabs[b]
    };
    let tabs_tie = (1..tabs).any(|tab| tied(tab - 1, tab)) || (tabs == TABS && tied(0, 2));
    let calls_tie = world.tabs[..tabs]
        .iter()
        .any(|tab| tab.calls[0] != tab.calls[1] && call_shape(&tab.calls[0]) == call_shape(&tab.calls[1]));
    if tabs_tie || calls_tie {
        return least(world, order, &shapes, tabs);
    }
    let (renamed, renaming) = arranged(world, order);
    *world = renamed;
    renaming
}

/// The least of all arrangements that the shapes leave open.
fn least(world: &mut World, first: Order, shapes: &[u64; TABS], tabs: usize) -> Renaming {
    const ALL_TABS: [[u8; TABS]; 6] = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]];
    let sorted = |order: &[u8; TABS]| {
        order[tabs..] == AS_THEY_ARE.tabs[tabs..]
            && (0..tabs).all(|new| shapes[usize::from(order[new])] == shapes[usize::from(first.tabs[new])])
    };
    let ties: [bool; TABS] =
        std::array::from_fn(|tab| call_shape(&world.tabs[tab].calls[0]) == call_shape(&world.tabs[tab].calls[1]));
    let mut best: Option<(World, Renaming)> = None;
    for order in ALL_TABS.into_iter().filter(sorted) {
        for swaps in 0..1_u8 << TABS {
            let swapped = |tab: usize| swaps >> tab & 1 == 1;
            if (0..TABS).any(|tab| swapped(tab) && !ties[tab]) {
                continue;
            }
            let calls = std::array::from_fn(|tab| if swapped(tab) { [1, 0] } else { first.calls[tab] });
            let candidate = arranged(world, Order { tabs: order, calls });
            if best.as_ref().is_none_or(|(least, _)| candidate.0.bytes() < least.bytes()) {
                best = Some(candidate);
            }
        }
    }
    let (least, renaming) = best.expect("the order as it is sorted is among the candidates");
    *world = least;
    renaming
}

/// What of a call does not depend on names: all but the identity of its tokens.
fn call_shape(call: &Call) -> u64 {
    (call.phase as u64) << 4
        | (call.attempt as u64) << 3
        | u64::from(call.token.is_some()) << 2
        | u64::from(call.held.is_some()) << 1
        | u64::from(call.answer.access.is_some())
}

fn tab_shape(tab: &Tab, calls: [u8; CALLS]) -> u64 {
    (tab.flow.phase as u64) << 32
        | call_shape(&tab.calls[usize::from(calls[0])]) << 16
        | call_shape(&tab.calls[usize::from(calls[1])])
}

/// Levels what can no longer matter, so that situations that differ in nothing else are equal.
pub(crate) fn level(spec: &Spec, world: &mut World) {
    level_tokens(spec, world);
    let store = world.store;
    for call in world.tabs.iter_mut().flat_map(|tab| &mut tab.calls) {
        level_call(call, store);
    }
}

/// What a call remembers of tokens it will not show again is only whether the store still holds them.
fn level_call(call: &mut Call, store: Tokens) {
    match call.phase {
        CallPhase::Served | CallPhase::Unauthenticated | CallPhase::Unavailable => {
            *call = Call { phase: call.phase, ..Call::IDLE };
        }
        CallPhase::Refused if call.attempt == Attempt::Second => {
            call.token = AccessId::NONE;
        }
        CallPhase::Refused | CallPhase::Queued => {
            if call.token != store.access {
                call.token = AccessId::NONE;
            }
        }
        CallPhase::Refreshed | CallPhase::RefreshRefused => {
            if call.held != store.refresh {
                call.held = RefreshId::NONE;
            }
        }
        CallPhase::Idle
        | CallPhase::Asking
        | CallPhase::Validating
        | CallPhase::FoundActive
        | CallPhase::FoundInactive
        | CallPhase::Waiting
        | CallPhase::Refreshing => {}
    }
}

/// The refresh tokens of a grant that is over are all equally dead.
fn level_tokens(spec: &Spec, world: &mut World) {
    for token in &mut world.refresh {
        let Some(index) = token.grant.index() else { continue };
        let grant = &world.grants[index];
        if grant.state == GrantState::Ended || grant.age >= spec.ticks.refresh_absolute {
            *token = RefreshToken { grant: token.grant, ..RefreshToken::default() };
        }
    }
}

/// Names in the order in which they are first referred to.
struct Namer<'w> {
    from: &'w World,
    to: World,
    grants: [GrantId; GRANTS + 1],
    refresh: [RefreshId; REFRESH_TOKENS + 1],
    access: [AccessId; ACCESS_TOKENS + 1],
    named: (usize, usize, usize),
}

/// The world with its tabs and calls in that order, and its records named anew.
fn arranged(world: &World, order: Order) -> (World, Renaming) {
    let mut namer = Namer {
        from: world,
        to: World { losses: world.losses, ..World::default() },
        grants: [GrantId::NONE; GRANTS + 1],
        refresh: [RefreshId::NONE; REFRESH_TOKENS + 1],
        access: [AccessId::NONE; ACCESS_TOKENS + 1],
        named: (0, 0, 0),
    };
    namer.to.store = namer.tokens(world.store);
    let mut tabs = [0; TABS];
    let mut calls = [[0; CALLS]; TABS];
    for (new, old) in (0_u8..).zip(order.tabs) {
        let tab = &world.tabs[usize::from(old)];
        tabs[usize::from(old)] = new;
        let renamed = namer.flow(tab.flow);
        namer.to.tabs[usize::from(new)].flow = renamed;
        for (new_call, old_call) in (0_u8..).zip(order.calls[usize::from(old)]) {
            calls[usize::from(old)][usize::from(old_call)] = new_call;
            let renamed = namer.call(&tab.calls[usize::from(old_call)]);
            namer.to.tabs[usize::from(new)].calls[usize::from(new_call)] = renamed;
        }
    }
    let Namer { to, grants, refresh, access, .. } = namer;
    (to, Renaming { tabs, calls, grants, refresh, access })
}

impl Namer<'_> {
    fn flow(&mut self, flow: Flow) -> Flow {
        if flow == Flow::IDLE {
            return flow;
        }
        let grant = match flow.phase {
            FlowPhase::Revoking => self.grant(flow.grant),
            FlowPhase::Idle
            | FlowPhase::SigningIn
            | FlowPhase::Mistyping
            | FlowPhase::Redirecting
            | FlowPhase::Rejected
            | FlowPhase::Redeeming
            | FlowPhase::Redeemed
            | FlowPhase::RedeemRefused
            | FlowPhase::Revoked => self.aged_grant(flow.grant),
        };
        Flow { phase: flow.phase, grant, tokens: self.tokens(flow.tokens) }
    }

    fn call(&mut self, call: &Call) -> Call {
        if *call == Call::IDLE {
            return *call;
        }
        Call {
            phase: call.phase,
            attempt: call.attempt,
            token: self.access(call.token),
            held: self.refresh(call.held),
            answer: self.tokens(call.answer),
        }
    }

    fn tokens(&mut self, tokens: Tokens) -> Tokens {
        Tokens { access: self.access(tokens.access), refresh: self.refresh(tokens.refresh) }
    }

    fn grant(&mut self, old: GrantId) -> GrantId {
        let Some(index) = old.index() else { return GrantId::NONE };
        if !self.grants[old.row()].is_some() {
            self.grants[old.row()] = GrantId::at(self.named.0);
            // Whoever needs its age adds it: an access token does not.
            self.to.grants[self.named.0] = Grant { state: self.from.grants[index].state, age: 0 };
            self.named.0 += 1;
        }
        self.grants[old.row()]
    }

    fn aged_grant(&mut self, old: GrantId) -> GrantId {
        let new = self.grant(old);
        if let (Some(from), Some(to)) = (old.index(), new.index()) {
            self.to.grants[to].age = self.from.grants[from].age;
        }
        new
    }

    fn refresh(&mut self, old: RefreshId) -> RefreshId {
        let Some(index) = old.index() else { return RefreshId::NONE };
        if !self.refresh[old.row()].is_some() {
            let place = self.named.1;
            self.named.1 += 1;
            self.refresh[old.row()] = RefreshId::at(place);
            let token = self.from.refresh[index];
            let grant = self.aged_grant(token.grant);
            // A chain is at most two long: only a spent token has a successor, and only a live one is kept as such.
            let successor = self.refresh(token.successor);
            self.to.refresh[place] = RefreshToken { grant, successor, ..token };
        }
        self.refresh[old.row()]
    }

    fn access(&mut self, old: AccessId) -> AccessId {
        let Some(index) = old.index() else { return AccessId::NONE };
        if !self.access[old.row()].is_some() {
            let place = self.named.2;
            self.named.2 += 1;
            self.access[old.row()] = AccessId::at(place);
            let AccessToken { state, grant, age } = self.from.access[index];
            let grant = self.grant(grant);
            self.to.access[place] = AccessToken { state, grant, age };
        }
        self.access[old.row()]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::seen::Event;
    use crate::{Action, Policy, Scope};

    /// Every world that `next` leads to.
    fn reached(spec: &Spec, next: impl Fn(&World, Action) -> World) -> HashSet<World> {
        let mut reached = HashSet::from([spec.initial()]);
        let mut open = vec![spec.initial()];
        let mut actions = Vec::new();
        while let Some(world) = open.pop() {
            actions.clear();
            spec.enabled(&world, &mut actions);
            for action in &actions {
                let after = next(&world, *action);
                if reached.insert(after) {
                    open.push(after);
                }
            }
        }
        reached
    }

    fn canonical(spec: &Spec, mut world: World) -> World {
        canonicalise(spec, &mut world);
        world
    }

    /// A search that neither sorts nor levels, and drops only what nobody refers to.
    fn distinct_images(spec: &Spec) -> (usize, HashSet<World>) {
        let plain = reached(spec, |world, action| {
            arranged(&spec.apply(world, action, &mut Vec::<Event>::new()).world, AS_THEY_ARE).0
        });
        (plain.len(), plain.into_iter().map(|world| canonical(spec, world)).collect())
    }

    #[test]
    fn a_search_without_sorting_and_levelling_has_the_same_canonical_images() {
        for (name, _) in Policy::PROFILES {
            for scope in ["tabs=2,calls=1,flows=1,losses=0", "tabs=1,calls=2,flows=1,losses=1"] {
                let scope: Scope = scope.parse().expect("the scope is written right");
                let spec = Spec::new(Policy::profile(name).expect("it is listed"), scope).expect("it is small");
                let reduced = reached(&spec, |world, action| spec.next(world, action).world);
                let (plain, images) = distinct_images(&spec);
                assert!(plain > reduced.len(), "{name}, {scope}: nothing was reduced");
                assert!(images == reduced, "{name}, {scope}: {} images, {} worlds", images.len(), reduced.len());
            }
        }
    }

    #[test]
    fn a_canonical_world_is_left_as_it_is() {
        let spec = Spec::new(Policy::recommended(), Scope::SMALL).expect("it is small");
        for world in reached(&spec, |world, action| spec.next(world, action).world) {
            assert_eq!(canonical(&spec, world), world);
        }
    }
}

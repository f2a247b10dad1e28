//! Equal situations become equal bytes: what nobody refers to is forgotten, what can no longer matter is levelled, tabs and calls that
//! could be swapped are sorted, and every record is named in the order in which it is first referred to.
//!
//! Renaming is part of a step: a [`Renaming`] says under which name each record of the raw world goes on.

use crate::Spec;
use crate::action::{CallId, TabId};
use crate::world::{
    ACCESS_TOKENS, AccessId, AccessState, AccessToken, Attempt, CALLS, Call, CallPhase, Flow, FlowPhase, GRANTS, Grant,
    GrantId, GrantState, REFRESH_TOKENS, RefreshId, RefreshToken, TABS, Tokens, World,
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
pub(crate) struct Order {
    /// `tabs[new] = old`.
    tabs: [u8; TABS],
    /// `calls[old tab][new] = old`.
    calls: [[u8; CALLS]; TABS],
}

const AS_THEY_ARE: Order = Order { tabs: [0, 1, 2], calls: [[0, 1]; TABS] };

/// Makes the world canonical, and says under which name each record goes on.
pub fn canonicalise(spec: &Spec, world: &mut World) -> Renaming {
    let (order, naming) = settle(spec, world);
    naming.renaming(order)
}

/// Makes the world canonical.
#[inline]
pub(crate) fn settle(spec: &Spec, world: &mut World) -> (Order, Naming) {
    level(spec, world);
    let tabs = usize::from(spec.scope.tabs);
    let mut order = AS_THEY_ARE;
    let mut shapes = [0; TABS];
    let mut calls_tie = false;
    for (at, tab) in world.tabs[..tabs].iter().enumerate() {
        let [first, second] = tab.calls.each_ref().map(call_shape);
        if first < second {
            order.calls[at] = [1, 0];
        }
        calls_tie |= first == second && tab.calls[0] != tab.calls[1];
        shapes[at] = (tab.flow.phase as u64) << 32 | first.max(second) << 16 | first.min(second);
    }
    // As many tabs as there are call for no better sorting.
    for end in (1..tabs).rev() {
        for at in 0..end {
            if shapes[usize::from(order.tabs[at])] < shapes[usize::from(order.tabs[at + 1])] {
                order.tabs.swap(at, at + 1);
            }
        }
    }
    let tied = |a: usize, b: usize| {
        let (a, b) = (usize::from(order.tabs[a]), usize::from(order.tabs[b]));
        shapes[a] == shapes[b] && world.tabs[a] != world.tabs[b]
    };
    let tabs_tie = (1..tabs).any(|tab| tied(tab - 1, tab)) || (tabs == TABS && tied(0, 2));
    if tabs_tie || calls_tie {
        return least(world, order, &shapes, tabs);
    }
    let naming = Naming::of(world, order, tabs);
    if order != AS_THEY_ARE || !naming.changes_nothing(world) {
        *world = naming.arranged(world, order, tabs);
    }
    (order, naming)
}

/// The least of all arrangements that the shapes leave open.
fn least(world: &mut World, first: Order, shapes: &[u64; TABS], tabs: usize) -> (Order, Naming) {
    const ALL_TABS: [[u8; TABS]; 6] = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]];
    let sorted = |order: &[u8; TABS]| {
        order[tabs..] == AS_THEY_ARE.tabs[tabs..]
            && (0..tabs).all(|new| shapes[usize::from(order[new])] == shapes[usize::from(first.tabs[new])])
    };
    let ties: [bool; TABS] =
        std::array::from_fn(|tab| call_shape(&world.tabs[tab].calls[0]) == call_shape(&world.tabs[tab].calls[1]));
    let mut best: Option<(World, Order, Naming)> = None;
    for order in ALL_TABS.into_iter().filter(sorted) {
        for swaps in 0..1_u8 << TABS {
            let swapped = |tab: usize| swaps >> tab & 1 == 1;
            if (0..TABS).any(|tab| swapped(tab) && !ties[tab]) {
                continue;
            }
            let calls = std::array::from_fn(|tab| if swapped(tab) { [1, 0] } else { first.calls[tab] });
            let order = Order { tabs: order, calls };
            let naming = Naming::of(world, order, tabs);
            let candidate = naming.arranged(world, order, tabs);
            if best.as_ref().is_none_or(|(least, ..)| candidate.bytes() < least.bytes()) {
                best = Some((candidate, order, naming));
            }
        }
    }
    let (least, order, naming) = best.expect("the order as it is sorted is among the candidates");
    *world = least;
    (order, naming)
}

/// What of a call does not depend on names: all but the identity of its tokens.
fn call_shape(call: &Call) -> u64 {
    (call.phase as u64) << 4
        | (call.attempt as u64) << 3
        | u64::from(call.token.is_some()) << 2
        | u64::from(call.held.is_some()) << 1
        | u64::from(call.answer.access.is_some())
}

/// Levels what can no longer matter, so that situations that differ in nothing else are equal.
fn level(spec: &Spec, world: &mut World) {
    level_tokens(spec, world);
    let store = world.store;
    for tab in &mut world.tabs[..usize::from(spec.scope.tabs)] {
        for call in &mut tab.calls[..usize::from(spec.scope.calls)] {
            level_call(call, store);
        }
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
        let Some(index) = token.grant.index() else { break };
        if world.grants[index].is_over(&spec.ticks) {
            *token = RefreshToken { grant: token.grant, ..RefreshToken::default() };
        }
    }
}

/// The name that each record gets: its number in the order in which records are first referred to.
pub(crate) struct Naming {
    grants: [GrantId; GRANTS + 1],
    refresh: [RefreshId; REFRESH_TOKENS + 1],
    access: [AccessId; ACCESS_TOKENS + 1],
    named: Named,
    /// For each old name, whether the grant's age can still matter: somebody may show its code or a refresh token of it.
    dated: [bool; GRANTS + 1],
    /// Whether every record so far has kept its name.
    in_order: bool,
}

/// How many records have a name.
#[derive(Clone, Copy)]
struct Named {
    grants: usize,
    refresh: usize,
    access: usize,
}

impl Naming {
    fn of(world: &World, order: Order, tabs: usize) -> Self {
        let mut naming = Self {
            grants: [GrantId::NONE; GRANTS + 1],
            refresh: [RefreshId::NONE; REFRESH_TOKENS + 1],
            access: [AccessId::NONE; ACCESS_TOKENS + 1],
            named: Named { grants: 0, refresh: 0, access: 0 },
            dated: [false; GRANTS + 1],
            in_order: true,
        };
        naming.tokens(world, world.store);
        for old in &order.tabs[..tabs] {
            let tab = &world.tabs[usize::from(*old)];
            naming.flow(world, &tab.flow);
            for call in order.calls[usize::from(*old)] {
                naming.call(world, &tab.calls[usize::from(call)]);
            }
        }
        naming
    }

    #[inline]
    fn flow(&mut self, world: &World, flow: &Flow) {
        if flow.phase == FlowPhase::Idle {
            return;
        }
        self.grant(flow.grant);
        self.dated[flow.grant.row()] |= flow.phase != FlowPhase::Revoking;
        self.tokens(world, flow.tokens);
    }

    #[inline]
    fn call(&mut self, world: &World, call: &Call) {
        if call.phase == CallPhase::Idle {
            return;
        }
        self.access(world, call.token);
        self.refresh(world, call.held);
        self.tokens(world, call.answer);
    }

    #[inline]
    fn tokens(&mut self, world: &World, tokens: Tokens) {
        self.access(world, tokens.access);
        self.refresh(world, tokens.refresh);
    }

    #[inline]
    fn grant(&mut self, old: GrantId) {
        if old.is_some() && !self.grants[old.row()].is_some() {
            self.grants[old.row()] = GrantId::at(self.named.grants);
            self.named.grants += 1;
            self.in_order &= self.grants[old.row()] == old;
        }
    }

    #[inline]
    fn access(&mut self, world: &World, old: AccessId) {
        let Some(index) = old.index() else { return };
        if !self.access[old.row()].is_some() {
            self.access[old.row()] = AccessId::at(self.named.access);
            self.named.access += 1;
            self.in_order &= self.access[old.row()] == old;
            self.grant(world.access[index].grant);
        }
    }

    fn refresh(&mut self, world: &World, old: RefreshId) {
        let Some(index) = old.index() else { return };
        if !self.refresh[old.row()].is_some() {
            self.refresh[old.row()] = RefreshId::at(self.named.refresh);
            self.named.refresh += 1;
            self.in_order &= self.refresh[old.row()] == old;
            let RefreshToken { grant, successor, .. } = world.refresh[index];
            self.grant(grant);
            self.dated[grant.row()] = true;
            // A chain is at most two long: only a spent token has a successor, and only a live one is kept as such.
            self.refresh(world, successor);
        }
    }

    /// Whether the world already is as this naming would leave it, given that its tabs and calls are in order.
    fn changes_nothing(&self, world: &World) -> bool {
        let Named { grants, refresh, access } = self.named;
        self.in_order
            && world.grants.get(grants).is_none_or(|grant| grant.state == GrantState::Absent)
            && world.refresh.get(refresh).is_none_or(|token| !token.grant.is_some())
            && world.access.get(access).is_none_or(|token| token.state == AccessState::Absent)
            && (0..grants).all(|grant| world.grants[grant].age == 0 || self.dated[grant + 1])
    }

    fn arranged(&self, world: &World, order: Order, tabs: usize) -> World {
        let tokens = |tokens: Tokens| Tokens {
            access: self.access[tokens.access.row()],
            refresh: self.refresh[tokens.refresh.row()],
        };
        let mut to = World { losses: world.losses, store: tokens(world.store), ..World::default() };
        for (new, old) in to.tabs.iter_mut().zip(&order.tabs[..tabs]) {
            let from = &world.tabs[usize::from(*old)];
            new.flow = Flow {
                phase: from.flow.phase,
                grant: self.grants[from.flow.grant.row()],
                tokens: tokens(from.flow.tokens),
            };
            for (new, old) in new.calls.iter_mut().zip(order.calls[usize::from(*old)]) {
                let Call { phase, attempt, token, held, answer } = from.calls[usize::from(old)];
                let (token, held) = (self.access[token.row()], self.refresh[held.row()]);
                *new = Call { phase, attempt, token, held, answer: tokens(answer) };
            }
        }
        for (old, Grant { state, age }) in world.present_grants().enumerate() {
            if let Some(new) = self.grants[old + 1].index() {
                let age = if self.dated[old + 1] { *age } else { 0 };
                to.grants[new] = Grant { state: *state, age };
            }
        }
        for (old, token) in world.present_refresh().enumerate() {
            if let Some(new) = self.refresh[old + 1].index() {
                let (grant, successor) = (self.grants[token.grant.row()], self.refresh[token.successor.row()]);
                to.refresh[new] = RefreshToken { grant, successor, ..*token };
            }
        }
        for (old, token) in world.present_access().enumerate() {
            if let Some(new) = self.access[old + 1].index() {
                to.access[new] = AccessToken { grant: self.grants[token.grant.row()], ..*token };
            }
        }
        to
    }

    fn renaming(&self, order: Order) -> Renaming {
        let mut renaming = Renaming {
            tabs: [0; TABS],
            calls: [[0; CALLS]; TABS],
            grants: self.grants,
            refresh: self.refresh,
            access: self.access,
        };
        for (new, old) in (0_u8..).zip(order.tabs) {
            renaming.tabs[usize::from(old)] = new;
            for (new, old_call) in (0_u8..).zip(order.calls[usize::from(old)]) {
                renaming.calls[usize::from(old)][usize::from(old_call)] = new;
            }
        }
        renaming
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
        let tabs = usize::from(spec.scope.tabs);
        let plain = reached(spec, |world, action| {
            let raw = spec.apply(world, action, &mut Vec::<Event>::new()).world;
            Naming::of(&raw, AS_THEY_ARE, tabs).arranged(&raw, AS_THEY_ARE, tabs)
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

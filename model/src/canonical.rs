//! Equal situations become equal bytes: what nobody refers to is forgotten, what can no longer matter is levelled, tabs and calls that
//! could be swapped are sorted, and every record is named in the order in which it is first referred to.
//!
//! Renaming is part of a step: a [`Renaming`] says under which name each record of the raw world goes on.

mod naming;

use crate::Spec;
use crate::TabId;
use crate::auth::revocation_is_of_the_grant;
use crate::policy::SpentRevokes;
use crate::time::Time;
use crate::world::{
    AccessId, Attempt, CALLS, Call, CallPhase, FlowPhase, RefreshId, RefreshToken, TABS, Tokens, World,
};

pub(crate) use naming::Naming;
pub use naming::Renaming;

/// An order of the tabs, and of the calls in each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    /// `tabs[new] = old`.
    tabs: [u8; TABS],
    /// `calls[old tab][new] = old`.
    calls: [[u8; CALLS]; TABS],
}

impl Order {
    /// The place that the tab in a new place had before.
    fn tab(&self, new: TabId) -> TabId {
        TabId(self.tabs[new.index()])
    }
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
    let Sorted { order, shapes, ties } = sorted(world, tabs);
    if ties {
        return least(world, order, &shapes, tabs);
    }
    let naming = Naming::of(world, order, tabs);
    if order != AS_THEY_ARE || !naming.changes_nothing(world) {
        *world = naming.arranged(world, order, tabs);
    }
    (order, naming)
}

/// The tabs and calls, sorted by their shapes.
struct Sorted {
    order: Order,
    shapes: [u64; TABS],
    /// Whether the shapes leave open how some of them come.
    ties: bool,
}

#[inline]
fn sorted(world: &World, tabs: usize) -> Sorted {
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
    Sorted { order, shapes, ties: tabs_tie || calls_tie }
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
    let of_the_grant = revocation_is_of_the_grant(&spec.policy);
    for tab in &mut world.tabs[..usize::from(spec.scope.tabs)] {
        if tab.flow.phase == FlowPhase::Revoking && of_the_grant {
            tab.flow.tokens = Tokens::NONE;
        }
        for call in &mut tab.calls[..usize::from(spec.scope.calls)] {
            level_call(call, store);
        }
    }
}

/// What a call remembers of tokens it will not show again is only whether the store still holds them.
fn level_call(call: &mut Call, store: Tokens) {
    match call.phase {
        CallPhase::Accepted | CallPhase::Unauthenticated | CallPhase::Unavailable => {
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

/// The refresh tokens of a grant that is over are all equally dead, but for what revoking them would still end.
fn level_tokens(spec: &Spec, world: &mut World) {
    let spent_matters = spec.policy.spent_revokes == SpentRevokes::No;
    for token in &mut world.refresh {
        let Some(index) = token.grant.index() else { break };
        if world.grants[index].is_over(&spec.limits) {
            let spent = u8::from(spent_matters && token.is_spent());
            *token = RefreshToken { grant: token.grant, spent, ..RefreshToken::default() };
        } else if let (true, Time::Exact(phases)) = (token.is_spent(), &spec.time)
            && phases.long_spent(token)
        {
            token.spent = 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;
    use crate::policy::{AccessOnRefresh, Ends, Grace, IdleOnRefresh, Window};
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
                let spec = Spec::in_ticks(Policy::profile(name).expect("it is listed"), scope).expect("it is small");
                let reduced = reached(&spec, |world, action| spec.next(world, action).world);
                let (plain, images) = distinct_images(&spec);
                assert!(plain > reduced.len(), "{name}, {scope}: nothing was reduced");
                assert!(images == reduced, "{name}, {scope}: {} images, {} worlds", images.len(), reduced.len());
            }
        }
    }

    #[test]
    fn so_does_one_with_a_thief_where_everything_of_a_token_can_matter() {
        let minute = Duration::from_mins(5);
        let mut policy = Policy::recommended();
        policy.revocation_ends = Ends::Nothing;
        policy.spent_revokes = SpentRevokes::No;
        policy.access_on_refresh = AccessOnRefresh::Revoked;
        policy.access_lifetime = minute;
        policy.refresh_idle = Some(minute * 2);
        policy.refresh_absolute = None;
        let scope = "tabs=1,calls=1,losses=0,thefts=1".parse().expect("the scope is written right");
        for (grace, idle) in [
            (Grace::SameTokens(Window::UntilUsed), IdleOnRefresh::Restarts),
            (Grace::NewSibling(Window::For(minute)), IdleOnRefresh::RunsOn),
        ] {
            let policy = Policy { grace, idle_on_refresh: idle, ..policy.clone() };
            let spec = Spec::in_ticks(policy, scope).expect("it is small");
            let reduced = reached(&spec, |world, action| spec.next(world, action).world);
            let (_, images) = distinct_images(&spec);
            assert!(images == reduced, "{grace:?}: {} images, {} worlds", images.len(), reduced.len());
        }
    }

    #[test]
    fn a_canonical_world_is_left_as_it_is() {
        let spec = Spec::in_ticks(Policy::recommended(), Scope::SMALL).expect("it is small");
        for world in reached(&spec, |world, action| spec.next(world, action).world) {
            assert_eq!(canonical(&spec, world), world);
        }
    }
}

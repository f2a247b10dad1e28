//! The names of records: their numbers in the order in which they are first referred to.

use super::Order;
use crate::action::{CallId, TabId};
use crate::time::Clock;
use crate::world::{
    ACCESS_TOKENS, AccessId, AccessState, AccessToken, CALLS, Call, CallPhase, Flow, FlowPhase, GRANTS, Grant, GrantId,
    GrantState, REFRESH_TOKENS, RefreshId, RefreshToken, TABS, Thief, Tokens, World,
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
    pub(super) fn of(world: &World, order: Order, tabs: usize) -> Self {
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
        naming.thief(world, world.thief);
        naming
    }

    #[inline]
    fn thief(&mut self, world: &World, thief: Thief) {
        self.grant(thief.code);
        self.dated[thief.code.row()] = true;
        self.refresh(world, thief.copy);
        self.tokens(world, thief.loot);
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
            let RefreshToken { grant, successor, access, .. } = world.refresh[index];
            self.grant(grant);
            self.dated[grant.row()] = true;
            // A chain is at most two long: only a spent token has a successor, and only a live one is kept as such.
            self.refresh(world, successor);
            self.access(world, access);
        }
    }

    /// Whether the world already is as this naming would leave it, given that its tabs and calls are in order.
    pub(super) fn changes_nothing(&self, world: &World) -> bool {
        let Named { grants, refresh, access } = self.named;
        self.in_order
            && world.grants.get(grants).is_none_or(|grant| grant.state == GrantState::Absent)
            && world.refresh.get(refresh).is_none_or(|token| !token.grant.is_some())
            && world.access.get(access).is_none_or(|token| token.state == AccessState::Absent)
            && (0..grants).all(|grant| world.grants[grant].age == 0 || self.dated[grant + 1])
    }

    pub(super) fn arranged(&self, world: &World, order: Order, tabs: usize) -> World {
        let tokens = |tokens: Tokens| Tokens {
            access: self.access[tokens.access.row()],
            refresh: self.refresh[tokens.refresh.row()],
        };
        let Thief { code, copy, loot } = world.thief;
        let mut to = World {
            losses: world.losses,
            thefts: world.thefts,
            store: tokens(world.store),
            thief: Thief { code: self.grants[code.row()], copy: self.refresh[copy.row()], loot: tokens(loot) },
            ..World::default()
        };
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
                let (grant, access) = (self.grants[token.grant.row()], self.access[token.access.row()]);
                let successor = self.refresh[token.successor.row()];
                to.refresh[new] = RefreshToken { grant, successor, access, ..*token };
            }
        }
        for (old, token) in world.present_access().enumerate() {
            if let Some(new) = self.access[old + 1].index() {
                to.access[new] = AccessToken { grant: self.grants[token.grant.row()], ..*token };
            }
        }
        to
    }

    /// The name that a clock of the arranged world had before.
    pub(crate) fn old(&self, clock: Clock, order: Order) -> Clock {
        fn row<Name: PartialEq>(names: &[Name], new: Name) -> usize {
            names.iter().position(|name| *name == new).expect("every record of a world was named") - 1
        }
        match clock {
            Clock::Grant(new) => Clock::grant(GrantId::at(row(&self.grants, GrantId::at(new.into())))),
            Clock::Idle(new) => Clock::idle(RefreshId::at(row(&self.refresh, RefreshId::at(new.into())))),
            Clock::Spent(new) => Clock::spent(RefreshId::at(row(&self.refresh, RefreshId::at(new.into())))),
            Clock::Access(new) => Clock::access(AccessId::at(row(&self.access, AccessId::at(new.into())))),
            Clock::OfFlow(new) => Clock::OfFlow(order.tab(new)),
            Clock::OfCall(new) => {
                let tab = order.tab(new.tab);
                Clock::OfCall(CallId { tab, call: order.calls[tab.index()][usize::from(new.call)] })
            }
        }
    }

    pub(crate) fn renaming(&self, order: Order) -> Renaming {
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

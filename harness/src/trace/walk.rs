//! Walks the model along and tells each step in names that last.

use std::collections::{BTreeMap, BTreeSet};

use authloom_model::exchange::Message;
use authloom_model::seen::{InWorld, Refusal, Translate};
use authloom_model::time::Moment;
use authloom_model::world::{
    ACCESS_TOKENS, AccessId, AccessState, CALLS, CallPhase, GRANTS, GrantId, REFRESH_TOKENS, RefreshId, TABS,
};
use authloom_model::{Action, CallId, Ended, Exchange, Limit, Renaming, Seconds, Spec, TabId, World};
use itertools::Itertools as _;

use super::{Access, Code, InTrace, Passed, Refresh, Release, Standing, Token, TraceStep};

/// The model does not allow an action where a trace has it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the model does not allow `{}` here; it allows: {}", super::words::action(*.action), list(.allowed))]
pub struct NotEnabled {
    /// The action.
    pub action: Action,
    /// The actions that could happen instead, in the trace's names.
    pub allowed: Vec<Action>,
}

fn list(actions: &[Action]) -> String {
    actions.iter().map(|action| super::words::action(*action)).join(", ")
}

/// The model, somewhere along a trace.
#[derive(Clone, Debug)]
pub struct Walker<'s> {
    spec: &'s Spec,
    moment: Moment,
    names: Names,
    /// Every token issued so far for a grant that has not ended, by the grant's code.
    issued: BTreeMap<Code, BTreeSet<Token>>,
}

/// For each place in the world, the name of what is there.
#[derive(Clone, Debug)]
struct Names {
    tabs: [u8; TABS],
    calls: [[u8; CALLS]; TABS],
    codes: [Option<Code>; GRANTS],
    refresh: [Option<Refresh>; REFRESH_TOKENS],
    access: [Option<Access>; ACCESS_TOKENS],
    next: (Code, Refresh, Access),
}

impl<'s> Walker<'s> {
    /// At the beginning.
    #[must_use]
    pub fn new(spec: &'s Spec) -> Self {
        let names = Names {
            tabs: [0, 1, 2],
            calls: [[0, 1]; TABS],
            codes: [None; GRANTS],
            refresh: [None; REFRESH_TOKENS],
            access: [None; ACCESS_TOKENS],
            next: (Code(1), Refresh(1), Access(1)),
        };
        Self { spec, moment: spec.beginning(), names, issued: BTreeMap::new() }
    }

    /// The world it has come to.
    #[must_use]
    pub fn world(&self) -> &World {
        self.moment.world()
    }

    /// What can happen now, in the trace's names.
    #[must_use]
    pub fn enabled(&self) -> Vec<Action> {
        self.enabled_here().into_iter().map(|(action, _)| action).collect()
    }

    /// What can happen now, in the trace's names and in the world's.
    #[must_use]
    pub fn enabled_here(&self) -> Vec<(Action, Action)> {
        let mut actions = Vec::new();
        self.spec.enabled(self.world(), &mut actions);
        actions.into_iter().map(|placed| (self.names.lasting(placed), placed)).collect()
    }

    /// Where two walkers of one run stand, each by its world, with which place of the one has the name of which place of the other, and in
    /// which order the limits ahead of both come. Names themselves do not matter, nor do tokens that no world has a place for any more, nor
    /// how long it is until a limit.
    #[must_use]
    pub fn beside(&self, other: &Walker<'_>) -> Vec<u8> {
        let mut bytes = [self.world().bytes(), other.world().bytes()].concat();
        let mut met: Vec<(u8, u32)> = Vec::new();
        for names in [&self.names, &other.names] {
            let codes = names.codes.iter().map(|code| code.map(|Code(name)| (0, name)));
            let refresh = names.refresh.iter().map(|token| token.map(|Refresh(name)| (1, name)));
            let access = names.access.iter().map(|token| token.map(|Access(name)| (2, name)));
            for name in codes.chain(refresh).chain(access) {
                let number = name.map_or(u8::MAX, |name| {
                    let at = met.iter().position(|known| *known == name).unwrap_or_else(|| {
                        met.push(name);
                        met.len() - 1
                    });
                    u8::try_from(at).expect("two worlds have fewer places than a byte has values")
                });
                bytes.push(number);
            }
            bytes.extend(names.tabs.iter().chain(names.calls.iter().flatten()));
        }
        let ahead = [self, other].map(|walker| walker.spec.until_limits(&walker.moment)).concat();
        let order: BTreeSet<Seconds> = ahead.iter().copied().collect();
        let rank = |until| {
            u8::try_from(order.range(..until).count()).expect("two zones have fewer clocks than a byte has values")
        };
        bytes.extend(ahead.into_iter().map(rank));
        bytes
    }

    /// Why the model holds a token inactive, as far as the world still has a record of it.
    #[must_use]
    pub fn why_inactive(&self, token: Token) -> Option<Refusal> {
        match token {
            Token::Access(name) => {
                let at = self.names.access.iter().position(|known| *known == Some(name))?;
                self.spec.why_access_inactive(self.world(), AccessId::at(at))
            }
            Token::Refresh(name) => {
                let at = self.names.refresh.iter().position(|known| *known == Some(name))?;
                self.spec.why_refresh_inactive(self.world(), RefreshId::at(at))
            }
        }
    }

    /// Takes a step that a trace tells.
    pub fn take(&mut self, action: Action) -> Result<TraceStep, NotEnabled> {
        match self.placed(action) {
            Some(placed) => Ok(self.step(placed)),
            None => Err(NotEnabled { action, allowed: self.enabled() }),
        }
    }

    /// An action of a trace as the world has it, where it can happen. Of calls that are idle each is as good as the other.
    fn placed(&self, action: Action) -> Option<Action> {
        if let Action::Wait(time) = action {
            return (!time.is_zero() && self.may_wait(time)).then_some(action);
        }
        if let Action::Open(call) = action {
            return self.idle(call).map(Action::Open);
        }
        self.enabled_here().into_iter().find(|(named, _)| *named == action).map(|(_, placed)| placed)
    }

    /// Where an idle call of the trace is in the world, if its tab can open another one.
    fn idle(&self, call: CallId) -> Option<CallId> {
        let call = self.names.place_of(call);
        let state = self.world().tabs.get(call.tab.index())?.calls.get(usize::from(call.call))?;
        let opens = |placed: Action| matches!(placed, Action::Open(free) if free.tab == call.tab);
        let is_free = state.phase == CallPhase::Idle && call.call < self.spec.scope.calls;
        (is_free && self.enabled_here().iter().any(|(_, placed)| opens(*placed))).then_some(call)
    }

    /// How long it is until a limit passes; none where none is ahead, or where a spec counts ticks.
    #[must_use]
    pub fn until_a_limit(&self) -> Option<Seconds> {
        self.spec.until_a_limit(&self.moment)
    }

    /// Whether every message in flight can still come in time when so much time has passed.
    #[must_use]
    pub fn comes_in_time(&self, time: Seconds) -> bool {
        self.spec.comes_in_time(&self.moment, time)
    }

    /// Whether so much time can pass: in ticks, where the spec counts these and something grows older.
    fn may_wait(&self, time: Seconds) -> bool {
        match self.spec.tick() {
            None => true,
            Some(_) => self.enabled_here().iter().any(|(named, _)| *named == Action::Wait(time)),
        }
    }

    /// Takes an enabled step, given as the model's world has it.
    pub fn step(&mut self, placed: Action) -> TraceStep {
        let action = self.names.lasting(placed);
        let (moment, step) = self.spec.take(&self.moment, placed);
        let seen: Vec<_> = step.seen.into_iter().map(|event| event.translated(&mut self.names)).collect();
        let passed = step.passed.into_iter().filter_map(|limit| self.names.passed(limit)).collect();
        let dead = self.named(&step.ended);
        self.names = self.names.renamed(&step.renamed);
        self.moment = moment;
        self.remember_issued();
        let standing = if may_change_a_standing(placed) { self.standing(dead) } else { Vec::new() };
        TraceStep { action, passed, seen, standing, release: Release::Alone }
    }

    /// The tokens that a step ends, also those that nobody refers to any more.
    fn named(&mut self, ended: &[Ended]) -> BTreeSet<Token> {
        let mut dead = BTreeSet::new();
        for ended in ended {
            match *ended {
                Ended::Access(id) => dead.extend(id.index().and_then(|at| self.names.access[at]).map(Token::Access)),
                Ended::Refresh(id) => {
                    dead.extend(id.index().and_then(|at| self.names.refresh[at]).map(Token::Refresh));
                }
                Ended::AccessTokensOf(grant) => {
                    dead.extend(self.issued_for(grant).filter(|token| matches!(token, Token::Access(_))));
                }
                Ended::RefreshTokensOf(grant) => {
                    dead.extend(self.issued_for(grant).filter(|token| matches!(token, Token::Refresh(_))));
                }
                Ended::AllOf(grant) => {
                    let issued = self.names.of_grant(grant).and_then(|code| self.issued.remove(&code));
                    dead.extend(issued.into_iter().flatten());
                }
                Ended::Everything => dead.extend(std::mem::take(&mut self.issued).into_values().flatten()),
            }
        }
        dead
    }

    /// The tokens that were issued for a grant before the step.
    fn issued_for(&self, grant: GrantId) -> impl Iterator<Item = Token> {
        let issued = self.names.of_grant(grant).and_then(|code| self.issued.get(&code));
        issued.into_iter().flatten().copied()
    }

    /// Remembers the tokens that the world has a record of.
    fn remember_issued(&mut self) {
        let of = |name: Option<Token>, grant| Some((self.names.of_grant(grant)?, name?));
        let world = *self.world();
        let access = world.access.iter().zip(self.names.access);
        let access = access.filter_map(|(token, name)| of(name.map(Token::Access), token.grant));
        let refresh = world.refresh.iter().zip(self.names.refresh);
        let refresh = refresh.filter_map(|(token, name)| of(name.map(Token::Refresh), token.grant));
        for (code, token) in access.chain(refresh) {
            self.issued.entry(code).or_default().insert(token);
        }
    }

    /// How the tokens of the world stand, and `dead` ones.
    fn standing(&self, mut dead: BTreeSet<Token>) -> Vec<(Token, Standing)> {
        let standing = |active| if active { Standing::Active } else { Standing::Inactive };
        let world = self.world();
        let access = world.access.iter().zip(self.names.access).enumerate().filter_map(|(at, (token, name))| {
            let active = token.state == AccessState::Issued && self.spec.access_is_active(world, AccessId::at(at));
            Some((Token::Access(name?), standing(active)))
        });
        let refresh = self.names.refresh.iter().enumerate().filter_map(|(at, name)| {
            let active = || self.spec.refresh_is_active(world, RefreshId::at(at));
            Some((Token::Refresh((*name)?), standing(active())))
        });
        let mut all: Vec<_> = access.chain(refresh).collect();
        for (token, _) in &all {
            dead.remove(token);
        }
        all.extend(dead.into_iter().map(|token| (token, Standing::Inactive)));
        all
    }
}

/// Whether a step reaches the AuthService in a way that can change a token, or turns the clock.
fn may_change_a_standing(action: Action) -> bool {
    match action.arriving().map(Exchange::message) {
        Some(Message::Refresh | Message::Redemption | Message::Revocation) => true,
        Some(Message::Resource | Message::Introspection | Message::Authorization) => false,
        None => matches!(action, Action::Wait(_)),
    }
}

impl Names {
    fn of_grant(&self, grant: GrantId) -> Option<Code> {
        self.codes[grant.index()?]
    }

    /// A limit that passes, unless nobody has seen the token that it is about.
    fn passed(&self, limit: Limit) -> Option<Passed> {
        let access = |id: AccessId| self.access[id.index()?];
        let refresh = |id: RefreshId| self.refresh[id.index()?];
        Some(match limit {
            Limit::Due(id) => Passed::Due(access(id)?),
            Limit::Exp(id) => Passed::Exp(access(id)?),
            Limit::ExpPlusLeeway(id) => Passed::ExpPlusLeeway(access(id)?),
            Limit::Idle(id) => Passed::Idle(refresh(id)?),
            Limit::Grace(id) => Passed::Grace(refresh(id)?),
            Limit::Code(id) => Passed::Code(self.of_grant(id)?),
            Limit::Lifetime(id) => Passed::Lifetime(self.of_grant(id)?),
        })
    }

    fn tab_name(&self, tab: TabId) -> TabId {
        TabId(self.tabs[tab.index()])
    }

    fn call_name(&self, id: CallId) -> CallId {
        CallId { tab: self.tab_name(id.tab), call: self.calls[id.tab.index()][usize::from(id.call)] }
    }

    /// Where a call of the trace is in the world.
    fn place_of(&self, call: CallId) -> CallId {
        let tab = self.tabs.iter().position(|name| *name == call.tab.0).unwrap_or(TABS);
        let at = self.calls.get(tab).and_then(|calls| calls.iter().position(|name| *name == call.call));
        let place = |index: usize| u8::try_from(index).expect("a world has fewer than 256 tabs");
        CallId { tab: TabId(place(tab)), call: at.map_or(u8::MAX, place) }
    }

    /// An action of the world, as the trace tells it.
    fn lasting(&self, action: Action) -> Action {
        match action {
            Action::Wait(time) => Action::Wait(time),
            Action::CopySession => Action::CopySession,
            Action::Open(call) => Action::Open(self.call_name(call)),
            Action::SignIn(tab) => Action::SignIn(self.tab_name(tab)),
            Action::Mistype(tab) => Action::Mistype(self.tab_name(tab)),
            Action::SignOut(tab) => Action::SignOut(self.tab_name(tab)),
            Action::CopyCode(tab) => Action::CopyCode(self.tab_name(tab)),
            Action::Lock(call) => Action::Lock(self.call_name(call)),
            Action::Arrive(exchange) => Action::Arrive(self.clone().exchange(exchange)),
            Action::Return(exchange) => Action::Return(self.clone().exchange(exchange)),
            Action::Lose(exchange) => Action::Lose(self.clone().exchange(exchange)),
        }
    }

    /// The names after the world has been renamed.
    fn renamed(&self, renaming: &Renaming) -> Self {
        let mut new = Self {
            tabs: [0; TABS],
            calls: [[0; CALLS]; TABS],
            codes: [None; GRANTS],
            refresh: [None; REFRESH_TOKENS],
            access: [None; ACCESS_TOKENS],
            next: self.next,
        };
        for (tab, calls) in (0_u8..).zip(self.calls) {
            let place = renaming.tab(TabId(tab));
            new.tabs[place.index()] = self.tabs[usize::from(tab)];
            for (call, name) in (0_u8..).zip(calls) {
                let moved = renaming.call(CallId { tab: TabId(tab), call });
                new.calls[place.index()][usize::from(moved.call)] = name;
            }
        }
        for (at, name) in self.codes.iter().enumerate() {
            if let Some(place) = renaming.grant(GrantId::at(at)).index() {
                new.codes[place] = *name;
            }
        }
        for (at, name) in self.refresh.iter().enumerate() {
            if let Some(place) = renaming.refresh(RefreshId::at(at)).index() {
                new.refresh[place] = *name;
            }
        }
        for (at, name) in self.access.iter().enumerate() {
            if let Some(place) = renaming.access(AccessId::at(at)).index() {
                new.access[place] = *name;
            }
        }
        new
    }
}

impl Translate<InWorld, InTrace> for Names {
    fn code(&mut self, code: GrantId) -> Code {
        let place = &mut self.codes[code.index().expect("a code that is seen has a grant")];
        *place.get_or_insert_with(|| {
            let fresh = self.next.0;
            self.next.0.0 += 1;
            fresh
        })
    }

    fn refresh(&mut self, token: RefreshId) -> Refresh {
        let place = &mut self.refresh[token.index().expect("a refresh token that is seen has a place")];
        *place.get_or_insert_with(|| {
            let fresh = self.next.1;
            self.next.1.0 += 1;
            fresh
        })
    }

    fn access(&mut self, token: AccessId) -> Access {
        let place = &mut self.access[token.index().expect("an access token that is seen has a place")];
        *place.get_or_insert_with(|| {
            let fresh = self.next.2;
            self.next.2.0 += 1;
            fresh
        })
    }

    fn why(&mut self, why: Refusal) -> Refusal {
        why
    }

    fn unexpected(&mut self, unexpected: std::convert::Infallible) -> std::convert::Infallible {
        unexpected
    }

    fn tab(&mut self, tab: TabId) -> TabId {
        self.tab_name(tab)
    }

    fn call(&mut self, call: CallId) -> CallId {
        self.call_name(call)
    }
}

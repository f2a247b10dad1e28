//! What a target was seen to do, and whether a specification foretold it.
//!
//! A [`Recorder`] lets things happen and asks how every token it has met stands, whatever anybody expects; a [`Reading`] follows one
//! specification along and compares. So one run of a target can be read by any number of specifications, and what happened at once in
//! any order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;

use authloom_model::rules::Rule;
use authloom_model::seen::{Answer, Event, Symbols};
use authloom_model::{Action, Exchange, Spec};
use foldhash::fast::FixedState;

use super::bindings::Bindings;
use super::{Difference, compare, is_seen, standing, support, wrong_standing};
use crate::servers::{Concrete, Fault, Lens, Secret, Support, Target};
use crate::trace::{InTrace, Release, Standing, Token, TraceStep, Walker};

/// How tokens stood when they were asked about. Only ever looked up, so that the order of a hash is seen by nobody.
type Standings = HashMap<Secret, bool, FixedState>;

/// What was seen of one step.
#[derive(Default)]
pub struct Record {
    lens: Option<Lens>,
    events: Vec<Event<Concrete>>,
    standings: Standings,
}

impl Record {
    /// What was seen.
    pub(super) fn events(&self) -> &[Event<Concrete>] {
        &self.events
    }
}

/// Lets things happen to a target, and writes down what is seen.
pub struct Recorder<'t> {
    target: &'t mut dyn Target,
    access: BTreeSet<Secret>,
    refresh: BTreeSet<Secret>,
    record: Record,
}

impl<'t> Recorder<'t> {
    /// Begins with a target as new.
    ///
    /// # Errors
    /// When it cannot be brought there.
    pub fn begin(target: &'t mut dyn Target) -> Result<Self, Fault> {
        target.reset()?;
        Ok(Self { target, access: BTreeSet::new(), refresh: BTreeSet::new(), record: Record::default() })
    }

    /// Lets one action happen.
    ///
    /// # Errors
    /// When it cannot be made to happen for reasons of our own.
    pub fn apply(&mut self, action: Action) -> Result<&Record, Fault> {
        let events = self.target.apply(action)?;
        self.record(events)
    }

    /// Lets requests arrive at the AuthService at once.
    ///
    /// # Errors
    /// When they cannot be made to for reasons of our own.
    pub fn at_once(&mut self, exchanges: &[Exchange]) -> Result<&Record, Fault> {
        let events = self.target.at_once(exchanges)?;
        self.record(events)
    }

    fn record(&mut self, events: Vec<Event<Concrete>>) -> Result<&Record, Fault> {
        for event in &events {
            if let Event::Answered(_, Answer::Tokens(access, refresh)) = event {
                self.access.insert(access.clone());
                self.refresh.extend(refresh.clone());
            }
        }
        let lens = self.target.lens();
        let mut standings = Standings::default();
        for (kind, tokens) in [(lens.access, &self.access), (lens.refresh, &self.refresh)] {
            for token in tokens.iter().filter(|_| kind == Support::Yes) {
                if let Some(active) = self.target.is_active(token)? {
                    standings.insert(token.clone(), active);
                }
            }
        }
        self.record = Record { lens: Some(lens), events, standings };
        Ok(&self.record)
    }

    /// The exchanges so far.
    #[must_use]
    pub fn evidence(&self) -> Vec<String> {
        self.target.evidence()
    }
}

/// What a specification foretells of a step, as far as it can be seen.
#[derive(Debug)]
pub(crate) struct Foretold {
    seen: Vec<Event<Plain>>,
    standing: BTreeMap<Token, Standing>,
    /// The tokens that end here, and not by time.
    ends: BTreeSet<Token>,
}

impl Foretold {
    /// Whether nothing can be seen that the one foretells and the other does not.
    ///
    /// A specification speaks only of tokens that somebody refers to, and of those that a step has ended: where one of two says that a
    /// token ends and the other says nothing of it, it holds that it does not. Of what has ended before nothing follows, nor of what time
    /// does.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let contradicts = |one: &Self, other: &Self| {
            one.standing.iter().any(|(token, standing)| match other.standing.get(token) {
                Some(said) => said != standing,
                None => one.ends.contains(token),
            })
        };
        self.seen == other.seen && !contradicts(self, other) && !contradicts(other, self)
    }
}

/// By names that last, and without reasons: what the wire tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Plain {}

impl Symbols for Plain {
    type Code = <InTrace as Symbols>::Code;
    type Refresh = <InTrace as Symbols>::Refresh;
    type Access = <InTrace as Symbols>::Access;
    type Why = ();
    type Unexpected = Infallible;
}

struct WithoutReasons;

impl authloom_model::seen::Translate<InTrace, Plain> for WithoutReasons {
    fn code(&mut self, code: <InTrace as Symbols>::Code) -> <InTrace as Symbols>::Code {
        code
    }

    fn refresh(&mut self, token: <InTrace as Symbols>::Refresh) -> <InTrace as Symbols>::Refresh {
        token
    }

    fn access(&mut self, token: <InTrace as Symbols>::Access) -> <InTrace as Symbols>::Access {
        token
    }

    fn why(&mut self, _: <InTrace as Symbols>::Why) {}

    fn unexpected(&mut self, unexpected: Infallible) -> Infallible {
        unexpected
    }

    fn tab(&mut self, tab: authloom_model::TabId) -> authloom_model::TabId {
        tab
    }

    fn call(&mut self, call: authloom_model::CallId) -> authloom_model::CallId {
        call
    }
}

/// One specification, somewhere along a run.
#[derive(Clone)]
pub struct Reading<'s> {
    walker: Walker<'s>,
    bindings: Bindings,
    /// How tokens stood after the step before.
    stood: Standings,
    /// The tokens that it has foretold to be active, as long as neither it nor time has ended them.
    active: BTreeSet<Token>,
}

impl<'s> Reading<'s> {
    /// At the beginning.
    #[must_use]
    pub fn new(spec: &'s Spec) -> Self {
        Self {
            walker: Walker::new(spec),
            bindings: Bindings::default(),
            stood: Standings::default(),
            active: BTreeSet::new(),
        }
    }

    /// Where it is.
    pub(crate) fn walker(&self) -> &Walker<'s> {
        &self.walker
    }

    /// Whether an action, in the trace's names, can happen here. Time can always pass, also where nothing ages any more.
    #[must_use]
    pub fn allows(&self, action: Action) -> bool {
        matches!(action, Action::Wait(_)) || self.walker.enabled().contains(&action)
    }

    /// Takes a step that can happen.
    fn take(&mut self, action: Action) -> Option<TraceStep> {
        match self.walker.take(action) {
            Ok(step) => Some(step),
            Err(_) if matches!(action, Action::Wait(_)) => Some(TraceStep {
                action,
                passed: Vec::new(),
                seen: Vec::new(),
                standing: Vec::new(),
                release: Release::Alone,
            }),
            Err(_) => None,
        }
    }

    /// Takes a step and says what is foretold of it; none where the action cannot happen.
    pub(crate) fn foretell(&mut self, action: Action, lens: Lens) -> Option<Foretold> {
        let TraceStep { seen, standing, .. } = self.take(action)?;
        let seen = seen.into_iter().filter(|event| is_seen(lens, event));
        // The wire does not tell a grace from a first answer.
        let seen = seen.map(|event| match event.translated(&mut WithoutReasons) {
            Event::Answered(of, Answer::GraceTokens(access, refresh)) => {
                Event::Answered(of, Answer::Tokens(access, refresh))
            }
            event @ (Event::Sent(..)
            | Event::Answered(..)
            | Event::CallEnded(..)
            | Event::SignInFailed(_)
            | Event::Session(_)) => event,
        });
        let mut seen: Vec<_> = seen.collect();
        seen.sort();
        let standing: BTreeMap<_, _> =
            standing.into_iter().filter(|(token, _)| support(lens, *token) == Support::Yes).collect();
        let inactive =
            standing.iter().filter(|(_, standing)| **standing == Standing::Inactive).map(|(token, _)| *token);
        let ends: BTreeSet<Token> = inactive.filter(|token| self.active.remove(token)).collect();
        let active = standing.iter().filter(|(_, standing)| **standing == Standing::Active).map(|(token, _)| *token);
        if matches!(action, Action::Wait(_)) {
            // What nobody refers to any more may have expired.
            self.active = active.collect();
            return Some(Foretold { seen, standing, ends: BTreeSet::new() });
        }
        self.active.extend(active);
        Some(Foretold { seen, standing, ends })
    }

    /// Takes steps that can happen, in this order, and says how what was seen of them together differs from what they foretell.
    pub fn explain(&mut self, order: &[Action], record: &Record) -> Option<(Difference, Rule)> {
        let lens = record.lens.unwrap_or(Lens::CLEAR);
        let taken = order.iter().map(|action| self.take(*action).expect("whoever asks knows that it can happen"));
        let taken: Vec<TraceStep> = taken.collect();
        let expected = taken.iter().flat_map(|step| &step.seen).filter(|event| is_seen(lens, event));
        let expected: Vec<_> = expected.cloned().collect();
        if let Some(difference) = compare::compare(&expected, record.events.clone(), &mut self.bindings) {
            return Some(difference);
        }
        let foretold: BTreeMap<Token, Standing> = taken.iter().flat_map(|step| step.standing.iter().copied()).collect();
        let Ok(wrong) = wrong_standing(&foretold, |token| {
            Ok::<_, Infallible>(self.bindings.token(token).and_then(|secret| record.standings.get(secret)).copied())
        });
        let (token, expected) = wrong.or_else(|| self.ended_unasked(order, &foretold, record))?;
        let seen: Vec<_> = taken.into_iter().flat_map(|step| step.seen).collect();
        let rule = standing::rule(&self.walker, &seen, token, expected);
        Some((Difference::Standing { token, expected }, rule))
    }

    /// A token that ends though neither time nor the specification has ended it, also one that nobody refers to any more.
    fn ended_unasked(
        &mut self,
        order: &[Action],
        foretold: &BTreeMap<Token, Standing>,
        record: &Record,
    ) -> Option<(Token, Standing)> {
        let stood = std::mem::replace(&mut self.stood, record.standings.clone());
        if order.iter().any(|action| matches!(action, Action::Wait(_))) {
            return None;
        }
        let ended = |secret: &Secret| stood.get(secret) == Some(&true) && record.standings.get(secret) == Some(&false);
        let asked = |token: &Token| foretold.get(token) == Some(&Standing::Inactive);
        let token = self.bindings.tokens().find(|(token, secret)| ended(secret) && !asked(token))?.0;
        Some((token, Standing::Active))
    }
}

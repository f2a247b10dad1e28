//! Paths whose last step a server may answer by more of the past than a world keeps.
//!
//! Two pasts that no server may tell apart are one world, and [`every_kind`](crate::cover::exact::every_kind) takes a step in any of them. A server
//! that does tell them apart shows it only in the right one: where it knows the last spent token of a grant and no older one, or where
//! nothing but the idle time ends a grant. Each path here is a shortest one to such a step.

use std::collections::VecDeque;

use authloom_model::seen::{Answer, Event, Refusal};
use authloom_model::world::{GrantId, RefreshId, RefreshToken};
use authloom_model::{Action, Exchange, Spec, Stolen, World};

use crate::cover::Path;
use crate::explore::exact::Way;
use crate::run::space::{Expanded, Space};

/// What a step does to a past that is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// It is what comes next in it.
    On,
    /// It may come between.
    Between,
    /// It would spoil it.
    Spoils,
}

/// What happens: an action, or time, which leads to this raw world.
#[derive(Clone, Copy)]
enum Happens<'w> {
    Action(Action),
    Time(&'w World),
}

/// What comes next in a past, and what may come between.
type Stage = fn(&Spec, &World, Happens<'_>) -> Turn;

/// A thief presents a token whose successor is spent as well.
const OLDER_THAN_THE_LAST_SPENT: [Stage; 4] = [copies, spends_the_copy, spends_its_successor, presents_the_copy];

/// The lifetime of a grant ends while each of its tokens was used lately, and then one of them is presented.
const OVER_AND_NOT_IDLE: [Stage; 2] = [lifetime_ends_alone, refused_past_its_lifetime];

/// A shortest way to the end of each past that can happen, and that has a schedule.
pub(super) fn with_a_past(spec: &Spec, space: &Space) -> Vec<Way> {
    let pasts: [&[Stage]; 2] = [&OLDER_THAN_THE_LAST_SPENT, &OVER_AND_NOT_IDLE];
    let states = space.expanded(spec);
    let ways = pasts.into_iter().filter_map(|stages| shortest(spec, &states, stages));
    ways.filter_map(|path| space.along(spec, &path)).collect()
}

/// A state that was come to with so much of a past behind it, and how.
struct Come {
    stage: usize,
    state: u32,
    before: Option<(usize, u32)>,
}

/// A shortest path that goes through all stages in their order, breadth first.
fn shortest(spec: &Spec, states: &[Expanded], stages: &[Stage]) -> Option<Path> {
    let mut seen = vec![false; states.len() * stages.len()];
    let mut come = vec![Come { stage: 0, state: 0, before: None }];
    let mut queue = VecDeque::from([0]);
    *seen.first_mut()? = true;
    while let Some(at) = queue.pop_front() {
        let (stage, here) = (come[at].stage, &states[come[at].state as usize]);
        for step in &here.steps {
            let happens = match (step.action, &step.later) {
                (Some(action), None) => Happens::Action(action),
                (_, Some(later)) => Happens::Time(later),
                (None, None) => continue,
            };
            let next = match stages[stage](spec, &here.world, happens) {
                Turn::Spoils => continue,
                Turn::Between => stage,
                Turn::On => stage + 1,
            };
            if next == stages.len() {
                return Some(path_to(&come, at, step.id));
            }
            let Some(target) = step.target else { continue };
            let first = !std::mem::replace(&mut seen[next * states.len() + target as usize], true);
            if first {
                come.push(Come { stage: next, state: target, before: Some((at, step.id)) });
                queue.push_back(come.len() - 1);
            }
        }
    }
    None
}

/// The path to where somebody has come, and a last step.
fn path_to(come: &[Come], at: usize, last: u32) -> Path {
    let mut path = vec![last];
    let mut before = come[at].before;
    while let Some((from, step)) = before {
        path.push(step);
        before = come[from].before;
    }
    path.reverse();
    path
}

impl Happens<'_> {
    fn is(self, wanted: Action) -> bool {
        matches!(self, Self::Action(action) if action == wanted)
    }
}

fn on_if(it_is: bool) -> Turn {
    if it_is { Turn::On } else { Turn::Between }
}

/// A thief copies a session with a live refresh token.
fn copies(_: &Spec, world: &World, happens: Happens<'_>) -> Turn {
    on_if(happens.is(Action::CopySession) && is_live(world, world.store.refresh))
}

/// Somebody gets new tokens for the copied one.
fn spends_the_copy(spec: &Spec, world: &World, happens: Happens<'_>) -> Turn {
    let Happens::Action(action) = happens else { return Turn::Between };
    let is_the_copy = |token| token == world.thief.copy && is_live(world, token);
    unless_copied_again(action, presented(world, action).is_some_and(is_the_copy) && renews(spec, world, action))
}

/// Somebody gets new tokens for another one of its grant.
fn spends_its_successor(spec: &Spec, world: &World, happens: Happens<'_>) -> Turn {
    let Happens::Action(action) = happens else { return Turn::Between };
    let of_its_grant = |token| token != world.thief.copy && grant(world, token) == grant(world, world.thief.copy);
    unless_copied_again(action, presented(world, action).is_some_and(of_its_grant) && renews(spec, world, action))
}

/// The thief presents the copied one, too late.
fn presents_the_copy(spec: &Spec, world: &World, happens: Happens<'_>) -> Turn {
    let Happens::Action(action) = happens else { return Turn::Between };
    let arrives = action == Action::Arrive(Exchange::Theft(Stolen::Copy));
    unless_copied_again(action, arrives && is_refused(spec, world, action, Refusal::Replayed))
}

fn unless_copied_again(action: Action, it_is: bool) -> Turn {
    if action == Action::CopySession { Turn::Spoils } else { on_if(it_is) }
}

/// Time passes, and it is the lifetime of a grant that ends, and the idle time of none of its tokens: each is live.
fn lifetime_ends_alone(spec: &Spec, world: &World, happens: Happens<'_>) -> Turn {
    let Happens::Time(later) = happens else { return Turn::Between };
    let limit = spec.limits.refresh_absolute;
    let ends = |id: GrantId| world.grant(id).age < limit && later.grant(id).age >= limit;
    let lately = |token: &RefreshToken| token.spent == 0 && token.idle < spec.limits.refresh_idle;
    let mut of_it = later.refresh.iter().filter(|token| token.grant.is_some() && ends(token.grant)).peekable();
    on_if(of_it.peek().is_some() && of_it.all(lately))
}

/// One of these tokens is refused, before more time passes.
fn refused_past_its_lifetime(spec: &Spec, world: &World, happens: Happens<'_>) -> Turn {
    let Happens::Action(action) = happens else { return Turn::Spoils };
    on_if(presented(world, action).is_some() && is_refused(spec, world, action, Refusal::PastLifetime))
}

/// The refresh token that arrives for new ones.
fn presented(world: &World, action: Action) -> Option<RefreshId> {
    let token = match action.arriving()? {
        Exchange::Refresh(id) => world.tabs[id.tab.index()].calls[usize::from(id.call)].held,
        Exchange::Theft(Stolen::Copy) => world.thief.copy,
        Exchange::Theft(Stolen::Loot) => world.thief.loot.refresh,
        Exchange::Theft(Stolen::Code)
        | Exchange::Call(_)
        | Exchange::Introspect(_)
        | Exchange::SignIn(_)
        | Exchange::Redeem(_)
        | Exchange::Revoke(_) => return None,
    };
    token.is_some().then_some(token)
}

fn is_live(world: &World, token: RefreshId) -> bool {
    token.is_some() && world.refresh_token(token).spent == 0
}

fn grant(world: &World, token: RefreshId) -> Option<GrantId> {
    token.is_some().then(|| world.refresh_token(token).grant)
}

fn renews(spec: &Spec, world: &World, action: Action) -> bool {
    answers(spec, world, action, |answer| matches!(answer, Answer::Tokens(_, Some(_))))
}

fn is_refused(spec: &Spec, world: &World, action: Action, why: Refusal) -> bool {
    answers(spec, world, action, |answer| *answer == Answer::InvalidGrant(why))
}

fn answers(spec: &Spec, world: &World, action: Action, right: impl Fn(&Answer) -> bool) -> bool {
    let mut seen = Vec::new();
    spec.apply(world, action, &mut seen);
    seen.iter().any(|event| matches!(event, Event::Answered(_, answer) if right(answer)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use authloom_model::policy::Rotation;
    use authloom_model::{CallId, Policy, Scope, TabId};

    use super::*;
    use crate::explore::Limits;
    use crate::explore::exact::{self, Bounds};

    const T1: TabId = TabId(0);
    const CALL: CallId = CallId { tab: T1, call: 0 };

    /// What happens along each path, in short: who presents what, and how time passes.
    fn told(policy: Policy) -> Vec<Vec<String>> {
        let spec = Spec::exact(policy, Scope { losses: 0, ..Scope::THEFT }).unwrap();
        let found = exact::explore(&spec, &spec, &[], Limits::default(), Bounds::default(), &mut |_| {});
        let space = Space::Exact(Box::new(found.ways.expect("it fits")));
        let told = [
            (Action::CopySession, "copied"),
            (Action::Arrive(Exchange::Redeem(T1)), "redeem"),
            (Action::Arrive(Exchange::Refresh(CALL)), "refresh"),
            (Action::Arrive(Exchange::Theft(Stolen::Copy)), "copy"),
            (Action::Arrive(Exchange::Theft(Stolen::Loot)), "loot"),
        ];
        let word = |here: &Action| {
            if let Action::Wait(time) = here {
                return Some(time.to_string());
            }
            told.iter().find(|(action, _)| action == here).map(|(_, word)| (*word).to_owned())
        };
        with_a_past(&spec, &space).iter().map(|way| way.actions.iter().filter_map(word).collect()).collect()
    }

    #[test]
    fn an_older_token_is_presented_and_a_token_that_was_used_lately_when_its_grant_is_over() {
        let minute = Duration::from_secs(60);
        let policy = Policy {
            access_lifetime: 2 * minute,
            refresh_idle: Some(4 * minute),
            refresh_absolute: Some(6 * minute),
            code_lifetime: minute,
            ..Policy::recommended()
        };
        let told = told(policy);
        assert_eq!(told[0], ["redeem", "copied", "copy", "loot", "copy"]);
        assert_eq!(told[1].last().map(String::as_str), Some("copy"), "{:?}", told[1]);
        assert_eq!(told[1].iter().filter(|word| *word == "refresh").count(), 1, "{:?}", told[1]);
    }

    #[test]
    fn where_nothing_is_spent_nothing_older_is_presented() {
        let policy = Policy { rotation: Rotation::Off, refresh_absolute: None, ..Policy::recommended() };
        assert_eq!(told(policy), Vec::<Vec<String>>::new());
    }
}

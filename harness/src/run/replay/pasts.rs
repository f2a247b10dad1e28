//! Paths whose last step a server may answer by more of the past than a world keeps.
//!
//! Two pasts that no server may tell apart are one world, and [`every_kind`](crate::cover::every_kind) takes a step in any of them. A server
//! that does tell them apart shows it only in the right one: where it knows the last spent token of a grant and no older one, or where
//! nothing but the idle time ends a grant. Each path here is a shortest one to such a step.

use std::collections::VecDeque;

use authloom_model::seen::{Answer, Event, Refusal};
use authloom_model::world::{GrantId, RefreshId, RefreshToken};
use authloom_model::{Action, Exchange, Spec, Stolen, World};

use crate::cover::Path;
use crate::explore::{Edge, Graph, System};

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

/// What comes next in a past, and what may come between.
type Stage = fn(&Spec, &World, Action) -> Turn;

/// A thief presents a token whose successor is spent as well.
const OLDER_THAN_THE_LAST_SPENT: [Stage; 4] = [copies, spends_the_copy, spends_its_successor, presents_the_copy];

/// The lifetime of a grant ends while each of its tokens was used lately, and then one of them is presented.
const OVER_AND_NOT_IDLE: [Stage; 2] = [lifetime_ends_alone, refused_past_its_lifetime];

/// A shortest path to the end of each past that can happen.
pub(super) fn with_a_past(spec: &Spec, graph: &Graph) -> Vec<Path> {
    let pasts: [&[Stage]; 2] = [&OLDER_THAN_THE_LAST_SPENT, &OVER_AND_NOT_IDLE];
    pasts.into_iter().filter_map(|stages| shortest(spec, graph, stages)).collect()
}

/// A world that was come to with so much of a past behind it, and how.
struct Come {
    stage: usize,
    world: u32,
    before: Option<(usize, u32)>,
}

/// A shortest path that goes through all stages in their order, breadth first.
fn shortest(spec: &Spec, graph: &Graph, stages: &[Stage]) -> Option<Path> {
    let worlds = graph.worlds() as usize;
    let mut seen = vec![false; worlds * stages.len()];
    let mut come = vec![Come { stage: 0, world: 0, before: None }];
    let mut queue = VecDeque::from([(0, spec.initial())]);
    seen[0] = true;
    while let Some((at, world)) = queue.pop_front() {
        let stage = come[at].stage;
        for edge in graph.edges(come[at].world) {
            let action = action(edge);
            let next = match stages[stage](spec, &world, action) {
                Turn::Spoils => continue,
                Turn::Between => stage,
                Turn::On => stage + 1,
            };
            if next == stages.len() {
                return Some(path_to(&come, at, edge.id));
            }
            let first = !std::mem::replace(&mut seen[next * worlds + edge.target as usize], true);
            if first {
                come.push(Come { stage: next, world: edge.target, before: Some((at, edge.id)) });
                queue.push_back((come.len() - 1, System::next(spec, &world, action).world));
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

fn action(edge: Edge) -> Action {
    Action::of_code(edge.code).expect("only codes of actions are remembered")
}

fn on_if(it_is: bool) -> Turn {
    if it_is { Turn::On } else { Turn::Between }
}

/// A thief copies a session with a live refresh token.
fn copies(_: &Spec, world: &World, action: Action) -> Turn {
    on_if(action == Action::CopySession && is_live(world, world.store.refresh))
}

/// Somebody gets new tokens for the copied one.
fn spends_the_copy(spec: &Spec, world: &World, action: Action) -> Turn {
    let is_the_copy = |token| token == world.thief.copy && is_live(world, token);
    unless_copied_again(action, presented(world, action).is_some_and(is_the_copy) && renews(spec, world, action))
}

/// Somebody gets new tokens for another one of its grant.
fn spends_its_successor(spec: &Spec, world: &World, action: Action) -> Turn {
    let of_its_grant = |token| token != world.thief.copy && grant(world, token) == grant(world, world.thief.copy);
    unless_copied_again(action, presented(world, action).is_some_and(of_its_grant) && renews(spec, world, action))
}

/// The thief presents the copied one, too late.
fn presents_the_copy(spec: &Spec, world: &World, action: Action) -> Turn {
    let arrives = action == Action::Arrive(Exchange::Theft(Stolen::Copy));
    unless_copied_again(action, arrives && is_refused(spec, world, action, Refusal::Replayed))
}

fn unless_copied_again(action: Action, it_is: bool) -> Turn {
    if action == Action::CopySession { Turn::Spoils } else { on_if(it_is) }
}

/// Time passes, and it is the lifetime of a grant that ends, and the idle time of none of its tokens: each is live.
fn lifetime_ends_alone(spec: &Spec, world: &World, action: Action) -> Turn {
    let ticks = &spec.ticks;
    let ends = |id: GrantId| world.grant(id).age + 1 == ticks.refresh_absolute;
    let lately = |token: &RefreshToken| token.spent == 0 && token.idle + 1 < ticks.refresh_idle;
    let mut of_it = world.refresh.iter().filter(|token| token.grant.is_some() && ends(token.grant)).peekable();
    on_if(action == Action::Tick && of_it.peek().is_some() && of_it.all(lately))
}

/// One of these tokens is refused, before more time passes.
fn refused_past_its_lifetime(spec: &Spec, world: &World, action: Action) -> Turn {
    if action == Action::Tick {
        return Turn::Spoils;
    }
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
    use crate::explore::{Limits, explore};

    const T1: TabId = TabId(0);
    const CALL: CallId = CallId { tab: T1, call: 0 };

    /// What happens along each path, in short: who presents what, and how time passes.
    fn told(policy: Policy) -> Vec<Vec<&'static str>> {
        let spec = Spec::new(policy, Scope { losses: 0, ..Scope::THEFT }).unwrap();
        let (_, graph) = explore(&spec, &[], Limits::default(), &mut |_| {});
        let graph = graph.expect("it fits");
        let told = [
            (Action::Tick, "tick"),
            (Action::CopySession, "copied"),
            (Action::Arrive(Exchange::Redeem(T1)), "redeem"),
            (Action::Arrive(Exchange::Refresh(CALL)), "refresh"),
            (Action::Arrive(Exchange::Theft(Stolen::Copy)), "copy"),
            (Action::Arrive(Exchange::Theft(Stolen::Loot)), "loot"),
        ];
        let word = |step: &u32| {
            let here = action(graph.edge(*step));
            told.iter().find(|(action, _)| *action == here).map(|(_, word)| *word)
        };
        with_a_past(&spec, &graph).iter().map(|path| path.iter().filter_map(word).collect()).collect()
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
        let lately = ["redeem", "tick", "tick", "tick", "refresh", "tick", "tick", "tick", "copied", "copy"];
        assert_eq!(told[1], lately);
    }

    #[test]
    fn where_nothing_is_spent_nothing_older_is_presented() {
        let policy = Policy { rotation: Rotation::Off, refresh_absolute: None, ..Policy::recommended() };
        assert_eq!(told(policy), Vec::<Vec<&str>>::new());
    }
}

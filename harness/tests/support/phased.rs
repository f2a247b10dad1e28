//! Worlds that count ticks as worlds of phases, so that both can be compared.

use std::collections::HashSet;

use authloom::explore::Graph;
use authloom::explore::exact::Ways;
use authloom_model::canonical::canonicalise;
use authloom_model::time::Time;
use authloom_model::world::{AccessState, GrantState, RefreshToken};
use authloom_model::{Flight, Limits, Policy, Scope, Seconds, Spec, World};

/// A policy in a scope in which a message may be on its way for ever, with time exactly as it is.
pub(crate) fn exactly(policy: &Policy, scope: Scope) -> Spec {
    let scope = Scope { flight: Flight::Any, ..scope };
    Spec::exact(policy.clone(), scope).expect("its durations can be counted together")
}

/// The same policy and scope, with time counted in parts of the longest tick of which every duration is a multiple.
pub(crate) fn in_parts_of_a_tick(policy: &Policy, scope: Scope, parts: u8) -> Spec {
    let spec = Spec::in_ticks(policy.clone(), scope).expect("the policy has few ticks");
    let tick = spec.tick().expect("it counts ticks");
    assert_eq!(tick.0 % u32::from(parts), 0, "a part of a tick is whole seconds");
    let long = |ticks: u8| ticks.checked_mul(parts).expect("the policy has few ticks");
    let until = |ticks: u8| if ticks == Limits::NEVER { ticks } else { long(ticks) };
    let limits = Limits {
        access_lifetime: long(spec.limits.access_lifetime),
        refresh_idle: until(spec.limits.refresh_idle),
        refresh_absolute: until(spec.limits.refresh_absolute),
        code_lifetime: long(spec.limits.code_lifetime),
        leeway: long(spec.limits.leeway),
        refresh_margin: long(spec.limits.refresh_margin),
        grace_window: long(spec.limits.grace_window),
    };
    Spec { limits, time: Time::Ticks(Seconds(tick.0 / u32::from(parts))), ..spec }
}

/// The worlds of a graph of ticks.
pub(crate) fn worlds_of_ticks(spec: &Spec, graph: &Graph) -> Vec<World> {
    let mut worlds: Vec<World> = Vec::with_capacity(graph.worlds() as usize);
    for number in 0..graph.worlds() {
        worlds.push(match graph.step_into(number) {
            None => spec.initial(),
            Some((from, edge)) => {
                let action = spec.action(edge.code).expect("only codes of actions are remembered");
                spec.next(&worlds[from as usize], action).world
            }
        });
    }
    worlds
}

/// The worlds of an exploration of exact time.
pub(crate) fn worlds_of_phases(ways: &Ways) -> HashSet<World> {
    (0..ways.states()).map(|state| *ways.world(state)).collect()
}

/// A world that counts ticks as the world of phases that it is.
pub(crate) fn phased(exact: &Spec, ticks: &Spec, world: &World) -> World {
    let mut to = *world;
    for grant in &mut to.grants {
        let passed = |limit: u8, phase: u8| if grant.age >= limit { phase } else { 0 };
        let absolute = passed(ticks.limits.refresh_absolute, exact.limits.refresh_absolute);
        grant.age = match grant.state {
            GrantState::CodeIssued => passed(ticks.limits.code_lifetime, exact.limits.code_lifetime),
            GrantState::Redeemed => absolute,
            GrantState::Absent | GrantState::RefreshEnded | GrantState::Ended => 0,
        };
    }
    for token in &mut to.refresh {
        token.idle = u8::from(token.idle >= ticks.limits.refresh_idle);
        let is_spent = token.spent > 0 && token.spent != RefreshToken::REVOKED;
        if is_spent {
            let is_over = exact.limits.grace_window > 0 && token.spent > ticks.limits.grace_window;
            token.spent = 1 + u8::from(is_over);
        }
    }
    for token in &mut to.access {
        token.age = match token.state {
            AccessState::Issued | AccessState::Revoked => thresholds_passed(&ticks.limits, token.age),
            AccessState::Absent | AccessState::Expired => 0,
        };
    }
    canonicalise(exact, &mut to);
    to
}

/// How many of the ages at which something changes an access token has reached.
fn thresholds_passed(limits: &Limits, age: u8) -> u8 {
    let Limits { access_lifetime: life, leeway, refresh_margin: margin, .. } = *limits;
    let mut thresholds = vec![life, life + leeway];
    if margin > 0 && margin < life {
        thresholds.push(life - margin);
    }
    thresholds.sort_unstable();
    thresholds.dedup();
    u8::try_from(thresholds.iter().filter(|at| age >= **at).count()).expect("they are few")
}

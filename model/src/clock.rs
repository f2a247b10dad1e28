//! The rules of the clock where time is counted in ticks: one ages everything at once, and an age stops at the last tick at which it can still
//! matter. How time passes exactly stands in [`crate::time`].

use crate::Spec;
use crate::auth::idle_runs_on;
use crate::policy::Limits;
use crate::time::{Seconds, Time};
use crate::turn::Turn;
use crate::world::{AccessState, AccessToken, FlowPhase, GRANTS, GrantState, World};

impl<W, J> Turn<'_, W, J> {
    /// Ticks pass. Where time is exact, the world's clocks stand beside it.
    ///
    /// Rule `one-clock`: RFC 7519 section 4.1.4.
    pub(crate) fn wait(&mut self, time: Seconds) {
        if let Time::Ticks(tick) = self.spec.time {
            for _ in 0..time.0 / tick.0 {
                age(self.spec, &mut self.world);
            }
        }
    }
}

/// Whether a tick would change anything: a world in which everything is as old as it can be stands still.
pub(crate) fn moves(spec: &Spec, world: &World) -> bool {
    // What somebody could still accept always ages; only where there is no such token does the rest decide.
    world.access.iter().any(|token| token.state == AccessState::Issued) || age(spec, &mut world.clone())
}

/// Ages everything by a tick, and says whether that changed anything.
fn age(spec: &Spec, world: &mut World) -> bool {
    let limits = &spec.limits;
    let mut changed = false;
    let mut grow = |age: &mut u8, most: u8| {
        changed |= *age < most;
        *age = (*age + 1).min(most);
    };
    let runs_on = idle_runs_on(&spec.policy);
    let dated = dated(world);
    for (grant, _) in world.grants.iter_mut().zip(dated).filter(|(_, dated)| *dated) {
        match grant.state {
            GrantState::Absent | GrantState::RefreshEnded | GrantState::Ended => {}
            GrantState::CodeIssued => grow(&mut grant.age, limits.code_lifetime),
            GrantState::Redeemed => grow(&mut grant.age, Limits::last_age(limits.refresh_absolute)),
        }
    }
    for token in &mut world.refresh {
        let Some(grant) = token.grant.index() else { break };
        if world.grants[grant].is_over(limits) {
            continue;
        }
        if token.is_revoked() {
            continue;
        }
        if token.is_spent() {
            grow(&mut token.spent, 1 + limits.grace_window);
        }
        if token.spent == 0 || runs_on {
            grow(&mut token.idle, Limits::last_age(limits.refresh_idle));
        } else {
            token.idle = 0;
        }
    }
    for token in &mut world.access {
        match token.state {
            AccessState::Absent => break,
            AccessState::Expired => {}
            AccessState::Issued | AccessState::Revoked => {
                let most = limits.access_lifetime + limits.leeway;
                grow(&mut token.age, most);
                if token.age == most {
                    *token = AccessToken::EXPIRED;
                }
            }
        }
    }
    changed
}

/// Which grants have an age that matters: those with a code or a refresh token that somebody may still show.
pub(crate) fn dated(world: &World) -> [bool; GRANTS] {
    let mut dated = [false; GRANTS];
    let codes = world.tabs.iter().filter(|tab| tab.flow.phase != FlowPhase::Revoking).map(|tab| tab.flow.grant);
    let codes = codes.chain([world.thief.code]);
    for grant in codes.chain(world.present_refresh().map(|token| token.grant)) {
        if let Some(index) = grant.index() {
            dated[index] = true;
        }
    }
    dated
}

//! The rules of the clock. One tick ages everything at once; an age stops at the last tick at which it can still matter.

use crate::Spec;
use crate::canonical;
use crate::turn::Turn;
use crate::world::{AccessState, AccessToken, FlowPhase, GRANTS, GrantState, World};

impl<W> Turn<'_, W> {
    /// A tick passes.
    pub(crate) fn tick(&mut self) {
        age(self.spec, &mut self.world);
    }
}

/// Whether a tick would change anything: a world in which everything is as old as it can be stands still.
pub(crate) fn moves(spec: &Spec, world: &World) -> bool {
    let mut later = *world;
    age(spec, &mut later);
    canonical::level(spec, &mut later);
    later != *world
}

fn age(spec: &Spec, world: &mut World) {
    let ticks = &spec.ticks;
    let dated = dated(world);
    for (grant, _) in world.grants.iter_mut().zip(dated).filter(|(_, dated)| *dated) {
        let most = match grant.state {
            GrantState::Absent | GrantState::Ended => 0,
            GrantState::CodeIssued => ticks.code_lifetime,
            GrantState::Redeemed => ticks.refresh_absolute,
        };
        grant.age = (grant.age + 1).min(most);
    }
    for token in &mut world.refresh {
        if !token.grant.is_some() {
            break;
        }
        if token.spent == 0 {
            token.idle = (token.idle + 1).min(ticks.refresh_idle);
        } else {
            token.spent = (token.spent + 1).min(1 + ticks.grace_window);
        }
    }
    for token in &mut world.access {
        match token.state {
            AccessState::Absent => break,
            AccessState::Expired => continue,
            AccessState::Issued => token.age += 1,
        }
        if token.age >= ticks.access_lifetime + ticks.leeway {
            *token = AccessToken::EXPIRED;
        }
    }
}

/// Which grants have an age that matters: those with a code or a refresh token that somebody may still show.
fn dated(world: &World) -> [bool; GRANTS] {
    let mut dated = [false; GRANTS];
    let codes = world.tabs.iter().filter(|tab| tab.flow.phase != FlowPhase::Revoking).map(|tab| tab.flow.grant);
    for grant in codes.chain(world.present_refresh().map(|token| token.grant)) {
        if let Some(index) = grant.index() {
            dated[index] = true;
        }
    }
    dated
}

//! The rules of the thief: somebody who copies a code or a session, and presents what they have when they please.
//!
//! A thief's request and its answer are one step. Whether time passes between them is seen by nobody but the thief, who can only
//! wait. Deliberately absent: access tokens presented at the backend, which change nothing.

use crate::Spec;
use crate::action::{Action, TabId};
use crate::exchange::{Exchange, Stolen};
use crate::judges::Judges;
use crate::seen::{Event, Request, Witness};
use crate::turn::{Turn, Verifier};
use crate::world::{FlowPhase, GrantId, RefreshId, Thief, Tokens, World};

/// Adds what a thief can do now.
pub(crate) fn enabled(spec: &Spec, world: &World, into: &mut Vec<Action>) {
    if world.thefts > 0 && world.store.refresh.is_some() {
        into.push(Action::CopySession);
    }
    for tab in 0..usize::from(spec.scope.tabs) {
        let travels = matches!(world.tabs[tab].flow.phase, FlowPhase::Redirecting | FlowPhase::Redeeming);
        if world.thefts > 0 && travels {
            into.push(Action::CopyCode(TabId::at(tab)));
        }
    }
    let Thief { code, copy, loot } = world.thief;
    let holds =
        [(Stolen::Code, code.is_some()), (Stolen::Copy, copy.is_some()), (Stolen::Loot, loot.refresh.is_some())];
    into.extend(holds.into_iter().filter(|(_, held)| *held).map(|(what, _)| Action::Arrive(Exchange::Theft(what))));
}

impl<W: Witness, J: Judges> Turn<'_, W, J> {
    /// A thief copies the stored session.
    ///
    /// Rule `thief-copies-session`: RFC 9700 section 3, RFC 9700 section 4.14.
    pub(crate) fn copy_session(&mut self) {
        self.world.thefts -= 1;
        self.world.thief.copy = self.world.store.refresh;
    }

    /// A thief copies a code on its way.
    ///
    /// Rule `thief-copies-code`: RFC 9700 section 3, RFC 7636 section 1.
    pub(crate) fn copy_code(&mut self, tab: TabId) {
        self.world.thefts -= 1;
        self.world.thief.code = self.world.tabs[tab.index()].flow.grant;
    }

    /// What a thief presents reaches the token endpoint.
    pub(crate) fn theft_arrives(&mut self, stolen: Stolen) {
        let exchange = Exchange::Theft(stolen);
        let answered = match stolen {
            Stolen::Code => {
                let code = std::mem::replace(&mut self.world.thief.code, GrantId::NONE);
                self.saw(Event::Sent(exchange, Request::Redeem(code)));
                self.redeem(code, Verifier::MadeUp)
            }
            Stolen::Copy | Stolen::Loot => {
                let Thief { copy, loot, .. } = self.world.thief;
                let presented = if stolen == Stolen::Copy { copy } else { loot.refresh };
                self.saw(Event::Sent(exchange, Request::Refresh(presented)));
                self.refresh(presented)
            }
        };
        let Some((tokens, answer)) = answered else { return };
        let thief = &mut self.world.thief;
        match (stolen, tokens) {
            (Stolen::Code, Tokens::NONE) => {}
            (Stolen::Copy, Tokens::NONE) => thief.copy = RefreshId::NONE,
            (Stolen::Loot, Tokens::NONE) => thief.loot = Tokens::NONE,
            // Without rotation what was presented serves again.
            (_, Tokens { refresh: RefreshId::NONE, access }) => thief.loot.access = access,
            (_, tokens) => thief.loot = tokens,
        }
        self.saw(Event::Answered(exchange, answer));
    }
}

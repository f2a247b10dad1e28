//! Which tokens a step takes the standing from, as a picture tells it.

use std::collections::BTreeSet;

use super::{Standing, Token, Trace, TraceStep};

/// Which tokens are known to be active, somewhere along a trace.
#[derive(Default)]
pub(super) struct Standings {
    active: BTreeSet<Token>,
}

impl Standings {
    /// The tokens that were active before a step and are not after it.
    pub(super) fn taken_away(&mut self, step: &TraceStep) -> Vec<Token> {
        let mut taken_away = Vec::new();
        for (token, standing) in &step.standing {
            match standing {
                Standing::Active => {
                    self.active.insert(*token);
                }
                Standing::Inactive if self.active.remove(token) => taken_away.push(*token),
                Standing::Inactive => {}
            }
        }
        taken_away
    }
}

impl Trace {
    /// The tokens that the last step takes the standing from.
    #[must_use]
    pub fn taken_away_last(&self) -> Vec<Token> {
        let mut standings = Standings::default();
        self.steps.iter().map(|step| standings.taken_away(step)).last().unwrap_or_default()
    }
}

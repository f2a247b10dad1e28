//! A policy with fewer ticks whose limits come in the same order.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Grace, Policy, Window};

/// The tick of a smaller policy.
const TICK: Duration = Duration::from_mins(1);

impl Policy {
    /// A policy whose limits come in the same order, each one tick apart. What depends on the order of limits alone is the same in both;
    /// what depends on how many of one fit into another is not.
    #[must_use]
    pub fn shrunk(&self) -> Self {
        let mut rank: BTreeMap<Duration, u32> = BTreeMap::new();
        for duration in self.durations() {
            rank.insert(duration, 0);
        }
        rank.remove(&Duration::ZERO);
        for (place, ticks) in (1..).zip(rank.values_mut()) {
            *ticks = place;
        }
        let smaller = |duration: Duration| rank.get(&duration).map_or(Duration::ZERO, |ticks| TICK * *ticks);
        let window = |window: Window| match window {
            Window::UntilUsed => Window::UntilUsed,
            Window::For(length) => Window::For(smaller(length)),
        };
        Self {
            name: format!("{}-smaller", self.name),
            access_lifetime: smaller(self.access_lifetime),
            refresh_idle: self.refresh_idle.map(smaller),
            refresh_absolute: self.refresh_absolute.map(smaller),
            code_lifetime: smaller(self.code_lifetime),
            leeway: smaller(self.effective_leeway()),
            refresh_margin: smaller(self.effective_margin()),
            grace: match self.grace {
                Grace::None => Grace::None,
                Grace::SameSuccessor(length) => Grace::SameSuccessor(window(length)),
                Grace::SameTokens(length) => Grace::SameTokens(window(length)),
                Grace::NewSibling(length) => Grace::NewSibling(window(length)),
            },
            ..self.clone()
        }
    }
}

//! A policy with fewer ticks whose limits come in the same order.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Grace, Policy, Window};

/// The tick of a smaller policy.
const TICK: Duration = Duration::from_mins(1);

impl Policy {
    /// A policy whose limits come in the same order, each one tick apart. What depends on the order of limits alone is the same in both;
    /// what depends on sums of them, such as how many of one fit into another, is not: a promise that holds here can be broken under the
    /// real durations.
    #[must_use]
    pub fn shrunk(&self) -> Self {
        let policy = self.normalised();
        let mut rank: BTreeMap<Duration, u32> = BTreeMap::new();
        for duration in policy.durations() {
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
            name: format!("{}-smaller", policy.name),
            shrunk_from: policy.shrunk_from.clone().or_else(|| Some(policy.name.clone())),
            access_lifetime: smaller(policy.access_lifetime),
            refresh_idle: policy.refresh_idle.map(smaller),
            refresh_absolute: policy.refresh_absolute.map(smaller),
            code_lifetime: smaller(policy.code_lifetime),
            leeway: smaller(policy.leeway),
            refresh_margin: smaller(policy.refresh_margin),
            grace: match policy.grace {
                Grace::None => Grace::None,
                Grace::SameSuccessor(length) => Grace::SameSuccessor(window(length)),
                Grace::SameTokens(length) => Grace::SameTokens(window(length)),
                Grace::NewSibling(length) => Grace::NewSibling(window(length)),
            },
            ..policy
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shrunk_policy_says_so_in_its_file_and_names_where_it_comes_from() {
        let once = Policy::recommended().shrunk();
        assert_eq!(once.shrunk_from.as_deref(), Some("recommended"));
        let twice = once.shrunk();
        assert_eq!(twice.shrunk_from.as_deref(), Some("recommended"));
        let read = Policy::from_toml("recommended-smaller.toml", &once.to_toml());
        assert_eq!(read, Ok(once));
    }
}

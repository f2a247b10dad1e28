//! The policies one setting away from a policy: what could be chosen instead, one choice at a time.
//!
//! Lifetimes stay as they are: they are lengths, not choices. What means nothing beside another setting is not turned.

use std::time::Duration;

use super::Policy;
use super::choices::GraceKind;
use super::knobs::{self, Draft, Form, Knob};

/// A policy that differs from another in one setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Neighbour {
    /// The policy, under the name of the other.
    pub policy: Policy,
    /// The lines that its file has and the other's has not, such as `single_flight = "browser"`. A grace and its window are one setting,
    /// and so are an early refresh and its margin.
    pub change: Vec<String>,
}

impl Policy {
    /// The policies one setting away, in the order of a policy's file.
    #[must_use]
    pub fn neighbours(&self) -> Vec<Neighbour> {
        let own = self.to_toml();
        let own: Vec<&str> = own.lines().collect();
        let draft = Draft::from(self.normalised());
        // A policy with too many ticks cannot be explored, whatever is chosen.
        let tick = self.ticks().map_or(Duration::from_mins(1), |ticks| ticks.tick);
        let others = knobs::meaningful(&draft).flat_map(|knob| others(knob, &draft, tick));
        let neighbour = |other: Draft| {
            let policy = other.policy().normalised();
            let text = policy.to_toml();
            let lines = text.lines().filter(|line| !line.is_empty() && !own.contains(line));
            Neighbour { change: lines.map(str::to_owned).collect(), policy }
        };
        others.map(neighbour).collect()
    }
}

/// What a knob could be set to instead, with what that asks for beside it.
fn others(knob: &Knob, draft: &Draft, tick: Duration) -> Vec<Draft> {
    match knob.form {
        Form::Choice { names, get, set } => {
            let names = names().into_iter().filter(|name| *name != get(draft));
            let chosen = names.map(|name| {
                let mut other = draft.clone();
                assert!(set(&mut other, name), "`{name}` is a choice");
                other
            });
            chosen.flat_map(|other| completed(draft, other, tick)).collect()
        }
        Form::LengthOr { .. } if knob.key == "grace_window" => {
            let windows = windows(draft, tick).into_iter().filter(|window| *window != draft.window);
            windows.map(|window| Draft { window, ..draft.clone() }).collect()
        }
        Form::Length { .. } | Form::LengthOr { .. } => Vec::new(),
    }
}

/// A draft with a window for its grace and a margin for its early refresh, where it had none before.
fn completed(before: &Draft, mut other: Draft, tick: Duration) -> Vec<Draft> {
    if other.grace != before.grace {
        return windows(&other, tick).into_iter().map(|window| Draft { window, ..other.clone() }).collect();
    }
    if !before.policy.refreshes_early() && other.policy.refreshes_early() {
        if tick >= other.policy.access_lifetime {
            return Vec::new(); // It would refresh for ever.
        }
        other.policy.refresh_margin = tick;
    }
    vec![other]
}

/// The windows that a grace can have: until the successor is used, as long as there is one, the one that it has, and a tick.
fn windows(draft: &Draft, tick: Duration) -> Vec<Option<Duration>> {
    let mut lengths: Vec<Option<Duration>> = draft.window.into_iter().chain([tick]).map(Some).collect();
    lengths.dedup();
    match draft.grace {
        GraceKind::None => vec![draft.window],
        GraceKind::SameSuccessor | GraceKind::SameTokens => [None].into_iter().chain(lengths).collect(),
        GraceKind::NewSibling => lengths,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::{Grace, Rotation, SingleFlight};

    fn changes(policy: &Policy) -> Vec<String> {
        policy.neighbours().into_iter().map(|neighbour| neighbour.change.join(", ")).collect()
    }

    #[test]
    fn every_neighbour_is_another_policy_that_differs_in_one_setting() {
        for (name, _) in Policy::PROFILES {
            let policy = Policy::profile(name).expect("the name is listed");
            let mut met = BTreeSet::new();
            for Neighbour { policy: other, change } in policy.neighbours() {
                assert!((1..=2).contains(&change.len()), "{change:?}");
                assert!(met.insert(change.clone()), "{change:?} is there twice");
                assert_eq!(Policy::from_toml(name, &other.to_toml()).as_ref(), Ok(&other), "{change:?}");
                other.ticks().expect("no change makes the tick smaller");
            }
        }
    }

    #[test]
    fn the_neighbours_come_in_the_order_of_a_file() {
        let changes = changes(&Policy::recommended());
        assert_eq!(changes.len(), 28, "{changes:#?}");
        assert_eq!(changes[0], "rotation = \"off\"");
        assert_eq!(changes[4], "grace = \"none\"");
        assert_eq!(changes[5], "grace = \"same_tokens\"");
        assert_eq!(changes[6], "grace = \"same_tokens\", grace_window = \"5m\"");
        assert_eq!(changes[8], "grace_window = \"5m\"");
        assert_eq!(changes[27], "lost_answer = \"sign_in_again\"");
        assert!(changes.contains(&"refresh = \"both\", refresh_margin = \"5m\"".to_owned()), "{changes:?}");
    }

    #[test]
    fn what_means_nothing_is_not_turned() {
        let without_rotation = Policy { rotation: Rotation::Off, grace: Grace::None, ..Policy::recommended() };
        let without_lock = Policy { single_flight: SingleFlight::Tab, ..Policy::recommended() };
        for (policy, nothing) in [(without_rotation, ["reuse_ends", "grace"]), (without_lock, ["look_again"; 2])] {
            let turned = changes(&policy);
            let is_turned = |knob: &str| turned.iter().any(|change| change.starts_with(knob));
            assert!(nothing.iter().all(|knob| !is_turned(knob)), "{turned:?}");
        }
        let turned = changes(&Policy::recommended());
        assert!(["reuse_ends", "grace", "look_again"].iter().all(|knob| turned.iter().any(|c| c.starts_with(knob))));
    }
}

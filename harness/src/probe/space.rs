//! The policies that a server may follow: every combination of what an AuthService can choose.

use std::time::Duration;

use authloom_model::policy::{
    AccessOnRefresh, Ends, Grace, IdleOnRefresh, Late401, LookAgain, LostAnswer, RefreshWhen, Rotation, SingleFlight,
    SpentRevokes, Validation, Window, WrongVerifier,
};
use authloom_model::{Policy, Seconds};

/// A choice of the AuthService's.
#[derive(Clone, Copy, Debug)]
pub struct Knob {
    /// Its name in a policy's file.
    pub name: &'static str,
    /// What a policy chose.
    pub choice: fn(&Policy) -> String,
}

impl PartialEq for Knob {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Every knob that a probe turns.
pub const KNOBS: [Knob; 9] = [
    Knob { name: "rotation", choice: |policy| snake(policy.rotation) },
    Knob { name: "reuse_ends", choice: |policy| snake(policy.reuse_ends) },
    Knob { name: "grace", choice: |policy| grace(policy.grace) },
    Knob { name: "idle_on_refresh", choice: |policy| snake(policy.idle_on_refresh) },
    Knob { name: "access_on_refresh", choice: |policy| snake(policy.access_on_refresh) },
    Knob { name: "wrong_verifier", choice: |policy| snake(policy.wrong_verifier) },
    Knob { name: "code_replay_ends", choice: |policy| snake(policy.code_replay_ends) },
    Knob { name: "revocation_ends", choice: |policy| snake(policy.revocation_ends) },
    Knob { name: "spent_revokes", choice: |policy| snake(policy.spent_revokes) },
];

const ENDS: [Ends; 4] = [Ends::Grant, Ends::RefreshTokens, Ends::Nothing, Ends::User];

/// Every candidate, what RFC 9700 recommends first. Lifetimes are those of `start`; the GUI is one that provokes.
#[must_use]
pub fn candidates(start: &Policy) -> Vec<Policy> {
    let mut policies = vec![provoking(start)];
    let window = shortest_pause(start).length();
    let graces = [
        Grace::None,
        Grace::SameSuccessor(Window::UntilUsed),
        Grace::SameSuccessor(Window::For(window)),
        Grace::SameTokens(Window::UntilUsed),
        Grace::SameTokens(Window::For(window)),
        Grace::NewSibling(Window::For(window)),
    ];
    policies = varied(policies, &[Rotation::Always, Rotation::Off], |policy, choice| policy.rotation = choice);
    policies = varied(policies, &ENDS, |policy, choice| policy.reuse_ends = choice);
    policies = varied(policies, &graces, |policy, choice| policy.grace = choice);
    // Without rotation no token is ever spent, so that these say nothing.
    policies.retain(|policy| {
        policy.rotation == Rotation::Always || (policy.reuse_ends == ENDS[0] && policy.grace == Grace::None)
    });
    let idle = [IdleOnRefresh::Restarts, IdleOnRefresh::RunsOn];
    policies = varied(policies, &idle, |policy, choice| policy.idle_on_refresh = choice);
    let access = [AccessOnRefresh::Kept, AccessOnRefresh::Revoked];
    policies = varied(policies, &access, |policy, choice| policy.access_on_refresh = choice);
    let verifiers = [WrongVerifier::Spends, WrongVerifier::Replays, WrongVerifier::Ignored];
    policies = varied(policies, &verifiers, |policy, choice| policy.wrong_verifier = choice);
    policies = varied(policies, &ENDS, |policy, choice| policy.code_replay_ends = choice);
    policies = varied(policies, &ENDS, |policy, choice| policy.revocation_ends = choice);
    policies = varied(policies, &[SpentRevokes::Yes, SpentRevokes::No], |policy, choice| policy.spent_revokes = choice);
    policies.retain(|policy| policy.rotation == Rotation::Always || policy.spent_revokes == SpentRevokes::Yes);
    policies
}

/// The shortest time that a probe lets pass where it has a choice: as long as a grace period is known to last, or half of the shortest
/// lifetime. Where nobody says how long a grace period lasts, it is taken to last for that, since any shorter one looks the same.
pub(super) fn shortest_pause(policy: &Policy) -> Seconds {
    let limits =
        [Some(policy.access_lifetime), Some(policy.code_lifetime), policy.refresh_idle, policy.refresh_absolute];
    let shortest = limits.into_iter().flatten().min().unwrap_or(policy.access_lifetime);
    Seconds::of(policy.grace_window().unwrap_or_else(|| Duration::from_secs(shortest.as_secs().div_ceil(2).max(1))))
}

/// A GUI that makes an AuthService show what it does: it refreshes whenever a call is refused, and asks again whatever is lost. It does not
/// refresh early: with a token that it cannot read it knows no better when that expires than when it came.
fn provoking(start: &Policy) -> Policy {
    Policy {
        validation: Validation::Introspect,
        refresh_when: RefreshWhen::On401,
        refresh_margin: Duration::ZERO,
        single_flight: SingleFlight::None,
        look_again: LookAgain::No,
        late_401: Late401::Refresh,
        lost_answer: LostAnswer::Retry,
        ..start.clone()
    }
}

fn varied<C: Copy>(policies: Vec<Policy>, choices: &[C], choose: fn(&mut Policy, C)) -> Vec<Policy> {
    let each = |policy: Policy| {
        choices.iter().map(move |choice| {
            let mut policy = policy.clone();
            choose(&mut policy, *choice);
            policy
        })
    };
    policies.into_iter().flat_map(each).collect()
}

/// A choice as a policy's file has it.
fn snake(choice: impl std::fmt::Debug) -> String {
    let mut said = String::new();
    for letter in format!("{choice:?}").chars() {
        if letter.is_uppercase() && !said.is_empty() {
            said.push('_');
        }
        said.push(letter.to_ascii_lowercase());
    }
    said
}

fn grace(grace: Grace) -> String {
    // For how long is another matter, which the choice does not say: see `GraceWindow`.
    let until = |window: Window| match window {
        Window::UntilUsed => "until it is used",
        Window::For(_) => "for a time",
    };
    match grace {
        Grace::None => "none".to_owned(),
        Grace::SameSuccessor(window) => format!("same_successor {}", until(window)),
        Grace::SameTokens(window) => format!("same_tokens {}", until(window)),
        Grace::NewSibling(window) => format!("new_sibling {}", until(window)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_candidate_is_there_twice_and_each_is_a_policy() {
        let candidates = candidates(&Policy::recommended());
        let files: std::collections::BTreeSet<String> = candidates.iter().map(Policy::to_toml).collect();
        assert_eq!(files.len(), candidates.len());
        for policy in candidates.iter().step_by(97) {
            assert!(Policy::from_toml("candidate", &policy.to_toml()).is_ok());
        }
    }

    #[test]
    fn the_first_candidate_is_the_strictest() {
        let first = &candidates(&Policy::recommended())[0];
        assert_eq!((first.rotation, first.reuse_ends, first.grace), (Rotation::Always, Ends::Grant, Grace::None));
    }
}

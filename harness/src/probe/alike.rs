//! Whether two candidates can be told apart at all: a search of both models at once, as far as the target can be asked and seen.
//!
//! It follows every run that both allow and that looks the same under both. Where one of them foretells something else, that run tells them
//! apart, and it is a shortest one; where there is none, nothing that was looked at tells them apart. Tokens that nobody refers to any more
//! are left out of what makes two situations one.
//!
//! Time passes until the next limit under either, and half of that. Two moments are one situation where the limits ahead come in the same
//! order, however long it is until they do: with lifetimes of minutes beside such of weeks there would be no end of moments.

use std::collections::{HashSet, VecDeque};

use authloom_model::{Action, Seconds, Spec};
use foldhash::fast::FixedState;

use super::space::shortest_pause;
use crate::drive::Reading;
use crate::servers::askable::Askable;
use crate::servers::{Abilities, Lens, Support};
use crate::stop::Stop;

/// Pairs of situations that are looked at. In the scope of a probe there are fewer, unless the two are far apart.
const MOST_PAIRS: usize = 400_000;

/// What sets two candidates apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Apart {
    /// A shortest run under which they foretell different things.
    By(Vec<Action>),
    /// Nothing.
    Never,
    /// There is too much to look at, or the word to stop came.
    Unknown,
}

/// A run, as the step that it ends with and the run before that.
struct Run {
    before: usize,
    step: Action,
}

/// What sets two candidates apart.
pub(super) fn apart([one, other]: [&Spec; 2], abilities: Abilities, lens: Lens, stop: Stop) -> Apart {
    let askable = [one, other].map(|spec| Askable { spec, abilities });
    let shortest = [one, other].map(|spec| shortest_pause(&spec.policy)).into_iter().min().unwrap_or_default();
    let mut runs: Vec<Run> = Vec::new();
    let mut met: HashSet<Vec<u8>, FixedState> = HashSet::default();
    let mut waiting = VecDeque::from([(Reading::new(one), Reading::new(other), None)]);
    while let Some((here, there, run)) = waiting.pop_front() {
        if stop.check().is_some() {
            return Apart::Unknown;
        }
        let possible = both_can([&here, &there], &askable);
        let pauses = pauses([&here, &there], abilities, shortest).map(Action::Wait);
        for action in possible.into_iter().chain(pauses) {
            let (mut one, mut other) = (here.clone(), there.clone());
            let foretold = [one.foretell(action, lens), other.foretell(action, lens)];
            let [Some(in_one), Some(in_other)] = &foretold else { continue };
            runs.push(Run { before: run.unwrap_or(usize::MAX), step: action });
            if !in_one.agrees(in_other) {
                return Apart::By(steps(&runs, runs.len() - 1));
            }
            if met.len() >= MOST_PAIRS {
                return Apart::Unknown;
            }
            if met.insert(one.walker().beside(other.walker())) {
                waiting.push_back((one, other, Some(runs.len() - 1)));
            } else {
                runs.pop();
            }
        }
    }
    Apart::Never
}

/// The actions that can happen under both, and that the target can be made to do.
fn both_can([here, there]: [&Reading<'_>; 2], askable: &[Askable<'_>; 2]) -> Vec<Action> {
    let in_other = there.walker().enabled_here();
    let placed_in_other =
        |action: Action| in_other.iter().find(|(named, _)| *named == action).map(|(_, placed)| *placed);
    let able = |(action, placed): &(Action, Action)| {
        askable[0].allows(here.walker().world(), *placed)
            && placed_in_other(*action).is_some_and(|other| askable[1].allows(there.walker().world(), other))
    };
    here.walker().enabled_here().into_iter().filter(able).map(|(action, _)| action).collect()
}

/// How long time may pass: until the next limit under either, and half of that, unless that is shorter than a grace period whose length
/// nobody knows may last. A message that is in flight comes in time.
fn pauses(both: [&Reading<'_>; 2], abilities: Abilities, shortest: Seconds) -> impl Iterator<Item = Seconds> {
    let walkers = both.map(Reading::walker);
    let until = walkers.iter().filter_map(|walker| walker.until_a_limit()).min();
    let until = until.filter(|_| abilities.clock == Support::Yes);
    let half = until.map(|until| Seconds(until.0.div_ceil(2))).filter(|half| *half >= shortest && Some(*half) != until);
    let in_time = move |pause: &Seconds| walkers.iter().all(|walker| walker.comes_in_time(*pause));
    until.into_iter().chain(half).filter(in_time).collect::<Vec<_>>().into_iter()
}

fn steps(runs: &[Run], last: usize) -> Vec<Action> {
    let mut steps = Vec::new();
    let mut at = last;
    while let Some(Run { before, step }) = runs.get(at) {
        steps.push(*step);
        at = *before;
    }
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use authloom_model::policy::{Ends, WrongVerifier};
    use authloom_model::{Policy, Scope};

    use super::super::candidates;
    use super::*;

    const SCOPE: Scope = Scope { losses: 0, ..Scope::THEFT };

    fn told(change: impl FnOnce(&mut Policy), abilities: Abilities, lens: Lens) -> Apart {
        let policy = candidates(&Policy::recommended()).swap_remove(0);
        let mut other = policy.clone();
        change(&mut other);
        let spec = |policy| Spec::exact(policy, SCOPE).expect("its lifetimes can be counted together");
        apart([&spec(policy), &spec(other)], abilities, lens, Stop::NEVER)
    }

    #[test]
    fn what_sets_two_policies_apart_is_shown_on_the_shortest_way() {
        let verifier = |policy: &mut Policy| policy.wrong_verifier = WrongVerifier::Ignored;
        let Apart::By(way) = told(verifier, Abilities::ALL, Lens::CLEAR) else {
            panic!("a verifier that is looked at is told from one that is not")
        };
        // Somebody signs in, the code is stolen and presented, and its owner presents it in vain.
        assert_eq!(way.len(), 6, "{way:?}");
    }

    #[test]
    fn what_takes_two_grants_to_see_is_found_too() {
        let Apart::By(way) = told(|policy| policy.code_replay_ends = Ends::User, Abilities::ALL, Lens::CLEAR) else {
            panic!("the end of a grant is told from the end of all that a person has")
        };
        assert_eq!(way.iter().filter(|step| matches!(step, Action::SignIn(_))).count(), 2, "{way:?}");
    }

    #[test]
    fn a_policy_is_never_set_apart_from_itself_nor_by_what_is_not_asked() {
        assert_eq!(told(|_| {}, Abilities::ALL, Lens::CLEAR), Apart::Never);
        let revocation = |policy: &mut Policy| policy.revocation_ends = Ends::Nothing;
        assert!(matches!(told(revocation, Abilities::ALL, Lens::CLEAR), Apart::By(_)));
        assert_eq!(
            told(revocation, Abilities { revocation: Support::No, ..Abilities::ALL }, Lens::CLEAR),
            Apart::Never
        );
    }

    #[test]
    fn what_is_not_seen_of_tokens_is_seen_of_what_they_bring() {
        let blind = Lens { access: Support::No, refresh: Support::No, introspection: Support::No };
        let reuse = |policy: &mut Policy| policy.reuse_ends = Ends::Nothing;
        let (Apart::By(short), Apart::By(long)) =
            (told(reuse, Abilities::ALL, Lens::CLEAR), told(reuse, Abilities::ALL, blind))
        else {
            panic!("a reuse that ends the grant is told from one that does not")
        };
        assert!(short.len() < long.len(), "{short:?} {long:?}");
    }
}

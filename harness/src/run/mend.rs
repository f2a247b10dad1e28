//! What would mend a policy that breaks a promise: the settings one change away, each really explored in the same scope.
//!
//! A setting mends a promise where the promise holds under it. It is a way out where no promise breaks under it that holds now.
//!
//! Invariant: what is tried depends on the budget, what is said of a setting does not. Deliberately absent: a clock; a budget of time is
//! asked of whoever has one.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use authloom_model::policy::Neighbour;
use authloom_model::property::Property;
use authloom_model::time::Time;
use authloom_model::{Policy, Spec};

use super::{Checked, Finding, Premise, Unwatched, Verdict, explore};
use crate::explore::{Completeness, CutReason, Limits};

/// How many times as large as the policy's own graph that of a setting may be. One that grows further is no small change, and would take
/// the time of many others.
const MOST_TIMES_AS_LARGE: u64 = 8;

/// How many settings may be tried.
#[derive(Clone, Copy)]
pub enum MendBudget<'b> {
    /// So many, in their order.
    Settings(usize),
    /// The next one as long as this says so.
    While(&'b (dyn Fn() -> bool + Sync)),
}

impl MendBudget<'_> {
    fn allows(self, number: usize) -> bool {
        match self {
            Self::Settings(most) => number < most,
            Self::While(goes_on) => goes_on(),
        }
    }
}

/// What is known of what would mend a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mending {
    /// Every setting one change away, in the order of a policy's file.
    pub settings: Vec<Setting>,
}

/// A setting one change away, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The lines that it changes in the policy's file.
    pub change: Vec<String>,
    /// What came of it.
    pub trial: Tried,
}

/// What came of trying a setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tried {
    /// It was explored.
    Explored {
        /// The promises that are broken now and hold under it.
        mends: Vec<Mended>,
        /// The promises that hold now and do not under it.
        breaks: Vec<&'static Property>,
        /// The promises that are put to the test now and are not under it: that they hold then says little.
        untests: Vec<&'static Property>,
    },
    /// Its graph is larger than allowed.
    TooLarge,
    /// The budget was used up before.
    NotTried,
}

/// A setting under which a broken promise holds, and no promise breaks that holds now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WayOut<'m> {
    /// The lines that it changes in the policy's file.
    pub change: &'m [String],
    /// The promises that it mends.
    pub mends: &'m [Mended],
    /// The promises that it no longer puts to the test.
    pub untests: &'m [&'static Property],
}

/// A promise that holds under a setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mended {
    /// The promise.
    pub property: &'static Property,
    /// Whether it is put to the test under the setting.
    pub premise: Premise,
}

impl Mending {
    /// The settings under which a broken promise holds, and no promise breaks that holds now.
    pub fn ways_out(&self) -> impl Iterator<Item = WayOut<'_>> {
        self.settings.iter().filter_map(|setting| match &setting.trial {
            Tried::Explored { mends, breaks, untests } if !mends.is_empty() && breaks.is_empty() => {
                Some(WayOut { change: &setting.change, mends, untests })
            }
            Tried::Explored { .. } | Tried::TooLarge | Tried::NotTried => None,
        })
    }

    /// How many settings were explored.
    #[must_use]
    pub fn tried(&self) -> usize {
        self.settings.iter().filter(|setting| matches!(setting.trial, Tried::Explored { .. })).count()
    }
}

/// Tries what would mend a policy; none where nothing is broken but what is accepted, or where it is not known of every promise whether it
/// holds. The memory that is allowed is shared by the workers, and the word to stop leaves the rest untried.
#[must_use]
pub fn mend(checked: &Checked, limits: Limits, workers: NonZeroUsize, budget: MendBudget<'_>) -> Option<Mending> {
    let broken = checked.findings.iter().any(Finding::is_broken);
    if !broken || checked.completeness != Completeness::Complete {
        return None;
    }
    let neighbours = checked.spec.policy.neighbours();
    let worlds = u32::try_from(checked.states.unwrap_or(checked.worlds) * MOST_TIMES_AS_LARGE)
        .unwrap_or(u32::MAX)
        .min(limits.worlds);
    let limits = Limits { worlds, memory_bytes: limits.memory_bytes / workers.get() as u64, depth: None, ..limits };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut tried = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            match neighbours.get(number) {
                Some(neighbour) if budget.allows(number) && limits.stop.by().is_none() => {
                    tried.push((number, trial(checked, &neighbour.policy, limits)));
                }
                Some(_) | None => return tried,
            }
        }
    };
    let mut trials = vec![Tried::NotTried; neighbours.len()];
    thread::scope(|scope| {
        let crew: Vec<_> = (0..workers.get()).map(|_| scope.spawn(work)).collect();
        for worker in crew {
            for (number, trial) in worker.join().expect("exploring does not panic") {
                trials[number] = trial;
            }
        }
    });
    let setting = |(Neighbour { change, .. }, trial)| Setting { change, trial };
    Some(Mending { settings: neighbours.into_iter().zip(trials).map(setting).collect() })
}

/// Explores a policy in the scope of a check, and compares.
fn trial(before: &Checked, policy: &Policy, limits: Limits) -> Tried {
    let spec = match before.spec.time {
        Time::Exact(_) => Spec::exact(policy.clone(), before.spec.scope).ok(),
        Time::Ticks(_) => Spec::in_ticks(policy.clone(), before.spec.scope).ok(),
    };
    let Some(spec) = spec else { return Tried::TooLarge };
    let (after, _) = explore(&spec, limits, &mut Unwatched);
    match after.completeness {
        Completeness::Complete => {}
        Completeness::Bounded { .. }
        | Completeness::Cut {
            reason: CutReason::Worlds { .. } | CutReason::Memory { .. } | CutReason::Capacity { .. },
            ..
        } => return Tried::TooLarge,
        Completeness::Cut { reason: CutReason::Stopped { .. }, .. } => return Tried::NotTried,
    }
    let pairs = || before.findings.iter().zip(&after.findings);
    let holds = |finding: &Finding| finding.verdict == Verdict::Holds;
    let mended = pairs().filter(|(before, after)| before.is_broken() && holds(after));
    let broken = pairs().filter(|(before, after)| holds(before) && !holds(after));
    let idles = |finding: &Finding| holds(finding) && matches!(finding.premise, Premise::NeverHappens(_));
    let idle = pairs().filter(|(before, after)| holds(before) && !idles(before) && idles(after));
    Tried::Explored {
        mends: mended.map(|(_, after)| Mended { property: after.property, premise: after.premise }).collect(),
        breaks: broken.map(|(_, after)| after.property).collect(),
        untests: idle.map(|(_, after)| after.property).collect(),
    }
}

#[cfg(test)]
mod tests {
    use authloom_model::Scope;

    use super::*;
    use crate::stop::{Stop, StoppedBy};

    const ALL: MendBudget<'_> = MendBudget::Settings(usize::MAX);
    const TINY: Scope = Scope { tabs: 1, calls: 1, flows: 1, losses: 1, thefts: 0, ..Scope::DEFAULT };

    fn checked(profile: &str, scope: Scope) -> Checked {
        let spec =
            Spec::in_ticks(Policy::profile(profile).expect("the name is listed"), scope).expect("it has few ticks");
        explore(&spec, Limits::default(), &mut Unwatched).0
    }

    fn mended(checked: &Checked, workers: usize, budget: MendBudget<'_>) -> Option<Mending> {
        mend(checked, Limits::default(), NonZeroUsize::new(workers).expect("there is a worker"), budget)
    }

    fn said(mending: &Mending) -> Vec<String> {
        mending.ways_out().map(|way_out| way_out.change.join(", ")).collect()
    }

    #[test]
    fn a_grace_mends_what_a_lost_answer_breaks() {
        let checked = checked("lost-answer", TINY);
        let mending = mended(&checked, 1, ALL).expect("a promise is broken");
        let ways_out = said(&mending);
        let grace = "grace = \"same_successor\", grace_window = \"until_used\"".to_owned();
        assert!(ways_out.contains(&grace), "{ways_out:?}");
        assert_eq!(mending.tried(), mending.settings.len());
    }

    #[test]
    fn what_is_no_longer_put_to_the_test_is_said() {
        let mending = mended(&checked("lost-answer", TINY), 1, ALL).expect("a promise is broken");
        let without_rotation = mending.ways_out().find(|way_out| way_out.change == ["rotation = \"off\""]);
        let untests = without_rotation.expect("what is not spent is not lost").untests;
        assert!(untests.iter().any(|property| property.name == "replay-contained"), "{untests:?}");
    }

    #[test]
    fn every_way_out_is_one_when_it_is_checked_by_itself() {
        let before = checked("lost-answer", TINY);
        let mending = mended(&before, 1, ALL).expect("a promise is broken");
        for (neighbour, setting) in before.spec.policy.neighbours().iter().zip(&mending.settings) {
            let spec = Spec::in_ticks(neighbour.policy.clone(), TINY).expect("it has few ticks");
            let after = explore(&spec, Limits::default(), &mut Unwatched).0;
            let is_way_out = mending.ways_out().any(|way_out| way_out.change == setting.change);
            let better = before
                .findings
                .iter()
                .zip(&after.findings)
                .any(|(before, after)| before.verdict == Verdict::Violated && after.verdict == Verdict::Holds);
            let worse = before
                .findings
                .iter()
                .zip(&after.findings)
                .any(|(before, after)| before.verdict == Verdict::Holds && after.verdict != Verdict::Holds);
            assert_eq!(is_way_out, better && !worse, "{:?}", setting.change);
        }
    }

    #[test]
    fn however_many_try_the_settings_the_result_is_the_same() {
        let checked = checked("lost-answer", TINY);
        assert_eq!(mended(&checked, 1, ALL), mended(&checked, 3, ALL));
    }

    #[test]
    fn what_the_budget_does_not_allow_is_said_not_to_be_tried() {
        let checked = checked("lost-answer", TINY);
        let all = mended(&checked, 2, ALL).expect("a promise is broken");
        let some = mended(&checked, 2, MendBudget::Settings(7)).expect("a promise is broken");
        assert_eq!(some.settings[..7], all.settings[..7]);
        assert!(some.settings[7..].iter().all(|setting| setting.trial == Tried::NotTried));
        let none = mended(&checked, 2, MendBudget::While(&|| false)).expect("a promise is broken");
        assert_eq!((none.tried(), none.settings.len()), (0, all.settings.len()));
    }

    #[test]
    fn after_the_word_to_stop_nothing_more_is_tried() {
        let checked = checked("lost-answer", TINY);
        for checks in [0, 20] {
            let limits = Limits { stop: Stop::after(checks, StoppedBy::Interrupt), ..Limits::default() };
            let mending = mend(&checked, limits, NonZeroUsize::MIN, ALL).expect("a promise is broken");
            let last = mending.settings.last().expect("there are settings");
            assert_eq!(last.trial, Tried::NotTried);
            assert!(mending.settings.iter().all(|setting| setting.trial != Tried::TooLarge));
        }
    }

    #[test]
    fn a_setting_whose_graph_is_too_large_mends_nothing() {
        let checked = checked("lost-answer", TINY);
        let limits = Limits { worlds: 10, ..Limits::default() };
        let mending = mend(&checked, limits, NonZeroUsize::MIN, ALL).expect("a promise is broken");
        assert!(mending.settings.iter().all(|setting| setting.trial == Tried::TooLarge));
    }

    #[test]
    fn nothing_is_tried_where_nothing_is_broken_or_not_everything_is_known() {
        assert_eq!(mended(&checked("recommended", TINY), 1, ALL), None);
        let mut cut = checked("lost-answer", TINY);
        cut.completeness = Completeness::Bounded { depth: 9, frontier: 1 };
        assert_eq!(mended(&cut, 1, ALL), None);
    }
}

//! Explores a spec and says of each property what came of it.

use authloom_model::Mark;
use authloom_model::property::{Kind, PROPERTIES, Property};
use authloom_model::time::Time;
use authloom_model::{Action, Spec, checker};
use itertools::Itertools as _;
use serde::Serialize;

use super::{Acceptance, Space, Stage, Status, Watch};
use crate::explore::exact::{self, Bounds};
use crate::explore::{self, Completeness, CutReason, Explored, Limits};
use crate::trace::{Header, Trace, Walker};

/// What is known of a property.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is true of everything that can happen in the scope.
    Holds,
    /// It is false; there is a counterexample.
    Violated,
    /// What it asks for happens.
    Reached,
    /// What it asks for cannot happen in the scope. Worth knowing, and nothing wrong.
    NotReached,
    /// The run saw too little to tell.
    Unknown,
}

/// Whether a promise was put to the test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Premise {
    /// It has none, or it happens.
    Tested,
    /// What the promise is about never happens in this scope: named is the property that says so.
    NeverHappens(&'static str),
    /// The run saw too little to tell.
    Unknown,
}

/// What came of one property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The property.
    pub property: &'static Property,
    /// What is known of it.
    pub verdict: Verdict,
    /// A shortest way, in the model's names, to what violates or shows it.
    pub way: Option<Vec<Action>>,
    /// Whether it was put to the test.
    pub premise: Premise,
    /// That the policy's file says it is known not to be kept; none where it does not.
    pub acceptance: Option<Acceptance>,
}

/// What explored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// authloom's explorer of exact time.
    Zones,
    /// authloom's explorer of ticks.
    Ticks,
    /// stateright's breadth-first search, on ticks.
    Stateright,
}

impl Engine {
    /// What a verdict of it is about, beside the scope: nothing for exact time.
    #[must_use]
    pub fn counts(self) -> Option<&'static str> {
        match self {
            Self::Zones => None,
            Self::Ticks | Self::Stateright => Some("on ticks"),
        }
    }
}

/// What a check found.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// What was checked.
    pub spec: Spec,
    /// What explored.
    pub engine: Engine,
    /// Distinct worlds found.
    pub worlds: u64,
    /// Worlds, each with a zone of its clocks; none where time is not exact.
    pub states: Option<u64>,
    /// Steps between them; none where the engine does not count them.
    pub steps: Option<u64>,
    /// Steps to the farthest world; none where the engine does not count them.
    pub depth: Option<u32>,
    /// Whether that was all.
    pub completeness: Completeness,
    /// The chance that two worlds were taken for one.
    pub collision_probability: f64,
    /// What came of each property, in their order.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// The status that this alone would end with. What is accepted as broken is no failure; what is accepted and holds is one, so that no
    /// acceptance outlives its reason.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.findings.iter().any(|finding| finding.is_broken() || finding.is_stale()) {
            return Status::Broken;
        }
        let unknown = self.findings.iter().any(|finding| finding.verdict == Verdict::Unknown);
        if unknown || self.completeness != Completeness::Complete { Status::Unfinished } else { Status::Holds }
    }

    /// What ended the exploration early, for machines; none where nothing did.
    #[must_use]
    pub fn cut_by(&self) -> Option<&'static str> {
        match self.completeness {
            Completeness::Complete | Completeness::Bounded { .. } => None,
            Completeness::Cut { reason, .. } => Some(match reason {
                CutReason::Worlds { .. } => "max_worlds",
                CutReason::Memory { .. } => "memory",
                CutReason::Capacity { .. } => "capacity",
                CutReason::Stopped { by } => by.name(),
            }),
        }
    }

    /// The finding of the property of that name.
    #[must_use]
    pub fn finding(&self, name: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.property.name == name)
    }
}

/// Explores and keeps the graph. Where memory does not suffice for even one world, there is none.
pub fn explore(spec: &Spec, limits: Limits, watch: &mut dyn Watch) -> (Checked, Option<Space>) {
    let mut tell = |progress| watch.saw(&Stage::Exploring(progress));
    match spec.time {
        Time::Ticks(_) => {
            let (explored, graph) = explore::explore(spec, &explore::questions(), limits, &mut tell);
            (checked(spec, explored), graph.map(|graph| Space::Ticks(Box::new(graph))))
        }
        Time::Exact(_) => {
            let found = exact::explore(spec, spec, &explore::questions(), limits, Bounds::default(), &mut tell);
            let states = Some(found.states);
            let checked = Checked { engine: Engine::Zones, states, ..checked(spec, found.explored) };
            (checked, found.ways.map(|ways| Space::Exact(Box::new(ways))))
        }
    }
}

/// Explores and keeps no graph: less memory, and nothing is known of what can always be reached again.
pub fn check(spec: &Spec, limits: Limits, watch: &mut dyn Watch) -> Checked {
    let mut tell = |progress| watch.saw(&Stage::Exploring(progress));
    checked(spec, explore::check(spec, &explore::questions(), limits, &mut tell))
}

/// Bytes that a world costs in stateright's search at most: 88 of the fingerprints' table, and the world itself while it waits.
const STATERIGHT_BYTES_A_WORLD: u64 = 256;

/// What stateright says. It has no limits of its own, so the worlds are counted first, within `limits`; where they are too many, that count
/// is the result.
pub fn second_opinion(spec: &Spec, limits: Limits, watch: &mut dyn Watch) -> Checked {
    let worlds = u32::try_from(limits.memory_bytes / STATERIGHT_BYTES_A_WORLD).unwrap_or(u32::MAX);
    let counted = check(spec, Limits { worlds: limits.worlds.min(worlds), ..limits }, watch);
    if counted.completeness != Completeness::Complete {
        return counted;
    }
    let opinion = checker::second_opinion(spec);
    let verdicts = PROPERTIES.iter().zip(opinion.happens).map(|(property, happens)| {
        let verdict = match (property.kind, happens) {
            (Kind::Recoverable(_), _) | (_, None) => Verdict::Unknown,
            (Kind::Never { .. }, Some(true)) => Verdict::Violated,
            (Kind::Never { .. }, Some(false)) => Verdict::Holds,
            (Kind::Reachable(_), Some(true)) => Verdict::Reached,
            (Kind::Reachable(_), Some(false)) => Verdict::NotReached,
        };
        (verdict, None)
    });
    let worlds = opinion.worlds as u64;
    let collision_probability = explore::collision_probability(worlds);
    let findings = findings(verdicts);
    Checked { engine: Engine::Stateright, worlds, steps: None, depth: None, collision_probability, findings, ..counted }
}

/// What is known of something that is one of several specs, nobody knows which: what all of them agree on.
///
/// # Panics
/// Without any.
#[must_use]
pub fn agreed(checks: Vec<Checked>) -> Checked {
    let mut checks = checks.into_iter();
    let mut agreed = checks.next().expect("something was checked");
    for other in checks {
        for (finding, other) in agreed.findings.iter_mut().zip(other.findings) {
            if finding.verdict != other.verdict {
                (finding.verdict, finding.way) = (Verdict::Unknown, None);
            }
        }
        if other.completeness != Completeness::Complete {
            agreed.completeness = other.completeness;
        }
    }
    agreed
}

/// The trace along a way, told in names that last.
#[must_use]
pub fn trace_along(spec: &Spec, way: impl IntoIterator<Item = Action>, shows: impl Into<String>) -> Trace {
    let mut walker = Walker::new(spec);
    let actions: Vec<Action> = way.into_iter().map(|placed| walker.step(placed).action).collect();
    // What can be told in ticks can be told exactly.
    let exact = Spec::exact(spec.policy.clone(), spec.scope).unwrap_or_else(|_| spec.clone());
    let mut walker = Walker::new(&exact);
    let together = waits_together(actions);
    let steps = together.into_iter().map(|action| walker.take(action).expect("the way was walked before")).collect();
    Trace { header: Header::new(spec, shows), steps }
}

/// Actions with waits that follow each other as one.
fn waits_together(actions: Vec<Action>) -> Vec<Action> {
    let together = |one, other| match (one, other) {
        (Action::Wait(one), Action::Wait(other)) => Ok(Action::Wait(one + other)),
        pair => Err(pair),
    };
    actions.into_iter().coalesce(together).collect()
}

/// The trace of a finding: what violates a promise, or shows what happens. None where there is none.
#[must_use]
pub fn trace_of(checked: &Checked, finding: &Finding) -> Option<Trace> {
    let sentence = finding.property.sentence;
    let shows = if finding.verdict == Verdict::Violated { format!("broken: {sentence}") } else { sentence.to_owned() };
    Some(trace_along(&checked.spec, finding.way.clone()?, shows))
}

fn checked(spec: &Spec, explored: Explored<Action>) -> Checked {
    let collision_probability = explored.collision_probability();
    let verdicts = explored.verdicts.into_iter().map(|verdict| match verdict {
        explore::Verdict::Holds => (Verdict::Holds, None),
        explore::Verdict::Violated(way) => (Verdict::Violated, Some(way)),
        explore::Verdict::Reached(way) => (Verdict::Reached, Some(way)),
        explore::Verdict::NotReached => (Verdict::NotReached, None),
        explore::Verdict::Unknown => (Verdict::Unknown, None),
    });
    Checked {
        spec: spec.clone(),
        engine: Engine::Ticks,
        worlds: explored.worlds,
        states: None,
        steps: Some(explored.steps),
        depth: Some(explored.depth),
        completeness: explored.completeness,
        collision_probability,
        findings: findings(verdicts),
    }
}

/// One finding for each property, from the verdicts in their order.
fn findings(verdicts: impl Iterator<Item = (Verdict, Option<Vec<Action>>)>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = PROPERTIES
        .iter()
        .zip(verdicts)
        .map(|(property, (verdict, way))| Finding {
            property,
            verdict,
            way,
            premise: Premise::Tested,
            acceptance: None,
        })
        .collect();
    let premises: Vec<Premise> = findings.iter().map(|finding| premise(finding, &findings)).collect();
    for (finding, premise) in findings.iter_mut().zip(premises) {
        finding.premise = premise;
    }
    findings
}

fn premise(finding: &Finding, findings: &[Finding]) -> Premise {
    let mark = match finding.property.kind {
        Kind::Never { premise: Some(mark), .. } => mark,
        Kind::Never { premise: None, .. } | Kind::Reachable(_) | Kind::Recoverable(_) => return Premise::Tested,
    };
    let asks = |of: &&Finding| asks_for(of.property.kind, mark);
    let companion = findings.iter().find(asks).expect("every mark is asked for by a property");
    match companion.verdict {
        Verdict::Reached | Verdict::Violated => Premise::Tested,
        Verdict::NotReached | Verdict::Holds => Premise::NeverHappens(companion.property.name),
        Verdict::Unknown => Premise::Unknown,
    }
}

fn asks_for(kind: Kind, mark: Mark) -> bool {
    match kind {
        Kind::Never { bad, .. } => bad == mark,
        Kind::Reachable(asked) => asked == mark,
        Kind::Recoverable(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use authloom_model::{Policy, Scope};

    use super::*;
    use crate::run::Unwatched;

    fn spec(profile: &str) -> Spec {
        let policy = Policy::profile(profile).expect("the profile is listed");
        Spec::in_ticks(policy, Scope::SMALL).expect("a profile has few ticks")
    }

    #[test]
    fn a_run_without_its_graph_is_unfinished_though_nothing_is_violated() {
        let spec = spec("recommended");
        assert_eq!(explore(&spec, Limits::default(), &mut Unwatched).0.status(), Status::Holds);
        let checked = check(&spec, Limits::default(), &mut Unwatched);
        assert_eq!(checked.completeness, Completeness::Complete);
        assert_eq!(checked.status(), Status::Unfinished);
    }

    #[test]
    fn of_two_specs_only_that_is_known_which_they_agree_on() {
        let checks =
            ["recommended", "lost-answer"].map(|name| explore(&spec(name), Limits::default(), &mut Unwatched).0);
        let agreed = agreed(checks.to_vec());
        let verdict = |name| agreed.finding(name).map(|finding| finding.verdict);
        assert_eq!(verdict("survives-a-loss"), Some(Verdict::Unknown));
        assert_eq!(verdict("code-spent-once"), Some(Verdict::Holds));
        assert_eq!(agreed.status(), Status::Unfinished);
    }

    #[test]
    fn a_violation_counts_even_where_the_run_is_cut_off() {
        let spec = spec("lost-answer");
        let whole = explore(&spec, Limits::default(), &mut Unwatched).0;
        assert_eq!(whole.status(), Status::Broken);
        let worlds = u32::try_from(whole.worlds - 1).expect("the small scope is small");
        let cut = explore(&spec, Limits { worlds, ..Limits::default() }, &mut Unwatched).0;
        assert!(matches!(cut.completeness, Completeness::Cut { .. }));
        assert_eq!(cut.status(), Status::Broken);
    }

    #[test]
    fn both_engines_agree_on_worlds_and_verdicts() {
        for profile in ["recommended", "no-refresh-lock", "lost-answer"] {
            let spec = spec(profile);
            let ours = check(&spec, Limits::default(), &mut Unwatched);
            let theirs = second_opinion(&spec, Limits::default(), &mut Unwatched);
            assert_eq!(ours.worlds, theirs.worlds);
            let verdicts = |checked: &Checked| checked.findings.iter().map(|found| found.verdict).collect::<Vec<_>>();
            assert_eq!(verdicts(&ours), verdicts(&theirs));
        }
    }
}

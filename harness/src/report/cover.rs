//! What covering a graph costs, for people and machines.

use std::io::{self, Write};
use std::path::Path;

use anstyle::Style;
use serde::Serialize;

use super::layout::entry;
use super::numbers::count;
use crate::cover::{Bound, StepCover};
use crate::explore::exact::Way;
use crate::trace::Trace;

/// What a cover costs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Cost {
    /// The policy's name.
    pub policy: String,
    /// The scope.
    pub scope: authloom_model::Scope,
    /// What is covered: `steps`, `kinds` or `races`.
    pub goal: &'static str,
    /// Steps in the graph.
    pub edges: u64,
    /// Kinds of steps in the graph.
    pub kinds: u64,
    /// Tours, or traces.
    pub tours: u64,
    /// What they cost: their steps, and one for each return to the beginning.
    pub steps: u64,
    /// What any cover costs at least; none where nobody knows.
    pub bound: Option<u64>,
    /// Whether the bound is known to be the optimum.
    pub bound_is: Option<BoundIs>,
    /// What they cost, as a multiple of the bound.
    pub ratio: Option<f64>,
    /// Steps of the longest.
    pub longest: u64,
    /// How much of everything the graph is, and whether all of it is covered: `complete`, `bounded` or `cut`.
    pub completeness: &'static str,
    /// In a sentence, where it is not everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
}

/// What is known of a bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BoundIs {
    /// A cover of this cost exists.
    Optimum,
    /// No cover costs less.
    LowerBound,
}

impl Cost {
    /// That nothing is covered, since the run was stopped before.
    #[must_use]
    pub fn of_nothing(spec: &authloom_model::Spec, goal: &'static str, edges: u64, kinds: u64) -> Self {
        Self {
            policy: spec.policy.name.clone(),
            scope: spec.scope,
            goal,
            edges,
            kinds,
            tours: 0,
            steps: 0,
            bound: None,
            bound_is: None,
            ratio: None,
            longest: 0,
            completeness: "cut",
            cut_short: None,
        }
    }

    /// What covering every step costs.
    #[must_use]
    pub fn of_steps(spec: &authloom_model::Spec, kinds: u64, cover: &StepCover) -> Self {
        let bound_is = match cover.bound {
            Bound::Optimum(_) => BoundIs::Optimum,
            Bound::AtLeast(_) => BoundIs::LowerBound,
        };
        Self {
            policy: spec.policy.name.clone(),
            scope: spec.scope,
            goal: "steps",
            edges: cover.edges,
            kinds,
            tours: cover.tours.len() as u64,
            steps: cover.steps,
            bound: Some(cover.bound.steps()),
            bound_is: Some(bound_is),
            ratio: Some(ratio(cover.steps, cover.bound.steps())),
            longest: cover.longest() as u64,
            completeness: "complete",
            cut_short: None,
        }
    }

    /// What covering every kind costs.
    #[must_use]
    pub fn of_kinds(spec: &authloom_model::Spec, edges: u64, kinds: u64, ways: &[Way]) -> Self {
        let lengths = ways.iter().map(|way| way.actions.len() as u64);
        let steps = lengths.clone().map(|steps| steps + 1).sum();
        Self {
            policy: spec.policy.name.clone(),
            scope: spec.scope,
            goal: "kinds",
            edges,
            kinds,
            tours: ways.len() as u64,
            steps,
            bound: Some(kinds),
            bound_is: Some(BoundIs::LowerBound),
            ratio: Some(ratio(steps, kinds)),
            longest: lengths.max().unwrap_or_default(),
            completeness: "complete",
            cut_short: None,
        }
    }

    /// What every race costs.
    #[must_use]
    pub fn of_races(spec: &authloom_model::Spec, edges: u64, kinds: u64, traces: &[Trace]) -> Self {
        let lengths = traces.iter().map(|trace| trace.steps.len() as u64);
        Self {
            policy: spec.policy.name.clone(),
            scope: spec.scope,
            goal: "races",
            edges,
            kinds,
            tours: traces.len() as u64,
            steps: lengths.clone().map(|steps| steps + 1).sum(),
            bound: None,
            bound_is: None,
            ratio: None,
            longest: lengths.max().unwrap_or_default(),
            completeness: "complete",
            cut_short: None,
        }
    }
}

fn ratio(steps: u64, bound: u64) -> f64 {
    (steps as f64 / bound.max(1) as f64 * 10_000.0).round() / 10_000.0
}

/// Writes a cost for people, and where the traces are.
///
/// # Errors
/// When `out` cannot be written to.
pub fn text(out: &mut dyn Write, cost: &Cost, saved: Option<&Path>) -> io::Result<()> {
    const COLUMN: usize = 13;
    let mut fact = |label: &str, text: String| entry(out, &format!("  {label}"), COLUMN, &text, Style::new());
    fact("policy", format!("{} in scope {}", cost.policy, cost.scope))?;
    fact("graph", format!("{} of {}", count(cost.edges, "step"), count(cost.kinds, "kind")))?;
    let goal = match cost.goal {
        "steps" => "every one of its steps",
        "kinds" => "every one of its kinds of steps",
        _ => "every pair of requests whose order matters, at once",
    };
    fact("goal", goal.to_owned())?;
    if let Some(cut_short) = &cost.cut_short {
        fact(cost.completeness, cut_short.clone())?;
    }
    fact("tours", format!("{}, the longest of {}", count(cost.tours, "tour"), count(cost.longest, "step")))?;
    fact("cost", format!("{}, resets included", count(cost.steps, "step")))?;
    if let (Some(bound), Some(ratio)) = (cost.bound, cost.ratio) {
        let bound_is = match cost.bound_is {
            Some(BoundIs::Optimum) => "the optimum",
            Some(BoundIs::LowerBound) | None => "a lower bound",
        };
        fact("at least", format!("{}: {bound_is}; the cost is {ratio:.2} times that", count(bound, "step")))?;
    }
    match saved {
        _ if cost.tours == 0 => Ok(()),
        Some(folder) => fact("saved", format!("{} in {}", count(cost.tours, "trace"), folder.display())),
        None => fact("next", "add --out DIR to write the traces".to_owned()),
    }
}

/// Writes a cost as one JSON object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub fn json(out: &mut dyn Write, cost: &Cost) -> io::Result<()> {
    super::json::write_line(out, cost)
}

//! The suites that have to notice: made once for each policy and coverage, and shared by the flaws.

use authloom::cover::{KindOptions, Path, StepOptions, every_kind, every_step};
use authloom::explore::Graph;
use authloom_model::{Action, Spec};

use crate::flaw::Flaw;
use crate::support::{explored, spec, way};

/// What of a policy's graph a suite covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Coverage {
    /// A step of every kind in this scope.
    Kinds(&'static str),
    /// Every step in this scope.
    Steps(&'static str),
}

/// Forty traces or so, which catch most.
pub(crate) const KINDS: Coverage = Coverage::Kinds("default");
/// All there is of one tab, for what shows only after a particular past.
pub(crate) const STEPS: Coverage = Coverage::Steps("tabs=1,calls=1,losses=0");

/// Traces that cover what they are to cover.
pub(crate) struct Suite {
    /// What people call it.
    pub(crate) name: String,
    /// The model that it is taken from.
    pub(crate) spec: Spec,
    /// The traces.
    pub(crate) traces: Vec<Path>,
    coverage: Coverage,
    graph: Graph,
}

impl Suite {
    fn new(spec: Spec, coverage: Coverage) -> Self {
        let (_, graph) = explored(&spec);
        let (traces, what) = match coverage {
            Coverage::Kinds(_) => (every_kind(&graph, KindOptions::default()).traces, "every kind"),
            Coverage::Steps(_) => (every_step(&graph, StepOptions::default()).tours, "every step"),
        };
        let name = format!("{what} of {} in {}", spec.policy.name, spec.scope);
        Self { name, spec, traces, coverage, graph }
    }

    /// The actions along one of the traces.
    pub(crate) fn way<'s>(&'s self, trace: &'s [u32]) -> impl Iterator<Item = Action> + 's {
        way(&self.spec, &self.graph, trace)
    }
}

/// The suites made so far.
#[derive(Default)]
pub(crate) struct Suites(Vec<Suite>);

impl Suites {
    /// The suite that has to notice a flaw.
    pub(crate) fn find(&mut self, flaw: &Flaw) -> &Suite {
        let policy = (flaw.policy)();
        let known = self.0.iter().position(|suite| suite.coverage == flaw.coverage && suite.spec.policy == policy);
        let at = known.unwrap_or_else(|| {
            let scope = match flaw.coverage {
                Coverage::Kinds(scope) | Coverage::Steps(scope) => scope,
            };
            self.0.push(Suite::new(spec(policy, scope), flaw.coverage));
            self.0.len() - 1
        });
        &self.0[at]
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Suite] {
        &self.0
    }
}

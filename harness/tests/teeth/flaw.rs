//! A deliberate fault: what is wrong, under which policy it matters, which suite has to notice, and by which rule.

use authloom::servers::Parts;
use authloom_model::Policy;

use crate::suite::Coverage;

/// A deliberate fault of the reference.
#[derive(Clone, Copy)]
pub(crate) struct Flaw {
    /// What is wrong, in a clause.
    pub(crate) name: &'static str,
    /// The policy under which it matters.
    pub(crate) policy: fn() -> Policy,
    /// What of that policy's graph has to notice.
    pub(crate) coverage: Coverage,
    /// The id of the rule that it breaks, as the register has it.
    pub(crate) breaks: &'static str,
    /// Puts it in.
    pub(crate) make: fn(&mut Parts),
}

//! The whole state graph of a [`System`], breadth first: every world once, every step once.
//!
//! [`check`] only judges; [`explore`] also keeps the [`Graph`], from which `cover` draws its tours. Both run one core loop
//! (`search`), so that what one counts the other counts. Invariant: the same system, questions and limits give the same
//! result to the byte, and a run that was cut off or bounded never answers "holds".
//!
//! [`exact`] does the same for a spec whose time is exact: its worlds have zones of clocks beside them.
//!
//! Worlds are told apart by 64-bit fingerprints; [`collision_probability`] says what that risks.
//!
//! Deliberately absent: clocks, threads, printing, and any knowledge of OAuth.

mod budget;
pub mod exact;
mod frontier;
mod graph;
mod interner;
mod keep;
mod limits;
mod marks;
mod recover;
mod search;
mod segments;
mod spec;
mod system;
mod table;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod toy;
mod verdict;
mod way_back;

pub use graph::{Edge, Graph};
pub use limits::{Limits, Progress};
pub use search::{check, explore};
pub use spec::{kind_but_for_grants, questions};
pub use system::{Marks, Next, System};
pub use verdict::{Completeness, CutReason, Explored, Question, Verdict, collision_probability};

//! The state graph of a spec whose time is exact: worlds of phases, each with zones of its clocks.
//!
//! Two passes. The *first* is breadth first and exact: every state is what a path leads to, so that the first path to anything is a shortest
//! one and has a schedule. A state is left out where one of the same world includes it. Where that does not end within a number of states,
//! the *closing* pass goes on with the widest zones first, merges zones whose union is a zone, and widens where merging does not end. It sees
//! everything that can happen, and perhaps more: what only it sees is told only where its path has a schedule, and is unknown otherwise.
//!
//! Deliberately absent: any limit in seconds. What is unknown is the same on every machine.

mod kept;
mod natural;
mod realised;
mod recover;
mod search;
mod sources;
mod store;
mod ways;

pub use search::{Bounds, Found, explore};
pub use ways::{Edge, Way, Ways};

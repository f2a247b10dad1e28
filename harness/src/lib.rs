//! Finds, proves and replays what goes wrong in the life of an OAuth token.
//!
//! The flow is one way: a policy is explored ([`explore`]) to a graph, the graph covered ([`cover`]) by traces ([`trace`]), the traces driven
//! ([`mod@drive`]) against [`servers`], and what came of it reported ([`report`]). [`probe`] goes the other way: from what a server does to the
//! policy that it follows. [`cli`] has one file for each verb. [`mod@stop`] ends any of it early, and [`files`] reads what people give. A room uses only rooms below it; a test holds the arrows.

pub mod cli;
pub mod cover;
pub mod drive;
pub mod explore;
pub mod files;
pub mod probe;
pub mod report;
pub mod run;
pub mod serve;
pub mod servers;
pub mod stop;
pub mod trace;

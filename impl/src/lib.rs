//! The reference implementation: a real client, a real backend and a real AuthService that obey one policy.
//!
//! Role: something to drive. Each part is an ordinary server or client that speaks HTTP. The two things that make one hard to
//! replay, time and randomness, are its arguments.
//!
//! Invariant: below a shell nothing reads a clock or draws a random number, and what a request does to a grant is a
//! pure function (see [`auth::Decisions`] and [`backend::Judge`]).
//!
//! Features: `servers` is the AuthService and the backend over HTTP, `sqlite` the AuthService's store, `headless` the client without a
//! window. Without them the package has only the decisions, the backend's judge and the client's machine, and no server, database or
//! network in its dependency tree.
//!
//! Deliberately absent: any notion of the specification these servers are checked against.

pub mod auth;
pub mod backend;
pub mod clock;
pub mod gui;

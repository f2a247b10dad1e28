//! The reference implementation: a real client, a real backend and a real AuthService that obey one policy.
//!
//! Role: something to drive. Each part is an ordinary server or client that talks HTTP, with the two things that make a
//! server hard to replay, time and chance, handed in from outside.
//!
//! Invariant: below a shell nothing reads a clock or draws a random number, and what a request does to a grant is a
//! pure function (see [`auth::Decisions`] and [`backend::Judge`]).
//!
//! Features: `servers` is the AuthService and the backend over HTTP, `sqlite` the AuthService's store, `headless` the client without a
//! window. What is there without any of them decides, judges and reacts, and does nothing else: a server, a database or a network
//! is not in its dependency tree.
//!
//! Deliberately absent: any notion of the specification these servers are checked against.

pub mod auth;
pub mod backend;
pub mod clock;
pub mod gui;

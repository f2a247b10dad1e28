//! The reference implementation: a real client, a real backend and a real AuthService that obey one policy.
//!
//! Role: something to drive. Each part is an ordinary server or client that talks HTTP, with the two things that make a
//! server hard to replay, time and chance, handed in from outside.
//!
//! Invariant: below a shell nothing reads a clock or draws a random number, and what a request does to a grant is a
//! pure function (see [`auth::Decisions`] and [`backend::Judge`]).
//!
//! Deliberately absent: any notion of the specification these servers are checked against.

pub mod auth;
pub mod backend;
pub mod clock;
pub mod gui;

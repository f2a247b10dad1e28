//! What holds of the AuthService as a whole, over any sequence of requests and any number of processes.

mod at_once;
mod conflicts;
mod laws;

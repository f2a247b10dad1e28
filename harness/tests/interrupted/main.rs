//! What is left of a run that is cut off: by a signal, by its time, by SIGKILL, by a server that dies, or by a place that cannot be written.

mod cut;
mod full;
mod orphans;
mod program;
mod server;
#[path = "../stranger/mod.rs"]
mod stranger;
mod verbs;

//! Messages over sockets: how they are sent, held on their way, and read.

pub(in crate::servers) mod between;
pub(in crate::servers) mod client;
mod proxy;
pub mod wire;

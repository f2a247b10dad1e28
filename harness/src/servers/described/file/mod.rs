//! The file that describes a server: how it is read, the secrets that it names, and how one is begun.

pub mod auth_service;
pub mod backend;
pub mod draft;
pub mod places;
pub(in crate::servers) mod secrets;
pub mod server;

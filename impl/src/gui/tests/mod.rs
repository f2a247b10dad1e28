//! The GUI's rules: told as stories, and checked as laws over random lives.

mod honest;
mod laws;
mod life;
#[cfg(all(feature = "headless", feature = "sqlite"))]
mod served;
mod sessions;
mod signins;
mod support;

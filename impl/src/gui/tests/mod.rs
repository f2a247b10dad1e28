//! The GUI's rules: as stories, and as laws over random sequences of inputs.

#[cfg(all(feature = "headless", feature = "sqlite"))]
mod headless;
mod honest;
mod laws;
mod life;
mod sessions;
mod signins;
mod support;

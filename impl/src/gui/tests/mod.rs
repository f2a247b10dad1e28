//! The GUI's rules: as stories, and as laws over random sequences of inputs.

mod honest;
mod laws;
mod life;
#[cfg(all(feature = "headless", feature = "sqlite"))]
mod served;
mod sessions;
mod signins;
mod support;

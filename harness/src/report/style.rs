//! The few colours there are.

use anstyle::{AnsiColor, Style};

/// What holds.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// What does not.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What nobody knows.
pub(super) const UNSURE: Style = AnsiColor::Yellow.on_default();
/// What may be skipped.
pub(super) const DIM: Style = Style::new().dimmed();
/// A heading.
pub(super) const TITLE: Style = Style::new().bold();

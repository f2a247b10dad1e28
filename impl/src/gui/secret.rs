//! Strings that must not be disclosed: tokens, codes, verifiers, passwords.
//!
//! Invariant: neither `Debug` nor the time of a comparison discloses one; the only way to the text is [`Secret::expose`].
//! Deliberately absent: `Display`, serialisation, ordering.

use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq;

/// A string whose `Debug` is `***` and whose comparison takes constant time. Cloning shares the text.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a text, which only [`Secret::expose`] returns.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the message that has to carry it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_as_stars() {
        assert_eq!(format!("{:?}", Secret::new("swordfish")), "***");
    }

    #[test]
    fn secrets_are_equal_exactly_when_their_texts_are() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("ab"));
    }
}

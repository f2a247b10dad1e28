//! The register: every rule under one name.
//!
//! A [`Rule`] has an id, a sentence and a source. The id is what its places have in common: the guard in the model, its twin in the
//! reference, the properties that are about it, the planted faults that break it, a divergence, and what a target's file accepts. Whoever
//! searches for the id, or for its source, finds them all. Where a rule lives in none of a [`Room`]'s places, the register says why.
//!
//! The rules are sorted by who has to keep them. Invariant: ids are unique and in kebab-case; a test goes through the rooms.

pub mod at_once;
pub mod auth;
pub mod backend;
mod by_event;
pub mod gui;
pub mod surroundings;

use std::fmt;

pub use by_event::of;

/// A rule: what somebody must do, and who says so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rule {
    /// Its name, in kebab-case.
    pub id: &'static str,
    /// What it demands, in a sentence.
    pub sentence: &'static str,
    /// Where it comes from: sections of RFCs or of other specifications, or "the policy" where a deployment may choose.
    pub source: &'static str,
    /// The functions of the model that guard it, each as `module::function`.
    pub guards: &'static [&'static str],
    /// The faults that break it when they are planted in the reference.
    pub faults: &'static [&'static str],
    /// Why it is missing, for each room in which it is.
    pub missing: &'static [(Room, &'static str)],
}

/// A place where a rule lives, unless the register says why it does not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Room {
    /// A promise of [`crate::property`] is about it.
    Property,
    /// The reference names it where it keeps it.
    Reference,
    /// A fault that breaks it is planted in the reference.
    Fault,
}

/// The rule as it is reported: its id, its sentence and its source.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.id, self.sentence, self.source)
    }
}

impl Rule {
    const fn new(id: &'static str, sentence: &'static str, source: &'static str) -> Self {
        Self { id, sentence, source, guards: &[], faults: &[], missing: &[] }
    }

    const fn guarded(self, guards: &'static [&'static str]) -> Self {
        Self { guards, ..self }
    }

    const fn broken_by(self, faults: &'static [&'static str]) -> Self {
        Self { faults, ..self }
    }

    const fn missing(self, missing: &'static [(Room, &'static str)]) -> Self {
        Self { missing, ..self }
    }

    /// Why the rule is missing in a room, where the register says so.
    #[must_use]
    pub fn why_missing(&self, room: Room) -> Option<&'static str> {
        self.missing.iter().find(|(missing, _)| *missing == room).map(|(_, why)| *why)
    }
}

/// Whose rules some are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Chapter {
    /// Who has to keep them.
    pub of: &'static str,
    /// The rules.
    pub rules: &'static [Rule],
}

/// Every rule, sorted by who has to keep it.
pub const REGISTER: &[Chapter] = &[
    Chapter { of: "the AuthService", rules: auth::RULES },
    Chapter { of: "an AuthService that is asked several things at once", rules: at_once::RULES },
    Chapter { of: "the backend", rules: backend::RULES },
    Chapter { of: "the GUI", rules: gui::RULES },
    Chapter { of: "the surroundings", rules: surroundings::RULES },
];

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    REGISTER.iter().flat_map(|chapter| chapter.rules)
}

/// A name that no rule has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no rule `{id}`: {}", self.instead())]
pub struct UnknownRule {
    /// The name.
    pub id: String,
    /// The ids that are most like it, the most alike first.
    pub near: Vec<&'static str>,
}

impl UnknownRule {
    fn instead(&self) -> String {
        let near: Vec<String> = self.near.iter().map(|id| format!("`{id}`")).collect();
        match near.as_slice() {
            [] => "`authloom rules` lists them".to_owned(),
            [only] => format!("did you mean {only}?"),
            [first @ .., last] => format!("did you mean {} or {last}?", first.join(", ")),
        }
    }
}

/// The rule of that id.
///
/// # Errors
/// When there is none, with the ids that are most like it.
pub fn named(id: &str) -> Result<&'static Rule, UnknownRule> {
    find(id).ok_or_else(|| UnknownRule { id: id.to_owned(), near: near(id) })
}

/// The ids that are most like a name, the most alike first.
fn near(name: &str) -> Vec<&'static str> {
    /// From 0, nothing in common, to 1, the same.
    const ALIKE: f64 = 0.5;
    /// More would be a list to search again.
    const MOST: usize = 3;
    let likeness = |id: &str| strsim::normalized_damerau_levenshtein(name, id);
    let mut near: Vec<_> =
        all().map(|rule| (likeness(rule.id), rule.id)).filter(|(alike, _)| *alike >= ALIKE).collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    near.into_iter().take(MOST).map(|(_, id)| id).collect()
}

/// The rule of that id, if there is one.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// Writes rules down as constants, each documented by its own sentence, and lists them as `RULES`.
macro_rules! register {
    ($($name:ident = $id:literal, $sentence:literal, $source:literal $(, $with:ident $list:expr)* ;)+) => {
        $(
            #[doc = concat!("`", $id, "`: ", $sentence, ". ", $source, ".")]
            pub const $name: $crate::rules::Rule =
                $crate::rules::Rule::new($id, $sentence, $source)$(.$with(&$list))*;
        )+

        /// All of them.
        pub const RULES: &[$crate::rules::Rule] = &[$($name),+];
    };
}
use register;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_in_kebab_case() {
        let ids: BTreeSet<_> = all().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), all().count());
        for id in ids {
            let words: Vec<_> = id.split('-').collect();
            assert!(words.len() > 1, "{id} has one word, and could be taken for one");
            let word =
                |word: &&str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            assert!(words.iter().all(word), "{id}");
        }
    }

    #[test]
    fn a_name_that_no_rule_has_is_answered_with_the_nearest() {
        let unknown = |id: &str| named(id).expect_err("no rule has that name").to_string();
        assert_eq!(named("code-spent-once"), Ok(&auth::CODE_SPENT_ONCE));
        let near = unknown("refresh-spend-once");
        assert!(near.starts_with("there is no rule `refresh-spend-once`: did you mean `refresh-spent-once`"), "{near}");
        assert_eq!(unknown("x"), "there is no rule `x`: `authloom rules` lists them");
    }

    #[test]
    fn every_source_is_a_section_or_the_policy() {
        for rule in all() {
            let exact = |part: &str| {
                let section = part.split_once(" section ").map(|(_, section)| section);
                part == "the policy"
                    || section.is_some_and(|section| section.split('.').all(|number| number.parse::<u8>().is_ok()))
            };
            assert!(rule.source.split(", ").all(exact), "{}: {}", rule.id, rule.source);
        }
    }
}

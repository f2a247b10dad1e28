//! The register of rules, for people and for machines.

use std::io::{self, Write};

use anstyle::Style;
use authloom_model::property::{PROPERTIES, Property};
use authloom_model::rules::{self, REGISTER, Room, Rule};
use serde::Serialize;

use super::json::write_line;
use super::layout::{entry, heading};
use super::style::{DIM, TITLE};
use crate::trace::kept::{KEPT, Kept};

/// The column in which what belongs to a label stands.
const FACTS: usize = 13;

/// Writes every rule with its source.
///
/// # Errors
/// When `out` cannot be written to.
pub fn list(out: &mut dyn Write) -> io::Result<()> {
    for chapter in REGISTER {
        heading(out, &format!("Rules of {}", chapter.of), TITLE, "")?;
        for rule in chapter.rules {
            writeln!(out, "  {}", rule.id)?;
            entry(out, "", 6, rule.sentence, Style::new())?;
            entry(out, "", 6, rule.source, DIM)?;
        }
    }
    writeln!(out)?;
    entry(out, "  next", FACTS, "authloom rules ID says all that is known of one", Style::new())
}

/// Writes all that is known of a rule.
///
/// # Errors
/// When `out` cannot be written to.
pub fn show(out: &mut dyn Write, rule: &Rule) -> io::Result<()> {
    let known = known(rule);
    writeln!(out, "{TITLE}{}{TITLE:#}", rule.id)?;
    entry(out, "", 2, rule.sentence, Style::new())?;
    writeln!(out)?;
    let mut facts = |label: &str, facts: &[String], none: Option<&str>| {
        let mut label = format!("  {label}");
        for fact in facts {
            entry(out, &label, FACTS, fact, Style::new())?;
            label.clear();
        }
        match none {
            Some(why) if facts.is_empty() => entry(out, &label, FACTS, &format!("none: {why}"), DIM),
            Some(_) | None => Ok(()),
        }
    };
    facts("source", &[rule.source.to_owned()], None)?;
    facts("guarded by", &rule.guards.iter().map(|guard| guard_path(guard)).collect::<Vec<_>>(), None)?;
    let promises = known.properties.iter().map(|property| format!("{}: {}", property.name, property.sentence));
    facts("promises", &promises.collect::<Vec<_>>(), rule.why_missing(Room::Property))?;
    let faults: Vec<_> = rule.faults.iter().map(|fault| (*fault).to_owned()).collect();
    facts("broken by", &faults, rule.why_missing(Room::Fault))?;
    facts("reference", &known.reference(), rule.why_missing(Room::Reference))?;
    facts("traces", &known.traces, Some("none of those that are kept shows it broken"))
}

/// Writes every rule as one object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub fn list_json(out: &mut dyn Write) -> io::Result<()> {
    write_line(out, &Register { rules: rules::all().map(known).collect() })
}

/// Writes a rule as one object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub fn show_json(out: &mut dyn Write, rule: &Rule) -> io::Result<()> {
    write_line(out, &known(rule))
}

#[derive(Serialize)]
struct Register {
    rules: Vec<Known>,
}

/// All that is known of a rule.
#[derive(Serialize)]
struct Known {
    id: &'static str,
    sentence: &'static str,
    source: &'static str,
    guards: Vec<String>,
    properties: Vec<Promise>,
    faults: &'static [&'static str],
    traces: Vec<String>,
    missing: Vec<Missing>,
}

/// A property that is about a rule.
#[derive(Serialize)]
struct Promise {
    name: &'static str,
    kind: &'static str,
    sentence: &'static str,
    source: &'static str,
}

/// A place where a rule does not live, and why.
#[derive(Serialize)]
struct Missing {
    room: &'static str,
    why: &'static str,
}

fn known(rule: &Rule) -> Known {
    Known {
        id: rule.id,
        sentence: rule.sentence,
        source: rule.source,
        guards: rule.guards.iter().map(|guard| guard_path(guard)).collect(),
        properties: PROPERTIES.iter().filter(|property| property.rules.contains(rule)).map(Promise::of).collect(),
        faults: rule.faults,
        traces: KEPT.iter().filter(|kept| kept.is_about(rule)).map(Kept::path).collect(),
        missing: rule.missing.iter().map(|(room, why)| Missing { room: in_words(*room), why }).collect(),
    }
}

impl Known {
    /// Where the reference keeps the rule: it names the id there.
    fn reference(&self) -> Vec<String> {
        let kept = !self.missing.iter().any(|missing| missing.room == in_words(Room::Reference));
        kept.then(|| format!("keeps it where `{}` stands in impl/src", self.id)).into_iter().collect()
    }
}

impl Promise {
    fn of(property: &Property) -> Self {
        let Property { name, sentence, source, kind, .. } = *property;
        Self { name, kind: kind.name(), sentence, source }
    }
}

fn in_words(room: Room) -> &'static str {
    match room {
        Room::Property => "property",
        Room::Reference => "reference",
        Room::Fault => "fault",
    }
}

/// The file of a guard, and its function in it.
fn guard_path(guard: &str) -> String {
    let (module, function) = guard.split_once("::").unwrap_or((guard, ""));
    format!("model/src/{module}.rs: {function}")
}

#[cfg(test)]
mod tests {
    use super::super::layout::WIDTH;
    use super::*;

    fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).expect("memory can be written to");
        anstream::adapter::strip_str(&String::from_utf8(out).expect("it is text")).to_string()
    }

    #[test]
    fn a_rule_is_shown_with_all_that_is_known_of_it() {
        let rule = rules::find("replay-contained").expect("it is a rule");
        insta::assert_snapshot!(written(|out| show(out, rule)));
    }

    #[test]
    fn the_rules_are_listed_within_the_width_of_a_terminal() {
        let mut texts = vec![written(list)];
        texts.extend(rules::all().map(|rule| written(|out| show(out, rule))));
        for line in texts.iter().flat_map(|text| text.lines()) {
            let words = line.split_whitespace().count();
            assert!(line.chars().count() <= WIDTH || words == 1, "{line}");
        }
    }

    #[test]
    fn machines_read_every_rule_with_its_source() {
        let read: serde_json::Value = serde_json::from_str(&written(list_json)).expect("it is JSON");
        let rules = read["rules"].as_array().expect("it lists rules");
        assert_eq!(rules.len(), rules::all().count());
        let one = rules.iter().find(|rule| rule["id"] == "refresh-spent-once").expect("it is listed");
        assert_eq!(one["source"], "RFC 6749 section 10.4, RFC 9700 section 4.14.2");
        assert_eq!(one["guards"][0], "model/src/judges.rs: refresh");
        assert_eq!(one["properties"][0]["name"], "refresh-spent-once");
        assert!(one["faults"].as_array().is_some_and(|faults| !faults.is_empty()));
    }
}

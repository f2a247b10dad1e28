//! Every rule is in every room: guarded in the model, promised by a property, kept by the reference, broken by a planted fault; or the
//! register says why it is not. And nobody names a rule that the register does not have.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use authloom::trace::kept::{KEPT, Kept};
use authloom_model::property::{Kind, PROPERTIES};
use authloom_model::rules::{self, Room, Rule};

/// What a doc comment says of a rule begins so.
const NAMES: &str = "/// Rule `";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below a folder that end so, each with its text.
fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry is read").path());
    let of = |path: PathBuf| {
        if path.is_dir() {
            files(&path, extension)
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = fs::read_to_string(&path).expect("a file of the repository is text");
            vec![(path, text)]
        } else {
            Vec::new()
        }
    };
    paths.flat_map(of).collect()
}

/// The rules that a doc comment names, each with what it says is its source.
fn named(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (id, source) = line.trim_start().strip_prefix(NAMES)?.split_once("`: ")?;
        Some((id, source.strip_suffix('.')?))
    })
}

/// The doc comment of a function.
fn doc_of(text: &str, function: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let is_it = |line: &&str| {
        line.split_once("fn ")
            .is_some_and(|(_, rest)| rest.strip_prefix(function).is_some_and(|rest| rest.starts_with(['(', '<'])))
    };
    let at = lines.iter().position(is_it)?;
    let above = lines[..at].iter().rev().map(|line| line.trim_start());
    let comment: Vec<&str> = above.take_while(|line| line.starts_with("///") || line.starts_with("#[")).collect();
    Some(comment.into_iter().rev().collect::<Vec<_>>().join("\n"))
}

/// That a rule is in a room, or that the register says why it is not, and not both.
fn in_or_excused(rule: &Rule, room: Room, is_there: bool) -> Option<String> {
    match (is_there, rule.why_missing(room)) {
        (true, None) | (false, Some(_)) => None,
        (false, None) => Some(format!("{}: {room:?} is missing, and the register does not say why", rule.id)),
        (true, Some(why)) => Some(format!("{}: {room:?} is there, though the register says that {why}", rule.id)),
    }
}

#[test]
fn every_rule_is_guarded_where_the_register_says() {
    for rule in rules::all() {
        assert!(!rule.guards.is_empty(), "{} is guarded nowhere", rule.id);
        for guard in rule.guards {
            let (module, function) = guard.split_once("::").expect("a guard is a module and a function");
            let path = root().join(format!("model/src/{module}.rs"));
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{guard} of {}: {error}", rule.id));
            let doc = doc_of(&text, function).unwrap_or_else(|| panic!("{guard} of {} is no function", rule.id));
            assert!(named(&doc).any(|name| name == (rule.id, rule.source)), "{guard} does not name {}", rule.id);
        }
    }
}

#[test]
fn every_rule_is_in_every_room_or_the_register_says_why_not() {
    let reference: Vec<_> = files(&root().join("impl/src"), "rs");
    let kept: BTreeSet<&str> = reference.iter().flat_map(|(_, text)| named(text).map(|(id, _)| id)).collect();
    let promises = PROPERTIES.iter().filter(|property| !matches!(property.kind, Kind::Reachable(_)));
    let promised: BTreeSet<&str> = promises.flat_map(|property| property.rules).map(|rule| rule.id).collect();
    let wrong: Vec<String> = rules::all()
        .flat_map(|rule| {
            [
                in_or_excused(rule, Room::Property, promised.contains(rule.id)),
                in_or_excused(rule, Room::Reference, kept.contains(rule.id)),
                in_or_excused(rule, Room::Fault, !rule.faults.is_empty()),
            ]
        })
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nobody_names_a_rule_that_the_register_does_not_have_or_another_source_for_it() {
    let folders = ["model/src", "impl/src", "harness/src", "harness/tests"];
    let sources: Vec<_> = folders.iter().flat_map(|folder| files(&root().join(folder), "rs")).collect();
    for (path, text) in &sources {
        let mentions = text.lines().filter(|line| line.trim_start().starts_with(NAMES)).count();
        assert_eq!(mentions, named(text).count(), "{}: a rule is named as `id`: source.", path.display());
        for (id, source) in named(text) {
            let rule = rules::named(id).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(source, rule.source, "{id} in {}", path.display());
        }
        for id in text.split("breaks: \"").skip(1).filter_map(|rest| rest.split_once('"').map(|(id, _)| id)) {
            rules::named(id).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
    for (path, text) in files(&root().join("harness/targets"), "toml") {
        for id in text.lines().filter_map(|line| line.strip_prefix("rule = \"")?.strip_suffix('"')) {
            rules::named(id).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}

#[test]
fn every_kept_trace_is_listed_and_named_after_what_it_shows() {
    let found = files(&root().join("harness/traces/found"), "mmd");
    let found: BTreeSet<String> = found
        .iter()
        .map(|(path, _)| path.strip_prefix(root()).expect("it is below the root").display().to_string())
        .collect();
    assert_eq!(found, KEPT.iter().map(Kept::path).collect());
    for kept in KEPT {
        assert!(rules::all().any(|rule| kept.is_about(rule)), "{} shows no rule", kept.path());
    }
}

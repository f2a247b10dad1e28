//! What people and machines read of one fixed outcome.

use std::time::Duration;

use authloom_model::rule::NOTHING_ELSE;
use authloom_model::{Policy, Scope, Spec};

use super::{json, junit, markdown, text};
use crate::explore::Limits;
use crate::run::{Breach, Coverage, Outcome, Replay, Unwatched, explore, trace_along};

fn spec(profile: &str) -> Spec {
    let policy = Policy::profile(profile).expect("the profile is listed");
    Spec::new(policy, Scope { tabs: 1, calls: 1, flows: 1, losses: 1, thefts: 0 }).expect("a profile has few ticks")
}

fn written(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = anstream::StripStream::new(Vec::new());
    write(&mut out).expect("memory can be written to");
    String::from_utf8(out.into_inner()).expect("a report is text")
}

/// A policy that breaks a promise, a target that conforms, and one that diverges.
fn mixed() -> Outcome {
    let spec = spec("lost-answer");
    let (checked, _) = explore(&spec, Limits::default(), &mut Unwatched);
    let mut conforms = Replay::begin("reference", Coverage::EveryStep, 40, 5_000);
    (conforms.traces, conforms.steps_covered, conforms.steps_driven) = (40, 5_000, 12_345);
    conforms.elapsed = Duration::from_millis(1_500);
    let mut diverges = Replay::begin("http", Coverage::EveryKind { kinds: 60 }, 9, 120);
    (diverges.traces, diverges.steps_covered, diverges.steps_driven, diverges.diverged) = (7, 80, 90, 2);
    diverges.elapsed = Duration::from_millis(250);
    let way = checked.finding("no-token").and_then(|found| found.way.clone()).expect("calls come without tokens");
    diverges.breaches.push(Breach {
        trace: trace_along(&spec, way, "where http diverges"),
        expected: "401".to_owned(),
        rule: NOTHING_ELSE,
        seen: "500 Internal Server Error".to_owned(),
        evidence: Vec::new(),
        again: crate::run::Again::default(),
        saved: Some("traces/http-diverges-1.mmd".into()),
    });
    Outcome { checked, replays: Some(vec![conforms, diverges]) }
}

#[test]
fn people_read_the_verdict_then_the_reasons() {
    insta::assert_snapshot!(written(|out| text::outcome(out, &mixed(), " --policy lost-answer")));
}

#[test]
fn machines_read_one_object_on_one_line() {
    let said = written(|out| json::outcome(out, &mixed()));
    assert_eq!(said.lines().count(), 1);
    let value: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).expect("a value can be written"));
}

#[test]
fn a_check_alone_has_no_replays() {
    let said = written(|out| json::outcome(out, &Outcome { replays: None, ..mixed() }));
    assert!(!said.contains("replays"), "{said}");
}

#[test]
fn continuous_integration_reads_a_failure_for_each_promise_and_rule_that_is_broken() {
    insta::assert_snapshot!(written(|out| junit::outcome(out, &mixed())));
}

#[test]
fn a_pull_request_shows_each_trace_as_a_picture_that_can_be_run() {
    let said = written(|out| markdown::outcome(out, &mixed()));
    let pictures: Vec<&str> =
        said.split("```mermaid\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(crate::trace::mermaid::read("a.mmd", picture).is_ok(), "{picture}");
    }
    let short: String = said
        .lines()
        .filter(|line| !line.starts_with("%%") && !line.starts_with("  "))
        .fold(String::new(), |text, line| text + line + "\n");
    insta::assert_snapshot!(short);
}

#[test]
fn nothing_that_is_said_is_taken_for_markdown() {
    let mut outcome = mixed();
    outcome.checked.spec.policy.name = "<b>`a|b`\n## c".to_owned();
    let said = written(|out| markdown::outcome(out, &outcome));
    assert!(said.contains("&lt;b>`a\\|b` \\#\\# c"), "{said}");
    assert!(!said.contains("<b>`"), "{said}");
}

#[test]
fn no_line_for_people_is_wider_than_a_terminal() {
    let (cut, _) = explore(&spec("recommended"), Limits { worlds: 100, ..Limits::default() }, &mut Unwatched);
    let cut = Outcome { checked: cut, replays: Some(Vec::new()) };
    for outcome in [mixed(), cut] {
        for line in written(|out| text::outcome(out, &outcome, "")).lines() {
            assert!(line.chars().count() <= super::layout::WIDTH, "{line}");
        }
    }
}

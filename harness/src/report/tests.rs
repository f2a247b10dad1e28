//! What people and machines read of one fixed outcome.

use std::time::Duration;

use authloom_model::policy::Accepted;
use authloom_model::rule::NOTHING_ELSE;
use authloom_model::{Policy, Scope, Spec};
use toml::value::Datetime;

use super::{json, junit, markdown, text};
use crate::explore::Limits;
use crate::run::{Breach, Coverage, Outcome, Replay, Status, Unwatched, explore, trace_along};

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

/// The same, with the broken promise accepted, and one that holds.
fn accepting() -> Outcome {
    let accepted = |promise, reason: &str, until: Option<&str>| Accepted {
        promise,
        reason: reason.to_owned(),
        until: until.map(|until| until.parse::<Datetime>().unwrap().date.unwrap()),
    };
    let accepted = [
        accepted("survives-a-loss", "the client | cannot wait", Some("2026-12-31")),
        accepted("code-spent-once", "it was broken once", None),
        accepted("no-grace-for-thieves", "thieves are not looked at", None),
    ];
    let today = "2026-12-31".parse::<Datetime>().unwrap().date.unwrap();
    let Outcome { checked, .. } = mixed();
    Outcome { checked: checked.accepting(&accepted, today), replays: None }
}

#[test]
fn what_is_accepted_is_said_in_every_report_with_its_reason() {
    let outcome = accepting();
    assert_eq!(outcome.status(), Status::Broken, "one is stale");
    let in_force = "accepted: the client | cannot wait (until 2026-12-31)";
    let stale = "accepted as broken, but it holds: drop its [[accepted]] from the policy's file (it was broken once)";
    let untested = "accepted, but not put to the test: thieves are not looked at";
    let text = written(|out| text::outcome(out, &outcome, ""));
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [in_force, stale, untested] {
        assert!(said.contains(sentence), "{text}");
    }
    assert!(said.contains("1 promise holds that is accepted as broken"), "{text}");
    assert!(!said.contains("How survives-a-loss is broken"), "{text}");
    let markdown = written(|out| markdown::outcome(out, &outcome));
    assert!(
        markdown.contains("| `survives-a-loss` | accepted: the client \\| cannot wait (until 2026-12-31) |"),
        "{markdown}"
    );
    assert!(!markdown.contains("| broken promise |"), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&written(|out| json::outcome(out, &outcome))).unwrap();
    let property = |name: &str| json["properties"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    let right = serde_json::json!({ "state": "in_force", "reason": "the client | cannot wait", "until": "2026-12-31" });
    assert_eq!(property("survives-a-loss")["accepted"], right);
    assert_eq!(property("code-spent-once")["accepted"]["state"], "stale");
    assert_eq!(property("no-grace-for-thieves")["accepted"]["state"], "untested");
    assert!(property("idle-bound").get("accepted").is_none());
    let junit = written(|out| junit::outcome(out, &outcome));
    assert!(junit.contains("<skipped message=\"accepted: the client | cannot wait (until 2026-12-31)\"/>"), "{junit}");
    assert!(junit.contains("failures=\"1\"") && junit.contains("type=\"stale\""), "{junit}");
}

#[test]
fn a_report_on_a_shrunk_policy_says_what_its_verdict_is_not() {
    let mut outcome = mixed();
    outcome.checked.spec.policy.shrunk_from = Some("production".to_owned());
    let caution = "shrunk from production: its limits come in the same order, but sums of durations are lost: a promise that holds here can \
                   be broken under the real durations";
    let text = written(|out| text::outcome(out, &outcome, ""));
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(caution), "{text}");
    for said in [
        written(|out| json::outcome(out, &outcome)),
        written(|out| junit::outcome(out, &outcome)),
        written(|out| markdown::outcome(out, &outcome)),
    ] {
        assert!(said.contains(caution), "{said}");
    }
    for said in [written(|out| json::outcome(out, &mixed())), written(|out| junit::outcome(out, &mixed()))] {
        assert!(!said.contains("shrunk"), "{said}");
    }
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
    for outcome in [mixed(), cut, accepting()] {
        for line in written(|out| text::outcome(out, &outcome, "")).lines() {
            assert!(line.chars().count() <= super::layout::WIDTH, "{line}");
        }
    }
}

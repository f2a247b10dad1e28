//! What people and machines read of one fixed outcome.

use std::num::NonZeroUsize;
use std::time::Duration;

use authloom_model::policy::Accepted;
use authloom_model::rules::surroundings::NOTHING_UNASKED;
use authloom_model::{Policy, Scope, Spec};
use toml::value::Datetime;

use super::text::Detail;
use super::{json, junit, markdown, mend, text};
use crate::explore::Limits;
use crate::run::{
    Breach, Coverage, MendBudget, Mending, NotDriven, Outcome, Replay, Status, Unwatched, Verdict, explore, trace_along,
};

fn spec(profile: &str) -> Spec {
    let policy = Policy::profile(profile).expect("the profile is listed");
    Spec::exact(policy, Scope { tabs: 1, calls: 1, flows: 1, losses: 1, thefts: 0, ..Scope::DEFAULT })
        .expect("a profile has few ticks")
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
        rule: NOTHING_UNASKED,
        seen: "500 Internal Server Error".to_owned(),
        evidence: Vec::new(),
        again: crate::run::Again::default(),
        saved: Some("traces/http-diverges-1.mmd".into()),
    });
    Outcome { checked, replays: Some(vec![conforms, diverges]) }
}

#[test]
fn people_read_the_verdict_then_the_reasons() {
    insta::assert_snapshot!(written(|out| text::outcome(out, &mixed(), " --policy lost-answer", Detail::Everything)));
}

/// What would mend the policy of [`mixed`], of which not everything was tried.
fn mending() -> Mending {
    let checked = mixed().checked;
    let tried = MendBudget::Settings(20);
    crate::run::mend(&checked, Limits::default(), NonZeroUsize::MIN, tried).expect("a promise is broken")
}

#[test]
fn people_read_what_would_mend_it_and_what_was_not_tried() {
    insta::assert_snapshot!(written(|out| mend::text(out, &mending())));
    insta::assert_snapshot!(written(|out| markdown::mending(out, &mending())));
}

#[test]
fn people_read_names_alone_unless_they_ask_for_more() {
    insta::assert_snapshot!(written(|out| text::outcome(out, &mixed(), "", Detail::Screen)));
}

#[test]
fn people_in_a_hurry_read_a_line_for_each_thing_that_is_wrong_and_the_verdict() {
    insta::assert_snapshot!(written(|out| text::outcome(out, &mixed(), "", Detail::Verdict)));
}

#[test]
fn a_proof_fits_on_one_screen() {
    let (checked, _) =
        explore(&Spec::exact(Policy::recommended(), Scope::SMALL).unwrap(), Limits::default(), &mut Unwatched);
    let proof = written(|out| text::outcome(out, &Outcome { checked, replays: None }, "", Detail::Screen));
    // With the command line above it and the prompt below it.
    assert!(proof.lines().count() + 2 <= 24, "{} lines:\n{proof}", proof.lines().count());
}

#[test]
fn a_promise_on_which_policies_differ_that_look_alike_is_said_to_be_undecided_for_that() {
    let mut outcome = Outcome { replays: None, ..mixed() };
    let finding = outcome.checked.findings.iter_mut().find(|finding| finding.property.name == "idle-bound");
    finding.expect("it is a promise").verdict = Verdict::Unknown;
    let said = written(|out| text::outcome(out, &outcome, "", Detail::Screen));
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("undecided 1 promise: idle-bound: the policies that look alike do not agree"), "{said}");
}

#[test]
fn what_was_not_put_to_the_test_is_no_pass() {
    let said = written(|out| json::outcome(out, &mixed(), None));
    let object: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
    let find = |name: &str| {
        let properties = object["properties"].as_array().expect("the properties are a list");
        properties.iter().find(|property| property["name"] == name).expect("the property is there").clone()
    };
    let idle = find("no-grace-for-thieves");
    assert_eq!((&idle["verdict"], &idle["premise_property"]), (&"not_tested".into(), &"theft".into()));
    assert_eq!(find("replay-contained")["verdict"], "holds");
    let xml = written(|out| junit::outcome(out, &mixed(), None));
    let (_, after) =
        xml.split_once("<testcase name=\"no-grace-for-thieves\" classname=\"never\">").expect("it is told");
    assert!(after.trim_start().starts_with("<skipped message=\"not put to the test: `theft` never"), "{after}");
}

#[test]
fn machines_read_each_trace_where_people_see_it_drawn() {
    let said = written(|out| json::outcome(out, &mixed(), Some(&mending())));
    let object: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
    let reads = |trace: &serde_json::Value| crate::trace::json::read("a.json", &trace.to_string());
    for property in object["properties"].as_array().expect("the properties are a list") {
        let told = property["trace_length"].as_u64();
        assert_eq!(told.is_some(), property.get("trace").is_some(), "{property}");
        if let Some(length) = told {
            assert_eq!(reads(&property["trace"]).map(|trace| trace.steps.len() as u64), Ok(length));
        }
    }
    let divergence = &object["replays"][1]["divergences"][0];
    assert_eq!((&divergence["expected"], &divergence["saved"]), (&"401".into(), &"traces/http-diverges-1.mmd".into()));
    assert!(reads(&divergence["trace"]).is_ok());
    assert_eq!((&object["mending"]["tried"], &object["status"]), (&20.into(), &1.into()));
    assert_eq!(
        object["mending"]["not_tried"].as_array().map(Vec::len),
        object["mending"]["of"].as_u64().and_then(|of| usize::try_from(of - 20).ok())
    );
}

/// Leaves the steps of traces out: a page of them is enough elsewhere.
fn without_traces(value: &mut serde_json::Value) {
    let members = match value {
        serde_json::Value::Object(object) => {
            if let Some(trace) = object.get_mut("trace") {
                *trace = "a trace".into();
            }
            object.values_mut().collect::<Vec<_>>()
        }
        serde_json::Value::Array(array) => array.iter_mut().collect(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => Vec::new(),
    };
    members.into_iter().for_each(without_traces);
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
    let text = written(|out| text::outcome(out, &outcome, "", Detail::Screen));
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
    let json: serde_json::Value = serde_json::from_str(&written(|out| json::outcome(out, &outcome, None))).unwrap();
    let property = |name: &str| json["properties"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    let right = serde_json::json!({ "state": "in_force", "reason": "the client | cannot wait", "until": "2026-12-31" });
    assert_eq!(property("survives-a-loss")["accepted"], right);
    assert_eq!(property("code-spent-once")["accepted"]["state"], "stale");
    assert_eq!(property("no-grace-for-thieves")["accepted"]["state"], "untested");
    assert!(property("idle-bound").get("accepted").is_none());
    let junit = written(|out| junit::outcome(out, &outcome, None));
    assert!(junit.contains("<skipped message=\"accepted: the client | cannot wait (until 2026-12-31)\"/>"), "{junit}");
    assert!(junit.contains("failures=\"1\"") && junit.contains("type=\"stale\""), "{junit}");
}

#[test]
fn machines_read_one_object_on_one_line() {
    let said = written(|out| json::outcome(out, &mixed(), None));
    assert_eq!(said.lines().count(), 1);
    let mut value: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
    without_traces(&mut value);
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).expect("a value can be written"));
}

/// A policy that breaks a promise, and a target that is led nowhere.
fn driven_nowhere(why: NotDriven) -> Outcome {
    Outcome { replays: Some(vec![Replay::of_nothing("reference", Coverage::EveryStep, why)]), ..mixed() }
}

#[test]
fn every_format_says_why_nothing_was_driven_beside_a_promise_that_is_broken() {
    let outcome = driven_nowhere(NotDriven::TooManySteps { steps: 9_000_000, most: 8_000_000 });
    assert_eq!(outcome.status(), Status::Broken);
    let why = "the graph has 9000000 steps";
    let text = written(|out| text::outcome(out, &outcome, "", Detail::Screen));
    let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in ["is broken, and nothing was replayed", "Not replayed", why, "ask for less with --scope"] {
        assert!(unwrapped.contains(said), "`{said}` is not in: {text}");
    }
    assert!(!unwrapped.contains("conforms in"), "{text}");
    let object: serde_json::Value =
        serde_json::from_str(&written(|out| json::outcome(out, &outcome, None))).expect("it is JSON");
    let replay = &object["replays"][0];
    let named = serde_json::json!({ "why": "too_many_steps", "steps": 9_000_000, "most": 8_000_000 });
    assert_eq!(replay["not_driven"], named);
    assert!(replay["reasons"][0].as_str().is_some_and(|reason| reason.contains(why)), "{replay}");
    let summary = written(|out| markdown::outcome(out, &outcome));
    assert!(summary.contains(why) && !summary.contains("conforms in"), "{summary}");
}

#[test]
fn continuous_integration_never_takes_a_replay_of_nothing_for_a_pass() {
    let part = "2/2".parse().expect("it is a part");
    for why in [
        NotDriven::TooManySteps { steps: 2, most: 1 },
        NotDriven::NotExplored,
        NotDriven::NoStep,
        NotDriven::NoRace,
        NotDriven::NoTrace,
        NotDriven::EmptyPart { part, of: 1 },
    ] {
        let said = written(|out| junit::replays(out, driven_nowhere(why).replays.as_deref().unwrap_or_default()));
        assert!(said.contains("errors=\"1\"") && said.contains("type=\"not driven\""), "{why:?}: {said}");
    }
}

#[test]
fn a_check_alone_has_no_replays() {
    let said = written(|out| json::outcome(out, &Outcome { replays: None, ..mixed() }, None));
    assert!(!said.contains("replays"), "{said}");
}

#[test]
fn continuous_integration_reads_a_failure_for_each_promise_and_rule_that_is_broken() {
    insta::assert_snapshot!(written(|out| junit::outcome(out, &mixed(), None)));
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
    let nothing = Replay::of_nothing("reference", Coverage::EveryStep, NotDriven::NotExplored);
    let cut = Outcome { checked: cut, replays: Some(vec![nothing]) };
    let details = [Detail::Screen, Detail::Everything];
    let outcomes = [mixed(), cut, accepting()];
    for (outcome, detail) in outcomes.iter().flat_map(|outcome| details.map(|detail| (outcome, detail))) {
        for line in written(|out| text::outcome(out, outcome, "", detail)).lines() {
            assert!(line.chars().count() <= super::layout::WIDTH, "{line}");
        }
    }
}

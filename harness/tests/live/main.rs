//! Targets that a file describes: the reference as a stranger, whose policy is found out, backends, and servers that misbehave.

use std::path::Path;
use std::process::{Command, Output};

mod asking;
mod backends;
mod bad_servers;
mod commands;
mod mock;
mod out_of_the_box;
mod sign_in;
#[path = "../stranger/mod.rs"]
mod stranger;

const PROGRAM: &str = env!("CARGO_BIN_EXE_authloom");

/// Runs authloom in a folder of its own, so that what it saves there goes with it.
fn authloom(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder.path())
        .env("AUTHLOOM_TARGET_PASSWORD", "demo")
        .env_remove("AUTHLOOM_NOT_SET")
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What a program said, with one space between any two words, however its lines were broken.
fn words(output: &Output) -> String {
    said(output).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The reference's AuthService, as its own stranger.
fn reference(folder: &Path, policy: &str) -> String {
    let file = folder.join("reference.toml");
    stranger::described(&file, PROGRAM, policy, policy);
    file.to_string_lossy().into_owned()
}

#[test]
fn the_probe_finds_the_policy_that_the_reference_was_told() {
    let folder = tempfile::tempdir().unwrap();
    for (policy, grace) in [("recommended", "same_successor until it is used"), ("lost-answer", "none")] {
        let output = authloom(&["probe", "--target", &reference(folder.path(), policy)]);
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("reference follows one of 9,408 policies"), "{said}");
        for (knob, choice) in [
            ("rotation", "always"),
            ("reuse_ends", "grant"),
            ("grace", grace),
            ("idle_on_refresh", "restarts"),
            ("access_on_refresh", "kept"),
            ("wrong_verifier", "spends"),
            ("spent_revokes", "yes"),
        ] {
            let told = said.lines().find(|line| line.trim_start().starts_with(knob)).unwrap_or_default();
            assert!(told.trim_end().ends_with(choice), "{knob} under {policy}: {said}");
        }
    }
}

#[test]
fn the_reference_conforms_as_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "recommended");
    let out = folder.path().join("out");
    let output = authloom(&["verify", "--target", &target, "--scope", "theft", "--out", &out.to_string_lossy()]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("conforms in all"), "{}", said(&output));
}

#[test]
fn requests_that_come_at_once_are_answered_as_in_some_order() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let races = ["verify", "--goal", "races", "--scope", "theft", "--out", &out, "--target"];
    let target = reference(folder.path(), "lost-answer");
    let output = authloom(&[&races[..], &[&target, "--times", "2"]].concat());
    assert!(output.status.success(), "{}", said(&output));
    for told in ["refresh T1.1 and stolen token at once", "some order explains every run"] {
        assert!(said(&output).contains(told), "{told}: {}", said(&output));
    }
    // Within one process nothing ever comes at once.
    let output = authloom(&[&races[..], &["reference"]].concat());
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("the target takes one request after the other"), "{}", said(&output));
}

#[test]
fn a_wrong_lifetime_is_a_finding_of_a_few_steps_and_the_right_one_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let show = String::from_utf8(authloom(&["policy", "show", "lost-answer"]).stdout).unwrap();
    let line = show.lines().find(|line| line.starts_with("access_lifetime")).unwrap().to_owned();
    let wrong = folder.path().join("wrong.toml");
    std::fs::write(&wrong, show.replace(&line, "access_lifetime = \"5m\"")).unwrap();
    let target = folder.path().join("reference.toml");
    stranger::described(&target, PROGRAM, "wrong.toml", "lost-answer");
    let (target, out) = (target.to_string_lossy().into_owned(), folder.path().to_string_lossy().into_owned());
    let probe = ["probe", "--target", &target, "--traces", &out];
    let output = authloom(&probe);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("none of 9,408 policies explains"), "{}", said(&output));
    let (_, step) =
        said(&output).split_once("here they part, at step ").map(|(_, rest)| ((), rest.to_owned())).unwrap();
    // Somebody signs in, and the lifetime passes in two steps.
    assert!(step.starts_with("6 "), "{}", said(&output));
    let found = folder.path().join("found.toml").to_string_lossy().into_owned();
    let output = authloom(&[&probe[..], &["--lifetimes", "--out", &found]].concat());
    assert!(output.status.success(), "{}", said(&output));
    assert!(std::fs::read_to_string(&found).unwrap().contains("access_lifetime = \"10m\""), "{}", said(&output));
}

#[test]
fn what_a_description_says_is_tried_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "recommended");
    let output = authloom(&["target", "check", &target]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    for works in
        ["a sign-in", "the redemption of the code", "introspection of a refresh token", "a refresh", "a revocation"]
    {
        assert!(text.contains(&format!("✓ {works}\n")), "{works}: {text}");
    }
    let wrong = std::fs::read_to_string(&target).unwrap().replace("username = \"demo\"", "username = \"nobody\"");
    std::fs::write(&target, wrong).unwrap();
    let output = authloom(&["target", "check", &target]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("✗ a sign-in: login page again"), "{}", said(&output));
}

#[test]
fn a_probe_claims_no_length_of_a_grace_period_that_it_has_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let show = String::from_utf8(authloom(&["policy", "show", "lost-answer"]).stdout).unwrap();
    let line = show.lines().find(|line| line.starts_with("grace = ")).unwrap().to_owned();
    let file = folder.path().join("gracious.toml").to_string_lossy().into_owned();
    std::fs::write(&file, show.replace(&line, "grace = \"same_tokens\"\ngrace_window = \"20s\"")).unwrap();
    let target = folder.path().join("reference.toml");
    let found = folder.path().join("found.toml").to_string_lossy().into_owned();
    stranger::described(&target, PROGRAM, "lost-answer", &file);
    let output = authloom(&["probe", "--target", &target.to_string_lossy(), "--out", &found]);
    assert!(output.status.success(), "{}", said(&output));
    let bounds = "not measured, but bounded: longer than 0s, at most 10m";
    assert!(words(&output).contains("grace same_tokens for a time"), "{}", said(&output));
    assert!(words(&output).contains(&format!("grace_window {bounds}")), "{}", said(&output));
    let written = std::fs::read_to_string(&found).unwrap();
    assert!(written.contains(&format!("# grace_window: {bounds}\n")), "{written}");
}

//! A run that drives nothing: it says so, says what to do, and exits with 4.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Runs the program where whatever it writes is gone with the folder.
fn authloom(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authloom"));
    command.args(arguments).current_dir(folder().path()).output().expect("the program was built for this test")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("the machine has a place for temporary files")
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("the program is not killed")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("a report is text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("an error is text")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("stdout is one JSON object")
}

/// Asserts that nothing was run, and that these words say so with the way out.
fn runs_nothing(arguments: &[&str], words: &[&str]) {
    let output = authloom(arguments);
    assert_eq!(status(&output), 4, "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    let said = format!("{} {}", stdout(&output), stderr(&output));
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[test]
fn a_folder_without_traces_is_nothing_to_replay() {
    let empty = folder();
    let traces = empty.path().to_str().expect("its path is text");
    runs_nothing(&["replay", traces], &["there is no trace", ".mmd or .json"]);
    let output = authloom(&["replay", traces, "--format", "json"]);
    assert_eq!((status(&output), &json(&output)["replays"][0]["not_driven"]["why"]), (4, &Value::from("no_trace")));
    let output = authloom(&["replay", traces, "--format", "junit"]);
    assert_eq!(status(&output), 4);
    assert!(stdout(&output).contains("errors=\"1\""), "{}", stdout(&output));
}

#[test]
fn a_part_without_traces_is_nothing_to_replay_and_the_other_part_is_all() {
    let drawn = folder();
    let traces = drawn.path().to_str().expect("its path is text");
    let shown =
        stdout(&authloom(&["show", "token-expires", "--scope", "tabs=1,calls=1,losses=0", "--form", "mermaid"]));
    std::fs::write(drawn.path().join("one.mmd"), shown).expect("the folder can be written to");
    let of_part = |part| status(&authloom(&["replay", traces, "--shard", part]));
    let (empty, whole) = if of_part("1/2") == 0 { ("2/2", "1/2") } else { ("1/2", "2/2") };
    assert_eq!(of_part(whole), 0);
    runs_nothing(&["replay", traces, "--shard", empty], &["of 1 traces, none is in part", "ask for fewer parts"]);
}

#[test]
fn a_budget_of_no_request_is_nothing_to_ask() {
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/targets/oidc-provider/target.toml");
    for verb in ["verify", "probe", "audit"] {
        runs_nothing(
            &[verb, "--target", target, "--budget", "0"],
            &["--budget 0 allows no request", "allow at least 1"],
        );
    }
}

#[test]
fn a_scope_without_races_is_nothing_to_let_go_at_once_and_nothing_to_cover() {
    let words = ["no two requests are under way at once", "ask for a larger --scope"];
    runs_nothing(&["verify", "--goal", "races", "--target", "reference", "--depth", "4"], &words);
    runs_nothing(&["cover", "--goal", "races", "--depth", "4"], &words);
    runs_nothing(&["cover", "--depth", "0"], &["no step lies within the bounds", "--depth"]);
}

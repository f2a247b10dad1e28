//! The job for continuous integration that users are given, as they would run it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};

mod stranger;

const JOB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/authloom-job");
const PROGRAM: &str = env!("CARGO_BIN_EXE_authloom");

/// Runs the job in a folder of its own.
fn job(folder: &Path) -> Output {
    let bin = Path::new(PROGRAM).parent().expect("the program is in a folder");
    let mut path = OsString::from(bin);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    Command::new(JOB)
        .arg("authloom")
        .current_dir(folder)
        .env("PATH", path)
        .env("AUTHLOOM_TARGET_PASSWORD", "demo")
        .output()
        .expect("the job runs")
}

/// A folder with a policy, a server that follows `really`, and a trace that is kept.
fn repository(really: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let ours = folder.path().join("authloom");
    std::fs::create_dir_all(ours.join("traces")).expect("the folder can be written to");
    let show = Command::new(PROGRAM).args(["policy", "show", "recommended"]).output().expect("the program runs");
    std::fs::write(ours.join("policy.toml"), show.stdout).expect("the folder can be written to");
    stranger::described(&ours.join("target.toml"), PROGRAM, "policy.toml", really);
    let args = ["show", "refresh-answer-lost", "--policy", "recommended", "--scope", "small", "--form", "mermaid"];
    let kept = Command::new(PROGRAM).args(args).output().expect("the program runs");
    assert!(kept.status.success(), "{}", String::from_utf8_lossy(&kept.stderr));
    std::fs::write(ours.join("traces/kept.mmd"), kept.stdout).expect("the folder can be written to");
    folder
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn a_server_that_does_what_its_policy_says_passes() {
    let folder = repository("recommended");
    let output = job(folder.path());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        String::from_utf8_lossy(&output.stderr),
        read(folder.path(), "summary.md")
    );
    for report in ["check.xml", "replay.xml", "verify.xml"] {
        let text = read(folder.path(), report);
        assert!(text.contains("<testsuites") && text.contains("failures=\"0\""), "{report}: {text}");
    }
    let summary = read(folder.path(), "summary.md");
    assert_eq!(summary.matches("## ✓").count() - summary.matches("### ✓").count(), 3, "{summary}");
    assert!(!folder.path().join("authloom-traces").exists(), "nothing diverges, nothing is saved");
}

#[test]
fn a_server_that_does_something_else_fails_with_a_picture_and_a_trace_to_keep() {
    let folder = repository("lost-answer");
    let output = job(folder.path());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(read(folder.path(), "verify.xml").contains("<failure"));
    let summary = read(folder.path(), "summary.md");
    assert!(summary.contains("## ✗ authloom diverges from the model"), "{summary}");
    assert!(summary.contains("```mermaid\n%% authloom trace 1"), "{summary}");
    assert!(folder.path().join("authloom-traces").read_dir().expect("there are new traces").next().is_some());
}

//! The job for continuous integration that users are given, as they would run it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};

mod stranger;

const JOB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/authloom-job");
const PROGRAM: &str = env!("CARGO_BIN_EXE_authloom");

/// Runs the job in a folder.
fn job(folder: &Path, environment: &[(&str, &str)]) -> Output {
    let bin = Path::new(PROGRAM).parent().expect("the program is in a folder");
    let mut path = OsString::from(bin);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    Command::new(JOB)
        .arg("authloom")
        .current_dir(folder)
        .env("PATH", path)
        .env("AUTHLOOM_TARGET_PASSWORD", "demo")
        .envs(environment.iter().copied())
        .output()
        .expect("the job runs")
}

/// A folder with a policy and a server that follows `really`: nothing was found yet, so nothing is kept.
fn repository(policy: &str, really: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let ours = folder.path().join("authloom");
    std::fs::create_dir(&ours).expect("the folder can be written to");
    std::fs::write(ours.join("policy.toml"), policy).expect("the folder can be written to");
    stranger::described(&ours.join("target.toml"), PROGRAM, "policy.toml", really);
    folder
}

/// A kept trace beside them.
fn keep_a_trace(folder: &Path) {
    let traces = folder.join("authloom/traces");
    std::fs::create_dir(&traces).expect("the folder can be written to");
    let args = ["show", "refresh-answer-lost", "--policy", "recommended", "--scope", "small", "--form", "mermaid"];
    let kept = Command::new(PROGRAM).args(args).output().expect("the program runs");
    assert!(kept.status.success(), "{}", String::from_utf8_lossy(&kept.stderr));
    std::fs::write(traces.join("kept.mmd"), kept.stdout).expect("the folder can be written to");
}

fn recommended() -> String {
    let show = Command::new(PROGRAM).args(["policy", "show", "recommended"]).output().expect("the program runs");
    String::from_utf8(show.stdout).expect("a policy is text")
}

/// Asserts the status, with all that was said where it is another one.
fn ends_with(output: &Output, folder: &Path, status: i32) {
    let summary = std::fs::read_to_string(folder.join("summary.md")).unwrap_or_default();
    assert_eq!(output.status.code(), Some(status), "{}{summary}", String::from_utf8_lossy(&output.stderr));
}

/// Asserts that every report is a whole document.
fn reports_are_whole(folder: &Path) {
    for report in ["check.xml", "replay.xml", "verify.xml"] {
        let text = read(folder, report);
        let ends = text.trim_end().ends_with("</testsuites>") || text.trim_end().ends_with("/>");
        assert!(text.contains("<testsuites") && ends, "{report}: {text}");
    }
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn a_server_that_does_what_its_policy_says_passes_before_anything_was_ever_found() {
    let folder = repository(&recommended(), "recommended");
    ends_with(&job(folder.path(), &[]), folder.path(), 0);
    reports_are_whole(folder.path());
    assert!(!folder.path().join("authloom-traces").exists(), "nothing diverges, nothing is saved");
    keep_a_trace(folder.path());
    ends_with(&job(folder.path(), &[]), folder.path(), 0);
    assert!(read(folder.path(), "replay.xml").contains("failures=\"0\""));
    assert!(!read(folder.path(), "replay.xml").contains("tests=\"0\""));
}

#[test]
fn a_server_that_does_something_else_fails_with_a_picture_and_a_trace_to_keep() {
    let folder = repository(&recommended(), "lost-answer");
    ends_with(&job(folder.path(), &[]), folder.path(), 1);
    assert!(read(folder.path(), "verify.xml").contains("<failure"));
    let summary = read(folder.path(), "summary.md");
    assert!(summary.contains("## ✗ authloom diverges from the model"), "{summary}");
    assert!(summary.contains("```mermaid\n"), "{summary}");
    assert!(folder.path().join("authloom-traces").read_dir().expect("there are new traces").next().is_some());
}

#[test]
fn lifetimes_of_an_hour_beside_a_month_are_asked_about_together() {
    let real = recommended()
        .replace("access_lifetime = \"10m\"", "access_lifetime = \"1h\"")
        .replace("refresh_idle = \"15m\"", "refresh_idle = \"7days\"")
        .replace("refresh_absolute = \"20m\"", "refresh_absolute = \"30days\"");
    let folder = repository(&real, "policy.toml");
    ends_with(&job(folder.path(), &[]), folder.path(), 0);
    reports_are_whole(folder.path());
}

#[test]
fn a_wrong_policy_is_named_in_reports_that_are_whole() {
    let folder = repository("[auth_service]\nrotatoin = \"always\"\n", "recommended");
    ends_with(&job(folder.path(), &[]), folder.path(), 2);
    reports_are_whole(folder.path());
    for report in ["check.xml", "verify.xml"] {
        let text = read(folder.path(), report);
        assert!(text.contains("errors=\"1\"") && text.contains("policy.toml:2"), "{report}: {text}");
    }
}

#[test]
fn the_worst_status_of_all_parts_is_reported() {
    // A broken promise counts before a server that diverges, cannot be reached or has a wrong file.
    let broken = recommended().replace("single_flight = \"browser\"", "single_flight = \"none\"");
    let broken =
        broken.replace("grace = \"same_successor\"", "grace = \"none\"").replace("grace_window", "# grace_window");
    let folder = repository(&broken, "no-such-profile");
    ends_with(&job(folder.path(), &[]), folder.path(), 1);
    reports_are_whole(folder.path());
}

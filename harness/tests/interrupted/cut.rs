//! The time limit: a run that it ends is reported as any other that is cut off.

use super::program::Run;

const HUGE: &str = "tabs=3,calls=2,flows=2,losses=2";

#[test]
fn a_run_ends_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    for verb in ["check", "verify", "cover"] {
        let arguments = [verb, "--scope", HUGE, "--time-limit", "50ms", "--format", "json", "--out", "out"];
        let came = Run::start(folder.path(), &arguments).end();
        assert_eq!(came.status, Some(3), "{}{}", came.out, came.said);
        let object = came.json();
        assert_eq!(object["completeness"], "cut", "{object}");
        assert_eq!(came.said, "", "whoever sets a limit knows of it");
    }
    let came = Run::start(folder.path(), &["check", "--scope", HUGE, "--time-limit", "50ms"]).end();
    let text: String = came.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("cut off by the time limit of 50ms after"), "{}", came.out);
    assert!(text.contains("Give it more time"), "{}", came.out);
}

#[test]
fn a_time_limit_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for verb in [
        &["check"][..],
        &["verify"],
        &["cover"],
        &["replay", "x"],
        &["probe", "--target", "x"],
        &["audit", "--target", "x"],
    ] {
        let came = Run::start(folder.path(), &[verb, &["--time-limit", "0s"]].concat()).end();
        assert_eq!(came.status, Some(2), "{verb:?}: {}", came.said);
        assert!(came.said.contains("like 90s or 10m"), "{}", came.said);
    }
}

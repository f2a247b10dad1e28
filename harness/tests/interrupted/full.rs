//! A place that can be written before the run and not after it: what was found comes first, and what failed is told beside it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use super::program::{Came, PROGRAM, Run};

/// Runs the program where no file can grow, as on a full disk.
fn on_a_full_disk(folder: &Path, arguments: &[&str]) -> Came {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"", PROGRAM]).args(arguments).current_dir(folder);
    Run::of(&mut command).end()
}

const BROKEN: [&str; 5] = ["check", "--policy", "no-refresh-lock", "--scope", "default"];

#[test]
fn a_finding_is_printed_where_no_file_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let all = ["--format", "json", "--out", "out", "--summary", "summary.md"];
    let came = on_a_full_disk(folder.path(), &[&BROKEN[..], &all].concat());
    assert_eq!(came.status, Some(1), "{}", came.said);
    assert_eq!(came.json()["policy"], "no-refresh-lock");
    for path in ["out/no-spurious-sign-out.mmd", "summary.md"] {
        assert!(came.said.contains(&format!("error: cannot write {path}: ")), "{path}: {}", came.said);
    }
    assert!(!folder.path().join("summary.md").exists(), "a summary that says nothing is none");
    assert_eq!(fs::read_dir(folder.path().join("out")).map_or(0, Iterator::count), 0, "no half trace is left");
}

#[test]
fn a_fault_counts_where_nothing_was_found_and_a_folder_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let tiny = ["--scope", "tabs=1,calls=1,losses=0"];
    let came = on_a_full_disk(folder.path(), &[&["check", "--summary", "summary.md"][..], &tiny].concat());
    assert_eq!(came.status, Some(5), "{}", came.said);
    assert!(came.out.contains("every promise holds"), "{}", came.out);
    let came = on_a_full_disk(folder.path(), &[&["cover", "--out", "traces", "--format", "json"][..], &tiny].concat());
    assert_eq!(came.status, Some(5), "{}", came.said);
    assert!(came.json()["tours"].as_u64() > Some(0), "{}", came.out);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn files_are_written_where_nothing_can_be_printed() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["text", "json", "junit"] {
        let mut command = Command::new(PROGRAM);
        let out = format!("{format}-out");
        // What would mend it depends on the time that there is to look for it.
        command.args(BROKEN).args(["--mend-budget", "0", "--format", format, "--out", &out, "--summary", "summary.md"]);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command.current_dir(folder.path()).stdout(Stdio::from(full)).output().unwrap();
        let came = Came::from(output);
        assert_eq!(came.status, Some(1), "{}", came.said);
        assert!(came.said.contains("cannot write the report: "), "{}", came.said);
        assert!(folder.path().join(out).join("no-spurious-sign-out.mmd").exists());
    }
    let summary = fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert_eq!(summary.matches("no-spurious-sign-out").count() % 3, 0);
    assert!(summary.contains("is broken"), "{summary}");
    // And a summary that takes nothing keeps nobody from printing.
    let came = Run::start(folder.path(), &[&BROKEN[..], &["--summary", "/dev/full"]].concat()).end();
    assert_eq!(came.status, Some(1));
    assert!(came.out.contains("How no-spurious-sign-out is broken") && came.said.contains("cannot write /dev/full"));
}

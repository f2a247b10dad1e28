//! Every process that the program has started is gone, however it ends.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use super::program::{Run, descendants, gone};
use super::stranger;

/// A server whose start is a script, and what its process holds open as long as it lives.
fn held(folder: &Path, script: &str) -> (String, File) {
    let alive = folder.join("alive");
    assert!(Command::new("mkfifo").arg(&alive).status().expect("mkfifo is there").success());
    // Both ends, so that opening waits for nobody.
    let both = File::options().read(true).write(true).open(&alive).expect("it was just made");
    let file = folder.join("target.toml");
    stranger::described(&file, super::program::PROGRAM, "recommended", "recommended");
    let text = fs::read_to_string(&file).expect("it was just written");
    let start = text.find("start = [").expect("it says how the server starts");
    let end = text[start..].find("]\n").expect("the list ends") + start + 2;
    let command = format!("exec 9>{}; {script}", alive.display());
    let text = text.replace(&text[start..end], &format!("start = [\"sh\", \"-c\", \"{command}\"]\n"));
    fs::write(&file, text).expect("the folder can be written to");
    (file.to_string_lossy().into_owned(), both)
}

/// Waits until nobody but this test holds the pipe.
fn let_go(folder: &Path, both: File) {
    let mut alive = File::options().read(true).open(folder.join("alive")).expect("it is there");
    drop(both);
    let mut said = String::new();
    alive.read_to_string(&mut said).expect("it ends");
    assert_eq!(said, "", "it outlived the program");
}

const NEVER_READY: &str = "echo > started; sleep 600 & sleep 600; echo it outlived >&9";

#[test]
fn a_server_is_gone_with_all_that_it_started_when_the_program_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (target, both) = held(folder.path(), NEVER_READY);
    let mut run = Run::start(folder.path(), &["probe", "--target", &target]);
    run.until("its server is there", |_| folder.path().join("started").exists());
    let started = run.descendants();
    run.signal("KILL");
    assert_eq!(run.end().status, None);
    let_go(folder.path(), both);
    assert!(started.len() >= 3, "{started:?}");
    started.into_iter().for_each(gone);
}

#[test]
fn servers_of_ours_and_commands_are_gone_when_the_program_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(folder.path(), &["verify", "--scope", "small", "--target", "http"]);
    run.until("its servers are there", |process| descendants(process).len() >= 4);
    let started = run.descendants();
    run.signal("KILL");
    run.end();
    started.into_iter().for_each(gone);

    // A command that is under way.
    let target = folder.path().join("reference.toml");
    stranger::described(&target, super::program::PROGRAM, "recommended", "recommended");
    let text = fs::read_to_string(&target).unwrap();
    let reset = "[server]\nreset = [\"sh\", \"-c\", \"echo > reset; sleep 600\"]";
    fs::write(&target, text.replace("[server]", reset)).unwrap();
    let mut run = Run::start(folder.path(), &["probe", "--target", &target.to_string_lossy()]);
    run.until("its command runs", |_| folder.path().join("reset").exists());
    let started = run.descendants();
    run.signal("KILL");
    run.end();
    assert!(started.len() >= 4, "{started:?}");
    started.into_iter().for_each(gone);
}

#[test]
fn a_second_word_ends_at_once_with_all_that_was_started() {
    let folder = tempfile::tempdir().unwrap();
    let (target, both) = held(folder.path(), NEVER_READY);
    let text = fs::read_to_string(&target).unwrap();
    let stop = "[server]\nwithin = \"10m\"\nstop = [\"sh\", \"-c\", \"echo > stopping; sleep 600\"]";
    fs::write(&target, text.replace("[server]", stop)).unwrap();
    let mut run = Run::start(folder.path(), &["probe", "--target", &target]);
    run.until("its server is there", |_| folder.path().join("started").exists());
    run.signal("INT");
    // The first word lets the server be stopped as its file says, and that takes its time.
    run.until("its server is being stopped", |_| folder.path().join("stopping").exists());
    let started = run.descendants();
    run.signal("INT");
    let came = run.end();
    assert_eq!(came.status, Some(130), "{}", came.said);
    assert!(came.said.contains("once more ends at once"), "{}", came.said);
    let_go(folder.path(), both);
    started.into_iter().for_each(gone);
}

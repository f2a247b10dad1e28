//! What people may get wrong, and what they are told: the place, what would be right, and the documented exit status.
//!
//! [`table`] has a row for each mistake. Each is made in a folder of its own files, by the program as people run it.

mod files;
mod table;

use std::process::{Command, Output, Stdio};

use table::{ROWS, Row};

const PROGRAM: &str = env!("CARGO_BIN_EXE_authloom");
/// Mistakes that the table has at least.
const LEAST: usize = 100;

fn made(row: &Row, folder: &std::path::Path) -> Output {
    Command::new(PROGRAM)
        .args(row.arguments.split_whitespace().map(|argument| argument.replace('~', " ")))
        .current_dir(folder)
        .env("AUTHLOOM_TARGET_PASSWORD", "secret that nobody may see")
        .env_remove("AUTHLOOM_NOT_SET")
        .env_remove("AUTHLOOM_BACKEND_SECRET")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

/// What is wrong with how a mistake is answered, if anything is.
fn complaint(row: &Row, output: &Output) -> Option<String> {
    let (said, shown) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    let all = format!("{said}{shown}");
    let missing: Vec<_> = [row.place, row.way_out].into_iter().filter(|part| !all.contains(part)).collect();
    let status = output.status.code();
    let wrong = status != Some(row.status)
        || !missing.is_empty()
        || all.contains("panicked")
        || all.contains("secret that nobody may see")
        || row.status == 2 && !said.starts_with("error: ");
    wrong.then(|| {
        format!("{}\n  ended with {status:?}, not {}; not said: {missing:?}\n  {all}", row.arguments, row.status)
    })
}

#[test]
fn each_mistake_is_answered_with_its_place_a_way_out_and_the_documented_status() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    files::write(folder.path(), PROGRAM);
    let complaints: Vec<_> = ROWS.iter().filter_map(|row| complaint(row, &made(row, folder.path()))).collect();
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), ROWS.len(), complaints.join("\n"));
}

#[test]
fn the_table_has_a_hundred_mistakes_over_all_verbs() {
    assert!(ROWS.len() >= LEAST, "{} rows", ROWS.len());
    for verb in ["check", "verify", "cover", "replay", "show", "probe", "audit", "target", "policy", "rules", "serve"] {
        let rows = ROWS.iter().filter(|row| row.arguments.split_whitespace().next() == Some(verb)).count();
        assert!(rows >= 2, "`{verb}` has {rows} rows");
    }
    let mut seen: Vec<_> = ROWS.iter().map(|row| row.arguments).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), ROWS.len(), "no mistake is there twice");
}

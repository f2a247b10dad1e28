//! Each verb, cut off at several moments: what it has found is told in every format that was asked for, and nothing is left behind.

use std::fs;
use std::path::Path;

use quick_junit::Report;

use super::program::{Came, Run, descendants, gone, has_drafts};
use super::server::{Server, Then};

/// More than can be explored.
const HUGE: &str = "tabs=3,calls=2,flows=2,losses=2";
/// The signals that ask a program to end, and what JSON calls each.
const SIGNALS: [(&str, &str); 2] = [("INT", "ctrl_c"), ("TERM", "sigterm")];

/// How many moments of each verb are looked at: few in every run, more where AUTHLOOM_MOMENTS says so.
fn moments() -> usize {
    std::env::var("AUTHLOOM_MOMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(2)
}

/// Pages that a run may have taken when it is cut off.
fn sizes() -> impl Iterator<Item = u64> {
    [0, 6_000, 60_000, 4_000, 120_000, 20_000].into_iter().take(moments())
}

/// Asserts that a report is whole and says that it was cut off.
fn assert_cut(came: &Came, format: &str, by: &str) {
    let Came { out, said, .. } = came;
    match format {
        "text" => assert!(out.contains("cut off by") || out.contains("cut off"), "{out}{said}"),
        "json" => {
            let object = came.json();
            let cut = |object: &serde_json::Value| object["cut_by"] == by;
            let replays = object["replays"].as_array().cloned().unwrap_or_default();
            let drawn = object["cut_short"].as_str().is_some_and(|why| why.contains("cut off by"));
            assert!(cut(&object) || replays.iter().any(cut) || drawn, "{object}");
            assert!(object.get("completeness").is_none_or(|whole| whole == "cut"), "{object}");
        }
        "junit" => {
            let report = Report::deserialize_from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"));
            assert!(!report.test_suites.is_empty() && out.contains("cut off by"), "{out}");
        }
        other => panic!("{other} is no format"),
    }
}

/// Asserts that a summary is whole and says that the run was cut off.
fn assert_summary(path: &Path) {
    let summary = fs::read_to_string(path).expect("there is a summary");
    assert!(summary.starts_with("## ") && summary.contains("cut off by"), "{summary}");
    assert_eq!(summary.matches("<details>").count(), summary.matches("</details>").count(), "{summary}");
}

#[test]
fn an_exploration_that_is_cut_off_is_reported_in_every_format() {
    for (verb, formats) in
        [("check", &["text", "json", "junit"][..]), ("verify", &["json"]), ("cover", &["json", "text"])]
    {
        for (pages, (format, (signal, by))) in
            sizes().flat_map(|pages| formats.iter().zip(SIGNALS.iter().cycle()).map(move |case| (pages, case)))
        {
            let folder = tempfile::tempdir().unwrap();
            let mut arguments = vec![verb, "--scope", HUGE, "--format", format, "--out", "out"];
            arguments.extend((verb != "cover").then_some(["--summary", "summary.md"]).into_iter().flatten());
            let mut run = Run::start(folder.path(), &arguments);
            run.listens();
            run.has_pages(pages);
            run.signal(signal);
            let came = run.end();
            assert_eq!(came.status, Some(3), "{arguments:?}: {}{}", came.out, came.said);
            assert_cut(&came, format, by);
            if verb != "cover" {
                assert_summary(&folder.path().join("summary.md"));
            }
            assert!(!has_drafts(folder.path()) && !folder.path().join("out").exists());
        }
    }
}

#[test]
fn a_promise_that_was_broken_before_the_cut_is_reported_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let all = ["--scope", "large", "--format", "json", "--out", "out", "--summary", "summary.md"];
    let mut run = Run::start(folder.path(), &[&["check", "--policy", "no-refresh-lock"][..], &all].concat());
    run.listens();
    // The first promise is broken within a hundred thousand worlds, which take a fifth of that.
    run.has_pages(20_000);
    run.signal("INT");
    let came = run.end();
    assert_eq!(came.status, Some(1), "{}{}", came.out, came.said);
    assert_cut(&came, "json", "ctrl_c");
    assert_summary(&folder.path().join("summary.md"));
    assert!(fs::read_dir(folder.path().join("out")).is_ok_and(|saved| saved.count() > 0), "{}", came.out);
}

#[test]
fn a_drawing_that_is_cut_off_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(folder.path(), &["show", "no-refresh-storm", "--scope", HUGE]);
    run.listens();
    run.signal("TERM");
    let came = run.end();
    assert_eq!((came.status, came.out.as_str()), (Some(3), ""));
    assert!(came.said.contains("cut off by SIGTERM"), "{}", came.said);
}

#[test]
fn servers_of_ours_that_are_driven_are_gone_and_what_came_of_them_is_told() {
    for (signal, by) in SIGNALS.into_iter().take(moments()) {
        let folder = tempfile::tempdir().unwrap();
        let verify = ["verify", "--scope", "small", "--target", "http", "--format", "json"];
        let mut run = Run::start(folder.path(), &verify);
        // Two servers, and who watches over each.
        run.until("its servers are there", |process| descendants(process).len() >= 4);
        let started = run.descendants();
        run.signal(signal);
        let came = run.end();
        assert_eq!(came.status, Some(3), "{}{}", came.out, came.said);
        assert_cut(&came, "json", by);
        started.into_iter().for_each(gone);
    }
}

#[test]
fn a_live_server_that_does_not_answer_keeps_nobody_from_ending() {
    let requests = [0, 30, 150, 400, 8, 1_000];
    let verbs: [(&[&str], &str); 3] = [
        (&["verify", "--scope", "theft", "--format", "json", "--summary", "summary.md"], "json"),
        (&["probe"], "text"),
        (&["audit"], "text"),
    ];
    for (verb, format) in verbs {
        for (requests, (signal, by)) in requests.into_iter().zip(SIGNALS.into_iter().cycle()).take(moments()) {
            let folder = tempfile::tempdir().unwrap();
            let server = Server::behind_a_door(folder.path(), "recommended", requests, Then::Hold);
            let run = Run::start(folder.path(), &[verb, &["--target", &server.file]].concat());
            server.moment.recv().expect("the request comes");
            run.signal(signal);
            let came = run.end();
            assert_eq!(came.status, Some(3), "{verb:?}: {}{}", came.out, came.said);
            if requests > 0 || format == "json" {
                assert_cut(&came, format, by);
            }
            assert!(!has_drafts(folder.path()));
        }
    }
}

/// A trace on which a server that follows `lost-answer` diverges, so often.
fn diverging(folder: &Path, times: usize) {
    let show = ["show", "grace-used", "--policy", "recommended", "--scope", "small", "--form", "mermaid"];
    let drawn = Run::start(folder, &show).end();
    fs::create_dir(folder.join("traces")).expect("the folder can be written to");
    for number in 0..times {
        fs::write(folder.join(format!("traces/{number:02}.mmd")), &drawn.out).expect("the folder can be written to");
    }
}

#[test]
fn what_a_live_server_did_otherwise_before_the_cut_is_told_everywhere() {
    for (then, by) in [(Then::Hold, "ctrl_c"), (Then::Die, "faults")] {
        for format in ["json", "junit", "text"] {
            let folder = tempfile::tempdir().unwrap();
            diverging(folder.path(), 20);
            let server = Server::behind_a_door(folder.path(), "lost-answer", 90, then);
            let arguments =
                ["replay", "traces", "--summary", "summary.md", "--format", format, "--target", &server.file];
            let run = Run::start(folder.path(), &arguments);
            server.moment.recv().expect("the request comes");
            if then == Then::Hold {
                run.signal("INT");
            }
            let came = run.end();
            assert_eq!(came.status, Some(1), "{}{}", came.out, came.said);
            if then == Then::Hold {
                assert_cut(&came, format, by);
                assert_summary(&folder.path().join("summary.md"));
            } else if format == "json" {
                assert_eq!(came.json()["replays"][0]["cut_by"], by, "{}", came.out);
            }
            let saved = folder.path().join("authloom-traces/server-diverges-1.mmd");
            assert!(saved.exists(), "{}{}", came.out, came.said);
        }
    }
}

#[test]
fn a_server_that_dies_midway_is_reported_as_far_as_it_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::behind_a_door(folder.path(), "recommended", 120, Then::Die);
    let verify = ["verify", "--scope", "theft", "--format", "json", "--target", &server.file];
    let came = Run::start(folder.path(), &verify).end();
    let replay = &came.json()["replays"][0];
    // A connection that breaks as it dies, in the middle of an answer, is something that it does.
    let status = if replay["diverged"] == 0 { 3 } else { 1 };
    assert_eq!(came.status, Some(status), "{}{}", came.out, came.said);
    assert_eq!(replay["cut_by"], "faults", "{replay}");
    assert!(replay["steps_covered"].as_u64() > Some(0), "{replay}");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::behind_a_door(folder.path(), "recommended", 120, Then::Die);
    let came = Run::start(folder.path(), &["probe", "--target", &server.file]).end();
    assert_eq!(came.status, Some(3), "{}{}", came.out, came.said);
    assert!(came.out.contains("What it does"), "{}", came.out);
}

#[test]
fn a_server_of_ours_ends_when_it_is_told_to() {
    for (signal, _) in SIGNALS {
        let folder = tempfile::tempdir().unwrap();
        let ports = ["--auth-port", "0", "--backend-port", "0", "--gui-port", "0"];
        let mut run = Run::start(folder.path(), &[&["serve", "--data", "data"][..], &ports].concat());
        run.listens();
        run.signal(signal);
        let came = run.end();
        assert_eq!(came.status, Some(0), "{}{}", came.out, came.said);
    }
}

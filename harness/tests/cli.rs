//! The program as people and machines meet it: what it prints, and the status it exits with.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A scope that is verified in a second.
const TINY: &str = "tabs=1,calls=1,losses=0";
/// The same, and a message may be lost.
const LOSSY: &str = "tabs=1,calls=1,losses=1";

/// Runs the program where whatever it writes is gone with the folder.
fn authloom(arguments: &[&str]) -> Output {
    authloom_in(folder().path(), arguments)
}

fn authloom_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authloom"));
    command.args(arguments).current_dir(folder).output().expect("the program was built for this test")
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

fn folder() -> TempDir {
    tempfile::tempdir().expect("the machine has a place for temporary files")
}

/// The recommended policy with a change, as a file.
fn changed(folder: &TempDir, from: &str, to: &str) -> String {
    let shown = stdout(&authloom(&["policy", "show", "recommended"]));
    assert!(shown.contains(from), "the profile says `{from}`");
    let path = folder.path().join("my.toml");
    std::fs::write(&path, shown.replace(from, to)).expect("the folder can be written to");
    path.to_str().expect("its path is text").to_owned()
}

/// Asserts that the input is turned down with these words, and that nothing else is printed.
fn refuses(arguments: &[&str], words: &[&str]) {
    let output = authloom(arguments);
    assert_eq!(status(&output), 2, "{arguments:?}: {}", stderr(&output));
    assert_eq!(stdout(&output), "", "{arguments:?}");
    let said = stderr(&output);
    assert!(said.starts_with("error: "), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[test]
fn a_policy_that_holds_exits_with_0_and_one_that_does_not_with_1() {
    assert_eq!(status(&authloom(&["check", "--scope", TINY])), 0);
    let broken = authloom(&["check", "--scope", "small", "--policy", "lost-answer"]);
    assert_eq!(status(&broken), 1);
    assert!(stdout(&broken).contains("How survives-a-loss is broken"));
}

#[test]
fn what_would_mend_a_policy_comes_after_the_verdict_and_within_its_budget() {
    let check = ["check", "--scope", LOSSY, "--policy", "lost-answer", "--mend-budget"];
    let mended = stdout(&authloom(&[&check[..], &["99"]].concat()));
    let (verdict, mending) = mended.split_once("What would mend it").expect("it is looked for");
    assert!(verdict.contains("1 promise is broken") && verdict.contains("Your train enters a tunnel"), "{verdict}");
    assert!(mending.contains("grace = \"same_successor\", grace_window = \"until_used\""), "{mending}");
    assert!(!stdout(&authloom(&[&check[..], &["0"]].concat())).contains("What would mend it"));
    let hurried = authloom(&[&check[..], &["1ns", "--format", "json"]].concat());
    let mending = &json(&hurried)["mending"];
    assert_eq!((status(&hurried), &mending["tried"]), (1, &0.into()));
    assert_eq!(
        mending["not_tried"].as_array().map(Vec::len),
        mending["of"].as_u64().and_then(|of| usize::try_from(of).ok())
    );
    refuses(&["check", "--mend-budget", "soon"], &["like 10s or 1m", "like 20"]);
}

#[test]
fn a_quiet_check_prints_a_line_for_each_broken_promise_and_the_verdict() {
    let output = authloom(&["check", "--quiet", "--scope", LOSSY, "--policy", "lost-answer"]);
    let said = stdout(&output);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((status(&output), lines.len()), (1, 2), "{said}");
    assert!(lines[0].starts_with("✗ survives-a-loss: ") && lines[1].contains("1 promise is broken"), "{said}");
    let held = stdout(&authloom(&["check", "--quiet", "--scope", TINY]));
    assert_eq!(held.lines().count(), 1, "{held}");
    refuses(&["check", "--quiet", "--verbose"], &["--verbose"]);
    let machine = authloom(&["check", "--quiet", "--format", "json"]);
    assert_eq!((status(&machine), &json(&machine)["error"]["kind"]), (2, &"wrong input".into()));
    assert!(stderr(&machine).contains("--format text"), "{}", stderr(&machine));
}

#[test]
fn an_unknown_policy_key_is_refused_where_it_stands() {
    let folder = folder();
    let file = changed(&folder, "rotation =", "rotatoin =");
    refuses(
        &["check", "--policy", &file],
        &["my.toml:11:1: `rotatoin` is no knob of [auth_service]: did you mean `rotation`?"],
    );
}

#[test]
fn a_lifetime_of_zero_is_refused_where_it_stands() {
    let folder = folder();
    let file = changed(&folder, "access_lifetime = \"10m\"", "access_lifetime = \"0s\"");
    refuses(&["verify", "--policy", &file], &["my.toml:7:19: a lifetime of zero"]);
}

#[test]
fn a_leeway_longer_than_the_lifetime_is_refused_where_it_stands() {
    let folder = folder();
    let file = changed(&folder, "validation = \"introspect\"", "validation = \"local\"\nleeway = \"11m\"");
    refuses(&["check", "--policy", &file], &["my.toml:24:10: longer than `access_lifetime`: it is at most \"10m\""]);
}

#[test]
fn a_refresh_token_that_is_over_before_its_access_token_is_noted() {
    let folder = folder();
    let file = changed(&folder, "refresh_idle = \"15m\"", "refresh_idle = \"10m\"");
    for verb in [&["policy", "check", &file][..], &["check", "--policy", &file, "--scope", TINY]] {
        let said = stdout(&authloom(verb)).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("`refresh_idle` is 10m and `access_lifetime` 10m"), "{said}");
    }
}

#[test]
fn durations_without_a_common_tick_are_taken_as_they_are_unless_ticks_are_asked_for() {
    let folder = folder();
    let file = changed(&folder, "access_lifetime = \"10m\"", "access_lifetime = \"301s\"");
    assert_eq!(status(&authloom(&["check", "--policy", &file, "--scope", TINY])), 0);
    refuses(&["check", "--policy", &file, "--engine", "ticks"], &["1200 ticks of 1s", "leave out `--engine`"]);
}

/// The recommended policy with a promise that is accepted as broken, as a file.
fn accepting(folder: &TempDir, promise: &str, until: &str) -> String {
    let path = folder.path().join("accepting.toml");
    let entry =
        format!("[[accepted]]\npromise = \"{promise}\"\nreason = \"the tabs share no lock\"\nuntil = \"{until}\"\n");
    std::fs::write(&path, entry).expect("the folder can be written to");
    path.to_str().expect("its path is text").to_owned()
}

#[test]
fn a_broken_promise_that_is_accepted_is_no_failure_until_its_last_day_is_over_or_it_holds() {
    let folder = folder();
    let check =
        |file: &str, format: &str| authloom(&["check", "--scope", "theft", "--policy", file, "--format", format]);
    assert_eq!(status(&check("recommended", "text")), 1);
    let file = accepting(&folder, "no-grace-for-thieves", "9999-12-31");
    let text = check(&file, "text");
    assert_eq!(status(&text), 0, "{}", stdout(&text));
    assert!(stdout(&text).contains("accepted: the tabs share no lock (until 9999-12-31)"), "{}", stdout(&text));
    let one_copy = "tabs=1,calls=1,losses=0,thefts=1";
    let verify = ["verify", "--scope", one_copy, "--target", "reference", "--goal", "kinds", "--policy"];
    let verify = |policy: &str| status(&authloom_in(folder.path(), &[&verify[..], &[policy]].concat()));
    assert_eq!([verify("recommended"), verify(&file)], [1, 0]);
    let over = accepting(&folder, "no-grace-for-thieves", "2026-01-01");
    assert_eq!(status(&check(&over, "text")), 1);
    let stale = accepting(&folder, "code-spent-once", "9999-12-31");
    let stale = check(&stale, "json");
    assert_eq!(status(&stale), 1);
    let stale = json(&stale);
    let of = |name: &str| stale["properties"].as_array().and_then(|all| all.iter().find(|one| one["name"] == name));
    assert_eq!(of("code-spent-once").map(|one| &one["accepted"]["state"]), Some(&Value::from("stale")));
}

#[test]
fn a_policy_that_is_checked_says_what_differs_and_what_is_accepted() {
    let folder = folder();
    let file = accepting(&folder, "idle-bound", "2026-01-01");
    let same = stdout(&authloom(&["policy", "check", &file]));
    assert!(same.contains("is a policy") && same.contains("the tabs share no lock (until 2026-01-01)"), "{same}");
    let differs = stdout(&authloom(&[
        "policy",
        "check",
        &changed(&folder, "lost_answer = \"retry\"", "lost_answer = \"sign_in_again\""),
    ]));
    assert!(differs.contains("sign_in_again, instead of retry"), "{differs}");
    refuses(&["policy", "check", "nowhere.toml"], &["no profile and no file `nowhere.toml`"]);
}

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    refuses(&["check", "--policy", "nobody"], &["no profile and no file `nobody`", "recommended, no-refresh-lock"]);
    refuses(&["check", "--scope", "huge"], &["small, default, large"]);
    refuses(&["check", "--memory", "4"], &["512MiB or 4GiB"]);
    refuses(&["replay", "a.mmd", "--target", "moon"], &["reference", "http"]);
    refuses(&["replay", "nowhere.mmd"], &["cannot read nowhere.mmd"]);
    refuses(&["show", "nothing"], &["no file and no property `nothing`", "authloom check --verbose"]);
    refuses(&["chekc"], &["chekc", "--help"]);
}

#[test]
fn a_trace_that_is_truncated_or_no_longer_legal_is_refused_where_it_stands() {
    let folder = folder();
    let drawn = stdout(&authloom(&["show", "token-expires", "--scope", TINY, "--form", "mermaid"]));
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("the folder can be written to");
        path.to_str().expect("its path is text").to_owned()
    };
    let whole = written("whole.mmd", &drawn);
    assert_eq!(status(&authloom(&["replay", &whole])), 0);
    let truncated = written("truncated.mmd", &drawn[..drawn.find("sequenceDiagram").expect("it is a diagram")]);
    refuses(&["replay", &truncated], &["truncated.mmd:", "breaks off"]);
    let unsigned: Vec<&str> = drawn.lines().filter(|line| !line.contains("sign in T1")).collect();
    let illegal = written("illegal.mmd", &unsigned.join("\n"));
    refuses(&["replay", &illegal], &["illegal.mmd:", "the model does not allow"]);
}

#[test]
fn a_scope_too_large_for_the_memory_is_said_to_be_cut_off() {
    let output = authloom(&["check", "--memory", "1MiB", "--format", "json"]);
    assert_eq!(status(&output), 3);
    assert_eq!(json(&output)["completeness"], "cut");
    let output = authloom(&["verify", "--memory", "1MiB"]);
    assert_eq!(status(&output), 3);
    for words in ["cut off", "explored", "Not replayed", "--scope small", "--memory", "--no-graph"] {
        assert!(stdout(&output).contains(words), "`{words}` is not in: {}", stdout(&output));
    }
}

#[test]
fn what_is_bounded_below_what_was_asked_exits_with_3() {
    let bounded = authloom(&["check", "--scope", TINY, "--depth", "3", "--format", "json"]);
    assert_eq!((status(&bounded), &json(&bounded)["completeness"]), (3, &Value::from("bounded")));
    for flags in [["--no-graph", "--engine=ticks"], ["--no-graph", "--engine=stateright"]] {
        let output = authloom(&["check", "--scope", TINY, "--format", "json", flags[0], flags[1]]);
        assert_eq!(status(&output), 3);
        assert_eq!(json(&output)["completeness"], "complete");
        assert!(verdicts(&json(&output)).contains(&"unknown".to_owned()));
    }
}

fn verdicts(object: &Value) -> Vec<String> {
    let properties = object["properties"].as_array().expect("the properties are a list");
    properties.iter().map(|property| property["verdict"].as_str().expect("a verdict is text").to_owned()).collect()
}

#[test]
fn a_folder_without_traces_is_no_pass() {
    let folder = folder();
    let output = authloom(&["replay", folder.path().to_str().expect("its path is text")]);
    assert_eq!(status(&output), 4);
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_the_run_with_its_flag() {
    let folder = folder();
    let file = folder.path().join("taken");
    std::fs::write(&file, "a file, where a folder is asked for").expect("the folder can be written to");
    let (taken, inside) = (file.to_str().expect("its path is text"), file.join("traces"));
    let inside = inside.to_str().expect("its path is text");
    let broken = ["check", "--scope", "small", "--policy", "lost-answer"];
    for (flag, place) in [("--out", taken), ("--out", inside), ("--summary", inside), ("--summary", "/")] {
        let way_out = format!("choose another {} with {flag}", if flag == "--out" { "folder" } else { "file" });
        refuses(&[&broken[..], &[flag, place]].concat(), &[&format!("{flag} {place}: cannot write"), &way_out]);
    }
    for verb in [&["verify"][..], &["cover"], &["replay", taken]] {
        refuses(&[verb, &["--out", taken]].concat(), &["--out"]);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 1, "nothing is left behind");
}

#[test]
fn a_file_that_is_larger_than_any_of_its_kind_is_refused_without_being_read() {
    let folder = folder();
    let written = |name: &str| folder.path().join(name).to_str().expect("its path is text").to_owned();
    let sparse = written("sparse.mmd");
    std::fs::File::create(&sparse).and_then(|file| file.set_len(10 << 30)).expect("the folder can be written to");
    let pipe = written("pipe.mmd");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    for policy in ["/dev/zero", &sparse] {
        refuses(&["check", "--policy", policy], &["larger than 1 MiB, and no policy is"]);
    }
    refuses(&["replay", "/dev/zero"], &["larger than 256 MiB, and no trace is"]);
    refuses(&["replay", &sparse], &["larger than 256 MiB, and no trace is"]);
    refuses(&["show", &sparse], &["larger than 256 MiB, and no trace is"]);
    refuses(&["verify", "--target", "/dev/zero"], &["larger than 1 MiB, and no description of a server is"]);
    // A pipe that nobody writes to is no reason to wait.
    refuses(&["check", "--policy", &pipe], &["pipe.mmd"]);
    refuses(&["replay", &pipe], &["pipe.mmd"]);
    std::fs::remove_file(&sparse).expect("it is there");
    let all = folder.path().to_str().expect("its path is text");
    refuses(&["replay", all], &["pipe.mmd: it is no regular file"]);
}

#[test]
fn check_prints_one_object_without_replays() {
    let output = authloom(&["check", "--scope", TINY, "--format", "json"]);
    let object = json(&output);
    for key in ["completeness", "policy", "properties", "scope", "status", "steps", "summary", "worlds"] {
        assert!(object.get(key).is_some(), "{key}");
    }
    for key in ["replays", "mending"] {
        assert!(object.get(key).is_none(), "{key}");
    }
    assert_eq!(object["policy"], "recommended");
    assert_eq!(object["scope"], "tabs=1,calls=1,flows=1,losses=0");
    let first = object["properties"][0].as_object().expect("a property is an object");
    let keys = ["kind", "name", "premise", "rules", "sentence", "source", "trace_length", "verdict"];
    assert_eq!(first.keys().collect::<Vec<_>>(), keys);
    assert!(first["trace_length"].is_null());
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[test]
fn the_bare_command_replays_every_step_in_process_and_every_kind_over_http() {
    let folder = folder();
    let output = authloom_in(folder.path(), &["--scope", TINY, "--format", "json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let object = json(&output);
    let replays = object["replays"].as_array().expect("the replays are a list");
    assert_eq!(replays.len(), 2);
    assert_eq!((&replays[0]["target"], &replays[1]["target"]), (&"reference".into(), &"http".into()));
    let ticks = json(&authloom_in(folder.path(), &["check", "--scope", TINY, "--engine", "ticks", "--format", "json"]));
    assert_eq!(replays[0]["steps_total"], ticks["steps"]);
    for replay in replays {
        assert_eq!(replay["steps_covered"], replay["steps_total"]);
        for trouble in ["accepted", "diverged", "unsupported", "failed"] {
            assert_eq!(replay[trouble], 0);
        }
        for empty in ["divergences", "left_out", "reasons"] {
            assert_eq!(replay[empty].as_array().map(Vec::len), Some(0), "{empty}");
        }
    }
    assert!(
        folder.path().read_dir().expect("the folder is there").next().is_none(),
        "nothing diverges, nothing is saved"
    );
}

#[test]
fn two_runs_differ_in_nothing_but_the_time_they_took() {
    let verified = || {
        let mut object = json(&authloom(&["verify", "--scope", TINY, "--format", "json"]));
        for replay in object["replays"].as_array_mut().expect("the replays are a list") {
            replay["elapsed_ms"] = Value::Null;
        }
        object.to_string()
    };
    assert_eq!(verified(), verified());
    for arguments in [
        ["check", "--policy=lost-answer", "--mend-budget=3", "--format=text"],
        ["check", "--policy=lost-answer", "--mend-budget=3", "--format=junit"],
    ] {
        assert_eq!(stdout(&authloom(&arguments)), stdout(&authloom(&arguments)));
    }
}

#[test]
fn the_traces_of_a_cover_replay() {
    let folder = folder();
    let traces = folder.path().join("traces");
    let traces = traces.to_str().expect("its path is text");
    for form in ["mermaid", "json"] {
        let covered = authloom(&["cover", "--scope", TINY, "--out", traces, "--form", form, "--format", "json"]);
        assert_eq!(status(&covered), 0, "{}", stderr(&covered));
        let written = Path::new(traces).read_dir().expect("the folder was made").count();
        let replayed = authloom(&["replay", traces, "--format", "json"]);
        assert_eq!(status(&replayed), 0, "{}", stderr(&replayed));
        assert_eq!(json(&replayed)["traces"].as_array().map(Vec::len), Some(written));
    }
}

#[test]
fn every_step_is_covered_at_the_optimum() {
    let cost = json(&authloom(&["cover", "--goal", "steps", "--scope", TINY, "--format", "json"]));
    assert_eq!((&cost["bound_is"], &cost["ratio"]), (&"optimum".into(), &1.0.into()));
    assert_eq!(cost["steps"], cost["bound"]);
}

#[test]
fn every_help_says_how_to_begin_and_what_the_exit_statuses_mean() {
    let verbs = ["verify", "check", "cover", "replay", "show", "probe", "audit", "target", "policy", "serve"];
    for arguments in verbs.map(|verb| vec![verb, "--help"]).into_iter().chain([vec!["--help"]]) {
        let help = stdout(&authloom(&arguments));
        let statuses = ["0  everything asked for holds", "4  nothing could be run", "5  a fault in the surroundings"];
        for line in statuses.into_iter().chain(["Examples:\n  authloom "]) {
            assert!(help.contains(line), "{help}");
        }
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
        if ["verify", "check", "cover", "show", "audit"].contains(&arguments[0]) {
            for scope in ["theft    one tab", "small    one tab", "default  two tabs", "large    two tabs"] {
                assert!(help.contains(scope), "{help}");
            }
            // Of a line that is too long the last word would stand alone.
            let whole = ["a thief who copies a\n", "code or a session once\n", "left out is as in default.\n"];
            assert!(whole.iter().all(|end| help.contains(end)), "{help}");
        }
    }
}

#[test]
fn a_rule_is_listed_and_shown_by_its_id() {
    let all = authloom(&["rules"]);
    assert_eq!(status(&all), 0);
    assert!(stdout(&all).contains("refresh-spent-once") && stdout(&all).contains("RFC 9700 section 4.14.2"));
    let one = stdout(&authloom(&["rules", "replay-contained"]));
    for known in [
        "model/src/auth.rs: refresh",
        "reuse does not revoke the grant",
        "harness/traces/found/django-oauth-toolkit/replay-contained.mmd",
    ] {
        assert!(one.contains(known), "`{known}` is not in: {one}");
    }
    let all = json(&authloom(&["rules", "--format", "json"]));
    let one = json(&authloom(&["rules", "replay-contained", "--format", "json"]));
    assert!(all["rules"].as_array().is_some_and(|rules| rules.contains(&one)));
    refuses(&["rules", "replay-contaned"], &["there is no rule `replay-contaned`", "`replay-contained`"]);
}

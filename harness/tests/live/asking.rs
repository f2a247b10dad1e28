//! How much is asked of a server, and over which lengths of time.

use super::{authloom, reference, said, words};

/// The number before a word.
fn number(text: &str, before: &str) -> u64 {
    let (number, _) = text.split_once(before).unwrap_or_else(|| panic!("`{before}` is not in: {text}"));
    let number = number.rsplit(' ').next().unwrap_or_default();
    number.replace(',', "").parse().unwrap_or_else(|error| panic!("`{number}` is no number: {error}"))
}

#[test]
fn a_run_that_a_budget_cuts_off_is_no_pass_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "recommended");
    let journal = folder.path().join("journal").to_string_lossy().into_owned();
    let verify = ["verify", "--target", &target, "--scope", "theft", "--journal", &journal];
    let cut = authloom(&[&verify[..], &["--budget", "300"]].concat());
    assert_eq!(cut.status.code(), Some(3), "{}", said(&cut));
    assert!(said(&cut).contains("cut off: the budget of requests is used up"), "{}", said(&cut));
    let before = number(&said(&cut), " traces, ");
    let noted = std::fs::read_to_string(&journal).unwrap();
    assert_eq!(noted.lines().filter(|line| line.starts_with("conforms ")).count() as u64, before);
    let rest = authloom(&verify);
    assert!(rest.status.success(), "{}", said(&rest));
    assert_eq!(number(&said(&rest), " traces in an earlier run"), before);
    // Everything is known by now, and the server is not asked again.
    let nothing = authloom(&[&verify[..], &["--budget", "1"]].concat());
    assert_eq!(nothing.status.code(), Some(0), "{}", said(&nothing));
    // What another version has noted is there still, and counts for nothing.
    std::fs::write(&journal, noted.replacen("of authloom ", "of authloom 0.0.", 1)).unwrap();
    let anew = authloom(&[&verify[..], &["--budget", "300"]].concat());
    assert_eq!(anew.status.code(), Some(3), "{}", said(&anew));
    let outdated = format!("count for nothing: {before} of another version of authloom");
    assert!(words(&anew).contains(&outdated) && !said(&anew).contains("in an earlier run"), "{}", said(&anew));
    let endless = authloom(&["verify", "--target", &target, "--journal", "/dev/zero"]);
    assert_eq!(endless.status.code(), Some(2), "{}", said(&endless));
    assert!(said(&endless).contains("--journal /dev/zero: it is no regular file"), "{}", said(&endless));
}

#[test]
fn parts_make_the_whole_and_how_many_ask_at_once_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "lost-answer");
    let verify = ["verify", "--target", &target, "--scope", "theft"];
    let traces = |more: &[&str]| {
        let output = authloom(&[&verify[..], more].concat());
        assert!(output.status.success(), "{}", said(&output));
        number(&said(&output), " traces, ")
    };
    let whole = traces(&["--jobs", "2"]);
    assert_eq!(traces(&["--shard", "1/2"]) + traces(&["--shard", "2/2"]), whole);
    // Nobody else can sign in at a server that runs, and its clock is everybody's.
    let text = std::fs::read_to_string(&target).unwrap();
    let (begin, end) = (text.find("start = ").unwrap(), text.find("[endpoints]").unwrap());
    let running = format!("{}issuer = \"http://127.0.0.1:1\"\n\n{}", &text[..begin], &text[end..]);
    for (clock, why) in [
        ("by = \"http\"\npost = \"/\"", "only one trace can be driven at a time"),
        ("by = \"never\"", "add others with `[[sign_in.others]]`"),
    ] {
        let running = format!("{}\n{clock}\n", running.split("by = ").next().unwrap());
        std::fs::write(&target, running).unwrap();
        let output = authloom(&[&verify[..], &["--jobs", "2"]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
    }
}

#[test]
fn limits_that_are_far_apart_are_looked_at_together() {
    let folder = tempfile::tempdir().unwrap();
    let show = authloom(&["policy", "show", "recommended"]);
    let mut policy = String::from_utf8(show.stdout).unwrap();
    for (knob, length) in
        [("access_lifetime", "1h"), ("refresh_idle", "14days"), ("refresh_absolute", "30days"), ("code_lifetime", "1m")]
    {
        let line = policy.lines().find(|line| line.starts_with(knob)).unwrap().to_owned();
        policy = policy.replace(&line, &format!("{knob} = \"{length}\""));
    }
    let file = folder.path().join("far.toml");
    std::fs::write(&file, policy).unwrap();
    let target = reference(folder.path(), &file.to_string_lossy());
    for verb in [&["probe"][..], &["verify", "--scope", "theft"]] {
        let output = authloom(&[verb, &["--target", &target]].concat());
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn a_server_that_starts_anew_takes_the_clock_of_our_backend_back_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "recommended");
    let text = std::fs::read_to_string(&target).unwrap();
    // Its clock begins with the machine's time each time, minutes behind what it was turned to.
    std::fs::write(&target, text.replace("[endpoints]", "restart_after = 1\n\n[endpoints]")).unwrap();
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let scope = "tabs=1,calls=1,losses=0";
    let output = authloom(&["verify", "--target", &target, "--scope", scope, "--out", &out]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("conforms in all"), "{}", said(&output));
}

#[test]
fn a_target_without_introspection_is_asked_all_but_calls() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "recommended");
    let text = std::fs::read_to_string(&target).unwrap();
    let (begin, end) = (text.find("[introspection]").unwrap(), text.find("[clock]").unwrap());
    std::fs::write(&target, format!("{}{}", &text[..begin], &text[end..])).unwrap();
    let output = authloom(&["target", "check", &target]);
    assert!(output.status.success(), "{}", said(&output));
    let call = "a call with the access token: not asked, the file names neither `[introspection]` nor `resource`";
    assert!(said(&output).contains("✓ a refresh\n") && words(&output).contains(call), "{}", said(&output));
    let verify = ["verify", "--target", &target, "--scope", "theft", "--out", &folder.path().to_string_lossy()];
    let output = authloom(&verify);
    assert!(output.status.success(), "{}", said(&output));
    for told in ["not asked: to answer a call", "not compared: how access tokens stand"] {
        assert!(words(&output).contains(told), "{}", said(&output));
    }
    // How long an access token lives is then nowhere to be seen.
    let output = authloom(&["probe", "--lifetimes", "--target", &target]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("cannot be seen: say with `[introspection]`"), "{}", said(&output));
    // A client that introspects where nobody says where is a mistake in the file.
    let nowhere = text.replace(
        "discovery = \"/.well-known/oauth-authorization-server\"",
        "authorization = \"/authorize\"\ntoken = \"/token\"",
    );
    let line = nowhere.lines().position(|line| line == "[introspection]").unwrap() + 1;
    std::fs::write(&target, nowhere).unwrap();
    let output = authloom(&verify);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    let place = format!("reference.toml:{line}:2: the server names no introspection endpoint");
    assert!(words(&output).contains(&place), "{}", said(&output));
}

use proptest::prelude::*;

use super::super::{
    AccessOnRefresh, Ends, Grace, IdleOnRefresh, Late401, LookAgain, LostAnswer, RefreshWhen, Rotation, SingleFlight,
    SpentRevokes, Validation, Window, WrongVerifier,
};
use super::*;

const RECOMMENDED: &str = include_str!("../../../profiles/recommended.toml");
/// As authloom wrote every policy before the format had a version.
const FULL: &str = include_str!("full.toml");

fn read(text: &str) -> Result<Policy, String> {
    Policy::from_toml("my.toml", text).map_err(|errors| errors.to_string())
}

fn refused(text: &str) -> String {
    read(text).expect_err("the file is wrong")
}

/// What is said of a file that sets one knob of the AuthService, with its column.
fn refused_knob(knob: &str) -> String {
    let said = refused(&format!("[auth_service]\n{knob}\n"));
    said.strip_prefix("my.toml:2:").expect("it is said where").to_owned()
}

#[test]
fn a_file_says_only_what_differs_from_the_recommended_profile() {
    let named = |policy: Policy| Policy { name: "my".to_owned(), ..policy };
    assert_eq!(read("version = 1"), Ok(named(Policy::recommended())));
    let policy = read("[auth_service]\ngrace = \"none\"\n");
    assert_eq!(policy, Ok(named(Policy { grace: Grace::None, ..Policy::recommended() })));
}

#[test]
fn a_file_that_sets_nothing_is_no_policy() {
    for nothing in ["", "\n", "# a comment\n"] {
        assert!(refused(nothing).starts_with("my.toml:1:1: nothing is set here: "), "{}", refused(nothing));
    }
}

#[test]
fn the_recommended_profile_names_every_knob_that_means_something() {
    let draft = Draft::from(Policy::recommended());
    for knob in KNOBS {
        let named = RECOMMENDED.lines().any(|line| line.starts_with(&format!("{} = ", knob.key)));
        assert_eq!(named, (knob.moot)(&draft).is_none(), "{}", knob.key);
        assert!(RECOMMENDED.contains(knob.key), "{} is at least mentioned", knob.key);
    }
}

#[test]
fn a_full_file_without_a_version_is_of_the_first_one() {
    let expected =
        Policy { name: "my".to_owned(), grace: Grace::None, single_flight: SingleFlight::Tab, ..Policy::recommended() };
    assert_eq!(read(FULL), Ok(expected.clone()));
    assert_eq!(read(&format!("version = 1\n{FULL}")), Ok(expected));
}

#[test]
fn a_newer_version_and_what_is_no_version_are_refused() {
    let newer = "my.toml:1:11: this policy is in version 2 of the format, and this authloom reads up to 1: use the authloom that wrote it, \
                 or a newer one";
    assert_eq!(refused("version = 2\nwhatever = \"it says\"\n"), newer);
    let wrong = "my.toml:1:11: a version of the format is a whole number, from 1 to 1: write `version = 1`";
    for version in ["0", "-1", "\"1\"", "1.0", "99999999999999999999999"] {
        assert_eq!(refused(&format!("version = {version}\n")), wrong, "{version}");
    }
}

/// A format that has had two changes: a knob was renamed, then one of its choices.
const CHANGED: Format = Format {
    migrations: &[
        |table| {
            let Some(gui) = table.get_mut("gui") else { return };
            let DeValue::Table(gui) = gui.get_mut() else { return };
            let Some((old, value)) = gui.remove_entry("on_loss") else { return };
            gui.insert(Spanned::new(old.span(), "lost_answer".into()), value);
        },
        |table| {
            let Some(gui) = table.get_mut("gui") else { return };
            let DeValue::Table(gui) = gui.get_mut() else { return };
            let Some(value) = gui.get_mut("lost_answer") else { return };
            if value.get_ref().as_str() == Some("again") {
                *value.get_mut() = DeValue::String("retry".into());
            }
        },
    ],
};

#[test]
fn an_older_file_is_migrated_from_its_version_on() {
    let read = |text: &str| CHANGED.read("my.toml", text).map(|read| read.policy.lost_answer);
    assert_eq!(read("[gui]\non_loss = \"sign_in_again\"\n"), Ok(LostAnswer::SignInAgain));
    assert_eq!(read("version = 1\n[gui]\non_loss = \"again\"\n"), Ok(LostAnswer::Retry));
    assert_eq!(read("version = 2\n[gui]\nlost_answer = \"again\"\n"), Ok(LostAnswer::Retry));
    assert_eq!(read("version = 3\n[gui]\nlost_answer = \"retry\"\n"), Ok(LostAnswer::Retry));
    let refused = |text: &str| CHANGED.read("my.toml", text).expect_err("it is wrong").to_string();
    let again = "my.toml:3:15: `again` is not a choice here: write \"retry\" or \"sign_in_again\"";
    assert_eq!(refused("version = 3\n[gui]\nlost_answer = \"again\"\n"), again);
    let old = "my.toml:3:1: `on_loss` is no knob of [gui]: ";
    assert!(refused("version = 2\n[gui]\non_loss = \"again\"\n").starts_with(old));
    let soon = "my.toml:2:11: `soon` is not a choice here: write \"retry\" or \"sign_in_again\"";
    assert_eq!(refused("[gui]\non_loss = \"soon\"\n"), soon, "the place is that of the file as it was written");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let file = "\
shrunk_from = 3
rotation = \"off\"

[auth-service]
rotation = \"off\"

[auth_service]
rotatoin = \"always\"
access_lifetime = 600
refresh_idle = \"soon\"
code_lifetime = \"500ms\"
grace = \"sometimes\"

[backend]
single_flight = \"tab\"
version = 1

[gui]
look_again = true
something = \"else\"
";
    let right = "\
my.toml:1:1: `shrunk_from` is no part of a policy: durations are taken as they are, so that none has to be made smaller; use the policy that this one was made from
my.toml:2:1: `rotation` is a knob of [auth_service]: write it below the line `[auth_service]`
my.toml:4:2: `auth-service` is no part of a policy: did you mean `auth_service`?
my.toml:8:1: `rotatoin` is no knob of [auth_service]: did you mean `rotation`?
my.toml:9:19: a number here: write a duration like \"90s\", \"5m\" or \"1h 30m\"
my.toml:10:16: `soon` is not a duration: write a duration like \"90s\", \"5m\" or \"1h 30m\", or \"never\"
my.toml:11:17: tokens carry whole seconds (RFC 7519 section 2): write \"1s\" or another whole number
my.toml:12:9: `sometimes` is not a choice here: write \"none\", \"same_successor\", \"same_tokens\" or \"new_sibling\"
my.toml:15:1: `single_flight` is no knob of [backend]: `single_flight` is one of [gui]
my.toml:16:1: `version` is no knob of [backend]: it belongs above the first section
my.toml:19:14: a boolean here: write \"yes\" or \"no\"
my.toml:20:1: `something` is no knob of [gui]: there are `refresh`, `refresh_margin`, `single_flight`, `look_again`, `late_401` and `lost_answer`";
    assert_eq!(refused(file), right);
}

#[test]
fn a_section_that_is_none_is_refused() {
    assert_eq!(
        refused("gui = \"careful\"\n"),
        "my.toml:1:1: a text here: `gui` is a section: write `[gui]`, and its knobs below"
    );
    assert_eq!(
        refused("[[gui]]\n"),
        "my.toml:1:3: a list here: `gui` is a section: write `[gui]`, and its knobs below"
    );
}

#[test]
fn what_is_no_toml_is_refused_where_it_breaks() {
    assert!(refused("[gui\n").starts_with("my.toml:1:5: "), "{}", refused("[gui\n"));
    let twice = refused("[gui]\nrefresh = \"both\"\nrefresh = \"both\"\n");
    assert!(twice.starts_with("my.toml:3:1: duplicate key"), "{twice}");
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_are_no_part_of_the_text() {
    assert_eq!(read(&format!("\u{feff}{}", FULL.replace('\n', "\r\n"))), read(FULL));
    assert!(refused("\u{feff}rotatoin = 1").starts_with("my.toml:1:1: "));
}

#[test]
fn a_duration_that_no_token_can_have_is_refused() {
    assert_eq!(
        refused_knob("access_lifetime = \"0s\""),
        "19: a lifetime of zero: nothing could ever be used; it is at least \"1s\""
    );
    assert_eq!(
        refused_knob("access_lifetime = \"101years\""),
        "19: `101years` is out of range: at most \"100years\", in whole seconds"
    );
    assert_eq!(
        refused_knob("refresh_absolute = \"585years\""),
        "20: `585years` is out of range: at most \"100years\", in whole seconds, or \"never\""
    );
    let fraction = "tokens carry whole seconds (RFC 7519 section 2): write \"1s\" or another whole number";
    for file in [
        "[backend]\nvalidation = \"local\"\nleeway = \"500ms\"\n",
        "[gui]\nrefresh = \"both\"\nrefresh_margin = \"500ms\"\n",
        "[auth_service]\ngrace_window = \"500ms\"\n",
    ] {
        assert!(refused(file).contains(fraction), "{}", refused(file));
    }
}

#[test]
fn what_does_not_go_together_is_refused_where_the_file_says_it() {
    let longer = "16: longer than `refresh_absolute`, which is \"20m\" by default: it is at most \"20m\"";
    assert_eq!(refused_knob("refresh_idle = \"30days\""), longer);
    let shorter = "20: shorter than `refresh_idle`, which is \"15m\" by default: it is at least \"15m\", or `refresh_idle` is set as well";
    assert_eq!(refused_knob("refresh_absolute = \"10m\""), shorter);
    assert_eq!(
        refused("[backend]\nvalidation = \"local\"\nleeway = \"11m\"\n"),
        "my.toml:3:10: longer than `access_lifetime`, which is \"10m\" by default: it is at most \"10m\""
    );
    assert_eq!(
        refused("[auth_service]\naccess_lifetime = \"1m\"\n[backend]\nvalidation = \"local\"\nleeway = \"11m\"\n"),
        "my.toml:5:10: longer than `access_lifetime`: it is at most \"1m\""
    );
    let margin =
        "a margin as long as the access token's life would refresh for ever: it is shorter than `access_lifetime`";
    assert_eq!(refused("[gui]\nrefresh = \"both\"\nrefresh_margin = \"10m\"\n"), format!("my.toml:3:18: {margin}"));
    let missing = "my.toml:2:11: `refresh_margin` is missing: a GUI that refreshes before expiry says how long before, like \
                   `refresh_margin = \"1m\"`";
    assert_eq!(refused("[gui]\nrefresh = \"before_expiry\"\n"), missing);
    let siblings = "9: siblings have no one successor whose use could end the window: give a duration, like `grace_window = \"30s\"`";
    assert_eq!(refused_knob("grace = \"new_sibling\""), siblings);
}

#[test]
fn a_fault_brings_no_further_ones() {
    assert_eq!(refused("[auth_service]\nrefresh_absolute = \"1s 1ms\"\nrefresh_idle = \"3s\"\n").lines().count(), 1);
    assert_eq!(refused("[gui]\nrefresh = \"both\"\nrefresh_margin = 3\n").lines().count(), 1);
    assert_eq!(refused("[backend]\nvalidation = \"lokal\"\nleeway = \"3s\"\n").lines().count(), 1);
}

#[test]
fn a_length_of_time_that_means_nothing_is_refused_and_a_choice_ignored() {
    let cases = [
        (
            "[auth_service]\nrotation = \"off\"\ngrace_window = \"30s\"\n",
            "3:16: `grace_window` means nothing beside `rotation = \"off\"`",
        ),
        (
            "[auth_service]\ngrace = \"none\"\ngrace_window = \"30s\"\n",
            "3:16: `grace_window` means nothing beside `grace = \"none\"`",
        ),
        ("[backend]\nleeway = \"30s\"\n", "2:10: `leeway` means nothing beside `validation = \"introspect\"`"),
        ("[gui]\nrefresh_margin = \"30s\"\n", "2:18: `refresh_margin` means nothing beside `refresh = \"on_401\"`"),
    ];
    for (file, why) in cases {
        assert_eq!(refused(file), format!("my.toml:{why}: drop it"));
    }
    let ignored = [
        ("auth_service", "rotation = \"off\"", "reuse_ends = \"user\""),
        ("auth_service", "rotation = \"off\"", "grace = \"none\""),
        ("auth_service", "rotation = \"off\"", "spent_revokes = \"no\""),
        ("auth_service", "refresh_idle = \"never\"", "idle_on_refresh = \"runs_on\""),
        ("gui", "single_flight = \"tab\"", "look_again = \"no\""),
        ("gui", "refresh = \"before_expiry\"\nrefresh_margin = \"1m\"", "late_401 = \"refresh\""),
    ];
    for (section, beside, knob) in ignored {
        let without = read(&format!("[{section}]\n{beside}\n"));
        assert!(without.is_ok(), "{without:?}");
        assert_eq!(read(&format!("[{section}]\n{beside}\n{knob}\n")), without);
    }
}

/// The policy's file with what a team accepts.
fn accepted(entries: &str) -> Result<Vec<Accepted>, String> {
    let read = PolicyFile::from_toml("my.toml", entries).map_err(|errors| errors.to_string())?;
    assert_eq!(
        PolicyFile::from_toml("my.toml", &read.to_toml()),
        Ok(read.clone()),
        "it reads back from what it writes"
    );
    Ok(read.accepted)
}

#[test]
fn a_file_says_which_promises_are_known_to_be_broken_and_until_when() {
    let file = "\
[[accepted]]
promise = \"no-stale-acceptance\"
reason = \"the backend checks tokens \\\"locally\\\"\"

[[accepted]]
promise = \"no-grace-for-thieves\"
reason = \"tabs share no lock yet\"
until = \"2026-12-31\"

[[accepted]]
promise = \"idle-bound\"
reason = \"a date may stand without quotes\"
until = 2026-12-31
";
    let read = accepted(file).expect("the file is right");
    let promises: Vec<_> = read.iter().map(|accepted| accepted.promise).collect();
    assert_eq!(promises, ["no-stale-acceptance", "no-grace-for-thieves", "idle-bound"]);
    assert_eq!(read[0].reason, "the backend checks tokens \"locally\"");
    assert_eq!((read[0].until, read[1].until), (None, read[2].until));
    let day = |day: &str| day.parse::<toml::value::Datetime>().unwrap().date.unwrap();
    assert!(!read[1].is_over(day("2026-12-31")) && read[1].is_over(day("2027-01-01")));
    assert!(!read[0].is_over(day("9999-12-31")));
}

#[test]
fn an_acceptance_that_says_too_little_or_what_is_not_is_refused() {
    let file = "\
[[accepted]]
promise = \"no-stale-acceptence\"
reason = \"a typo\"

[[accepted]]
promise = \"idle-bound\"
reason = \" \"
untill = \"2026-12-31\"

[[accepted]]
until = \"2026-02-30\"

[[accepted]]
promise = \"code-spent-once\"
reason = \"once\"
until = 2026-12-31T12:00:00Z

[[accepted]]
promise = \"code-spent-once\"
reason = \"twice\"
";
    let right = "\
my.toml:2:11: no promise is called `no-stale-acceptence`: did you mean `no-stale-acceptance`?
my.toml:7:10: `reason` is empty: it says why it cannot be kept
my.toml:8:1: `untill` is no part of [[accepted]]: did you mean `until`?
my.toml:10:1: `promise` is missing: it says the promise that cannot be kept, like `no-stale-acceptance`
my.toml:10:1: `reason` is missing: it says why it cannot be kept
my.toml:11:9: `until` is the last day, like \"2027-01-31\"
my.toml:16:9: `until` is the last day, like \"2027-01-31\"
my.toml:19:11: `code-spent-once` is accepted in line 14 already";
    assert_eq!(accepted(file), Err(right.to_owned()));
    let no_list = accepted("accepted = \"all\"\n").expect_err("it is no list");
    assert_eq!(no_list, "my.toml:1:12: a text here: `accepted` is a list: write `[[accepted]]` above each entry");
    let no_entry = accepted("accepted = [\"idle-bound\"]\n").expect_err("it is no entry");
    assert!(no_entry.starts_with("my.toml:1:13: a text here: "), "{no_entry}");
    let happening = accepted("[[accepted]]\npromise = \"no-token\"\nreason = \"why\"\n").expect_err("it is no promise");
    assert!(happening.contains("`no-token` promises nothing: "), "{happening}");
    let unlike = accepted("[[accepted]]\npromise = \"sleep\"\nreason = \"why\"\n").expect_err("there is none");
    assert!(unlike.contains("there are `code-spent-once`, "), "{unlike}");
}

proptest! {
    #[test]
    fn a_policy_reads_back_from_what_it_writes(policy in any_policy()) {
        prop_assert_eq!(Policy::from_toml("any.toml", &policy.to_toml()), Ok(policy.normalised()));
        prop_assert_eq!(policy.normalised().normalised(), policy.normalised());
        prop_assert_eq!(policy.normalised().to_toml(), policy.to_toml());
    }

    #[test]
    fn no_text_makes_the_reader_fall(text in ".{0,200}") {
        let _ = Policy::from_toml("any.toml", &text);
    }

    #[test]
    fn no_change_of_a_line_makes_the_reader_fall(line in any::<prop::sample::Index>(), with in "[\\[\\]a-z0-9_ =\"',.é-]{0,30}") {
        let line = line.index(FULL.lines().count());
        let changed = FULL.lines().enumerate().map(|(n, text)| if n == line { with.as_str() } else { text });
        if let Err(errors) = Policy::from_toml("any.toml", &changed.collect::<Vec<_>>().join("\n")) {
            prop_assert!(errors.iter().all(|fault| fault.line >= 1 && fault.column >= 1));
        }
    }
}

#[test]
fn two_policies_differ_in_what_means_something_in_the_first() {
    let policy = Policy {
        grace: Grace::None,
        validation: Validation::Local,
        leeway: Duration::from_secs(30),
        refresh_margin: Duration::from_secs(5),
        ..Policy::recommended()
    };
    let differences = policy.differences_from(&Policy::recommended());
    let said: Vec<_> =
        differences.iter().map(|found| (found.knob, found.value.as_str(), found.other.as_deref())).collect();
    let right = [
        ("grace", "none", Some("same_successor")),
        ("validation", "local", Some("introspect")),
        ("leeway", "30s", None),
    ];
    assert_eq!(said, right);
    assert!(Policy::recommended().differences_from(&policy).iter().all(|found| found.knob != "leeway"));
}

#[test]
fn every_profile_reads_back_from_what_it_writes() {
    for (name, _) in Policy::PROFILES {
        let policy = Policy::profile(name).expect("the name is listed");
        assert_eq!(Policy::from_toml(name, &policy.to_toml()), Ok(policy));
    }
}

/// Policies that a file can say, with every knob at any of its choices.
fn any_policy() -> impl Strategy<Value = Policy> {
    let seconds = |range: std::ops::Range<u64>| range.prop_map(Duration::from_secs);
    let window = prop_oneof![Just(Window::UntilUsed), seconds(1..100).prop_map(Window::For)];
    let grace = prop_oneof![
        Just(Grace::None),
        window.clone().prop_map(Grace::SameSuccessor),
        window.prop_map(Grace::SameTokens),
        seconds(1..100).prop_map(|length| Grace::NewSibling(Window::For(length))),
    ];
    let ends = prop::sample::select(vec![Ends::Nothing, Ends::RefreshTokens, Ends::Grant, Ends::User]);
    let lengths = (
        seconds(100..100_000),
        prop::option::of(seconds(100..200)),
        prop::option::of(seconds(200..1_000_000)),
        seconds(1..100),
        seconds(0..100),
        seconds(0..100),
    );
    let auth = (
        prop::sample::select(vec![Rotation::Off, Rotation::Always]),
        (ends.clone(), ends.clone(), ends),
        grace,
        prop::sample::select(vec![WrongVerifier::Spends, WrongVerifier::Replays, WrongVerifier::Ignored]),
        prop::sample::select(vec![SpentRevokes::Yes, SpentRevokes::No]),
        prop::sample::select(vec![AccessOnRefresh::Kept, AccessOnRefresh::Revoked]),
        prop::sample::select(vec![IdleOnRefresh::Restarts, IdleOnRefresh::RunsOn]),
    );
    let others = (
        prop::sample::select(vec![Validation::Introspect, Validation::Local]),
        prop::sample::select(vec![RefreshWhen::On401, RefreshWhen::BeforeExpiry, RefreshWhen::Both]),
        prop::sample::select(vec![SingleFlight::None, SingleFlight::Tab, SingleFlight::Browser]),
        prop::sample::select(vec![LookAgain::Yes, LookAgain::No]),
        prop::sample::select(vec![Late401::Compare, Late401::Refresh]),
        prop::sample::select(vec![LostAnswer::Retry, LostAnswer::SignInAgain]),
    );
    (lengths, auth, others).prop_map(|(lengths, auth, others)| {
        let (access_lifetime, refresh_idle, refresh_absolute, code_lifetime, leeway, refresh_margin) = lengths;
        let (rotation, ends, grace, wrong_verifier, spent_revokes, access_on_refresh, idle_on_refresh) = auth;
        let (reuse_ends, code_replay_ends, revocation_ends) = ends;
        let (validation, refresh_when, single_flight, look_again, late_401, lost_answer) = others;
        Policy {
            name: "any".to_owned(),
            access_lifetime,
            refresh_idle,
            refresh_absolute,
            code_lifetime,
            rotation,
            reuse_ends,
            grace,
            wrong_verifier,
            code_replay_ends,
            revocation_ends,
            spent_revokes,
            access_on_refresh,
            idle_on_refresh,
            validation,
            leeway,
            refresh_when,
            refresh_margin,
            single_flight,
            look_again,
            late_401,
            lost_answer,
        }
    })
}

use authloom_model::{Action, CallId, Exchange, Seconds, TabId};
use proptest::prelude::*;

use super::super::samples;
use super::*;

const CALL: CallId = CallId { tab: TabId(0), call: 0 };

/// Opens the items; the call arrives, and its 401 is lost.
fn lost_401() -> Trace {
    let call = Exchange::Call(CALL);
    samples::trace("recommended", Scope::SMALL, &[Action::Open(CALL), Action::Arrive(call), Action::Lose(call)])
}

/// How the file reads with one text replaced by another.
fn refused(from: &str, to: &str) -> String {
    let text = write(&lost_401());
    assert!(text.contains(from), "the file says `{from}`:\n{text}");
    read("a.mmd", &text.replacen(from, to, 1)).expect_err("the file is wrong").to_string()
}

/// A line without the entities that stand for Mermaid's own letters.
fn without_entities(line: &str) -> String {
    let mut parts = line.split('#');
    let mut left = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(';').expect("an entity ends");
        assert!(number.parse::<u32>().is_ok(), "{line}");
        left.push_str(rest);
    }
    left
}

/// A file as it was before there were titles and numbers.
fn older(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("  title") && !line.starts_with("  autonumber"));
    let lines = lines.map(|line| match line.rsplit_once(", ") {
        Some((before, last)) if last.ends_with(" no longer active") && !line.starts_with("%%") => before,
        Some(_) | None => line,
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The line of the file on which a text stands.
fn line_of(part: &str) -> usize {
    1 + write(&lost_401()).lines().position(|line| line.contains(part)).expect("the file says it")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_trace_reads_back_from_what_it_writes(trace in samples::any_trace()) {
        prop_assert_eq!(read("a.mmd", &write(&trace)), Ok(trace));
    }

    #[test]
    fn no_label_holds_what_mermaid_takes_for_its_own(trace in samples::any_trace()) {
        let text = write(&trace);
        let picture = text.lines().skip_while(|line| *line != BEGINNING).skip(1);
        for line in picture {
            let foreign = line.contains(TITLE) || line.contains("here they part");
            let line = if foreign { without_entities(line) } else { line.to_owned() };
            prop_assert!(!line.contains(['#', ';', '%']), "{}", line);
            let ends = line.split(|c: char| !c.is_alphanumeric()).any(|word| word == "end");
            prop_assert!(foreign || !ends, "{}", line);
        }
    }

    #[test]
    fn a_file_without_title_numbers_and_what_dies_reads_to_the_same(trace in samples::any_trace()) {
        let old = older(&write(&trace));
        prop_assert!(!old.contains(NUMBERED) && !old.contains("no longer active"));
        prop_assert_eq!(read("a.mmd", &old), Ok(trace));
    }

    #[test]
    fn a_file_cut_off_anywhere_is_no_trace(trace in samples::any_trace(), at in any::<prop::sample::Index>()) {
        let text = write(&trace);
        let whole = text.trim_end().len();
        let cut = (0..=at.index(whole - 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        prop_assert!(read("a.mmd", &text[..cut]).is_err(), "{}", &text[..cut]);
    }
}

#[test]
fn a_file_looks_like_this() {
    insta::with_settings!({ snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!(write(&samples::two_tabs_race()));
    });
}

#[test]
fn white_space_at_the_end_blank_lines_and_further_comments_are_no_matter() {
    let trace = lost_401();
    let text = write(&trace).replace('\n', "  \r\n\r\n").replace("  P->>T1", "  %% the person comes back\n  P->>T1");
    assert_eq!(read("a.mmd", &text), Ok(trace));
}

#[test]
fn a_name_or_a_sentence_with_a_line_break_does_not_break_the_file() {
    let mut trace = lost_401();
    trace.header.shows = "one\nsequenceDiagram".to_owned();
    trace.header.policy.name = "two\r\nlines".to_owned();
    let header = read("a.mmd", &write(&trace)).expect("the file is right").header;
    assert_eq!((header.shows.as_str(), header.policy.name.as_str()), ("one sequenceDiagram", "two  lines"));
}

#[test]
fn every_form_that_a_wrong_line_is_told_of_says_an_action() {
    let forms = FORMS.split('`').skip(1).step_by(2);
    for form in forms.filter(|form| ![AT_ONCE, AND, END].contains(form)) {
        let (_, label) = form.split_once(": ").expect("a form has a label");
        assert!(words::action_said(label).is_some(), "{form}");
    }
}

#[test]
fn an_empty_file_is_refused() {
    assert_eq!(
        read("a.mmd", "\n").expect_err("it is empty").to_string(),
        "a.mmd:1:1: the file is empty: a trace begins with `%% authloom trace 2`"
    );
}

#[test]
fn another_diagram_is_refused() {
    let error = refused("%% authloom trace 2\n", "");
    assert_eq!(error, "a.mmd:1:1: this is no trace: one begins with `%% authloom trace 2`");
}

#[test]
fn an_unknown_format_version_is_refused_with_the_one_that_is_read() {
    let error = refused("trace 2", "trace 1");
    assert!(
        error.contains("version 1 of the format, which counted ticks: write each tick as the time that it is"),
        "{error}"
    );
    let error = refused("trace 2", "trace 3");
    let newer = "a.mmd:1:19: this trace is in version 3 of the format, and this authloom reads up to 2: use the authloom that wrote it, or a \
                 newer one";
    assert_eq!(error, newer);
    for wrong in ["0", "one", "-1"] {
        let error = refused("trace 2", &format!("trace {wrong}"));
        assert!(error.starts_with(&format!("a.mmd:1:19: `{wrong}` is no version of the format: ")), "{error}");
    }
}

#[test]
fn a_header_that_lacks_a_line_is_refused_with_the_line() {
    let error = refused("%% scope: small\n", "");
    let line = line_of(BEGINNING) - 1;
    assert_eq!(error, format!("a.mmd:{line}:1: the header lacks a line like `%% scope: default`"));
}

#[test]
fn a_header_that_says_a_thing_twice_is_refused_at_the_second() {
    let error = refused("%% scope: small\n", "%% scope: small\n%% scope: large\n");
    let line = line_of(SCOPE);
    assert_eq!(error, format!("a.mmd:{}:1: `%% scope:` stands in line {line} already", line + 1));
}

#[test]
fn a_wrong_scope_is_refused_where_it_stands() {
    let error = refused("scope: small", "scope: huge");
    assert!(error.starts_with(&format!("a.mmd:{}:11: no scope `huge`: ", line_of(SCOPE))), "{error}");
}

#[test]
fn a_wrong_policy_is_refused_on_its_line_of_the_trace() {
    let error = refused("code_lifetime = \"5m\"", "code_lifetime = \"soon\"");
    let line = line_of("code_lifetime");
    assert!(error.starts_with(&format!("a.mmd:{line}:22: `soon` is not a duration")), "{error}");
}

#[test]
fn everything_that_is_wrong_with_the_policy_is_said_on_its_line_of_the_trace() {
    let wrong = "%% | rotatoin = \"always\"\n%% | code_lifetime = \"soon\"\n";
    let error = refused("%% | code_lifetime = \"5m\"\n", wrong);
    let line = line_of("code_lifetime");
    let places: Vec<_> =
        error.lines().map(|fault| fault.splitn(4, ':').take(3).collect::<Vec<_>>().join(":")).collect();
    assert_eq!(places, [format!("a.mmd:{line}:6"), format!("a.mmd:{}:22", line + 1)], "{error}");
}

#[test]
fn a_knob_that_the_header_does_not_name_has_its_default() {
    let text = write(&lost_401());
    let is_default =
        |line: &&str| line.starts_with("%% | ") && *line != "%% | [gui]" && *line != "%% | lost_answer = \"retry\"";
    let shorter: Vec<&str> = text.lines().filter(|line| !is_default(line)).collect();
    assert!(shorter.len() + 20 < text.lines().count(), "{text}");
    assert_eq!(read("a.mmd", &shorter.join("\n")), Ok(lost_401()));
}

#[test]
fn a_policy_whose_durations_cannot_be_counted_together_is_refused() {
    let error = refused("refresh_absolute = \"20m\"", "refresh_absolute = \"99years 1s\"");
    assert!(error.starts_with(&format!("a.mmd:{}:1: its longest duration, 99years", line_of(POLICY))), "{error}");
}

#[test]
fn a_wrong_number_of_steps_is_refused() {
    let line = line_of(STEPS);
    assert_eq!(
        refused("steps: 3", "steps: few"),
        format!("a.mmd:{line}:11: `few` is no number of steps: write one like `20`")
    );
    let last = line_of("is lost");
    assert_eq!(refused("steps: 3", "steps: 2"), format!("a.mmd:{last}:3: a step more than the 2 of `%% steps:`"));
    assert!(refused("steps: 3", "steps: 4").ends_with("after 3 steps of 4: if these are all, `%% steps: 3`"));
}

#[test]
fn a_participant_that_the_scope_does_not_have_is_refused() {
    let error = refused("participant B as Backend", "participant T2 as Tab 2");
    let line = line_of("participant B");
    assert!(error.starts_with(&format!("a.mmd:{line}:3: here must stand `participant B as Backend`")), "{error}");
}

#[test]
fn a_file_without_steps_is_refused() {
    let text = write(&lost_401());
    let (before, _) = text.split_once("  P->>T1").expect("the first step opens the items");
    let error = read("a.mmd", before).expect_err("it is cut off").to_string();
    let line = line_of(NUMBERED);
    assert_eq!(error, format!("a.mmd:{line}:13: the file breaks off before its first step"));
}

#[test]
fn a_title_or_a_number_that_is_not_the_traces_is_refused() {
    let line = line_of("title");
    let error = refused("title a test", "title another");
    assert_eq!(error, format!("a.mmd:{line}:3: here must stand `title a test`: the title is what `%% shows:` says"));
    let text = write(&samples::two_tabs_race());
    let wrong = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        read("a.mmd", &text.replacen(from, to, 1)).expect_err("the file is wrong").to_string()
    };
    // A wait, which Mermaid does not count, stands before the seventh step.
    assert!(wrong("autonumber 7", "autonumber 5").ends_with("here must stand `autonumber 7`"));
    assert!(wrong("  autonumber 7\n", "").ends_with("here must stand `autonumber 7`"));
    assert!(wrong("  P->>T2: open", "  autonumber 8\n  P->>T2: open").ends_with("no number is told"));
    assert!(
        wrong(", r1 no longer active", "").contains("the model expects `T1->>A: refresh T1.1 arrives, a2 and r2, r1")
    );
}

/// A trace on which a target does something else.
fn parted() -> Trace {
    let parting = Parting { expected: "401".to_owned(), seen: "200; #1 <b>end</b>".to_owned() };
    let trace = lost_401();
    Trace { header: Header { parting: Some(parting), ..trace.header }, ..trace }
}

#[test]
fn a_file_says_at_its_last_step_what_was_expected_and_what_was_seen() {
    let text = write(&parted());
    assert!(text.contains("%% expected: 401\n%% seen: 200; #1 <b>end</b>\n"), "{text}");
    let note = "Note over P,A: here they part<br/>expected 401<br/>seen 200#59; #35;1 #60;b#62;end#60;/b#62;\n";
    assert!(text.ends_with(note), "{text}");
    assert_eq!(read("a.mmd", &text), Ok(parted()));
}

#[test]
fn a_parting_that_is_told_by_half_or_otherwise_is_refused() {
    let text = write(&parted());
    let wrong = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        read("a.mmd", &text.replacen(from, to, 1)).expect_err("the file is wrong").to_string()
    };
    assert!(wrong("%% seen: 200; #1 <b>end</b>\n", "").ends_with("the header lacks a line like `%% seen: 200 items`"));
    assert!(wrong("%% expected: 401\n", "").ends_with("the header lacks a line like `%% expected: 401`"));
    assert!(wrong("expected 401<br/>", "").contains("here must stand `Note over P,A: here they part<br/>expected 401"));
    let (before, _) = text.split_once("  Note over P,A: here").expect("there is a note");
    let error = read("a.mmd", before).expect_err("the note is missing").to_string();
    assert!(error.ends_with("the file breaks off before the note that says how they part"), "{error}");
    let error = read("a.mmd", &format!("{text}  P->>T1: open T1.1")).expect_err("there is more").to_string();
    assert!(error.ends_with("a step more than the 3 of `%% steps:`"), "{error}");
}

#[test]
fn a_title_is_broken_off_between_two_words() {
    let mut trace = lost_401();
    trace.header.shows = "one two three four five six seven ".repeat(4).trim_end().to_owned();
    let text = write(&trace);
    let title = text.lines().find(|line| line.starts_with("  title")).expect("there is a title");
    assert!(title.ends_with("three four …") && title.chars().count() <= 100, "{title}");
    assert_eq!(read("a.mmd", &text), Ok(trace));
}

#[test]
fn a_line_that_is_no_step_is_refused_with_the_forms_there_are() {
    let line = line_of("P->>T1");
    let error = refused("P->>T1: open T1.1, call T1.1 sent without a token", "loop again");
    assert_eq!(error, format!("a.mmd:{line}:3: this is no step: {FORMS}"));
    let error = refused("P->>T1: open T1.1,", "P->>T1: close T1.1,");
    assert_eq!(error, format!("a.mmd:{line}:11: nothing is called `close T1.1`: {FORMS}"));
}

#[test]
fn a_step_that_the_model_does_not_allow_is_refused_with_those_it_allows() {
    let line = line_of("P->>T1");
    let error = refused("P->>T1: open T1.1, call T1.1 sent without a token", "A-->>T1: refresh T1.1 returns");
    assert_eq!(
        error,
        format!(
            "a.mmd:{line}:12: the model does not allow `refresh T1.1 returns` here; it allows: open T1.1, sign in T1, mistype T1"
        )
    );
}

#[test]
fn what_the_model_does_not_expect_to_be_seen_is_refused_where_it_begins() {
    let line = line_of("T1->>B");
    assert_eq!(
        refused("arrives, 401", "arrives, 403"),
        format!("a.mmd:{line}:32: the model expects `T1->>B: call T1.1 arrives, 401`")
    );
    assert_eq!(
        refused("arrives, 401", "arrives"),
        format!("a.mmd:{line}:28: the model expects `T1->>B: call T1.1 arrives, 401`")
    );
}

#[test]
fn an_arrow_that_is_not_the_actions_is_refused() {
    let line = line_of("is lost");
    let error = refused("B--xT1", "T1-xB");
    assert!(error.starts_with(&format!("a.mmd:{line}:3: the model expects `B--xT1: call T1.1 is lost")), "{error}");
}

/// A thief who shows a copied token while the tab refreshes with it.
fn race() -> String {
    let refresh = Exchange::Refresh(CALL);
    let mut actions = vec![
        Action::SignIn(TabId(0)),
        Action::Arrive(Exchange::SignIn(TabId(0))),
        Action::Return(Exchange::SignIn(TabId(0))),
        Action::Arrive(Exchange::Redeem(TabId(0))),
        Action::Return(Exchange::Redeem(TabId(0))),
        Action::Wait(Seconds(300)),
        Action::Wait(Seconds(300)),
        Action::Open(CALL),
        Action::Arrive(Exchange::Call(CALL)),
        Action::Arrive(Exchange::Introspect(CALL)),
        Action::Return(Exchange::Introspect(CALL)),
        Action::Return(Exchange::Call(CALL)),
        Action::Lock(CALL),
        Action::CopySession,
    ];
    actions.extend([Action::Arrive(refresh), Action::Arrive(Exchange::Theft(authloom_model::Stolen::Copy))]);
    let mut trace = samples::trace("lost-answer", Scope::THEFT, &actions);
    trace.steps[14].release = Release::WithNext;
    let text = write(&trace);
    assert_eq!(read("a.mmd", &text), Ok(trace));
    text
}

#[test]
fn a_block_of_messages_at_once_is_refused_where_it_is_not_one() {
    let text = race();
    let wrong = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        read("a.mmd", &text.replacen(from, to, 1)).expect_err("the file is wrong").to_string()
    };
    let error = wrong("  and\n", "");
    assert!(error.ends_with("a branch holds one step: here must stand `and` or `end`"), "{error}");
    let error = wrong("  end\n", "");
    assert!(error.ends_with("the file breaks off in a block: `end` is missing"), "{error}");
    let error = wrong("  par at once\n", "");
    assert!(error.contains("`par at once` over `and` to `end`"), "{error}");
    // A lock is no request: nobody can let it go at once with anything.
    let lock = "Note over T1: lock to T1.1, refresh T1.1 sent with r1";
    let theft = "Note over X: thief copies the session";
    let block = format!("par at once\n    {lock}\n  and\n    {theft}\n  end");
    let error = wrong(&format!("{lock}\n  {theft}"), &block);
    assert!(error.contains("only requests that arrive at the AuthService are let go at once"), "{error}");
}

#[test]
fn what_comes_after_messages_at_once_is_possible_in_every_order_of_them() {
    let text = race();
    // Only where the tab came first does it call with what it got.
    let after = "  A-->>T1: refresh T1.1 returns, session renewed, call T1.1 sent with a2\n  T1->>B: call T1.1 arrives, \
                 introspect T1.1 sent with a2\n";
    let longer = format!("{text}{after}").replace("%% steps: 16", "%% steps: 18");
    let error = read("a.mmd", &longer).expect_err("the file is wrong").to_string();
    assert!(error.contains("not in every order of what is let go at once"), "{error}");
    assert!(error.starts_with(&format!("a.mmd:{}:", longer.lines().count())), "{error}");
}

//! The target `http`: real servers in real processes, met through sockets.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use authloom::cover::{KindOptions, every_kind};
use authloom::drive::{Verdict, drive, drive_trace};
use authloom::explore::{Limits, explore};
use authloom::servers::Reference;
use authloom::servers::reference::over_http::Http;
use authloom::trace::{Header, Trace, Walker};
use authloom_model::policy::Validation;
use authloom_model::{Action, CallId, Exchange, Policy, Scope, Seconds, Spec, TabId};

use Action::{Arrive, Lose, Mistype, Open, Return, SignIn, SignOut, Wait};
use Exchange::{Call, Introspect, Redeem, Refresh};

const PROGRAM: &str = env!("CARGO_BIN_EXE_authloom");

const T1: TabId = TabId(0);
const T2: TabId = TabId(1);
const FIVE_MINUTES: Action = Wait(Seconds(300));
const C1: CallId = CallId { tab: T1, call: 0 };
const C2: CallId = CallId { tab: T2, call: 0 };

const SIGNED_IN: [Action; 5] =
    [SignIn(T1), Arrive(Exchange::SignIn(T1)), Return(Exchange::SignIn(T1)), Arrive(Redeem(T1)), Return(Redeem(T1))];

fn spec() -> Spec {
    Spec::in_ticks(Policy::recommended(), Scope::DEFAULT).expect("the recommended policy has few ticks")
}

fn started(spec: &Spec) -> Http {
    Http::start(spec, Path::new(PROGRAM)).expect("the servers start")
}

/// Drives a story that begins with somebody signed in.
fn signed_in_and(story: &[Action]) -> Verdict {
    let spec = spec();
    let actions = [&SIGNED_IN, story].concat();
    drive_trace(&mut started(&spec), &spec, &trace(&spec, &actions)).verdict
}

fn trace(spec: &Spec, actions: &[Action]) -> Trace {
    let mut walker = Walker::new(spec);
    let steps = actions.iter().map(|action| walker.take(*action).expect("the model allows the story")).collect();
    Trace { header: Header::new(spec, "a story"), steps }
}

#[test]
fn a_person_signs_in_and_sees_the_items() {
    let story = [Open(C1), Arrive(Call(C1)), Arrive(Introspect(C1)), Return(Introspect(C1)), Return(Call(C1))];
    assert_eq!(signed_in_and(&story), Verdict::Conforms);
}

#[test]
fn a_policy_with_fractions_of_a_second_is_refused_by_each_of_our_targets_alike() {
    let second = Duration::from_secs(1);
    let policy = Policy {
        access_lifetime: second,
        code_lifetime: second,
        refresh_idle: Some(second),
        refresh_absolute: Some(second),
        validation: Validation::Local,
        leeway: second / 2,
        ..Policy::recommended()
    };
    let spec = Spec::in_ticks(policy, Scope::SMALL).expect("it has few ticks");
    let refused = "no server can keep this policy: `leeway` is 500ms: tokens carry whole seconds (RFC 7519 section 2)";
    assert_eq!(Reference::new(&spec).err().map(|fault| fault.0), Some(refused.to_owned()));
    assert_eq!(Http::start(&spec, Path::new(PROGRAM)).err().map(|fault| fault.0), Some(refused.to_owned()));
}

#[test]
fn a_wrong_password_leads_nowhere() {
    let spec = spec();
    let actions = [Mistype(T1), Arrive(Exchange::SignIn(T1)), Return(Exchange::SignIn(T1))];
    let driven = drive_trace(&mut started(&spec), &spec, &trace(&spec, &actions));
    assert_eq!(driven.verdict, Verdict::Conforms);
}

#[test]
fn a_call_whose_introspection_is_lost_on_its_way_is_answered_503() {
    let story = [Open(C1), Arrive(Call(C1)), Lose(Introspect(C1)), Return(Call(C1))];
    assert_eq!(signed_in_and(&story), Verdict::Conforms);
}

#[test]
fn a_call_whose_introspection_is_lost_on_its_way_back_is_answered_503() {
    let story = [Open(C1), Arrive(Call(C1)), Arrive(Introspect(C1)), Lose(Introspect(C1)), Return(Call(C1))];
    assert_eq!(signed_in_and(&story), Verdict::Conforms);
}

#[test]
fn two_calls_with_one_token_are_told_apart_while_both_wait() {
    let story = [
        Open(C1),
        Open(C2),
        Arrive(Call(C1)),
        Arrive(Call(C2)),
        Arrive(Introspect(C2)),
        Lose(Introspect(C1)),
        Return(Introspect(C2)),
        Return(Call(C1)),
        Return(Call(C2)),
    ];
    assert_eq!(signed_in_and(&story), Verdict::Conforms);
}

#[test]
fn a_token_that_expires_while_its_introspection_returns_is_refused_and_refreshed() {
    let story = [
        Open(C1),
        Arrive(Call(C1)),
        FIVE_MINUTES,
        Arrive(Introspect(C1)),
        FIVE_MINUTES,
        Return(Introspect(C1)),
        Return(Call(C1)),
        Action::Lock(C1),
        Arrive(Refresh(C1)),
        Lose(Refresh(C1)),
        Arrive(Refresh(C1)),
        Return(Refresh(C1)),
        Arrive(Call(C1)),
        Arrive(Introspect(C1)),
        Return(Introspect(C1)),
        Return(Call(C1)),
        SignOut(T1),
        Arrive(Exchange::Revoke(T1)),
        Return(Exchange::Revoke(T1)),
    ];
    assert_eq!(signed_in_and(&story), Verdict::Conforms);
}

#[test]
fn servers_that_obey_another_policy_diverge() {
    let spec = spec();
    let strict = Spec::in_ticks(Policy::profile("lost-answer").unwrap(), Scope::DEFAULT).unwrap();
    let refused = [
        Open(C1),
        FIVE_MINUTES,
        FIVE_MINUTES,
        Arrive(Call(C1)),
        Arrive(Introspect(C1)),
        Return(Introspect(C1)),
        Return(Call(C1)),
    ];
    let lost = [Action::Lock(C1), Arrive(Refresh(C1)), Lose(Refresh(C1)), Arrive(Refresh(C1))];
    let story = trace(&spec, &[&SIGNED_IN[..], &refused, &lost].concat());
    assert_eq!(drive_trace(&mut started(&spec), &spec, &story).verdict, Verdict::Conforms);
    let driven = drive_trace(&mut started(&strict), &spec, &story);
    assert!(matches!(driven.verdict, Verdict::Diverges(_)), "{:?}", driven.verdict);
    assert_eq!(driven.steps, story.steps.len() - 1);
}

#[test]
fn a_trace_that_stops_halfway_leaves_nothing_behind_for_the_next() {
    let spec = spec();
    let mut target = started(&spec);
    let story = [Open(C1), Arrive(Call(C1)), Open(C2), Arrive(Call(C2)), Arrive(Introspect(C2))];
    let halfway = trace(&spec, &[&SIGNED_IN[..], &story].concat());
    for _ in 0..3 {
        assert_eq!(drive_trace(&mut target, &spec, &halfway).verdict, Verdict::Conforms);
    }
}

#[test]
fn every_kind_of_step_conforms_however_the_backend_validates() {
    for validation in [Validation::Introspect, Validation::Local] {
        let mut policy = Policy::recommended();
        policy.validation = validation;
        let spec = Spec::in_ticks(policy, Scope::SMALL).unwrap();
        let (_, graph) = explore(&spec, &[], Limits::default(), &mut |_| {});
        let graph = graph.unwrap();
        let mut target = started(&spec);
        for path in every_kind(&graph, KindOptions::default()).traces {
            let way = path.iter().map(|id| spec.action(graph.edge(*id).code).unwrap());
            assert_eq!(drive(&mut target, &spec, way).verdict, Verdict::Conforms, "{validation:?}");
        }
    }
}

#[test]
fn the_servers_are_gone_once_the_target_is() {
    let target = started(&spec());
    let places = target.urls().map(|url| url.strip_prefix("http://").unwrap().to_owned());
    for place in &places {
        assert!(TcpStream::connect(place).is_ok(), "{place} listens while the target lives");
    }
    drop(target);
    for place in &places {
        assert!(TcpStream::connect(place).is_err(), "{place} refuses once the target is gone");
    }
}

#[test]
fn a_program_that_cannot_serve_is_a_fault_that_says_why() {
    let spec = spec();
    let Err(fault) = Http::start(&spec, Path::new("/nowhere/authloom")) else { panic!("there is no such program") };
    assert!(fault.0.contains("/nowhere/authloom"), "{fault}");
    let mut absurd = spec.clone();
    absurd.policy.access_lifetime = Duration::ZERO;
    let Err(fault) = Http::start(&absurd, Path::new(PROGRAM)) else { panic!("tokens that never live are not served") };
    assert!(fault.0.contains("a lifetime of zero"), "{fault}");
}

/// A server that was started without the flag for tests, and where it listens.
fn ordinary_server() -> (Child, String) {
    let mut child = Command::new(PROGRAM)
        .args(["serve", "--role", "auth", "--auth-port", "0", "--stop-with-stdin"])
        .env("AUTHLOOM_BACKEND_SECRET", "any")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it is text");
    let ready: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
    assert_eq!(ready["role"], "auth");
    let url = ready["url"].as_str().expect("it has a url").to_owned();
    (child, url)
}

#[test]
fn an_ordinary_server_has_no_clock_to_turn_and_goes_when_its_standard_input_ends() {
    let (mut child, url) = ordinary_server();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = |path: &str| runtime.block_on(client.post(format!("{url}{path}")).send()).unwrap().status().as_u16();
    assert_eq!(status("/test/clock/advance?seconds=1"), 404);
    assert_eq!(status("/test/reset"), 404);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_port_in_use_ends_with_status_5_and_names_the_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = Command::new(PROGRAM)
        .args(["serve", "--backend-port", "0", "--gui-port", "0", "--auth-port", &port])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(5));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.starts_with("error: cannot serve: port ") && said.contains("--auth-port"), "{said}");
    assert!(ended.stdout.is_empty());
}

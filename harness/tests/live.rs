//! Targets that a file describes: the reference as a stranger, whose policy is found out, and servers that misbehave.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

mod stranger;

const PROGRAM: &str = env!("CARGO_BIN_EXE_authloom");

fn authloom(arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .env("AUTHLOOM_TARGET_PASSWORD", "demo")
        .env_remove("AUTHLOOM_NOT_SET")
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The reference's AuthService, as its own stranger.
fn reference(folder: &Path, policy: &str) -> String {
    let file = folder.join("reference.toml");
    stranger::described(&file, PROGRAM, policy, policy);
    file.to_string_lossy().into_owned()
}

#[test]
fn the_probe_finds_the_policy_that_the_reference_was_told() {
    let folder = tempfile::tempdir().unwrap();
    for (policy, grace) in [("recommended", "same_successor until it is used"), ("lost-answer", "none")] {
        let output = authloom(&["probe", "--target", &reference(folder.path(), policy)]);
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        for (knob, choice) in [
            ("rotation", "always"),
            ("reuse_ends", "grant"),
            ("grace", grace),
            ("idle_on_refresh", "restarts"),
            ("access_on_refresh", "kept"),
            ("wrong_verifier", "spends"),
            ("spent_revokes", "yes"),
        ] {
            let told = said.lines().find(|line| line.trim_start().starts_with(knob)).unwrap_or_default();
            assert!(told.trim_end().ends_with(choice), "{knob} under {policy}: {said}");
        }
    }
}

#[test]
fn the_reference_conforms_as_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "recommended");
    let out = folder.path().join("out");
    let output = authloom(&["verify", "--target", &target, "--scope", "theft", "--out", &out.to_string_lossy()]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("conforms in all"), "{}", said(&output));
}

#[test]
fn requests_that_come_at_once_are_answered_as_in_some_order() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let races = ["verify", "--goal", "races", "--scope", "theft", "--out", &out, "--target"];
    let target = reference(folder.path(), "lost-answer");
    let output = authloom(&[&races[..], &[&target, "--times", "2"]].concat());
    assert!(output.status.success(), "{}", said(&output));
    for told in ["refresh T1.1 and stolen token at once", "some order explains every run"] {
        assert!(said(&output).contains(told), "{told}: {}", said(&output));
    }
    // Within one process nothing ever comes at once.
    let output = authloom(&[&races[..], &["reference"]].concat());
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("the target takes one request after the other"), "{}", said(&output));
}

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
    assert_eq!(std::fs::read_to_string(&journal).unwrap().lines().count() as u64, before);
    let rest = authloom(&verify);
    assert!(rest.status.success(), "{}", said(&rest));
    assert_eq!(number(&said(&rest), " traces in an earlier run"), before);
    // Everything is known by now, and the server is not asked again.
    let nothing = authloom(&[&verify[..], &["--budget", "1"]].concat());
    assert_eq!(nothing.status.code(), Some(0), "{}", said(&nothing));
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
fn limits_that_are_far_apart_are_looked_at_with_a_tick_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let show = authloom(&["policy", "show", "recommended"]);
    let mut policy = String::from_utf8(show.stdout).unwrap();
    for (knob, length) in [("access_lifetime", "1h"), ("refresh_idle", "14days"), ("code_lifetime", "1m")] {
        let line = policy.lines().find(|line| line.starts_with(knob)).unwrap().to_owned();
        policy = policy.replace(&line, &format!("{knob} = \"{length}\""));
    }
    let line = policy.lines().find(|line| line.starts_with("refresh_absolute")).unwrap().to_owned();
    let file = folder.path().join("far.toml");
    std::fs::write(&file, policy.replace(&line, "refresh_absolute = \"never\"")).unwrap();
    let target = reference(folder.path(), &file.to_string_lossy());
    let verify = ["verify", "--target", &target, "--scope", "theft"];
    let output = authloom(&verify);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    for tick in ["30m", "7days"] {
        assert!(said(&output).contains(&format!("\n  --tick {tick}")), "{}", said(&output));
        let output = authloom(&[&verify[..], &["--tick", tick]].concat());
        assert!(output.status.success(), "{}", said(&output));
    }
    let output = authloom(&["verify", "--target", "http", "--tick", "30m"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn a_wrong_lifetime_is_a_finding_of_a_few_steps_and_the_right_one_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let show = String::from_utf8(authloom(&["policy", "show", "lost-answer"]).stdout).unwrap();
    let line = show.lines().find(|line| line.starts_with("access_lifetime")).unwrap().to_owned();
    let wrong = folder.path().join("wrong.toml");
    std::fs::write(&wrong, show.replace(&line, "access_lifetime = \"5m\"")).unwrap();
    let target = folder.path().join("reference.toml");
    stranger::described(&target, PROGRAM, "wrong.toml", "lost-answer");
    let (target, out) = (target.to_string_lossy().into_owned(), folder.path().to_string_lossy().into_owned());
    let probe = ["probe", "--target", &target, "--traces", &out];
    let output = authloom(&probe);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("none of 9,408 policies explains"), "{}", said(&output));
    let (_, step) =
        said(&output).split_once("here they part, at step ").map(|(_, rest)| ((), rest.to_owned())).unwrap();
    // Somebody signs in, and a tick passes.
    assert!(step.starts_with("5 "), "{}", said(&output));
    let found = folder.path().join("found.toml").to_string_lossy().into_owned();
    let output = authloom(&[&probe[..], &["--lifetimes", "--out", &found]].concat());
    assert!(output.status.success(), "{}", said(&output));
    assert!(std::fs::read_to_string(&found).unwrap().contains("access_lifetime = \"10m\""), "{}", said(&output));
}

#[test]
fn what_a_description_says_is_tried_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "recommended");
    let output = authloom(&["target", "check", &target]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    for works in
        ["a sign-in", "the redemption of the code", "introspection of a refresh token", "a refresh", "a revocation"]
    {
        assert!(text.contains(&format!("✓ {works}\n")), "{works}: {text}");
    }
    let wrong = std::fs::read_to_string(&target).unwrap().replace("username = \"demo\"", "username = \"nobody\"");
    std::fs::write(&target, wrong).unwrap();
    let output = authloom(&["target", "check", &target]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("✗ a sign-in: login page again"), "{}", said(&output));
}

/// A target whose server is this function: it is given the path of a request and writes what it answers.
fn stranger(folder: &Path, answer: fn(&str, &mut TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("it listens").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream, answer));
        }
    });
    let file = folder.join("stranger.toml");
    let text = format!(
        r#"policy = "recommended"

[server]
issuer = "http://127.0.0.1:{port}"
within = "300ms"

[endpoints]
authorization = "/authorize"
token = "/token"
revocation = "/revoke"

[client]
id = "gui"
redirect_uri = "http://gui.test/callback"

[sign_in]
username = "demo"
password_from = "AUTHLOOM_TARGET_PASSWORD"

[clock]
by = "never"
"#
    );
    std::fs::write(&file, text).expect("the folder can be written to");
    file.to_string_lossy().into_owned()
}

/// One request a connection.
fn serve<S: Read + Write>(mut stream: S, answer: fn(&str, &mut S)) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            Ok(_) | Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if stream.read_exact(&mut body).is_err() {
        return;
    }
    let target = head.split(' ').nth(1).unwrap_or_default();
    if target.starts_with("/authorize") && !target.contains("circles") {
        let state = target.split(['?', '&']).find(|part| part.starts_with("state=")).unwrap_or_default();
        let location = format!("http://gui.test/callback?code=c1&{state}");
        let head =
            format!("HTTP/1.1 303 See Other\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
        return;
    }
    answer(target, &mut stream);
}

/// A trace of somebody who signs in.
fn sign_in(folder: &Path) -> String {
    let output = authloom(&["show", "token-expires", "--scope", "tabs=1,losses=0", "--form", "json"]);
    let text = String::from_utf8(output.stdout).expect("a trace is text");
    let mut trace: serde_json::Value = serde_json::from_str(&text).expect("the form is JSON");
    let steps = trace["steps"].as_array_mut().expect("a trace has steps");
    let redeemed = steps.iter().position(|step| step["action"] == "redeem T1 arrives").expect("somebody signs in");
    steps.truncate(redeemed + 1);
    steps.retain(|step| step["action"] != "tick");
    let file = folder.join("sign-in.json");
    std::fs::write(&file, trace.to_string()).expect("the folder can be written to");
    file.to_string_lossy().into_owned()
}

/// What is said of a server that answers a redemption like this.
fn said_of(answer: fn(&str, &mut TcpStream)) -> String {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (trace, target) = (sign_in(folder.path()), stranger(folder.path(), answer));
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let output = authloom(&["replay", &trace, "--target", &target, "--out", &out]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    said(&output).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn write(stream: &mut impl Write, text: &str) {
    // Whoever has heard enough may have hung up.
    let _ = stream.write_all(text.as_bytes());
}

#[test]
fn a_server_that_hangs_is_a_finding_within_its_time() {
    let said = said_of(|_, stream| {
        // Until the client hangs up.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    assert!(said.contains("no answer within 300ms"), "{said}");
}

#[test]
fn a_server_that_closes_midway_is_a_finding() {
    let said = said_of(|_, stream| write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"));
    assert!(said.contains("end of file before message length reached"), "{said}");
}

#[test]
fn a_server_that_answers_with_a_page_an_error_or_no_token_is_a_finding() {
    let page = said_of(|_, stream| {
        write(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\n<p/>",
        );
    });
    assert!(page.contains("200 OK without tokens") && page.contains("text/html"), "{page}");
    let error = said_of(|_, stream| {
        write(stream, "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    assert!(error.contains("500 Internal Server Error"), "{error}");
}

const TOKENS: &str = r#"{"access_token":"a","refresh_token":"r","token_type":"Bearer"}"#;

#[test]
fn an_answer_that_says_a_header_twice_or_is_of_another_type_is_a_finding() {
    let twice = said_of(|_, stream| {
        let head = "HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-type: application/json\r\ncontent-type: text/html\r\n";
        write(stream, &format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{TOKENS}", TOKENS.len()));
    });
    assert!(twice.contains("seen 200 OK with two Content-Type headers"), "{twice}");
    let other = said_of(|_, stream| {
        let head = "HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-type: text/plain\r\n";
        write(stream, &format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{TOKENS}", TOKENS.len()));
    });
    assert!(other.contains("seen 200 OK with tokens and not as application/json"), "{other}");
    let lengths = said_of(|_, stream| {
        write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\nconnection: close\r\n\r\n{} ");
    });
    assert!(lengths.contains("invalid content-length"), "{lengths}");
}

#[test]
fn a_server_that_redirects_in_circles_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let trace = sign_in(folder.path());
    let target = stranger(folder.path(), |_, stream| {
        let head =
            "HTTP/1.1 302 Found\r\nlocation: /authorize?circles\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        write(stream, head);
    });
    let text = std::fs::read_to_string(&target).unwrap();
    std::fs::write(&target, text.replace("\"/authorize\"", "\"/authorize?circles\"")).unwrap();
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let output = authloom(&["replay", &trace, "--target", &target, "--out", &out]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("508 Loop Detected"), "{}", said(&output));
}

#[test]
fn commands_sign_in_make_people_up_and_make_a_server_forget() {
    let folder = tempfile::tempdir().unwrap();
    let trace = sign_in(folder.path());
    let target = stranger(folder.path(), |_, stream| {
        let head = "HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-type: application/json\r\n";
        write(stream, &format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{TOKENS}", TOKENS.len()));
    });
    let script = r#"
        [ "$AUTHLOOM_USERNAME $AUTHLOOM_PASSWORD" = "ann secret" ] || exit 0
        echo "$AUTHLOOM_REDIRECT_URI?code=c1&state=$(echo "$AUTHLOOM_URL" | sed 's/.*[?&]state=\([^&]*\).*/\1/')""#;
    std::fs::write(folder.path().join("sign-in"), script).unwrap();
    let fresh = r#"echo '{"username": "ann", "password": "secret"}'"#;
    std::fs::write(folder.path().join("fresh"), fresh).unwrap();
    let text = std::fs::read_to_string(&target).unwrap();
    let text = text
        .replace("[sign_in]", "[sign_in]\nrun = [\"sh\", \"sign-in\"]\nfresh = [\"sh\", \"fresh\"]")
        .replace("[server]", "[server]\nreset = [\"sh\", \"-c\", \"echo forgotten >> resets\"]")
        .replace("300ms", "10s");
    std::fs::write(&target, text).unwrap();
    let output = authloom(&["replay", &trace, &trace, "--target", &target]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(folder.path().join("resets")).unwrap(), "forgotten\n".repeat(2));
    // Who is not let in is shown a login page; a command that fails is a fault.
    std::fs::write(folder.path().join("fresh"), fresh.replace("secret", "wrong")).unwrap();
    let output = authloom(&["replay", &trace, "--target", &target, "--out", &folder.path().to_string_lossy()]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("login page again") && !said(&output).contains("wrong\""), "{}", said(&output));
    std::fs::write(folder.path().join("fresh"), "echo nobody").unwrap();
    let output = authloom(&["replay", &trace, "--target", &target]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("`sign_in.fresh` prints no"), "{}", said(&output));
}

/// Writes the description of the reference's backend, which is held to one policy and follows another.
fn described_backend(file: &Path, policy: &str, follows: &str) {
    let text = format!(
        r#"role = "backend"
policy = "{policy}"

[server]
start = ["sh", "-c", """
    AUTHLOOM_BACKEND_SECRET=$AUTHLOOM_CLIENT_SECRET exec {PROGRAM} serve --role backend --backend-port 0 --policy {follows} \\
        --issuer $AUTHLOOM_ISSUER --resource $AUTHLOOM_AUDIENCE --test-clock $AUTHLOOM_TIME --stop-with-stdin
"""]

[backend]
resource = "/get_items"

[clock]
by = "http"
post = "/test/clock/advance?seconds={{seconds}}"
stands = true
"#
    );
    std::fs::write(file, text).expect("the folder can be written to");
}

#[test]
fn a_backend_is_held_to_its_policy_with_our_auth_service_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let show = authloom(&["policy", "show", "recommended"]);
    let local = String::from_utf8(show.stdout).unwrap().replace("\"introspect\"", "\"local\"");
    let policy = folder.path().join("local.toml");
    std::fs::write(&policy, local).unwrap();
    let (policy, out) =
        (policy.to_string_lossy().into_owned(), folder.path().join("out").to_string_lossy().into_owned());
    let target = folder.path().join("backend.toml");
    let verified = |held_to: &str, follows: &str| {
        described_backend(&target, held_to, follows);
        authloom(&["verify", "--target", &target.to_string_lossy(), "--scope", "small", "--out", &out])
    };
    for policy in ["recommended", &policy] {
        let output = verified(policy, policy);
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("conforms in all"), "{}", said(&output));
    }
    // One that asks about a token where it is to judge by itself, and the other way round.
    let output = verified(&policy, "recommended");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("GET /get_items with Authorization: the backend asks"), "{}", said(&output));
    let output = verified("recommended", &policy);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("the backend asks about the token it was shown"), "{}", said(&output));
    described_backend(&target, "recommended", "recommended");
    let output = authloom(&["target", "check", &target.to_string_lossy()]);
    assert!(output.status.success() && said(&output).contains("✓ a call with the access token"), "{}", said(&output));
    let output = authloom(&["probe", "--target", &target.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("describes a backend"), "{}", said(&output));
}

#[test]
fn what_a_backend_asks_elsewhere_is_left_out_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backend.toml");
    described_backend(&target, "recommended", "recommended");
    let text = std::fs::read_to_string(&target).unwrap();
    let elsewhere = text
        .replace("[backend]", "[backend]\nintrospection = \"unseen\"")
        .replace("--resource", "--auth-url $(cat auth-url) --resource");
    assert_ne!(elsewhere, text);
    // Nobody is there: so a backend that asks there serves nobody, and nothing of that is seen but its answers.
    std::fs::write(folder.path().join("auth-url"), "http://127.0.0.1:1").unwrap();
    std::fs::write(&target, elsewhere).unwrap();
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let output = authloom(&["verify", "--target", &target.to_string_lossy(), "--scope", "small", "--out", &out]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    for told in ["not asked: to wait between a call and its introspection", "not compared: what its backend asks"] {
        assert!(said(&output).contains(told), "{}", said(&output));
    }
}

#[test]
fn a_backend_of_the_servers_own_is_held_where_it_stands_behind_our_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (proxy, backend) = (free(), free());
    // One command starts both servers: the AuthService says where it is, then the backend is told.
    let script = format!(
        r#"rm -f ready listens; mkfifo ready || exit 1
        exec 3<&0 # what runs in the background has no standard input unless told
        {PROGRAM} serve --role auth --auth-port 0 --test-clock $(date +%s) --stop-with-stdin > ready <&3 &
        read line < ready
        url=$(echo "$line" | sed 's/.*"url":"\([^"]*\)".*/\1/')
        {PROGRAM} serve --role backend --backend-port {backend} --issuer $url --auth-url http://127.0.0.1:{proxy} \
            --resource http://127.0.0.1:9401 --stop-with-stdin > listens <&3 &
        while ! [ -s listens ]; do :; done
        echo "$line"
        wait"#
    );
    std::fs::write(folder.path().join("both"), script).unwrap();
    let target = reference(folder.path(), "recommended");
    let text = std::fs::read_to_string(&target).unwrap();
    let begin = text.find("start = [").unwrap();
    let end = begin + text[begin..].find("]\n").unwrap() + 2;
    let text = text.replace(&text[begin..end], "start = [\"sh\", \"both\"]\n");
    let behind =
        format!("resource = \"http://127.0.0.1:{backend}/get_items\"\nproxy = \"127.0.0.1:{proxy}\"\n\n[server]");
    // Two servers, two clocks: nobody turns them.
    let text = format!("{}[clock]\nby = \"never\"\n", text.split("[clock]").next().unwrap());
    std::fs::write(&target, text.replacen("[server]", &behind, 1)).unwrap();
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let scope = "tabs=1,calls=1,losses=1";
    let output = authloom(&["verify", "--target", &target, "--scope", scope, "--jobs", "1", "--out", &out]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("not asked: to let time pass"), "{}", said(&output));
    for unsaid in ["between a call and its introspection", "not compared"] {
        assert!(!said(&output).contains(unsaid), "{}", said(&output));
    }
}

/// A server behind TLS, whose certificate only it has signed, and that certificate.
fn behind_tls() -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate can be made");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("the key is a key");
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).expect("they belong together");
    let config = std::sync::Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = listener.local_addr().expect("it listens").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).expect("the settings are sound");
            thread::spawn(move || serve(rustls::StreamOwned::new(connection, stream), |_, _| {}));
        }
    });
    (port, made.cert.pem())
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_a_fault_until_somebody_does() {
    let folder = tempfile::tempdir().unwrap();
    let trace = sign_in(folder.path());
    let target = stranger(folder.path(), |_, _| {});
    let (port, certificate) = behind_tls();
    let text = std::fs::read_to_string(&target).unwrap();
    let line = text.lines().find(|line| line.starts_with("issuer")).unwrap();
    let text = text.replace(line, &format!("issuer = \"https://localhost:{port}\""));
    std::fs::write(&target, &text).unwrap();
    let replay = ["replay", &trace, "--target", &target];
    let output = authloom(&replay);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("invalid peer certificate"), "{}", said(&output));
    let output = authloom(&["target", "init", "--issuer", &format!("https://localhost:{port}")]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("invalid peer certificate"), "{}", said(&output));
    // Now the server is reached: it lets somebody in, and says nothing to a redemption.
    std::fs::write(folder.path().join("ca.pem"), certificate).unwrap();
    std::fs::write(&target, text.replace("[server]", "[server]\nca = \"ca.pem\"")).unwrap();
    let output = authloom(&replay);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("GET /authorize → 303 See Other"), "{}", said(&output));
    std::fs::write(folder.path().join("ca.pem"), "no certificate").unwrap();
    let output = authloom(&replay);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("ca.pem: no certificates as PEM"), "{}", said(&output));
}

#[test]
fn a_server_that_floods_is_a_finding_and_not_read_to_its_end() {
    let said = said_of(|_, stream| {
        write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 10485760\r\nconnection: close\r\n\r\n");
        write(stream, &"x".repeat(10_485_760));
    });
    assert!(said.contains("with a body of more than 1048576 bytes"), "{said}");
}

#[test]
fn no_secret_is_in_what_is_said_of_a_server() {
    let said = said_of(|_, stream| {
        let body = r#"{"access_token":"the-access-token","refresh_token":"the-refresh-token","token_type":"mac"}"#;
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        write(stream, &format!("{head}{body}"));
    });
    assert!(said.contains("{access_token, refresh_token, token_type}"), "{said}");
    for secret in ["the-access-token", "the-refresh-token", "code=c1", "demo"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

#[test]
fn a_server_that_is_not_there_is_a_fault_and_a_secret_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let trace = sign_in(folder.path());
    let target = stranger(folder.path(), |_, _| {});
    let text = std::fs::read_to_string(&target).unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let line = text.lines().find(|line| line.starts_with("issuer")).unwrap();
    std::fs::write(&target, text.replace(line, &format!("issuer = \"http://{nobody}\""))).unwrap();
    let output = authloom(&["replay", &trace, "--target", &target]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("refused"), "{}", said(&output));
    std::fs::write(&target, text.replace("AUTHLOOM_TARGET_PASSWORD", "AUTHLOOM_NOT_SET")).unwrap();
    let output = authloom(&["replay", &trace, "--target", &target]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    let said = said(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("names AUTHLOOM_NOT_SET for a secret, and it is not set"), "{said}");
}

#[test]
fn a_server_that_was_started_is_gone_when_the_program_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let target = reference(folder.path(), "recommended");
    let (marker, alive) = (folder.path().join("started"), folder.path().join("alive"));
    assert!(Command::new("mkfifo").arg(&alive).status().unwrap().success());
    // Without waiting for whoever writes.
    let mut alive_still = File::options().read(true).custom_flags(O_NONBLOCK).open(&alive).unwrap();
    // A server that never gets ready. As long as it lives, it holds its end of the pipe.
    let command = format!("exec 9>{}; echo > {}; sleep 60; echo it outlived >&9", alive.display(), marker.display());
    let text = std::fs::read_to_string(&target).unwrap();
    let start = text.find("start = [").unwrap();
    let end = text[start..].find("]\n").unwrap() + start + 2;
    let text = text.replace(&text[start..end], &format!("start = [\"sh\", \"-c\", \"{command}\"]\n"));
    std::fs::write(&target, text).unwrap();
    let mut program = Command::new(PROGRAM)
        .args(["probe", "--target", &target])
        .env("AUTHLOOM_TARGET_PASSWORD", "demo")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !marker.exists() {
        assert_eq!(program.try_wait().unwrap(), None, "it ends before its server is there");
    }
    let interrupted = Command::new("kill").args(["-INT", &program.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(program.wait().unwrap().code(), Some(130));
    let mut said = String::new();
    while let Err(error) = alive_still.read_to_string(&mut said) {
        assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
    }
    assert_eq!(said, "", "the server outlived the program");
}

/// What open(2) calls it on Linux.
const O_NONBLOCK: i32 = 0o4000;

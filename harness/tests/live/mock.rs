//! A server that answers redemptions as a test has it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use super::{authloom, said};

/// A target whose server is this function: it is given the path of a request and writes what it answers.
pub(crate) fn stranger(folder: &Path, answer: fn(&str, &mut TcpStream)) -> String {
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
within = "1m"

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
pub(crate) fn serve<S: Read + Write>(mut stream: S, answer: fn(&str, &mut S)) {
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
pub(crate) fn sign_in(folder: &Path) -> String {
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
pub(crate) fn said_of(answer: fn(&str, &mut TcpStream)) -> String {
    said_within("1m", answer)
}

/// What is said of a server that answers a redemption like this, or does not within that time.
pub(crate) fn said_within(patience: &str, answer: fn(&str, &mut TcpStream)) -> String {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (trace, target) = (sign_in(folder.path()), stranger(folder.path(), answer));
    let text = std::fs::read_to_string(&target).expect("the target was written");
    std::fs::write(&target, text.replace("\"1m\"", &format!("\"{patience}\""))).expect("the folder can be written to");
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let output = authloom(&["replay", &trace, "--target", &target, "--out", &out]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    said(&output).split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn write(stream: &mut impl Write, text: &str) {
    // Whoever has heard enough may have hung up.
    let _ = stream.write_all(text.as_bytes());
}

pub(crate) const TOKENS: &str = r#"{"access_token":"a","refresh_token":"r","token_type":"Bearer"}"#;

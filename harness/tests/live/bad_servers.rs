//! Servers that hang, break off, flood, go round in circles, say other than they should, or are not there.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};
use std::thread;

use super::mock::{TOKENS, said_of, said_within, serve, sign_in, stranger, write};
use super::{PROGRAM, authloom, reference, said, words};

#[test]
fn a_server_that_hangs_is_a_finding_within_its_time() {
    let said = said_within("300ms", |_, stream| {
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
    assert!(words(&output).contains("invalid peer certificate"), "{}", said(&output));
    assert!(words(&output).contains("name its certificates with `server.ca`"), "{}", said(&output));
    let output = authloom(&["target", "init", "--issuer", &format!("https://localhost:{port}")]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(words(&output).contains("invalid peer certificate"), "{}", said(&output));
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
    let place =
        "stranger.toml:18:1: AUTHLOOM_NOT_SET is to hold a secret, and it is not set: `export AUTHLOOM_NOT_SET=...`";
    assert!(words(&output).contains(place), "{}", said(&output));
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
        .current_dir(folder.path())
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
    assert_eq!(program.wait().unwrap().code(), Some(3));
    let mut said = String::new();
    while let Err(error) = alive_still.read_to_string(&mut said) {
        assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
    }
    assert_eq!(said, "", "the server outlived the program");
}

#[test]
fn a_server_that_was_started_and_dies_is_started_again_for_the_next_trace() {
    let folder = tempfile::tempdir().unwrap();
    let lives = sign_in(folder.path());
    let mut trace: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&lives).unwrap()).unwrap();
    let steps = trace["steps"].as_array_mut().unwrap();
    steps.push(serde_json::json!({ "action": "5m later", "seen": [] }));
    let dies = folder.path().join("dies.json").to_string_lossy().into_owned();
    std::fs::write(&dies, trace.to_string()).unwrap();
    let target = reference(folder.path(), "recommended");
    let text = std::fs::read_to_string(&target).unwrap();
    let pid = folder.path().join("pid").display().to_string();
    // Whoever turns the clock kills the server.
    let text =
        text.replace("start = [\n", &format!("start = [\"sh\", \"-c\", 'echo $$ > {pid}; exec \"$0\" \"$@\"',\n"));
    let clock = text.find("by = \"http\"").unwrap();
    let text = format!("{}by = \"command\"\nrun = [\"sh\", \"-c\", \"kill -9 $(cat {pid})\"]\n", &text[..clock]);
    std::fs::write(&target, text).unwrap();
    let output = authloom(&["replay", &dies, &lives, "--target", &target]);
    assert!(said(&output).contains("sign-in.json: 4 steps"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
}

/// What open(2) calls it on Linux.
const O_NONBLOCK: i32 = 0o4000;

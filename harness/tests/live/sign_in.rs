//! Where a sign-in leads: who is sent the password, and where the browser comes back to.

use std::net::TcpStream;
use std::process::Output;

use super::mock::{sign_in, stranger, write};
use super::{authloom, said, words};

/// What comes of a sign-in at a server whose authorization endpoint answers like this. `change` edits the target's file.
fn signed_in(answer: fn(&str, &mut TcpStream), change: impl Fn(String) -> String) -> Output {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (trace, target) = (sign_in(folder.path()), stranger(folder.path(), answer));
    // Under this name the mock leaves the answer to the test.
    let text = std::fs::read_to_string(&target)
        .expect("the target was written")
        .replace("\"/authorize\"", "\"/authorize?circles\"");
    std::fs::write(&target, change(text)).expect("the folder can be written to");
    let out = folder.path().join("out").to_string_lossy().into_owned();
    authloom(&["replay", &trace, "--target", &target, "--out", &out])
}

/// A login page whose form goes to a port on which nobody listens.
fn login_elsewhere(_: &str, stream: &mut TcpStream) {
    let page = r#"<form method="post" action="http://127.0.0.1:1/login"><input name="user"><input type="password" name="pass"></form>"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
    write(stream, &format!("{head}content-length: {}\r\n\r\n{page}", page.len()));
}

#[test]
fn a_form_of_another_host_does_not_get_the_password_unless_the_file_names_the_host() {
    let output = signed_in(login_elsewhere, |text| text);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    for told in [
        "the login form sends the password to http://127.0.0.1:1, which is no place for the password of an AuthService at http://127.0.0.1:",
        "`sign_in.hosts = [\"127.0.0.1:1\"]`",
    ] {
        assert!(words(&output).contains(told), "{told}: {}", said(&output));
    }
    let output = signed_in(login_elsewhere, |text| text.replace("[sign_in]", "[sign_in]\nhosts = [\"127.0.0.1:1\"]"));
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    // Now it would have been sent.
    assert!(words(&output).contains("POST /login (user, pass): no answer"), "{}", said(&output));
    assert!(!said(&output).contains("demo"), "{}", said(&output));
}

#[test]
fn a_redirect_to_another_page_of_the_client_is_a_finding() {
    fn answer(_: &str, stream: &mut TcpStream) {
        let head = "HTTP/1.1 303 See Other\r\nlocation: http://gui.test/callback-x?code=c1\r\nconnection: close\r\n";
        write(stream, &format!("{head}content-length: 0\r\n\r\n"));
    }
    let output = signed_in(answer, |text| text);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let seen = "a redirect to http://gui.test/callback-x, which is not the redirect_uri http://gui.test/callback";
    assert!(words(&output).replace(" ┃ ", " ").contains(seen), "{}", said(&output));
}

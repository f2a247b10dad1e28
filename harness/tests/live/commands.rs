//! Commands that a description names.

use super::mock::{TOKENS, sign_in, stranger, write};
use super::{authloom, said};

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
        .replace("[server]", "[server]\nreset = [\"sh\", \"-c\", \"echo forgotten >> resets\"]");
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

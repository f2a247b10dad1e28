//! Backends: with our AuthService behind them, and with one of their own behind our proxy.

use std::net::TcpListener;
use std::path::Path;

use super::{PROGRAM, authloom, reference, said};

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
    assert!(said(&output).contains("backend-introspects"), "{}", said(&output));
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
    // Below the ports that the system hands out by itself, so that no other test gets them meanwhile.
    let free = |from| (from..).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap();
    let proxy: u16 = free(20_000 + u16::try_from(std::process::id() % 10_000).unwrap());
    let backend = free(proxy + 1);
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

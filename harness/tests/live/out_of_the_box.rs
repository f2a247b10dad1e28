//! From `serve` to `audit` with nothing but what is printed on the way, and what is said where something on it is wrong.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use super::{PROGRAM, said, words};

/// The three servers as `authloom serve` runs them, and what it tells people.
struct Served {
    child: Child,
    issuer: String,
    exports: Vec<(String, String)>,
}

impl Served {
    fn begin() -> Self {
        let ports = ["--auth-port", "0", "--backend-port", "0", "--gui-port", "0"];
        let mut serve = Command::new(PROGRAM);
        serve.arg("serve").args(ports).arg("--stop-with-stdin").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = serve.spawn().expect("the program runs");
        let lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        let lines: Vec<String> = lines.map_while(Result::ok).take_while(|line| line != "Ctrl-C stops it.").collect();
        let issuer = lines.iter().find_map(|line| line.strip_prefix("AuthService  ")).expect("it says where it is");
        let exports = lines.iter().filter_map(|line| line.trim().strip_prefix("export ")?.split_once('='));
        let exports = exports.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { issuer: issuer.to_owned(), exports, child }
    }

    /// Runs authloom in a folder, with the variables that were told.
    fn authloom(&self, folder: &Path, arguments: &[&str]) -> Output {
        let exports = self.exports.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(folder).env_remove("AUTHLOOM_NOT_SET").envs(exports);
        command.output().expect("the program runs")
    }

    /// Writes what `target init` prints.
    fn describe(&self, folder: &Path) -> String {
        let output = self.authloom(folder, &["target", "init", "--issuer", &self.issuer]);
        assert!(output.status.success(), "{}", said(&output));
        let text = String::from_utf8(output.stdout).expect("a file is text");
        std::fs::write(folder.join("target.toml"), &text).expect("the folder can be written to");
        text
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn our_own_servers_are_audited_with_nothing_to_fill_in() {
    let (served, folder) = (Served::begin(), tempfile::tempdir().unwrap());
    served.describe(folder.path());
    let checked = served.authloom(folder.path(), &["target", "check", "target.toml"]);
    assert!(checked.status.success(), "{}", said(&checked));
    for works in ["a sign-in", "introspection of a refresh token", "a call with the access token", "a revocation"] {
        assert!(said(&checked).contains(&format!("✓ {works}\n")), "{works}: {}", said(&checked));
    }
    let audited = served.authloom(folder.path(), &["audit", "--target", "target.toml", "--times", "1"]);
    // What the policy does not promise itself in the scope of a theft.
    assert_eq!(audited.status.code(), Some(1), "{}", said(&audited));
    for told in ["conforms in all", "not asked: to let time pass", "no-grace-for-thieves"] {
        assert!(words(&audited).contains(told), "{told}: {}", said(&audited));
    }
}

/// What is wrong in the file that `target init` prints, what is then said, and the status.
const MISTAKES: &[(&str, &str, &str, i32)] = &[
    ("issuer = \"http://", "issuer = \"", "target.toml:LINE:10: `127.0.0.1:", 2),
    (
        "# within = \"10s\"",
        "within = \"0s\"",
        "target.toml:LINE:10: `within` is how long a server may take to answer",
        2,
    ),
    ("http://127.0.0.1/callback", "callback", "target.toml:LINE:16: `callback` is no absolute URI", 2),
    (
        "AUTHLOOM_PASSWORD\" #",
        "AUTHLOOM_NOT_SET\" #",
        "target.toml:LINE:1: AUTHLOOM_NOT_SET is to hold a secret, and it is not set",
        5,
    ),
    ("issuer = \"http://127.0.0.1:", "issuer = \"http://127.0.0.1:1\" #", "target.toml:LINE:1: GET", 5),
    (
        "/.well-known/oauth-authorization-server",
        "/metadata",
        "target.toml:LINE:1: the discovery document at http://",
        5,
    ),
    ("id = \"gui\"", "id = \"ours\"", "check `client.id` at target.toml:LINE:1", 1),
    ("username = \"demo\"", "username = \"nobody\"", "`sign_in.username` at target.toml:LINE:1", 1),
    ("http://127.0.0.1/callback", "http://gui.test/callback", "`client.redirect_uri` at target.toml:LINE:1", 1),
    (
        "client_id = \"backend\"",
        "client_id = \"nobody\"",
        "target.toml:LINE:1: `nobody` may not introspect: 401 Unauthorized",
        1,
    ),
    ("AUTHLOOM_BACKEND_SECRET", "AUTHLOOM_PASSWORD", "and the secret in AUTHLOOM_PASSWORD", 1),
];

#[test]
fn each_mistake_in_a_file_is_said_with_its_line_and_the_way_out() {
    let (served, folder) = (Served::begin(), tempfile::tempdir().unwrap());
    let right = served.describe(folder.path());
    for (from, to, expected, status) in MISTAKES {
        let at = right.find(from).unwrap_or_else(|| panic!("`{from}` is not in: {right}"));
        let line = right[..at].matches('\n').count() + 1;
        std::fs::write(folder.path().join("target.toml"), right.replacen(from, to, 1)).unwrap();
        let output = served.authloom(folder.path(), &["target", "check", "target.toml"]);
        assert_eq!(output.status.code(), Some(*status), "{to}: {}", said(&output));
        let expected = expected.replace("LINE", &line.to_string());
        assert!(words(&output).contains(&expected), "{expected}: {}", said(&output));
    }
}

#[test]
fn a_wrong_issuer_of_target_init_is_said_with_the_way_out() {
    let (served, folder) = (Served::begin(), tempfile::tempdir().unwrap());
    let elsewhere = served.issuer.replace("127.0.0.1", "localhost");
    let below = format!("{}/tenant", served.issuer);
    let path = format!("{}/.well-known/oauth-authorization-server/tenant: 404 Not Found", served.issuer);
    let calls_itself = format!("calls itself {0}: write `--issuer {0}`", served.issuer);
    for (issuer, expected, status) in [
        ("127.0.0.1:9400", "--issuer: `127.0.0.1:9400` is no http or https URL: write it like", 2),
        ("localhost", "--issuer: `localhost` is no http or https URL", 2),
        ("http://as.test/?a", "leave out what follows the path", 2),
        ("http://127.0.0.1:1", "Start the server, or give --issuer the URL at which it runs", 5),
        (&elsewhere, &calls_itself, 2),
        (&below, &path, 5),
        (&below, "`endpoints.authorization` and `endpoints.token`", 5),
    ] {
        let output = served.authloom(folder.path(), &["target", "init", "--issuer", issuer]);
        assert_eq!(output.status.code(), Some(status), "{issuer}: {}", said(&output));
        assert!(words(&output).contains(expected), "{expected}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{issuer}");
    }
}

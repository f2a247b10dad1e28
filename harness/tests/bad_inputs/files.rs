//! The files that the mistakes are made with.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The description of a server that is not there.
const TARGET: &str = r#"policy = "recommended"
[server]
issuer = "http://127.0.0.1:1"
[client]
id = "gui"
redirect_uri = "http://127.0.0.1/callback"
[sign_in]
username = "demo"
password_from = "AUTHLOOM_TARGET_PASSWORD"
[clock]
by = "never"
"#;

/// Policies: what is changed in the recommended one, by its line.
const POLICIES: &[(&str, &str, &str)] = &[
    ("p-boolean", "look_again = \"yes\"", "look_again = true"),
    ("p-fraction", "validation = \"introspect\"", "validation = \"local\"\nleeway = \"500ms\""),
    ("p-negative", "code_lifetime = \"5m\"", "code_lifetime = \"-5m\""),
    ("p-number", "code_lifetime = \"5m\"", "code_lifetime = 300"),
    ("p-huge", "refresh_absolute = \"20m\"", "refresh_absolute = \"900years\""),
    ("p-zero", "code_lifetime = \"5m\"", "code_lifetime = \"0s\""),
    ("p-unit", "code_lifetime = \"5m\"", "code_lifetime = \"5 parsecs\""),
    ("p-idle", "refresh_idle = \"15m\"", "refresh_idle = \"25m\""),
    ("p-never", "access_lifetime = \"10m\"", "access_lifetime = \"never\""),
    ("p-margin", "refresh = \"on_401\"", "refresh = \"both\""),
    ("p-long-margin", "refresh = \"on_401\"", "refresh = \"both\"\nrefresh_margin = \"10m\""),
    ("p-window", "grace = \"same_successor\"", "grace = \"none\""),
    ("p-sibling", "grace = \"same_successor\"", "grace = \"new_sibling\""),
    ("p-key", "rotation = ", "rotaton = "),
    ("p-choice", "rotation = \"always\"", "rotation = \"Always\""),
    ("p-section", "[backend]", "[back_end]"),
    ("p-twice", "[backend]", "[gui]"),
    ("p-misplaced", "[gui]", "[gui]\nrotation = \"off\""),
    ("p-leeway", "validation = \"introspect\"", "validation = \"local\"\nleeway = \"11m\""),
    ("p-real", "refresh_absolute = \"20m\"", "refresh_absolute = \"30days\""),
    ("p-shrunk", "version = 1", "version = 1\nshrunk_from = \"my\""),
    ("p-version", "version = 1", "version = 99"),
    ("p-version-text", "version = 1", "version = \"new\""),
    ("p-promise", "version = 1", "version = 1\n[[accepted]]\npromise = \"no-spurious-signout\"\nreason = \"known\""),
    ("p-reason", "version = 1", "version = 1\n[[accepted]]\npromise = \"no-stale-acceptance\""),
    (
        "p-until",
        "version = 1",
        "version = 1\n[[accepted]]\npromise = \"no-stale-acceptance\"\nreason = \"known\"\nuntil = \"soon\"",
    ),
];

/// Descriptions of servers: what is changed in [`TARGET`].
const TARGETS: &[(&str, &str, &str)] = &[
    ("t-url", "http://127.0.0.1:1", "not a url"),
    ("t-scheme", "http://127.0.0.1:1", "ftp://x/"),
    ("t-clock", "by = \"never\"", "by = \"sundial\""),
    ("t-within", "[client]", "within = \"0s\"\n[client]"),
    ("t-policy", "policy = \"recommended\"", "policy = \"nosuch\""),
    ("t-redirect", "http://127.0.0.1/callback", "callback"),
    ("t-program", "issuer = \"http://127.0.0.1:1\"", "start = [\"no-such-program\"]"),
    ("t-no-program", "issuer = \"http://127.0.0.1:1\"", "start = []"),
    ("t-silent", "issuer = \"http://127.0.0.1:1\"", "start = [\"true\"]"),
    ("t-both", "[client]", "start = [\"true\"]\n[client]"),
    ("t-key", "username", "user_name"),
    ("t-rate", "[client]", "rate = \"fast\"\n[client]"),
    ("t-rule", "[clock]", "[[accepted]]\nrule = \"refresh-spent-onc\"\nreason = \"known\"\n[clock]"),
    ("t-reason", "[clock]", "[[accepted]]\nrule = \"refresh-spent-once\"\n[clock]"),
    (
        "t-until",
        "[clock]",
        "[[accepted]]\nrule = \"refresh-spent-once\"\nreason = \"known\"\nuntil = \"soon\"\n[clock]",
    ),
    ("t-secret", "AUTHLOOM_TARGET_PASSWORD", "AUTHLOOM_NOT_SET"),
    ("t-role", "policy = ", "role = \"browser\"\npolicy = "),
    ("t-syntax", "[client]", "[client"),
    ("t-good", "policy", "policy"),
];

/// Writes all of them into a folder.
pub(crate) fn write(folder: &Path, program: &str) {
    let printed = |arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it prints text")
    };
    let put = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("the folder can be written to");
    let changed = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "there is `{from}` to change");
        text.replacen(from, to, 1)
    };
    let policy = printed(&["policy", "show", "recommended"]);
    for (name, from, to) in POLICIES {
        put(&format!("{name}.toml"), changed(&policy, from, to).as_bytes());
    }
    for (name, from, to) in TARGETS {
        put(&format!("{name}.toml"), changed(TARGET, from, to).as_bytes());
    }
    let trace = printed(&["show", "refresh-answer-lost", "--scope", "small", "--form", "mermaid"]);
    let json = printed(&["show", "refresh-answer-lost", "--scope", "small", "--form", "json"]);
    put("good.toml", policy.as_bytes());
    put("good.mmd", trace.as_bytes());
    put("empty.toml", b"");
    put("empty.mmd", b"");
    put("empty.json", b"");
    put("syntax.toml", b"[auth_service\n");
    put("two.toml", b"[auth_service]\nrotation = \"sometimes\"\n[gui]\nlook_again = true\n");
    put("binary.toml", &[0xff, 0xfe, 0x00, 0x41]);
    put("half.mmd", &trace.as_bytes()[..trace.len() / 2]);
    put("half.json", &json.as_bytes()[..json.len() / 2]);
    put("illegal.mmd", changed(&trace, "sign-in T1 arrives", "refresh T1.1 arrives").as_bytes());
    put("newer.mmd", changed(&trace, "authloom trace 2", "authloom trace 99").as_bytes());
    put("newer.json", changed(&json, "\"authloom_trace\": 2", "\"authloom_trace\": 99").as_bytes());
    put("object.json", b"{}");
    put("list.json", b"[]");
    put("notes.txt", b"hello");
    fs::create_dir(folder.join("nothing")).expect("the folder can be written to");
    fs::create_dir(folder.join("folder.toml")).expect("the folder can be written to");
}

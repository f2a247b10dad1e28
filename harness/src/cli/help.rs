//! What each verb's `--help` says beside its flags: an example or two, and the exit statuses.

use super::EXIT_STATUSES;

/// What comes behind the flags of a verb.
fn behind(examples: &[(&str, &str)]) -> String {
    let mut text = "Examples:\n".to_owned();
    for (command, what) in examples {
        text.push_str(&format!("  authloom {command}\n      {what}\n"));
    }
    format!("{text}\n{EXIT_STATUSES}")
}

pub(super) fn verify() -> String {
    behind(&[
        ("verify --policy my.toml --scope small", "check a policy, and drive the reference through every step of it"),
        ("verify --target target.toml --goal races", "let requests arrive at a live server at the same time"),
    ])
}

pub(super) fn check() -> String {
    behind(&[
        ("check --policy no-refresh-lock", "see how two tabs end their own session, and what would mend it"),
        ("check --policy my.toml --scope theft --quiet", "print what a thief breaks, a line each, and the verdict"),
    ])
}

pub(super) fn cover() -> String {
    behind(&[("cover --goal kinds --out traces", "write a few short traces that take a step of every kind")])
}

pub(super) fn replay() -> String {
    behind(&[
        ("replay traces", "drive the reference through each trace of a folder"),
        ("replay found.mmd --target target.toml", "drive a live server through one trace"),
    ])
}

pub(super) fn show() -> String {
    behind(&[
        ("show no-spurious-sign-out --policy no-refresh-lock", "draw the shortest way in which a promise is broken"),
        ("show found.mmd --form json", "print a kept trace in another form"),
    ])
}

pub(super) fn probe() -> String {
    behind(&[
        ("probe --target target.toml --out follows.toml", "write the policy that a live server follows"),
        ("probe --target target.toml --lifetimes", "measure how long its tokens live first"),
    ])
}

pub(super) fn audit() -> String {
    behind(&[
        ("audit --target target.toml", "ask a live server everything that can be asked in the scope theft"),
        ("audit --target target.toml --budget 500 --format junit", "send it 500 requests at most, and report to CI"),
    ])
}

pub(super) fn target() -> String {
    behind(&[
        ("target init --issuer https://id.example.com > target.toml", "begin a description of a live server"),
        ("target check target.toml", "try what it says, line by line"),
    ])
}

pub(super) fn policy() -> String {
    behind(&[("policy", "list the profiles"), ("policy show recommended > my.toml", "begin a policy of your own")])
}

pub(super) fn serve() -> String {
    behind(&[("serve --policy lost-answer", "serve all three roles on loopback, and say how to try them with curl")])
}

pub(super) fn rules() -> String {
    behind(&[
        ("rules", "list every rule with its source"),
        ("rules refresh-spent-once", "print where a rule is guarded, promised, broken on purpose and shown"),
    ])
}

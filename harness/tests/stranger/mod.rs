//! The reference's AuthService as a stranger that a file describes.

use std::path::Path;

/// Writes the description of an AuthService that is held to one policy and follows another.
pub(crate) fn described(file: &Path, program: &str, policy: &str, follows: &str) {
    let now = machine_seconds();
    let text = format!(
        r#"policy = "{policy}"

[server]
start = [
    "{program}", "serve", "--role", "auth", "--auth-port", "0", "--policy", "{follows}", "--test-clock", "{now}",
    "--stop-with-stdin",
]
made_up = ["AUTHLOOM_BACKEND_SECRET"]

[endpoints]
discovery = "/.well-known/oauth-authorization-server"

[client]
id = "gui"
redirect_uri = "http://127.0.0.1/callback"

[sign_in]
username = "demo"
password_from = "AUTHLOOM_TARGET_PASSWORD"

[introspection]
client_id = "backend"
secret_from = "AUTHLOOM_BACKEND_SECRET"
tells = ["access", "refresh"]

[clock]
by = "http"
post = "/test/clock/advance?seconds={{seconds}}"
"#
    );
    std::fs::write(file, text).expect("the folder can be written to");
}

#[expect(clippy::disallowed_methods, reason = "a server whose clock is turned ahead of the machine's begins with it")]
fn machine_seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is later than 1970").as_secs()
}

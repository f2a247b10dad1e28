//! What a server says of itself, as the beginning of its description. RFC 8414, OpenID Connect Discovery 1.0.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::timeout;

use crate::servers::Fault;

/// Where a server's metadata may be, in the order in which it is looked for.
const PLACES: [&str; 2] = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];
/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server's metadata, and where it is.
#[derive(Clone, Debug)]
pub struct Discovered {
    place: &'static str,
    metadata: Value,
}

/// Asks a server for its metadata. `ca` is a file with the authorities that are trusted beside those of the machine.
///
/// # Errors
/// When it has none.
pub fn ask(issuer: &str, ca: Option<&Path>) -> Result<Discovered, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault(format!("no runtime: {error}")))?;
    let client = crate::servers::described::trusting(ca)?;
    let base = issuer.trim_end_matches('/');
    let mut why = String::new();
    for place in PLACES {
        let request = http::Request::get(format!("{base}{place}")).body(Bytes::new());
        let request = request.map_err(|error| Fault(format!("`{issuer}` is no address: {error}")))?;
        why = match runtime.block_on(async { timeout(PATIENCE, client.exchange("", request)).await }) {
            Ok(Ok(answer)) if answer.status().is_success() => match serde_json::from_slice(answer.body()) {
                Ok(metadata) => return Ok(Discovered { place, metadata }),
                Err(error) => format!("{place} cannot be read: {error}"),
            },
            Ok(Ok(answer)) => format!("{place} is answered with {}", answer.status()),
            Ok(Err(no_answer)) => Fault::from(no_answer).0,
            Err(_) => format!("no answer within {PATIENCE:?}"),
        };
    }
    Err(Fault(format!("{issuer} does not say where its endpoints are: {why}")))
}

/// A description to fill in.
#[must_use]
pub fn description(issuer: &str, found: &Discovered) -> String {
    let said = |member: &str| found.metadata.get(member).and_then(Value::as_str).unwrap_or("none");
    let (authorization, token) = (said("authorization_endpoint"), said("token_endpoint"));
    let (introspection, revocation) = (said("introspection_endpoint"), said("revocation_endpoint"));
    let place = found.place;
    format!(
        r#"# What authloom asks this server, and how. `authloom target check FILE` tries each line.
# Secrets are not in this file: it names the variables of the environment that hold them.

policy = "recommended"         # what it is held to: a profile, or a policy file beside this one, which has its lifetimes
# resource = "/items"          # what is protected by a backend of its own; without it our backend asks the server
# proxy = "127.0.0.1:9411"     # where that backend asks the server instead, at /introspect, so that we can hold what it asks

[server]
issuer = "{issuer}"
# start = ["command", "argument"] # instead of issuer: what starts it, and prints {{"url": ISSUER}} when it is ready
# made_up = ["NAME"]           # variables for which a random value is made up at each start
# stop = ["command"]           # what stops it; without it, it is told to go
# reset = ["command"]          # what makes it forget all grants, before each trace
# restart_after = 60           # traces after which it is started anew
# within = "10s"               # how long it, or a command, may take
# rate = "10/s"                # how fast it may be asked
# ca = "ca.pem"                # authorities that are trusted beside those of the machine

[endpoints]
discovery = "{place}"
# It says:
#   authorization {authorization}
#   token         {token}
#   introspection {introspection}
#   revocation    {revocation}

[client]
id = "gui"
# secret_from = "CLIENT_SECRET" # for a confidential client
redirect_uri = "http://127.0.0.1:9402/callback" # nobody need listen there
# authorization = {{ scope = "openid offline_access", prompt = "consent" }} # what it takes to get a refresh token

[sign_in]
username = "demo"
password_from = "DEMO_PASSWORD"
# passwords = "any"            # where any password will do
# press = ["allow"]            # the buttons that are pressed on pages that ask for no password
# run = ["command"]            # what signs in instead, for pages that need a browser: it finds AUTHLOOM_URL, AUTHLOOM_REDIRECT_URI,
                               # AUTHLOOM_USERNAME and AUTHLOOM_PASSWORD, and prints where the browser is sent
# fresh = ["command"]          # what makes somebody up before each trace, and prints {{"username": NAME, "password": PASSWORD}}
# [[sign_in.others]]           # who else can sign in, for --jobs: username and password_from

# [introspection]
# client_id = "backend"
# secret_from = "BACKEND_SECRET"
# tells = ["access", "refresh"] # the tokens that it tells the standing of

[clock]
by = "never"                   # faketime; http, then post = "/advance?seconds={{seconds}}"; command, then run = [...]; wait; never

# [[accepted]]
# rule = "an access token is refused on or after its exp" # in the words of a report
# reason = "why"
# until = 2027-12-31
"#
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::servers::described::file::auth_service::Description;

    #[test]
    fn what_is_printed_is_a_description() {
        let found =
            Discovered { place: PLACES[0], metadata: serde_json::json!({ "token_endpoint": "http://as.test/t" }) };
        let text = description("http://as.test", &found);
        assert!(text.contains("#   token         http://as.test/t"));
        let read = Description::from_toml(Path::new("as.toml"), &text).expect("it can be read as it is");
        assert_eq!(read.server.issuer.as_deref(), Some("http://as.test"));
    }
}

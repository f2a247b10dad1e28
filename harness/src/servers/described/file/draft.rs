//! What a server says of itself, as the beginning of its description. RFC 8414, OpenID Connect Discovery 1.0.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use url::Url;

use crate::servers::Fault;
use crate::servers::http::client::NoAnswer;
use crate::servers::settings::REDIRECT_URI;
use crate::stop::Stop;

/// Where OAuth servers have their metadata. RFC 8414 section 3.
const OAUTH: &str = "/.well-known/oauth-authorization-server";
/// Where OpenID providers have theirs. OpenID Connect Discovery 1.0 section 4.
const OPENID: &str = "/.well-known/openid-configuration";
/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server's metadata, and where it is.
#[derive(Clone, Debug)]
pub struct Discovered {
    place: String,
    metadata: Value,
}

/// Asks a server for its metadata. `ca` is a file with the authorities that are trusted beside those of the machine.
///
/// # Errors
/// When it cannot be reached, or has none.
pub fn ask(issuer: &str, ca: Option<&Path>, stop: Stop) -> Result<Discovered, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault(format!("no runtime: {error}")))?;
    let client = crate::servers::described::trusting(ca)?.until(stop);
    let base = issuer.trim_end_matches('/');
    let mut tried = String::new();
    for place in places(base) {
        let at = if place.starts_with('/') { format!("{base}{place}") } else { place.clone() };
        let request = http::Request::get(&at).body(Bytes::new());
        let request = request.map_err(|error| Fault(format!("`{issuer}` is no address: {error}")))?;
        let why = match runtime.block_on(client.in_time("", request, PATIENCE)) {
            Ok(answer) if answer.status().is_success() => match serde_json::from_slice(answer.body()) {
                Ok(metadata @ Value::Object(_)) => return Ok(Discovered { place, metadata }),
                Ok(_) => "no JSON object".to_owned(),
                Err(error) => format!("no JSON: {error}"),
            },
            Ok(answer) => answer.status().to_string(),
            Err(NoAnswer::Unreachable(why)) => return Err(unreachable(issuer, &why)),
            Err(NoAnswer::Broken(why)) => why,
            Err(NoAnswer::Stopped(by)) => return Err(Fault::stopped(by)),
        };
        tried.push_str(&format!("\n  {at}: {why}"));
    }
    Err(Fault(format!(
        "{issuer} does not say where its endpoints are:{tried}\nGive --issuer as the server's documentation has it. A server without metadata is \
         described by hand:\nname `endpoints.authorization` and `endpoints.token` in its file."
    )))
}

/// Where a server's metadata may be, in the order in which it is looked for: a path at the issuer, or an address. An OAuth server puts the
/// well-known part before the path of its issuer, an OpenID provider behind it.
fn places(base: &str) -> Vec<String> {
    let appended = [OAUTH.to_owned(), OPENID.to_owned()];
    match Url::parse(base) {
        Ok(url) if url.path() != "/" => {
            let inserted = format!("{}{OAUTH}{}", url.origin().ascii_serialization(), url.path());
            [inserted].into_iter().chain(appended).collect()
        }
        Ok(_) | Err(_) => appended.to_vec(),
    }
}

fn unreachable(issuer: &str, why: &str) -> Fault {
    let trust = if issuer.starts_with("https:") {
        "\nTo trust another authority, name its certificates with --ca FILE."
    } else {
        ""
    };
    Fault(format!("cannot reach {issuer}: {why}\nStart the server, or give --issuer the URL at which it runs.{trust}"))
}

impl Discovered {
    /// What the server calls itself, if that is not `issuer`: then its metadata must not be used. RFC 8414 section 3.3.
    #[must_use]
    pub fn is_of_another(&self, issuer: &str) -> Option<&str> {
        let own = self.metadata.get("issuer").and_then(Value::as_str)?;
        (own.trim_end_matches('/') != issuer.trim_end_matches('/')).then_some(own)
    }

    /// The address of an endpoint, as it can stand in a comment.
    fn endpoint(&self, member: &str) -> String {
        let url = self.metadata.get(member).and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        url.map_or_else(|| "none".to_owned(), |url| url.to_string())
    }

    fn has(&self, member: &str) -> bool {
        self.metadata.get(member).is_some_and(Value::is_string)
    }

    /// Whether a list of the metadata holds something; none where there is no list.
    fn lists(&self, member: &str, wanted: &str) -> Option<bool> {
        let list = self.metadata.get(member)?.as_array()?;
        Some(list.iter().any(|entry| entry.as_str() == Some(wanted)))
    }
}

/// A description, filled in as far as the server says. What only people know is marked.
#[must_use]
pub fn description(issuer: &str, found: &Discovered) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    // A comment sign before what the server does not have.
    let unless = |needed: bool| if needed { "" } else { "# " };
    let secret = unless(found.lists("token_endpoint_auth_methods_supported", "none") == Some(false));
    let offline = unless(found.lists("scopes_supported", "offline_access") == Some(true));
    let introspects = unless(found.has("introspection_endpoint"));
    format!(
        r#"# What authloom asks this server, and how. Check each line marked FILL IN, set
# the variables, then let `authloom target check FILE` try it all.
# No secret is in this file: it names the environment variables that hold them.

# What the server is held to: a profile, or a policy file beside this one.
# `authloom probe --target FILE --lifetimes --out POLICY` finds it out.
policy = "recommended"
# What a backend of the server's own protects. Without it our backend asks the
# server about each token.
# resource = "/items"
# Where that backend introspects instead, at /introspect, so that we hold it.
# proxy = "127.0.0.1:9411"

[server]
issuer = {issuer}
# Instead of issuer: what starts it, and prints {{"url": ISSUER}} when ready.
# start = ["command", "argument"]
# made_up = ["NAME"]     # variables that get a random value at each start
# stop = ["command"]     # what stops it; without it, a signal does
# reset = ["command"]    # what makes it forget all grants, before each trace
# restart_after = 60     # traces after which it is started again
# within = "10s"         # how long it, or a command, may take
# rate = "10/s"          # how fast it may be asked
# ca = "ca.pem"          # authorities that are trusted beside the machine's

[endpoints]
discovery = {discovery}
# It says:
#   authorization {authorization}
#   token         {token}
#   introspection {introspection}
#   revocation    {revocation}

[client]
id = "gui"               # FILL IN: a client of the server's
redirect_uri = {redirect} # FILL IN: as registered for it
{secret}secret_from = "AUTHLOOM_CLIENT_SECRET" # FILL IN: set if confidential
{offline}authorization = {{ scope = "openid offline_access", prompt = "consent" }}

[sign_in]
username = "demo"        # FILL IN: somebody who can sign in
password_from = "AUTHLOOM_PASSWORD" # FILL IN: set it
# hosts = ["login.example"] # who else may be sent the password
# passwords = "any"      # where any password will do
# press = ["allow"]      # buttons pressed on pages that ask for no password
# What signs in instead, for pages that need a browser: it finds AUTHLOOM_URL,
# AUTHLOOM_REDIRECT_URI, AUTHLOOM_USERNAME and AUTHLOOM_PASSWORD, and prints the
# address to which the browser is sent.
# run = ["command"]
# What creates a test user before each trace, and prints
# {{"username": NAME, "password": PASSWORD}}.
# fresh = ["command"]
# [[sign_in.others]]     # who else can sign in, for --jobs
# username = "ann"
# password_from = "ANNS_PASSWORD"

# Who may introspect. Without it, calls are not driven.
{introspects}[introspection]
{introspects}client_id = "backend"    # FILL IN: a client that may introspect
{introspects}secret_from = "AUTHLOOM_BACKEND_SECRET" # FILL IN: set it
{introspects}tells = ["access", "refresh"] # FILL IN: the tokens that it knows

# How its clock is turned: "never"; "wait", by nothing but time; "faketime", of
# a server that is started here; "http", with
# post = "/advance?seconds={{seconds}}"; or "command", with
# run = ["command", "{{seconds}}"].
[clock]
by = "never"
# stands = true          # by "http" or "command": it stands still but for that,
#                        # and began at AUTHLOOM_TIME, a second since 1970

# [[accepted]]           # a rule that it is known not to keep
# rule = "never-past-exp" # its id: `authloom rules` lists them
# reason = "why"
# until = 2027-12-31
"#,
        issuer = quoted(issuer),
        discovery = quoted(&found.place),
        authorization = found.endpoint("authorization_endpoint"),
        token = found.endpoint("token_endpoint"),
        introspection = found.endpoint("introspection_endpoint"),
        revocation = found.endpoint("revocation_endpoint"),
        redirect = quoted(REDIRECT_URI),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::described::file::auth_service::Description;

    fn found(metadata: Value) -> Discovered {
        Discovered { place: OAUTH.to_owned(), metadata }
    }

    fn read(text: &str) -> Description {
        Description::from_toml(Path::new("as.toml"), text).expect("it can be read as it is")
    }

    #[test]
    fn what_is_printed_is_a_description_of_what_the_server_says() {
        let bare = description("http://as.test", &found(serde_json::json!({ "token_endpoint": "http://as.test/t" })));
        assert!(bare.contains("#   token         http://as.test/t"));
        let bare = read(&bare);
        assert_eq!(bare.server.issuer.as_deref(), Some("http://as.test"));
        assert!(bare.introspection.is_none() && bare.client.secret_from.is_none());
        let full = serde_json::json!({
            "introspection_endpoint": "http://as.test/i",
            "scopes_supported": ["openid", "offline_access"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        });
        let full = read(&description("http://as.test", &found(full)));
        assert!(full.introspection.is_some() && full.client.secret_from.is_some());
        assert_eq!(full.client.authorization["scope"], "openid offline_access");
    }

    #[test]
    fn nothing_that_a_server_says_gets_out_of_its_comment() {
        let evil = serde_json::json!({ "token_endpoint": "http://as.test/\nproxy = \"evil", "issuer": "x\ny" });
        let text = description("http://as.test", &found(evil));
        assert!(!text.lines().any(|line| line.starts_with("proxy")), "{text}");
        read(&text);
    }

    #[test]
    fn what_is_printed_fits_a_screen_of_80_columns() {
        let text = description("http://127.0.0.1:9400", &found(serde_json::json!({})));
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn metadata_is_looked_for_where_oauth_and_openid_put_it() {
        assert_eq!(places("http://as.test"), [OAUTH, OPENID]);
        let tenant = format!("http://as.test{OAUTH}/tenant");
        assert_eq!(places("http://as.test/tenant"), [tenant.as_str(), OAUTH, OPENID]);
    }

    #[test]
    fn metadata_of_another_issuer_is_not_used() {
        let of = |issuer: &str| found(serde_json::json!({ "issuer": issuer }));
        assert_eq!(of("http://as.test/").is_of_another("http://as.test"), None);
        assert_eq!(of("http://as.test").is_of_another("http://localhost"), Some("http://as.test"));
        assert_eq!(found(serde_json::json!({})).is_of_another("http://as.test"), None);
    }
}

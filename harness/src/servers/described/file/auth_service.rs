//! A target as its file describes it. What is wrong in one is said with its line and column, and with what would be right.
//!
//! Secrets are not in the file: it names the variables of the environment that hold them, or that a random one is made up for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use url::Url;

use crate::servers::described::Allowance;
use crate::servers::described::file::places::Places;
pub use crate::servers::described::file::server::{Accepted, ClockBy, DescriptionError, Server};
use crate::servers::described::file::server::{AcceptedEntry, accepted, error_at, folder_of, name_of, whole};
use crate::servers::described::process::command::Surroundings;
use crate::servers::{Abilities, Support};

/// A server, and how it is asked.
#[derive(Clone, Debug)]
pub struct Description {
    /// What it is called: the folder's name where the file is called `target.toml`, or else the file's.
    pub name: String,
    /// Where the file is, and its commands run.
    pub folder: PathBuf,
    /// The policy that it is held to: a profile's name, or a file beside the description.
    pub policy: String,
    /// How it is started, or where it is.
    pub server: Server,
    /// Where its endpoints are.
    pub endpoints: Endpoints,
    /// Who asks for tokens.
    pub client: Client,
    /// Who signs in.
    pub sign_in: SignIn,
    /// Who may ask how tokens stand.
    pub introspection: Option<Introspection>,
    /// What is protected by a backend of the server's own, as an address or a path. None: our backend asks the server.
    pub resource: Option<String>,
    /// Where that backend reaches the AuthService, so that its introspections are held: our proxy listens there, and takes them at
    /// `/introspect`. None: they pass unseen.
    pub proxy: Option<SocketAddr>,
    /// How its clock is turned.
    pub clock: ClockBy,
    /// What it is known to do otherwise.
    pub accepted: Vec<Accepted>,
    /// How much may be asked of it, and how fast, by all who have this description or a clone of it.
    pub allowance: Allowance,
    /// Where all this stands in the file.
    pub places: Places,
    /// How often it has been opened, by all who have a clone.
    opened: Arc<AtomicUsize>,
}

/// Reads where codes are sent: an absolute URI without a fragment. RFC 6749 section 3.1.2.
fn redirect_uri<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let text = String::deserialize(from)?;
    match Url::parse(&text) {
        Ok(url) if url.fragment().is_none() => Ok(url),
        Ok(_) | Err(_) => Err(D::Error::custom(format!(
            "`{text}` is no absolute URI without a fragment: write it like \"http://127.0.0.1/callback\""
        ))),
    }
}

/// Where endpoints are: addresses, or paths at the issuer. What is missing is looked up in the discovery document.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    /// Where the discovery document is. RFC 8414 section 3.
    pub discovery: Option<String>,
    /// RFC 6749 section 3.1.
    pub authorization: Option<String>,
    /// RFC 6749 section 3.2.
    pub token: Option<String>,
    /// RFC 7009 section 2.
    pub revocation: Option<String>,
    /// RFC 7662 section 2.
    pub introspection: Option<String>,
}

/// Who asks for tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its name at the server.
    pub id: String,
    /// The variable that holds its secret, for a confidential client.
    pub secret_from: Option<String>,
    /// Where codes are sent. Nobody need listen there. RFC 6749 section 3.1.2.
    #[serde(deserialize_with = "redirect_uri")]
    pub redirect_uri: Url,
    /// What an authorization request says beside what it must.
    #[serde(default)]
    pub authorization: BTreeMap<String, String>,
}

/// Who signs in, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The name that is typed.
    pub username: String,
    /// The variable that holds the password.
    pub password_from: String,
    /// Whether a wrong password is turned down.
    #[serde(default)]
    pub passwords: Passwords,
    /// Hosts that may be sent the password beside the AuthService itself, where people sign in elsewhere: `login.example`, or
    /// `login.example:8443`.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The command that signs in, instead of our browser: it finds `AUTHLOOM_URL`, `AUTHLOOM_REDIRECT_URI`, `AUTHLOOM_USERNAME` and
    /// `AUTHLOOM_PASSWORD` in its environment, and prints the address that the browser is sent to, or nothing where nobody is let in.
    pub run: Option<Vec<String>>,
    /// The command that creates a test user before each trace: it prints `{"username": NAME, "password": PASSWORD}`.
    pub fresh: Option<Vec<String>>,
    /// Who else can sign in, so that several traces can be driven at once on a server that runs.
    #[serde(default)]
    pub others: Vec<Other>,
    /// The buttons that are pressed on pages that ask for no password, one page after the other. Unless told: the first.
    #[serde(default)]
    pub press: Vec<String>,
}

/// Somebody else who can sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// The name that is typed.
    pub username: String,
    /// The variable that holds the password.
    pub password_from: String,
}

/// Whether a server looks at passwords.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passwords {
    /// It does.
    #[default]
    Checked,
    /// Any will do.
    Any,
}

/// Who may ask how tokens stand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Introspection {
    /// The client that asks.
    pub client_id: String,
    /// The variable that holds its secret.
    pub secret_from: String,
    /// Which tokens the server tells of.
    pub tells: BTreeSet<TokenKind>,
}

/// A kind of token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Access tokens.
    Access,
    /// Refresh tokens.
    Refresh,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "role")]
    _role: crate::servers::described::file::backend::Role,
    policy: String,
    server: Spanned<Server>,
    #[serde(default)]
    endpoints: Endpoints,
    client: Client,
    sign_in: SignIn,
    introspection: Option<Introspection>,
    resource: Option<String>,
    proxy: Option<Spanned<SocketAddr>>,
    clock: Spanned<ClockBy>,
    #[serde(default)]
    accepted: Vec<AcceptedEntry>,
}

impl Description {
    /// Reads a description. `path` is what an error calls it; commands run in its folder.
    ///
    /// # Errors
    /// Where the file is wrong, with what would be right.
    pub fn from_toml(path: &Path, text: &str) -> Result<Self, DescriptionError> {
        let error = |span: Range<usize>, why: String| error_at(path, text, span, why);
        let read: File = toml::from_str(text).map_err(|wrong| {
            error(wrong.span().unwrap_or(0..0), wrong.message().lines().next().unwrap_or("").to_owned())
        })?;
        let server = whole(read.server, &read.clock, &error)?;
        if let (None, Some(proxy)) = (&read.resource, &read.proxy) {
            let why = "a proxy stands between a backend of the server's own and the server: say with `resource` what is called";
            return Err(error(proxy.span(), why.to_owned()));
        }
        let accepted = accepted(read.accepted, &error)?;
        let rate = server.rate(&error)?;
        let folder = folder_of(path);
        Ok(Self {
            name: name_of(path),
            folder,
            policy: read.policy,
            server,
            endpoints: read.endpoints,
            client: read.client,
            sign_in: read.sign_in,
            introspection: read.introspection,
            resource: read.resource,
            proxy: read.proxy.map(Spanned::into_inner),
            clock: read.clock.into_inner(),
            accepted,
            places: Places::of(path, text),
            allowance: Allowance::unlimited(rate),
            opened: Arc::default(),
        })
    }

    /// Who signs in next, the variable that holds the password, and the key that names it: whoever has a clone of this description in turn.
    pub(in crate::servers) fn next_person(&self) -> (&str, &str, String) {
        let SignIn { username, password_from, others, .. } = &self.sign_in;
        let turn = self.opened.fetch_add(1, Ordering::Relaxed) % (1 + others.len());
        match turn.checked_sub(1).map(|other| (other, &others[other])) {
            None => (username, password_from, "sign_in.password_from".to_owned()),
            Some((number, other)) => {
                (&other.username, &other.password_from, format!("sign_in.others.{number}.password_from"))
            }
        }
    }

    /// Why so many traces cannot be driven at once, if they cannot.
    #[must_use]
    pub fn not_at_once(&self, jobs: usize) -> Option<String> {
        if jobs == 1 {
            return None;
        }
        if self.proxy.is_some() {
            return Some("our proxy can listen at its address only once".to_owned());
        }
        if self.server.start.is_some() {
            return None;
        }
        if self.server.reset.is_some() {
            return Some(
                "the server forgets everybody's grants at once, so that only one trace can be driven at a time"
                    .to_owned(),
            );
        }
        match self.clock {
            ClockBy::Http { .. } | ClockBy::Command { .. } | ClockBy::Faketime => Some(
                "the server's clock is turned for everybody, so that only one trace can be driven at a time".to_owned(),
            ),
            ClockBy::Wait | ClockBy::Never if self.sign_in.fresh.is_some() => None,
            ClockBy::Wait | ClockBy::Never => {
                let people = 1 + self.sign_in.others.len();
                let why = || format!("the file names {people} who can sign in: add others with `[[sign_in.others]]`");
                (jobs > people).then(why)
            }
        }
    }

    /// Where and how its commands run.
    pub(in crate::servers) fn surroundings<'s>(&'s self, env: &'s [(&'s str, &'s str)]) -> Surroundings<'s> {
        Surroundings { folder: &self.folder, env, patience: self.server.patience, stop: self.server.until }
    }

    /// What the server can be made to do, but for revocation, which its endpoints tell.
    pub(in crate::servers) fn abilities(&self) -> Abilities {
        let yes_if = |so| if so { Support::Yes } else { Support::No };
        Abilities {
            clock: yes_if(self.clock != ClockBy::Never),
            passwords: yes_if(self.sign_in.passwords == Passwords::Checked),
            revocation: Support::Yes,
            calls: yes_if(self.resource.is_some() || self.introspection.is_some()),
            introspection: self.introspections(),
            at_once: Support::Yes,
        }
    }

    /// Whether introspections are seen and held: those of our backend, or of one that stands behind our proxy.
    pub(in crate::servers) fn introspections(&self) -> Support {
        if self.resource.is_none() || self.proxy.is_some() { Support::Yes } else { Support::No }
    }

    /// Whether the server tells how tokens of a kind stand.
    pub(in crate::servers) fn tells(&self, kind: TokenKind) -> Support {
        let tells = self.introspection.as_ref().is_some_and(|introspection| introspection.tells.contains(&kind));
        if tells { Support::Yes } else { Support::No }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"policy = "recommended"
resource = "/items"

[server]
start = ["node", "server.mjs"]

[client]
id = "gui"
redirect_uri = "http://127.0.0.1:9402/callback"

[sign_in]
username = "demo"
password_from = "PASSWORD"

[clock]
by = "faketime"
"#;

    fn refused(from: &str, to: &str) -> String {
        assert!(RIGHT.contains(from));
        let wrong = RIGHT.replace(from, to);
        Description::from_toml(Path::new("my.toml"), &wrong).expect_err("the file is wrong").to_string()
    }

    #[test]
    fn a_description_is_called_as_its_file_or_its_folder() {
        let name = |path: &str| Description::from_toml(Path::new(path), RIGHT).map(|read| read.name);
        assert_eq!(name("servers/mine.toml"), Ok("mine".to_owned()));
        assert_eq!(name("servers/mine/target.toml"), Ok("mine".to_owned()));
    }

    #[test]
    fn what_is_accepted_is_so_to_the_end_of_its_last_day() {
        let text =
            format!("{RIGHT}\n[[accepted]]\nrule = \"code-expires\"\nreason = \"a reason\"\nuntil = 2027-01-31\n");
        let accepted = &Description::from_toml(Path::new("my.toml"), &text).expect("the file is right").accepted[0];
        assert!(accepted.holds_on("2027-01-31") && !accepted.holds_on("2027-02-01"));
        assert!(Accepted { until: None, ..accepted.clone() }.holds_on("2999-12-31"));
    }

    #[test]
    fn what_is_wrong_is_said_where_it_stands() {
        let error = refused("username", "user_name");
        assert!(error.starts_with("my.toml:12:1: unknown field `user_name`"), "{error}");
        let error = refused("\"faketime\"", "\"magic\"");
        assert!(error.contains("`faketime`") && error.contains("`wait`"), "{error}");
        let error = refused("start = [\"node\", \"server.mjs\"]", "issuer = \"http://127.0.0.1:1\"");
        assert!(error.starts_with("my.toml:15:1: libfaketime turns the clock"), "{error}");
        let error = refused("[client]", "issuer = \"http://127.0.0.1:1\"\n[client]");
        assert!(error.contains("either runs") && error.contains("or is started here"), "{error}");
        let error =
            refused("[clock]", "[[accepted]]\nrule = \"code-expires\"\nreason = \"b\"\nuntil = 07:32:00\n[clock]");
        assert!(error.ends_with("`until` is a day, like 2027-01-31"), "{error}");
        let error = refused("[clock]", "[[accepted]]\nrule = \"code-expire\"\nreason = \"b\"\n[clock]");
        assert!(
            error.starts_with("my.toml:16:8: there is no rule `code-expire`: did you mean `code-expires`"),
            "{error}"
        );
        let error = refused("resource = \"/items\"", "proxy = \"127.0.0.1:9411\"");
        assert!(error.starts_with("my.toml:2:9: a proxy stands between"), "{error}");
        let error = refused("[client]", "within = \"soon\"\n[client]");
        assert!(error.contains(":10: `soon` is no duration"), "{error}");
        for never in ["0s", "0ms", "2h"] {
            let error = refused("[client]", &format!("within = \"{never}\"\n[client]"));
            assert!(
                error.contains(":10: `within` is how long a server may take") && error.contains("\"10s\""),
                "{error}"
            );
        }
        for issuer in ["127.0.0.1:9400", "login.example.com", "file:///etc", "http://a.test/?q", ""] {
            let error = refused("start = [\"node\", \"server.mjs\"]", &format!("issuer = \"{issuer}\""));
            assert!(
                error.starts_with("my.toml:5:10: `") && error.contains("like \"https://login.example.com\""),
                "{error}"
            );
        }
        for redirect_uri in ["/callback", "127.0.0.1", "http://gui.test/#x"] {
            let error = refused("http://127.0.0.1:9402/callback", redirect_uri);
            assert!(error.starts_with("my.toml:9:16: `") && error.contains("http://127.0.0.1/callback"), "{error}");
        }
    }
}

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
use std::time::Duration;

use authloom_model::policy::PolicyError;
use serde::Deserialize;
use toml::Spanned;

use super::super::{Abilities, Told};
use super::Allowance;
use super::command::Surroundings;

/// How long a server may take to get ready or to answer, unless told.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// How often it has been opened, by all who have a clone.
    opened: Arc<AtomicUsize>,
}

/// A rule that a server is known not to keep.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The rule, in the words of a report.
    pub rule: String,
    /// Why that is accepted.
    pub reason: String,
    /// The last day on which it is, like 2027-01-31. Unless told, it always is.
    pub until: Option<toml::value::Datetime>,
}

/// How a server is started, or where it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where it is, for one that runs: for an AuthService its issuer identifier, for a backend its `url`.
    #[serde(alias = "url")]
    pub issuer: Option<String>,
    /// The command that starts it. It prints a line of JSON when it is ready: `{"url": ISSUER}`.
    pub start: Option<Vec<String>>,
    /// The command that stops it, before it is told to go.
    pub stop: Option<Vec<String>>,
    /// The command that makes it forget all grants, before each trace.
    pub reset: Option<Vec<String>>,
    /// What it finds in its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Variables for which a random value is made up at each start, where the environment has none.
    #[serde(default)]
    pub made_up: BTreeSet<String>,
    /// The file with the certificates, in PEM, of the authorities that are trusted beside those of the machine.
    pub ca: Option<PathBuf>,
    /// Traces after which it is started anew.
    pub restart_after: Option<u32>,
    #[serde(default)]
    rate: Option<Spanned<String>>,
    #[serde(default)]
    within: Option<Spanned<String>>,
    /// How long it may take to get ready or to answer.
    #[serde(skip)]
    pub patience: Duration,
}

impl Server {
    /// Whether it says how fast, or how long, it may be asked.
    pub(super) fn bounds_requests(&self) -> bool {
        self.rate.is_some() || self.restart_after.is_some()
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
    /// Where codes are sent. Nobody need listen there.
    pub redirect_uri: String,
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
    /// The command that signs in, instead of our browser: it finds `AUTHLOOM_URL`, `AUTHLOOM_REDIRECT_URI`, `AUTHLOOM_USERNAME` and
    /// `AUTHLOOM_PASSWORD` in its environment, and prints the address that the browser is sent to, or nothing where nobody is let in.
    pub run: Option<Vec<String>>,
    /// The command that makes somebody up before each trace: it prints `{"username": NAME, "password": PASSWORD}`.
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

/// How a server's clock is turned.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClockBy {
    /// By libfaketime, in a server that is started here.
    Faketime,
    /// By a request: `POST` of this address or path, with `{seconds}` replaced by how many pass.
    Http {
        /// The address or path.
        post: String,
        /// Whether it stands still but for that. It then began at the second that the server found in `AUTHLOOM_TIME`.
        #[serde(default)]
        stands: bool,
    },
    /// By a command, with `{seconds}` replaced by how many pass.
    Command {
        /// The command.
        run: Vec<String>,
        /// Whether it stands still but for that. It then began at the second that the server found in `AUTHLOOM_TIME`.
        #[serde(default)]
        stands: bool,
    },
    /// By nothing but time.
    Wait,
    /// Not at all.
    Never,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "role")]
    _role: super::backend_description::Role,
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
    accepted: Vec<Spanned<Accepted>>,
}

/// A file does not describe a target.
pub type DescriptionError = PolicyError;

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
        let accepted = days_are_days(read.accepted, &error)?;
        let rate = server.rate.as_ref().map(|rate| rate.get_ref().parse().map_err(|why| error(rate.span(), why)));
        let rate = rate.transpose()?;
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
            allowance: Allowance::unlimited(rate),
            opened: Arc::default(),
        })
    }

    /// Who signs in next, and the variable that holds the password: whoever has a clone of this description in turn.
    pub(super) fn next_person(&self) -> (&str, &str) {
        let SignIn { username, password_from, others, .. } = &self.sign_in;
        let turn = self.opened.fetch_add(1, Ordering::Relaxed) % (1 + others.len());
        match turn.checked_sub(1).map(|other| &others[other]) {
            None => (username, password_from),
            Some(other) => (&other.username, &other.password_from),
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
    pub(super) fn surroundings<'s>(&'s self, env: &'s [(&'s str, &'s str)]) -> Surroundings<'s> {
        Surroundings { folder: &self.folder, env, patience: self.server.patience }
    }

    /// What the server can be made to do, but for revocation, which its endpoints tell.
    pub(super) fn abilities(&self) -> Abilities {
        let yes_if = |so| if so { Told::Yes } else { Told::No };
        Abilities {
            clock: yes_if(self.clock != ClockBy::Never),
            passwords: yes_if(self.sign_in.passwords == Passwords::Checked),
            revocation: Told::Yes,
            introspection: self.introspections(),
            at_once: Told::Yes,
        }
    }

    /// Whether introspections are seen and held: those of our backend, or of one that stands behind our proxy.
    pub(super) fn introspections(&self) -> Told {
        if self.resource.is_none() || self.proxy.is_some() { Told::Yes } else { Told::No }
    }

    /// Whether the server tells how tokens of a kind stand.
    pub(super) fn tells(&self, kind: TokenKind) -> Told {
        let tells = self.introspection.as_ref().is_some_and(|introspection| introspection.tells.contains(&kind));
        if tells { Told::Yes } else { Told::No }
    }
}

impl Accepted {
    /// Whether it still is, on a day written like 2027-01-31.
    #[must_use]
    pub fn holds_on(&self, today: &str) -> bool {
        // Days that are written so come in the order of their letters.
        self.until.as_ref().and_then(|until| until.date).is_none_or(|date| today <= date.to_string().as_str())
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A server with its patience, if it and its clock can be what they say.
pub(super) fn whole(
    server: Spanned<Server>,
    clock: &Spanned<ClockBy>,
    error: &impl Fn(Range<usize>, String) -> DescriptionError,
) -> Result<Server, DescriptionError> {
    let span = server.span();
    let mut server = server.into_inner();
    if server.start.is_some() == server.issuer.is_some() {
        let why = "a server either runs, then `issuer` or `url` says where, or is started here, then `start` says how";
        return Err(error(span, why.to_owned()));
    }
    if clock.get_ref() == &ClockBy::Faketime && server.start.is_none() {
        let why = "libfaketime turns the clock of a server that is started here: say how with `server.start`";
        return Err(error(clock.span(), why.to_owned()));
    }
    server.patience = match &server.within {
        None => PATIENCE,
        Some(within) => humantime::parse_duration(within.get_ref()).map_err(|_| {
            error(within.span(), format!("`{}` is no duration: write it like \"10s\"", within.get_ref()))
        })?,
    };
    Ok(server)
}

/// What is accepted, if each last day is a day.
pub(super) fn days_are_days(
    accepted: Vec<Spanned<Accepted>>,
    error: &impl Fn(Range<usize>, String) -> DescriptionError,
) -> Result<Vec<Accepted>, DescriptionError> {
    let is_no_day =
        |accepted: &&Spanned<Accepted>| accepted.get_ref().until.as_ref().is_some_and(|until| until.date.is_none());
    if let Some(wrong) = accepted.iter().find(is_no_day) {
        return Err(error(wrong.span(), "`until` is a day, like 2027-01-31".to_owned()));
    }
    Ok(accepted.into_iter().map(Spanned::into_inner).collect())
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")).to_owned()
}

pub(super) fn name_of(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    match folder {
        Some(folder) if stem == "target" => folder,
        Some(_) | None => stem,
    }
}

pub(super) fn error_at(path: &Path, text: &str, span: Range<usize>, why: String) -> DescriptionError {
    let before = &text[..span.start.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    DescriptionError {
        file: path.display().to_string(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        why,
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
        let text = format!("{RIGHT}\n[[accepted]]\nrule = \"a rule\"\nreason = \"a reason\"\nuntil = 2027-01-31\n");
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
        let error = refused("[clock]", "[[accepted]]\nrule = \"a\"\nreason = \"b\"\nuntil = 07:32:00\n[clock]");
        assert!(error.ends_with("`until` is a day, like 2027-01-31"), "{error}");
        let error = refused("resource = \"/items\"", "proxy = \"127.0.0.1:9411\"");
        assert!(error.starts_with("my.toml:2:9: a proxy stands between"), "{error}");
        let error = refused("[client]", "within = \"soon\"\n[client]");
        assert!(error.contains(":10: `soon` is no duration"), "{error}");
    }
}

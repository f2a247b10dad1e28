//! What a file says of any server, whichever role it has: how it is started or where it is, how its clock is turned, and what is accepted of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use authloom_model::policy::PolicyError;
use authloom_model::rules::{self, Rule};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use url::Url;

use crate::servers::described::Rate;
use crate::stop::Stop;

/// How long a server may take to get ready or to answer, unless told.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest that a server may be given: nobody waits an hour for an answer.
const MOST_PATIENCE: Duration = Duration::from_hours(1);

/// How a server is started, or where it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where it is, for one that runs: for an AuthService its issuer identifier, for a backend its `url`.
    #[serde(alias = "url", default, deserialize_with = "web_address")]
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
    /// Ends every wait for it early.
    #[serde(skip)]
    pub until: Stop,
}

impl Server {
    /// How fast it may be asked, if it says so.
    pub(in crate::servers) fn rate(
        &self,
        error: &impl Fn(Range<usize>, String) -> DescriptionError,
    ) -> Result<Option<Rate>, DescriptionError> {
        let rate = self.rate.as_ref().map(|rate| rate.get_ref().parse().map_err(|why| error(rate.span(), why)));
        rate.transpose()
    }

    /// Whether it says how fast, or how long, it may be asked.
    pub(in crate::servers) fn bounds_requests(&self) -> bool {
        self.rate.is_some() || self.restart_after.is_some()
    }
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

/// A rule that a server is known not to keep.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// The rule. A file has its id.
    pub rule: Rule,
    /// Why that is accepted.
    pub reason: String,
    /// The last day on which it is, like 2027-01-31. Unless told, it always is.
    pub until: Option<toml::value::Datetime>,
}

/// What a file says of a rule that a server is known not to keep.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::servers) struct AcceptedEntry {
    rule: Spanned<String>,
    reason: String,
    until: Option<Spanned<toml::value::Datetime>>,
}

impl Accepted {
    /// Whether it still is, on a day written like 2027-01-31.
    #[must_use]
    pub fn holds_on(&self, today: &str) -> bool {
        // Days that are written so come in the order of their letters.
        self.until.as_ref().and_then(|until| until.date).is_none_or(|date| today <= date.to_string().as_str())
    }
}

/// A file does not describe a target.
pub type DescriptionError = PolicyError;

/// A server with its patience, if it and its clock can be what they say.
pub(in crate::servers) fn whole(
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
        Some(within) => patience(within.get_ref()).map_err(|why| error(within.span(), why))?,
    };
    Ok(server)
}

/// How long a server may take: more than nothing, since no server answers in that, and at most an hour.
fn patience(text: &str) -> Result<Duration, String> {
    let patience = humantime::parse_duration(text);
    let patience = patience.map_err(|_| format!("`{text}` is no duration: write it like \"10s\""))?;
    if patience.is_zero() || patience > MOST_PATIENCE {
        return Err(format!(
            "`within` is how long a server may take to answer: write \"10s\", or up to 1h, and not `{text}`"
        ));
    }
    Ok(patience)
}

/// Reads the address of a server: an absolute http or https URL. RFC 8414 section 2 wants no query or fragment in an issuer identifier.
fn web_address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    check_web_address(&text).map_err(D::Error::custom)?;
    Ok(Some(text))
}

/// Fails unless a text is the address of a server.
///
/// # Errors
/// With what would be right.
pub fn check_web_address(text: &str) -> Result<(), String> {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    match Url::parse(text) {
        Ok(url) if is_web(&url) && url.query().is_none() && url.fragment().is_none() => Ok(()),
        Ok(url) if is_web(&url) => {
            Err(format!("`{text}` is no issuer: leave out what follows the path, like \"https://login.example.com\""))
        }
        Ok(_) | Err(_) => Err(format!("`{text}` is no http or https URL: write it like \"https://login.example.com\"")),
    }
}

/// What is accepted, if each rule has that id and each last day is a day.
pub(in crate::servers) fn accepted(
    entries: Vec<AcceptedEntry>,
    error: &impl Fn(Range<usize>, String) -> DescriptionError,
) -> Result<Vec<Accepted>, DescriptionError> {
    let read = |AcceptedEntry { rule, reason, until }| {
        let named = rules::named(rule.get_ref()).map_err(|unknown| error(rule.span(), unknown.to_string()))?;
        match until {
            Some(until) if until.get_ref().date.is_none() => {
                Err(error(until.span(), "`until` is a day, like 2027-01-31".to_owned()))
            }
            until => Ok(Accepted { rule: *named, reason, until: until.map(Spanned::into_inner) }),
        }
    };
    entries.into_iter().map(read).collect()
}

/// The folder that a file is in.
pub(in crate::servers) fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")).to_owned()
}

pub(in crate::servers) fn name_of(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    match folder {
        Some(folder) if stem == "target" => folder,
        Some(_) | None => stem,
    }
}

pub(in crate::servers) fn error_at(path: &Path, text: &str, span: Range<usize>, why: String) -> DescriptionError {
    let (line, column) = line_and_column(text, span.start);
    DescriptionError { file: path.display().to_string(), line, column, why }
}

/// The line and the column of a byte of a text, each counted from 1.
pub(in crate::servers) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

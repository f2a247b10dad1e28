//! A backend as its file describes it: with our AuthService as its issuer, and our browser before it.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::servers::described::file::server::{
    Accepted, AcceptedEntry, ClockBy, DescriptionError, Server, accepted, error_at, folder_of, name_of, whole,
};
use crate::servers::described::process::command::Surroundings;
use crate::servers::{Abilities, Support};

/// A backend, and how it is asked.
#[derive(Clone, Debug)]
pub struct BackendDescription {
    /// What it is called: the folder's name where the file is called `target.toml`, or else the file's.
    pub name: String,
    /// Where the file is, and its commands run.
    pub folder: PathBuf,
    /// The policy that it is held to, and that our AuthService and our GUI obey: a profile's name, or a file beside the description.
    pub policy: String,
    /// How it is started, or where it is.
    pub server: Server,
    /// What is called, and how tokens are judged there.
    pub backend: Backend,
    /// How its clock is turned.
    pub clock: ClockBy,
    /// What it is known to do otherwise.
    pub accepted: Vec<Accepted>,
}

/// What is called, and how tokens are judged there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// The path of what is protected, which is got.
    pub resource: String,
    /// Whom tokens are for, as the backend calls itself. RFC 9068 section 2.2.
    pub audience: Option<String>,
    /// Whether the backend reaches the AuthService at the issuer's address, so that its introspections pass through us and are held.
    #[serde(default)]
    pub introspection: Introspections,
    /// Where our issuer is, for a backend that runs and is told beforehand. Unless told, any free port.
    pub listen: Option<SocketAddr>,
}

/// Where a backend's introspections pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Introspections {
    /// Through us.
    #[default]
    Held,
    /// Elsewhere: they are neither held nor seen.
    Unseen,
}

/// What a file says that it describes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An AuthService, with our GUI and backend around it.
    #[default]
    AuthService,
    /// A backend, with our AuthService as its issuer.
    Backend,
}

impl Role {
    /// What a file describes. One that cannot be read describes an AuthService, and is refused as such.
    #[must_use]
    pub fn of(text: &str) -> Self {
        #[derive(Deserialize)]
        struct File {
            #[serde(default)]
            role: Role,
        }
        toml::from_str::<File>(text).map(|file| file.role).unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "role")]
    _role: Role,
    policy: String,
    server: Spanned<Server>,
    backend: Spanned<Backend>,
    clock: Spanned<ClockBy>,
    #[serde(default)]
    accepted: Vec<AcceptedEntry>,
}

impl BackendDescription {
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
        let span = read.backend.span();
        let backend = read.backend.into_inner();
        if server.issuer.is_some() && backend.listen.is_none() {
            let why = "a backend that runs was told where its issuer is: say it with `listen`, like \"127.0.0.1:9400\"";
            return Err(error(span, why.to_owned()));
        }
        if server.bounds_requests() {
            let why = "`rate` and `restart_after` are for an AuthService: a backend is asked by nobody but us";
            return Err(error(span, why.to_owned()));
        }
        if !backend.resource.starts_with('/') {
            return Err(error(span, format!("`resource` is a path, like \"/items\", and not `{}`", backend.resource)));
        }
        let accepted = accepted(read.accepted, &error)?;
        let (name, folder, clock) = (name_of(path), folder_of(path), read.clock.into_inner());
        Ok(Self { name, folder, policy: read.policy, server, backend, clock, accepted })
    }

    /// Why so many traces cannot be driven at once, if they cannot.
    #[must_use]
    pub fn not_at_once(&self, jobs: usize) -> Option<String> {
        let alone = jobs > 1 && (self.backend.listen.is_some() || self.server.start.is_none());
        alone.then(|| "the backend knows one issuer, so that only one trace can be driven at a time".to_owned())
    }

    /// What it can be made to do.
    pub(in crate::servers) fn abilities(&self) -> Abilities {
        let yes_if = |so| if so { Support::Yes } else { Support::No };
        Abilities {
            clock: yes_if(self.clock != ClockBy::Never),
            introspection: yes_if(self.backend.introspection == Introspections::Held),
            ..Abilities::ALL
        }
    }

    /// Where and how its commands run.
    pub(in crate::servers) fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { folder: &self.folder, env: &[], patience: self.server.patience, stop: self.server.until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"role = "backend"
policy = "recommended"

[server]
start = ["node", "server.mjs"]

[backend]
resource = "/items"

[clock]
by = "faketime"
"#;

    fn refused(from: &str, to: &str) -> String {
        assert!(RIGHT.contains(from));
        let wrong = RIGHT.replace(from, to);
        BackendDescription::from_toml(Path::new("my.toml"), &wrong).expect_err("the file is wrong").to_string()
    }

    #[test]
    fn a_file_says_what_it_describes() {
        assert_eq!(Role::of(RIGHT), Role::Backend);
        assert_eq!(Role::of("policy = \"recommended\""), Role::AuthService);
        assert_eq!(
            BackendDescription::from_toml(Path::new("mine/target.toml"), RIGHT).map(|read| read.name),
            Ok("mine".to_owned())
        );
    }

    #[test]
    fn what_is_wrong_is_said_where_it_stands() {
        let error = refused("resource", "path");
        assert!(error.starts_with("my.toml:8:1: unknown field `path`"), "{error}");
        let error = refused("start = [\"node\", \"server.mjs\"]", "url = \"http://127.0.0.1:1\"");
        assert!(error.starts_with("my.toml:10:1: libfaketime turns the clock"), "{error}");
        let running =
            RIGHT.replace("faketime", "never").replace("start = [\"node\", \"server.mjs\"]", "url = \"http://a.test\"");
        let error = BackendDescription::from_toml(Path::new("my.toml"), &running).expect_err("`listen` is missing");
        assert!(
            error.to_string().starts_with("my.toml:7:1: a backend that runs was told where its issuer is"),
            "{error}"
        );
        let error = refused("\"/items\"", "\"items\"");
        assert!(error.contains("`resource` is a path, like \"/items\""), "{error}");
    }
}

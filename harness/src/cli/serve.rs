//! `authloom serve`: the reference's servers on loopback.

use std::io::Write;
use std::path::PathBuf;

use authloom_model::Policy;
use authloom_reference::clock::Timestamp;
use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::flags;
use crate::run::Status;
use crate::serve::{Memory, Options, Role, Time, Until, serve};
use crate::servers::Secret;
use crate::servers::settings::BACKEND_SECRET;

/// Serve an AuthService, a backend and a GUI on loopback, and say how to try them with curl.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// What the deployment chose: the name of a profile, or a policy file.
    #[arg(long, value_name = "NAME-OR-FILE", default_value = "recommended")]
    pub policy: String,

    /// Which servers run in this process. One that runs alone prints a line of JSON when it is ready: its role and its url. The AuthService
    /// and the backend alone read the secret that the one introspects with at the other from AUTHLOOM_BACKEND_SECRET.
    #[arg(long, value_enum, default_value_t = Which::All)]
    pub role: Which,

    /// Where the AuthService listens; 0 is any free port.
    #[arg(long, value_name = "PORT", default_value_t = 9400)]
    pub auth_port: u16,

    /// Where the backend listens; 0 is any free port.
    #[arg(long, value_name = "PORT", default_value_t = 9401)]
    pub backend_port: u16,

    /// Where the GUI listens; 0 is any free port.
    #[arg(long, value_name = "PORT", default_value_t = 9402)]
    pub gui_port: u16,

    /// Keep users, grants and keys in a database in this folder. Without it all is forgotten at the end.
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// For a backend or a GUI alone: the AuthService that it trusts (http://127.0.0.1:9400 unless told). For an AuthService alone: its issuer
    /// identifier, where it is reached through something else (its URL unless told).
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,

    /// For a backend alone: where it reaches the AuthService, if not at its issuer's URL.
    #[arg(long, value_name = "URL")]
    pub auth_url: Option<String>,

    /// For an AuthService alone: the backend that its tokens are for (http://127.0.0.1:9401 unless told). For a backend alone: its own name
    /// (its URL unless told). For a GUI alone: where the backend is (http://127.0.0.1:9401 unless told).
    #[arg(long, value_name = "URL")]
    pub resource: Option<String>,

    /// Start with a clock that stands at this second since 1970, and let everybody who reaches the server turn it (POST
    /// /test/clock/advance?seconds=N) and make the server forget what was issued (POST /test/reset). For tests only: it also makes
    /// passwords cheap to guess.
    #[arg(long, value_name = "SECOND")]
    pub test_clock: Option<u64>,

    /// Stop also when standard input ends, so that the servers do not outlive the program that started them.
    #[arg(long)]
    pub stop_with_stdin: bool,
}

/// The servers of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Which {
    /// The AuthService, the backend and the GUI.
    All,
    /// The AuthService alone.
    Auth,
    /// The backend alone.
    Backend,
    /// The GUI alone.
    Gui,
}

/// A server that runs alone has no secret to share with the other one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`--role {role}` needs the secret that the backend introspects with: set {BACKEND_SECRET}, to the same for both roles"
)]
pub struct NoSecret {
    role: &'static str,
}

/// The AuthService that is trusted, unless told.
const ISSUER: &str = "http://127.0.0.1:9400";
/// Where a backend is, unless told.
const BACKEND_URL: &str = "http://127.0.0.1:9401";

impl Serve {
    /// Serves until told to stop.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let policy = flags::policy(&self.policy)?;
        let secret = std::env::var(BACKEND_SECRET).ok();
        let options = self.options(policy, secret).map_err(Failure::input)?;
        serve(&options, out).map_err(|fault| Failure::fault(format_args!("cannot serve: {fault}")))?;
        Ok(Status::Holds)
    }

    /// What to serve, under the policy that [`Self::policy`] names. `secret` is what [`BACKEND_SECRET`] holds.
    ///
    /// # Errors
    /// When a server that runs alone needs the secret and there is none.
    pub fn options(&self, policy: Policy, secret: Option<String>) -> Result<Options, NoSecret> {
        let secret = |role| secret.filter(|text| !text.is_empty()).map(Secret::new).ok_or(NoSecret { role });
        let issuer = || self.issuer.clone().unwrap_or_else(|| ISSUER.to_owned());
        let backend_url = || self.resource.clone().unwrap_or_else(|| BACKEND_URL.to_owned());
        let role = match self.role {
            Which::All => {
                Role::All { auth_port: self.auth_port, backend_port: self.backend_port, gui_port: self.gui_port }
            }
            Which::Auth => Role::Auth {
                port: self.auth_port,
                issuer: self.issuer.clone(),
                resource: backend_url(),
                backend_secret: secret("auth")?,
            },
            Which::Backend => Role::Backend {
                port: self.backend_port,
                resource: self.resource.clone(),
                issuer: issuer(),
                auth_url: self.auth_url.clone().unwrap_or_else(issuer),
                secret: secret("backend")?,
            },
            Which::Gui => Role::Gui { port: self.gui_port, issuer: issuer(), backend_url: backend_url() },
        };
        Ok(Options {
            policy,
            role,
            time: match self.test_clock {
                None => Time::Machine,
                Some(second) => Time::ByHand { start: Timestamp::from_seconds(second) },
            },
            memory: self.data.clone().map_or(Memory::Process, Memory::Folder),
            until: if self.stop_with_stdin { Until::SignalOrStdin } else { Until::Signal },
        })
    }
}

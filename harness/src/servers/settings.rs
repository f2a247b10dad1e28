//! A policy as the reference's roles want to hear it. Only here do the model's words and the reference's meet.

use std::time::Duration;

use authloom_model::policy::{
    AccessOnRefresh, Ends, Grace, IdleOnRefresh, Late401, LookAgain, LostAnswer, Policy, RefreshWhen, Rotation,
    SingleFlight, SpentRevokes, Validation, Window, WrongVerifier,
};
use authloom_reference::{auth, backend, gui};
use http::Uri;
use url::Url;

use crate::servers::Fault;

/// Where the GUI receives its codes. Nobody listens there: a browser without a window reads the code from the redirect itself.
pub const REDIRECT_URI: &str = "http://127.0.0.1/callback";
/// The environment variable with the secret that the backend introspects with, where backend and AuthService are separate processes.
pub const BACKEND_SECRET: &str = "AUTHLOOM_BACKEND_SECRET";

/// Where the reference's roles are reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Places {
    /// The AuthService, without a slash at the end. Also its issuer identifier.
    pub issuer: String,
    /// The backend, without a slash at the end. Also the resource that tokens are for.
    pub resource: String,
    /// Where the browser comes back to.
    pub redirect_uri: String,
}

/// Refuses a policy whose durations no server can keep: the clock of each counts whole seconds. A file has no such policy; a program may.
///
/// # Errors
/// At the first duration that is no whole number of seconds.
pub fn countable(policy: &Policy) -> Result<(), Fault> {
    policy.whole_seconds().map_err(|fraction| Fault(format!("no server can keep this policy: {fraction}")))
}

/// What the AuthService is told.
#[must_use]
pub fn auth_settings(policy: &Policy, places: &Places, password_cost: auth::PasswordCost) -> auth::Settings {
    auth::Settings {
        lifetimes: auth::Lifetimes {
            access: policy.access_lifetime,
            code: policy.code_lifetime,
            refresh_idle: policy.refresh_idle,
            refresh_absolute: policy.refresh_absolute,
        },
        rotation: match policy.rotation {
            Rotation::Off => auth::Rotation::Off,
            Rotation::Always => auth::Rotation::Always,
        },
        reuse: reach(policy.reuse_ends),
        grace: match policy.grace {
            Grace::None => auth::Grace::None,
            Grace::SameSuccessor(window) => auth::Grace::SameSuccessor { window: length(window) },
            Grace::SameTokens(window) => auth::Grace::SameTokens { window: length(window) },
            Grace::NewSibling(window) => auth::Grace::NewSibling { window: length(window).unwrap_or(Duration::MAX) },
        },
        wrong_verifier: match policy.wrong_verifier {
            WrongVerifier::Spends => auth::WrongVerifier::Spends,
            WrongVerifier::Replays => auth::WrongVerifier::Replays,
            WrongVerifier::Ignored => auth::WrongVerifier::Ignored,
        },
        code_replay: reach(policy.code_replay_ends),
        revocation: reach(policy.revocation_ends),
        spent_revokes: match policy.spent_revokes {
            SpentRevokes::Yes => auth::SpentRevokes::Yes,
            SpentRevokes::No => auth::SpentRevokes::No,
        },
        access_on_refresh: match policy.access_on_refresh {
            AccessOnRefresh::Kept => auth::AccessOnRefresh::Kept,
            AccessOnRefresh::Revoked => auth::AccessOnRefresh::Revoked,
        },
        idle_on_refresh: match policy.idle_on_refresh {
            IdleOnRefresh::Restarts => auth::IdleOnRefresh::Restarts,
            IdleOnRefresh::RunsOn => auth::IdleOnRefresh::RunsOn,
        },
        password_cost,
        ..auth::Settings::new(&places.issuer, &places.resource)
    }
}

fn reach(ends: Ends) -> auth::Reach {
    match ends {
        Ends::Nothing => auth::Reach::Nothing,
        Ends::RefreshTokens => auth::Reach::RefreshTokens,
        Ends::Grant => auth::Reach::Grant,
        Ends::User => auth::Reach::Subject,
    }
}

fn length(window: Window) -> Option<Duration> {
    match window {
        Window::UntilUsed => None,
        Window::For(length) => Some(length),
    }
}

/// What the backend is told.
#[must_use]
pub fn backend_settings(policy: &Policy, places: &Places, credentials: backend::Credentials) -> backend::Settings {
    backend::Settings {
        resource: places.resource.clone(),
        issuer: places.issuer.clone(),
        validation: match policy.validation {
            Validation::Introspect => backend::Validation::Introspect,
            Validation::Local => backend::Validation::Local { leeway: policy.leeway },
        },
        credentials,
    }
}

/// What the GUI is told.
///
/// # Errors
/// When one of the places is no absolute URL.
pub fn gui_settings(policy: &Policy, places: &Places, client_id: &str) -> Result<gui::Settings, Fault> {
    let url = |text: &str| Url::parse(text).map_err(|error| Fault(format!("`{text}` is no URL: {error}")));
    let uri = |text: String| text.parse::<Uri>().map_err(|error| Fault(format!("`{text}` is no URI: {error}")));
    Ok(gui::Settings {
        client_id: client_id.to_owned(),
        redirect_uri: url(&places.redirect_uri)?,
        server: gui::AuthorizationServer {
            issuer: places.issuer.clone(),
            authorization_endpoint: url(&format!("{}/authorize", places.issuer))?,
            token_endpoint: uri(format!("{}/token", places.issuer))?,
            revocation_endpoint: Some(uri(format!("{}/revoke", places.issuer))?),
            iss: gui::IssParameter::Sent,
        },
        items: uri(format!("{}/get_items", places.resource))?,
        policy: gui_policy(policy),
    })
}

/// How the GUI keeps a session alive.
#[must_use]
pub fn gui_policy(policy: &Policy) -> gui::Policy {
    let margin = policy.refresh_margin;
    gui::Policy {
        refresh_when: match policy.refresh_when {
            RefreshWhen::On401 => gui::RefreshWhen::On401,
            RefreshWhen::BeforeExpiry => gui::RefreshWhen::BeforeExpiry { margin },
            RefreshWhen::Both => gui::RefreshWhen::Both { margin },
        },
        single_flight: match policy.single_flight {
            SingleFlight::None => gui::SingleFlight::None,
            SingleFlight::Tab => gui::SingleFlight::Tab,
            SingleFlight::Browser => gui::SingleFlight::Browser,
        },
        look_again: match policy.look_again {
            LookAgain::Yes => gui::LookAgain::Yes,
            LookAgain::No => gui::LookAgain::No,
        },
        late_401: match policy.late_401 {
            Late401::Compare => gui::Late401::Compare,
            Late401::Refresh => gui::Late401::Refresh,
        },
        lost_refresh: match policy.lost_answer {
            LostAnswer::Retry => gui::LostRefresh::Retry,
            LostAnswer::SignInAgain => gui::LostRefresh::SignInAgain,
        },
    }
}

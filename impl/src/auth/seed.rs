//! Users and clients, as they are registered. [`super::AuthService::reset`] keeps both.

use std::fmt;

use super::{AuthService, Fault};

/// A user who can sign in.
#[derive(Clone)]
pub struct NewUser<'a> {
    /// The `sub` of their tokens; never given to another user.
    pub subject: &'a str,
    /// The name they sign in with.
    pub username: &'a str,
    /// The password they sign in with.
    pub password: &'a str,
}

impl fmt::Debug for NewUser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("subject", &self.subject)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A client of the AuthService.
#[derive(Clone, Debug)]
pub struct NewClient<'a> {
    /// Its client identifier. RFC 6749 section 2.2.
    pub client_id: &'a str,
    /// What it may do, and how it authenticates.
    pub kind: ClientKind<'a>,
}

/// What a client may do.
#[derive(Clone)]
pub enum ClientKind<'a> {
    /// It may request authorization and hold tokens. It has no credentials. RFC 6749 section 2.1.
    Public {
        /// Where codes may be sent. Each must be named exactly, except for the port of `http://127.0.0.1` or `http://[::1]`.
        /// RFC 9700 section 4.1.3, RFC 8252 section 7.3.
        redirect_uris: &'a [&'a str],
    },
    /// It may introspect tokens. RFC 7662 section 2.1.
    ResourceServer {
        /// Its secret: random, of at least 128 bits, so that a digest is enough and no slow hash is needed.
        secret: &'a str,
    },
}

impl fmt::Debug for ClientKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public { redirect_uris } => f.debug_struct("Public").field("redirect_uris", redirect_uris).finish(),
            Self::ResourceServer { .. } => f.debug_struct("ResourceServer").finish_non_exhaustive(),
        }
    }
}

/// What the servers can be tried with: one user, one client, one backend.
#[derive(Clone)]
pub struct Demo<'a> {
    /// The client's redirect URIs.
    pub redirect_uris: &'a [&'a str],
    /// The backend's secret, for introspection.
    pub backend_secret: &'a str,
}

impl Demo<'_> {
    /// The user's name; the `sub` is [`Demo::SUBJECT`].
    pub const USERNAME: &'static str = "demo";
    /// The user's password. It is no secret.
    pub const PASSWORD: &'static str = "demo";
    /// The user's `sub`.
    pub const SUBJECT: &'static str = "demo-subject";
    /// The public client.
    pub const GUI: &'static str = "gui";
    /// The resource server.
    pub const BACKEND: &'static str = "backend";

    /// Registers all three.
    ///
    /// # Errors
    /// Those of [`AuthService::put_user`] and [`AuthService::put_client`].
    pub fn enter(&self, service: &AuthService) -> Result<(), Fault> {
        service.put_user(&NewUser { subject: Self::SUBJECT, username: Self::USERNAME, password: Self::PASSWORD })?;
        let kind = ClientKind::Public { redirect_uris: self.redirect_uris };
        service.put_client(&NewClient { client_id: Self::GUI, kind })?;
        let kind = ClientKind::ResourceServer { secret: self.backend_secret };
        service.put_client(&NewClient { client_id: Self::BACKEND, kind })
    }
}

impl fmt::Debug for Demo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo").field("redirect_uris", &self.redirect_uris).finish_non_exhaustive()
    }
}

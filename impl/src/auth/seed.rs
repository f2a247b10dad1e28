//! People and clients, as they are entered. Both stay through [`super::AuthService::reset`].

use std::fmt;

use super::{AuthService, Fault};

/// Someone who can sign in.
#[derive(Clone)]
pub struct NewUser<'a> {
    /// The `sub` of their tokens; never given to anyone else.
    pub subject: &'a str,
    /// What they type to say who they are.
    pub username: &'a str,
    /// What they type to prove it.
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

/// A program that may talk to the AuthService.
#[derive(Clone, Debug)]
pub struct NewClient<'a> {
    /// Its public name.
    pub client_id: &'a str,
    /// What it may do.
    pub kind: ClientKind<'a>,
}

/// What a client may do.
#[derive(Clone)]
pub enum ClientKind<'a> {
    /// It may ask people to sign in and hold their tokens. It can keep no secret. RFC 6749 section 2.1.
    Public {
        /// Where codes may be sent. Each must be named exactly, except for the port of `http://127.0.0.1` or `http://[::1]`.
        /// RFC 9700 section 4.1.3, RFC 8252 section 7.3.
        redirect_uris: &'a [&'a str],
    },
    /// It may ask how tokens stand. RFC 7662 section 2.1.
    ResourceServer {
        /// Its password: random, of at least 128 bits, so that its digest may be kept instead of a slow hash.
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

/// Who is there to try the servers with: one person, one client, one backend.
#[derive(Clone)]
pub struct Demo<'a> {
    /// Where the client takes its codes.
    pub redirect_uris: &'a [&'a str],
    /// What the backend introspects with.
    pub backend_secret: &'a str,
}

impl Demo<'_> {
    /// The person, whose `sub` is [`Demo::SUBJECT`].
    pub const USERNAME: &'static str = "demo";
    /// The person's password. It is no secret.
    pub const PASSWORD: &'static str = "demo";
    /// The person, in tokens.
    pub const SUBJECT: &'static str = "demo-subject";
    /// The public client.
    pub const GUI: &'static str = "gui";
    /// The resource server.
    pub const BACKEND: &'static str = "backend";

    /// Enters all three.
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

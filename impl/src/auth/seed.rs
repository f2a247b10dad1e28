//! People and clients, as they are entered. Both stay through [`super::AuthService::reset`].

use std::fmt;

use super::secret::Digest;

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
        /// Where codes may be sent, each compared character by character. RFC 9700 section 4.1.3.
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
            Self::Public { redirect_uris } => f
                .debug_struct("Public")
                .field("redirect_uris", redirect_uris)
                .finish(),
            Self::ResourceServer { .. } => f.debug_struct("ResourceServer").finish_non_exhaustive(),
        }
    }
}

/// A client as the store has it.
#[derive(Clone, Debug)]
pub(super) enum Client {
    Public,
    ResourceServer { secret: Digest },
}

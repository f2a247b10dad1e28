//! The thief before a target: what was copied, and the requests that show it.

use authloom_model::Stolen;
use authloom_model::seen::{Answer, Request};
use authloom_reference::gui;
use bytes::Bytes;
use http::header::CONTENT_TYPE;

use crate::servers::http::wire::Sent;
use crate::servers::{Concrete, Fault, Secret};

/// As long as a verifier must be, and behind no challenge. RFC 7636 section 4.1.
const MADE_UP_VERIFIER: &str = "this-verifier-is-made-up-and-behind-no-challenge";

/// Somebody who knows what every client of the AuthService knows, and holds what was copied.
pub(in crate::servers) struct Thief {
    client_id: String,
    redirect_uri: String,
    token_endpoint: http::Uri,
    code: Option<Secret>,
    copy: Option<Secret>,
    loot: Option<Secret>,
}

impl Thief {
    /// A thief who holds nothing yet.
    pub(in crate::servers) fn of(settings: &gui::Settings) -> Self {
        Self {
            client_id: settings.client_id.clone(),
            redirect_uri: settings.redirect_uri.to_string(),
            token_endpoint: settings.server.token_endpoint.clone(),
            code: None,
            copy: None,
            loot: None,
        }
    }

    /// Drops everything.
    pub(in crate::servers) fn forget(&mut self) {
        (self.code, self.copy, self.loot) = (None, None, None);
    }

    /// Copies a session's refresh token.
    pub(in crate::servers) fn copy_session(&mut self, refresh: Option<Secret>) {
        self.copy = refresh;
    }

    /// Copies a code.
    pub(in crate::servers) fn copy_code(&mut self, code: Option<Secret>) {
        self.code = code;
    }

    /// The request that presents what was stolen.
    pub(in crate::servers) fn present(&self, stolen: Stolen) -> Result<(Request<Concrete>, Sent), Fault> {
        let held = match stolen {
            Stolen::Code => &self.code,
            Stolen::Copy => &self.copy,
            Stolen::Loot => &self.loot,
        };
        let secret = held.clone().ok_or_else(|| Fault("the thief does not hold what is to be presented".to_owned()))?;
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("client_id", &self.client_id);
        match stolen {
            Stolen::Code => body
                .append_pair("grant_type", "authorization_code")
                .append_pair("code", secret.expose())
                .append_pair("redirect_uri", &self.redirect_uri)
                .append_pair("code_verifier", MADE_UP_VERIFIER),
            Stolen::Copy | Stolen::Loot => {
                body.append_pair("grant_type", "refresh_token").append_pair("refresh_token", secret.expose())
            }
        };
        let request = http::Request::post(self.token_endpoint.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(body.finish()))
            .map_err(|error| Fault(error.to_string()))?;
        let seen = match stolen {
            Stolen::Code => Request::Redeem(secret),
            Stolen::Copy | Stolen::Loot => Request::Refresh(secret),
        };
        Ok((seen, request))
    }

    /// Keeps what is given. Without a new refresh token what was presented serves again.
    pub(in crate::servers) fn learn(&mut self, answer: &Answer<Concrete>) {
        if let Answer::Tokens(_, Some(refresh)) | Answer::GraceTokens(_, Some(refresh)) = answer {
            self.loot = Some(refresh.clone());
        }
    }
}

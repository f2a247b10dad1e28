//! Where a server's endpoints are: as its description says, or else as the server itself does. RFC 8414.

use authloom_reference::gui;
use bytes::Bytes;
use http::Uri;
use serde::Deserialize;
use url::Url;

use crate::servers::Fault;
use crate::servers::described::evidence;
use crate::servers::described::file::auth_service::Description;
use crate::servers::http::wire::{Received, Sent};

/// Where the endpoints are.
#[derive(Clone)]
pub(in crate::servers) struct Endpoints {
    pub(in crate::servers) issuer: String,
    pub(in crate::servers) iss: gui::IssParameter,
    pub(in crate::servers) authorization: Url,
    pub(in crate::servers) token: Uri,
    pub(in crate::servers) revocation: Option<Uri>,
    pub(in crate::servers) introspection: Option<Uri>,
    pub(in crate::servers) resource: Option<Uri>,
}

/// What a discovery document says, as far as it matters here. RFC 8414 section 2.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    authorization_response_iss_parameter_supported: bool,
}

impl Endpoints {
    /// Before they are looked up.
    pub(in crate::servers) fn nowhere() -> Self {
        Self {
            issuer: String::new(),
            iss: gui::IssParameter::NotSent,
            authorization: Url::parse("http://nowhere.invalid").expect("the address is well formed"),
            token: Uri::from_static("http://nowhere.invalid"),
            revocation: None,
            introspection: None,
            resource: None,
        }
    }

    /// Looks the endpoints of a server up, that is at `base`.
    pub(in crate::servers) fn find(
        described: &Description,
        base: &str,
        exchange: impl FnMut(Sent) -> Result<Received, Fault>,
    ) -> Result<Self, Fault> {
        let metadata = match described.endpoints.discovery.clone() {
            Some(at) => discover(described, &placed(base, &at), exchange)?,
            None => Metadata::default(),
        };
        let told = described.endpoints.clone();
        let place = |told: Option<String>, discovered: Option<String>| told.map(|at| placed(base, &at)).or(discovered);
        let needed = |what: &str, place: Option<String>| {
            place.ok_or_else(|| {
                let place = described.places.at(&format!("endpoints.{what}"));
                Fault(format!(
                    "{place}: where is the {what} endpoint? say it with `endpoints.{what}`, or with `endpoints.discovery`"
                ))
            })
        };
        let uri =
            |place: String| place.parse::<Uri>().map_err(|error| Fault(format!("`{place}` is no address: {error}")));
        let authorization = needed("authorization", place(told.authorization, metadata.authorization_endpoint))?;
        let authorization =
            Url::parse(&authorization).map_err(|error| Fault(format!("`{authorization}` is no address: {error}")))?;
        Ok(Self {
            issuer: metadata.issuer.unwrap_or_else(|| base.to_owned()),
            iss: if metadata.authorization_response_iss_parameter_supported {
                gui::IssParameter::Sent
            } else {
                gui::IssParameter::NotSent
            },
            authorization,
            token: uri(needed("token", place(told.token, metadata.token_endpoint))?)?,
            revocation: place(told.revocation, metadata.revocation_endpoint).map(uri).transpose()?,
            introspection: place(told.introspection, metadata.introspection_endpoint).map(uri).transpose()?,
            resource: described.resource.as_ref().map(|at| uri(placed(base, at))).transpose()?,
        })
    }
}

fn discover(
    described: &Description,
    at: &str,
    mut exchange: impl FnMut(Sent) -> Result<Received, Fault>,
) -> Result<Metadata, Fault> {
    let place = described.places.at("endpoints.discovery");
    let request = http::Request::get(at).body(Bytes::new());
    let answer = exchange(request.map_err(|error| Fault(format!("{place}: `{at}` is no address: {error}")))?)?;
    let instead =
        "name the document that the server has, or its endpoints with `endpoints.authorization` and `endpoints.token`";
    if !answer.status().is_success() {
        let answered = evidence::answered(&answer);
        return Err(Fault(format!("{place}: the discovery document at {at} is answered with {answered}: {instead}")));
    }
    serde_json::from_slice(answer.body())
        .map_err(|error| Fault(format!("{place}: the discovery document at {at} cannot be read: {error}: {instead}")))
}

/// An address, or a path at `base`.
pub(in crate::servers) fn placed(base: &str, at: &str) -> String {
    if at.starts_with('/') { format!("{base}{at}") } else { at.to_owned() }
}

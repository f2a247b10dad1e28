//! What a user does at the AuthService: what they type, where it may be sent, and the way back.
//!
//! Invariant: the password is sent to the origin of the authorization endpoint and to no other. RFC 6749 section 10.11.
//! Deliberately absent: HTML. The program that sets up the browser supplies what reads a page and fills in its form.

use bytes::Bytes;
use http::{Request, Response};
use url::Url;

use super::secret::Secret;

/// What a user types to sign in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The username.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// Fills in the login form of a page that was served at an address: the request that sends the form, with an absolute URI, or
/// `None` for a page without one. The request is sent only if it goes to the AuthService.
pub type FillIn = Box<dyn Fn(&Url, &Response<Bytes>, &Credentials) -> Option<Request<Bytes>> + Send + Sync>;

/// A login form would send the password to another origin than that of the authorization endpoint. It was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the login form sends the password to {form}, and it is only for {expected}")]
pub struct OtherOrigin {
    /// The origin that the form goes to.
    pub form: String,
    /// The origin of the authorization endpoint.
    pub expected: String,
}

/// Checks that a filled-in form goes to the origin of the authorization request.
pub(super) fn check_origin(authorization: &Url, form: &Request<Bytes>) -> Result<(), OtherOrigin> {
    let expected = authorization.origin();
    let origin = Url::parse(&form.uri().to_string()).map(|url| url.origin()).ok();
    if origin.as_ref() == Some(&expected) {
        return Ok(());
    }
    let form = origin.map_or_else(|| "a relative address".to_owned(), |origin| origin.ascii_serialization());
    Err(OtherOrigin { form, expected: expected.ascii_serialization() })
}

/// Whether `url` is the redirect URI of the authorization request `asked`, with any query.
pub(super) fn leads_back(asked: &Url, url: &Url) -> bool {
    let redirect_uri = asked.query_pairs().find(|(name, _)| name == "redirect_uri");
    let Some(redirect_uri) = redirect_uri.and_then(|(_, value)| Url::parse(&value).ok()) else {
        return false;
    };
    url.origin() == redirect_uri.origin() && url.path() == redirect_uri.path()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_form_goes_to_the_origin_of_the_authorization_endpoint_or_nowhere() {
        let asked = url("http://auth.test/authorize?client_id=gui");
        let check = |to: &str| check_origin(&asked, &Request::post(to).body(Bytes::new()).unwrap());
        assert_eq!(check("http://auth.test/login/7"), Ok(()));
        assert_eq!(check("http://auth.test:80/authorize"), Ok(()));
        for other in
            ["http://thief.test/", "https://auth.test/authorize", "http://auth.test:81/authorize", "/authorize"]
        {
            assert!(check(other).is_err(), "{other}");
        }
        let error = check("http://thief.test/authorize?password=pw").unwrap_err().to_string();
        assert_eq!(
            error,
            "the login form sends the password to http://thief.test, and it is only for http://auth.test"
        );
    }

    #[test]
    fn only_the_asked_redirect_uri_leads_back() {
        let asked = url("http://auth.test/authorize?redirect_uri=http%3A%2F%2Fgui.test%2Fcallback");
        assert!(leads_back(&asked, &url("http://gui.test/callback?code=c")));
        assert!(!leads_back(&asked, &url("http://gui.test/other?code=c")));
        assert!(!leads_back(&asked, &url("http://thief.test/callback?code=c")));
        assert!(!leads_back(&url("http://auth.test/authorize"), &url("http://gui.test/callback")));
    }
}

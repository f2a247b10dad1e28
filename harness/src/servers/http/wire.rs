//! Reads HTTP messages: which token or code a request carries, and what an answer says. Knows the RFCs, and no server in particular.
//!
//! What a client could not take for the answer it should be (a wrong status, a wrong content type, an answer with tokens that may be
//! cached) is [`Answer::Unexpected`], said without any secret that is in it.

use std::borrow::Cow;

use authloom_model::exchange::Message;
use authloom_model::seen::{Answer, Request};
use authloom_reference::gui;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode, Uri};
use serde::Deserialize;
use url::Url;

use crate::servers::{Concrete, Secret, Unexpected};

/// A request as it is sent.
pub type Sent = http::Request<Bytes>;
/// An answer as it comes.
pub type Received = http::Response<Bytes>;

/// What a client's request is for and carries, told by where it goes and by its grant type; none where it is none of the four that a
/// client sends: a call, a redemption, a refresh, a revocation.
#[must_use]
pub fn of_client(settings: &gui::Settings, request: &Sent) -> Option<Request<Concrete>> {
    let goes_to = |endpoint: &Uri| {
        let to = request.uri();
        (to.scheme(), to.authority(), to.path()) == (endpoint.scheme(), endpoint.authority(), endpoint.path())
    };
    if goes_to(&settings.items) {
        return Some(call(request));
    }
    if goes_to(&settings.server.token_endpoint) {
        return match value(request, "grant_type")?.as_ref() {
            "authorization_code" => Some(redeem(request)),
            "refresh_token" => Some(refresh(request)),
            _ => None,
        };
    }
    settings.server.revocation_endpoint.as_ref().is_some_and(goes_to).then(|| revoke(request))
}

/// What a call carries. RFC 6750 section 2.1.
#[must_use]
pub fn call(request: &Sent) -> Request<Concrete> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    Request::Call(header.and_then(|value| value.strip_prefix("Bearer ")).map(Secret::new))
}

/// What a refresh carries. RFC 6749 section 6.
#[must_use]
pub fn refresh(request: &Sent) -> Request<Concrete> {
    Request::Refresh(field(request, "refresh_token"))
}

/// What a redemption carries. RFC 6749 section 4.1.3.
#[must_use]
pub fn redeem(request: &Sent) -> Request<Concrete> {
    Request::Redeem(redeemed_code(request))
}

/// The code that a redemption carries.
#[must_use]
pub fn redeemed_code(request: &Sent) -> Secret {
    field(request, "code")
}

/// What a revocation carries. RFC 7009 section 2.1.
#[must_use]
pub fn revoke(request: &Sent) -> Request<Concrete> {
    Request::Revoke(field(request, "token"))
}

/// What an introspection carries. RFC 7662 section 2.1.
#[must_use]
pub fn introspect(request: &Sent) -> Request<Concrete> {
    Request::Introspect(introspected_token(request))
}

/// The token that an introspection carries.
#[must_use]
pub fn introspected_token(request: &Sent) -> Secret {
    field(request, "token")
}

/// Stands for the answer of a server that did not answer as HTTP has it.
#[must_use]
pub fn broken(why: String) -> Received {
    let mut answer = Received::new(Bytes::new());
    *answer.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    answer.extensions_mut().insert(Broken(why));
    answer
}

/// Why a server did not answer, if it did not.
#[must_use]
pub fn why_broken(answer: &Received) -> Option<&str> {
    answer.extensions().get::<Broken>().map(|Broken(why)| why.as_str())
}

#[derive(Clone)]
struct Broken(String);

/// A field of a form, or an empty text where there is none: no token is empty, so it is bound to none.
fn field(request: &Sent, name: &str) -> Secret {
    Secret::new(value(request, name).unwrap_or_default())
}

/// The value of a field of a form, if there is such a field.
fn value<'r>(request: &'r Sent, name: &str) -> Option<Cow<'r, str>> {
    url::form_urlencoded::parse(request.body()).find(|(key, _)| key == name).map(|(_, value)| value)
}

/// What an answer says, as an answer to such a request.
#[must_use]
pub fn answer(message: Message, answer: &Received) -> Answer<Concrete> {
    match message {
        Message::Resource => call_answer(answer),
        Message::Introspection => introspection_answer(answer),
        Message::Authorization => sign_in_answer(answer),
        Message::Redemption | Message::Refresh => token_answer(answer),
        Message::Revocation => revocation_answer(answer),
    }
}

/// What a protected resource answers. RFC 6750 section 3.
#[must_use]
pub fn call_answer(answer: &Received) -> Answer<Concrete> {
    let challenge = header(answer, &WWW_AUTHENTICATE).unwrap_or_default();
    if let Some(twice) = said_twice(answer) {
        return unexpected(answer, twice);
    }
    match answer.status() {
        StatusCode::OK => Answer::Items,
        StatusCode::UNAUTHORIZED if !challenge.starts_with("Bearer") => {
            unexpected(answer, "without a Bearer challenge")
        }
        StatusCode::UNAUTHORIZED if challenge.contains("error=\"invalid_token\"") => Answer::InvalidToken(()),
        StatusCode::UNAUTHORIZED if !challenge.contains("error=") => Answer::Unauthenticated,
        StatusCode::SERVICE_UNAVAILABLE => Answer::Unavailable,
        _ => unexpected(answer, ""),
    }
}

/// What a token endpoint answers. RFC 6749 sections 5.1 and 5.2.
#[must_use]
pub fn token_answer(answer: &Received) -> Answer<Concrete> {
    #[derive(Deserialize)]
    struct Issued {
        access_token: String,
        token_type: Option<String>,
        expires_in: Option<serde_json::Value>,
        refresh_token: Option<String>,
    }
    #[derive(Deserialize)]
    struct Refused {
        error: String,
    }
    if let Some(twice) = said_twice(answer) {
        return unexpected(answer, twice);
    }
    if answer.status() == StatusCode::OK {
        let kind = header(answer, &CONTENT_TYPE).unwrap_or_default();
        return match serde_json::from_slice::<Issued>(answer.body()) {
            Ok(Issued { token_type: None, .. }) => unexpected(answer, "with tokens and without a token_type"),
            Ok(Issued { token_type: Some(kind), .. }) if !kind.eq_ignore_ascii_case("Bearer") => {
                unexpected(answer, "of no Bearer token")
            }
            Ok(Issued { expires_in: Some(seconds), .. }) if !seconds.is_u64() => {
                unexpected(answer, "with tokens and an expires_in that is no whole number")
            }
            Ok(_) if !header(answer, &CACHE_CONTROL).is_some_and(|value| value.contains("no-store")) => {
                unexpected(answer, "with tokens and without Cache-Control: no-store")
            }
            Ok(_) if !kind.to_ascii_lowercase().starts_with("application/json") => {
                unexpected(answer, "with tokens and not as application/json")
            }
            Ok(issued) => Answer::Tokens(Secret::new(issued.access_token), issued.refresh_token.map(Secret::new)),
            Err(_) => unexpected(answer, "without tokens"),
        };
    }
    match serde_json::from_slice::<Refused>(answer.body()) {
        Ok(refused) if answer.status() == StatusCode::BAD_REQUEST && refused.error == "invalid_grant" => {
            Answer::InvalidGrant(())
        }
        Ok(refused) => unexpected(answer, &error_code(&refused.error)),
        Err(_) => unexpected(answer, ""),
    }
}

/// What an introspection endpoint answers. RFC 7662 section 2.2.
#[must_use]
pub fn introspection_answer(answer: &Received) -> Answer<Concrete> {
    #[derive(Deserialize)]
    struct Introspected {
        active: bool,
    }
    match serde_json::from_slice::<Introspected>(answer.body()) {
        Ok(Introspected { active: true }) if answer.status() == StatusCode::OK => Answer::Active,
        Ok(Introspected { active: false }) if answer.status() == StatusCode::OK => Answer::Inactive(()),
        Err(_) if answer.status() == StatusCode::OK => {
            unexpected(answer, "that does not say whether the token is active")
        }
        Ok(_) | Err(_) => unexpected(answer, ""),
    }
}

/// What a revocation endpoint answers. RFC 7009 section 2.2.
#[must_use]
pub fn revocation_answer(answer: &Received) -> Answer<Concrete> {
    if answer.status() == StatusCode::OK { Answer::Revoked } else { unexpected(answer, "") }
}

/// What a login form answers: a redirect with a code, or itself again, or that the person is not let in.
#[must_use]
pub fn sign_in_answer(answer: &Received) -> Answer<Concrete> {
    if let Some(twice) = said_twice(answer) {
        return unexpected(answer, twice);
    }
    if answer.status().is_redirection() {
        return redirected_code(answer).map_or_else(|| unexpected(answer, "without a code"), Answer::Code);
    }
    let is_page = [StatusCode::OK, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status());
    if is_page { Answer::WrongPassword } else { unexpected(answer, "") }
}

/// The code that a redirect carries.
#[must_use]
pub fn redirected_code(answer: &Received) -> Option<Secret> {
    redirect(answer)?.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| Secret::new(code))
}

/// Where a redirect leads.
#[must_use]
pub fn redirect(answer: &Received) -> Option<Url> {
    header(answer, &LOCATION).and_then(|location| Url::parse(location).ok())
}

fn header<'a>(answer: &'a Received, name: &HeaderName) -> Option<&'a str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

/// A header that is there more than once and must not be, so that nobody knows which one counts. RFC 9110 section 5.3.
fn said_twice(answer: &Received) -> Option<&'static str> {
    let singletons = [(CONTENT_TYPE, "with two Content-Type headers"), (LOCATION, "with two Location headers")];
    singletons.into_iter().find(|(name, _)| answer.headers().get_all(name).iter().count() > 1).map(|(_, what)| what)
}

fn unexpected(answer: &Received, what: &str) -> Answer<Concrete> {
    if let Some(why) = why_broken(answer) {
        return Answer::Unexpected(Unexpected(why.to_owned()));
    }
    Answer::Unexpected(Unexpected(format!("{} {what}", answer.status()).trim_end().to_owned()))
}

/// An error code as far as it can be one, so that nothing else gets into a report. RFC 6749 section 5.2.
pub(in crate::servers) fn error_code(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').take(40).collect()
}

#[cfg(test)]
mod tests {
    use authloom_model::Policy;

    use super::*;
    use crate::servers::settings::{Places, gui_settings};

    fn sent(to: &str, body: &'static str) -> Option<Request<Concrete>> {
        let places = Places {
            issuer: "http://as.test".to_owned(),
            resource: "http://api.test".to_owned(),
            redirect_uri: "http://gui.test/cb".to_owned(),
        };
        let settings = gui_settings(&Policy::recommended(), &places, "gui").unwrap();
        of_client(&settings, &http::Request::post(to).body(Bytes::from_static(body.as_bytes())).unwrap())
    }

    #[test]
    fn a_request_is_known_by_where_it_goes_and_by_its_grant_type() {
        let token = |text: &str| Secret::new(text);
        assert_eq!(sent("http://api.test/get_items?page=1", ""), Some(Request::Call(None)));
        let refresh = "grant_type=refresh_token&refresh_token=r1&code=c1";
        assert_eq!(sent("http://as.test/token", refresh), Some(Request::Refresh(token("r1"))));
        let redeem = "grant_type=authorization_code&code=c1&refresh_token=r1";
        assert_eq!(sent("http://as.test/token", redeem), Some(Request::Redeem(token("c1"))));
        assert_eq!(sent("http://as.test/revoke", "token=r1"), Some(Request::Revoke(token("r1"))));
    }

    #[test]
    fn what_belongs_to_no_flow_is_not_taken_for_one() {
        assert_eq!(sent("http://as.test/token", "grant_type=client_credentials"), None);
        assert_eq!(sent("http://as.test/token", "refresh_token=r1"), None);
        assert_eq!(sent("http://api.test/other", ""), None);
        assert_eq!(sent("http://elsewhere.test/get_items", ""), None);
        assert_eq!(sent("https://as.test/revoke", "token=r1"), None);
    }

    fn answered(body: &'static str) -> Received {
        let answer = http::Response::builder().header(CONTENT_TYPE, "application/json");
        answer.header(CACHE_CONTROL, "no-store").body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    #[test]
    fn tokens_that_a_client_cannot_use_are_said_by_what_is_wrong_with_them() {
        for (body, wrong) in [
            (r#"{"access_token":"a"}"#, "with tokens and without a token_type"),
            (r#"{"access_token":"a","token_type":"mac"}"#, "of no Bearer token"),
            (
                r#"{"access_token":"a","token_type":"Bearer","expires_in":"60"}"#,
                "with tokens and an expires_in that is no whole number",
            ),
            (r#"{"token_type":"Bearer"}"#, "without tokens"),
        ] {
            let expected = Answer::Unexpected(Unexpected(format!("200 OK {wrong}")));
            assert_eq!(token_answer(&answered(body)), expected, "{body}");
        }
        let right = answered(r#"{"access_token":"a","token_type":"bearer","expires_in":60}"#);
        assert_eq!(token_answer(&right), Answer::Tokens(Secret::new("a"), None));
    }

    #[test]
    fn an_introspection_says_whether_a_token_is_active_in_no_other_type() {
        let expected = "200 OK that does not say whether the token is active".to_owned();
        for body in ["{}", r#"{"active":"false"}"#, "<p/>"] {
            assert_eq!(
                introspection_answer(&answered(body)),
                Answer::Unexpected(Unexpected(expected.clone())),
                "{body}"
            );
        }
        let fault = crate::servers::says_active(&answered("{}")).unwrap_err();
        assert_eq!(fault.0, format!("no answer to an introspection: {expected}"));
    }
}

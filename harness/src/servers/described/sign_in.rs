//! How a person signs in at a server nobody here wrote: a browser with a cookie jar that follows redirects and fills in the forms it meets.
//!
//! Invariant: it comes back to the redirect URI that was asked for and to no other address, and a redirect never carries a form on.
//! Deliberately absent: scripts. What needs one needs a browser.

use authloom_reference::clock::Timestamp;
use bytes::Bytes;
use http::header::{ACCEPT, LOCATION};
use http::{HeaderValue, Method, StatusCode};
use url::Url;

use crate::servers::Fault;
use crate::servers::browser::login::{Form, Typed};
use crate::servers::described::jar::Jar;
use crate::servers::http::wire::{self, Received, Sent};

/// The most requests a sign-in may take. The longest known takes seven; a server that redirects in circles takes for ever.
const MOST_REQUESTS: usize = 20;

/// A sign-in that begins at a server.
pub(in crate::servers) struct SignIn<'s> {
    /// The authorization request. RFC 6749 section 4.1.1.
    pub(in crate::servers) url: &'s Url,
    /// Where it must end. RFC 6749 section 3.1.2.
    pub(in crate::servers) redirect_uri: &'s Url,
    /// What is typed into forms.
    pub(in crate::servers) typed: Typed<'s>,
    /// The buttons that are pressed on pages that ask for no password, in order.
    pub(in crate::servers) press: &'s [String],
    /// The server's time.
    pub(in crate::servers) now: Timestamp,
}

/// Signs in, until the server sends the browser to the redirect URI, or shows a page that leads nowhere. `send` carries messages.
///
/// # Errors
/// When a form sends the password to somebody who may not have it, or a message cannot be carried.
pub(in crate::servers) fn sign_in(
    SignIn { url, redirect_uri, typed, press, now }: &SignIn<'_>,
    mut send: impl FnMut(Sent) -> Result<Received, Fault>,
) -> Result<Received, Fault> {
    let mut jar = Jar::at(*now);
    let mut at = (*url).clone();
    let mut request = get(&at)?;
    let mut pressed = press.iter();
    let mut password_was_typed = false;
    for _ in 0..MOST_REQUESTS {
        jar.add_to(&at, &mut request);
        let is_form = request.method() == Method::POST;
        let answer = send(request)?;
        jar.take_from(&at, &answer);
        if answer.status().is_redirection() {
            let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let Some(next) = location.and_then(|location| at.join(location).ok()) else { return Ok(answer) };
            if leads_back(redirect_uri, &next) {
                let carried_on = is_form && carries_a_form_on(answer.status());
                return Ok(if carried_on { told_to_the_client(answer.status(), password_was_typed) } else { answer });
            }
            if is_of_the_client(redirect_uri, url, &next) {
                return Ok(elsewhere(redirect_uri, &next));
            }
            at = next;
            request = get(&at)?;
            continue;
        }
        let Some(form) = Form::find(&at, &answer) else { return Ok(answer) };
        if form.asks_for_a_password() && password_was_typed {
            return Ok(answer);
        }
        password_was_typed |= form.asks_for_a_password();
        let button = if form.asks_for_a_password() { None } else { pressed.next() };
        (at, request) = form.filled_in(typed, button)?;
    }
    Ok(circles())
}

/// What a command that signs in has printed: where the browser was sent, or nothing where nobody was let in.
pub(in crate::servers) fn printed(said: &str, redirect_uri: &Url) -> Received {
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let Some(url) = last.and_then(|line| Url::parse(line).ok()).filter(|url| leads_back(redirect_uri, url)) else {
        return Received::new(Bytes::new());
    };
    let mut answer = Received::new(Bytes::new());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::from_str(url.as_str()) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

/// Whether an address is the redirect URI that was asked for, with the answer in its query: the same scheme, host, port and path, and what
/// the redirect URI has for a query of its own. RFC 6749 sections 3.1.2 and 4.1.2. An AuthService takes any port of a loopback redirect
/// URI, but answers to the one that was asked for: RFC 8252 section 7.3.
fn leads_back(redirect_uri: &Url, to: &Url) -> bool {
    let place =
        |url: &Url| (url.scheme().to_owned(), url.host_str().map(ToOwned::to_owned), url.port_or_known_default());
    place(redirect_uri) == place(to)
        && redirect_uri.path() == to.path()
        && redirect_uri.query_pairs().all(|own| to.query_pairs().any(|pair| pair == own))
}

/// Whether an address is the client's, which shares its origin with no page of the AuthService, so that nothing there is a page to follow.
fn is_of_the_client(redirect_uri: &Url, authorization: &Url, to: &Url) -> bool {
    to.origin() == redirect_uri.origin() && to.origin() != authorization.origin()
}

/// Whether a browser that is redirected sends a form again to where it is led. RFC 9110 sections 15.4.8 and 15.4.9.
fn carries_a_form_on(status: StatusCode) -> bool {
    matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
}

/// Stands for a redirect by which the client is sent what only the AuthService is told. RFC 9700 section 4.12.
fn told_to_the_client(status: StatusCode, password_was_typed: bool) -> Received {
    let password = if password_was_typed { ", password and all" } else { "" };
    wire::broken(format!("{status}, with which a browser sends the form on to the client{password}"))
}

/// Stands for a redirect to the client that is not to the redirect URI. Said without its query, which may hold a code.
fn elsewhere(redirect_uri: &Url, to: &Url) -> Received {
    let place = |url: &Url| format!("{}{}", url.origin().ascii_serialization(), url.path());
    wire::broken(format!("a redirect to {}, which is not the redirect_uri {}", place(to), place(redirect_uri)))
}

/// What a sign-in without an end is answered with.
fn circles() -> Received {
    let mut answer = Received::new(Bytes::new());
    *answer.status_mut() = StatusCode::LOOP_DETECTED;
    answer
}

fn get(url: &Url) -> Result<Sent, Fault> {
    let request = http::Request::get(url.as_str()).header(ACCEPT, "text/html").body(Bytes::new());
    request.map_err(|error| Fault(format!("a page of the sign-in leads nowhere: {error}")))
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;

    use super::*;
    use crate::servers::browser::recipients::Recipients;

    fn answer(status: u16, headers: &[(&str, &str)], body: &'static str) -> Received {
        let mut answer = http::Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        answer.body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// What came of a sign-in at a server with these answers, and what the server saw of it.
    fn signed_in(answers: &[Received]) -> (Received, Vec<String>) {
        let mut answers = answers.iter().cycle();
        let mut seen = Vec::new();
        let (from, redirect_uri) = (url("http://as.test/auth?client_id=gui"), url("http://gui.test/cb"));
        let recipients = Recipients::only(&from);
        let typed = Typed { username: "ann", password: "pw", recipients: &recipients };
        let now = Timestamp::from_seconds(1_000_000_000);
        let begin = SignIn { url: &from, redirect_uri: &redirect_uri, typed, press: &[], now };
        let came = sign_in(&begin, |request| {
            let cookies = request.headers().get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or("no cookie");
            let body = String::from_utf8_lossy(request.body()).into_owned();
            seen.push(format!("{} {} [{cookies}] {body}", request.method(), request.uri().path()));
            Ok(answers.next().unwrap().clone())
        });
        (came.unwrap(), seen)
    }

    #[test]
    fn redirects_are_followed_and_forms_filled_in_until_the_way_leads_back() {
        let login = r#"<form method="post"><input type="hidden" name="csrf" value="1"><input name="user">
            <input type="password" name="pass"></form>"#;
        let consent = r#"<form method="post" action="/consent"><input type="hidden" name="prompt" value="consent">
            <button name="allow" value="yes">Yes</button><input type="submit" name="deny" value="No"></form>"#;
        let (came, seen) = signed_in(&[
            answer(303, &[("location", "/login/7"), ("set-cookie", "flow=7; path=/login/7; httponly")], ""),
            answer(200, &[], login),
            answer(302, &[("location", "http://as.test/auth/7"), ("set-cookie", "session=1; Path=/")], ""),
            answer(200, &[], consent),
            answer(303, &[("location", "http://gui.test/cb?code=c")], ""),
        ]);
        assert_eq!(came.headers()[LOCATION], "http://gui.test/cb?code=c");
        let expected = [
            "GET /auth [no cookie] ",
            "GET /login/7 [flow=7] ",
            "POST /login/7 [flow=7] csrf=1&user=ann&pass=pw",
            "GET /auth/7 [session=1] ",
            "POST /consent [session=1] prompt=consent&allow=yes",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_login_page_that_comes_again_is_the_end() {
        let login = r#"<form method="post"><input name="user"><input type="password" name="pass"></form>"#;
        let (came, seen) = signed_in(&[answer(200, &[], login)]);
        assert_eq!((came.status(), seen.len()), (StatusCode::OK, 2));
    }

    #[test]
    fn a_command_prints_where_the_browser_was_sent_or_nothing() {
        let redirect_uri = url("http://gui.test/cb");
        let came = printed("opening a browser\nhttp://gui.test/cb?code=c\n\n", &redirect_uri);
        assert_eq!(came.status(), StatusCode::SEE_OTHER);
        assert_eq!(came.headers()[LOCATION], "http://gui.test/cb?code=c");
        for nobody in ["", "no such person\n", "http://elsewhere.test/cb?code=c", "http://gui.test/cb-x?code=c"] {
            assert_eq!(printed(nobody, &redirect_uri).status(), StatusCode::OK);
        }
    }

    #[test]
    fn only_the_redirect_uri_itself_leads_back() {
        let back = |asked: &str, to: &str| leads_back(&url(asked), &url(to));
        let asked = "http://127.0.0.1:9402/callback";
        for right in [asked, "http://127.0.0.1:9402/callback?code=c&state=s&iss=http%3A%2F%2Fas.test"] {
            assert!(back(asked, right), "{right}");
        }
        for wrong in [
            "http://127.0.0.1:9402/callback-x?code=c",
            "http://127.0.0.1:9402/callback/x",
            "http://127.0.0.1:9402/Callback",
            "http://127.0.0.1:94021/callback",
            "http://127.0.0.1/callback",
            "http://localhost:9402/callback",
            "https://127.0.0.1:9402/callback",
            "http://127.0.0.1:9402.thief.test/callback",
        ] {
            assert!(!Url::parse(wrong).is_ok_and(|to| leads_back(&url(asked), &to)), "{wrong}");
        }
        assert!(back("http://gui.test/callback", "http://gui.test:80/callback?code=c"));
        assert!(back("com.example.app:/callback", "com.example.app:/callback?code=c"));
        assert!(back("http://gui.test/cb?tenant=1", "http://gui.test/cb?tenant=1&code=c"));
        assert!(!back("http://gui.test/cb?tenant=1", "http://gui.test/cb?code=c&tenant=2"));
    }

    #[test]
    fn a_redirect_to_another_page_of_the_client_is_seen_and_not_followed() {
        let (came, seen) = signed_in(&[answer(303, &[("location", "http://gui.test/cb-x?code=secret")], "")]);
        let why = wire::why_broken(&came).expect("it does not lead back");
        assert_eq!(why, "a redirect to http://gui.test/cb-x, which is not the redirect_uri http://gui.test/cb");
        assert_eq!(seen.len(), 1);
    }

    #[test]
    fn a_redirect_that_carries_the_form_on_to_the_client_is_no_answer() {
        let login = r#"<form method="post"><input name="user"><input type="password" name="pass"></form>"#;
        let back = [("location", "http://gui.test/cb?code=secret")];
        for (status, name) in [(307, "307 Temporary Redirect"), (308, "308 Permanent Redirect")] {
            let (came, _) = signed_in(&[answer(200, &[], login), answer(status, &back, "")]);
            let why = format!("{name}, with which a browser sends the form on to the client, password and all");
            assert_eq!(wire::why_broken(&came), Some(why.as_str()));
        }
        let consent = r#"<form method="post"><button name="allow">Yes</button></form>"#;
        let (came, _) = signed_in(&[answer(200, &[], consent), answer(307, &back, "")]);
        let why = "307 Temporary Redirect, with which a browser sends the form on to the client";
        assert_eq!(wire::why_broken(&came), Some(why));
    }

    #[test]
    fn a_redirect_that_carries_no_form_on_leads_back() {
        let back = [("location", "http://gui.test/cb?code=c")];
        let (came, _) = signed_in(&[answer(307, &back, "")]);
        assert_eq!((came.status(), wire::why_broken(&came)), (StatusCode::TEMPORARY_REDIRECT, None));
        let login = r#"<form method="post"><input name="user"><input type="password" name="pass"></form>"#;
        for status in [301, 302, 303] {
            let (came, _) = signed_in(&[answer(200, &[], login), answer(status, &back, "")]);
            assert_eq!((came.status().as_u16(), wire::why_broken(&came)), (status, None));
        }
    }

    #[test]
    fn a_server_that_redirects_in_circles_is_given_up() {
        let (came, seen) = signed_in(&[answer(302, &[("location", "/auth")], "")]);
        assert_eq!((came.status(), seen.len()), (StatusCode::LOOP_DETECTED, MOST_REQUESTS));
    }
}

//! How a person signs in at a server nobody here wrote: a browser with a cookie jar that follows redirects and fills in the forms it meets.
//!
//! A form with a password field gets name and password, any other one is sent as it came, with a button pressed. Deliberately absent:
//! scripts. What needs one needs a browser.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::servers::Fault;
use crate::servers::http::wire::{Received, Sent};

/// The most requests a sign-in may take. The longest known takes seven; a server that redirects in circles takes for ever.
const MOST_REQUESTS: usize = 20;

/// What is typed and pressed.
pub(in crate::servers) struct Typed<'t> {
    pub(in crate::servers) username: &'t str,
    pub(in crate::servers) password: &'t str,
    /// The buttons that are pressed on pages that ask for no password, in order.
    pub(in crate::servers) press: &'t [String],
}

/// Signs in, from `url` until the server sends the browser to `redirect_uri`, or shows a page that leads nowhere. `send` carries messages.
pub(in crate::servers) fn sign_in(
    url: &Url,
    redirect_uri: &str,
    typed: &Typed<'_>,
    mut send: impl FnMut(Sent) -> Result<Received, Fault>,
) -> Result<Received, Fault> {
    let mut jar = Jar::default();
    let mut at = url.clone();
    let mut request = get(&at)?;
    let mut pressed = typed.press.iter();
    let mut password_was_typed = false;
    for _ in 0..MOST_REQUESTS {
        jar.add_to(&at, &mut request);
        let answer = send(request)?;
        jar.take_from(&at, &answer);
        if answer.status().is_redirection() {
            let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let Some(next) = location.and_then(|location| at.join(location).ok()) else { return Ok(answer) };
            if next.as_str().starts_with(redirect_uri) {
                return Ok(answer);
            }
            at = next;
            request = get(&at)?;
            continue;
        }
        let Some(form) = Form::find(&at, &answer) else { return Ok(answer) };
        if form.password.is_some() && password_was_typed {
            return Ok(answer);
        }
        password_was_typed |= form.password.is_some();
        let button = if form.password.is_some() { None } else { pressed.next() };
        (at, request) = form.filled_in(typed, button)?;
    }
    Ok(circles())
}

/// What a command that signs in has printed: where the browser was sent, or nothing where nobody was let in.
pub(in crate::servers) fn printed(said: &str, redirect_uri: &str) -> Received {
    let url = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let Some(url) = url.filter(|url| url.starts_with(redirect_uri)) else { return Received::new(Bytes::new()) };
    let mut answer = Received::new(Bytes::new());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::from_str(url) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
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

/// Cookies, each for the host, port and path that it came for. RFC 6265 section 5.3.
#[derive(Default)]
struct Jar(Vec<Kept>);

struct Kept {
    authority: String,
    path: String,
    name: String,
    value: String,
}

impl Jar {
    fn take_from(&mut self, at: &Url, answer: &Received) {
        for cookie in answer.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()) {
            let mut parts = cookie.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let attributes: Vec<_> = parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
            let attribute = |wanted: &str| {
                attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value)
            };
            let default_path = at.path().rsplit_once('/').map_or("/", |(folder, _)| folder);
            let path = attribute("path").filter(|path| path.starts_with('/')).unwrap_or(default_path).to_owned();
            let authority = at.authority().to_owned();
            self.0.retain(|kept| (&kept.authority, &kept.path, kept.name.as_str()) != (&authority, &path, name));
            let is_over = attribute("max-age").is_some_and(|age| age.starts_with(['0', '-'])) || value.is_empty();
            if !is_over {
                self.0.push(Kept { authority, path, name: name.to_owned(), value: value.to_owned() });
            }
        }
    }

    fn add_to(&self, at: &Url, request: &mut Sent) {
        let matches = |kept: &&Kept| {
            let below = |rest: &str| rest.is_empty() || rest.starts_with('/') || kept.path.ends_with('/');
            kept.authority == at.authority() && at.path().strip_prefix(kept.path.as_str()).is_some_and(below)
        };
        let pairs: Vec<_> = self.0.iter().filter(matches).map(|kept| format!("{}={}", kept.name, kept.value)).collect();
        if let Ok(cookies) = HeaderValue::from_str(&pairs.join("; "))
            && !pairs.is_empty()
        {
            request.headers_mut().insert(COOKIE, cookies);
        }
    }
}

/// A form on a page.
struct Form {
    action: Url,
    fields: Vec<(String, String)>,
    name: Option<String>,
    password: Option<String>,
    /// Each with its name, if it has one, and what pressing it says.
    buttons: Vec<(Option<String>, String)>,
}

impl Form {
    /// The first form that is posted, from a page served at `url`.
    fn find(url: &Url, page: &Received) -> Option<Self> {
        let forms = Selector::parse("form").expect("the selector is well formed");
        let page = Html::parse_document(std::str::from_utf8(page.body()).ok()?);
        let posted = |form: &ElementRef<'_>| form.attr("method").is_some_and(|way| way.eq_ignore_ascii_case("post"));
        page.select(&forms).find(posted).and_then(|form| Self::read(url, form))
    }

    fn read(url: &Url, form: ElementRef<'_>) -> Option<Self> {
        let inputs = Selector::parse("input, button").expect("the selector is well formed");
        let action = form.attr("action").filter(|action| !action.is_empty());
        let action = action.map_or_else(|| Some(url.clone()), |action| url.join(action).ok())?;
        let mut read = Self { action, fields: Vec::new(), name: None, password: None, buttons: Vec::new() };
        for input in form.select(&inputs) {
            let named = input.attr("name").filter(|name| !name.is_empty()).map(ToOwned::to_owned);
            let value = input.attr("value").unwrap_or_default().to_owned();
            let is_button = input.value().name() == "button";
            let kind = input.attr("type").unwrap_or(if is_button { "submit" } else { "text" });
            if kind == "submit" {
                read.buttons.push((named, value));
                continue;
            }
            let Some(name) = named else { continue };
            match kind {
                "password" => read.password = read.password.or(Some(name)),
                "text" | "email" => read.name = read.name.or(Some(name)),
                "checkbox" | "radio" if input.attr("checked").is_none() => {}
                _ => read.fields.push((name, value)),
            }
        }
        Some(read)
    }

    /// The form, filled in and sent, and where to. The password goes only to the host that asked for it.
    fn filled_in(&self, typed: &Typed<'_>, button: Option<&String>) -> Result<(Url, Sent), Fault> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&self.fields);
        if let Some(password) = &self.password {
            if let Some(name) = &self.name {
                body.append_pair(name, typed.username);
            }
            body.append_pair(password, typed.password);
        }
        let pressed = match button {
            Some(wanted) => self.buttons.iter().find(|(name, _)| name.as_ref() == Some(wanted)),
            // As a browser does when somebody presses Enter.
            None => self.buttons.first(),
        };
        if let Some((Some(name), value)) = pressed {
            body.append_pair(name, value);
        }
        let request = http::Request::post(self.action.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "text/html")
            .body(Bytes::from(body.finish()))
            .map_err(|error| Fault(format!("a form of the sign-in leads nowhere: {error}")))?;
        Ok((self.action.clone(), request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPED: Typed<'_> = Typed { username: "ann", password: "pw", press: &[] };

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
        let came = sign_in(&url("http://as.test/auth?client_id=gui"), "http://gui.test/cb", &TYPED, |request| {
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
        let came = printed("opening a browser\nhttp://gui.test/cb?code=c\n\n", "http://gui.test/cb");
        assert_eq!(came.status(), StatusCode::SEE_OTHER);
        assert_eq!(came.headers()[LOCATION], "http://gui.test/cb?code=c");
        for nobody in ["", "no such person\n", "http://elsewhere.test/cb?code=c"] {
            assert_eq!(printed(nobody, "http://gui.test/cb").status(), StatusCode::OK);
        }
    }

    #[test]
    fn a_server_that_redirects_in_circles_is_given_up() {
        let (came, seen) = signed_in(&[answer(302, &[("location", "/auth")], "")]);
        assert_eq!((came.status(), seen.len()), (StatusCode::LOOP_DETECTED, MOST_REQUESTS));
    }
}

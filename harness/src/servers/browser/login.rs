//! What a person does on a page of an AuthService: finds the form, fills it in, sends it.
//!
//! A form with a password field gets name and password, any other one is sent as it came, with a button pressed. Invariant: a form with a
//! password is filled in only if it goes to one of its [`Recipients`]. Deliberately absent: scripts, and any knowledge of one
//! AuthService's page.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use authloom_reference::gui;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::servers::Fault;
use crate::servers::browser::recipients::Recipients;
use crate::servers::http::wire::{Received, Sent};

/// Who signs in, and who may be sent the password.
pub(in crate::servers) struct Typed<'t> {
    /// The name that is typed.
    pub(in crate::servers) username: &'t str,
    /// The password that is typed.
    pub(in crate::servers) password: &'t str,
    /// Who may be sent the password.
    pub(in crate::servers) recipients: &'t Recipients,
}

static FORMS: LazyLock<Selector> = LazyLock::new(|| Selector::parse("form").expect("the selector is well formed"));
static INPUTS: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("input, button").expect("the selector is well formed"));

/// A form on a page.
pub(in crate::servers) struct Form {
    action: Url,
    fields: Vec<(String, String)>,
    username: Option<String>,
    password: Option<String>,
    /// Each with its name, if it has one, and what pressing it says.
    buttons: Vec<(Option<String>, String)>,
}

/// The login forms of pages that were read before, so that a page that comes again is not parsed again.
#[derive(Default)]
pub(in crate::servers) struct LoginForms(HashMap<(Url, Bytes), Option<Arc<Form>>, foldhash::fast::FixedState>);

/// More than the sign-ins of a trace. A browser begins each trace with the same random numbers, so it is shown the same pages.
const MOST_FORMS: usize = 64;

impl LoginForms {
    /// The login form on a page served from `url`, if there is one.
    pub(in crate::servers) fn on(&mut self, url: &Url, page: &Received) -> Option<Arc<Form>> {
        if self.0.len() >= MOST_FORMS {
            self.0.clear();
        }
        let read = || Form::find(url, page).filter(Form::asks_for_a_password).map(Arc::new);
        self.0.entry((url.clone(), page.body().clone())).or_insert_with(read).clone()
    }
}

/// The request for the login page at `url`.
pub(in crate::servers) fn visit(url: &Url) -> Result<Sent, Fault> {
    http::Request::get(url.as_str()).body(Bytes::new()).map_err(|error| Fault(error.to_string()))
}

impl Form {
    /// The form on a page served from `url` that asks for a password, or else the first one that is posted.
    pub(in crate::servers) fn find(url: &Url, page: &Received) -> Option<Self> {
        let page = Html::parse_document(std::str::from_utf8(page.body()).ok()?);
        let posted = |form: &ElementRef<'_>| form.attr("method").is_some_and(|way| way.eq_ignore_ascii_case("post"));
        let mut posted: Vec<Self> =
            page.select(&FORMS).filter(posted).filter_map(|form| Self::read(url, form)).collect();
        let login = posted.iter().position(Self::asks_for_a_password).unwrap_or(0);
        (login < posted.len()).then(|| posted.swap_remove(login))
    }

    /// Whether it asks for a password.
    pub(in crate::servers) fn asks_for_a_password(&self) -> bool {
        self.password.is_some()
    }

    fn read(url: &Url, form: ElementRef<'_>) -> Option<Self> {
        let action = form.attr("action").filter(|action| !action.is_empty());
        let action = action.map_or_else(|| Some(url.clone()), |action| url.join(action).ok())?;
        let mut read = Self { action, fields: Vec::new(), username: None, password: None, buttons: Vec::new() };
        for input in form.select(&INPUTS) {
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
                "text" | "email" => read.username = read.username.or(Some(name)),
                "checkbox" | "radio" if input.attr("checked").is_none() => {}
                // Only a button that was pressed says anything.
                "button" | "image" | "reset" => {}
                _ => read.fields.push((name, value)),
            }
        }
        Some(read)
    }

    /// The form as a person sends it who signs in at the AuthService of `url` and gives the password to nobody else.
    ///
    /// # Errors
    /// As of [`filled_in`](Self::filled_in).
    pub(in crate::servers) fn sent_by(&self, url: &Url, username: &str, password: &str) -> Result<Sent, Fault> {
        let typed = Typed { username, password, recipients: &Recipients::only(url) };
        self.filled_in(&typed, None).map(|(_, request)| request)
    }

    /// The form, filled in and sent, and where to. `button` is the one that is pressed; unless told, the first.
    ///
    /// # Errors
    /// When the form sends a password to somebody who may not have it, or leads nowhere.
    pub(in crate::servers) fn filled_in(
        &self,
        typed: &Typed<'_>,
        button: Option<&String>,
    ) -> Result<(Url, Sent), Fault> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&self.fields);
        if let Some(password) = &self.password {
            typed.recipients.may_receive(&self.action)?;
            if let Some(username) = &self.username {
                body.append_pair(username, typed.username);
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

/// The login form on a page served from `url`, filled in for a browser that sees to it by itself that the form goes to the AuthService.
pub(crate) fn fill_in(url: &Url, page: &Received, credentials: &gui::Credentials) -> Option<Sent> {
    let form = Form::find(url, page).filter(Form::asks_for_a_password)?;
    let recipients = Recipients::only(&form.action);
    let typed =
        Typed { username: &credentials.username, password: credentials.password.expose(), recipients: &recipients };
    form.filled_in(&typed, None).ok().map(|(_, request)| request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn found(page: &str) -> Option<Form> {
        Form::find(&url("http://as.test/login?x=1"), &Received::new(Bytes::copy_from_slice(page.as_bytes())))
    }

    fn sent(page: &str) -> Result<(Url, String), Fault> {
        let recipients = Recipients::only(&url("http://as.test/authorize"));
        let typed = Typed { username: "ann", password: "pw", recipients: &recipients };
        let (to, request) = found(page).expect("there is a form").filled_in(&typed, None)?;
        Ok((to, String::from_utf8_lossy(request.body()).into_owned()))
    }

    #[test]
    fn the_form_that_asks_for_a_password_is_filled_in_wherever_it_stands_on_the_page() {
        let page = r#"<form method="post" action="/search"><input name="q"></form><form><input type="password" name="p"></form>
            <form method="post"><input type="hidden" name="state" value="a&amp;b"><input name="user">
            <input type="password" name="pass"><button name="choice" value="in">In</button></form>"#;
        let expected = (url("http://as.test/login?x=1"), "state=a%26b&user=ann&pass=pw&choice=in".to_owned());
        assert_eq!(sent(page), Ok(expected));
        assert!(found("<form><input name=\"q\"></form>").is_none());
    }

    #[test]
    fn a_form_that_sends_the_password_elsewhere_is_not_filled_in() {
        for action in ["http://thief.test/", "//thief.test/login", "http://as.test:81/login"] {
            let page = format!(
                r#"<form method="post" action="{action}"><input name="u"><input type="password" name="p"></form>"#
            );
            let Fault(why) = sent(&page).expect_err(action);
            assert!(why.contains("is no place for the password") && why.contains("sign_in.hosts"), "{why}");
        }
        let consent = r#"<form method="post" action="http://elsewhere.test/"><button name="yes">Yes</button></form>"#;
        assert_eq!(sent(consent), Ok((url("http://elsewhere.test/"), "yes=".to_owned())));
    }

    #[test]
    fn a_login_form_is_remembered_for_its_page_alone_and_only_so_many_are() {
        let mut forms = LoginForms::default();
        let mut state_on = |number: usize| {
            let page = format!(
                r#"<form method="post"><input type="hidden" name="state" value="{number}"><input type="password" name="p"></form>"#
            );
            let form = forms.on(&url("http://as.test/login"), &Received::new(Bytes::from(page)));
            (form.expect("there is a form").fields[0].1.clone(), forms.0.len())
        };
        for number in (0..=MOST_FORMS).flat_map(|number| [number, number, 0]) {
            let (state, remembered) = state_on(number);
            assert_eq!(state, number.to_string());
            assert!(remembered <= MOST_FORMS, "{remembered}");
        }
    }
}

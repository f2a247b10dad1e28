//! What a person does at an AuthService's login page: finds the form, fills it in, sends it.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::servers::Fault;
use crate::servers::http::wire::{Received, Sent};

/// A form that asks for a name and a password.
pub(in crate::servers) struct LoginForm {
    action: Url,
    hidden: Vec<(String, String)>,
    username_field: String,
    password_field: String,
}

impl LoginForm {
    /// The form in a page served from `url`, if there is one.
    pub(in crate::servers) fn find(url: &Url, page: &Received) -> Option<Self> {
        let forms = Selector::parse("form").expect("the selector is well formed");
        let page = Html::parse_document(std::str::from_utf8(page.body()).ok()?);
        page.select(&forms).find_map(|form| Self::read(url, form))
    }

    fn read(url: &Url, form: ElementRef<'_>) -> Option<Self> {
        let inputs = Selector::parse("input[name]").expect("the selector is well formed");
        let mut read = Self {
            action: url.join(form.attr("action").unwrap_or_default()).ok()?,
            hidden: Vec::new(),
            username_field: String::new(),
            password_field: String::new(),
        };
        for input in form.select(&inputs) {
            let name = input.attr("name").unwrap_or_default().to_owned();
            match input.attr("type").unwrap_or("text") {
                "hidden" => read.hidden.push((name, input.attr("value").unwrap_or_default().to_owned())),
                "password" => read.password_field = name,
                "text" | "email" if read.username_field.is_empty() => read.username_field = name,
                _ => {}
            }
        }
        (!read.username_field.is_empty() && !read.password_field.is_empty()).then_some(read)
    }

    /// The form, filled in and sent.
    pub(in crate::servers) fn filled_in(&self, username: &str, password: &str) -> Result<Sent, Fault> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&self.hidden);
        body.append_pair(&self.username_field, username).append_pair(&self.password_field, password);
        http::Request::post(self.action.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(body.finish()))
            .map_err(|error| Fault(format!("the login form leads nowhere: {error}")))
    }
}

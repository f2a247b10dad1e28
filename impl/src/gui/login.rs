//! The part of the browser that a person works with at the AuthService: its page, its form, and the way back.
//!
//! Invariant: the password goes only where the form that asked for it says, and only to the host that served the form.
//! Deliberately absent: cookies, scripts, and any knowledge of a particular AuthService's page.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::secret::Secret;

/// What a person types to sign in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// A form that asks for a name and a password.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LoginForm {
    /// Where the form goes.
    pub(super) action: Url,
    hidden: Vec<(String, String)>,
    username_field: String,
    password_field: String,
}

impl LoginForm {
    /// Finds the form in a page that was served from `page_url`; `None` if it has no form that can be filled in.
    pub(super) fn find(page_url: &Url, page: &str) -> Option<Self> {
        let forms = Selector::parse("form").expect("the selector is well formed");
        Html::parse_document(page).select(&forms).find_map(|form| Self::read(page_url, form))
    }

    fn read(page_url: &Url, form: ElementRef<'_>) -> Option<Self> {
        let action = page_url.join(form.attr("action").unwrap_or_default()).ok()?;
        if action.origin() != page_url.origin() {
            return None;
        }
        let inputs = Selector::parse("input[name]").expect("the selector is well formed");
        let mut hidden = Vec::new();
        let (mut username_field, mut password_field) = (None, None);
        for input in form.select(&inputs) {
            let name = input.attr("name").unwrap_or_default().to_owned();
            match input.attr("type").unwrap_or("text") {
                "hidden" => hidden.push((name, input.attr("value").unwrap_or_default().to_owned())),
                "password" => password_field = password_field.or(Some(name)),
                "text" | "email" => username_field = username_field.or(Some(name)),
                _ => {}
            }
        }
        Some(Self { action, hidden, username_field: username_field?, password_field: password_field? })
    }

    /// The fields to post, filled in.
    pub(super) fn fill<'a>(&'a self, credentials: &'a Credentials) -> Vec<(&'a str, &'a str)> {
        let typed = [
            (self.username_field.as_str(), credentials.username.as_str()),
            (self.password_field.as_str(), credentials.password.expose()),
        ];
        let hidden = self.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        hidden.chain(typed).collect()
    }
}

/// Whether `url` is the redirect URI that the authorization request `asked` for, with whatever query.
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

    const PAGE: &str = r#"<form action="/search"><input name="q"></form>
        <form method="post" action="authorize"><input type="hidden" name="state" value="a&amp;b">
        <label>Name <input name="user"></label><label>Password <input type="password" name="pass"></label>
        <button name="choice" value="cancel">Cancel</button></form>"#;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_form_that_asks_for_a_password_is_found_and_filled_in() {
        let form = LoginForm::find(&url("http://auth.test/authorize?x=1"), PAGE).unwrap();
        assert_eq!(form.action, url("http://auth.test/authorize"));
        let credentials = Credentials { username: "ann".to_owned(), password: Secret::new("pw") };
        assert_eq!(form.fill(&credentials), [("state", "a&b"), ("user", "ann"), ("pass", "pw")]);
    }

    #[test]
    fn a_form_that_sends_the_password_elsewhere_is_not_filled_in() {
        let page = PAGE.replace(r#"action="authorize""#, r#"action="http://thief.test/""#);
        assert_eq!(LoginForm::find(&url("http://auth.test/authorize"), &page), None);
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

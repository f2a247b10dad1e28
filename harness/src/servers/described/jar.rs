//! The cookies of one sign-in. RFC 6265 sections 5.3 and 5.4, as `cookie_store` keeps them.
//!
//! A sign-in takes no time by the server's clock. So a cookie has expired by that clock when it comes, which deletes it, or it lasts until
//! the sign-in is over; the machine's clock, by which `cookie_store` judges, is never asked.

use authloom_reference::clock::Timestamp;
use cookie_store::{CookieStore, RawCookie};
use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};
use url::Url;

use crate::servers::http::wire::{Received, Sent};

/// The cookies of a sign-in.
pub(in crate::servers) struct Jar {
    cookies: CookieStore,
    now: Timestamp,
}

impl Jar {
    /// An empty one. `now` is the server's time.
    pub(in crate::servers) fn at(now: Timestamp) -> Self {
        Self { cookies: CookieStore::new(), now }
    }

    /// Keeps the cookies of an answer that came from `at`.
    pub(in crate::servers) fn take_from(&mut self, at: &Url, answer: &Received) {
        let cookies = answer.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        for cookie in cookies.filter_map(|cookie| RawCookie::parse(cookie.to_owned()).ok()) {
            // A browser ignores what a server may not set, such as a cookie for another host.
            let _ = self.cookies.insert_raw(&self.by_the_servers_clock(cookie), at);
        }
    }

    /// Adds the cookies to a request that goes to `at`, those with the longest path first.
    pub(in crate::servers) fn add_to(&self, at: &Url, request: &mut Sent) {
        let mut cookies = self.cookies.matches(at);
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path().unwrap_or_default().len()));
        let pairs: Vec<_> = cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        if let Ok(cookies) = HeaderValue::from_str(&pairs.join("; "))
            && !pairs.is_empty()
        {
            request.headers_mut().insert(COOKIE, cookies);
        }
    }

    /// A cookie that has expired is one to delete; any other one lasts for the session. Max-Age goes before Expires.
    fn by_the_servers_clock(&self, mut cookie: RawCookie<'static>) -> RawCookie<'static> {
        let has_expired = match (cookie.max_age(), cookie.expires_datetime()) {
            (Some(age), _) => age.whole_seconds() <= 0,
            (None, Some(until)) => u64::try_from(until.unix_timestamp()).unwrap_or(0) <= self.now.seconds(),
            (None, None) => false,
        };
        if has_expired {
            cookie.make_removal();
        } else {
            cookie.set_max_age(None);
            cookie.unset_expires();
        }
        cookie
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// Long before and long after whatever the machine's clock says.
    const NOW: Timestamp = Timestamp::from_seconds(1_000_000_000);
    const AT: &str = "http://as.test/login/7";

    /// What is sent to `to` after these answers have come from `from`.
    fn sent(from: &str, cookies: &[&str], to: &str) -> Option<String> {
        let (from, to) = (Url::parse(from).unwrap(), Url::parse(to).unwrap());
        let mut jar = Jar::at(NOW);
        for cookie in cookies {
            let answer = http::Response::builder().header(SET_COOKIE, *cookie).body(Bytes::new()).unwrap();
            jar.take_from(&from, &answer);
        }
        let mut request = Sent::default();
        jar.add_to(&to, &mut request);
        request.headers().get(COOKIE).map(|cookies| cookies.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_cookie_goes_to_its_host_and_below_its_path() {
        assert_eq!(sent(AT, &["a=1"], "http://as.test/login/8"), Some("a=1".to_owned()));
        assert_eq!(sent(AT, &["a=1; Path=/"], "http://as.test/other"), Some("a=1".to_owned()));
        assert_eq!(sent(AT, &["a=1"], "http://as.test/loginpage"), None);
        assert_eq!(sent(AT, &["a=1; Path=/", "b=2; Path=/login"], AT), Some("b=2; a=1".to_owned()));
        for other in ["http://thief.test/login/7", "http://as.test.thief.test/login/7", "http://x.as.test/login/7"] {
            assert_eq!(sent(AT, &["a=1; Path=/"], other), None, "{other}");
        }
    }

    #[test]
    fn a_domain_widens_to_the_hosts_below_it_and_to_no_other() {
        let at = "https://login.as.test/";
        assert_eq!(sent(at, &["a=1; Domain=as.test"], "https://www.as.test/"), Some("a=1".to_owned()));
        assert_eq!(sent(at, &["a=1; Domain=thief.test"], "https://thief.test/"), None);
    }

    #[test]
    fn a_secure_cookie_needs_tls_but_on_loopback() {
        let cookies = ["a=1; Secure; Path=/"];
        assert_eq!(sent("https://as.test/", &cookies, "http://as.test/"), None);
        assert_eq!(sent("https://as.test/", &cookies, "https://as.test/"), Some("a=1".to_owned()));
        assert_eq!(sent("http://127.0.0.1:1/", &cookies, "http://127.0.0.1:1/"), Some("a=1".to_owned()));
    }

    #[test]
    fn what_has_expired_by_the_servers_clock_is_deleted() {
        for over in [
            "a=; Max-Age=0",
            "a=2; Max-Age=-1",
            "a=2; Expires=Sun, 09 Sep 2001 01:46:40 GMT",
            "a=2; Max-Age=0; Expires=Sun, 09 Sep 2035 01:46:40 GMT",
        ] {
            assert_eq!(sent(AT, &["a=1", over], AT), None, "{over}");
        }
        // A second later, and long ago by the machine's clock.
        let lasts = "a=2; Expires=Sun, 09 Sep 2001 01:46:41 GMT";
        assert_eq!(sent(AT, &["a=1", lasts], AT), Some("a=2".to_owned()));
        assert_eq!(sent(AT, &["a=1; Max-Age=1"], AT), Some("a=1".to_owned()));
    }
}

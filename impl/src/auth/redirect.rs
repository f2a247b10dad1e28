//! Which redirect URIs an authorization request may name. RFC 9700 section 4.1.3, RFC 8252 section 7.3.
//!
//! Invariant: URIs are compared as they are written, never after a parser has rewritten them; only the port of a loopback
//! address is left out of the comparison.
//!
//! Deliberately absent: `localhost`. RFC 8252 section 8.3 advises against it, because a resolver may send the name to
//! another machine; a redirect URI with this host is matched like every other one, with its port.

/// The loopback addresses that a native app can listen on, as RFC 8252 section 7.3 writes them.
const LOOPBACK: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// Whether a request may name `requested` where a client has registered `registered`.
///
/// They must be the same, except for the port of a loopback address: a native app takes the one that the operating system
/// gives it at that moment.
pub fn matches(registered: &str, requested: &str) -> bool {
    registered == requested
        || without_port(registered).is_some_and(|registered| without_port(requested) == Some(registered))
}

/// The host and the path, with the query, of a loopback redirect URI; `None` for every other URI.
fn without_port(uri: &str) -> Option<(&'static str, &str)> {
    let (host, rest) = LOOPBACK.into_iter().find_map(|host| Some((host, uri.strip_prefix(host)?)))?;
    let (port, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (port.is_empty() || is_port(port)).then_some((host, path))
}

/// Whether `text` is a colon and the number of a port that can be listened on.
fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|digits| {
        digits.starts_with(|first: char| ('1'..='9').contains(&first)) && digits.parse::<u16>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTERED: &str = "http://127.0.0.1/callback";

    #[test]
    fn a_loopback_address_matches_with_any_port() {
        for registered in [REGISTERED, "http://127.0.0.1:9402/callback"] {
            for requested in [REGISTERED, "http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback"] {
                assert!(matches(registered, requested), "{requested} for {registered}");
            }
        }
        assert!(matches("http://[::1]/callback?x=1", "http://[::1]:9402/callback?x=1"));
        assert!(matches("http://[::1]", "http://[::1]:9402"));
    }

    #[test]
    fn nothing_but_the_port_of_a_loopback_address_may_differ() {
        for requested in [
            "https://127.0.0.1:9402/callback",
            "http://127.0.0.1:9402/callback-x",
            "http://127.0.0.1:9402/callback/",
            "http://127.0.0.1:9402/callback?x=1",
            "http://127.0.0.1:9402/",
            "http://127.0.0.1:9402",
            "http://127.0.0.1:9402/x/../callback",
            "http://[::1]:9402/callback",
            "http://localhost:9402/callback",
            "http://127.0.0.2:9402/callback",
            "http://127.1:9402/callback",
        ] {
            assert!(!matches(REGISTERED, requested), "{requested}");
        }
    }

    #[test]
    fn what_only_looks_like_a_loopback_address_with_a_port_does_not_match() {
        for requested in [
            "http://127.0.0.1@evil.test/callback",
            "http://127.0.0.1:9402@evil.test/callback",
            "http://user@127.0.0.1:9402/callback",
            "http://127.0.0.1.evil.test/callback",
            "http://127.0.0.1:9402.evil.test/callback",
            "http://127.0.0.1:9402\\@evil.test/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:09402/callback",
            "http://127.0.0.1:+80/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:80:80/callback",
        ] {
            assert!(!matches(REGISTERED, requested), "{requested}");
        }
    }

    #[test]
    fn every_other_redirect_uri_matches_only_itself() {
        for registered in
            ["http://localhost/callback", "https://127.0.0.1/callback", "http://gui.test/callback", "com.app:/callback"]
        {
            assert!(matches(registered, registered));
        }
        assert!(!matches("http://localhost/callback", "http://localhost:9402/callback"));
        assert!(!matches("https://127.0.0.1/callback", "https://127.0.0.1:9402/callback"));
        assert!(!matches("http://gui.test/callback", "http://gui.test:9402/callback"));
    }
}

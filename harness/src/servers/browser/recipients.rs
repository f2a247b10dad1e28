//! Who may be sent a password: the AuthService itself, and the hosts that its file names as places where people sign in.
//!
//! Invariant: where the AuthService is reached over TLS, a password is not sent without it, whoever asks.

use url::{Origin, Url};

use crate::servers::Fault;

/// Who may be sent a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::servers) struct Recipients {
    own: Vec<Origin>,
    hosts: Vec<String>,
    tls: Tls,
}

/// Whether a password needs TLS on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tls {
    Needed,
    /// For an AuthService that has none itself, such as one on loopback.
    Optional,
}

impl Recipients {
    /// The AuthService at this address, and nobody else.
    pub(in crate::servers) fn only(url: &Url) -> Self {
        Self::of(std::slice::from_ref(url), &[])
    }

    /// The AuthService at these addresses, its issuer's first, and these hosts: `login.example`, or `login.example:8443`.
    pub(in crate::servers) fn of(own: &[Url], hosts: &[String]) -> Self {
        let tls =
            if own.first().is_some_and(|issuer| issuer.scheme() == "https") { Tls::Needed } else { Tls::Optional };
        Self { own: own.iter().map(Url::origin).collect(), hosts: hosts.to_vec(), tls }
    }

    /// Fails unless a password may be sent there.
    ///
    /// # Errors
    /// Says where it would have gone, and what allows it.
    pub(in crate::servers) fn may_receive(&self, action: &Url) -> Result<(), Fault> {
        let origin = action.origin();
        let to = origin.ascii_serialization();
        if self.tls == Tls::Needed && action.scheme() != "https" {
            return Err(Fault(format!(
                "the login form sends the password to {to}, without TLS, though the AuthService is reached over https: the password stays here"
            )));
        }
        if self.own.contains(&origin) || names(&self.hosts, action) {
            return Ok(());
        }
        let own = self.own.first().map(Origin::ascii_serialization).unwrap_or_default();
        let host = action.host_str().unwrap_or_default();
        let host = action.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Err(Fault(format!(
            "the login form sends the password to {to}, which is no place for the password of an AuthService at {own}; if people do sign in \
             there, say so in the target's file: `sign_in.hosts = [\"{host}\"]`"
        )))
    }
}

/// Whether one of these is the host of an address, with its port if that is not the scheme's own.
fn names(hosts: &[String], url: &Url) -> bool {
    let web = matches!(url.scheme(), "http" | "https");
    let Some(host) = url.host_str().filter(|_| web) else { return false };
    hosts.iter().any(|listed| match url.port() {
        None => listed.eq_ignore_ascii_case(host),
        Some(port) => listed.eq_ignore_ascii_case(&format!("{host}:{port}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_password_goes_to_the_auth_service_and_to_hosts_that_the_file_names() {
        let own = [url("https://as.test"), url("https://login.as.test/authorize")];
        let recipients = Recipients::of(&own, &["idp.test".to_owned(), "idp.test:8443".to_owned()]);
        let may = |action: &str| recipients.may_receive(&url(action));
        for own in ["https://as.test/login", "https://login.as.test/", "https://IDP.test/", "https://idp.test:8443/"] {
            assert_eq!(may(own), Ok(()), "{own}");
        }
        for foreign in
            ["https://thief.test/", "https://as.test:444/", "https://as.test.thief.test/", "https://idp.test:1/"]
        {
            let Fault(why) = may(foreign).expect_err(foreign);
            assert!(why.contains(foreign.trim_end_matches('/')) && why.contains("https://as.test"), "{why}");
        }
    }

    #[test]
    fn no_file_sends_a_password_without_tls_where_the_auth_service_has_it() {
        let recipients = Recipients::of(&[url("https://as.test")], &["as.test".to_owned()]);
        for action in ["http://as.test/login", "http://as.test:443/login", "ftp://as.test/"] {
            let Fault(why) = recipients.may_receive(&url(action)).expect_err(action);
            assert!(why.contains("without TLS"), "{why}");
        }
        let plain = Recipients::of(&[url("http://127.0.0.1:9400")], &["login.test".to_owned()]);
        for action in ["http://127.0.0.1:9400/login", "http://login.test/", "https://login.test/"] {
            assert_eq!(plain.may_receive(&url(action)), Ok(()), "{action}");
        }
    }
}

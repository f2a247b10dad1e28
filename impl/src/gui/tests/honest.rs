//! An AuthService and a backend that keep the protocol, in a few lines.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};

use crate::clock::Timestamp;
use crate::gui::Exchange;

use super::support::{field, invalid_grant, items, refused, response, tokens};

/// In every token and code, so that one that leaks is found by its text.
pub(super) const MARK: &str = "SECRET-";

/// An AuthService and a backend that keep the protocol: rotation, reuse ends the grant, 60-second tokens.
#[derive(Default)]
pub(super) struct Honest {
    /// By grant: the generation of the live refresh token; `None` once the grant has ended.
    pub(super) grants: Vec<Option<u32>>,
    /// Access tokens: grant and end.
    access: BTreeMap<String, (usize, Timestamp)>,
    spent_codes: BTreeSet<String>,
}

impl Honest {
    pub(super) fn answer(&mut self, now: Timestamp, kind: Exchange, request: &Request<Bytes>) -> Response<Bytes> {
        match kind {
            Exchange::Call { .. } => match bearer(request).and_then(|token| self.access.get(&token)) {
                Some((grant, end)) if now < *end && self.grants[*grant].is_some() => items(),
                Some(_) | None => refused(),
            },
            Exchange::Redeem { .. } => {
                if !self.spent_codes.insert(field(request.body(), "code")) {
                    return invalid_grant();
                }
                self.grants.push(Some(0));
                self.issue(now, self.grants.len() - 1)
            }
            Exchange::Refresh { .. } => {
                let (grant, generation) = read_refresh(&field(request.body(), "refresh_token"));
                if self.grants[grant] != Some(generation) {
                    self.grants[grant] = None;
                    return invalid_grant();
                }
                self.grants[grant] = Some(generation + 1);
                self.issue(now, grant)
            }
            Exchange::Revoke { .. } => {
                let (grant, _) = read_refresh(&field(request.body(), "token"));
                self.grants[grant] = None;
                response(200, "")
            }
        }
    }

    fn issue(&mut self, now: Timestamp, grant: usize) -> Response<Bytes> {
        let generation = self.grants[grant].expect("only a live grant issues");
        let access = format!("{MARK}a.{grant}.{}", self.access.len());
        self.access.insert(access.clone(), (grant, now.after(Duration::from_secs(60))));
        tokens(&access, &format!("{MARK}r.{grant}.{generation}"))
    }
}

pub(super) fn bearer(request: &Request<Bytes>) -> Option<String> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().unwrap();
    value.strip_prefix("Bearer ").map(str::to_owned)
}

/// The grant that a token of [`Honest`] belongs to.
pub(super) fn grant_of(token: &str) -> usize {
    token.split('.').nth(1).unwrap().parse().unwrap()
}

pub(super) fn read_refresh(token: &str) -> (usize, u32) {
    (grant_of(token), token.split('.').nth(2).unwrap().parse().unwrap())
}

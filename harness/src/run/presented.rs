//! Which tokens the backend is presented along a trace, beside those of its calls.

use std::time::Duration;

use authloom_model::policy::{Grace, Window};
use authloom_model::seen::Event;
use authloom_model::{Action, Exchange, Policy, Scope, Spec};

use super::{Unwatched, explore};
use crate::drive::{self, Verdict};
use crate::explore::Limits;
use crate::servers::{Concrete, Fault, Reference, Secret, Target, Unsupported};

/// The reference, and every token that its backend was presented on the side.
struct Watched {
    reference: Reference,
    presented: Vec<Secret>,
}

impl Target for Watched {
    fn name(&self) -> &str {
        self.reference.name()
    }

    fn unsupported(&self, policy: &Policy) -> Unsupported {
        self.reference.unsupported(policy)
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.reference.reset()
    }

    fn apply(&mut self, action: Action) -> Result<Vec<Event<Concrete>>, Fault> {
        self.reference.apply(action)
    }

    fn at_once(&mut self, exchanges: &[Exchange]) -> Result<Vec<Event<Concrete>>, Fault> {
        self.reference.at_once(exchanges)
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        self.reference.is_active(token)
    }

    fn backend_accepts(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        self.presented.push(token.clone());
        self.reference.backend_accepts(token)
    }
}

/// How often a backend was presented a refresh token along a shortest way to a use of the grace period.
fn presented_under(grace: Grace) -> usize {
    let policy = Policy { grace, ..Policy::recommended() };
    let spec = Spec::in_ticks(policy, "tabs=1,calls=1,losses=1".parse::<Scope>().unwrap()).unwrap();
    let (checked, _) = explore(&spec, Limits::default(), &mut Unwatched);
    let way = checked.finding("grace-used").and_then(|finding| finding.way.clone()).unwrap();
    let mut target = Watched { reference: Reference::new(&spec).unwrap(), presented: Vec::new() };
    let driven = drive::drive(&mut target, &spec, way);
    assert_eq!(driven.verdict, Verdict::Conforms);
    target.presented.len()
}

#[test]
fn each_refresh_token_is_presented_to_the_backend_once_also_one_issued_in_a_grace_period() {
    let window = Window::For(Duration::from_mins(5));
    // One of the sign-in, one of the refresh whose answer is lost; then the sibling.
    assert_eq!(presented_under(Grace::NewSibling(window)), 3);
    assert_eq!(presented_under(Grace::SameTokens(window)), 2);
}

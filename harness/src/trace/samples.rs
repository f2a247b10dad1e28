//! Traces for tests.

use authloom_model::property::PROPERTIES;
use authloom_model::{Action, Policy, Scope, Seconds, Spec};
use proptest::prelude::*;

use super::{Header, Parting, Trace, Walker};
use crate::explore::exact::{Bounds, explore};
use crate::explore::{Limits, Verdict, questions};

/// The shortest way in which two tabs without a common lock lose their session.
pub(crate) fn two_tabs_race() -> Trace {
    violation("no-refresh-lock", Scope::DEFAULT, "no-spurious-sign-out")
}

/// The shortest way in which a profile violates a property.
pub(super) fn violation(profile: &str, scope: Scope, property: &str) -> Trace {
    let spec = Spec::exact(Policy::profile(profile).unwrap(), scope).unwrap();
    let bounds = Bounds::default();
    let explored = explore(&spec, &spec, &questions(), Limits::default(), bounds, &mut |_| {}).explored;
    let at = PROPERTIES.iter().position(|known| known.name == property).unwrap();
    let Verdict::Violated(way) = &explored.verdicts[at] else { panic!("{profile} does not violate {property}") };
    let mut walker = Walker::new(&spec);
    let steps = way.iter().map(|action| walker.step(*action)).collect();
    let shows = format!("against {property}: {}", PROPERTIES[at].sentence);
    Trace { header: Header::new(&spec, shows), steps }
}

/// A trace of some actions, as a trace tells them.
pub(super) fn trace(profile: &str, scope: Scope, actions: &[Action]) -> Trace {
    let spec = Spec::exact(Policy::profile(profile).unwrap(), scope).unwrap();
    let mut walker = Walker::new(&spec);
    let steps = actions.iter().map(|action| walker.take(*action).unwrap()).collect();
    Trace { header: Header::new(&spec, "a test"), steps }
}

/// Any walk of any profile in a few scopes.
pub(super) fn any_trace() -> impl Strategy<Value = Trace> {
    let scopes = [
        Scope::SMALL,
        Scope::DEFAULT,
        Scope::LARGE,
        Scope { tabs: 3, calls: 2, flows: 2, losses: 4, ..Scope::SMALL },
        Scope { tabs: 1, calls: 1, flows: 1, losses: 0, ..Scope::SMALL },
    ];
    let profile = prop::sample::select(Policy::PROFILES.map(|(name, _)| name).to_vec());
    let scope = prop::sample::select(scopes.to_vec());
    let shows = "[a-z][a-zA-Z0-9 ,;:#%|{}\"é-]{0,40}[a-z.]";
    let parting = ("[!-~é]{1,3}[ -~é]{0,20}[!-~é]", "[!-~]{1,20}");
    let parting = prop::option::of(parting.prop_map(|(expected, seen)| Parting { expected, seen }));
    let choices = prop::collection::vec(any::<prop::sample::Index>(), 1..80);
    (profile, scope, shows, parting, choices).prop_map(|(profile, scope, shows, parting, choices)| {
        let spec = Spec::exact(Policy::profile(profile).unwrap(), scope).unwrap();
        let mut walker = Walker::new(&spec);
        let mut steps = Vec::new();
        for choice in choices {
            let waits = walker.until_a_limit().into_iter().chain([Seconds(1)]).map(Action::Wait);
            let possible: Vec<Action> = walker.enabled().into_iter().chain(waits).collect();
            let action = *choice.get(&possible);
            steps.push(walker.take(action).unwrap());
        }
        Trace { header: Header { parting, ..Header::new(&spec, shows) }, steps }
    })
}

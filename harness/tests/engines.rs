//! Two engines, one answer: our explorer and stateright agree on the number of worlds and on every verdict both can give.

mod support;

use authloom::explore::Verdict;
use authloom_model::checker::second_opinion;
use authloom_model::property::PROPERTIES;
use authloom_model::{Policy, Scope, Spec};
use proptest::prelude::*;
use support::policies::any_small_policy;
use support::{explored, small_scope, spec};

fn agree(spec: &Spec) {
    let (own, _) = explored(spec);
    let second = second_opinion(spec);
    assert_eq!(own.worlds, second.worlds as u64, "worlds of {spec:?}");
    for ((property, own), second) in PROPERTIES.iter().zip(&own.verdicts).zip(second.happens) {
        let own = match own {
            Verdict::Violated(_) | Verdict::Reached(_) => Some(true),
            Verdict::Holds | Verdict::NotReached => Some(false),
            Verdict::Unknown => None,
        };
        if second.is_some() {
            assert_eq!(own, second, "{} of {spec:?}", property.name);
        }
    }
}

#[test]
fn both_engines_agree_on_every_profile() {
    for (name, _) in Policy::PROFILES {
        let policy = Policy::profile(name).expect("it is listed");
        agree(&spec(policy, "tabs=2,losses=0"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_agree_on_any_small_policy_and_scope(policy in any_small_policy(), scope in small_scope()) {
        let scope = Scope { losses: scope.losses.min(1), ..scope };
        agree(&Spec::in_ticks(policy, scope).expect("the policy is small"));
    }
}

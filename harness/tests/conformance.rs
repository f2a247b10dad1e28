//! The reference obeys the model, step by step: every step of small scopes under every profile, and a step of every kind under any policy.

mod support;

use authloom::cover;
use authloom::drive::{Verdict, drive};
use authloom::explore::{Graph, System};
use authloom::servers::Reference;
use authloom_model::world::GrantState;
use authloom_model::{Action, Exchange, Policy, Spec};
use proptest::prelude::*;
use support::policies::any_small_policy;
use support::{explored, small_scope, spec, way};

fn conforms(spec: &Spec, tours: impl FnOnce(&Graph) -> Vec<cover::Path>) {
    let (_, graph) = explored(spec);
    let mut target = Reference::new(spec).expect("the reference can be set up");
    for tour in tours(&graph) {
        let driven = drive(&mut target, spec, way(spec, &graph, &tour));
        assert_eq!(driven.verdict, Verdict::Conforms, "after {} steps under {:?}", driven.steps, spec.policy);
        assert_eq!(driven.steps, tour.len());
    }
}

#[test]
fn the_reference_takes_every_step_of_one_tab_under_every_profile() {
    for (name, _) in Policy::PROFILES {
        let policy = Policy::profile(name).expect("it is listed");
        conforms(&spec(policy, "tabs=1,calls=1,losses=1"), |graph| {
            cover::every_step(graph, cover::StepOptions::default()).tours
        });
    }
}

#[test]
fn the_reference_takes_every_kind_of_step_of_the_default_scope_under_every_profile() {
    for (name, _) in Policy::PROFILES {
        let policy = Policy::profile(name).expect("it is listed");
        conforms(&spec(policy, "default"), |graph| cover::every_kind(graph, cover::KindOptions::default()).traces);
    }
}

#[test]
fn the_reference_takes_every_kind_of_step_with_a_thief_under_every_profile() {
    for (name, _) in Policy::PROFILES {
        let policy = Policy::profile(name).expect("it is listed");
        conforms(&spec(policy, "theft"), |graph| cover::every_kind(graph, cover::KindOptions::default()).traces);
    }
}

/// What a revocation does to other grants of the person shows only where there is one.
#[test]
fn a_step_of_every_kind_revokes_a_token_of_an_ended_grant_beside_a_live_one() {
    let spec = spec(Policy::recommended(), "theft");
    let (_, graph) = explored(&spec);
    let traces = cover::every_kind(&graph, cover::KindOptions::default()).traces;
    let revokes_beside_a_live_one = |trace: &cover::Path| {
        let mut world = spec.initial();
        way(&spec, &graph, trace).any(|action| {
            let before = world;
            world = System::next(&spec, &before, action).world;
            let Action::Arrive(Exchange::Revoke(tab)) = action else { return false };
            let revoked = before.grant(before.tabs[tab.index()].flow.grant);
            let beside = before.grants.iter().any(|grant| grant.state == GrantState::Redeemed);
            revoked.state == GrantState::Ended && beside
        })
    };
    assert!(traces.iter().any(revokes_beside_a_live_one));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_reference_takes_every_kind_of_step_under_any_policy(policy in any_small_policy(), scope in small_scope()) {
        let spec = Spec::in_ticks(policy, scope).expect("the policy is small");
        conforms(&spec, |graph| cover::every_kind(graph, cover::KindOptions::default()).traces);
    }
}

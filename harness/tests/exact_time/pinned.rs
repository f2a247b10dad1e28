//! What is known of some policies.

use std::collections::BTreeSet;

use authloom::explore::Verdict;
use authloom_model::policy::{
    Ends, Grace, Late401, LostAnswer, Rotation, SingleFlight, SpentRevokes, Validation, WrongVerifier,
};
use authloom_model::property::PROPERTIES;
use authloom_model::{Policy, Scope, Spec};

use crate::explored_exactly;
use crate::support::phased::{exactly, in_parts_of_a_tick};
use crate::support::{explored, minutes, recommended};

/// The promises that are not kept.
fn violated(verdicts: &[Verdict<authloom_model::Action>]) -> BTreeSet<&'static str> {
    let all = PROPERTIES.iter().zip(verdicts);
    all.filter(|(_, verdict)| matches!(verdict, Verdict::Violated(_))).map(|(property, _)| property.name).collect()
}

/// A policy under which a session is lost strictly between two ticks of the greatest common divisor.
fn between_ticks() -> Policy {
    recommended(|policy| {
        (policy.access_lifetime, policy.code_lifetime) = (minutes(5), minutes(10));
        (policy.refresh_idle, policy.refresh_absolute) = (Some(minutes(5)), Some(minutes(15)));
        (policy.rotation, policy.grace) = (Rotation::Off, Grace::None);
        (policy.wrong_verifier, policy.spent_revokes) = (WrongVerifier::Ignored, SpentRevokes::No);
        (policy.revocation_ends, policy.code_replay_ends) = (Ends::Grant, Ends::Grant);
        (policy.late_401, policy.lost_answer) = (Late401::Refresh, LostAnswer::SignInAgain);
    })
}

/// A single-page application as many have it: an hour beside thirty days, no lock across tabs, no grace.
fn single_page_application() -> Policy {
    recommended(|policy| {
        let month = minutes(30 * 24 * 60);
        (policy.access_lifetime, policy.code_lifetime) = (minutes(60), minutes(10));
        (policy.refresh_idle, policy.refresh_absolute) = (Some(month), Some(month));
        policy.grace = Grace::None;
        (policy.validation, policy.leeway) = (Validation::Local, minutes(1));
        policy.single_flight = SingleFlight::Tab;
    })
}

#[test]
fn the_recommended_policy_has_as_many_worlds_of_phases_as_it_had() {
    let worlds = |scope| explored_exactly(&exactly(&Policy::recommended(), scope)).explored.worlds;
    assert_eq!(worlds(Scope::SMALL), 22_974);
    assert_eq!(worlds(Scope::DEFAULT), 38_394);
    assert_eq!(worlds(Scope::THEFT), 33_955);
}

#[test]
fn what_happens_between_two_ticks_is_seen() {
    let policy = between_ticks();
    let exact = violated(&explored_exactly(&exactly(&policy, Scope::THEFT)).explored.verdicts);
    let in_ticks = |parts| violated(&explored(&in_parts_of_a_tick(&policy, Scope::THEFT, parts)).0.verdicts);
    assert!(exact.contains("no-self-loss"), "{exact:?}");
    assert!(!in_ticks(1).contains("no-self-loss"));
    assert_eq!(in_ticks(2), exact);
}

#[test]
fn two_tabs_without_a_lock_are_found_out_at_an_hour_beside_thirty_days() {
    let spec = Spec::exact(single_page_application(), Scope::DEFAULT).expect("its durations can be counted together");
    let violated = violated(&explored_exactly(&spec).explored.verdicts);
    assert!(violated.contains("no-spurious-sign-out"), "{violated:?}");
    assert!(violated.contains("survives-a-loss"), "{violated:?}");
}

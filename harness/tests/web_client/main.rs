//! Any client can be driven whose HTTP messages pass the seam: what it sends is told apart by what it is, and its session by what it
//! stores.

#[path = "../support/mod.rs"]
mod support;
mod textbook;

use authloom::cover::{KindOptions, every_kind};
use authloom::drive::{Verdict, drive};
use authloom::servers::{Parts, Reference};
use authloom_model::{Policy, Spec};

use support::{explored, spec, way};
use textbook::{Refreshes, Textbook};

/// The first trace that does not conform, of those that take a step of every kind.
fn driven(spec: &Spec, refreshes: Refreshes) -> Verdict {
    let (_, graph) = explored(spec);
    let parts = Parts::of(spec).expect("a profile has settings");
    let mut target =
        Reference::with_client(parts, Box::new(Textbook::new(refreshes))).expect("the reference can be set up");
    let traces = every_kind(&graph, KindOptions::default()).traces;
    let verdicts = traces.iter().map(|trace| drive(&mut target, spec, way(spec, &graph, trace)).verdict);
    verdicts.into_iter().find(|verdict| *verdict != Verdict::Conforms).unwrap_or(Verdict::Conforms)
}

#[test]
fn a_client_that_is_not_ours_takes_every_kind_of_step_of_its_policy() {
    for scope in ["default", "theft", "small"] {
        let spec = spec(Policy::recommended(), scope);
        assert_eq!(driven(&spec, Refreshes::UnderALock), Verdict::Conforms, "{scope}");
    }
}

#[test]
fn a_client_without_a_lock_conforms_to_the_policy_without_one() {
    let policy = Policy::profile("no-refresh-lock").expect("it is listed");
    assert_eq!(driven(&spec(policy, "default"), Refreshes::InEachTab), Verdict::Conforms);
}

#[test]
fn a_client_without_a_lock_is_seen_to_refresh_before_its_turn() {
    let spec = spec(Policy::recommended(), "default");
    let Verdict::Diverges(divergence) = driven(&spec, Refreshes::InEachTab) else { panic!("it refreshes unasked") };
    assert_eq!(divergence.rule.id, "nothing-unasked");
}

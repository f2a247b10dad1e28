//! The suite's teeth: a table of deliberate faults of the reference, each of which the suites must notice.
//!
//! A fault is made by putting something else in the place of a part (`Parts`), never by a switch in the product. It is
//! caught when a target that has it diverges, by the rule that it breaks; that we fail to ask it is no catch.
//! Run with `--nocapture`, the tests print what caught what.

mod auth;
mod auth_http;
mod backend;
mod decisions;
mod flaw;
mod gui;
mod suite;
#[path = "../support/mod.rs"]
mod support;
mod wires;
mod wrong_gui;

use std::collections::BTreeSet;

use authloom::drive::{Divergence, Verdict, drive, shorten};
use authloom::servers::{Parts, Reference};
use authloom_model::rules::{self, Room};

use flaw::Flaw;
use suite::{Suite, Suites};

/// How a flaw was caught.
struct Catch {
    /// Which trace of the suite diverged, counted from 1.
    trace: usize,
    /// Steps that conformed before.
    steps: usize,
    /// The divergence, shortened.
    divergence: Divergence,
}

/// The first divergence that a suite makes of a flaw.
fn caught(flaw: &Flaw, suite: &Suite) -> Option<Catch> {
    let mut parts = Parts::of(&suite.spec).expect("the parts have addresses");
    (flaw.make)(&mut parts);
    let mut target = Reference::with(parts).expect("a flaw leaves the settings sound");
    suite.traces.iter().enumerate().find_map(|(at, trace)| {
        let driven = drive(&mut target, &suite.spec, suite.way(trace));
        match driven.verdict {
            Verdict::Diverges(found) => {
                let divergence = shorten(&mut target, &suite.spec, *found);
                Some(Catch { trace: at + 1, steps: driven.steps, divergence })
            }
            Verdict::Conforms | Verdict::Unsupported(_) | Verdict::Failed(_) | Verdict::CutOff => None,
        }
    })
}

/// Asserts that each flaw is caught by the rule it breaks, and prints a line for each.
#[expect(clippy::print_stdout, reason = "what caught what is for people to read")]
fn assert_all_caught(flaws: &[Flaw]) {
    let mut suites = Suites::default();
    let mut missed = Vec::new();
    for flaw in flaws {
        let suite = suites.find(flaw);
        let Some(Catch { trace, steps, divergence }) = caught(flaw, suite) else {
            println!("{}: NOT caught by {}", flaw.name, suite.name);
            missed.push(flaw.name);
            continue;
        };
        let (rule, of, short) = (divergence.rule, suite.traces.len(), divergence.trace.steps.len());
        println!("{}: {}, trace {trace} of {of}, after {steps} steps", flaw.name, suite.name);
        println!("    shortened to {short}; broken: {rule}");
        if rule.id != flaw.breaks {
            println!("    but it breaks: {}", flaw.breaks);
            missed.push(flaw.name);
        }
    }
    assert!(missed.is_empty(), "not caught by the rule that it breaks: {missed:#?}");
}

#[test]
fn every_flaw_in_what_the_auth_service_decides_is_caught() {
    assert_all_caught(auth::FLAWS);
}

#[test]
fn every_flaw_in_what_the_auth_service_says_is_caught() {
    assert_all_caught(auth_http::FLAWS);
}

#[test]
fn every_flaw_of_the_backend_is_caught() {
    assert_all_caught(backend::FLAWS);
}

#[test]
fn every_flaw_of_the_gui_is_caught() {
    assert_all_caught(gui::FLAWS);
}

#[test]
fn the_register_names_the_faults_that_are_planted_and_the_rules_that_they_break() {
    let planted = [auth::FLAWS, auth_http::FLAWS, backend::FLAWS, gui::FLAWS].concat();
    let planted: BTreeSet<_> = planted.iter().map(|flaw| (flaw.breaks, flaw.name)).collect();
    let registered = rules::all().flat_map(|rule| rule.faults.iter().map(|fault| (rule.id, *fault)));
    assert_eq!(planted, registered.collect());
    // A rule that no fault is seen to break may say as what the one is seen that breaks it.
    for (rule, why) in rules::all().filter_map(|rule| Some((rule.id, rule.why_missing(Room::Fault)?))) {
        let named: Vec<&str> = why.split('`').skip(1).step_by(2).collect();
        if let [fault, seen_as] = named[..] {
            assert!(planted.contains(&(seen_as, fault)), "{rule}: {why}");
        }
    }
}

#[test]
fn the_reference_without_a_flaw_passes_every_suite_that_catches_one() {
    let mut suites = Suites::default();
    for flaw in [auth::FLAWS, auth_http::FLAWS, backend::FLAWS, gui::FLAWS].concat() {
        suites.find(&flaw);
    }
    for suite in suites.all() {
        let mut target = Reference::new(&suite.spec).expect("the reference can be set up");
        for trace in &suite.traces {
            let driven = drive(&mut target, &suite.spec, suite.way(trace));
            assert_eq!(driven.verdict, Verdict::Conforms, "{}, after {} steps", suite.name, driven.steps);
        }
    }
}

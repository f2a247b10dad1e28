//! The pipeline on the reference, and on a target that does something else.

use std::num::NonZeroUsize;

use authloom_model::rules::backend::FRESH_TOKEN_USABLE;
use authloom_model::seen::{Answer, Event};
use authloom_model::{Action, Exchange, Policy, Scope, Spec};

use super::*;
use crate::explore::Limits;
use crate::servers::{Concrete, Fault, Reference, Secret, Stoppable, Target, Unsupported};
use crate::stop::{Stop, StoppedBy};

/// One tab, one call, no loss: a second's work for every target.
const TINY: Scope = Scope { tabs: 1, calls: 1, flows: 1, losses: 0, thefts: 0, ..Scope::DEFAULT };

fn spec() -> Spec {
    Spec::exact(Policy::recommended(), TINY).expect("the recommended policy can be counted")
}

fn reference(spec: &Spec) -> Result<Box<dyn Target>, Fault> {
    Ok(Box::new(Reference::new(spec)?))
}

fn verified(suite: Suite, workers: usize, open: &Open<'_>) -> Outcome {
    let workers = NonZeroUsize::new(workers).expect("somebody works");
    verify(&spec(), Limits::default(), &[Plan { target: "it", suite, open, workers, how: How::ONCE }], &mut Unwatched)
}

fn only(outcome: &Outcome) -> &Replay {
    let replays = outcome.replays.as_deref().expect("replays were asked for");
    assert_eq!(replays.len(), 1);
    &replays[0]
}

/// Something that is not quite the reference.
struct Unlike {
    inner: Reference,
    unlikeness: Unlikeness,
    /// How often its clock was turned in this trace.
    turned: u32,
}

/// Turns of a clock in one trace after which it stands still.
const TURNS: u32 = 4;

#[derive(Clone, Copy)]
enum Unlikeness {
    /// Its backend never has items.
    NoItems,
    /// It can be asked nothing.
    Mute,
    /// It fails whenever its clock is turned once too often in a trace.
    StoppedClock,
}

impl Unlike {
    fn open(unlikeness: Unlikeness) -> Result<Box<dyn Target>, Fault> {
        Ok(Box::new(Self { inner: Reference::new(&spec())?, unlikeness, turned: 0 }))
    }
}

impl Target for Unlike {
    fn name(&self) -> &str {
        "it"
    }

    fn unsupported(&self, policy: &Policy) -> Unsupported {
        match self.unlikeness {
            Unlikeness::NoItems | Unlikeness::StoppedClock => self.inner.unsupported(policy),
            Unlikeness::Mute => Unsupported(vec!["it is mute".to_owned()]),
        }
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.turned = 0;
        self.inner.reset()
    }

    fn apply(&mut self, action: Action) -> Result<Vec<Event<Concrete>>, Fault> {
        self.turned += u32::from(matches!(action, Action::Wait(_)));
        if matches!((self.unlikeness, action), (Unlikeness::StoppedClock, Action::Wait(_))) && self.turned > TURNS {
            return Err(Fault("the clock stands still".to_owned()));
        }
        let seen = self.inner.apply(action)?;
        Ok(seen
            .into_iter()
            .map(|event| match (self.unlikeness, event) {
                (Unlikeness::NoItems, Event::Answered(of, Answer::Items)) => Event::Answered(of, Answer::Unavailable),
                (_, event) => event,
            })
            .collect())
    }

    fn at_once(&mut self, exchanges: &[Exchange]) -> Result<Vec<Event<Concrete>>, Fault> {
        self.inner.at_once(exchanges)
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        self.inner.is_active(token)
    }

    fn backend_accepts(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        self.inner.backend_accepts(token)
    }
}

#[test]
fn the_reference_conforms_in_every_step() {
    let spec = spec();
    let outcome = verified(Suite::EveryStep, 2, &|| reference(&spec));
    assert_eq!(outcome.status(), Status::Holds);
    let replay = only(&outcome);
    let ticks = Spec::in_ticks(spec.policy.clone(), spec.scope).expect("the recommended policy has few ticks");
    assert_eq!(Some(replay.steps_covered), explore(&ticks, Limits::default(), &mut Unwatched).0.steps);
    assert_eq!(replay.traces, replay.planned);
}

#[test]
fn how_many_drive_at_once_changes_nothing() {
    for unlikeness in [Unlikeness::NoItems, Unlikeness::Mute, Unlikeness::StoppedClock] {
        let open = || Unlike::open(unlikeness);
        assert_eq!(verified(Suite::EveryStep, 1, &open), verified(Suite::EveryStep, 3, &open));
    }
}

#[test]
fn a_breach_is_shortened_to_the_steps_it_takes() {
    let outcome = verified(Suite::EveryStep, 1, &|| Unlike::open(Unlikeness::NoItems));
    assert_eq!(outcome.status(), Status::Broken);
    let replay = only(&outcome);
    assert!(replay.diverged > 1 && replay.steps_covered < replay.steps_total);
    let [breach] = replay.breaches.as_slice() else { panic!("one rule is broken: {:?}", replay.breaches) };
    let steps: Vec<String> = breach.trace.actions().map(crate::trace::words::action).collect();
    let shortest = [
        "sign in T1",
        "sign-in T1 arrives",
        "sign-in T1 returns",
        "redeem T1 arrives",
        "redeem T1 returns",
        "open T1.1",
        "call T1.1 arrives",
        "introspect T1.1 arrives",
        "introspect T1.1 returns",
    ];
    assert_eq!(steps, shortest);
    assert_eq!((breach.expected.as_str(), breach.seen.as_str()), ("200 items", "503"));
}

#[test]
fn a_divergence_that_is_accepted_is_said_and_no_failure() {
    let spec = spec();
    let accepted = [(FRESH_TOKEN_USABLE, "it has none".to_owned())];
    let open = || Unlike::open(Unlikeness::NoItems);
    let plan = Plan { how: How { accepted: &accepted, ..How::ONCE }, ..plan(&open) };
    let outcome = verify(&spec, Limits::default(), &[plan], &mut Unwatched);
    assert_eq!(outcome.status(), Status::Holds);
    assert!(only(&outcome).accepted > 0);
    assert_eq!(only(&outcome).reasons, ["accepted: other than `fresh-token-usable`: it has none"]);
}

#[test]
fn a_divergence_that_is_never_seen_again_is_no_finding_and_its_traces_are_driven_again() {
    let asked = std::sync::atomic::AtomicU32::new(0);
    let open = || match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => Unlike::open(Unlikeness::NoItems),
        _ => reference(&spec()),
    };
    let once = Plan { how: How { confirmations: 3, ..How::ONCE }, ..plan(&open) };
    let outcome = verify(&spec(), Limits::default(), &[once], &mut Unwatched);
    assert_eq!(outcome.status(), Status::Holds);
    assert_eq!((only(&outcome).unconfirmed, only(&outcome).diverged, only(&outcome).breaches.len()), (1, 0, 0));
    assert!(only(&outcome).reasons[0].starts_with("seen once, and not again in 3 runs"));
    let again = || Unlike::open(Unlikeness::NoItems);
    let always = Plan { how: How { confirmations: 3, ..How::ONCE }, ..plan(&again) };
    let outcome = verify(&spec(), Limits::default(), &[always], &mut Unwatched);
    assert_eq!(outcome.status(), Status::Broken);
    assert_eq!(only(&outcome).breaches[0].again, Again { times: 3, of: 3 });
}

fn plan<'p>(open: &'p Open<'p>) -> Plan<'p> {
    let (suite, workers) = (Suite::EveryKind, NonZeroUsize::MIN);
    Plan { target: "it", suite, open, workers, how: How::ONCE }
}

#[test]
fn a_target_that_cannot_be_asked_is_no_pass() {
    let outcome = verified(Suite::EveryKind, 1, &|| Unlike::open(Unlikeness::Mute));
    assert_eq!(outcome.status(), Status::NothingRun);
    assert_eq!((only(&outcome).unsupported, only(&outcome).reasons.as_slice()), (1, &["it is mute".to_owned()][..]));
}

#[test]
fn a_fault_of_our_own_is_no_divergence() {
    // It works until its clock stands still: what came before that is reported, and cut off.
    let outcome = verified(Suite::EveryKind, 1, &|| Unlike::open(Unlikeness::StoppedClock));
    assert_eq!((outcome.status(), only(&outcome).cut_by), (Status::Unfinished, Some(CutShort::Faults)));
    assert_eq!(only(&outcome).diverged, 0);
    let outcome = verified(Suite::EveryKind, 1, &|| Err(Fault("there is none".to_owned())));
    assert_eq!(outcome.status(), Status::Fault);
    assert_eq!(only(&outcome).reasons, ["there is none"]);
}

#[test]
fn wherever_a_replay_is_stopped_what_it_found_before_is_told() {
    let whole = verified(Suite::EveryKind, 1, &|| Unlike::open(Unlikeness::NoItems));
    let whole = only(&whole);
    let by = StoppedBy::Interrupt;
    let (mut found, mut nothing_found) = (0, 0);
    for checks in (0..).step_by(23) {
        let stop = Stop::after(checks, by);
        let open = || Ok(Box::new(Stoppable::new(Unlike::open(Unlikeness::NoItems)?, stop)) as Box<dyn Target>);
        let plan = Plan { how: How { stop, ..How::ONCE }, ..plan(&open) };
        let outcome = verify(&spec(), Limits::default(), &[plan], &mut Unwatched);
        let cut = only(&outcome);
        if cut.cut_by.is_none() {
            break;
        }
        assert_eq!((cut.cut_by, outcome.cut_by()), (Some(CutShort::Stopped(by)), Some("ctrl_c")));
        assert!(cut.reasons.contains(&"cut off by Ctrl-C".to_owned()), "{:?}", cut.reasons);
        assert!(
            cut.traces <= whole.traces && cut.steps_covered <= whole.steps_covered && cut.diverged <= whole.diverged
        );
        match cut.diverged {
            0 => nothing_found += usize::from(outcome.status() == Status::Unfinished),
            _ => {
                found += 1;
                assert_eq!((outcome.status(), cut.breaches.len()), (Status::Broken, 1));
                assert_eq!(cut.breaches[0].rule, whole.breaches[0].rule);
            }
        }
    }
    assert!(found > 0 && nothing_found > 0, "{found} with a finding, {nothing_found} without");
}

#[test]
fn given_traces_that_are_stopped_are_told_as_far_as_they_came() {
    let spec = spec();
    let (checked, _) = explore(&spec, Limits::default(), &mut Unwatched);
    let way = checked.finding("token-expires").and_then(|found| found.way.clone()).expect("tokens expire");
    let trace = trace_along(&spec, way, "an access token expires");
    let given: Vec<Given> = (0..4)
        .map(|number| Given { file: format!("{number}").into(), spec: spec.clone(), trace: trace.clone() })
        .collect();
    let mut came = Vec::new();
    for checks in (0..).step_by(5) {
        let stop = Stop::after(checks, StoppedBy::Termination);
        let open = |spec: &Spec| Ok(Box::new(Stoppable::new(reference(spec)?, stop)) as Box<dyn Target>);
        let (replay, replayed) = replay_traces("it", &given, &open, How { stop, ..How::ONCE }, &mut Unwatched);
        assert_eq!(replay.traces, replayed.len() as u64);
        came.push((replayed.len(), replay.status()));
        if replay.cut_by.is_none() {
            break;
        }
    }
    assert_eq!(came.first(), Some(&(0, Status::Unfinished)));
    assert_eq!(came.pop(), Some((4, Status::Holds)));
    assert!(came.contains(&(2, Status::Unfinished)) && came.is_sorted_by_key(|(replayed, _)| *replayed), "{came:?}");
}

#[test]
fn what_diverges_on_a_given_trace_is_looked_for_again() {
    let found = verified(Suite::EveryKind, 1, &|| Unlike::open(Unlikeness::NoItems));
    let trace = only(&found).breaches[0].trace.clone();
    let given = [Given { file: "it".into(), spec: spec(), trace }];
    let open = |_: &Spec| Unlike::open(Unlikeness::NoItems);
    let how = How { confirmations: 3, ..How::ONCE };
    let (replay, _) = replay_traces("it", &given, &open, how, &mut Unwatched);
    assert_eq!(replay.breaches[0].again, Again { times: 3, of: 3 });
}

#[test]
fn a_graph_that_was_cut_off_is_not_replayed() {
    let spec = spec();
    let open = || reference(&spec);
    let plan = Plan { target: "it", suite: Suite::EveryStep, open: &open, workers: NonZeroUsize::MIN, how: How::ONCE };
    let cut = verify(&spec, Limits { worlds: 50, ..Limits::default() }, &[plan], &mut Unwatched);
    assert_eq!((cut.status(), only(&cut).not_driven), (Status::Unfinished, Some(NotDriven::NotExplored)));
}

#[test]
fn a_graph_of_more_steps_than_are_toured_is_not_replayed() {
    let spec = spec();
    let open = || reference(&spec);
    let ticks = Spec::in_ticks(spec.policy.clone(), spec.scope).expect("the recommended policy has few ticks");
    let (checked, _) = explore(&ticks, Limits::default(), &mut Unwatched);
    let steps = checked.steps.and_then(|steps| u32::try_from(steps).ok()).expect("the tiny scope is small");
    let replayed = |most_toured| {
        let how = How { most_toured, ..How::ONCE };
        let plan = Plan { suite: Suite::EveryStep, how, ..plan(&open) };
        verify(&spec, Limits::default(), &[plan], &mut Unwatched)
    };
    assert_eq!(replayed(steps).status(), Status::Holds);
    let most = steps - 1;
    let too_large = replayed(most);
    assert_eq!(too_large.status(), Status::Unfinished);
    assert_eq!(only(&too_large).not_driven, Some(NotDriven::TooManySteps { steps, most }));
}

#[test]
fn given_traces_are_replayed_each_by_its_own_policy() {
    let trace = |name: &str| {
        let policy = Policy::profile(name).expect("the profile is listed");
        let spec = Spec::exact(policy, TINY).expect("a profile can be counted");
        let (checked, _) = explore(&spec, Limits::default(), &mut Unwatched);
        let way = checked.finding("token-expires").and_then(|found| found.way.clone()).expect("tokens expire");
        let trace = trace_along(&spec, way, "an access token expires");
        Given { file: name.into(), spec, trace }
    };
    let given = [trace("recommended"), trace("lost-answer"), trace("recommended")];
    let (replay, replayed) = replay_traces("it", &given, &reference, How::ONCE, &mut Unwatched);
    assert_eq!(replay.status(), Status::Holds);
    assert!(replayed.iter().all(|one| one.verdict == TraceVerdict::Conforms && one.conformed == one.steps));
}

#[test]
fn a_live_graph_that_was_cut_off_or_bounded_is_no_pass() {
    let spec = spec();
    let open = || reference(&spec);
    let seen = (crate::servers::Abilities::ALL, crate::servers::Lens::CLEAR);
    let held = |limits| verify_live(&spec, seen, limits, &plan(&open), &mut Unwatched);
    assert_eq!(held(Limits::default()).status(), Status::Holds);
    let cut = held(Limits { worlds: 50, ..Limits::default() });
    assert_eq!((cut.status(), cut.traces), (Status::Unfinished, 0));
    let bounded = held(Limits { depth: Some(8), ..Limits::default() });
    assert_eq!(bounded.status(), Status::Unfinished);
    assert!(bounded.traces > 0 && bounded.steps_covered == bounded.steps_total);
}

#[test]
fn what_a_live_target_is_not_asked_is_said() {
    let spec = spec();
    let open = || reference(&spec);
    let abilities =
        crate::servers::Abilities { revocation: crate::servers::Support::No, ..crate::servers::Abilities::ALL };
    let lens = crate::servers::Lens { refresh: crate::servers::Support::No, ..crate::servers::Lens::CLEAR };
    let held = verify_live(&spec, (abilities, lens), Limits::default(), &plan(&open), &mut Unwatched);
    assert_eq!(held.left_out, ["not asked: to revoke, so nobody signs out", "not compared: how refresh tokens stand"]);
}

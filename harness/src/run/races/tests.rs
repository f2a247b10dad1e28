//! Races on servers that take what comes at once in some order, in another one, or in none.

use std::cell::Cell;

use authloom_model::rules::Rule;
use authloom_model::rules::at_once::REFRESHES_AT_ONCE;
use authloom_model::seen::Event;
use authloom_model::{Action, Exchange, Policy, Scope, Spec};

use super::super::{Given, How, Replay, Replayed, Status, TraceVerdict, Unwatched, replay_traces, verify_races};
use super::*;
use crate::explore::Limits;
use crate::explore::exact::{self, Bounds};
use crate::servers::askable::Askable;
use crate::servers::{Abilities, Concrete, Fault, Lens, Reference, Secret, Support, Target, Unsupported};
use crate::trace::{json, mermaid};

fn spec(profile: &str) -> Spec {
    let scope = Scope { losses: 0, ..Scope::THEFT };
    Spec::exact(Policy::profile(profile).expect("it is listed"), scope).expect("a profile can be counted")
}

fn traces(spec: &Spec) -> Vec<Trace> {
    let askable = Askable { spec, abilities: Abilities::ALL };
    let found = exact::explore(&askable, spec, &[], Limits::default(), Bounds::default(), &mut |_| {});
    races(&askable, &Space::Exact(Box::new(found.ways.expect("the graph is small"))))
}

/// Of two tabs, one sign-out beside the other tab's requests; that another grant lives is no difference of its own.
#[test]
fn two_tabs_have_six_races() {
    let spec = Spec::exact(Policy::recommended(), Scope::DEFAULT).expect("the recommended policy can be counted");
    assert_eq!(traces(&spec).len(), 6);
}

/// How a server takes what arrives at once.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    /// One after the other, as they are given.
    InOrder,
    /// One after the other, the last one first.
    Backwards,
    /// It answers all of them what it answers the first.
    AsOne,
    /// It takes them in order and forgets to end what it ends.
    WithoutEnd,
    /// It answers all of them what it answers the first, and is never heard of again.
    AsOneAndDies,
}

/// The reference, made to take what arrives at once in some way.
struct Taking(Reference, Takes, Cell<bool>);

impl Taking {
    fn lives(&self) -> Result<(), Fault> {
        if self.2.get() { Ok(()) } else { Err(Fault("connection refused".to_owned())) }
    }
}

impl Target for Taking {
    fn name(&self) -> &str {
        "it"
    }

    fn unsupported(&self, policy: &Policy) -> Unsupported {
        self.0.unsupported(policy)
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.lives()?;
        self.0.reset()
    }

    fn apply(&mut self, action: Action) -> Result<Vec<Event<Concrete>>, Fault> {
        self.0.apply(action)
    }

    fn at_once(&mut self, exchanges: &[Exchange]) -> Result<Vec<Event<Concrete>>, Fault> {
        let mut order = exchanges.to_vec();
        if self.1 == Takes::Backwards {
            order.reverse();
        }
        let mut seen = Vec::new();
        for exchange in order {
            seen.extend(self.0.apply(Action::Arrive(exchange))?);
        }
        let answers: Vec<_> = seen.iter().filter_map(answer_of).cloned().collect();
        self.2.set(self.1 != Takes::AsOneAndDies);
        if let (Takes::AsOne | Takes::AsOneAndDies, Some(first)) = (self.1, answers.first()) {
            for event in &mut seen {
                if let Event::Answered(_, answer) = event {
                    *answer = first.clone();
                }
            }
        }
        Ok(seen)
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        let active = self.0.is_active(token)?;
        Ok(if self.1 == Takes::WithoutEnd { active.map(|_| true) } else { active })
    }

    fn backend_accepts(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        self.0.backend_accepts(token)
    }
}

fn answer_of(event: &Event<Concrete>) -> Option<&authloom_model::seen::Answer<Concrete>> {
    match event {
        Event::Answered(_, answer) => Some(answer),
        Event::Sent(..) | Event::CallEnded(..) | Event::SignInFailed(_) | Event::Session(_) => None,
    }
}

fn verified(profile: &str, takes: Takes, accepted: &[(Rule, String)]) -> (Replay, Vec<Replayed>) {
    let spec = spec(profile);
    let open = |spec: &Spec| Ok(Box::new(Taking(Reference::new(spec)?, takes, Cell::new(true))) as Box<dyn Target>);
    let seen = (Abilities::ALL, Lens::CLEAR);
    let how = How { accepted, times: 2, ..How::ONCE };
    verify_races(&spec, seen, Limits::default(), ("it", &open), how, &mut Unwatched)
}

#[test]
fn every_pair_whose_order_matters_is_there_and_no_other() {
    let shows: BTreeSet<String> = traces(&spec("recommended")).into_iter().map(|trace| trace.header.shows).collect();
    for pair in ["redeem T1 and stolen code", "refresh T1.1 and stolen token", "revoke T1 and refresh T1.1"] {
        assert!(shows.contains(&format!("{pair} at once")), "{pair}: {shows:?}");
    }
    // Two introspections change nothing, and a tab does one thing at a time.
    for pair in ["introspect T1.1 and introspect T1.1", "redeem T1 and revoke T1"] {
        assert!(!shows.contains(&format!("{pair} at once")), "{pair}");
    }
}

#[test]
fn every_race_reads_back_from_what_is_written_and_is_possible_in_every_order() {
    let spec = spec("recommended");
    let traces = traces(&spec);
    assert!(!traces.is_empty());
    for trace in traces {
        assert_eq!(mermaid::read("a.mmd", &mermaid::write(&trace)).as_ref(), Ok(&trace));
        assert_eq!(json::read("a.json", &json::write(&trace)).as_ref(), Ok(&trace));
        assert_eq!(trace.one_after_the_other(&spec).len(), 2);
    }
}

#[test]
fn whichever_order_a_server_takes_is_right_and_told() {
    for (takes, first) in
        [(Takes::InOrder, "refresh T1.1, then stolen token"), (Takes::Backwards, "stolen token, then refresh T1.1")]
    {
        let (replay, replayed) = verified("lost-answer", takes, &[]);
        assert_eq!((replay.status(), replay.diverged), (Status::Holds, 0));
        let told = replayed
            .iter()
            .filter_map(|one| one.race.as_ref())
            .filter(|race| race.what.starts_with("refresh T1.1 and stolen token"));
        let decided = told.clone().filter(|race| race.orders.get(first) == Some(&2)).count();
        assert!(decided > 0 && told.clone().all(|race| race.undecided == 2 || race.orders.get(first) == Some(&2)));
    }
}

#[test]
fn an_answer_that_fits_no_order_diverges_each_time_it_shows() {
    let (replay, _) = verified("lost-answer", Takes::AsOne, &[]);
    assert_eq!(replay.status(), Status::Broken);
    let breach = replay.breaches.iter().find(|breach| breach.rule == REFRESHES_AT_ONCE);
    let breach = breach.expect("two refreshes that get the same are no refreshes");
    assert_eq!((breach.again.times, breach.again.of), (2, 2));
    assert!(breach.expected.contains("; or "), "{}", breach.expected);
    assert!(breach.seen.ends_with("access token #1 and refresh token #2"), "{}", breach.seen);
}

#[test]
fn a_server_that_dies_of_a_race_has_diverged_in_it() {
    let (replay, _) = verified("lost-answer", Takes::AsOneAndDies, &[]);
    assert_eq!(replay.status(), Status::Broken);
    assert!(replay.failed > 0 && replay.reasons.contains(&"connection refused".to_owned()));
    let breach = replay.breaches.first().expect("what was seen before it died is told");
    assert!(breach.rule.sentence.contains("at once") && breach.again.times == 1, "{breach:?}");
}

#[test]
fn what_is_wrong_one_after_the_other_too_is_no_race() {
    let (replay, replayed) = verified("lost-answer", Takes::WithoutEnd, &[]);
    assert_eq!(replay.status(), Status::Broken);
    assert!(replay.breaches.iter().all(|breach| !breach.rule.sentence.contains("at once")), "{:?}", replay.breaches);
    assert!(replayed.iter().any(|one| one.verdict == TraceVerdict::Diverges && one.race.is_none()));
}

#[test]
fn a_race_that_is_accepted_is_told_and_does_not_fail() {
    let (replay, replayed) = verified("lost-answer", Takes::AsOne, &[(REFRESHES_AT_ONCE, "we know".to_owned())]);
    assert!(replay.breaches.iter().all(|breach| breach.rule != REFRESHES_AT_ONCE));
    let accepted = replayed.iter().filter(|one| one.verdict == TraceVerdict::Accepted).count() as u64;
    assert!(accepted > 0 && replay.accepted == accepted);
    assert!(replay.reasons.iter().any(|reason| reason.contains("we know")));
}

#[test]
fn a_server_that_takes_one_request_after_the_other_is_not_asked() {
    let spec = spec("recommended");
    let trace = traces(&spec).swap_remove(0);
    let given = [Given { file: "race.mmd".into(), spec, trace }];
    let open = |spec: &Spec| Ok(Box::new(Reference::new(spec)?) as Box<dyn Target>);
    assert_eq!(Abilities::ALL.at_once, Support::Yes);
    let (replay, _) = replay_traces("it", &given, &open, How { times: 2, ..How::ONCE }, &mut Unwatched);
    assert_eq!((replay.status(), replay.unsupported), (Status::NothingRun, 1));
}

#[test]
fn races_that_are_not_there_or_were_not_looked_for_to_the_end_are_no_pass() {
    let open = |spec: &Spec| Ok(Box::new(Taking(Reference::new(spec)?, Takes::InOrder, Cell::new(true))) as _);
    let verified = |limits: Limits| {
        let spec = spec("recommended");
        let seen = (Abilities::ALL, Lens::CLEAR);
        verify_races(&spec, seen, limits, ("it", &open), How::ONCE, &mut Unwatched).0
    };
    let cut = verified(Limits { worlds: 5_000, ..Limits::default() });
    assert_eq!((cut.status(), cut.traces), (Status::Unfinished, 0));
    assert!(cut.reasons.iter().any(|reason| reason.contains("cut off")), "{:?}", cut.reasons);
    // So near to the beginning only one request is on its way.
    let near = verified(Limits { depth: Some(3), ..Limits::default() });
    assert_eq!((near.status(), near.planned), (Status::NothingRun, 0));
    assert!(near.reasons.iter().any(|reason| reason.contains("no two requests")), "{:?}", near.reasons);
}

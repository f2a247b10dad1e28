//! Finds out which policy a server follows, by asking it.
//!
//! The knobs of the AuthService span a space of candidate policies ([`space`]). Each trace of a pool ([`pool`]) is foretold by each
//! candidate; the one on which they disagree most is run, and whoever foretold something else is struck out. Before all of them, somebody
//! signs in and lets every limit pass. Where the pool says nothing more, two candidates are searched together for what sets them apart ([`alike`]). It ends when nothing does, or when nobody is left: then
//! what was seen is a finding, for no policy in the space explains all of it.
//!
//! Invariant: a candidate is struck out only by what the server was seen to do, never by what was not seen ([`Lens`]). Lifetimes are
//! taken from the policy that the probe begins with; a server that keeps others is explained by no candidate.

mod alike;
mod lifetimes;
mod pool;
mod space;
mod window;

use std::collections::BTreeSet;

use authloom_model::{Action, Policy, Scope, Spec};

use crate::drive::{Divergence, Foretold, Reading, Recorder};
use crate::servers::{Abilities, Fault, Lens, Target, left_out};
use crate::stop::Stop;
use alike::{Apart, apart};

pub use lifetimes::{Lifetimes, measure};
pub use space::{KNOBS, Knob, candidates};
pub use window::GraceWindow;

/// The most traces a probe runs. Each halves what is left at least; a few dozen are more than enough.
const MOST_TRACES: usize = 60;
/// Traces in a row that strike out nobody, after which the rest could not be told apart.
const MOST_FRUITLESS: usize = 8;
/// How often a trace that nobody explains is run again before that is believed: a server's clock runs on while it is asked.
const MOST_DOUBTS: usize = 5;
/// Candidates that say which trace is best. More of them change the choice little, and cost as many steps of the model each.
const MOST_ASKED: usize = 48;
/// The most candidates whose own ways are looked at for a difference.
const MOST_POOLS: usize = 12;
/// Candidates that may be left when each is compared with the first, whatever can happen.
const MOST_COMPARED: usize = 24;
/// What a trace costs beside its steps, in steps.
const A_SIGN_IN: f64 = 4.0;
/// What a probe explores: everything that an AuthService decides.
const SCOPE: Scope = Scope::THEFT;

/// What a probe came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probed {
    /// Policies there were to choose from.
    pub candidates: usize,
    /// The policies that explain all that was seen, the first the one nearest to what RFC 9700 recommends.
    pub left: Vec<Policy>,
    /// Each trace that was run: its steps, and how many candidates it left.
    pub runs: Vec<(usize, usize)>,
    /// How long a grace period lasts, as far as it was seen; none where what is left has none that lasts for a time.
    pub grace_window: Option<GraceWindow>,
    /// Where the last candidate parted from the server, when none is left.
    pub unexplained: Option<Divergence>,
    /// Whether there was more to ask.
    pub end: End,
    /// What the server was not asked, or what was not compared, in sentences.
    pub left_out: Vec<String>,
    /// What ended it early, if anything did.
    pub cut_by: Option<Fault>,
}

/// Why a probe ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// One candidate is left, or none, or nothing that can happen in the probe's scope tells the rest apart.
    Done,
    /// Traces that should have told the rest apart did not, [`MOST_FRUITLESS`] in a row, or there was too much to look at.
    Fruitless,
    /// Too many traces were run, or nothing more may be asked: more of them would tell more.
    CutOff,
    /// The server could not be asked any more.
    Failed,
}

impl Probed {
    /// The knobs that what is left agrees on, and those that it does not, each with the choices that are left.
    #[must_use]
    pub fn knobs(&self) -> Vec<(Knob, Vec<String>)> {
        let told = |knob: &Knob| {
            let mut choices: Vec<String> = Vec::new();
            for choice in self.left.iter().map(|policy| (knob.choice)(policy)) {
                if !choices.contains(&choice) {
                    choices.push(choice);
                }
            }
            (*knob, choices)
        };
        KNOBS.iter().map(told).collect()
    }
}

/// Probes a target, whose lifetimes are those of `start`. What ends it early, once something was asked, takes nothing away of what was seen.
///
/// # Errors
/// When the target cannot be asked at all, or the policy's durations cannot be counted together.
pub fn probe(
    target: &mut dyn Target,
    start: &Policy,
    stop: Stop,
    mut tell: impl FnMut(usize, usize),
) -> Result<Probed, Fault> {
    let specs = candidates(start).into_iter().map(|policy| Spec::exact(policy, SCOPE));
    let specs: Vec<Spec> = specs.collect::<Result<_, _>>().map_err(|error| Fault(error.to_string()))?;
    let mut probed = Probed {
        candidates: specs.len(),
        left: Vec::new(),
        runs: Vec::new(),
        grace_window: None,
        unexplained: None,
        end: End::Done,
        left_out: left_out(target.abilities(), target.lens()),
        cut_by: None,
    };
    let mut left: Vec<usize> = (0..specs.len()).collect();
    let (abilities, lens) = (target.abilities(), target.lens());
    let mut pool = pool::of(&specs[0], abilities, stop);
    let mut first = Some(pool::until_the_limits(&specs[0], abilities));
    let mut drawn_from = BTreeSet::from([0]);
    let mut alike = BTreeSet::new();
    let mut fruitless = 0;
    let mut ran = Vec::new();
    loop {
        if let Some(by) = stop.check() {
            (probed.end, probed.cut_by) = (End::CutOff, Some(Fault::stopped(by)));
            break;
        }
        tell(probed.runs.len(), left.len());
        let trace = match first.take().or_else(|| Some(pool.remove(best(&pool, &specs, &left, lens)?))) {
            Some(trace) => trace,
            // The pool says nothing more: what another candidate can do may.
            None => match left.iter().find(|spec| !drawn_from.contains(*spec)).copied() {
                Some(other) if drawn_from.len() < MOST_POOLS && left.len() > MOST_COMPARED => {
                    drawn_from.insert(other);
                    pool = pool::of(&specs[other], abilities, stop);
                    continue;
                }
                Some(_) | None => match sets_apart(&specs, &left, &mut alike, (abilities, lens), stop) {
                    Apart::By(trace) => trace,
                    Apart::Never => break,
                    Apart::Unknown if stop.by().is_some() => continue,
                    Apart::Unknown => {
                        probed.end = End::Fruitless;
                        break;
                    }
                },
            },
        };
        if fruitless >= MOST_FRUITLESS || probed.runs.len() >= MOST_TRACES {
            probed.end = if fruitless >= MOST_FRUITLESS { End::Fruitless } else { End::CutOff };
            break;
        }
        let (mut explain, mut nearest) = match run(target, &specs, &left, &trace) {
            Err(fault) if fault.is_cut_off() => {
                (probed.end, probed.cut_by) = (End::CutOff, Some(fault));
                break;
            }
            Err(fault) if !probed.runs.is_empty() => {
                (probed.end, probed.cut_by) = (End::Failed, Some(fault));
                break;
            }
            ran => ran?,
        };
        for _ in 0..MOST_DOUBTS {
            if explain.is_empty() && target.may_ask_more() {
                // What cannot be looked at again is believed.
                let Ok(again) = run(target, &specs, &left, &trace) else { break };
                (explain, nearest) = again;
            }
        }
        probed.runs.push((trace.len(), explain.len()));
        ran.push(trace.clone());
        fruitless = if explain.len() == left.len() { fruitless + 1 } else { 0 };
        if explain.first() != left.first() {
            alike.clear();
        }
        let before = std::mem::replace(&mut left, explain);
        if left.is_empty() {
            probed.unexplained = shortened(target, &specs, &before, &trace).or(nearest);
            break;
        }
    }
    probed.left = left.into_iter().map(|spec| specs[spec].policy.clone()).collect();
    probed.grace_window = GraceWindow::seen(&probed.left, &ran, SCOPE, lens);
    Ok(probed)
}

/// Where candidates part from the target on as few steps as leaving out brings it to: still none of them explains what is seen.
fn shortened(target: &mut dyn Target, specs: &[Spec], left: &[usize], trace: &[Action]) -> Option<Divergence> {
    let mut best = trace.to_vec();
    let mut shortest = None;
    let mut length = best.len() / 2;
    while length > 0 {
        let mut start = 0;
        while start < best.len() && target.may_ask_more() {
            let rest = &best[(start + length).min(best.len())..];
            let shorter = [&best[..start], rest].concat();
            // A run ends where nobody allows what comes next, so that a part left out may take others with it.
            match run(target, specs, left, &shorter) {
                Ok((explain, Some(nearest))) if explain.is_empty() => {
                    best = nearest.trace.actions().collect();
                    shortest = Some(nearest);
                }
                // An action of the rest may be impossible for our client, which is no fault of the server's.
                Ok(_) | Err(_) => start += 1,
            }
        }
        length /= 2;
    }
    shortest
}

/// What sets the first of the candidates that are left apart from another one. `alike` are those that nothing does.
fn sets_apart(
    specs: &[Spec],
    left: &[usize],
    alike: &mut BTreeSet<usize>,
    (abilities, lens): (Abilities, Lens),
    stop: Stop,
) -> Apart {
    let Some((first, others)) = left.split_first() else { return Apart::Never };
    for other in others {
        if alike.contains(other) {
            continue;
        }
        match apart([&specs[*first], &specs[*other]], abilities, lens, stop) {
            Apart::Never => alike.insert(*other),
            Apart::By(trace) => return Apart::By(trace),
            Apart::Unknown => return Apart::Unknown,
        };
    }
    Apart::Never
}

/// Runs a trace, and says who foretold what was seen; and where the last of them was wrong, if nobody did.
fn run(
    target: &mut dyn Target,
    specs: &[Spec],
    left: &[usize],
    trace: &[Action],
) -> Result<(Vec<usize>, Option<Divergence>), Fault> {
    let mut recorder = Recorder::begin(target)?;
    let mut readings: Vec<(usize, Reading<'_>)> =
        left.iter().map(|spec| (*spec, Reading::new(&specs[*spec]))).collect();
    let mut taken = Vec::new();
    let mut waiting = Vec::new();
    for action in trace {
        if !readings.iter().any(|(_, reading)| reading.allows(*action)) {
            break;
        }
        taken.push(*action);
        let record = recorder.apply(*action)?;
        let mut nearest = None;
        readings.retain_mut(|(spec, reading)| {
            if !reading.allows(*action) {
                // All that was seen is as it foretold; what comes now is nothing that it could be asked.
                waiting.push(*spec);
                return false;
            }
            let Some((difference, rule)) = reading.explain(&[*action], record) else { return true };
            nearest.get_or_insert((*spec, difference, rule));
            false
        });
        if readings.is_empty() && waiting.is_empty() {
            let divergence = nearest.map(|(spec, difference, rule)| {
                Divergence::of(&specs[spec], &taken, difference, rule, recorder.evidence())
            });
            return Ok((Vec::new(), divergence));
        }
    }
    let mut explain: Vec<usize> = readings.into_iter().map(|(spec, _)| spec).chain(waiting).collect();
    explain.sort_unstable();
    Ok((explain, None))
}

/// The trace on which the candidates disagree most for what it costs; none where they agree on all.
fn best(pool: &[Vec<Action>], specs: &[Spec], left: &[usize], lens: Lens) -> Option<usize> {
    let stride = left.len().div_ceil(MOST_ASKED).max(1);
    let asked: Vec<&Spec> = left.iter().step_by(stride).map(|spec| &specs[*spec]).collect();
    let mut best: Option<(f64, usize)> = None;
    for (number, trace) in pool.iter().enumerate() {
        let groups = groups(&asked, trace, lens);
        if groups.len() < 2 {
            continue;
        }
        let of = asked.len() as f64;
        let information: f64 = groups.iter().map(|count| *count as f64 / of).map(|part| -part * part.log2()).sum();
        let worth = information / (A_SIGN_IN + trace.len() as f64);
        if best.is_none_or(|(most, _)| worth > most) {
            best = Some((worth, number));
        }
    }
    best.map(|(_, number)| number)
}

/// How many candidates foretell the same of a trace, for each thing that is foretold.
fn groups(asked: &[&Spec], trace: &[Action], lens: Lens) -> Vec<usize> {
    let mut groups: Vec<(Vec<Foretold>, usize)> = Vec::new();
    for spec in asked {
        let mut reading = Reading::new(spec);
        let foretold: Vec<Foretold> = trace.iter().map_while(|action| reading.foretell(*action, lens)).collect();
        let agrees = |other: &[Foretold]| foretold.iter().zip(other).all(|(one, other)| one.agrees(other));
        match groups.iter_mut().find(|(other, _)| agrees(other)) {
            Some((_, count)) => *count += 1,
            None => groups.push((foretold, 1)),
        }
    }
    groups.into_iter().map(|(_, count)| count).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use authloom_model::policy::{Ends, Grace, IdleOnRefresh, Window};

    use super::*;
    use crate::servers::Reference;

    /// What a probe finds of the reference with a policy, when it begins with another of the same lifetimes.
    fn probed(real: &Policy, start: &Policy) -> Probed {
        let Policy { reuse_ends, grace, idle_on_refresh, .. } = *real;
        let real = Policy { reuse_ends, grace, idle_on_refresh, ..candidates(real).swap_remove(0) };
        let mut target = Reference::new(&Spec::exact(real, SCOPE).unwrap()).unwrap();
        probe(&mut target, start, Stop::NEVER, |_, _| {}).unwrap()
    }

    #[test]
    fn limits_of_minutes_and_of_weeks_are_told_in_one_probe() {
        let (minutes, days) = (Duration::from_mins, |days: u64| Duration::from_hours(24 * days));
        for (access, code, idle, absolute) in [
            (minutes(60), minutes(1), days(14), None),
            (minutes(5), minutes(1), days(7), Some(days(30))),
            (minutes(60), minutes(10), minutes(30), Some(days(30))),
        ] {
            let start = Policy {
                access_lifetime: access,
                code_lifetime: code,
                refresh_idle: Some(idle),
                refresh_absolute: absolute,
                ..Policy::recommended()
            };
            let grace = Grace::SameTokens(Window::For(Duration::from_secs(20)));
            for real in [
                Policy { idle_on_refresh: IdleOnRefresh::RunsOn, reuse_ends: Ends::Nothing, ..start.clone() },
                Policy { grace, ..start.clone() },
            ] {
                let probed = probed(&real, &start);
                assert_eq!((probed.end, probed.left.len()), (End::Done, 1), "{:?}", probed.runs);
                for (knob, choices) in probed.knobs() {
                    assert_eq!(choices, [(knob.choice)(&real)], "{}", knob.name);
                }
                let steps: usize = probed.runs.iter().map(|(steps, _)| steps).sum();
                assert!(probed.runs.len() <= 14 && steps <= 250, "{:?}", probed.runs);
            }
        }
    }
}

//! Replays, for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::Style;

use super::layout::{WIDTH, entry, heading, wrap};
use super::numbers::{count, rate};
use super::picture::picture;
use super::style::{BAD, DIM, GOOD, TITLE, UNSURE};
use crate::run::{Again, Breach, Coverage, Extent, Replay, Replayed, Status, Tally, TraceVerdict};

/// Where the facts of a target begin.
const FACTS: usize = 16;
/// Up to so many traces are listed one by one; of more, only those that do not conform.
const MOST_LISTED: usize = 20;

/// Writes what came of each target, and draws where one diverges.
///
/// # Errors
/// When `out` cannot be written to.
pub fn replays(out: &mut dyn Write, replays: &[Replay]) -> io::Result<()> {
    let (title, style) = if replays.iter().all(|replay| replay.not_driven.is_some()) {
        ("Not replayed", UNSURE)
    } else {
        ("Replayed on real servers", TITLE)
    };
    heading(out, title, style, &count(replays.len() as u64, "target"))?;
    for replay in replays {
        target(out, replay)?;
    }
    for replay in replays {
        for breach in &replay.breaches {
            diverges(out, replay, breach)?;
        }
    }
    Ok(())
}

fn target(out: &mut dyn Write, replay: &Replay) -> io::Result<()> {
    let (style, sign) = match replay.status() {
        Status::Holds => (GOOD, '✓'),
        Status::Broken => (BAD, '✗'),
        Status::WrongInput | Status::Unfinished | Status::NothingRun | Status::Fault => (UNSURE, '?'),
    };
    if replay.target.len() + 4 < FACTS {
        let gap = FACTS - replay.target.len() - 4;
        write!(out, "  {style}{sign}{style:#} {}{:gap$}", replay.target, "")?;
    } else {
        write!(out, "  {style}{sign}{style:#} {}\n{:FACTS$}", replay.target, "")?;
    }
    let mut lines = Vec::new();
    let is_cut_before = replay.planned == 0 && replay.cut_by.is_some();
    if replay.not_driven.is_none() && !is_cut_before {
        lines.push(covered(replay));
        lines.extend((replay.traces > replay.resumed || replay.resumed == 0).then(|| driven(replay)));
        lines.extend(troubles(replay));
        lines.extend(behind_accepted(replay));
    }
    if replay.extent == Extent::Part {
        lines.push("that is only what lies within --depth".to_owned());
    }
    lines.extend(replay.left_out.iter().cloned());
    lines.extend(replay.reasons.iter().cloned());
    // The first line has its margin already.
    let mut margin = String::new();
    for line in lines.iter().flat_map(|line| wrap(line, WIDTH - FACTS)) {
        writeln!(out, "{margin}{line}")?;
        margin = " ".repeat(FACTS);
    }
    if lines.is_empty() { writeln!(out) } else { Ok(()) }
}

pub(super) fn covered(replay: &Replay) -> String {
    let of = match replay.goal {
        Coverage::EveryStep => "steps of the model on ticks".to_owned(),
        Coverage::EveryKind { kinds } => format!("steps, for {} of step", count(kinds, "kind")),
        Coverage::GivenTraces => "steps of the traces".to_owned(),
        Coverage::Races { times } => return raced(replay, times),
    };
    let (covered, total) = (indicatif::HumanCount(replay.steps_covered), indicatif::HumanCount(replay.steps_total));
    if replay.steps_covered == replay.steps_total {
        format!("conforms in all {total} {of}")
    } else {
        format!("conforms in {covered} of {total} {of}")
    }
}

/// What is known of races, which is never that there are none.
fn raced(replay: &Replay, times: u32) -> String {
    let fine = replay.traces - replay.diverged - replay.accepted - replay.unsupported - replay.failed;
    let (races, times) = (count(replay.planned, "race"), count(times.into(), "run"));
    if replay.planned == 0 {
        "no requests were sent at the same time".to_owned()
    } else if fine == replay.planned {
        format!("{races}, {times} each: some order explains every run; that says nothing of the next one")
    } else {
        format!("in {fine} of {races} some order explains each of {times}")
    }
}

pub(super) fn driven(replay: &Replay) -> String {
    let seconds = replay.elapsed.as_secs_f64();
    let driven = replay.traces - replay.resumed;
    let pace = replay.steps_per_second().map(|steps| format!(", {}", rate(steps))).unwrap_or_default();
    format!("{}, {} in {seconds:.1} s{pace}", count(driven, "trace"), count(replay.steps_driven, "step"))
}

pub(super) fn troubles(replay: &Replay) -> Option<String> {
    let parts = [(replay.diverged, "diverged"), (replay.unsupported, "could not be asked"), (replay.failed, "failed")];
    let before = (replay.resumed > 0).then(|| format!("{} in an earlier run", count(replay.resumed, "trace")));
    let said = parts
        .into_iter()
        .filter(|(traces, _)| *traces > 0)
        .map(|(traces, what)| format!("{} {what}", count(traces, "trace")));
    let mut said: Vec<String> = before.into_iter().chain(said).collect();
    if replay.traces < replay.planned {
        said.push(format!("stopped with {} to go", count(replay.planned - replay.traces, "trace")));
    }
    (!said.is_empty()).then(|| said.join(", "))
}

/// What nothing is known of, since a trace ends where its target does otherwise than it should, also where that is accepted.
fn behind_accepted(replay: &Replay) -> Option<String> {
    let left = replay.steps_total.saturating_sub(replay.steps_covered);
    let is_behind = replay.status() == Status::Holds && replay.accepted > 0 && left > 0;
    is_behind.then(|| format!("{} not reached behind what is accepted", count(left, "step")))
}

/// That it did something else once, and never again.
fn seen_once(replay: &Replay) -> Option<String> {
    (replay.unconfirmed > 0).then(|| format!("{} seen once and not again", count(replay.unconfirmed, "divergence")))
}

fn diverges(out: &mut dyn Write, replay: &Replay, breach: &Breach) -> io::Result<()> {
    heading(out, &format!("Where {} diverges", replay.target), BAD, &count(breach.trace.steps.len() as u64, "step"))?;
    writeln!(out)?;
    out.write_all(picture(&breach.trace, Some(breach)).as_bytes())?;
    if !breach.evidence.is_empty() {
        writeln!(out, "\n  {DIM}HTTP{DIM:#}")?;
        for exchange in &breach.evidence {
            entry(out, "", 4, exchange, DIM)?;
        }
        writeln!(out)?;
    }
    if breach.again.of > 0 {
        let Again { times, of } = breach.again;
        entry(out, "  again", 10, &format!("seen in {times} of {of} runs"), Style::new())?;
    }
    match &breach.saved {
        Some(path) => entry(out, "  saved", 10, &path.display().to_string(), Style::new()),
        None => Ok(()),
    }
}

/// What came of a target in a sentence, with its sign and colour.
pub(super) fn verdict(replay: &Replay) -> (Style, char, String) {
    let name = &replay.target;
    match replay.status() {
        Status::Holds if replay.traces > 0 && replay.traces == replay.resumed => {
            (GOOD, '✓', format!("{name} did what the model says in an earlier run, and was asked nothing now"))
        }
        Status::Holds => {
            let but: String = [behind_accepted(replay), seen_once(replay)]
                .into_iter()
                .flatten()
                .map(|but| format!(", with {but}"))
                .collect();
            (GOOD, '✓', format!("{name} does what the model says{but}"))
        }
        Status::Broken => (BAD, '✗', format!("{name} diverges from the model")),
        Status::NothingRun => (UNSURE, '?', format!("nothing could be asked of {name}")),
        Status::Unfinished => (UNSURE, '?', format!("{name} was not driven through everything")),
        Status::Fault | Status::WrongInput => (UNSURE, '?', format!("{name} could not be driven")),
    }
}

/// Writes a line for each rule that a target breaks, and the verdict.
///
/// # Errors
/// When `out` cannot be written to.
pub fn quiet(out: &mut dyn Write, replay: &Replay) -> io::Result<()> {
    broken_rules(out, replay)?;
    let (style, sign, sentence) = verdict(replay);
    writeln!(out, "{style}{sign} {sentence}{style:#}")
}

/// Writes a line for each rule that a target breaks.
pub(super) fn broken_rules(out: &mut dyn Write, replay: &Replay) -> io::Result<()> {
    for breach in &replay.breaches {
        writeln!(out, "{BAD}✗{BAD:#} {}: {}: {}", replay.target, breach.rule.id, breach.rule.sentence)?;
    }
    Ok(())
}

/// Writes what came of given traces, for people.
///
/// # Errors
/// When `out` cannot be written to.
pub fn text(out: &mut dyn Write, replay: &Replay, replayed: &[Replayed]) -> io::Result<()> {
    races(out, replayed)?;
    let alone = replayed.iter().filter(|one| one.race.is_none());
    let listed = alone.filter(|one| replayed.len() <= MOST_LISTED || one.verdict != TraceVerdict::Conforms);
    for one in listed {
        let (style, sign, said) = match one.verdict {
            TraceVerdict::Conforms => (GOOD, '✓', count(one.steps as u64, "step")),
            TraceVerdict::Before => (GOOD, '✓', format!("{}, in an earlier run", count(one.steps as u64, "step"))),
            TraceVerdict::Accepted => {
                (UNSURE, '·', format!("diverges at step {}, which is accepted", one.conformed + 1))
            }
            TraceVerdict::Diverges => (BAD, '✗', format!("diverges at step {} of {}", one.conformed + 1, one.steps)),
            TraceVerdict::Unsupported => (UNSURE, '?', "cannot be asked".to_owned()),
            TraceVerdict::Failed => (UNSURE, '?', format!("failed at step {} of {}", one.conformed + 1, one.steps)),
        };
        writeln!(out, "  {style}{sign}{style:#} {}: {said}", one.file.display())?;
    }
    if replayed.is_empty() && replay.planned == 0 && replay.reasons.is_empty() {
        heading(out, "Nothing to replay", UNSURE, "")?;
        return entry(out, "", 4, "There is no trace: files of traces end in .mmd or .json.", Style::new());
    }
    replays(out, std::slice::from_ref(replay))
}

/// Writes what came of messages that were let go at once, all runs of the same together.
///
/// # Errors
/// When `out` cannot be written to.
pub fn races(out: &mut dyn Write, replayed: &[Replayed]) -> io::Result<()> {
    let together = together(replayed);
    if !together.is_empty() {
        heading(out, "Requests at the same time", TITLE, "as if in this order")?;
    }
    for (what, (tally, verdict)) in together {
        let (style, sign) = match verdict {
            TraceVerdict::Conforms | TraceVerdict::Before => (GOOD, '✓'),
            TraceVerdict::Accepted => (UNSURE, '·'),
            TraceVerdict::Diverges => (BAD, '✗'),
            TraceVerdict::Unsupported | TraceVerdict::Failed => (UNSURE, '?'),
        };
        let mut margin = format!("  {style}{sign}{style:#} ");
        for line in wrap(what, WIDTH - 4) {
            writeln!(out, "{margin}{line}")?;
            margin = " ".repeat(4);
        }
        for line in orders_in_words(&tally) {
            entry(out, "", 6, &line, Style::new())?;
        }
    }
    Ok(())
}

/// What came of messages that were let go at once, all runs of the same together, in words.
pub(super) fn races_in_words(replayed: &[Replayed]) -> Vec<(String, Vec<String>)> {
    together(replayed).into_iter().map(|(what, (tally, _))| (what.to_owned(), orders_in_words(&tally))).collect()
}

/// What is worse of two.
fn worse(one: TraceVerdict, other: TraceVerdict) -> TraceVerdict {
    const WORST_FIRST: [TraceVerdict; 6] = [
        TraceVerdict::Diverges,
        TraceVerdict::Failed,
        TraceVerdict::Unsupported,
        TraceVerdict::Accepted,
        TraceVerdict::Before,
        TraceVerdict::Conforms,
    ];
    let rank = |verdict: TraceVerdict| WORST_FIRST.iter().position(|known| *known == verdict);
    if rank(one) <= rank(other) { one } else { other }
}

/// All runs of the same, and the worst that came of one of them.
fn together(replayed: &[Replayed]) -> BTreeMap<&str, (Tally, TraceVerdict)> {
    let mut together: BTreeMap<&str, (Tally, TraceVerdict)> = BTreeMap::new();
    for (one, race) in replayed.iter().filter_map(|one| Some((one, one.race.as_ref()?))) {
        let (sum, verdict) = together.entry(&race.what).or_insert_with(|| (Tally::default(), one.verdict));
        sum.runs += race.runs;
        sum.undecided += race.undecided;
        sum.diverged += race.diverged;
        *verdict = worse(*verdict, one.verdict);
        for (order, runs) in &race.orders {
            *sum.orders.entry(order.clone()).or_default() += runs;
        }
    }
    together
}

fn orders_in_words(tally: &Tally) -> Vec<String> {
    let of = |runs: u32, how: &str| format!("{runs} of {} {how}", count(tally.runs.into(), "run"));
    let orders = tally.orders.iter().map(|(order, runs)| of(*runs, &format!("as if {order}")));
    let others = [(tally.undecided, "as in either order"), (tally.diverged, "as in no order")];
    let others = others.into_iter().filter(|(runs, _)| *runs > 0).map(|(runs, how)| of(runs, how));
    orders.chain(others).collect()
}

/// Writes what came of given traces as one JSON object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub fn json(out: &mut dyn Write, replay: &Replay, replayed: &[Replayed]) -> io::Result<()> {
    #[derive(serde::Serialize)]
    struct Object<'o> {
        replays: [super::json::Replayed<'o>; 1],
        traces: &'o [Replayed],
    }
    super::json::write_line(out, &Object { replays: [replay.into()], traces: replayed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(replay: &Replay) -> String {
        let mut out = Vec::new();
        quiet(&mut out, replay).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn what_lies_behind_something_accepted_is_said_to_be_unknown() {
        let mut replay = Replay::begin("it", Coverage::EveryKind { kinds: 2 }, 2, 9);
        (replay.traces, replay.accepted, replay.steps_covered) = (2, 1, 5);
        assert_eq!(said(&replay), "✓ it does what the model says, with 4 steps not reached behind what is accepted\n");
        replay.steps_covered = 9;
        assert_eq!(said(&replay), "✓ it does what the model says\n");
    }

    #[test]
    fn what_was_seen_once_is_said_where_it_was_not_seen_again() {
        let mut replay = Replay::begin("it", Coverage::EveryKind { kinds: 2 }, 2, 9);
        (replay.traces, replay.unconfirmed, replay.steps_covered) = (2, 1, 9);
        assert_eq!(said(&replay), "✓ it does what the model says, with 1 divergence seen once and not again\n");
    }

    #[test]
    fn a_run_that_asked_nothing_says_so() {
        let mut replay = Replay::begin("it", Coverage::EveryKind { kinds: 2 }, 2, 9);
        (replay.traces, replay.resumed, replay.steps_covered) = (2, 2, 9);
        let said = said(&replay);
        assert_eq!(said, "✓ it did what the model says in an earlier run, and was asked nothing now\n");
    }
}

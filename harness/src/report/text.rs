//! The report for people: what broke first, then what was asked, what holds, what was seen, and what to do next.

use std::io::{self, Write};

use anstyle::Style;
use authloom_model::property::Kind;
use authloom_model::{Flight, Scope, Spec};
use indicatif::HumanCount;

use super::acceptance;
use super::layout::{entry, heading};
use super::lived::lived;
use super::numbers::{bytes, chance, count};
use super::picture::picture;
use super::replay;
use super::style::{BAD, DIM, GOOD, TITLE, UNSURE};
use crate::explore::{Completeness, CutReason};
use crate::run::{Checked, Coverage, Finding, Outcome, Premise, Replay, Status, Verdict, trace_of};

/// Counterexamples drawn at most: a fourth picture helps nobody to repair the first.
const MOST_DRAWN: usize = 3;
/// Where the sentences of the properties begin.
pub(super) const SENTENCES: usize = 28;
/// Where the facts begin.
const FACTS: usize = 13;

/// How much to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Detail {
    /// A line for each broken promise and each divergence, and the verdict.
    Verdict,
    /// What is wrong in full, and what holds by its name.
    #[default]
    Screen,
    /// Every property with its sentence.
    Everything,
}

/// Writes an outcome for people. `again` are the flags that ask for the same policy and scope, each after a space.
///
/// # Errors
/// When `out` cannot be written to.
pub fn outcome(out: &mut dyn Write, outcome: &Outcome, again: &str, detail: Detail) -> io::Result<()> {
    let checked = &outcome.checked;
    if detail == Detail::Verdict {
        return quiet(out, outcome);
    }
    headline(out, outcome)?;
    facts(out, checked, detail)?;
    match detail {
        Detail::Verdict | Detail::Screen => {
            names(out, checked)?;
            violated(out, checked)?;
            acceptance::text(out, checked)?;
        }
        Detail::Everything => {
            violated(out, checked)?;
            acceptance::text(out, checked)?;
            promises(out, checked)?;
            within_reach(out, checked)?;
            happenings(out, checked)?;
        }
    }
    if let Some(replays) = &outcome.replays {
        replay::replays(out, replays)?;
    }
    conclusion(out, outcome, again)
}

/// A line for each thing that is wrong, and the verdict.
fn quiet(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    for finding in broken(&outcome.checked) {
        writeln!(out, "{BAD}✗{BAD:#} {}: {}", finding.property.name, finding.property.sentence)?;
    }
    for finding in outcome.checked.findings.iter().filter(|finding| finding.is_stale()) {
        writeln!(out, "{BAD}✗{BAD:#} {}: accepted as broken, but it holds", finding.property.name)?;
    }
    outcome.replays.iter().flatten().try_for_each(|replay| replay::broken_rules(out, replay))?;
    let (style, sign, sentence) = verdict(outcome);
    writeln!(out, "{style}{sign} {sentence}{style:#}")
}

fn headline(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    let (style, sign, sentence) = verdict(outcome);
    writeln!(out)?;
    entry(out, &format!("{sign} "), 2, &sentence, style)
}

/// The whole in a sentence.
pub(super) fn sentence(outcome: &Outcome) -> String {
    verdict(outcome).2
}

/// The whole in a sentence, with its sign and colour.
fn verdict(outcome: &Outcome) -> (Style, char, String) {
    let checked = &outcome.checked;
    let Spec { policy, scope, .. } = &checked.spec;
    let subject = format!("{} in scope {scope}", policy.name);
    let broken = broken(checked).count() as u64;
    let stale = acceptance::stale(checked) as u64;
    let diverging = outcome.replays.iter().flatten().filter(|replay| replay.diverged > 0).count() as u64;
    match outcome.status() {
        Status::Broken => {
            let verb = if broken == 1 { "is" } else { "are" };
            let holds = if stale == 1 { "holds that is" } else { "hold that are" };
            let parts = [
                (broken > 0).then(|| format!("{} {verb} broken", count(broken, "promise"))),
                (stale > 0).then(|| format!("{} {holds} accepted as broken", count(stale, "promise"))),
                (diverging > 0).then(|| diverges(diverging)),
                drives_nothing(outcome).then(|| "nothing was replayed".to_owned()),
            ];
            (BAD, '✗', format!("{subject}: {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", and ")))
        }
        Status::Unfinished => (UNSURE, '?', format!("{subject}: {}", unfinished(outcome))),
        Status::NothingRun => (UNSURE, '?', format!("{subject}: every promise holds, but nothing could be replayed")),
        Status::Fault | Status::WrongInput => {
            (UNSURE, '?', format!("{subject}: every promise holds, but the servers could not be driven"))
        }
        Status::Holds => {
            let conform = outcome.replays.as_deref().map_or("", conform);
            (GOOD, '✓', format!("{subject}: every promise holds{}, {}{conform}", but(checked), holds_for(checked)))
        }
    }
}

/// What a promise that holds holds for: how long messages may be on their way, and whether time is counted in ticks.
fn holds_for(checked: &Checked) -> String {
    match (checked.engine.counts(), checked.spec.scope.flight) {
        (Some(on_ticks), _) => on_ticks.to_owned(),
        (None, Flight::Any) => "however long messages take".to_owned(),
        (None, Flight::AtMost(most)) => format!("for messages of up to {most}"),
    }
}

/// What the servers conform in.
fn conform(replays: &[Replay]) -> &'static str {
    if replays.iter().any(|replay| replay.goal == Coverage::EveryStep) {
        ", and the servers conform"
    } else {
        ", and the servers conform in each kind of step"
    }
}

/// How many promises are broken that need not hold.
fn but(checked: &Checked) -> String {
    match acceptance::in_force(checked) {
        0 => String::new(),
        accepted => format!(" but {accepted} that may be broken"),
    }
}

/// What was left out, where nothing is wrong.
fn unfinished(outcome: &Outcome) -> String {
    match outcome.checked.completeness {
        Completeness::Cut { .. } => "cut off before everything was seen; nothing wrong so far".to_owned(),
        Completeness::Bounded { depth, .. } => {
            format!("nothing wrong within {} of the start", count(depth.into(), "step"))
        }
        Completeness::Complete if outcome.checked.status() == Status::Holds && drives_nothing(outcome) => {
            "every promise holds, but nothing was replayed".to_owned()
        }
        Completeness::Complete if outcome.checked.status() == Status::Holds => {
            "every promise holds, but not every step was replayed".to_owned()
        }
        Completeness::Complete => "nothing wrong, but what stays within reach is undecided".to_owned(),
    }
}

/// Whether a replay was asked for, and every one drives nothing.
fn drives_nothing(outcome: &Outcome) -> bool {
    outcome.replays.as_ref().is_some_and(|replays| replays.iter().all(|replay| replay.not_driven.is_some()))
}

fn diverges(targets: u64) -> String {
    match targets {
        1 => "1 target diverges from the model".to_owned(),
        targets => format!("{targets} targets diverge from the model"),
    }
}

fn facts(out: &mut dyn Write, checked: &Checked, detail: Detail) -> io::Result<()> {
    let Spec { policy, scope, .. } = &checked.spec;
    writeln!(out)?;
    fact(out, "policy", &policy.name)?;
    for surprise in policy.surprises() {
        entry(out, "  note", FACTS, &surprise, UNSURE)?;
    }
    fact(out, "scope", &format!("{scope}: {}", scope_in_words(*scope, detail)))?;
    if let Some(tick) = checked.spec.tick() {
        fact(out, "time", &format!("in ticks of {tick}: what lies between two is not seen"))?;
    }
    let steps = checked.steps.map(|steps| format!(", {}", count(steps, "step"))).unwrap_or_default();
    let states = checked.states.filter(|_| detail == Detail::Everything);
    let states = states.map(|states| format!(" in {}", count(states, "state"))).unwrap_or_default();
    let depth = checked.depth.map(|depth| format!(", {depth} deep")).unwrap_or_default();
    fact(out, "explored", &format!("{}{states}{steps}{depth}: {}", count(checked.worlds, "world"), extent(checked)))?;
    let odds = chance(checked.collision_probability);
    fact(out, "certainty", &format!("the chance that a world was missed is {odds}"))
}

fn fact(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    entry(out, &format!("  {label}"), FACTS, text, Style::new())
}

/// A scope in words: what it allows, and in full also what it does not bound.
fn scope_in_words(scope: Scope, detail: Detail) -> String {
    let mut allows = vec![format!("{}, {} each", count(scope.tabs.into(), "tab"), count(scope.calls.into(), "call"))];
    match scope.flows {
        1 if detail == Detail::Everything => allows.push("one sign-in or sign-out at a time".to_owned()),
        1 => {}
        flows => allows.push(format!("{flows} sign-ins and sign-outs at once")),
    }
    allows.push(match scope.losses {
        0 => "no message is lost".to_owned(),
        1 => "1 message may be lost".to_owned(),
        losses => format!("{losses} messages may be lost"),
    });
    allows.push(match scope.flight {
        Flight::Any => "flight of any time".to_owned(),
        Flight::AtMost(most) => format!("flight up to {most}"),
    });
    match scope.thefts {
        0 => {}
        1 => allows.push("a thief may copy a code or a session once".to_owned()),
        thefts => allows.push(format!("a thief may copy a code or a session {thefts} times")),
    }
    if detail == Detail::Everything {
        allows.push("sessions of any length".to_owned());
    }
    allows.join("; ")
}

/// How much of everything that is.
pub(crate) fn extent(checked: &Checked) -> String {
    match checked.completeness {
        Completeness::Complete => "all there are".to_owned(),
        Completeness::Bounded { depth, frontier } => {
            let (steps, worlds) = (count(depth.into(), "step"), count(frontier, "world"));
            format!("all up to {steps} from the start, as asked; {worlds} with steps that lead further")
        }
        Completeness::Cut { reason, explored, frontier } => {
            let why = match reason {
                CutReason::Worlds { limit } => format!("more than the {} allowed", count(limit.into(), "world")),
                CutReason::Memory { limit_bytes } => format!("more than fit into {}", bytes(limit_bytes)),
                CutReason::Capacity { name } => format!("the model has no room for more {name}"),
                CutReason::Stopped { by } => {
                    let (explored, waiting) = (count(explored, "world"), HumanCount(frontier));
                    return format!("cut off by {by} after {explored}; {waiting} wait");
                }
            };
            let (explored, waiting) = (count(explored, "world"), HumanCount(frontier));
            format!("cut off, {why}; {explored} explored, {waiting} found and not explored")
        }
    }
}

fn violated(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let broken: Vec<&Finding> = broken(checked).collect();
    if broken.is_empty() {
        return Ok(());
    }
    heading(out, "Broken", BAD, &broken.len().to_string())?;
    for finding in &broken {
        listed(out, BAD, '✗', finding)?;
        entry(out, "", SENTENCES, finding.property.source, DIM)?;
        if let Some(over) = &finding.acceptance {
            entry(out, "", SENTENCES, &acceptance::sentence(over), DIM)?;
        }
        entry(out, "", 4, lived(finding.property).unwrap_or_default(), Style::new())?;
    }
    for finding in broken.iter().filter(|finding| finding.way.is_some()).take(MOST_DRAWN) {
        let Some(trace) = trace_of(checked, finding) else { continue };
        let steps = count(trace.steps.len() as u64, "step");
        heading(out, &format!("How {} is broken", finding.property.name), TITLE, &steps)?;
        writeln!(out)?;
        out.write_all(picture(&trace, None).as_bytes())?;
    }
    Ok(())
}

/// Whether promises are undecided though everything was explored: then several policies were, and they differ.
fn disagreed(checked: &Checked, findings: &[&Finding]) -> bool {
    let differs = |finding: &&Finding| finding.verdict == Verdict::Unknown && !is_recoverable(finding);
    checked.completeness == Completeness::Complete && findings.iter().any(differs)
}

/// What holds and what happens, by name.
fn names(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let promises = || checked.findings.iter().filter(|finding| !is_reachable(finding));
    let holding = || promises().filter(|finding| finding.verdict == Verdict::Holds);
    let (idle, tested): (Vec<_>, Vec<_>) = holding().partition(|finding| companion(finding).is_some());
    let unknown: Vec<_> = promises().filter(|finding| finding.verdict == Verdict::Unknown).collect();
    for (label, findings) in [("hold", tested), ("undecided", unknown)] {
        if !findings.is_empty() {
            let listed = listing(findings.iter().map(|finding| finding.property.name));
            let why = if disagreed(checked, &findings) { ": the policies that look alike do not agree" } else { "" };
            fact(out, label, &format!("{}: {listed}{why}", count(findings.len() as u64, "promise")))?;
        }
    }
    if !idle.is_empty() {
        let listed = listing(idle.iter().map(|finding| finding.property.name));
        fact(out, "untested", &format!("{listed}: what they are about never happens here"))?;
    }
    let (happen, of) = happening(checked);
    let never = listing(with(checked, Verdict::NotReached).map(|finding| finding.property.name));
    let never = if never.is_empty() { never } else { format!("; never here: {never}") };
    fact(out, "happen", &format!("{happen} of {of} situations{never}"))
}

/// How many of the situations that are asked about are seen to happen, and of how many.
fn happening(checked: &Checked) -> (usize, usize) {
    let asked = checked.findings.iter().filter(|finding| is_reachable(finding));
    let seen = asked.clone().filter(|finding| finding.verdict == Verdict::Reached);
    (seen.count(), asked.count())
}

fn promises(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let nevers = |verdict| with(checked, verdict).filter(|finding| is_never(finding));
    let (tested, idle): (Vec<_>, Vec<_>) =
        nevers(Verdict::Holds).partition(|finding| !matches!(finding.premise, Premise::NeverHappens(_)));
    let unknown: Vec<_> = nevers(Verdict::Unknown).collect();
    section(out, "Promises that hold", GOOD, '✓', &tested)?;
    section(out, "Promises that hold, but were not put to the test", DIM, '·', &idle)?;
    if !idle.is_empty() {
        let companions: Vec<&str> = idle.iter().filter_map(|finding| companion(finding)).collect();
        let note = format!("What they are about never happens in this scope: {}.", listing(companions));
        entry(out, "", 4, &note, DIM)?;
    }
    section(out, "Promises that are undecided", UNSURE, '?', &unknown)
}

fn companion(finding: &Finding) -> Option<&'static str> {
    match finding.premise {
        Premise::NeverHappens(name) => Some(name),
        Premise::Tested | Premise::Unknown => None,
    }
}

fn within_reach(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let recoverable = |verdict| with(checked, verdict).filter(|finding| is_recoverable(finding)).collect::<Vec<_>>();
    section(out, "Always within reach", GOOD, '✓', &recoverable(Verdict::Holds))?;
    section(
        out,
        "Undecided: whether it is always within reach takes the whole graph",
        UNSURE,
        '?',
        &recoverable(Verdict::Unknown),
    )
}

fn happenings(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let names =
        |verdict| with(checked, verdict).filter(|finding| is_reachable(finding)).map(|found| found.property.name);
    let (seen, asked) = happening(checked);
    heading(out, "Situations that happen", TITLE, &format!("{seen} of {asked}"))?;
    entry(out, "", 4, &listing(names(Verdict::Reached)), Style::new())?;
    for (label, verdict) in [("never in this scope: ", Verdict::NotReached), ("not seen so far: ", Verdict::Unknown)] {
        let rest = listing(names(verdict));
        if !rest.is_empty() {
            entry(out, "", 4, &format!("{label}{rest}"), DIM)?;
        }
    }
    Ok(())
}

fn section(out: &mut dyn Write, title: &str, style: Style, sign: char, findings: &[&Finding]) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    heading(out, title, TITLE, &findings.len().to_string())?;
    findings.iter().try_for_each(|finding| listed(out, style, sign, finding))
}

pub(super) fn listed(out: &mut dyn Write, style: Style, sign: char, finding: &Finding) -> io::Result<()> {
    let name = finding.property.name;
    let gap = SENTENCES.saturating_sub(name.len() + 4);
    write!(out, "  {style}{sign}{style:#} {name}")?;
    for (at, line) in
        super::layout::wrap(finding.property.sentence, super::layout::WIDTH - SENTENCES).iter().enumerate()
    {
        let indent = if at == 0 { gap } else { SENTENCES };
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}

fn conclusion(out: &mut dyn Write, outcome: &Outcome, again: &str) -> io::Result<()> {
    writeln!(out)?;
    let mut label = "  next";
    for line in advice(outcome, again) {
        entry(out, label, FACTS, &line, Style::new())?;
        label = "";
    }
    Ok(())
}

/// What to do next.
fn advice(outcome: &Outcome, again: &str) -> Vec<String> {
    let checked = &outcome.checked;
    let mut advice = Vec::new();
    match checked.completeness {
        Completeness::Cut { reason, .. } => advice.push(way_out(reason).to_owned()),
        Completeness::Bounded { .. } => advice.push("Leave out --depth to see everything.".to_owned()),
        Completeness::Complete if with(checked, Verdict::Unknown).any(is_recoverable) => {
            advice.push("Leave out --no-graph and --engine to decide what is always within reach.".to_owned());
        }
        Completeness::Complete => {}
    }
    for finding in broken(checked).filter(|finding| finding.way.is_some()).skip(MOST_DRAWN) {
        advice.push(format!("`authloom show {}{again}` draws how it is broken", finding.property.name));
    }
    for replay in outcome.replays.iter().flatten() {
        for saved in replay.breaches.iter().filter_map(|breach| breach.saved.as_ref()) {
            let (path, target) = (saved.display(), replay.called.as_ref().unwrap_or(&replay.target));
            advice.push(format!("`authloom replay {path} --target {target}` drives it again"));
        }
    }
    if advice.is_empty() && outcome.replays.is_none() {
        advice.push(format!("`authloom verify{again}` replays every step on real servers"));
    }
    if advice.len() < 2 && checked.completeness == Completeness::Complete {
        let seen = with(checked, Verdict::Reached).map(|finding| finding.property.name).next_back();
        advice.extend(seen.map(|name| format!("`authloom show {name}{again}` draws how it happens")));
    }
    advice
}

fn way_out(reason: CutReason) -> &'static str {
    match reason {
        CutReason::Worlds { .. } => "Allow more with --max-worlds, or ask for less with --scope small.",
        CutReason::Memory { .. } => {
            "Allow more with --memory, ask for less with --scope small, or `authloom check --no-graph`, which needs a \
             third of the memory."
        }
        CutReason::Capacity { .. } => "Ask for less with --scope small.",
        CutReason::Stopped { .. } => "Give it more time, or ask for less with --scope small.",
    }
}

/// What is violated, unless that is accepted.
fn broken(checked: &Checked) -> impl Iterator<Item = &Finding> {
    checked.findings.iter().filter(|finding| finding.is_broken())
}

fn with(checked: &Checked, verdict: Verdict) -> impl DoubleEndedIterator<Item = &Finding> {
    checked.findings.iter().filter(move |finding| finding.verdict == verdict)
}

fn is_never(finding: &Finding) -> bool {
    matches!(finding.property.kind, Kind::Never { .. })
}

fn is_recoverable(finding: &Finding) -> bool {
    matches!(finding.property.kind, Kind::Recoverable(_))
}

fn is_reachable(finding: &Finding) -> bool {
    matches!(finding.property.kind, Kind::Reachable(_))
}

/// Names with commas between them, each once.
fn listing<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut listed: Vec<&str> = Vec::new();
    for name in names {
        if !listed.contains(&name) {
            listed.push(name);
        }
    }
    listed.join(", ")
}

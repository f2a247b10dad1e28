//! `authloom verify`: check, then replay on real servers.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use authloom_model::Spec;
use clap::{Args, ValueEnum};

use super::check;
use super::failure::Failure;
use super::flags::budget::{Asking, Jobs};
use super::flags::chosen::Chosen;
use super::flags::saying::{Mend, Saying};
use super::flags::time_limit::TimeLimit;
use super::flags::{Bounds, Format, Subject, Summary, exact, today};
use super::outputs::Outputs;
use crate::explore::Limits;
use crate::report;
use crate::report::progress::Progress;
use crate::report::text::Detail;
use crate::run::{self, How, Plan, Replay, Replayed, Status, Suite, Watch};
use crate::servers::{Abilities, Lens};
use crate::stop::Stop;

/// Check a policy, and replay it on real servers: every step in this process, every kind of step over HTTP. The bare command does this.
#[derive(Args, Clone, Debug)]
pub(super) struct Verify {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    bounds: Bounds,

    /// What to drive: reference, http, or a file that describes a server, which is then held to the policy that the file names. Unless
    /// told, reference and http.
    #[arg(long, value_name = "NAME-OR-FILE")]
    target: Option<String>,

    /// What to drive the target through; by default every step of the graph in this process, and a step of every kind elsewhere.
    #[arg(long, value_enum)]
    goal: Option<VerifyGoal>,

    /// With --goal races, how many times to send each pair of requests at the same time.
    #[arg(long, value_name = "COUNT", default_value_t = RACES, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,

    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    pub(super) time: TimeLimit,

    #[command(flatten)]
    summary: Summary,
    #[command(flatten)]
    saying: Saying,
    #[command(flatten)]
    mend: Mend,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Where traces on which a target diverges are written.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum VerifyGoal {
    /// A step of every kind.
    Kinds,
    /// Every pair of requests to the AuthService whose order matters, let go at once.
    Races,
}

/// How often messages are let go at once, unless told.
pub(super) const RACES: u32 = 20;
/// How often a divergence of a live server is looked for again. Its clock runs on while it is asked, and nobody else's business is known.
const CONFIRMATIONS: u32 = 5;
/// Where traces on which a target diverges are written, unless told.
pub(super) const DEFAULT_OUT: &str = "authloom-traces";

impl Verify {
    /// Verifies, saves what diverges, and reports.
    pub(super) fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        let mut targets = match &self.target {
            None => Chosen::OURS.to_vec(),
            Some(target) => vec![Chosen::of(target)?],
        };
        targets.iter_mut().try_for_each(|target| self.asking.limit(target))?;
        targets.iter_mut().for_each(|target| target.until(stop));
        let outputs = Outputs::of(out).with_summary(self.summary.path())?.with_folder("--out", &self.out)?;
        let journal = self.asking.journal(&targets)?;
        let how = How { times: self.times, shard: self.asking.shard(), journal: journal.as_ref(), stop, ..How::ONCE };
        if self.goal == Some(VerifyGoal::Races) {
            return self.races(targets.last().expect("there is a target"), how, outputs);
        }
        if let [target @ (Chosen::Live(_) | Chosen::Backend(_))] = targets.as_slice() {
            return self.live(target, how, outputs);
        }
        self.ours(&targets, how, outputs)
    }

    /// Checks a policy, and replays it on what comes with authloom.
    fn ours(&self, targets: &[Chosen], how: How<'_>, mut outputs: Outputs<'_>) -> Result<Status, Failure> {
        let detail = self.saying.detail(self.format)?;
        let (spec, accepted) = self.subject.spec_and_accepted()?;
        let mut progress = Progress::start();
        let opens: Vec<_> = targets.iter().map(|target| || target.open(&spec, how.stop)).collect();
        let mut plans: Vec<Plan<'_>> = Vec::new();
        for (target, open) in targets.iter().zip(&opens) {
            let suite = if self.goal == Some(VerifyGoal::Kinds) { Suite::EveryKind } else { target.suite() };
            plans.push(Plan { target: target.name(), suite, open, workers: self.jobs.of(target)?, how });
        }
        let limits = self.bounds.until(how.stop);
        let mut outcome = run::verify(&spec, limits, &plans, &mut outputs.watching(&mut progress));
        outcome.checked = outcome.checked.accepting(&accepted, today());
        progress.finish();
        for replay in outcome.replays.iter_mut().flatten() {
            save(replay, &mut outputs);
        }
        let mend = || self.mend.tried(&outcome.checked, limits, progress.explored());
        check::report(&mut outputs, &outcome, (self.format, detail), &self.subject.again(), mend);
        outputs.keep(self.asking.kept(how.journal));
        Ok(outputs.end(outcome.status()))
    }

    /// Holds a described server to the policy that its file names.
    fn live(&self, target: &Chosen, how: How<'_>, mut outputs: Outputs<'_>) -> Result<Status, Failure> {
        let detail = self.saying.detail(self.format)?;
        let spec = self.spec_for(target)?;
        let jobs = self.jobs.of(target)?;
        let mut progress = Progress::start();
        let replay =
            held_to(target, &spec, self.bounds.until(how.stop), (jobs, how), &mut outputs.watching(&mut progress))?;
        progress.finish();
        tell(outputs, replay, &[], (self.format, detail), self.asking.kept(how.journal))
    }

    /// What a target is held to: the policy that its file names, or the one that the flags do.
    fn spec_for(&self, target: &Chosen) -> Result<Spec, Failure> {
        match target.policy()? {
            None => self.subject.spec(),
            Some((name, policy)) => {
                self.subject.leaves_the_policy_to(name)?;
                exact(name, policy, self.subject.scope)
            }
        }
    }

    /// Lets requests go at once.
    fn races(&self, target: &Chosen, how: How<'_>, mut outputs: Outputs<'_>) -> Result<Status, Failure> {
        if self.jobs.is_given() {
            return Err(Failure::input("--jobs is for --goal kinds: races are let go one after the other"));
        }
        let detail = self.saying.detail(self.format)?;
        let spec = self.spec_for(target)?;
        let mut progress = Progress::start();
        let (replay, replayed) =
            raced(target, &spec, self.bounds.until(how.stop), how, &mut outputs.watching(&mut progress))?;
        progress.finish();
        tell(outputs, replay, &replayed, (self.format, detail), self.asking.kept(how.journal))
    }
}

/// Saves what diverges, and reports what came of one target: in the format that was asked for, and in the summary. `kept` says whether the
/// journal was.
pub(super) fn tell(
    mut outputs: Outputs<'_>,
    mut replay: Replay,
    replayed: &[Replayed],
    (format, detail): (Format, Detail),
    kept: Result<(), Failure>,
) -> Result<Status, Failure> {
    save(&mut replay, &mut outputs);
    outputs.summarise(|out| report::markdown::replay(out, &replay, replayed));
    outputs.print(|out| match format {
        Format::Text if detail == Detail::Verdict => report::replay::quiet(out, &replay),
        Format::Text => report::replay::text(out, &replay, replayed),
        Format::Json => report::replay::json(out, &replay, replayed),
        Format::Junit => report::junit::replays(out, std::slice::from_ref(&replay)),
    });
    outputs.keep(kept);
    Ok(outputs.end(replay.status()))
}

/// Lets every pair of requests go at once on a target.
pub(super) fn raced(
    target: &Chosen,
    spec: &Spec,
    limits: Limits,
    how: How<'_>,
    watch: &mut dyn Watch,
) -> Result<(Replay, Vec<Replayed>), Failure> {
    let seen = match seen_of(target, spec, how.stop)? {
        Ok(seen) => seen,
        Err(stopped) => return Ok((stopped, Vec::new())),
    };
    let accepted = target.accepted();
    let open = |spec: &Spec| target.open(spec, how.stop);
    let how = How { confirmations: CONFIRMATIONS, accepted: &accepted, ..how };
    Ok(run::verify_races(spec, seen, limits, (target.name(), &open), how, watch))
}

/// Leads a described server through a step of every kind that it can be asked.
pub(super) fn held_to(
    target: &Chosen,
    spec: &Spec,
    limits: Limits,
    (workers, how): (NonZeroUsize, How<'_>),
    watch: &mut dyn Watch,
) -> Result<Replay, Failure> {
    let seen = match seen_of(target, spec, how.stop)? {
        Ok(seen) => seen,
        Err(stopped) => return Ok(stopped),
    };
    let accepted = target.accepted();
    let open = || target.open(spec, how.stop);
    let plan = Plan {
        target: target.name(),
        suite: Suite::EveryKind,
        open: &open,
        workers,
        how: How { confirmations: CONFIRMATIONS, accepted: &accepted, ..how },
    };
    Ok(run::verify_live(spec, seen, limits, &plan, watch))
}

/// What a target can be made to do and lets one see; or what came of it where the word to stop came first.
fn seen_of(target: &Chosen, spec: &Spec, stop: Stop) -> Result<Result<(Abilities, Lens), Replay>, Failure> {
    match (target.open(spec, stop), stop.by()) {
        (Ok(opened), _) => Ok(Ok((opened.abilities(), opened.lens()))),
        (Err(_), Some(by)) => Ok(Err(Replay::stopped_before(target.name(), by))),
        (Err(fault), None) => Err(fault.into()),
    }
}

/// Saves the traces on which a target diverges.
pub(super) fn save(replay: &mut Replay, outputs: &mut Outputs<'_>) {
    // Steps and races of one target are told side by side.
    let what = if matches!(replay.goal, run::Coverage::Races { .. }) { "races" } else { "diverges" };
    for (breach, number) in replay.breaches.iter_mut().zip(1..) {
        breach.trace.header.shows = format!("where {} diverges: {}", replay.target, breach.rule.sentence);
        breach.saved = outputs.save(&format!("{}-{what}-{number}", replay.target), &breach.trace);
    }
}

#[cfg(test)]
mod tests {
    use authloom_model::rules::surroundings::NOTHING_UNASKED;
    use authloom_model::{Policy, Scope, Spec};

    use super::*;
    use crate::run::{Again, Breach, Unwatched, explore, trace_along};

    #[test]
    fn what_one_target_does_otherwise_in_steps_and_in_races_is_saved_side_by_side() {
        let scope = Scope { losses: 0, thefts: 0, ..Scope::THEFT };
        let spec = Spec::in_ticks(Policy::recommended(), scope).unwrap();
        let (checked, _) = explore(&spec, Limits::default(), &mut Unwatched);
        let way = checked.finding("no-token").and_then(|found| found.way.clone()).unwrap();
        let replay = |goal| {
            let mut replay = Replay::begin("it", goal, 1, 1);
            replay.breaches.push(Breach {
                trace: trace_along(&spec, way.clone(), "anything"),
                expected: String::new(),
                rule: NOTHING_UNASKED,
                seen: String::new(),
                evidence: Vec::new(),
                again: Again::default(),
                saved: None,
            });
            replay
        };
        let folder = tempfile::tempdir().unwrap();
        for goal in [run::Coverage::GivenTraces, run::Coverage::Races { times: 1 }] {
            let mut out = Vec::new();
            let mut outputs = Outputs::of(&mut out).with_folder("--out", folder.path()).unwrap();
            save(&mut replay(goal), &mut outputs);
            assert_eq!(outputs.end(Status::Broken), Status::Broken);
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 2);
    }
}

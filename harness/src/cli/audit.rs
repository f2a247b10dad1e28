//! `authloom audit`: probe a server, check what it follows, show it live.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use authloom_model::{Scope, Spec};
use clap::Args;

use super::failure::Failure;
use super::flags::budget::Budget;
use super::flags::chosen::{Chosen, described, policy_of};
use super::flags::saying::Saying;
use super::flags::time_limit::TimeLimit;
use super::flags::{Bounds, Format, SCOPES, Summary, exact};
use super::outputs::Outputs;
use super::probe::{found, probed, save_unexplained, status, write_found};
use super::verify::{DEFAULT_OUT, held_to, raced, save};
use crate::report;
use crate::report::audit::Held;
use crate::report::probe::Probe;
use crate::report::progress::Progress;
use crate::report::text::Detail;
use crate::run::{self, How, Outcome, Replayed, Status, agreed};
use crate::servers::described::file::auth_service::Description;
use crate::stop::Stop;

/// Probe a server, check the policy that it follows, and drive the server through everything that the policy says.
///
/// Reports what this very deployment cannot survive, and whether the server conforms to the policy that it seems to follow, also where
/// requests arrive at the same time.
#[derive(Args, Clone, Debug)]
pub(super) struct Audit {
    /// The file that describes the server.
    #[arg(long, value_name = "FILE")]
    target: String,

    /// What may happen around it: theft, small, default, large, or in full like `tabs=3,losses=0`.
    #[arg(long, value_name = "NAME-OR-SPEC", default_value_t = Scope::THEFT, long_help = SCOPES)]
    scope: Scope,

    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    budget: Budget,
    #[command(flatten)]
    pub(super) time: TimeLimit,

    #[command(flatten)]
    summary: Summary,
    #[command(flatten)]
    saying: Saying,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// How many times to run each pair of requests whose order matters at the same time.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,

    /// Write the policy that the server follows into this folder, and each trace on which it diverges.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    out: PathBuf,
}

impl Audit {
    /// Audits, saves what was found, and reports.
    pub(super) fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        let detail = self.saying.detail(self.format)?;
        let mut described = described(&self.target)?;
        self.budget.limit(&mut described)?;
        described.server.until = stop;
        let described = &described;
        let mut outputs = Outputs::of(out).with_summary(self.summary.path())?.with_folder("--out", &self.out)?;
        let mut progress = Progress::start();
        let held = policy_of(described)?;
        let probed = probed(described, &held, (&mut progress, stop))?;
        progress.finish();
        let saved = save_unexplained(&probed, &described.name, &mut outputs);
        let probe = Probe {
            target: &described.name,
            lifetimes: None,
            probed: &probed,
            status: status(&probed),
            saved: saved.as_deref(),
        };
        outputs.print(|out| match (self.format, detail) {
            (Format::Text, Detail::Verdict) => report::probe::verdict(out, &probe),
            (Format::Text, Detail::Screen | Detail::Everything) => report::probe::text(out, &probe),
            (Format::Json | Format::Junit, _) => Ok(()),
        });
        let policies = found(described, &held, &probed);
        if probe.status != Status::Holds {
            let status = probe.status;
            self.tell(&mut outputs, &report::audit::Audit { probe, held: None });
            return Ok(outputs.end(status));
        }
        let followed = self.followed(described);
        let written = std::fs::create_dir_all(&self.out)
            .map_err(|error| Failure::fault(format_args!("cannot make {}: {error}", self.out.display())));
        outputs.keep(written.and_then(|()| write_found(&followed, &probed, &policies)));
        let spec = |policy| exact(&described.policy, policy, self.scope);
        let specs: Vec<Spec> = policies.into_iter().map(spec).collect::<Result<_, _>>()?;
        let (outcome, races) = self.held(described, &specs, &mut outputs, stop);
        if self.format == Format::Text {
            if detail != Detail::Verdict {
                outputs.print(|out| report::replay::races(out, &races));
            }
            let again = format!(" --policy {} --scope {}", followed.display(), self.scope);
            outputs.print(|out| report::text::outcome(out, &outcome, &again, detail));
        }
        let held = Held { outcome: &outcome, races: &races };
        self.tell(&mut outputs, &report::audit::Audit { probe, held: Some(held) });
        Ok(outputs.end(outcome.status()))
    }

    /// Checks the policies that the server may follow, and holds it to the first. Where it cannot be asked any more, what came of it before
    /// is told all the same.
    fn held(
        &self,
        described: &Description,
        specs: &[Spec],
        outputs: &mut Outputs<'_>,
        stop: Stop,
    ) -> (Outcome, Vec<Replayed>) {
        let target = Chosen::Live(Box::new(described.clone()));
        let limits = self.bounds.until(stop);
        let mut progress = Progress::start();
        // What a server promises is what all the policies promise that it may follow.
        let checked = agreed(specs.iter().map(|spec| run::explore(spec, limits, &mut progress).0).collect());
        let how = How { times: self.times, stop, ..How::ONCE };
        let held = held_to(&target, &specs[0], limits, (NonZeroUsize::MIN, how), &mut outputs.watching(&mut progress));
        let mut replays = Vec::from_iter(outputs.keep(held));
        let raced = raced(&target, &specs[0], limits, how, &mut outputs.watching(&mut progress));
        let (races, replayed) = outputs.keep(raced).unzip();
        replays.extend(races);
        progress.finish();
        for replay in &mut replays {
            save(replay, outputs);
            replay.called = Some(self.target.clone());
        }
        (Outcome { checked, replays: Some(replays) }, replayed.unwrap_or_default())
    }

    /// Writes the summary, and the whole where the format is one document; text is written as the audit goes on.
    fn tell(&self, outputs: &mut Outputs<'_>, audit: &report::audit::Audit<'_>) {
        outputs.summarise(|out| report::audit::markdown(out, audit));
        outputs.print(|out| match self.format {
            Format::Text => Ok(()),
            Format::Json => report::audit::json(out, audit),
            Format::Junit => report::audit::junit(out, audit),
        });
    }

    /// Where the policy is written that the server follows.
    fn followed(&self, described: &Description) -> PathBuf {
        self.out.join(format!("{}-follows.toml", described.name))
    }
}

//! `authloom audit`: probe a server, check what it follows, show it live.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use authloom_model::{Scope, Spec};
use clap::Args;

use super::failure::{Failure, written};
use super::flags::budget::Budget;
use super::flags::chosen::{Chosen, described, policy_of};
use super::flags::saying::Saying;
use super::flags::{Bounds, Format, SCOPES, Summary, Turn, too_far_apart};
use super::probe::{found, probed, save_unexplained, status, write_found};
use super::verify::{DEFAULT_OUT, held_to, raced, save};
use crate::report;
use crate::report::audit::Held;
use crate::report::probe::Probe;
use crate::report::progress::Progress;
use crate::report::text::Detail;
use crate::run::{self, How, Outcome, Status, agreed};
use crate::servers::described::file::auth_service::Description;

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
    turn: Turn,
    #[command(flatten)]
    budget: Budget,

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
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let detail = self.saying.detail(self.format)?;
        let mut described = described(&self.target)?;
        self.budget.limit(&mut described)?;
        let described = &described;
        let target = Chosen::Live(Box::new(described.clone()));
        let mut progress = Progress::start();
        let held = policy_of(described)?;
        let probed = probed(described, &held, self.turn, &mut progress)?;
        progress.finish();
        let saved = save_unexplained(&probed, &described.name, &self.out)?;
        let probe = Probe {
            target: &described.name,
            lifetimes: None,
            probed: &probed,
            status: status(&probed),
            saved: saved.as_deref(),
        };
        if self.format == Format::Text && detail != Detail::Verdict {
            written(report::probe::text(out, &probe))?;
        }
        if self.format == Format::Text && detail == Detail::Verdict {
            written(report::probe::verdict(out, &probe))?;
        }
        let policies = found(described, &held, &probed);
        if probe.status != Status::Holds {
            self.tell(out, &report::audit::Audit { probe, held: None })?;
            return Ok(probe.status);
        }
        std::fs::create_dir_all(&self.out)
            .map_err(|error| Failure::fault(format_args!("cannot make {}: {error}", self.out.display())))?;
        write_found(&self.followed(described), &probed, &policies)?;
        let spec = |policy| {
            let seen = self.turn.seen(policy);
            Spec::new(seen.clone(), self.scope).map_err(|error| too_far_apart(&described.policy, &seen, &error))
        };
        let specs: Vec<Spec> = policies.into_iter().map(spec).collect::<Result<_, _>>()?;
        let mut progress = Progress::start();
        // What a server promises is what all the policies promise that it may follow.
        let checked =
            agreed(specs.iter().map(|spec| run::explore(spec, self.bounds.into(), &mut progress).0).collect());
        let spec = &specs[0];
        let how = How { times: self.times, ..How::ONCE };
        let mut replay = held_to(&target, spec, self.bounds.into(), (NonZeroUsize::MIN, how), &mut progress)?;
        let (mut races, raced) = raced(&target, spec, self.bounds.into(), how, &mut progress)?;
        progress.finish();
        for replay in [&mut replay, &mut races] {
            save(replay, &self.out)?;
            replay.called = Some(self.target.clone());
        }
        let outcome = Outcome { checked, replays: Some(vec![replay, races]) };
        if self.format == Format::Text {
            if detail != Detail::Verdict {
                written(report::replay::races(out, &raced))?;
            }
            let again = format!(" --policy {} --scope {}", self.followed(described).display(), self.scope);
            written(report::text::outcome(out, &outcome, &again, detail))?;
        }
        let held = Held { outcome: &outcome, races: &raced };
        self.tell(out, &report::audit::Audit { probe, held: Some(held) })?;
        Ok(outcome.status())
    }

    /// Writes the summary, and the whole where the format is one document; text is written as the audit goes on.
    fn tell(&self, out: &mut dyn Write, audit: &report::audit::Audit<'_>) -> Result<(), Failure> {
        self.summary.append(|out| report::audit::markdown(out, audit))?;
        written(match self.format {
            Format::Text => Ok(()),
            Format::Json => report::audit::json(out, audit),
            Format::Junit => report::audit::junit(out, audit),
        })
    }

    /// Where the policy is written that the server follows.
    fn followed(&self, described: &Description) -> PathBuf {
        self.out.join(format!("{}-follows.toml", described.name))
    }
}

//! `authloom audit`: probe a server, check what it follows, show it live.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use authloom_model::{Scope, Spec};
use clap::Args;

use super::failure::{Failure, written};
use super::flags::budget::Budget;
use super::flags::chosen::{Chosen, described, policy_of};
use super::flags::{Bounds, Turn, too_far_apart};
use super::probe::{found, probed, save_unexplained, status, write_found};
use super::verify::{DEFAULT_OUT, held_to, raced, save};
use crate::report;
use crate::report::progress::Progress;
use crate::run::{self, How, Outcome, Status, agreed};
use crate::servers::described::file::auth_service::Description;

/// Probe a server, check the policy that it follows, and hold the server to it: what this very deployment cannot survive, and whether it
/// does what it seems to, also where requests come at once.
#[derive(Args, Clone, Debug)]
pub(super) struct Audit {
    /// The file that describes the server.
    #[arg(long, value_name = "FILE")]
    target: String,

    /// What may happen around it. theft: one tab, one lost message, a thief; or another scope, see `check`.
    #[arg(long, value_name = "NAME-OR-SPEC", default_value_t = Scope::THEFT)]
    scope: Scope,

    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    turn: Turn,
    #[command(flatten)]
    budget: Budget,

    /// How often to let each pair of requests go at once whose order matters.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,

    /// Where the policy that the server follows is written, and traces on which it diverges.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    out: PathBuf,
}

impl Audit {
    /// Audits, saves what was found, and reports.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let mut described = described(&self.target)?;
        self.budget.limit(&mut described)?;
        let described = &described;
        let target = Chosen::Live(Box::new(described.clone()));
        let mut progress = Progress::start();
        let held = policy_of(described)?;
        let probed = probed(described, &held, self.turn, &mut progress)?;
        progress.finish();
        written(report::probe::text(out, &described.name, &probed))?;
        save_unexplained(&probed, &described.name, &self.out)?;
        let policies = found(described, &held, &probed);
        if status(&probed) != Status::Holds {
            return Ok(status(&probed));
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
        written(report::replay::races(out, &raced))?;
        let outcome = Outcome { checked, replays: Some(vec![replay, races]) };
        let again = format!(" --policy {} --scope {}", self.followed(described).display(), self.scope);
        written(report::text::outcome(out, &outcome, &again))?;
        Ok(outcome.status())
    }

    /// Where the policy is written that the server follows.
    fn followed(&self, described: &Description) -> PathBuf {
        self.out.join(format!("{}-follows.toml", described.name))
    }
}

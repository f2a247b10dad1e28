//! `authloom verify`: check, then replay on real servers.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::asked::{Bounds, Format, Subject};
use super::check::report;
use super::failure::Failure;
use super::folder::Folder;
use super::targets::TargetName;
use crate::report::progress::Progress;
use crate::run::{self, Plan, Replay, Status};

/// Check a policy, and replay it on real servers: every step in this process, every kind of step over HTTP. The bare command does this.
#[derive(Args, Clone, Debug)]
pub(super) struct Verify {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    bounds: Bounds,

    /// How to say what came of it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Where traces on which a target diverges are written.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    out: PathBuf,
}

/// Where traces on which a target diverges are written, unless told.
pub(super) const DEFAULT_OUT: &str = "authloom-traces";

impl Verify {
    /// Verifies, saves what diverges, and reports.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let spec = self.subject.spec()?;
        let mut progress = Progress::start();
        let targets = TargetName::ALL;
        let opens = targets.map(|target| {
            let spec = &spec;
            move || target.open(spec)
        });
        let plans: Vec<Plan<'_>> = targets
            .into_iter()
            .zip(&opens)
            .map(|(target, open)| Plan {
                target: target.name(),
                suite: target.suite(),
                open,
                workers: target.workers(),
            })
            .collect();
        let mut outcome = run::verify(&spec, self.bounds.into(), &plans, &mut progress);
        progress.finish();
        for replay in outcome.replays.iter_mut().flatten() {
            save(replay, &self.out)?;
        }
        report(out, &outcome, self.format, &self.subject)?;
        Ok(outcome.status())
    }
}

/// Saves the traces on which a target diverges.
pub(super) fn save(replay: &mut Replay, folder: &Path) -> Result<(), Failure> {
    let mut folder = Folder::at(folder);
    for (breach, number) in replay.breaches.iter_mut().zip(1..) {
        breach.trace.header.shows = format!("where {} diverges: {}", replay.target, breach.rule.sentence);
        breach.saved = Some(folder.write(&format!("{}-diverges-{number}", replay.target), &breach.trace)?);
    }
    Ok(())
}

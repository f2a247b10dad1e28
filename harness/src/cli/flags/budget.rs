//! The flags that say how much is asked of a server, and what was asked before.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::chosen::Chosen;
use crate::cli::failure::Failure;
use crate::run::{Journal, Shard};
use crate::servers::described::file::auth_service::Description;

/// How much is asked.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How much to ask")]
pub(in crate::cli) struct Asking {
    #[command(flatten)]
    budget: Budget,

    /// Only this part of the traces, like 2/5: the same ones on every machine.
    #[arg(long, value_name = "PART")]
    shard: Option<Shard>,

    /// Note the traces that conform in this file, and leave out those that it has: a run that was cut off goes on where it was.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

/// How many requests may be sent.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "How much to ask")]
pub(in crate::cli) struct Budget {
    /// Requests that we send a described AuthService at most. Traces come in an order in which each prefix is the best use of them.
    #[arg(long, value_name = "REQUESTS")]
    budget: Option<u64>,
}

impl Budget {
    /// Allows a server no more.
    ///
    /// # Errors
    /// When that is no request at all.
    pub(in crate::cli) fn limit(self, described: &mut Description) -> Result<(), Failure> {
        match self.budget {
            None => Ok(()),
            Some(0) => Err(Failure::nothing_run("--budget 0 allows no request: nothing is driven; allow at least 1")),
            Some(budget) => {
                described.allowance = described.allowance.limited(budget);
                Ok(())
            }
        }
    }
}

impl Asking {
    /// Allows a target no more than the budget.
    pub(in crate::cli) fn limit(&self, target: &mut Chosen) -> Result<(), Failure> {
        match (self.budget.budget, target) {
            (None, _) => Ok(()),
            (Some(_), Chosen::Live(described)) => self.budget.limit(described),
            (Some(_), Chosen::Reference | Chosen::Http | Chosen::Backend(_)) => {
                Err(Failure::input("--budget is for an AuthService that a file describes: ours may be asked anything"))
            }
        }
    }

    /// Which part of the traces is driven.
    pub(in crate::cli) fn shard(&self) -> Shard {
        self.shard.unwrap_or(Shard::WHOLE)
    }

    /// What was asked before of these targets.
    pub(in crate::cli) fn journal(&self, targets: &[Chosen]) -> Result<Option<Journal>, Failure> {
        let about: String = targets.iter().map(Chosen::described_as).collect();
        let opened = self.journal.as_ref().map(|path| {
            Journal::open(path, &about)
                .map_err(|error| Failure::input(format_args!("--journal {}: {error}", path.display())))
        });
        opened.transpose()
    }

    /// Fails where a journal could not be kept.
    pub(in crate::cli) fn kept(&self, journal: Option<&Journal>) -> Result<(), Failure> {
        match (journal.and_then(Journal::lost), &self.journal) {
            (Some(why), Some(path)) => Err(Failure::fault(format_args!("cannot write {}: {why}", path.display()))),
            (_, _) => Ok(()),
        }
    }
}

/// How many are asked at once.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "How much to ask")]
pub(in crate::cli) struct Jobs {
    /// Traces that are driven at once. A server that is started here is started as often; of one that runs, as many people must be able to
    /// sign in, and its clock must be nobody's to turn.
    #[arg(long, value_name = "COUNT")]
    jobs: Option<NonZeroUsize>,
}

impl Jobs {
    /// Whether anybody said how many.
    pub(in crate::cli) fn is_given(self) -> bool {
        self.jobs.is_some()
    }

    /// As many as are asked for, where a target allows it.
    pub(in crate::cli) fn of(self, target: &Chosen) -> Result<NonZeroUsize, Failure> {
        let Some(jobs) = self.jobs else { return Ok(target.workers()) };
        let why_not = match target {
            Chosen::Reference | Chosen::Http => None,
            Chosen::Live(described) => described.not_at_once(jobs.get()),
            Chosen::Backend(described) => described.not_at_once(jobs.get()),
        };
        match why_not {
            None => Ok(jobs),
            Some(why) => Err(Failure::input(format_args!("--jobs {jobs}: {why}"))),
        }
    }
}

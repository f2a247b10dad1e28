//! How much to say to people, and how long to look for what would mend a policy.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use clap::Args;

use super::Format;
use crate::cli::failure::Failure;
use crate::explore::Limits;
use crate::report::text::Detail;
use crate::run::{Checked, MendBudget, Mending, mend};

/// How much to say.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct Saying {
    /// Print a line for each broken promise and each divergence, and the verdict; nothing else.
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,

    /// Print every promise and every situation with its sentence.
    #[arg(long, short)]
    verbose: bool,
}

impl Saying {
    /// How much to say in this format.
    pub(in crate::cli) fn detail(self, format: Format) -> Result<Detail, Failure> {
        match (self.quiet, self.verbose, format) {
            (false, false, _) => Ok(Detail::Screen),
            (_, _, Format::Json | Format::Junit) => {
                Err(Failure::input("--quiet and --verbose are for --format text: json and junit hold everything"))
            }
            (true, _, Format::Text) => Ok(Detail::Verdict),
            (false, true, Format::Text) => Ok(Detail::Everything),
        }
    }
}

/// How long to look for what would mend a policy.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct Mend {
    /// How long to look for single settings that would mend what is broken, like 10s or 1m; 0 for not at all. In text the verdict comes
    /// first, and what was not tried is said.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = length)]
    mend_budget: Duration,
}

impl Mend {
    /// Looks for what would mend a policy whose exploring took so long. Nothing is begun that would, at that pace, end too late, or once the
    /// word to stop has come.
    #[expect(clippy::disallowed_methods, reason = "this shell measures for a person")]
    pub(in crate::cli) fn tried(self, checked: &Checked, limits: Limits, took: Duration) -> Option<Mending> {
        if self.mend_budget.is_zero() || limits.stop.by().is_some() {
            return None;
        }
        let workers = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let started = Instant::now();
        let goes_on = || limits.stop.by().is_none() && started.elapsed() + took <= self.mend_budget;
        mend(checked, limits, workers, MendBudget::While(&goes_on))
    }
}

/// Reads a length of time.
fn length(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    humantime::parse_duration(text).map_err(|_| "a length of time is like 10s or 1m, or 0 for none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_length_of_time_or_0() {
        assert_eq!(length("0"), Ok(Duration::ZERO));
        assert_eq!(length("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(["10", "-1s", "soon", ""].iter().all(|wrong| length(wrong).is_err()));
    }

    #[test]
    fn only_text_is_said_in_more_or_less_detail() {
        let saying = |quiet, verbose| Saying { quiet, verbose };
        assert_eq!(saying(true, false).detail(Format::Text), Ok(Detail::Verdict));
        assert_eq!(saying(false, true).detail(Format::Text), Ok(Detail::Everything));
        assert_eq!(saying(false, false).detail(Format::Json), Ok(Detail::Screen));
        assert!(saying(true, false).detail(Format::Json).is_err());
        assert!(saying(false, true).detail(Format::Junit).is_err());
    }
}

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
    /// How long to look for single settings that would mend what is broken, like 10s, or how many to try, like 20; 0 for none. In text the
    /// verdict comes first, and what was not tried is said.
    #[arg(long, value_name = "DURATION-OR-COUNT", default_value = "10s", value_parser = budget)]
    mend_budget: Budget,
}

/// What may be spent on looking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Budget {
    Settings(usize),
    Time(Duration),
}

impl Mend {
    /// Looks for what would mend a policy whose exploring took so long. Nothing is begun that would, at that pace, end too late, or once the
    /// word to stop has come.
    #[expect(clippy::disallowed_methods, reason = "this shell measures for a person")]
    pub(in crate::cli) fn tried(self, checked: &Checked, limits: Limits, took: Duration) -> Option<Mending> {
        if limits.stop.by().is_some() {
            return None;
        }
        let workers = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        match self.mend_budget {
            Budget::Settings(0) => None,
            Budget::Settings(most) => mend(checked, limits, workers, MendBudget::Settings(most)),
            Budget::Time(length) => {
                let started = Instant::now();
                let goes_on = || limits.stop.by().is_none() && started.elapsed() + took <= length;
                mend(checked, limits, workers, MendBudget::While(&goes_on))
            }
        }
    }
}

/// Reads a length of time, or a number of settings.
fn budget(text: &str) -> Result<Budget, String> {
    if let Ok(settings) = text.parse() {
        return Ok(Budget::Settings(settings));
    }
    let wrong = |_| "a budget is a length of time like 10s or 1m, or a number of settings like 20".to_owned();
    humantime::parse_duration(text).map(Budget::Time).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_length_of_time_or_a_number_of_settings() {
        assert_eq!(budget("0"), Ok(Budget::Settings(0)));
        assert_eq!(budget("20"), Ok(Budget::Settings(20)));
        assert_eq!(budget("1m 30s"), Ok(Budget::Time(Duration::from_secs(90))));
        assert!(["-1s", "soon", "", "1.5"].iter().all(|wrong| budget(wrong).is_err()));
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

//! How long a run may take.

use std::time::Duration;

use clap::Args;

/// How long a run may take.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct TimeLimit {
    /// Stop after this time, like 90s or 10m, and report what was found so far, as after Ctrl-C.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    time_limit: Option<Duration>,
}

impl TimeLimit {
    /// The time that the run may take, if anybody said so.
    pub(in crate::cli) fn limit(self) -> Option<Duration> {
        self.time_limit
    }
}

/// Reads a duration that is longer than none.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time limit is a number with its unit, like 90s or 10m, and longer than none".to_owned();
    humantime::parse_duration(text).ok().filter(|limit| !limit.is_zero()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_a_duration_that_is_longer_than_none() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_mins(90)));
        for wrong in ["", "10", "0s", "soon", "-1m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}

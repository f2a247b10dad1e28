//! Lengths of time as a file has them: whole seconds, up to a hundred years.

use std::time::Duration;

/// The longest that anything in a policy can last: 100 years. A token that lives longer lives for ever, as far as its user is concerned,
/// and sums of a few such lengths still fit the clocks of servers.
pub(super) const LONGEST: Duration = Duration::from_secs(100 * YEAR_SECONDS);

/// A year of 365.25 days, as `humantime` has it.
const YEAR_SECONDS: u64 = 31_557_600;

/// What a length looks like, for whoever wrote something else.
pub(super) const LENGTH: &str = "a duration like \"90s\", \"5m\" or \"1h 30m\"";

/// The shortest that a length may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Least {
    /// No time at all.
    Zero,
    /// A second.
    ASecond,
}

/// Writes a length.
pub(super) fn write(length: Duration) -> String {
    humantime::format_duration(length).to_string()
}

/// Whether a server can count it. RFC 7519 section 2: a `NumericDate` counts seconds, and `expires_in` (RFC 6749 section 5.1) does.
pub(super) fn is_whole_seconds(length: Duration) -> bool {
    length.subsec_nanos() == 0
}

/// Reads a length. The error says what is wrong with it, and what would be right.
pub(super) fn read(said: &str, least: Least) -> Result<Duration, String> {
    let out_of_range = || format!("`{said}` is out of range: at most \"{}\", in whole seconds", write(LONGEST));
    let length = match humantime::parse_duration(said) {
        Ok(length) => length,
        Err(humantime::DurationError::NumberOverflow) => return Err(out_of_range()),
        Err(
            humantime::DurationError::InvalidCharacter(_)
            | humantime::DurationError::NumberExpected(_)
            | humantime::DurationError::UnknownUnit { .. }
            | humantime::DurationError::Empty,
        ) => return Err(format!("`{said}` is not a duration: write {LENGTH}")),
    };
    if length > LONGEST {
        return Err(out_of_range());
    }
    if !is_whole_seconds(length) {
        let whole = write(Duration::from_secs(length.as_secs() + 1));
        return Err(format!(
            "tokens carry whole seconds (RFC 7519 section 2): write \"{whole}\" or another whole number"
        ));
    }
    match least {
        Least::ASecond if length.is_zero() => {
            Err("a lifetime of zero: nothing could ever be used; it is at least \"1s\"".to_owned())
        }
        Least::ASecond | Least::Zero => Ok(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_whole_number_of_seconds() {
        assert_eq!(read("1h 30m", Least::ASecond), Ok(Duration::from_mins(90)));
        assert_eq!(read("0s", Least::Zero), Ok(Duration::ZERO));
        for fraction in ["500ms", "1s 1ns", "0.5s"] {
            assert!(read(fraction, Least::Zero).is_err(), "{fraction}");
        }
        let error = read("1s 500ms", Least::Zero).expect_err("it is a fraction");
        assert_eq!(error, "tokens carry whole seconds (RFC 7519 section 2): write \"2s\" or another whole number");
    }

    #[test]
    fn a_length_is_at_most_a_hundred_years() {
        assert_eq!(read("100years", Least::ASecond), Ok(LONGEST));
        for long in ["0.1ns", "100years 1s", "584years", "99999999999999years", "99999999999999999999999s"] {
            let error = read(long, Least::ASecond).expect_err(long);
            assert_eq!(error, format!("`{long}` is out of range: at most \"100years\", in whole seconds"));
        }
    }
}

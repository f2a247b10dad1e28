//! Numbers as people say them.

use indicatif::HumanCount;

/// `17,035 worlds`, `1 world`.
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", HumanCount(number))
}

/// A chance as `1 in 130 billion`.
pub(super) fn chance(probability: f64) -> String {
    const NAMES: [(f64, &str); 4] = [(1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (1e3, " thousand")];
    if probability <= 0.0 {
        return "none".to_owned();
    }
    let one_in = 1.0 / probability;
    if one_in >= 1e15 {
        return "less than 1 in a thousand trillion".to_owned();
    }
    let (scale, name) = NAMES.into_iter().find(|(scale, _)| one_in >= *scale).unwrap_or((1.0, ""));
    format!("1 in {:.0}{name}", one_in / scale)
}

/// Bytes as `4 GiB`.
pub(super) fn bytes(number: u64) -> String {
    indicatif::BinaryBytes(number).to_string().replace(".00 ", " ")
}

/// `12,300 steps a second`, rounded to two digits that matter.
pub(super) fn rate(per_second: f64) -> String {
    let magnitude = 10f64.powf(per_second.max(1.0).log10().floor() - 1.0).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive and small")]
    let rounded = ((per_second / magnitude).round() * magnitude) as u64;
    format!("{} steps a second", HumanCount(rounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_with_their_nouns() {
        assert_eq!(count(1, "world"), "1 world");
        assert_eq!(count(17_035, "world"), "17,035 worlds");
        assert_eq!(rate(12_345.6), "12,000 steps a second");
        assert_eq!(rate(7.2), "7 steps a second");
    }

    #[test]
    fn a_chance_is_said_as_one_in_so_many() {
        assert_eq!(chance(1.0 / 127e9), "1 in 127 billion");
        assert_eq!(chance(0.027), "1 in 37");
        assert_eq!(chance(0.0), "none");
        assert_eq!(chance(1e-17), "less than 1 in a thousand trillion");
    }
}

//! A part of many traces, so that several machines can share them: which part a trace belongs to, only the trace says.

use std::fmt;
use std::str::FromStr;

use authloom_model::{Action, Seconds};

/// One of so many parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// Which one, from 1.
    number: u64,
    /// How many there are.
    of: u64,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Whether a trace of these actions belongs to it.
    #[must_use]
    pub fn has(self, actions: impl IntoIterator<Item = Action>) -> bool {
        fingerprint(actions) % self.of + 1 == self.number
    }
}

/// What a trace is known by: the same on every machine. FNV-1a of the codes of its actions.
pub(super) fn fingerprint(actions: impl IntoIterator<Item = Action>) -> u64 {
    fnv(actions.into_iter().flat_map(action_bytes))
}

/// An action as bytes: its code, and how much time passes where any does.
pub(super) fn action_bytes(action: Action) -> impl Iterator<Item = u8> {
    let time = if let Action::Wait(Seconds(time)) = action { Some(time.to_le_bytes()) } else { None };
    std::iter::once(action.code()).chain(time.into_iter().flatten())
}

/// The hash FNV-1a.
pub(super) fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no part of a whole: write it like 2/5");
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let (number, of) = (number.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
        if (1..=of).contains(&number) { Ok(Self { number, of }) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trace_is_in_just_one_part() {
        let actions: Vec<Action> = (0..Action::CODES).filter_map(|code| Action::of_code(code, Seconds(60))).collect();
        let mut sizes = [0; 3];
        for length in 1..actions.len() {
            let parts = (1..=3).map(|number| Shard { number, of: 3 }.has(actions[..length].iter().copied()));
            let parts: Vec<bool> = parts.collect();
            assert_eq!(parts.iter().filter(|has| **has).count(), 1);
            for (size, has) in sizes.iter_mut().zip(parts) {
                *size += usize::from(has);
            }
        }
        assert!(sizes.iter().all(|size| *size > 0), "{sizes:?}");
        assert!(Shard::WHOLE.has(actions));
    }

    #[test]
    fn the_hash_is_the_one_that_is_known() {
        // As the authors of FNV have it.
        assert_eq!(fnv(*b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_part_is_written_with_its_whole() {
        assert_eq!("2/5".parse::<Shard>().map(|shard| shard.to_string()), Ok("2/5".to_owned()));
        for wrong in ["0/5", "6/5", "1/0", "2", "a/b", "-1/2"] {
            assert!(wrong.parse::<Shard>().unwrap_err().ends_with("write it like 2/5"));
        }
    }
}

//! What the surroundings may do, and how often. A policy is chosen by a deployment; a scope by whoever checks it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Seconds;
use crate::world::{CALLS, TABS};

/// The most messages a scope may let the network lose. Each further one multiplies the worlds; every pattern known needs one or two.
pub const MOST_LOSSES: u8 = 4;
/// The most thefts of a scope. One shows what a theft leads to; a second one what a second one adds.
pub const MOST_THEFTS: u8 = 2;

/// The bounds of an exploration. Within them nothing else is bounded: sessions are of any length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Scope {
    /// Tabs of the browser, at least 1.
    pub tabs: u8,
    /// Parallel calls of a tab, at least 1.
    pub calls: u8,
    /// Sign-ins and sign-outs that may be under way at once, at least 1: a person does one thing at a time.
    pub flows: u8,
    /// Messages the network may lose.
    pub losses: u8,
    /// Times a thief may copy a code or a session.
    pub thefts: u8,
    /// How long a message may be on its way.
    pub flight: Flight,
}

/// How long a message may be on its way, from its sender to whoever takes it. What is lost is lost within that time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flight {
    /// As long as can be: a lifetime may pass meanwhile.
    Any,
    /// At most this.
    AtMost(Seconds),
}

impl Flight {
    /// Two minutes: longer than the time-outs of most clients and proxies, shorter than most lifetimes.
    pub const DEFAULT: Self = Self::AtMost(Seconds(120));
}

impl fmt::Display for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            // A scope is one word.
            Self::AtMost(most) => f.write_str(&most.to_string().replace(' ', "")),
        }
    }
}

impl FromStr for Flight {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "any" {
            return Ok(Self::Any);
        }
        match humantime::parse_duration(text) {
            Ok(length) if length.subsec_nanos() == 0 && length <= LONGEST_FLIGHT => {
                Ok(Self::AtMost(Seconds::of(length)))
            }
            Ok(_) | Err(_) => Err(format!(
                "`{text}` is not a duration in whole seconds, such as `2m`, up to a day, nor `any` for flight"
            )),
        }
    }
}

/// The longest bound on a flight.
const LONGEST_FLIGHT: Duration = Duration::from_hours(24);

impl Scope {
    /// One tab, one call, one loss, and a thief who may copy a code or a session once: everything that an AuthService decides.
    pub const THEFT: Self = Self { tabs: 1, calls: 1, flows: 1, losses: 1, thefts: 1, flight: Flight::DEFAULT };
    /// One tab, two calls, one loss: everything that goes wrong without a second tab. A fraction of a second.
    pub const SMALL: Self = Self { tabs: 1, calls: 2, flows: 1, losses: 1, thefts: 0, flight: Flight::DEFAULT };
    /// Two tabs that share a session, and one loss: every pairwise race, every lost message.
    pub const DEFAULT: Self = Self { tabs: 2, calls: 1, flows: 1, losses: 1, thefts: 0, flight: Flight::DEFAULT };
    /// Two tabs with two calls each, and one loss: tabs that race while their own calls wait for each other.
    pub const LARGE: Self = Self { tabs: 2, calls: 2, flows: 1, losses: 1, thefts: 0, flight: Flight::DEFAULT };

    /// The scopes with a name, smallest first.
    pub const NAMED: [(&'static str, Self); 4] =
        [("theft", Self::THEFT), ("small", Self::SMALL), ("default", Self::DEFAULT), ("large", Self::LARGE)];
}

/// A text is not a scope.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no scope `{text}`: {why}")]
pub struct ScopeError {
    text: String,
    why: String,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMED.iter().find(|(_, scope)| Self { flight: self.flight, ..*scope } == *self);
        match named {
            Some((name, _)) => f.write_str(name)?,
            None => {
                write!(f, "tabs={},calls={},flows={},losses={}", self.tabs, self.calls, self.flows, self.losses)?;
                if self.thefts > 0 {
                    write!(f, ",thefts={}", self.thefts)?;
                }
            }
        }
        if self.flight == Flight::DEFAULT { Ok(()) } else { write!(f, ",flight={}", self.flight) }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let error = |why: String| ScopeError { text: text.to_owned(), why };
        let mut scope = Self::DEFAULT;
        let mut given = Vec::new();
        for (place, part) in text.split(',').enumerate() {
            if let (0, Some((_, named))) = (place, Self::NAMED.iter().find(|(name, _)| *name == part.trim())) {
                scope = *named;
                continue;
            }
            let Some((key, value)) = part.split_once('=') else {
                return Err(error(
                    "it is one of theft, small, default, large, or like `tabs=2,calls=1,flows=1,losses=1` or `small,flight=any`"
                        .to_owned(),
                ));
            };
            if given.contains(&key.trim()) {
                return Err(error(format!("{} is given twice: give it once", key.trim())));
            }
            given.push(key.trim());
            if key.trim() == "flight" {
                scope.flight = value.trim().parse().map_err(error)?;
                continue;
            }
            let (field, least, most) = match key.trim() {
                "tabs" => (&mut scope.tabs, 1, TABS),
                "calls" => (&mut scope.calls, 1, CALLS),
                "flows" => (&mut scope.flows, 1, TABS),
                "losses" => (&mut scope.losses, 0, usize::from(MOST_LOSSES)),
                "thefts" => (&mut scope.thefts, 0, usize::from(MOST_THEFTS)),
                other => {
                    return Err(error(format!("`{other}` is not one of tabs, calls, flows, losses, thefts, flight")));
                }
            };
            match value.trim().parse::<u8>() {
                Ok(count) if (least..=most).contains(&usize::from(count)) => *field = count,
                Ok(_) | Err(_) => {
                    let why = format!("`{}` is not a number from {least} to {most} for {}", value.trim(), key.trim());
                    return Err(error(why));
                }
            }
        }
        Ok(scope)
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_from_its_text() {
        for scope in [
            Scope::THEFT,
            Scope::SMALL,
            Scope::DEFAULT,
            Scope::LARGE,
            Scope { tabs: 3, calls: 1, flows: 2, losses: 0, thefts: 0, flight: Flight::DEFAULT },
            Scope { tabs: 3, calls: 1, flows: 2, losses: 0, thefts: 2, flight: Flight::DEFAULT },
            Scope { flight: Flight::Any, ..Scope::SMALL },
            Scope { tabs: 3, flight: Flight::AtMost(Seconds(90)), ..Scope::THEFT },
        ] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
    }

    #[test]
    fn a_wrong_scope_says_what_would_be_right() {
        let why = |text: &str| text.parse::<Scope>().expect_err("the text is wrong").to_string();
        assert_eq!(why("tabs=9"), "no scope `tabs=9`: `9` is not a number from 1 to 3 for tabs");
        assert_eq!(why("tab=1"), "no scope `tab=1`: `tab` is not one of tabs, calls, flows, losses, thefts, flight");
        assert_eq!(why("tabs=1,tabs=2"), "no scope `tabs=1,tabs=2`: tabs is given twice: give it once");
        assert!(why("tabs=1;calls=1").contains("`1;calls=1` is not a number"));
        assert!(why("huge").contains("one of theft, small, default, large"));
    }
}

//! How much may be asked of a server, and how fast: by everybody together who asks it.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::servers::{Fault, USED_UP};
use crate::stop::Stop;

/// How much may be asked of a server, and how fast. Clones share what is left.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Requests that may still be sent.
    left: AtomicU64,
    /// From one request to the next, at least.
    apart: Duration,
    /// When the next request may be sent; none before the first.
    next: Mutex<Option<Instant>>,
}

/// Requests a second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    apart: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no rate: write it like \"10/s\" or \"30/m\"");
        let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
        let unit = match unit.trim() {
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            _ => return Err(wrong()),
        };
        match number.trim().parse::<u32>() {
            Ok(0) | Err(_) => Err(wrong()),
            Ok(number) => Ok(Self { apart: unit / number }),
        }
    }
}

impl Allowance {
    /// As many requests as anybody wants, as fast as they are answered or as a rate has it.
    #[must_use]
    pub fn unlimited(rate: Option<Rate>) -> Self {
        Self::of(u64::MAX, rate.map_or(Duration::ZERO, |rate| rate.apart))
    }

    /// So many requests, at the rate of this one.
    #[must_use]
    pub fn limited(&self, requests: u64) -> Self {
        Self::of(requests, self.0.apart)
    }

    fn of(requests: u64, apart: Duration) -> Self {
        Self(Arc::new(Shared { left: AtomicU64::new(requests), apart, next: Mutex::new(None) }))
    }

    /// Whether anything more may be asked.
    pub(in crate::servers) fn has_more(&self) -> bool {
        self.0.left.load(Ordering::Relaxed) > 0
    }

    /// Takes one request, and says how long to wait before it is sent.
    pub(in crate::servers) fn one_more(&self) -> Result<Duration, Fault> {
        let one_less = |left: u64| left.checked_sub(1);
        if self.0.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_err() {
            return Err(Fault(USED_UP.to_owned()));
        }
        if self.0.apart.is_zero() {
            return Ok(Duration::ZERO);
        }
        let now = now();
        let mut next = self.0.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.0.apart);
        Ok(turn - now)
    }
}

#[expect(clippy::disallowed_methods, reason = "a stranger's server is asked by its own time, not by ours")]
fn now() -> Instant {
    Instant::now()
}

/// Lets time pass.
///
/// # Errors
/// When the word to stop comes first.
#[expect(clippy::disallowed_methods, reason = "a rate is kept by waiting")]
pub(in crate::servers) async fn pause(wait: Duration, stop: Stop) -> Result<(), Fault> {
    if wait.is_zero() {
        return Ok(());
    }
    tokio::select! {
        () = tokio::time::sleep(wait) => Ok(()),
        by = stop.given() => Err(Fault::stopped(by)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_what_all_together_may_ask() {
        let allowance = Allowance::unlimited(None).limited(3);
        let other = allowance.clone();
        assert_eq!((allowance.one_more(), other.one_more()), (Ok(Duration::ZERO), Ok(Duration::ZERO)));
        assert!(allowance.has_more());
        assert_eq!(other.one_more(), Ok(Duration::ZERO));
        assert!(!allowance.has_more() && allowance.one_more().is_err() && other.one_more().is_err());
    }

    #[test]
    fn a_rate_sets_requests_apart() {
        let allowance = Allowance::unlimited(Some("1/m".parse().unwrap()));
        let waits: Vec<_> = (0..3).map(|_| allowance.one_more().unwrap()).collect();
        assert_eq!(waits[0], Duration::ZERO);
        // Nearly a minute after the first, nearly two after it.
        assert!(waits[1] <= Duration::from_mins(1) && waits[2] > waits[1] && waits[2] <= Duration::from_mins(2));
        for wrong in ["10", "0/s", "ten/s", "10/h", "/s"] {
            assert!(wrong.parse::<Rate>().unwrap_err().contains("write it like \"10/s\""));
        }
    }
}

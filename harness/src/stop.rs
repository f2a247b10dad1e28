//! The word that ends a run early: by Ctrl-C, by SIGTERM, or by a time limit.
//!
//! A shell that owns signals and a clock gives the word; everything below only asks for it, between two steps or while it waits. Invariant:
//! the first word counts, and it is never taken back.

use std::fmt;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// What ended a run early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoppedBy {
    /// The person at the terminal: SIGINT.
    Interrupt,
    /// Whoever runs the program: SIGTERM.
    Termination,
    /// The time that the run was given.
    TimeLimit(Duration),
}

impl StoppedBy {
    /// The name for machines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "ctrl_c",
            Self::Termination => "sigterm",
            Self::TimeLimit(_) => "time_limit",
        }
    }
}

impl fmt::Display for StoppedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupt => f.write_str("Ctrl-C"),
            Self::Termination => f.write_str("SIGTERM"),
            Self::TimeLimit(limit) => write!(f, "the time limit of {}", humantime::format_duration(*limit)),
        }
    }
}

/// Whether a run is to end early. All copies hear the same word.
#[derive(Clone, Copy, Default)]
pub struct Stop(Option<&'static Word>);

struct Word {
    by: OnceLock<StoppedBy>,
    given: Notify,
    /// For a run that is to be cut off at the same place each time: how often it may still ask, and what it is told then.
    countdown: Option<(AtomicU64, StoppedBy)>,
}

impl Stop {
    /// No word ever comes.
    pub const NEVER: Self = Self(None);

    /// A word that somebody may give. It lives as long as the program, so that asking for it costs next to nothing: a program has one.
    #[must_use]
    pub fn new() -> Self {
        Self::with(None)
    }

    /// A word that comes by itself when it has been asked for a number of times: a run is then cut off at the same place each time.
    #[must_use]
    pub fn after(checks: u64, by: StoppedBy) -> Self {
        Self::with(Some((AtomicU64::new(checks), by)))
    }

    fn with(countdown: Option<(AtomicU64, StoppedBy)>) -> Self {
        Self(Some(Box::leak(Box::new(Word { by: OnceLock::new(), given: Notify::new(), countdown }))))
    }

    /// Gives the word.
    pub fn give(self, by: StoppedBy) {
        if let Some(word) = self.0 {
            word.give(by);
        }
    }

    /// What ends the run, once the word is given. Asked at each place where a run can end.
    #[must_use]
    pub fn check(self) -> Option<StoppedBy> {
        let word = self.0?;
        if let Some((left, by)) = &word.countdown
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        {
            word.give(*by);
        }
        word.by.get().copied()
    }

    /// What has ended the run, if anything has.
    #[must_use]
    pub fn by(self) -> Option<StoppedBy> {
        self.0?.by.get().copied()
    }

    /// Returns once the word is given.
    pub async fn given(self) -> StoppedBy {
        let Some(word) = self.0 else { return std::future::pending().await };
        loop {
            let mut given = pin!(word.given.notified());
            // A word between a look and the wait is not missed.
            given.as_mut().enable();
            if let Some(by) = word.by.get() {
                return *by;
            }
            given.await;
        }
    }
}

impl Word {
    fn give(&self, by: StoppedBy) {
        // The first one counts.
        let _ = self.by.set(by);
        self.given.notify_waiters();
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stop")
    }
}

impl PartialEq for Stop {
    /// Whether both hear the same word.
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => std::ptr::eq(one, other),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

impl Eq for Stop {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_counts_and_every_copy_hears_it() {
        let stop = Stop::new();
        let copy = stop;
        assert_eq!((stop.check(), copy.by()), (None, None));
        stop.give(StoppedBy::Interrupt);
        copy.give(StoppedBy::Termination);
        assert_eq!((copy.check(), stop.by()), (Some(StoppedBy::Interrupt), Some(StoppedBy::Interrupt)));
        Stop::NEVER.give(StoppedBy::Interrupt);
        assert_eq!(Stop::NEVER.check(), None);
    }

    #[test]
    fn a_word_can_come_at_a_place_that_is_the_same_each_time() {
        let stop = Stop::after(2, StoppedBy::Termination);
        let heard: Vec<_> = (0..4).map(|_| stop.check().is_some()).collect();
        assert_eq!(heard, [false, false, true, true]);
    }

    #[tokio::test]
    async fn whoever_waits_for_the_word_hears_it_before_and_after_it_is_given() {
        let stop = Stop::new();
        let limit = StoppedBy::TimeLimit(Duration::from_secs(90));
        let (heard, ()) = tokio::join!(stop.given(), async { stop.give(limit) });
        assert_eq!((heard, stop.given().await), (limit, limit));
        assert_eq!(limit.to_string(), "the time limit of 1m 30s");
    }
}

//! Drives many paths on several targets of one kind at once, and takes the results in the order of the paths.
//!
//! Invariant: however many targets there are, and however fast each is, what is taken is the same.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use authloom_model::Spec;

use crate::drive::{self, Driven, Verdict};
use crate::explore::exact::Way;
use crate::servers::{Fault, Target};

/// Makes a target, in the thread that drives it.
pub type Open<'o> = dyn Fn() -> Result<Box<dyn Target>, Fault> + Sync + 'o;

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    GoOn,
    Stop,
}

/// Ways, and what to drive along them.
pub(super) struct Crew<'c> {
    pub(super) spec: &'c Spec,
    pub(super) ways: &'c [Way],
    pub(super) open: &'c Open<'c>,
    pub(super) workers: NonZeroUsize,
}

impl Crew<'_> {
    /// Drives along every path until `take` says stop, or nothing more may be asked. `take` gets the paths' numbers in order; whatever was
    /// driven before it ended, it gets.
    ///
    /// # Errors
    /// When a target cannot be made.
    pub(super) fn drive(&self, mut take: impl FnMut(usize, Driven) -> Next) -> Result<(), Fault> {
        let next = AtomicUsize::new(0);
        let stopped = AtomicBool::new(false);
        let (sender, results) = channel();
        thread::scope(|scope| {
            for _ in 0..self.workers.get().min(self.ways.len()) {
                let sender = sender.clone();
                scope.spawn(|| self.work(&next, &stopped, sender));
            }
            drop(sender);
            let mut waiting = BTreeMap::new();
            let mut turn = 0;
            let mut ended = Ok(());
            for result in results {
                match result {
                    Ok((number, driven)) => drop(waiting.insert(number, driven)),
                    Err(fault) => {
                        stopped.store(true, Ordering::Relaxed);
                        ended = ended.and(Err(fault));
                    }
                }
                while let Some(driven) = waiting.remove(&turn) {
                    if take(turn, driven) == Next::Stop {
                        stopped.store(true, Ordering::Relaxed);
                        return Ok(());
                    }
                    turn += 1;
                }
            }
            ended
        })
    }

    fn work(&self, next: &AtomicUsize, stopped: &AtomicBool, results: Sender<Result<(usize, Driven), Fault>>) {
        let mut target = match (self.open)() {
            Ok(target) => target,
            Err(fault) => return drop(results.send(Err(fault))),
        };
        while !stopped.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(way) = self.ways.get(number) else { return };
            let driven = drive::drive(&mut *target, self.spec, way.actions.iter().copied());
            if driven.verdict == Verdict::CutOff {
                stopped.store(true, Ordering::Relaxed);
            }
            if results.send(Ok((number, driven))).is_err() {
                return; // Whoever takes the results has seen enough.
            }
        }
    }
}

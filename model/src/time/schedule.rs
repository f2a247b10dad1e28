//! When each step of a path happens: the earliest whole seconds at which the path can be taken.
//!
//! A path says which thresholds each stretch of time passes. So each of its steps has bounds on how long after others it happens: a system of
//! difference constraints, solved by relaxation (Bellman and Ford).

use crate::{Action, Capacity, Spec, World};

use super::zone::Source;
use super::{Passed, Seconds};

/// A step of a path.
pub type PathStep = Result<Action, Passed>;

/// How long one step comes after another, in seconds: at least this.
#[derive(Clone, Copy, Debug)]
struct Constraint {
    later: usize,
    earlier: usize,
    least: i64,
    /// Whether it keeps a clock below a limit that is ahead.
    below_a_limit: bool,
}

/// The constraints of a path of phases. Moment 0 is the beginning, moment n that of the n-th step.
#[derive(Clone, Debug)]
pub struct Constraints {
    all: Vec<Constraint>,
    moments: usize,
    /// For each clock that runs in the last world before the last step, the moment at which it was set to zero.
    born: Vec<usize>,
    unit: i64,
}

impl Constraints {
    /// Those of a path from the beginning.
    ///
    /// # Errors
    /// Where a table or a zone has no room for a step.
    pub fn of(spec: &Spec, path: &[PathStep]) -> Result<Self, Capacity> {
        let unit = i64::from(spec.phases().unit().0);
        let mut to = Self { all: Vec::new(), moments: 0, born: Vec::new(), unit };
        let mut world = spec.initial();
        let mut born: Vec<usize> = Vec::new();
        for step in path {
            to.born.clone_from(&born);
            to.step(spec, &world, *step, &born)?;
            let after = spec.after(&world, *step)?;
            let of_clock = |source: &Source| match source {
                Source::Zero => to.moments,
                Source::Clock(clock) => born[usize::from(*clock)],
            };
            born = after.sources.iter().map(of_clock).collect();
            world = after.world;
        }
        Ok(to)
    }

    fn step(&mut self, spec: &Spec, world: &World, step: PathStep, born: &[usize]) -> Result<(), Capacity> {
        self.moments += 1;
        let now = self.moments;
        self.at_least(now, now - 1, 0);
        let clocks = spec.clocks(world)?;
        for (clock, (running, born)) in clocks.all().iter().zip(born).enumerate() {
            let passes = step.is_err_and(|passed| passed.has(clock));
            match running.ahead.first() {
                Some(next) if passes => {
                    let at = i64::from(next.at) * self.unit;
                    self.at_least(now, *born, at);
                    self.at_most(now, *born, at);
                }
                Some(_) | None => {
                    if let Some((units, reached)) = running.within.units() {
                        let most = i64::from(units) * self.unit;
                        if reached {
                            self.at_most(now, *born, most);
                        } else {
                            self.below(now, *born, most);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn at_least(&mut self, later: usize, earlier: usize, seconds: i64) {
        self.all.push(Constraint { later, earlier, least: seconds, below_a_limit: false });
    }

    fn at_most(&mut self, later: usize, earlier: usize, seconds: i64) {
        self.all.push(Constraint { later: earlier, earlier: later, least: -seconds, below_a_limit: false });
    }

    fn below(&mut self, later: usize, earlier: usize, limit: i64) {
        self.all.push(Constraint { later: earlier, earlier: later, least: 1 - limit, below_a_limit: true });
    }

    /// Asks in addition that every limit that is still ahead is at least so far ahead, for whoever has a clock that runs on.
    #[must_use]
    pub fn with_room(&self, seconds: Seconds) -> Self {
        let mut with = self.clone();
        for constraint in with.all.iter_mut().filter(|constraint| constraint.below_a_limit) {
            constraint.least += i64::from(seconds.0) - 1;
        }
        with
    }

    /// Asks in addition that a clock shows exactly this at the last step, counted from 0 among those that run before it.
    #[must_use]
    pub fn with_last_reading(&self, clock: usize, seconds: Seconds) -> Self {
        self.with_gap(self.moments, self.born[clock], seconds)
    }

    /// Asks in addition that the last step comes exactly so long after the one before.
    #[must_use]
    pub fn with_last_gap(&self, seconds: Seconds) -> Self {
        self.with_gap(self.moments, self.moments - 1, seconds)
    }

    fn with_gap(&self, later: usize, earlier: usize, seconds: Seconds) -> Self {
        let mut with = self.clone();
        with.at_least(later, earlier, seconds.0.into());
        with.at_most(later, earlier, seconds.0.into());
        with
    }

    /// The earliest schedule: for each step, how long it comes after the one before. None where there is none in whole seconds.
    #[must_use]
    pub fn solved(&self) -> Option<Vec<Seconds>> {
        let mut times = vec![0_i64; self.moments + 1];
        for _ in 0..=self.moments + 1 {
            let mut settled = true;
            for Constraint { later, earlier, least, below_a_limit: _ } in &self.all {
                let earliest = times[*earlier] + least;
                if earliest > times[*later] {
                    times[*later] = earliest;
                    settled = false;
                }
            }
            if settled {
                let began = times[0];
                debug_assert_eq!(began, 0, "nothing comes before the beginning");
                let gap = |pair: &[i64]| u32::try_from(pair[1] - pair[0]).ok().map(Seconds);
                return times.windows(2).map(gap).collect();
            }
        }
        None
    }
}

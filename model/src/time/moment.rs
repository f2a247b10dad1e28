//! A world with what its clocks show, in seconds: where a trace is.

use crate::ended::{Account, on_record};
use crate::seen::{Event, Witness};
use crate::{Action, Capacity, Ended, Spec, Step, World, audit, canonical};

use super::phases::{Clock, Clocks, Limit, Origins};
use super::zone::{MOST_CLOCKS, Source};
use super::{Seconds, Time, Untold};

/// A world and, where it tells ages as phases, what each of its clocks shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    world: World,
    /// In the order of the clocks; zero behind the last.
    ages: [Seconds; MOST_CLOCKS],
}

/// What is noted of a step.
#[derive(Default)]
struct Noted {
    account: Account,
    origins: Origins,
}

impl Witness for Noted {
    fn saw(&mut self, event: Event) {
        self.account.saw(event);
    }

    fn ends(&mut self, ended: Ended) {
        self.account.ends(ended);
    }

    fn starts(&mut self, clock: Clock, from: Option<Clock>) {
        self.origins.tell(clock, from);
    }
}

impl Moment {
    /// The world.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What the clocks show, in their order; zero behind the last.
    #[must_use]
    pub fn ages(&self) -> &[Seconds] {
        &self.ages
    }
}

impl Spec {
    /// The moment before anything has happened.
    #[must_use]
    pub fn beginning(&self) -> Moment {
        Moment { world: self.initial(), ages: [Seconds::ZERO; MOST_CLOCKS] }
    }

    /// What an action that is possible does at a moment.
    #[must_use]
    pub fn take(&self, moment: &Moment, action: Action) -> (Moment, Step) {
        match &self.time {
            Time::Ticks(_) => {
                let step = self.step(&moment.world, action);
                (Moment { world: step.world, ..*moment }, step)
            }
            Time::Exact(_) => self.take_exactly(moment, action),
        }
    }

    fn take_exactly(&self, moment: &Moment, action: Action) -> (Moment, Step) {
        let clocks = match self.clocks(&moment.world) {
            Ok(clocks) => clocks,
            Err(full) => return (*moment, self.overflown(moment, full)),
        };
        let (mut ages, mut noted, mut passed) = (moment.ages, Noted::default(), Vec::new());
        let (raw, overflow) = if let Action::Wait(time) = action {
            (self.passes(moment, &clocks, time, &mut ages, &mut passed), None)
        } else {
            let raw = self.apply(&moment.world, action, &mut noted);
            (raw.world, raw.overflow)
        };
        if let Some(full) = overflow {
            return (*moment, self.overflown(moment, full));
        }
        let Account { seen, mut ended } = noted.account;
        let mut marks = audit::audit(self, &moment.world, action, &raw);
        seen.iter().for_each(|event| marks.saw(*event));
        let acted = !matches!(action, Action::Wait(_));
        let step = Untold { before: &moment.world, action: acted.then_some(action), raw, origins: noted.origins };
        let (world, order, naming, carried) = match self.carry(&step, &clocks) {
            Ok(carried) => carried,
            Err(full) => return (*moment, self.overflown(moment, full)),
        };
        let mut after = Moment { world, ages: [Seconds::ZERO; MOST_CLOCKS] };
        for (age, source) in after.ages.iter_mut().zip(carried.sources()) {
            *age = match source {
                Source::Zero => Seconds::ZERO,
                Source::Clock(clock) => ages[usize::from(*clock)],
            };
        }
        let renamed = naming.renaming(order);
        ended.extend(on_record(self, &moment.world, &raw, &renamed));
        (after, Step { world, marks, seen, ended, passed, renamed, overflow: None })
    }

    /// How long it is until a limit passes; none where none is ahead, or where the spec counts ticks.
    #[must_use]
    pub fn until_a_limit(&self, moment: &Moment) -> Option<Seconds> {
        self.until_limits(moment).into_iter().min()
    }

    /// For each clock that has a limit ahead, how long it is until the next one passes. None of them where the spec counts ticks.
    #[must_use]
    pub fn until_limits(&self, moment: &Moment) -> Vec<Seconds> {
        let Time::Exact(phases) = &self.time else { return Vec::new() };
        let Ok(clocks) = self.clocks(&moment.world) else { return Vec::new() };
        let ahead = clocks.all().iter().zip(&moment.ages).filter_map(|(running, age)| {
            let at = u32::try_from(running.ahead.first()?.at).ok()?;
            Some(Seconds(at.saturating_mul(phases.unit().0).saturating_sub(age.0)))
        });
        ahead.collect()
    }

    /// Whether every message in flight can still come within its bound when so much time has passed.
    #[must_use]
    pub fn comes_in_time(&self, moment: &Moment, time: Seconds) -> bool {
        let Time::Exact(phases) = &self.time else { return true };
        let Ok(clocks) = self.clocks(&moment.world) else { return true };
        clocks.all().iter().zip(&moment.ages).filter(|(running, _)| running.ahead.is_empty()).all(|(running, age)| {
            let most = running.within.units().map(|(most, _)| i64::from(most) * i64::from(phases.unit().0));
            most.is_none_or(|most| i64::from(age.0) + i64::from(time.0) <= most)
        })
    }

    /// Lets each clock go on, and the world pass the thresholds that are reached.
    fn passes(
        &self,
        moment: &Moment,
        clocks: &Clocks<'_>,
        time: Seconds,
        ages: &mut [Seconds],
        passed: &mut Vec<Limit>,
    ) -> World {
        let unit = self.phases().unit();
        let mut raw = moment.world;
        for (age, running) in ages.iter_mut().zip(clocks.all()) {
            *age += time;
            let reached = |at: i32| i64::from(age.0) >= i64::from(at) * i64::from(unit.0);
            let count = running.ahead.iter().take_while(|threshold| reached(threshold.at)).count();
            passed.extend(self.phases().limits_passed(&moment.world, &self.limits, running, count));
            self.phases().pass(&mut raw, running, count);
        }
        raw
    }

    /// A step that there is no room for: nothing happens.
    fn overflown(&self, moment: &Moment, full: Capacity) -> Step {
        let mut world = moment.world;
        let renamed = canonical::canonicalise(self, &mut world);
        Step {
            world,
            marks: crate::Marks::default(),
            seen: Vec::new(),
            ended: Vec::new(),
            passed: Vec::new(),
            renamed,
            overflow: Some(full),
        }
    }
}

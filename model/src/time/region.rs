//! A world with every reading that its clocks can have there.

use crate::marks::Marks;
use crate::seen::{Event, Witness};
use crate::{Action, Capacity, Spec, World, audit};

use super::Untold;
use super::phases::{Clock, Clocks, Origins};
use super::planted::{Mistake, planted};
use super::zone::{Bound, Source, Zone};

/// A world with a zone of its clocks: each reading in it, at some moment, and as long after it as no threshold is passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// The world.
    pub world: World,
    /// What its clocks can show, in the order of [`Spec::clocks`].
    pub zone: Zone,
}

/// How many of the thresholds ahead of each clock a stretch of time passes: 0 or 1, a bit each, in the order of the clocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Passed(pub u32);

impl Passed {
    /// Whether a clock passes its next threshold.
    #[must_use]
    pub fn has(self, clock: usize) -> bool {
        self.0 >> clock & 1 == 1
    }
}

/// What is noted of a symbolic step.
struct Noted<'m> {
    marks: &'m mut Marks,
    origins: Origins,
}

impl Witness for Noted<'_> {
    fn saw(&mut self, event: Event) {
        self.marks.saw(event);
    }

    fn starts(&mut self, clock: Clock, from: Option<Clock>) {
        self.origins.tell(clock, from);
    }
}

/// A region, with what a property asks about of the step that led there, and with where its clocks come from.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The region.
    pub region: Region,
    /// What the step did.
    pub marks: Marks,
}

/// A world after a step.
#[derive(Clone, Debug)]
pub struct After {
    /// The world.
    pub world: World,
    /// For each of its clocks, where it comes from.
    pub sources: Vec<Source>,
}

impl Spec {
    /// The region before anything has happened.
    #[must_use]
    pub fn initial_region(&self) -> Region {
        Region { world: self.initial(), zone: Zone::new() }
    }

    /// What an enabled action that is not time makes of a region. Its clocks are those of its world.
    ///
    /// # Errors
    /// Where a table or a zone has no room for what it leads to.
    pub fn act_in(&self, region: &Region, clocks: &Clocks<'_>, action: Action) -> Result<Entered, Capacity> {
        let mut marks = Marks::default();
        let mut noted = Noted { marks: &mut marks, origins: Origins::default() };
        let raw = self.apply(&region.world, action, &mut noted);
        let origins = noted.origins;
        if let Some(full) = raw.overflow {
            return Err(full);
        }
        marks |= audit::audit(self, &region.world, action, &raw.world);
        let step = Untold { before: &region.world, action: Some(action), raw: raw.world, origins };
        let region = self.enter(&step, clocks, &region.zone)?;
        Ok(Entered { region, marks })
    }

    /// Every way in which time may go on in a region until the first thresholds are passed, and the region it leads to, in a fixed order.
    ///
    /// # Errors
    /// Where a zone has no room for what it leads to.
    pub fn pass_in(
        &self,
        region: &Region,
        clocks: &Clocks<'_>,
        mut each: impl FnMut(Passed, Region),
    ) -> Result<(), Capacity> {
        if clocks.all().iter().all(|running| running.ahead.is_empty()) {
            return Ok(());
        }
        let mut later = region.zone.clone();
        later.elapse();
        self.choose(region, clocks, 0, Passed(0), &later, &mut each)
    }

    /// Decides of each clock in turn whether it passes its next threshold.
    fn choose(
        &self,
        region: &Region,
        clocks: &Clocks<'_>,
        clock: usize,
        passed: Passed,
        zone: &Zone,
        each: &mut dyn FnMut(Passed, Region),
    ) -> Result<(), Capacity> {
        let Some(running) = clocks.all().get(clock) else {
            if passed != Passed(0) {
                let step = Untold {
                    before: &region.world,
                    action: None,
                    raw: self.past(&region.world, clocks, passed),
                    origins: Origins::default(),
                };
                each(passed, self.enter(&step, clocks, zone)?);
            }
            return Ok(());
        };
        let later = clocks.all()[clock + 1..].iter().any(|running| !running.ahead.is_empty());
        // Where no clock passes anything, nothing has happened.
        if passed != Passed(0) || later || running.ahead.is_empty() {
            let mut before = zone.clone();
            if planted(Mistake::StaysBehindWithoutBound) || before.keep_within(clock, running.within) {
                self.choose(region, clocks, clock + 1, passed, &before, each)?;
            }
        }
        let alone = planted(Mistake::PassedOneByOne) && passed != Passed(0);
        if let Some(next) = running.ahead.first().filter(|next| !alone && zone.can_show(clock, next.at)) {
            let mut at = zone.clone();
            if at.keep_within(clock, Bound::at_most(next.at)) && at.keep_from(clock, next.at) {
                self.choose(region, clocks, clock + 1, Passed(passed.0 | 1 << clock), &at, each)?;
            }
        }
        Ok(())
    }

    /// The raw world when these thresholds are passed.
    pub(super) fn past(&self, world: &World, clocks: &Clocks<'_>, passed: Passed) -> World {
        let mut raw = *world;
        for (at, running) in clocks.all().iter().enumerate() {
            self.phases().pass(&mut raw, running, usize::from(passed.has(at)));
        }
        raw
    }

    fn enter(&self, step: &Untold<'_>, clocks: &Clocks<'_>, zone: &Zone) -> Result<Region, Capacity> {
        let (world, _, _, carried) = self.carry(step, clocks)?;
        let mut zone = zone.carried(carried.sources());
        zone.delay(|clock| carried.clocks.all()[clock].within);
        Ok(Region { world, zone })
    }

    /// The raw world in which time has passed these thresholds.
    ///
    /// # Errors
    /// Where its clocks are more than a zone has room for.
    pub fn later(&self, world: &World, passed: Passed) -> Result<World, Capacity> {
        Ok(self.past(world, &self.clocks(world)?, passed))
    }

    /// The world after a step from a world of phases, by an action or by time, and where its clocks come from.
    ///
    /// # Errors
    /// Where a table or a zone has no room for what it leads to.
    pub fn after(&self, world: &World, step: Result<Action, Passed>) -> Result<After, Capacity> {
        let clocks = self.clocks(world)?;
        let untold = match step {
            Err(passed) => Untold {
                before: world,
                action: None,
                raw: self.past(world, &clocks, passed),
                origins: Origins::default(),
            },
            Ok(action) => {
                let mut marks = Marks::default();
                let mut noted = Noted { marks: &mut marks, origins: Origins::default() };
                let raw = self.apply(world, action, &mut noted);
                if let Some(full) = raw.overflow {
                    return Err(full);
                }
                Untold { before: world, action: Some(action), raw: raw.world, origins: noted.origins }
            }
        };
        let (world, _, _, carried) = self.carry(&untold, &clocks)?;
        Ok(After { world, sources: carried.sources().to_vec() })
    }
}

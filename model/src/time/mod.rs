//! How time is counted.
//!
//! * In *ticks*: every age in the world counts ticks of the greatest common divisor of a policy's durations, and everything happens at a
//!   tick. What lies strictly between two ticks is not seen, and limits of many ticks make many worlds. A second opinion.
//! * *Exactly*: an age in the world is a phase ([`phases`]). Beside the world stands what its clocks show: every possible reading at once
//!   ([`Region`], with a [`Zone`]), for a proof, or one reading ([`Moment`]), for a trace. [`schedule`] finds the moments of a path.
//!
//! Who checks this: laws of zones and a search second by second, which are seen to notice mistakes that tests plant (`planted`).

mod moment;
pub mod phases;
mod planted;
mod region;
pub mod schedule;
mod seconds;
#[cfg(test)]
mod tests;
pub mod zone;

pub use moment::Moment;
pub use phases::{Clock, Clocks, Limit, Phases, Running, TooLong};
pub use region::{Passed, Region};
pub use seconds::Seconds;
pub use zone::Zone;

use crate::canonical::{self, Naming, Order};
use crate::{Action, Capacity, Spec, World};
use phases::{Origins, still_on_its_way};
use planted::{Mistake, planted};
use smallvec::SmallVec;
use zone::Source;

/// A number of units of time.
pub type Units = i32;

/// How the ages of a world count time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Time {
    /// In ticks of this length.
    Ticks(Seconds),
    /// In phases, with clocks beside the world.
    Exact(Phases),
}

/// The clocks of a world after a step, and where each comes from.
struct Carried<'s> {
    clocks: Clocks<'s>,
    sources: SmallVec<[Source; 8]>,
}

impl Carried<'_> {
    fn sources(&self) -> &[Source] {
        &self.sources
    }
}

/// What a step did, before names change.
struct Untold<'w> {
    before: &'w World,
    action: Option<Action>,
    raw: World,
    origins: Origins,
}

impl Spec {
    /// The phases of a spec that counts time exactly.
    ///
    /// # Panics
    /// Where it counts ticks: whoever has a zone or a moment has it from such a spec.
    #[must_use]
    pub fn phases(&self) -> &Phases {
        match &self.time {
            Time::Exact(phases) => phases,
            Time::Ticks(_) => panic!("a spec that counts ticks has no phases"),
        }
    }

    /// The clocks that are running in a world of phases.
    ///
    /// # Errors
    /// Where they are more than a zone has room for.
    pub fn clocks(&self, world: &World) -> Result<Clocks<'_>, Capacity> {
        self.phases().clocks(world, &self.limits)
    }

    /// Makes a raw world canonical, and says where each of its clocks comes from.
    fn carry(&self, step: &Untold<'_>, clocks: &Clocks<'_>) -> Result<(World, Order, Naming, Carried<'_>), Capacity> {
        let mut world = step.raw;
        let (order, naming) = canonical::settle(self, &mut world);
        let after = self.clocks(&world)?;
        let mut sources = SmallVec::with_capacity(after.all().len());
        for running in after.all() {
            let was = naming.old(running.clock, order);
            let from = match was {
                Clock::OfCall(_) | Clock::OfFlow(_) => {
                    let ran_before = planted(Mistake::FlightNotRestarted) && clocks.position(was).is_some();
                    (ran_before || still_on_its_way(step.before, step.action, &step.raw, was)).then_some(was)
                }
                Clock::Idle(_) if planted(Mistake::IdleNotRestarted) && clocks.position(was).is_some() => Some(was),
                Clock::Grant(_) | Clock::Idle(_) | Clock::Spent(_) | Clock::Access(_) => step.origins.of(was),
            };
            let number = from.map(|from| clocks.position(from).expect("what goes on was running before"));
            #[expect(clippy::cast_possible_truncation, reason = "a zone has room for fewer clocks than a byte counts")]
            let number = number.map(|number| number as u8);
            sources.push(number.map_or(Source::Zero, Source::Clock));
        }
        Ok((world, order, naming, Carried { clocks: after, sources }))
    }
}

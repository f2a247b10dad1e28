//! The second opinion: the same specification as a [`stateright::Model`]. The only file that names stateright.
//!
//! stateright looks at states, the properties at steps. So a state of the adapter is bad where one of its own steps does the bad thing;
//! the number of states stays that of the worlds.

use std::num::NonZeroUsize;

use stateright::{Checker, Model, Property};

use crate::property::{Kind, PROPERTIES};
use crate::{Action, Mark, Marks, Spec, World};

/// What stateright found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opinion {
    /// Distinct worlds it reached.
    pub worlds: usize,
    /// For each property, in order, whether some step does what the property names. `None` for what stateright cannot express:
    /// whether a world can still be reached from everywhere.
    pub happens: Vec<Option<bool>>,
}

/// Asks stateright how many worlds there are and which of the properties' steps can happen.
#[must_use]
pub fn second_opinion(spec: &Spec) -> Opinion {
    let checker = Adapter { spec: spec.clone(), watches: Watch::Everything }.checker();
    let checker = checker.threads(1).spawn_bfs().join();
    let discovered = checker.discoveries();
    let happens = PROPERTIES
        .iter()
        .map(|property| match property.kind {
            Kind::Never { .. } | Kind::Reachable(_) => Some(discovered.contains_key(property.name)),
            Kind::Recoverable(_) => None,
        })
        .collect();
    Opinion { worlds: checker.unique_state_count(), happens }
}

/// How many worlds stateright's breadth-first search counts on `threads` threads, asked no question. For measuring its speed.
#[must_use]
pub fn count(spec: &Spec, threads: NonZeroUsize) -> usize {
    let checker = Adapter { spec: spec.clone(), watches: Watch::Nothing }.checker();
    checker.threads(threads.get()).spawn_bfs().join().unique_state_count()
}

/// What the adapter asks of each state.
#[derive(Clone, Copy)]
enum Watch {
    /// Every property that is about steps.
    Everything,
    /// Nothing that could fail.
    Nothing,
}

struct Adapter {
    spec: Spec,
    watches: Watch,
}

impl Adapter {
    /// What the steps out of a world do.
    fn marks(&self, world: &World) -> Marks {
        let mut actions = Vec::new();
        self.spec.enabled(world, &mut actions);
        actions.into_iter().fold(Marks::default(), |mut marks, action| {
            marks |= self.spec.next(world, action).marks;
            marks
        })
    }
}

impl Model for Adapter {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.spec.initial()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        self.spec.enabled(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(self.spec.next(world, action).world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        // A search with nothing left to find would stop: one claim that always holds keeps it going to the end.
        let goes_on = Property::always("the search goes on", |_: &Self, _: &World| true);
        let asked = PROPERTIES.iter().filter_map(|property| match property.kind {
            Kind::Never { bad, .. } => Some(Property::sometimes(property.name, happens(bad))),
            Kind::Reachable(mark) => Some(Property::sometimes(property.name, happens(mark))),
            Kind::Recoverable(_) => None,
        });
        match self.watches {
            Watch::Everything => asked.chain([goes_on]).collect(),
            Watch::Nothing => vec![goes_on],
        }
    }
}

/// stateright's conditions are plain functions, one for each mark.
type Condition = fn(&Adapter, &World) -> bool;

fn happens(mark: Mark) -> Condition {
    fn at<const MARK: usize>(adapter: &Adapter, world: &World) -> bool {
        adapter.marks(world).has(Mark::ALL[MARK])
    }
    macro_rules! each {
        ($($mark:literal)+) => { [$(at::<$mark> as Condition),+] };
    }
    const EACH: [Condition; Mark::ALL.len()] = each! {
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21
        22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43
    };
    EACH[mark as usize]
}

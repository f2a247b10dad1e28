//! The two passes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use authloom_model::time::{Clocks, Passed, Region};
use authloom_model::{Action, Capacity, Spec, World};

use super::kept::Kept;
use super::recover;
use super::store::{Closing, Entered, Store, Taken};
use super::ways::Ways;
use crate::explore::budget::{Budget, OutOfMemory};
use crate::explore::marks::{asked_goals, asked_marks};
use crate::explore::system::System;
use crate::explore::{Completeness, CutReason, Explored, Limits, Progress, Question, Verdict};

/// How far the first pass goes, and when the closing pass widens. Counted in states, so that it is the same everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// States that the first pass expands at most.
    pub first_pass: u32,
    /// Merges of one world after which its zones are widened.
    pub patience: u32,
    /// Zones of one world that the closing pass keeps apart at most.
    pub most_zones: usize,
    /// States at most: what is not settled then is unknown.
    pub most_states: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { first_pass: 150_000, patience: 12, most_zones: 24, most_states: 4_000_000 }
    }
}

/// Steps that set the same mark and are remembered, of which the most natural one is told.
const MOST_WAYS: usize = 64;
/// States between two reports of progress.
const PROGRESS_INTERVAL: u32 = 1 << 13;

/// What an exploration of exact time found.
pub struct Found {
    /// The answers.
    pub explored: Explored<Action>,
    /// States: worlds, each with a zone.
    pub states: u64,
    /// Bytes of the zones.
    pub zone_bytes: u64,
    /// Whether every state is one that a path leads to: the first pass came to its end.
    pub exact: bool,
    /// The graph, where there was memory for one state.
    pub ways: Option<Ways>,
}

/// Explores a system whose worlds are those of a spec that counts time exactly.
pub fn explore<S: System<World = World, Action = Action>>(
    system: &S,
    spec: &Spec,
    questions: &[Question],
    limits: Limits,
    bounds: Bounds,
    progress: &mut dyn FnMut(Progress),
) -> Found {
    let limits = Limits { worlds: limits.worlds.min(bounds.most_states), ..limits };
    let mut budget = Budget::new(limits.memory_bytes);
    let search = Search::begin(system, spec, questions, limits, bounds, &mut budget);
    let mut search = match search {
        Ok(search) => search,
        Err(OutOfMemory) => return nothing(questions, &budget),
    };
    let completeness = match search.run(&mut budget, progress) {
        Ok(completeness) => completeness,
        Err(reason) => search.cut(reason),
    };
    search.concluded(questions, completeness, &mut budget)
}

struct Search<'s, S> {
    system: &'s S,
    spec: &'s Spec,
    limits: Limits,
    bounds: Bounds,
    store: Store,
    kept: Kept,
    /// For each mark asked for, the first steps that set it.
    marked: Vec<(u8, Vec<Taken>)>,
    asked: u64,
    depths: Vec<u32>,
    steps: u64,
    expanded: u32,
    /// The first state of the depth after the one that is expanded: from there on, states wait and take others in.
    waiting: u32,
    exact: bool,
    stations: Vec<i32>,
    actions: Vec<Action>,
    entering: Vec<(u8, Option<Passed>, Region)>,
}

impl<'s, S: System<World = World, Action = Action>> Search<'s, S> {
    fn begin(
        system: &'s S,
        spec: &'s Spec,
        questions: &[Question],
        limits: Limits,
        bounds: Bounds,
        budget: &mut Budget,
    ) -> Result<Self, OutOfMemory> {
        let store = Store::new(&spec.initial_region(), budget)?;
        Ok(Self {
            system,
            spec,
            limits,
            bounds,
            store,
            kept: Kept::new(asked_goals(questions)),
            marked: Vec::new(),
            asked: asked_marks(questions),
            depths: vec![0],
            steps: 0,
            expanded: 0,
            waiting: 0,
            exact: true,
            stations: spec.phases().stations(),
            actions: Vec::new(),
            entering: Vec::new(),
        })
    }

    fn run(&mut self, budget: &mut Budget, progress: &mut dyn FnMut(Progress)) -> Result<Completeness, CutReason> {
        let mut next = 0;
        while next < self.store.states() {
            if next == self.waiting {
                self.waiting = self.store.states();
            }
            if self.expanded >= self.bounds.first_pass {
                return self.close(next, budget, progress);
            }
            if let Some(depth) = self.limits.depth
                && self.depths[next as usize] >= depth
            {
                return Ok(Completeness::Bounded { depth, frontier: (self.store.states() - next).into() });
            }
            if self.store.is_live(next) {
                self.expand(next, None, budget)?;
                self.tell(next, progress);
            }
            next += 1;
        }
        Ok(Completeness::Complete)
    }

    /// Goes on from the states that wait, those with the most room first.
    fn close(
        &mut self,
        from: u32,
        budget: &mut Budget,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Completeness, CutReason> {
        self.exact = false;
        let width = |search: &Self, state: u32| search.store.region(state).zone.width();
        let mut waiting: BinaryHeap<(i64, Reverse<u32>)> =
            (from..self.store.states()).map(|state| (width(self, state), Reverse(state))).collect();
        let stations = std::mem::take(&mut self.stations);
        let closing =
            Closing { patience: self.bounds.patience, most_zones: self.bounds.most_zones, stations: &stations };
        while let Some((_, Reverse(state))) = waiting.pop() {
            if !self.store.is_live(state) {
                continue;
            }
            let before = self.store.states();
            self.expand(state, Some(&closing), budget)?;
            waiting.extend((before..self.store.states()).map(|new| (width(self, new), Reverse(new))));
            self.tell(state, progress);
        }
        Ok(Completeness::Complete)
    }

    fn tell(&self, state: u32, progress: &mut dyn FnMut(Progress)) {
        if self.expanded.is_multiple_of(PROGRESS_INTERVAL) {
            let frontier = u64::from(self.store.states().saturating_sub(self.expanded));
            progress(Progress { explored: self.expanded.into(), frontier, depth: self.depths[state as usize] });
        }
    }

    fn expand(&mut self, state: u32, closing: Option<&Closing<'_>>, budget: &mut Budget) -> Result<(), CutReason> {
        if let Some(by) = self.limits.stop.check() {
            return Err(CutReason::Stopped { by });
        }
        if self.store.states() >= self.limits.worlds {
            return Err(CutReason::Worlds { limit: self.limits.worlds });
        }
        let region = self.store.region(state);
        let clocks = self.spec.clocks(&region.world).map_err(full)?;
        self.kept.open(state, self.system.goals(&region.world), budget)?;
        self.act(state, &region, &clocks)?;
        self.pass(&region, &clocks)?;
        let timed = clocks.all().iter().any(|running| running.ahead.is_empty());
        self.kept.is_held_up(timed);
        let entering = std::mem::take(&mut self.entering);
        for (code, passed, after) in &entering {
            let taken = Taken { from: state, code: *code };
            let entered = match closing {
                None => self.store.enter(after, taken, self.waiting, budget),
                Some(closing) => {
                    let clocks = self.spec.clocks(&after.world).map_err(full)?;
                    let within = |clock: usize| clocks.all()[clock].within;
                    self.store.enter_closing(after, taken, closing, &within, budget)
                }
            };
            let entered = entered.map_err(|OutOfMemory| CutReason::memory(budget))?;
            if let Entered::New(_) = entered {
                self.depths.push(self.depths[state as usize] + 1);
            }
            let kind = match passed {
                None => self.system.kind(&region.world, self.spec.action(*code).expect("it was an action")),
                Some(passed) => self.spec_kind(&clocks, *passed),
            };
            self.kept.step(entered.state(), *code, kind, *passed, budget)?;
            self.steps += 1;
        }
        self.entering = entering;
        self.entering.clear();
        self.expanded += 1;
        Ok(())
    }

    /// Everything that can be done in a state.
    fn act(&mut self, state: u32, region: &Region, clocks: &Clocks<'_>) -> Result<(), CutReason> {
        self.actions.clear();
        self.system.enabled(&region.world, &mut self.actions);
        for action in std::mem::take(&mut self.actions) {
            let entered = self.spec.act_in(region, clocks, action).map_err(full)?;
            let code = action.code();
            self.note(entered.marks.bits(), Taken { from: state, code });
            self.entering.push((code, None, entered.region));
        }
        Ok(())
    }

    /// Every way in which time can go on in a state.
    fn pass(&mut self, region: &Region, clocks: &Clocks<'_>) -> Result<(), CutReason> {
        if !self.system.lets_time_pass(&region.world) {
            return Ok(());
        }
        let entering = &mut self.entering;
        let mut code = Action::CODES;
        let mut too_many = false;
        let passed = self.spec.pass_in(region, clocks, |passed, after| {
            entering.push((code, Some(passed), after));
            too_many |= code == u8::MAX;
            code = code.saturating_add(1);
        });
        passed.map_err(full)?;
        if too_many { Err(CutReason::Capacity { name: "ways in which time goes on" }) } else { Ok(()) }
    }

    fn spec_kind(&self, clocks: &Clocks<'_>, passed: Passed) -> u64 {
        crate::explore::spec::kind_of_passing(clocks, passed)
    }

    fn note(&mut self, marks: u64, taken: Taken) {
        let mut news = marks & self.asked;
        while news != 0 {
            #[expect(clippy::cast_possible_truncation, reason = "there are 64 marks")]
            let mark = news.trailing_zeros() as u8;
            news &= news - 1;
            let at = self.marked.iter().position(|(known, _)| *known == mark).unwrap_or_else(|| {
                self.marked.push((mark, Vec::new()));
                self.marked.len() - 1
            });
            let ways = &mut self.marked[at].1;
            ways.push(taken);
            if ways.len() == MOST_WAYS {
                self.asked &= !(1 << mark);
            }
        }
    }

    fn cut(&self, reason: CutReason) -> Completeness {
        let frontier = u64::from(self.store.states().saturating_sub(self.expanded));
        Completeness::Cut { reason, explored: self.expanded.into(), frontier }
    }

    fn concluded(self, questions: &[Question], completeness: Completeness, budget: &mut Budget) -> Found {
        let Self { spec, system, store, kept, marked, depths, steps, exact, .. } = self;
        let (worlds, states, zone_bytes) = (store.worlds(), store.states(), store.zone_bytes());
        let deepest = depths.iter().copied().max().unwrap_or(0);
        let ways = Ways::new(spec.clone(), store, kept, depths);
        let complete = completeness == Completeness::Complete;
        let scheduled = |mark: u8| {
            let taken = marked.iter().find(|(known, _)| *known == mark).map(|(_, taken)| taken.as_slice());
            let taken = taken.unwrap_or_default();
            (taken.is_empty(), ways.way_of(taken))
        };
        let mut verdicts: Vec<Verdict<Action>> = questions
            .iter()
            .map(|question| match *question {
                Question::Never { mark } => match scheduled(mark) {
                    (_, Some(way)) => Verdict::Violated(way),
                    (true, None) if complete => Verdict::Holds,
                    (_, None) => Verdict::Unknown,
                },
                Question::Reachable { mark } => match scheduled(mark) {
                    (_, Some(way)) => Verdict::Reached(way),
                    (true, None) if complete => Verdict::NotReached,
                    (_, None) => Verdict::Unknown,
                },
                Question::Recoverable { .. } => Verdict::Unknown,
            })
            .collect();
        if complete {
            recover::answer(system, &ways, questions, &mut verdicts);
        }
        let explored = Explored {
            worlds: worlds.into(),
            steps,
            depth: deepest,
            completeness,
            verdicts,
            peak_bytes: budget.peak_bytes(),
        };
        Found { explored, states: states.into(), zone_bytes, exact, ways: Some(ways) }
    }
}

fn full(capacity: Capacity) -> CutReason {
    CutReason::Capacity { name: capacity.name() }
}

fn nothing(questions: &[Question], budget: &Budget) -> Found {
    let explored = Explored {
        worlds: 0,
        steps: 0,
        depth: 0,
        completeness: Completeness::Cut { reason: CutReason::memory(budget), explored: 0, frontier: 0 },
        verdicts: questions.iter().map(|_| Verdict::Unknown).collect(),
        peak_bytes: budget.peak_bytes(),
    };
    Found { explored, states: 0, zone_bytes: 0, exact: false, ways: None }
}

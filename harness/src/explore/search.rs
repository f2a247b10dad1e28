//! The breadth-first search: one thread, one loop, two ways of keeping.
//!
//! The loop works in batches. *Gather* takes worlds off the frontier and computes where their steps lead; *touch* reads the
//! table where those worlds would be; *settle* enters them in the order they were gathered. A batch never spans two depths.
//! Invariant: worlds are numbered in the order they are found, which is the order they are expanded; so the worlds of one
//! depth are consecutive numbers, and whatever is met first is met by a shortest path.

use std::hint::black_box;

use super::budget::{Budget, OutOfMemory};
use super::frontier::Frontier;
use super::graph::Graph;
use super::keep::{Keep, Nothing, Steps};
use super::limits::{Limits, Progress};
use super::marks::{FirstMarks, asked_goals, asked_marks};
use super::recover;
use super::system::System;
use super::table::{Fingerprint, Inserted, Table};
use super::verdict::{Completeness, CutReason, Explored, Question, Verdict};
use super::way_back::{Step, WayBack};

/// Steps gathered before any is settled: enough to let the waits for memory overlap, few enough to stay in the first-level cache.
const BATCH: usize = 64;
/// Worlds between two reports of progress.
const PROGRESS_INTERVAL: u32 = 1 << 16;

/// Explores without keeping the graph. `Recoverable` questions are answered `Unknown`.
pub fn check<S: System>(
    system: &S,
    questions: &[Question],
    limits: Limits,
    progress: &mut dyn FnMut(Progress),
) -> Explored<S::Action> {
    let mut budget = Budget::new(limits.memory_bytes);
    match Search::begin(system, questions, limits, Nothing, &mut budget) {
        Ok(mut search) => {
            let completeness = search.run(&mut budget, progress);
            search.summary(questions, completeness, &budget)
        }
        Err(OutOfMemory) => nothing_explored(questions, &budget),
    }
}

/// Explores and keeps the graph: every world that was found, every step that was taken.
///
/// A run that was cut off or bounded keeps the part of the graph that it saw. There is no graph when the memory limit is
/// too small for even the initial world.
pub fn explore<S: System>(
    system: &S,
    questions: &[Question],
    limits: Limits,
    progress: &mut dyn FnMut(Progress),
) -> (Explored<S::Action>, Option<Graph>) {
    let mut budget = Budget::new(limits.memory_bytes);
    let mut search = match Search::begin(system, questions, limits, Steps::new(asked_goals(questions)), &mut budget) {
        Ok(search) => search,
        Err(OutOfMemory) => return (nothing_explored(questions, &budget), None),
    };
    let completeness = search.run(&mut budget, progress);
    let mut explored = search.summary(questions, completeness, &budget);
    let graph = search.into_graph(&mut budget);
    if completeness == Completeness::Complete {
        recover::answer(system, questions, &graph, &mut explored.verdicts, &mut budget);
        explored.peak_bytes = budget.peak_bytes();
    }
    (explored, Some(graph))
}

struct Search<'s, S: System, K: Keep<S>> {
    system: &'s S,
    limits: Limits,
    table: Table<K::Slot>,
    way_back: WayBack,
    frontier: Frontier<S::World>,
    keep: K,
    /// The number of the first world of each depth.
    levels: Vec<u32>,
    /// One past the last world of the depth being expanded.
    level_end: u32,
    found: u32,
    expanded: u32,
    steps: u64,
    marks: FirstMarks,
}

impl<'s, S: System, K: Keep<S>> Search<'s, S, K> {
    fn begin(
        system: &'s S,
        questions: &[Question],
        limits: Limits,
        keep: K,
        budget: &mut Budget,
    ) -> Result<Self, OutOfMemory> {
        let initial = system.initial();
        let mut table = Table::new(budget)?;
        table.insert(Fingerprint::of(system.bytes(&initial)), 0, budget)?;
        let way_back = WayBack::new(budget)?;
        let mut frontier = Frontier::new();
        frontier.push(initial, budget)?;
        let marks = FirstMarks::watching(asked_marks(questions));
        Ok(Self {
            system,
            limits,
            table,
            way_back,
            frontier,
            keep,
            levels: vec![0],
            level_end: 1,
            found: 1,
            expanded: 0,
            steps: 0,
            marks,
        })
    }

    fn run(&mut self, budget: &mut Budget, progress: &mut dyn FnMut(Progress)) -> Completeness {
        let mut batch = Batch::new();
        let mut next_report = PROGRESS_INTERVAL;
        loop {
            if self.expanded == self.level_end {
                if self.found == self.level_end {
                    return Completeness::Complete;
                }
                self.levels.push(self.level_end);
                self.level_end = self.found;
            }
            if self.limits.depth.is_some_and(|depth| self.depth() >= depth) {
                return Completeness::Bounded { depth: self.depth(), frontier: self.waiting() };
            }
            if let Some(by) = self.limits.stop.check() {
                return self.cut(CutReason::Stopped { by });
            }
            self.gather(&mut batch, budget);
            self.touch(&batch);
            if let Err(reason) = self.settle(&batch, budget) {
                return self.cut(reason);
            }
            if self.expanded >= next_report {
                progress(Progress {
                    explored: u64::from(self.expanded),
                    frontier: self.waiting(),
                    depth: self.depth(),
                });
                next_report = self.expanded.saturating_add(PROGRESS_INTERVAL);
            }
        }
    }

    fn cut(&self, reason: CutReason) -> Completeness {
        Completeness::Cut { reason, explored: u64::from(self.expanded), frontier: self.waiting() }
    }

    fn depth(&self) -> u32 {
        u32::try_from(self.levels.len() - 1).expect("there are no more depths than worlds")
    }

    fn waiting(&self) -> u64 {
        u64::from(self.found - self.expanded)
    }

    /// Fills the batch with the steps of the next worlds, up to the end of this depth.
    fn gather(&mut self, batch: &mut Batch<S>, budget: &mut Budget) {
        batch.clear();
        let mut from = self.expanded;
        while batch.steps.len() < BATCH && from < self.level_end {
            let world = self.frontier.pop(budget).expect("every world found and not expanded waits in the frontier");
            batch.goals.push(self.keep.goals(self.system, &world));
            batch.actions.clear();
            self.system.enabled(&world, &mut batch.actions);
            for &action in &batch.actions {
                let next = self.system.next(&world, action);
                if next.overflow.is_some() {
                    batch.overflow = next.overflow;
                    return;
                }
                let code = self.system.code(action);
                self.marks.note(next.marks.0, Step { from, code });
                let fingerprint = Fingerprint::of(self.system.bytes(&next.world));
                let kind = self.keep.kind(self.system, &world, action);
                batch.steps.push(Taken { world: next.world, fingerprint, from, code, kind });
            }
            from += 1;
        }
    }

    fn touch(&self, batch: &Batch<S>) {
        black_box(batch.steps.iter().fold(0, |sum, step| sum ^ self.table.touch(step.fingerprint)));
    }

    /// Enters the gathered steps, world after world.
    fn settle(&mut self, batch: &Batch<S>, budget: &mut Budget) -> Result<(), CutReason> {
        let mut steps = batch.steps.iter().peekable();
        let mut unfinished = batch.goals.len();
        for &goals in &batch.goals {
            self.keep.open(goals, budget)?;
            while let Some(step) = steps.next_if(|step| step.from == self.expanded) {
                self.enter(step, budget)?;
            }
            unfinished -= 1;
            if let (0, Some(name)) = (unfinished, batch.overflow) {
                return Err(CutReason::Capacity { name });
            }
            self.expanded += 1;
        }
        Ok(())
    }

    fn enter(&mut self, step: &Taken<S::World>, budget: &mut Budget) -> Result<(), CutReason> {
        match self.table.insert(step.fingerprint, self.found, budget) {
            Ok(Inserted::Known(slot)) => self.keep.step(slot, step.code, step.kind, budget)?,
            Ok(Inserted::Fresh(slot)) => {
                if self.found >= self.limits.worlds {
                    return Err(CutReason::Worlds { limit: self.limits.worlds });
                }
                // The step before the world: a world without a step into it could not be reached in the graph.
                self.keep.step(slot, step.code, step.kind, budget)?;
                self.add(step, budget).map_err(|OutOfMemory| CutReason::memory(budget))?;
            }
            Err(OutOfMemory) => return Err(CutReason::memory(budget)),
        }
        self.steps += 1;
        Ok(())
    }

    fn add(&mut self, step: &Taken<S::World>, budget: &mut Budget) -> Result<(), OutOfMemory> {
        let (from, code) = (step.from, step.code);
        self.way_back.push(Step { from, code }, budget)?;
        self.frontier.push(step.world, budget)?;
        self.found += 1;
        Ok(())
    }

    fn summary(&self, questions: &[Question], completeness: Completeness, budget: &Budget) -> Explored<S::Action> {
        Explored {
            worlds: u64::from(self.found),
            steps: self.steps,
            depth: self.depth() + u32::from(self.found > self.level_end),
            completeness,
            verdicts: questions.iter().map(|&question| self.verdict(question, completeness)).collect(),
            peak_bytes: budget.peak_bytes(),
        }
    }

    fn verdict(&self, question: Question, completeness: Completeness) -> Verdict<S::Action> {
        let met = |mark: u8| {
            self.marks.first(mark).map(|step| {
                let mut codes = self.way_back.path_to(step.from);
                codes.push(step.code);
                codes.into_iter().map(|code| self.system.action(code)).collect()
            })
        };
        let complete = completeness == Completeness::Complete;
        match question {
            Question::Never { mark } => match met(mark) {
                Some(path) => Verdict::Violated(path),
                None if complete => Verdict::Holds,
                None => Verdict::Unknown,
            },
            Question::Reachable { mark } => match met(mark) {
                Some(path) => Verdict::Reached(path),
                None if complete => Verdict::NotReached,
                None => Verdict::Unknown,
            },
            Question::Recoverable { .. } => Verdict::Unknown,
        }
    }
}

impl<S: System> Search<'_, S, Steps> {
    fn into_graph(mut self, budget: &mut Budget) -> Graph {
        self.table.discard(budget);
        self.frontier.discard(budget);
        if self.found > self.level_end {
            self.levels.push(self.level_end);
        }
        Graph::new(self.keep, self.way_back, self.levels, self.found)
    }
}

/// The steps gathered in one go, in order, and the goals of the worlds they leave.
struct Batch<S: System> {
    steps: Vec<Taken<S::World>>,
    goals: Vec<u64>,
    /// Room for the actions of one world.
    actions: Vec<S::Action>,
    /// The capacity that the last world's next step would pass. Its steps are not all here.
    overflow: Option<&'static str>,
}

struct Taken<W> {
    world: W,
    fingerprint: Fingerprint,
    from: u32,
    code: u8,
    kind: u64,
}

impl<S: System> Batch<S> {
    fn new() -> Self {
        Self { steps: Vec::with_capacity(2 * BATCH), goals: Vec::new(), actions: Vec::new(), overflow: None }
    }

    fn clear(&mut self) {
        self.steps.clear();
        self.goals.clear();
        self.overflow = None;
    }
}

/// What is said when the memory limit is too small for even the initial world.
fn nothing_explored<A>(questions: &[Question], budget: &Budget) -> Explored<A> {
    Explored {
        worlds: 0,
        steps: 0,
        depth: 0,
        completeness: Completeness::Cut { reason: CutReason::memory(budget), explored: 0, frontier: 0 },
        verdicts: questions.iter().map(|_| Verdict::Unknown).collect(),
        peak_bytes: budget.peak_bytes(),
    }
}

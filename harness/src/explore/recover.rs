//! Recoverability: from every world, can a good one still be reached? Answered backwards from the good worlds, over the complete graph.
//!
//! Needs no fairness: it says that there is a way, not that it will be taken.

use super::budget::{Budget, OutOfMemory};
use super::graph::Graph;
use super::system::System;
use super::verdict::{Question, Verdict};

/// Answers the `Recoverable` questions in `verdicts`; `Unknown` stays where the memory limit leaves no room to go backwards.
pub(crate) fn answer<S: System>(
    system: &S,
    questions: &[Question],
    graph: &Graph,
    verdicts: &mut [Verdict<S::Action>],
    budget: &mut Budget,
) {
    let asks = questions.iter().any(|question| matches!(question, Question::Recoverable { .. }));
    if !asks || claim(graph, budget).is_err() {
        return;
    }
    let backwards = Backwards::of(system, graph);
    for (question, verdict) in questions.iter().zip(verdicts) {
        match *question {
            Question::Never { .. } | Question::Reachable { .. } => {}
            Question::Recoverable { goal } => {
                let closed = backwards.closure(graph, |world| graph.goals(world) & (1 << goal) != 0);
                *verdict = match closed.iter().position(|&recovers| !recovers) {
                    None => Verdict::Holds,
                    Some(stuck) => Verdict::Violated(path_to(system, graph, stuck)),
                };
            }
        }
    }
    release(graph, budget);
}

/// Worlds are numbered breadth first, so the first stuck world is a nearest one.
fn path_to<S: System>(system: &S, graph: &Graph, world: usize) -> Vec<S::Action> {
    let world = u32::try_from(world).expect("worlds are numbered with 32 bits");
    graph.path_to(world).into_iter().map(|code| system.action(code)).collect()
}

fn claim(graph: &Graph, budget: &mut Budget) -> Result<(), OutOfMemory> {
    budget.claim::<u32>(graph.steps() as usize)?;
    budget
        .claim::<(u32, u32, bool)>(graph.worlds() as usize)
        .inspect_err(|_| budget.release::<u32>(graph.steps() as usize))
}

fn release(graph: &Graph, budget: &mut Budget) {
    budget.release::<u32>(graph.steps() as usize);
    budget.release::<(u32, u32, bool)>(graph.worlds() as usize);
}

/// For each world, the worlds from which a step leads into it.
struct Backwards {
    firsts: Vec<u32>,
    sources: Vec<u32>,
}

impl Backwards {
    /// The steps that a recovery may lean on, turned round.
    fn of<S: System>(system: &S, graph: &Graph) -> Self {
        let mut helps: [Option<bool>; 256] = [None; 256];
        let mut may =
            |code: u8| *helps[usize::from(code)].get_or_insert_with(|| system.helps_recovery(system.action(code)));

        let mut ends = vec![0u32; graph.worlds() as usize + 1];
        for world in 0..graph.worlds() {
            for edge in graph.edges(world).filter(|edge| may(edge.code)) {
                ends[edge.target as usize] += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut sources = vec![0u32; sum as usize];
        for world in 0..graph.worlds() {
            for edge in graph.edges(world).filter(|edge| may(edge.code)) {
                let place = &mut ends[edge.target as usize];
                *place -= 1;
                sources[*place as usize] = world;
            }
        }
        Self { firsts: ends, sources }
    }

    /// The worlds from which a world that is `good` can be reached.
    fn closure(&self, graph: &Graph, good: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut closed: Vec<bool> = (0..graph.worlds()).map(good).collect();
        let mut open: Vec<u32> = (0..graph.worlds()).filter(|&world| closed[world as usize]).collect();
        while let Some(world) = open.pop() {
            let from = self.firsts[world as usize] as usize..self.firsts[world as usize + 1] as usize;
            for &source in &self.sources[from] {
                if !closed[source as usize] {
                    closed[source as usize] = true;
                    open.push(source);
                }
            }
        }
        closed
    }
}

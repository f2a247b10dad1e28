//! Recoverability where time is exact, soundly.
//!
//! An action of a state is possible at every reading of its zone, since rules look at phases alone. So a state *surely* recovers where one
//! action leads to a state that does, or where all first thresholds that time can reach lead to such, and no message in flight holds time up.
//! It is *stuck* where no path at all leads to the goal. What is neither is unknown.

use authloom_model::{Action, World};

use super::ways::Ways;
use crate::explore::system::System;
use crate::explore::{Question, Verdict};

/// Answers the `Recoverable` questions in `verdicts`, over a complete graph.
pub(super) fn answer<S: System<World = World, Action = Action>>(
    system: &S,
    ways: &Ways,
    questions: &[Question],
    verdicts: &mut [Verdict<Action>],
) {
    if !questions.iter().any(|question| matches!(question, Question::Recoverable { .. })) {
        return;
    }
    let backwards = Backwards::of(system, ways);
    for (question, verdict) in questions.iter().zip(verdicts) {
        let Question::Recoverable { goal } = *question else { continue };
        let sure = backwards.closure(ways, goal, Time::EveryReading);
        if sure.iter().all(|recovers| *recovers) {
            *verdict = Verdict::Holds;
            continue;
        }
        let may = backwards.closure(ways, goal, Time::SomeReading);
        let stuck = (0_u32..).zip(&may).filter(|(_, recovers)| !**recovers).map(|(state, _)| state);
        let way = stuck.take(MOST_WAYS).find_map(|state| ways.way_with(state, None));
        *verdict = way.map_or(Verdict::Unknown, |way| Verdict::Violated(way.actions));
    }
}

/// Stuck states of which one is to have a schedule.
const MOST_WAYS: usize = 64;

/// What has to be so for time to help.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    /// Whatever the clocks show, it leads to a good state.
    EveryReading,
    /// At some reading, it does.
    SomeReading,
}

/// A step, turned round.
#[derive(Clone, Copy)]
struct Back {
    from: u32,
    is_time: bool,
}

/// For each state, the steps that lead into it and that a recovery may lean on.
struct Backwards {
    firsts: Vec<u32>,
    steps: Vec<Back>,
    /// For each state, how many steps of time leave it.
    times: Vec<u32>,
}

impl Backwards {
    fn of<S: System<World = World, Action = Action>>(system: &S, ways: &Ways) -> Self {
        let mut helps: [Option<bool>; 256] = [None; 256];
        let mut may = |code: u8| {
            let ask = || code >= Action::CODES || system.helps_recovery(system.action(code));
            *helps[usize::from(code)].get_or_insert_with(ask)
        };
        let states = ways.states() as usize;
        let mut all: Vec<(u32, Back)> = Vec::with_capacity(ways.steps() as usize);
        let mut times = vec![0; states];
        for from in 0..ways.states() {
            for edge in ways.edges(from).filter(|edge| may(edge.code)) {
                let is_time = edge.code >= Action::CODES;
                times[from as usize] += u32::from(is_time);
                all.extend(edge.target.map(|to| (to, Back { from, is_time })));
            }
        }
        let mut firsts = vec![0_u32; states + 1];
        for (to, _) in &all {
            firsts[*to as usize + 1] += 1;
        }
        for at in 0..states {
            firsts[at + 1] += firsts[at];
        }
        let mut next = firsts.clone();
        let mut steps = vec![Back { from: 0, is_time: false }; all.len()];
        for (to, back) in all {
            let place = &mut next[to as usize];
            steps[*place as usize] = back;
            *place += 1;
        }
        Self { firsts, steps, times }
    }

    /// The states that recover.
    fn closure(&self, ways: &Ways, goal: u8, time: Time) -> Vec<bool> {
        let mut closed: Vec<bool> = (0..ways.states()).map(|state| ways.goals(state) >> goal & 1 == 1).collect();
        let mut left = self.times.clone();
        let mut open: Vec<u32> = (0..ways.states()).filter(|state| closed[*state as usize]).collect();
        while let Some(state) = open.pop() {
            let from = self.firsts[state as usize] as usize..self.firsts[state as usize + 1] as usize;
            for back in &self.steps[from] {
                let source = back.from as usize;
                if closed[source] {
                    continue;
                }
                let recovers = match (back.is_time, time) {
                    (false, _) | (true, Time::SomeReading) => true,
                    (true, Time::EveryReading) => {
                        left[source] -= 1;
                        left[source] == 0 && !ways.is_held_up(back.from)
                    }
                };
                if recovers {
                    closed[source] = true;
                    open.push(back.from);
                }
            }
        }
        closed
    }
}

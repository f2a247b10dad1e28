//! Two toy systems for the tests: a graph written out, and a machine that grows as large as one likes.

use super::system::{Marks, Next, System};

/// A graph written out: for each world its steps, as (target, marks, kind).
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) steps: Vec<Vec<(u16, u64, u64)>>,
    pub(crate) goals: Vec<u64>,
    /// The step, if any, that runs into a capacity.
    pub(crate) overflow: Option<(u16, u8)>,
}

impl Listed {
    /// A graph of plain steps, each of a kind of its own.
    pub(crate) fn plain(targets: &[&[u16]]) -> Self {
        let mut kind = 0;
        let mut step = |&target: &u16| {
            kind += 1;
            (target, 0, kind)
        };
        let steps = targets.iter().map(|row| row.iter().map(&mut step).collect()).collect();
        Self { steps, goals: vec![0; targets.len()], overflow: None }
    }
}

impl System for Listed {
    type World = [u8; 2];
    type Action = u8;

    fn initial(&self) -> [u8; 2] {
        [0, 0]
    }

    fn bytes<'w>(&self, world: &'w [u8; 2]) -> &'w [u8] {
        world
    }

    fn enabled(&self, world: &[u8; 2], into: &mut Vec<u8>) {
        let steps = &self.steps[usize::from(u16::from_le_bytes(*world))];
        into.extend((0..=u8::MAX).take(steps.len()));
    }

    fn next(&self, world: &[u8; 2], action: u8) -> Next<[u8; 2]> {
        let from = u16::from_le_bytes(*world);
        let (target, marks, _) = self.steps[usize::from(from)][usize::from(action)];
        let overflow = (self.overflow == Some((from, action))).then_some("room");
        Next { world: target.to_le_bytes(), marks: Marks(marks), overflow }
    }

    fn goals(&self, world: &[u8; 2]) -> u64 {
        self.goals[usize::from(u16::from_le_bytes(*world))]
    }

    fn code(&self, action: u8) -> u8 {
        action
    }

    fn action(&self, code: u8) -> u8 {
        code
    }

    fn kind(&self, world: &[u8; 2], action: u8) -> u64 {
        self.steps[usize::from(u16::from_le_bytes(*world))][usize::from(action)].2
    }

    fn helps_recovery(&self, action: u8) -> bool {
        action != Self::UNAIDED
    }
}

impl Listed {
    /// The action that no recovery may lean on.
    pub(crate) const UNAIDED: u8 = 1;
}

/// Wheels that turn one at a time, on a flat world of a hundred bytes: `teeth` to the power of `wheels`
/// worlds, `wheels` steps each, and a known depth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wheels {
    pub(crate) wheels: u8,
    pub(crate) teeth: u8,
}

impl Wheels {
    pub(crate) const FULL_TURN: u8 = 0;
    pub(crate) const ALL_AT_REST: u8 = 3;
}

impl System for Wheels {
    type World = [u8; 100];
    type Action = u8;

    fn initial(&self) -> [u8; 100] {
        [0; 100]
    }

    fn bytes<'w>(&self, world: &'w [u8; 100]) -> &'w [u8] {
        world
    }

    fn enabled(&self, _world: &[u8; 100], into: &mut Vec<u8>) {
        into.extend(0..self.wheels);
    }

    fn next(&self, world: &[u8; 100], action: u8) -> Next<[u8; 100]> {
        let mut world = *world;
        let wheel = &mut world[usize::from(action) * 7];
        *wheel = (*wheel + 1) % self.teeth;
        let marks = Marks(u64::from(*wheel == 0) << Self::FULL_TURN);
        Next { world, marks, overflow: None }
    }

    fn goals(&self, world: &[u8; 100]) -> u64 {
        u64::from(world == &[0; 100]) << Self::ALL_AT_REST
    }

    fn code(&self, action: u8) -> u8 {
        action
    }

    fn action(&self, code: u8) -> u8 {
        code
    }

    fn kind(&self, world: &[u8; 100], action: u8) -> u64 {
        u64::from(action) << 8 | u64::from(world[usize::from(action) * 7])
    }
}

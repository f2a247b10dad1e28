//! The seam: what the explorer needs to know of a state machine, and nothing else.

/// A finite state machine whose nondeterminism lies only in which action is chosen.
pub trait System: Sync {
    /// A situation: flat, about a hundred bytes, copied freely.
    type World: Copy + Eq + Send + Sync;
    /// What can happen in a world.
    type Action: Copy + Eq + Send + Sync;

    /// The world every run begins in.
    fn initial(&self) -> Self::World;

    /// The world as bytes: equal worlds have equal bytes, different worlds different ones.
    fn bytes<'w>(&self, world: &'w Self::World) -> &'w [u8];

    /// Appends the actions that can happen in `world` to `into`, always in the same order, each once, and none that changes nothing.
    fn enabled(&self, world: &Self::World, into: &mut Vec<Self::Action>);

    /// What `action` makes of `world`. Only asked of enabled actions.
    fn next(&self, world: &Self::World, action: Self::Action) -> Next<Self::World>;

    /// The set of good situations that hold in `world`, one bit each.
    fn goals(&self, world: &Self::World) -> u64;

    /// The dense one-byte name of an action.
    fn code(&self, action: Self::Action) -> u8;

    /// The action that [`code`](Self::code) named.
    fn action(&self, code: u8) -> Self::Action;

    /// A hash of (role state, action, outcome seen). Steps of equal hash are of one kind. Only asked when the graph is kept.
    fn kind(&self, world: &Self::World, action: Self::Action) -> u64;

    /// Whether time can pass in `world`, where it is no action. A system that cannot be made to wait answers false.
    fn lets_time_pass(&self, _world: &Self::World) -> bool {
        true
    }

    /// Whether a recovery may lean on `action`. A system with a thief or an operator answers false for what only they do.
    fn helps_recovery(&self, _action: Self::Action) -> bool {
        true
    }
}

/// What one step leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next<W> {
    /// The world after the step.
    pub world: W,
    /// What the step did, for the questions that ask for marks.
    pub marks: Marks,
    /// The name of a capacity that was too small for the step. Such a `world` means nothing and the run ends as cut off.
    pub overflow: Option<&'static str>,
}

/// A set of up to 64 marks, one bit each: the remarkable things that a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks(pub u64);

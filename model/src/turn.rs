//! One step in the making: the world as it changes, and who watches. The rules of every role are methods of a [`Turn`].

use crate::Spec;
use crate::action::CallId;
use crate::ended::Ended;
use crate::judges::Judges;
use crate::seen::{Event, Witness};
use crate::time::Clock;
use crate::world::{
    AccessId, AccessState, AccessToken, Call, Grant, GrantId, GrantState, RefreshId, RefreshToken, World,
};

/// A table of the world that was full when something had to be written into it. The step is then not to be trusted, and a run that meets
/// one is cut off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Capacity {
    /// [`crate::world::GRANTS`].
    Grants,
    /// [`crate::world::REFRESH_TOKENS`].
    RefreshTokens,
    /// [`crate::world::ACCESS_TOKENS`].
    AccessTokens,
    /// [`crate::time::zone::MOST_CLOCKS`].
    Clocks,
}

impl Capacity {
    /// What there was no more room for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Grants => "grants",
            Self::RefreshTokens => "refresh tokens",
            Self::AccessTokens => "access tokens",
            Self::Clocks => "clocks",
        }
    }
}

/// What a code is presented with. RFC 7636 section 4.5.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verifier {
    /// The verifier behind the code's challenge.
    Right,
    /// Another one.
    MadeUp,
}

/// One step in the making.
pub(crate) struct Turn<'a, W, J> {
    pub(crate) spec: &'a Spec,
    pub(crate) world: World,
    pub(crate) overflow: Option<Capacity>,
    pub(crate) judges: J,
    pub(crate) witness: &'a mut W,
}

impl<W: Witness, J: Judges> Turn<'_, W, J> {
    pub(crate) fn saw(&mut self, event: Event) {
        self.witness.saw(event);
    }

    pub(crate) fn ends(&mut self, ended: Ended) {
        self.witness.ends(ended);
    }

    pub(crate) fn call(&self, id: CallId) -> &Call {
        &self.world.tabs[id.tab.index()].calls[usize::from(id.call)]
    }

    pub(crate) fn call_mut(&mut self, id: CallId) -> &mut Call {
        &mut self.world.tabs[id.tab.index()].calls[usize::from(id.call)]
    }

    pub(crate) fn new_grant(&mut self) -> Option<GrantId> {
        let free = self.world.grants.iter().position(|grant| grant.state == GrantState::Absent);
        let free = self.or_overflow(free, Capacity::Grants)?;
        self.world.grants[free] = Grant { state: GrantState::CodeIssued, age: 0 };
        self.witness.starts(Clock::grant(GrantId::at(free)), None);
        Some(GrantId::at(free))
    }

    /// Rule `tokens-are-new`: RFC 6749 section 10.10.
    pub(crate) fn new_refresh(&mut self, grant: GrantId) -> Option<RefreshId> {
        let free = self.world.refresh.iter().position(|token| !token.grant.is_some());
        let free = self.or_overflow(free, Capacity::RefreshTokens)?;
        self.world.refresh[free] = RefreshToken { grant, ..RefreshToken::default() };
        self.witness.starts(Clock::idle(RefreshId::at(free)), None);
        Some(RefreshId::at(free))
    }

    /// Rule `tokens-are-new`: RFC 6749 section 10.10.
    pub(crate) fn new_access(&mut self, grant: GrantId) -> Option<AccessId> {
        let free = self.world.access.iter().position(|token| token.state == AccessState::Absent);
        let free = self.or_overflow(free, Capacity::AccessTokens)?;
        self.world.access[free] = AccessToken { state: AccessState::Issued, grant, age: 0 };
        self.witness.starts(Clock::access(AccessId::at(free)), None);
        Some(AccessId::at(free))
    }

    fn or_overflow(&mut self, free: Option<usize>, capacity: Capacity) -> Option<usize> {
        if free.is_none() {
            self.overflow = Some(capacity);
        }
        free
    }
}

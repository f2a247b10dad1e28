//! Everything that can happen: the only cause of change.
//!
//! Sending is part of the reaction that causes it, so it is no action of its own. What a client or a server does when its turn comes
//! is a function of policy and state; which action comes next is the only choice in the model.

use crate::exchange::Exchange;
use crate::time::Seconds;
use crate::world::{CALLS, TABS};

/// A tab, by its place in the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TabId(pub u8);

/// A call of a tab, by its place in the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId {
    /// The tab.
    pub tab: TabId,
    /// Which of its calls.
    pub call: u8,
}

/// Something that happens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Action {
    /// Time passes. Where a spec counts ticks, it is a number of them.
    Wait(Seconds),
    /// The person opens the items in a tab; the call is the one that begins.
    Open(CallId),
    /// The person signs in, in a tab, with the right password.
    SignIn(TabId),
    /// The person tries to sign in, in a tab, with a wrong password.
    Mistype(TabId),
    /// The person signs out, in a tab.
    SignOut(TabId),
    /// A thief copies the session that the browser stores.
    CopySession,
    /// A thief copies the authorization code that is on its way to a tab or from it.
    CopyCode(TabId),
    /// The browser grants its refresh lock to a call that waits for it.
    Lock(CallId),
    /// A request arrives: the server takes it, decides and commits, indivisibly.
    Arrive(Exchange),
    /// A response reaches whoever sent the request, who reacts at once.
    Return(Exchange),
    /// A request is lost before it arrives, or a response after it; the sender sees a failed exchange.
    Lose(Exchange),
}

#[expect(clippy::cast_possible_truncation, reason = "a world has fewer than 256 tabs")]
pub(crate) const TAB_COUNT: u8 = TABS as u8;
#[expect(clippy::cast_possible_truncation, reason = "a tab has fewer than 256 calls")]
const CALL_COUNT: u8 = CALLS as u8;
pub(crate) const ALL_CALLS: u8 = TAB_COUNT * CALL_COUNT;

impl TabId {
    #[expect(clippy::cast_possible_truncation, reason = "a world has fewer than 256 tabs")]
    pub(crate) fn at(index: usize) -> Self {
        Self(index as u8)
    }

    /// The place in the world's table.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl CallId {
    #[expect(clippy::cast_possible_truncation, reason = "a tab has fewer than 256 calls")]
    pub(crate) fn at(tab: TabId, index: usize) -> Self {
        Self { tab, call: index as u8 }
    }

    pub(crate) fn code(self) -> u8 {
        self.tab.0 * CALL_COUNT + self.call
    }

    pub(crate) fn of_code(code: u8) -> Self {
        Self { tab: TabId(code / CALL_COUNT), call: code % CALL_COUNT }
    }
}

impl Action {
    /// How many codes there are.
    pub const CODES: u8 = 2 + 4 * TAB_COUNT + 2 * ALL_CALLS + 3 * Exchange::CODES;

    /// The action as one byte, below [`Self::CODES`]. How much time passes is not part of it.
    #[must_use]
    pub fn code(self) -> u8 {
        const PERSON: u8 = 2;
        const CALLS: u8 = PERSON + 4 * TAB_COUNT;
        const MOMENTS: u8 = CALLS + 2 * ALL_CALLS;
        match self {
            Self::Wait(_) => 0,
            Self::CopySession => 1,
            Self::SignIn(tab) => PERSON + tab.0,
            Self::Mistype(tab) => PERSON + TAB_COUNT + tab.0,
            Self::SignOut(tab) => PERSON + 2 * TAB_COUNT + tab.0,
            Self::CopyCode(tab) => PERSON + 3 * TAB_COUNT + tab.0,
            Self::Open(call) => CALLS + call.code(),
            Self::Lock(call) => CALLS + ALL_CALLS + call.code(),
            Self::Arrive(exchange) => MOMENTS + exchange.code(),
            Self::Return(exchange) => MOMENTS + Exchange::CODES + exchange.code(),
            Self::Lose(exchange) => MOMENTS + 2 * Exchange::CODES + exchange.code(),
        }
    }

    /// The action of that code, if there is one. Where time passes, it is `tick`.
    #[must_use]
    pub fn of_code(code: u8, tick: Seconds) -> Option<Self> {
        if code < 2 {
            return Some(if code == 0 { Self::Wait(tick) } else { Self::CopySession });
        }
        let code = code - 2;
        if code < 4 * TAB_COUNT {
            let tab = TabId(code % TAB_COUNT);
            return Some(match code / TAB_COUNT {
                0 => Self::SignIn(tab),
                1 => Self::Mistype(tab),
                2 => Self::SignOut(tab),
                _ => Self::CopyCode(tab),
            });
        }
        let code = code - 4 * TAB_COUNT;
        if code < 2 * ALL_CALLS {
            let call = CallId::of_code(code % ALL_CALLS);
            return Some(if code < ALL_CALLS { Self::Open(call) } else { Self::Lock(call) });
        }
        let code = code - 2 * ALL_CALLS;
        let exchange = Exchange::of_code(code % Exchange::CODES);
        match code / Exchange::CODES {
            0 => Some(Self::Arrive(exchange)),
            1 => Some(Self::Return(exchange)),
            2 => Some(Self::Lose(exchange)),
            _ => None,
        }
    }

    /// The exchange whose request arrives, where one does.
    #[must_use]
    pub fn arriving(self) -> Option<Exchange> {
        match self {
            Self::Arrive(exchange) => Some(exchange),
            Self::Wait(_)
            | Self::Open(_)
            | Self::SignIn(_)
            | Self::Mistype(_)
            | Self::SignOut(_)
            | Self::CopySession
            | Self::CopyCode(_)
            | Self::Lock(_)
            | Self::Return(_)
            | Self::Lose(_) => None,
        }
    }

    /// The tab it happens in, where it happens in one.
    #[must_use]
    pub fn tab(self) -> Option<TabId> {
        match self {
            Self::Wait(_) | Self::CopySession => None,
            Self::SignIn(tab) | Self::Mistype(tab) | Self::SignOut(tab) | Self::CopyCode(tab) => Some(tab),
            Self::Open(call) | Self::Lock(call) => Some(call.tab),
            Self::Arrive(exchange) | Self::Return(exchange) | Self::Lose(exchange) => exchange.tab(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_names_one_action_and_every_action_has_its_code() {
        for code in 0..Action::CODES {
            let action = Action::of_code(code, Seconds(1)).expect("every code below CODES names an action");
            assert_eq!(action.code(), code, "{action:?}");
        }
        assert_eq!(Action::of_code(Action::CODES, Seconds(1)), None);
    }
}

//! Which call a request of a tab belongs to. A request does not say so: two calls of a tab send the same message.

use authloom_model::exchange::Owner;
use authloom_model::{Action, CallId, TabId};

/// The calls that have been opened and have not ended, in the order in which they were opened.
#[derive(Default)]
pub(super) struct OpenCalls(Vec<CallId>);

impl OpenCalls {
    /// A call begins.
    pub(super) fn begins(&mut self, call: CallId) {
        self.0.push(call);
    }

    /// A call ends.
    pub(super) fn ends(&mut self, call: CallId) {
        self.0.retain(|open| *open != call);
    }

    /// Forgets every call.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// The call that a request of `tab` belongs to, sent because `cause` happened: the call that this happened to, if it has nothing in
    /// flight, or else the tab's oldest that has nothing. A request on behalf of no call is given to one all the same, where nobody
    /// expects it.
    pub(super) fn sender(&self, tab: TabId, cause: Action, in_flight: impl Fn(CallId) -> bool) -> CallId {
        let cause = call_of(cause).filter(|call| call.tab == tab);
        let mut idle = self.0.iter().copied().filter(|call| call.tab == tab && !in_flight(*call));
        let first = idle.clone().next();
        idle.find(|call| Some(*call) == cause).or(first).or(cause).unwrap_or(CallId { tab, call: 0 })
    }
}

/// The call that an action happens to.
fn call_of(action: Action) -> Option<CallId> {
    match action {
        Action::Open(call) | Action::Lock(call) => Some(call),
        Action::Arrive(exchange) | Action::Return(exchange) | Action::Lose(exchange) => match exchange.owner() {
            Owner::Call(call) => Some(call),
            Owner::Tab(_) | Owner::Thief => None,
        },
        Action::Wait(_)
        | Action::SignIn(_)
        | Action::Mistype(_)
        | Action::SignOut(_)
        | Action::CopySession
        | Action::CopyCode(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use authloom_model::Exchange;

    use super::*;

    const TAB: TabId = TabId(1);
    const FIRST: CallId = CallId { tab: TAB, call: 1 };
    const SECOND: CallId = CallId { tab: TAB, call: 0 };
    const ELSEWHERE: CallId = CallId { tab: TabId(0), call: 0 };

    fn open() -> OpenCalls {
        OpenCalls(vec![ELSEWHERE, FIRST, SECOND])
    }

    #[test]
    fn a_request_belongs_to_the_call_that_something_happened_to() {
        assert_eq!(open().sender(TAB, Action::Return(Exchange::Call(SECOND)), |_| false), SECOND);
    }

    #[test]
    fn after_that_it_belongs_to_the_oldest_call_of_the_tab_that_has_nothing_in_flight() {
        assert_eq!(open().sender(TAB, Action::Return(Exchange::Refresh(SECOND)), |call| call == SECOND), FIRST);
        assert_eq!(open().sender(TAB, Action::Return(Exchange::Call(ELSEWHERE)), |_| false), FIRST);
    }

    #[test]
    fn a_request_that_no_call_is_free_for_goes_to_the_one_that_caused_it() {
        assert_eq!(open().sender(TAB, Action::Lock(FIRST), |_| true), FIRST);
        assert_eq!(OpenCalls::default().sender(TAB, Action::CopySession, |_| false), CallId { tab: TAB, call: 0 });
    }
}

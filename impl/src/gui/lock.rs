//! The browser's refresh lock, granted in the order of the requests. Web Locks API section 2.
//!
//! Invariant: at most one tab holds it; no tab waits while it is free.
//! Deliberately absent: stealing and time limits.

use std::collections::VecDeque;

use super::input::TabId;

/// One exclusive lock and the tabs that wait for it.
#[derive(Debug, Default)]
pub(super) struct RefreshLock {
    holder: Option<TabId>,
    waiting: VecDeque<TabId>,
}

impl RefreshLock {
    /// A tab requests the lock. Returns the tab that is granted it now, if there is one.
    pub(super) fn request(&mut self, tab: TabId) -> Option<TabId> {
        self.waiting.push_back(tab);
        self.grant()
    }

    /// A tab releases the lock. Returns the tab that is granted it now, if there is one.
    pub(super) fn release(&mut self, tab: TabId) -> Option<TabId> {
        if self.holder == Some(tab) {
            self.holder = None;
        }
        self.grant()
    }

    fn grant(&mut self) -> Option<TabId> {
        if self.holder.is_some() {
            return None;
        }
        self.holder = self.waiting.pop_front();
        self.holder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_granted_to_one_tab_at_a_time_in_the_order_of_the_requests() {
        let mut lock = RefreshLock::default();
        assert_eq!(lock.request(TabId(2)), Some(TabId(2)));
        assert_eq!(lock.request(TabId(0)), None);
        assert_eq!(lock.request(TabId(1)), None);
        assert_eq!(lock.release(TabId(0)), None, "a tab that does not hold it cannot release it");
        assert_eq!(lock.release(TabId(2)), Some(TabId(0)));
        assert_eq!(lock.release(TabId(0)), Some(TabId(1)));
        assert_eq!(lock.release(TabId(1)), None);
    }
}

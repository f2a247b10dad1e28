//! The browser's refresh lock, granted in the order in which it was asked for. Web Locks API section 2.
//!
//! Invariant: at most one holder; nobody waits while the lock is free.
//! Deliberately absent: stealing and time limits.

use std::collections::VecDeque;

use super::input::TabId;

/// One exclusive lock and those who wait for it.
#[derive(Debug, Default)]
pub(super) struct RefreshLock {
    holder: Option<TabId>,
    waiting: VecDeque<TabId>,
}

impl RefreshLock {
    /// A tab asks for the lock. Returns the tab that gets it now, if anyone does.
    pub(super) fn request(&mut self, tab: TabId) -> Option<TabId> {
        self.waiting.push_back(tab);
        self.grant()
    }

    /// A tab gives the lock back. Returns the tab that gets it now, if anyone does.
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
    fn the_lock_goes_to_one_at_a_time_in_the_order_of_asking() {
        let mut lock = RefreshLock::default();
        assert_eq!(lock.request(TabId(2)), Some(TabId(2)));
        assert_eq!(lock.request(TabId(0)), None);
        assert_eq!(lock.request(TabId(1)), None);
        assert_eq!(lock.release(TabId(0)), None, "who does not hold it cannot give it back");
        assert_eq!(lock.release(TabId(2)), Some(TabId(0)));
        assert_eq!(lock.release(TabId(0)), Some(TabId(1)));
        assert_eq!(lock.release(TabId(1)), None);
    }
}

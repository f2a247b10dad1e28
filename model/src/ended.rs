//! What a step ends: which tokens are not active any more once it is taken.
//!
//! Of the tokens that the world has a record of, the worlds before and after a step tell. An AuthService may know more tokens than that:
//! those that nobody refers to any more, for one because the answer that brought them was lost. So the rules say themselves what they end
//! beyond the records, by the grant.

use crate::seen::{Event, Witness};
use crate::world::{AccessId, AccessState, GrantId, RefreshId, World};
use crate::{Renaming, Spec};

/// Tokens that are not active after a step, in the names of the world before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ended {
    /// An access token that was active before the step, or that nobody refers to after it.
    Access(AccessId),
    /// A refresh token that was active before the step, or that nobody refers to after it.
    Refresh(RefreshId),
    /// Every access token that was issued for a grant before the step.
    AccessTokensOf(GrantId),
    /// Every refresh token of a grant.
    RefreshTokensOf(GrantId),
    /// Every token of a grant.
    AllOf(GrantId),
    /// Every token of the person.
    Everything,
}

/// Writes down what is seen of a step and what its rules end.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) seen: Vec<Event>,
    pub(crate) ended: Vec<Ended>,
}

impl Witness for Account {
    fn saw(&mut self, event: Event) {
        self.seen.push(event);
    }

    fn ends(&mut self, ended: Ended) {
        self.ended.push(ended);
    }
}

/// The tokens on record that a step has ended, or that it leaves behind ended. `after` is the raw world.
pub(crate) fn on_record(spec: &Spec, before: &World, after: &World, renamed: &Renaming) -> Vec<Ended> {
    let refresh = (0..after.present_refresh().count()).map(RefreshId::at).filter(|id| {
        let was_there = before.refresh_token(*id).grant.is_some();
        let was_active = || was_there && spec.refresh_is_active(before, *id);
        !spec.refresh_is_active(after, *id) && (!renamed.refresh(*id).is_some() || was_active())
    });
    let access = (0..after.present_access().count()).map(AccessId::at).filter(|id| {
        let was_there = before.access_token(*id).state != AccessState::Absent;
        let was_active = || was_there && spec.access_is_active(before, *id);
        !spec.access_is_active(after, *id) && (!renamed.access(*id).is_some() || was_active())
    });
    refresh.map(Ended::Refresh).chain(access.map(Ended::Access)).collect()
}

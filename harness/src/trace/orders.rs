//! Messages that are let go at once, and the orders in which the server may have taken them.
//!
//! Nobody sees the order. So whatever comes after such messages must be possible in every order, or a target could be asked for what
//! cannot happen any more.

use authloom_model::{Action, Spec};
use itertools::Itertools as _;

use super::{Release, TraceStep, Walker, rounds, words};

/// The most messages that are let go at once.
pub const MOST_AT_ONCE: usize = 4;
/// The most orders that a trace may have been taken in, all that is let go at once in it together.
const MOST_ORDERS: usize = 120;

/// A trace lets go at once what it cannot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NotAtOnce {
    /// The step, counted from 0.
    pub(super) step: usize,
    /// What is wrong with it.
    pub(super) why: String,
}

/// Whether a step is the arrival of a request that the AuthService decides over by itself. Only such are let go at once.
#[must_use]
pub fn reaches_the_auth_service(action: Action) -> bool {
    action.arriving().is_some_and(|exchange| exchange.message().is_decided_by_the_auth_service())
}

/// Every order of some things, beginning with the given one.
#[must_use]
pub fn orders<T: Copy>(things: &[T]) -> Vec<Vec<T>> {
    things.iter().copied().permutations(things.len()).collect()
}

/// Looks whether every step is possible in every order that the steps before it may have been taken in.
pub(super) fn check(spec: &Spec, steps: &[TraceStep]) -> Result<(), NotAtOnce> {
    if steps.iter().all(|step| step.release == Release::Alone) {
        return Ok(());
    }
    let mut walkers = vec![Walker::new(spec)];
    let mut first = 0;
    for round in rounds(steps) {
        let actions: Vec<Action> = round.iter().map(|step| step.action).collect();
        let wrong = |step: usize, why: String| Err(NotAtOnce { step, why });
        if round.len() > MOST_AT_ONCE {
            return wrong(first + MOST_AT_ONCE, format!("{MOST_AT_ONCE} messages at once are the most"));
        }
        if let (false, Some(at)) =
            (round.len() == 1, actions.iter().position(|action| !reaches_the_auth_service(*action)))
        {
            let why = "only requests that arrive at the AuthService are let go at once: refresh, redeem, revoke, introspect, \
                       or what a thief shows";
            return wrong(first + at, why.to_owned());
        }
        let mut next = Vec::new();
        for (walker, order) in walkers.iter().cartesian_product(orders(&actions)) {
            let mut walker = walker.clone();
            for action in order {
                if let Err(error) = walker.take(action) {
                    let at = actions.iter().position(|taken| *taken == action).expect("an order is of the round's");
                    let why = format!("not in every order of what is let go at once: {error}");
                    return wrong(first + at, why);
                }
            }
            next.push(walker);
        }
        if next.len() > MOST_ORDERS {
            return wrong(first, format!("{} orders are too many: {MOST_ORDERS} are the most", next.len()));
        }
        walkers = next;
        first += round.len();
    }
    match steps.last() {
        Some(last) if last.release == Release::WithNext => {
            let why = format!("`{}` is let go at once with nothing", words::action(last.action));
            Err(NotAtOnce { step: steps.len() - 1, why })
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_there_once_and_the_given_one_first() {
        let mut all = orders(&[1, 2, 3]);
        assert_eq!(all[0], [1, 2, 3]);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6);
    }
}

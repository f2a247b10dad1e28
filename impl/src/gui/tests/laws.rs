//! Laws that hold in every life of a browser, whatever its policy: random persons, networks, clocks and lock managers against
//! an honest AuthService and backend.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::gui::{CallId, Late401, LookAgain, LostRefresh, Policy, RefreshWhen, SingleFlight};

use super::life::{Event, Life};
use super::support::{CAREFUL, MARGIN};

const TABS: u8 = 3;

fn events() -> impl Strategy<Value = Vec<Event>> {
    let tab = 0..TABS;
    let any_exchange = 0..8_usize;
    let event = prop_oneof![
        4 => tab.clone().prop_map(Event::Open),
        3 => tab.clone().prop_map(Event::SignIn),
        3 => tab.clone().prop_map(Event::ComeBack),
        1 => tab.clone().prop_map(Event::Abandon),
        1 => tab.prop_map(Event::SignOut),
        6 => any_exchange.clone().prop_map(Event::Arrive),
        6 => any_exchange.clone().prop_map(Event::Return),
        1 => any_exchange.prop_map(Event::Lose),
        4 => Just(Event::GrantLock),
        2 => (1..40_u64).prop_map(Event::Wait),
    ];
    prop::collection::vec(event, 0..120)
}

fn policies() -> impl Strategy<Value = Policy> {
    let refresh_when = prop_oneof![
        Just(RefreshWhen::On401),
        Just(RefreshWhen::BeforeExpiry { margin: MARGIN }),
        Just(RefreshWhen::Both { margin: MARGIN }),
    ];
    let single_flight = prop_oneof![Just(SingleFlight::None), Just(SingleFlight::Tab), Just(SingleFlight::Browser)];
    let look_again = prop_oneof![Just(LookAgain::Yes), Just(LookAgain::No)];
    let late_401 = prop_oneof![Just(Late401::Compare), Just(Late401::Refresh)];
    let lost_refresh = prop_oneof![Just(LostRefresh::Retry), Just(LostRefresh::SignInAgain)];
    (refresh_when, single_flight, look_again, late_401, lost_refresh).prop_map(
        |(refresh_when, single_flight, look_again, late_401, lost_refresh)| Policy {
            refresh_when,
            single_flight,
            look_again,
            late_401,
            lost_refresh,
        },
    )
}

proptest! {
    #[test]
    fn every_life_keeps_the_laws_and_comes_to_rest(policy in policies(), events in events()) {
        let mut life = Life::new(policy);
        for event in events {
            life.live(event);
        }
        life.come_to_rest();
        prop_assert!(life.in_flight.is_empty(), "an exchange never ends");
        prop_assert!(life.lock_holder.is_none() && life.lock_queue.is_empty(), "the lock is never given back");
        let once: BTreeMap<_, _> = (1..=life.opened).map(|call| (CallId(call), 1)).collect();
        prop_assert_eq!(life.shown, once, "each call is shown once");
    }

    #[test]
    fn with_a_careful_policy_and_no_losses_an_honest_service_never_sees_a_token_again(events in events()) {
        let mut life = Life::new(CAREFUL);
        for event in events {
            match event {
                Event::Lose(_) | Event::SignOut(_) => {}
                Event::Open(_) | Event::SignIn(_) | Event::ComeBack(_) | Event::Abandon(_) | Event::Arrive(_)
                | Event::Return(_) | Event::GrantLock | Event::Wait(_) => life.live(event),
            }
        }
        life.come_to_rest();
        prop_assert!(life.servers.grants.iter().all(Option::is_some), "a grant was ended by reuse");
        prop_assert!(life.ended_grants.is_empty());
    }
}

//! The auditor notices what it should, and nothing else; and every judge of the rules that goes wrong.

use std::collections::HashSet;
use std::time::Duration;

use super::*;
use crate::judges::{ByTheRules, Judgement, Judges};
use crate::policy::{Grace, IdleOnRefresh, Validation, Window};
use crate::property::{Kind, PROPERTIES};
use crate::seen::Refusal;
use crate::world::{AccessToken, Grant, RefreshToken};
use crate::{Event, Policy, Scope, canonical};

/// What the steps of a specification do, if these are its judges.
fn done(spec: &Spec, judges: impl Judges + Copy) -> Marks {
    let mut marks = Marks::default();
    let mut reached = HashSet::from([spec.initial()]);
    let mut open = vec![spec.initial()];
    let mut actions = Vec::new();
    while let Some(world) = open.pop() {
        actions.clear();
        spec.enabled(&world, &mut actions);
        for action in &actions {
            let mut after = spec.apply_by(judges, &world, *action, &mut Vec::<Event>::new()).world;
            marks |= audit(spec, &world, *action, &after);
            canonical::settle(spec, &mut after);
            if reached.insert(after) {
                open.push(after);
            }
        }
    }
    marks
}

/// Whether a promise is broken under a policy with a change, if these are the judges.
fn breaks(judges: impl Judges + Copy, change: impl FnOnce(&mut Policy), scope: &str, promise: &str) -> bool {
    let mut policy = Policy::recommended();
    change(&mut policy);
    let spec = Spec::in_ticks(policy, scope.parse().expect("the scope is written right")).expect("the policy is small");
    let property = PROPERTIES.iter().find(|property| property.name == promise).expect("it is a property");
    let Kind::Never { bad, .. } = property.kind else { panic!("{promise} is about steps") };
    assert!(!done(&spec, ByTheRules).has(bad), "{promise} is broken with the right judges");
    done(&spec, judges).has(bad)
}

/// Judges of whom one goes wrong.
macro_rules! wrong {
    ($name:ident: $($judge:item)+) => {{
        #[derive(Clone, Copy)]
        struct $name;
        impl Judges for $name { $($judge)+ }
        $name
    }};
}

/// A judgement but for one refusal, in whose place the token is accepted.
fn but_for(refusal: Refusal, judged: Result<(), Refusal>) -> Result<(), Refusal> {
    if judged == Err(refusal) { Ok(()) } else { judged }
}

const ONE_TAB: &str = "tabs=1,losses=0";

#[test]
fn a_judge_of_codes_who_goes_wrong_is_noticed() {
    let takes_spent = wrong! { TakesSpent:
        fn code(&self, spec: &Spec, grant: &Grant, verifier: Verifier) -> Result<(), Refusal> {
            but_for(Refusal::CodeReplayed, ByTheRules.code(spec, grant, verifier))
        }
    };
    assert!(breaks(takes_spent, |_| {}, "tabs=1,losses=1", "code-spent-once"));
    let takes_expired = wrong! { TakesExpired:
        fn code(&self, spec: &Spec, grant: &Grant, verifier: Verifier) -> Result<(), Refusal> {
            ByTheRules.code(spec, &Grant { age: grant.age.saturating_sub(1), ..*grant }, verifier)
        }
    };
    assert!(breaks(takes_expired, |_| {}, ONE_TAB, "code-expires"));
    let takes_any_verifier = wrong! { TakesAnyVerifier:
        fn code(&self, spec: &Spec, grant: &Grant, _: Verifier) -> Result<(), Refusal> {
            ByTheRules.code(spec, grant, Verifier::Right)
        }
    };
    assert!(breaks(takes_any_verifier, |_| {}, "theft", "code-bound-to-verifier"));
}

#[test]
fn a_judge_of_refresh_tokens_who_goes_wrong_is_noticed() {
    macro_rules! renews {
        ($name:ident) => {
            wrong! { $name:
                fn refresh(&self, spec: &Spec, world: &World, presented: RefreshId) -> Judgement {
                    let judged = ByTheRules.refresh(spec, world, presented);
                    if judged == Judgement::Refuse(Refusal::$name) { Judgement::Renew } else { judged }
                }
            }
        };
    }
    assert!(breaks(renews!(Ended), |_| {}, "theft", "revocation-final"));
    assert!(breaks(renews!(PastLifetime), |_| {}, ONE_TAB, "lifetime-bound"));
    assert!(breaks(renews!(Idle), |_| {}, ONE_TAB, "idle-bound"));
    assert!(breaks(renews!(Replayed), |_| {}, "theft", "refresh-spent-once"));
    let suspects_all = wrong! { SuspectsAll:
        fn refresh(&self, _: &Spec, _: &World, _: RefreshId) -> Judgement {
            Judgement::Refuse(Refusal::Replayed)
        }
    };
    assert!(breaks(suspects_all, |_| {}, ONE_TAB, "no-spurious-sign-out"));
}

#[test]
fn a_judge_of_grace_who_goes_wrong_is_noticed() {
    let forgives_all = wrong! { ForgivesAll:
        fn grace(&self, _: &Spec, _: &World, _: &RefreshToken) -> bool {
            true
        }
    };
    let siblings = |policy: &mut Policy| policy.grace = Grace::NewSibling(Window::For(Duration::from_mins(5)));
    assert!(breaks(forgives_all, siblings, "theft", "refresh-spent-once"));
    let a_tick_late = wrong! { ATickLate:
        fn grace(&self, spec: &Spec, world: &World, spent: &RefreshToken) -> bool {
            let spent = RefreshToken { spent: 1.max(spent.spent - 1), ..*spent };
            ByTheRules.grace(spec, world, &spent)
        }
    };
    assert!(breaks(a_tick_late, siblings, "theft", "refresh-spent-once"));
    let forgives_nothing = wrong! { ForgivesNothing:
        fn grace(&self, _: &Spec, _: &World, _: &RefreshToken) -> bool {
            false
        }
    };
    assert!(breaks(forgives_nothing, |_| {}, "tabs=1,losses=1", "survives-a-loss"));
}

#[test]
fn a_judge_of_access_tokens_who_goes_wrong_is_noticed() {
    let keeps_ended = wrong! { KeepsEnded:
        fn access(&self, spec: &Spec, world: &World, token: AccessId) -> Result<(), Refusal> {
            but_for(Refusal::TokenRevoked, ByTheRules.access(spec, world, token))
        }
    };
    assert!(breaks(keeps_ended, |_| {}, "tabs=1,calls=2,losses=0", "no-stale-acceptance"));
    let keeps_expired = wrong! { KeepsExpired:
        fn access(&self, spec: &Spec, world: &World, token: AccessId) -> Result<(), Refusal> {
            but_for(Refusal::TokenExpired, ByTheRules.access(spec, world, token))
        }
    };
    assert!(breaks(keeps_expired, |_| {}, ONE_TAB, "never-past-exp"));
    let keeps_nothing = wrong! { KeepsNothing:
        fn access(&self, _: &Spec, _: &World, _: AccessId) -> Result<(), Refusal> {
            Err(Refusal::TokenExpired)
        }
    };
    assert!(breaks(keeps_nothing, |_| {}, ONE_TAB, "fresh-token-usable"));
}

#[test]
fn a_backend_that_judges_exp_wrongly_is_noticed() {
    let local = |policy: &mut Policy| {
        policy.validation = Validation::Local;
        policy.leeway = Duration::from_mins(5);
    };
    let a_tick_late = wrong! { ATickLate:
        fn exp(&self, spec: &Spec, token: &AccessToken, leeway: u8) -> Result<(), Refusal> {
            // A token that is as old as can be is one that has just expired.
            let last = spec.limits.access_lifetime + leeway;
            let age = if token.state == AccessState::Expired { last } else { token.age };
            if age > last { Err(Refusal::TokenExpired) } else { Ok(()) }
        }
    };
    assert!(breaks(a_tick_late, local, ONE_TAB, "never-past-exp"));
    let a_tick_early = wrong! { ATickEarly:
        fn exp(&self, spec: &Spec, token: &AccessToken, _: u8) -> Result<(), Refusal> {
            if token.age + 1 >= spec.limits.access_lifetime { Err(Refusal::TokenExpired) } else { Ok(()) }
        }
    };
    assert!(breaks(a_tick_early, local, ONE_TAB, "fresh-token-usable"));
}

fn marks(spec: &Spec, world: &World, action: Action) -> Marks {
    let after = spec.apply(world, action, &mut Vec::<Event>::new()).world;
    audit(spec, world, action, &after)
}

#[test]
fn a_session_that_dies_of_idleness_is_not_signed_out_spuriously_though_its_token_is_spent() {
    let policy = Policy { idle_on_refresh: IdleOnRefresh::RunsOn, ..Policy::recommended() };
    let spec = Spec::in_ticks(policy, Scope::DEFAULT).expect("the policy is small");
    let mut world = spec.initial();
    world.grants[0] = Grant { state: GrantState::Redeemed, age: spec.limits.refresh_idle };
    let refresh = |idle| RefreshToken { grant: GrantId::at(0), spent: 1, idle, ..RefreshToken::default() };
    world.store = Tokens { access: AccessId::at(0), refresh: RefreshId::at(0) };
    world.access[0].state = AccessState::Expired;
    world.tabs[0].calls[0] = Call { phase: CallPhase::RefreshRefused, held: world.store.refresh, ..Call::IDLE };
    let refused = Action::Return(Exchange::Refresh(CallId::at(TabId::at(0), 0)));
    world.refresh[0] = refresh(spec.limits.refresh_idle);
    assert!(!marks(&spec, &world, refused).has(Mark::SpuriousSignOut));
    world.refresh[0] = refresh(spec.limits.refresh_idle - 1);
    assert!(marks(&spec, &world, refused).has(Mark::SpuriousSignOut), "its time is not over");
}

#[test]
fn a_call_waits_for_a_held_lock_and_not_for_a_free_one() {
    let spec = Spec::in_ticks(Policy::recommended(), Scope::DEFAULT).expect("the policy is small");
    let mut world = spec.initial();
    world.grants[0] = Grant { state: GrantState::Redeemed, age: 0 };
    world.refresh[0].grant = GrantId::at(0);
    world.access[0].state = AccessState::Expired;
    world.store = Tokens { access: AccessId::at(0), refresh: RefreshId::at(0) };
    let [one, other] = [0, 1].map(|tab| CallId::at(TabId::at(tab), 0));
    world.tabs[0].calls[0] = Call { phase: CallPhase::Refused, token: world.store.access, ..Call::IDLE };
    let refused = Action::Return(Exchange::Call(one));
    assert!(!marks(&spec, &world, refused).has(Mark::Waited), "nobody holds the lock");
    world.tabs[1].calls[0] = Call { phase: CallPhase::Refreshing, held: world.store.refresh, ..Call::IDLE };
    assert!(marks(&spec, &world, refused).has(Mark::Waited));
    // The one waits from the moment at which the other gets the lock.
    world.tabs[0].calls[0] = Call { phase: CallPhase::Queued, token: world.store.access, ..Call::IDLE };
    world.tabs[1].calls[0] = world.tabs[0].calls[0];
    assert!(marks(&spec, &world, Action::Lock(other)).has(Mark::Waited));
}

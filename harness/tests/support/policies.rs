//! Random policies: every knob at any of its choices, every limit at any number of ticks.

use std::time::Duration;

use authloom_model::Policy;
use authloom_model::policy::{
    AccessOnRefresh, Ends, Grace, IdleOnRefresh, Late401, LookAgain, LostAnswer, RefreshWhen, Rotation, SingleFlight,
    SpentRevokes, Validation, Window, WrongVerifier,
};
use proptest::prelude::*;
use proptest::sample::select;

/// Policies whose limits are one to three ticks, most of them one: graphs grow with each tick that a token can age.
pub(crate) fn any_policy() -> impl Strategy<Value = Policy> {
    any_policy_of(prop_oneof![5 => Just(1_u32), 1 => 2..=3_u32].boxed())
}

/// Policies whose limits are one or two ticks: graphs of two tabs stay small.
pub(crate) fn any_small_policy() -> impl Strategy<Value = Policy> {
    any_policy_of((1..=2_u32).boxed())
}

fn any_policy_of(ticks: BoxedStrategy<u32>) -> impl Strategy<Value = Policy> {
    (any_limits(ticks.clone()), any_auth_service(ticks), any_clients()).prop_map(|(limits, auth, clients)| {
        let Limits { tick, access, idle, absolute, code, leeway, margin } = limits;
        let Clients { validation, refresh_when, single_flight, look_again, late_401, lost_answer } = clients;
        Policy {
            name: "any".to_owned(),
            access_lifetime: tick * access,
            refresh_idle: idle.map(|idle| tick * idle),
            refresh_absolute: absolute.map(|absolute| tick * absolute),
            code_lifetime: tick * code,
            rotation: auth.rotation,
            reuse_ends: auth.reuse_ends,
            grace: auth.grace.of(tick),
            wrong_verifier: auth.wrong_verifier,
            code_replay_ends: auth.code_replay_ends,
            revocation_ends: auth.revocation_ends,
            spent_revokes: auth.spent_revokes,
            access_on_refresh: auth.access_on_refresh,
            idle_on_refresh: auth.idle_on_refresh,
            validation,
            leeway: tick * leeway,
            refresh_when,
            refresh_margin: tick * margin,
            single_flight,
            look_again,
            late_401,
            lost_answer,
        }
    })
}

/// The limits of a policy, in ticks.
#[derive(Clone, Copy, Debug)]
struct Limits {
    tick: Duration,
    access: u32,
    idle: Option<u32>,
    absolute: Option<u32>,
    code: u32,
    leeway: u32,
    margin: u32,
}

/// Limits as a policy file may have them: nothing outlives `absolute`, the leeway is at most the lifetime, the margin is shorter. Mostly a
/// refresh token outlives an access token, as else hardly anything is ever refreshed.
fn any_limits(ticks: BoxedStrategy<u32>) -> impl Strategy<Value = Limits> {
    let tick = select(vec![Duration::from_secs(1), Duration::from_secs(60), Duration::from_secs(90 * 60)]);
    let idle = prop_oneof![3 => Just(Idle::Never), 2 => Just(Idle::AfterAccess), 1 => ticks.clone().prop_map(Idle::At)];
    let absolute = prop_oneof![2 => Just(None), 1 => (0..=2_u32).prop_map(Some)];
    (tick, ticks.clone(), idle, absolute, ticks, 0..=3_u32, 0..=2_u32).prop_map(
        |(tick, access, idle, longer, code, leeway, margin)| {
            let idle = match idle {
                Idle::Never => None,
                Idle::AfterAccess => Some(access + 1),
                Idle::At(ticks) => Some(ticks),
            };
            let absolute = longer.map(|longer| code.max(idle.unwrap_or(access + 1)) + longer);
            Limits { tick, access, idle, absolute, code, leeway: leeway % (access + 1), margin: margin % access }
        },
    )
}

/// When a refresh token that goes unused expires.
#[derive(Clone, Copy, Debug)]
enum Idle {
    Never,
    /// A tick after the access token that it was issued with.
    AfterAccess,
    /// After so many ticks.
    At(u32),
}

/// The choices of an AuthService.
#[derive(Clone, Copy, Debug)]
struct AuthService {
    rotation: Rotation,
    reuse_ends: Ends,
    grace: GraceInTicks,
    wrong_verifier: WrongVerifier,
    code_replay_ends: Ends,
    revocation_ends: Ends,
    spent_revokes: SpentRevokes,
    access_on_refresh: AccessOnRefresh,
    idle_on_refresh: IdleOnRefresh,
}

fn any_auth_service(ticks: BoxedStrategy<u32>) -> impl Strategy<Value = AuthService> {
    let ends = || select(vec![Ends::Nothing, Ends::RefreshTokens, Ends::Grant, Ends::User]);
    // Without rotation graphs are smaller, so that more of them are driven than are drawn.
    let rotation = prop_oneof![1 => Just(Rotation::Off), 9 => Just(Rotation::Always)];
    let verifier = select(vec![WrongVerifier::Spends, WrongVerifier::Replays, WrongVerifier::Ignored]);
    let spent_revokes = select(vec![SpentRevokes::Yes, SpentRevokes::No]);
    let access = select(vec![AccessOnRefresh::Kept, AccessOnRefresh::Revoked]);
    let idle = select(vec![IdleOnRefresh::Restarts, IdleOnRefresh::RunsOn]);
    ((rotation, any_grace(ticks)), (ends(), ends(), ends()), verifier, spent_revokes, access, idle).prop_map(
        |((rotation, grace), (reuse, replay, revocation), wrong_verifier, spent_revokes, access, idle)| AuthService {
            rotation,
            reuse_ends: reuse,
            grace,
            wrong_verifier,
            code_replay_ends: replay,
            revocation_ends: revocation,
            spent_revokes,
            access_on_refresh: access,
            idle_on_refresh: idle,
        },
    )
}

/// A grace period whose window is counted in ticks; none: until the successor is used.
#[derive(Clone, Copy, Debug)]
enum GraceInTicks {
    None,
    SameSuccessor(Option<u32>),
    SameTokens(Option<u32>),
    NewSibling(u32),
}

impl GraceInTicks {
    fn of(self, tick: Duration) -> Grace {
        let window = |ticks: Option<u32>| ticks.map_or(Window::UntilUsed, |ticks| Window::For(tick * ticks));
        match self {
            Self::None => Grace::None,
            Self::SameSuccessor(ticks) => Grace::SameSuccessor(window(ticks)),
            Self::SameTokens(ticks) => Grace::SameTokens(window(ticks)),
            Self::NewSibling(ticks) => Grace::NewSibling(window(Some(ticks))),
        }
    }
}

fn any_grace(ticks: BoxedStrategy<u32>) -> impl Strategy<Value = GraceInTicks> {
    let window = prop_oneof![Just(None), ticks.clone().prop_map(Some)];
    prop_oneof![
        Just(GraceInTicks::None),
        window.clone().prop_map(GraceInTicks::SameSuccessor),
        window.prop_map(GraceInTicks::SameTokens),
        ticks.prop_map(GraceInTicks::NewSibling),
    ]
}

/// The choices of a backend and a GUI.
#[derive(Clone, Copy, Debug)]
struct Clients {
    validation: Validation,
    refresh_when: RefreshWhen,
    single_flight: SingleFlight,
    look_again: LookAgain,
    late_401: Late401,
    lost_answer: LostAnswer,
}

fn any_clients() -> impl Strategy<Value = Clients> {
    let validation = select(vec![Validation::Introspect, Validation::Local]);
    let refresh = select(vec![RefreshWhen::On401, RefreshWhen::BeforeExpiry, RefreshWhen::Both]);
    let flight = select(vec![SingleFlight::None, SingleFlight::Tab, SingleFlight::Browser]);
    let again = select(vec![LookAgain::Yes, LookAgain::No]);
    let late = select(vec![Late401::Compare, Late401::Refresh]);
    let lost = select(vec![LostAnswer::Retry, LostAnswer::SignInAgain]);
    (validation, refresh, flight, again, late, lost).prop_map(
        |(validation, refresh_when, single_flight, look_again, late_401, lost_answer)| Clients {
            validation,
            refresh_when,
            single_flight,
            look_again,
            late_401,
            lost_answer,
        },
    )
}

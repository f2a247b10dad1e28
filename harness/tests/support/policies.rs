//! Random policies: every knob at any of its choices, every limit at any number of ticks, or as long as deployments have it.

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

/// Policies whose limits are as long as those of deployments: minutes beside hours beside months, down to odd seconds.
pub(crate) fn any_real_policy() -> impl Strategy<Value = Policy> {
    policies_with(any_real_limits(), (1..=12_u32).boxed())
}

fn any_policy_of(ticks: BoxedStrategy<u32>) -> impl Strategy<Value = Policy> {
    policies_with(any_limits(ticks.clone()), ticks)
}

/// Policies with such limits, and grace periods of so many ticks.
fn policies_with(limits: impl Strategy<Value = Limits>, grace: BoxedStrategy<u32>) -> impl Strategy<Value = Policy> {
    (limits, any_auth_service(grace), any_clients()).prop_map(|(limits, auth, clients)| {
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

/// Limits of deployments, in ticks of five seconds or of one.
fn any_real_limits() -> impl Strategy<Value = Limits> {
    const MINUTE: u32 = 60;
    const HOUR: u32 = 60 * MINUTE;
    const DAY: u32 = 24 * HOUR;
    let access = prop_oneof![
        3 => select(vec![MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, DAY]),
        1 => MINUTE..=DAY,
    ];
    let code = select(vec![30, MINUTE, 5 * MINUTE, 10 * MINUTE]);
    let long =
        || prop_oneof![1 => Just(None), 3 => select(vec![HOUR, 8 * HOUR, DAY, 30 * DAY, 365 * DAY]).prop_map(Some)];
    let leeway = select(vec![0, 5, 30, MINUTE, 2 * MINUTE]);
    let margin = select(vec![5, 30, MINUTE, 5 * MINUTE]);
    let seconds = (access, code, long(), long(), leeway, margin);
    (seconds, select(vec![1_u32, 5])).prop_map(|((access, code, idle, absolute, leeway, margin), tick)| {
        let ticks = |seconds: u32| (seconds / tick).max(1);
        let access = ticks(access);
        let absolute = absolute.map(|absolute| ticks(absolute.max(idle.unwrap_or(0))));
        Limits {
            tick: Duration::from_secs(tick.into()),
            access,
            idle: idle.map(ticks),
            absolute,
            code: ticks(code),
            leeway: (leeway / tick).min(access),
            margin: ticks(margin).min(access - 1),
        }
    })
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

//! No property is empty: for each that something never happens there is a policy, or a specification broken on purpose, in which it does;
//! and the recommended policy keeps every promise.

mod support;

use std::collections::BTreeSet;

use authloom::explore::{Marks, Next, System, Verdict};
use authloom_model::policy::{AccessOnRefresh, Ends, Grace, Late401, LostAnswer, RefreshWhen, Validation, Window};
use authloom_model::property::{Kind, PROPERTIES};
use authloom_model::seen::Event;
use authloom_model::world::{Attempt, CallPhase, FlowPhase, GrantId, GrantState, RefreshId};
use authloom_model::{Action, Exchange, Policy, Spec, Stolen, World, audit, canonical};
use support::{changed, explored, minutes, recommended, spec};

/// A specification with something wrong in it.
struct Broken {
    spec: Spec,
    /// Which enabled actions there still are.
    allows: fn(Action) -> bool,
    /// What the rules are made to believe before a step.
    before: fn(&mut World, Action),
    /// What is done to the world after it.
    after: fn(&World, Action, &mut World),
}

fn broken(spec: Spec) -> Broken {
    Broken { spec, allows: |_| true, before: |_, _| {}, after: |_, _, _| {} }
}

impl System for Broken {
    type World = World;
    type Action = Action;

    fn initial(&self) -> World {
        self.spec.initial()
    }

    fn bytes<'w>(&self, world: &'w World) -> &'w [u8] {
        world.bytes()
    }

    fn enabled(&self, world: &World, into: &mut Vec<Action>) {
        self.spec.enabled(world, into);
        into.retain(|action| (self.allows)(*action));
    }

    fn next(&self, world: &World, action: Action) -> Next<World> {
        let mut believed = *world;
        (self.before)(&mut believed, action);
        let mut after = self.spec.apply(&believed, action, &mut Vec::<Event>::new()).world;
        (self.after)(world, action, &mut after);
        let marks = Marks(audit::audit(&self.spec, world, action, &after).bits());
        canonical::canonicalise(&self.spec, &mut after);
        Next { world: after, marks, overflow: None }
    }

    fn goals(&self, world: &World) -> u64 {
        self.spec.goals(world).bits()
    }

    fn code(&self, action: Action) -> u8 {
        action.code()
    }

    fn action(&self, code: u8) -> Action {
        self.spec.action(code).expect("it was an action")
    }

    fn kind(&self, _world: &World, _action: Action) -> u64 {
        0
    }

    fn helps_recovery(&self, action: Action) -> bool {
        System::helps_recovery(&self.spec, action)
    }
}

fn violated<S: System>(system: &S) -> BTreeSet<&'static str> {
    let (explored, _) = explored(system);
    let verdicts = PROPERTIES.iter().zip(explored.verdicts);
    verdicts.filter(|(_, verdict)| matches!(verdict, Verdict::Violated(_))).map(|(property, _)| property.name).collect()
}

fn grant_of_code(world: &mut World, tab: usize) -> Option<&mut authloom_model::world::Grant> {
    let index = world.tabs[tab].flow.grant.index()?;
    Some(&mut world.grants[index])
}

fn held(world: &World, call: authloom_model::CallId) -> (RefreshId, GrantId) {
    let held = world.tabs[call.tab.index()].calls[usize::from(call.call)].held;
    (held, world.refresh_token(held).grant)
}

fn one_tab() -> Spec {
    spec(Policy::recommended(), "tabs=1,losses=0")
}

fn two_tabs() -> Spec {
    spec(Policy::recommended(), "tabs=2,losses=0")
}

#[test]
fn the_recommended_policy_keeps_every_promise_in_the_default_scope() {
    assert_eq!(violated(&spec(Policy::recommended(), "default")), BTreeSet::new());
}

#[test]
fn the_graphs_are_as_large_as_they_were() {
    let size = |profile: &str, scope: &str| {
        let (explored, _) = explored(&spec(changed(profile, |_| {}), scope));
        (explored.worlds, explored.steps, explored.depth)
    };
    assert_eq!(size("recommended", "small"), (37_991, 181_027, 44));
    assert_eq!(size("recommended", "default"), (63_696, 316_309, 44));
    assert_eq!(size("no-refresh-lock", "default"), (70_467, 354_141, 51));
    assert_eq!(size("lost-answer", "default"), (63_442, 314_856, 44));
}

#[test]
fn two_tabs_without_a_lock_kill_their_own_session() {
    let violated = violated(&spec(changed("no-refresh-lock", |_| {}), "tabs=2,losses=0"));
    assert_eq!(violated, BTreeSet::from(["no-spurious-sign-out"]));
}

#[test]
fn a_lost_answer_ends_the_session_under_strict_rotation_and_nothing_else_does() {
    let violated = violated(&spec(changed("lost-answer", |_| {}), "default"));
    assert_eq!(violated, BTreeSet::from(["survives-a-loss"]));
}

/// For each property that can be violated, something that violates it.
#[test]
fn every_promise_can_be_broken() {
    let mut shown = BTreeSet::new();
    for (name, violated) in policies().into_iter().chain(broken_rules()).chain(broken_surroundings()) {
        assert!(violated.contains(name), "{name} is not violated, but {violated:?}");
        shown.insert(name);
    }
    let promises = PROPERTIES.iter().filter(|property| match property.kind {
        Kind::Never { .. } | Kind::Recoverable(_) => true,
        Kind::Reachable(_) => false,
    });
    assert_eq!(promises.map(|property| property.name).collect::<BTreeSet<_>>(), shown);
}

/// A shortest way into a world from which a goal cannot be reached.
fn no_way_back(system: &Broken, promise: &str) -> Vec<Action> {
    let (explored, _) = explored(system);
    let verdicts = PROPERTIES.iter().zip(explored.verdicts);
    match verdicts.into_iter().find(|(property, _)| property.name == promise) {
        Some((_, Verdict::Violated(way))) => way,
        other => panic!("{promise} is violated, and not {other:?}"),
    }
}

#[test]
fn no_recovery_depends_on_a_lost_message() {
    // The answer to a revocation never returns: only its loss would end it.
    let never_answers = Broken {
        allows: |action| !matches!(action, Action::Return(Exchange::Revoke(_))),
        ..broken(spec(Policy::recommended(), "tabs=1,losses=1"))
    };
    let way = no_way_back(&never_answers, "no-deadlock");
    assert!(matches!(way[..], [.., Action::SignOut(_)]), "stuck since the sign-out: {way:?}");
    assert!(!way.iter().any(|action| matches!(action, Action::Lose(_))), "{way:?}");
}

#[test]
fn no_recovery_depends_on_a_thief() {
    // Nobody signs out and nothing dies of old age: only a thief who is noticed would end the session.
    let endless = recommended(|policy| {
        policy.refresh_idle = None;
        policy.refresh_absolute = None;
    });
    let no_sign_out = Broken {
        allows: |action| !matches!(action, Action::SignOut(_)),
        ..broken(spec(endless, "tabs=1,losses=0,thefts=1"))
    };
    let way = no_way_back(&no_sign_out, "sign-out-within-reach");
    let of_thief = |action: &Action| {
        matches!(action, Action::CopySession | Action::CopyCode(_) | Action::Arrive(Exchange::Theft(_)))
    };
    assert!(!way.iter().any(of_thief), "{way:?}");
}

#[test]
fn a_wait_ends_in_a_world_in_which_one_call_waits_while_another_leads() {
    for (policy, scope) in [("recommended", "default"), ("no-refresh-lock", "small")] {
        let spec = spec(changed(policy, |_| {}), scope);
        let (explored, _) = explored(&spec);
        let at = PROPERTIES.iter().position(|property| property.name == "waits").expect("it is a property");
        let Verdict::Reached(way) = &explored.verdicts[at] else { panic!("somebody waits under {policy}") };
        let world = way.iter().fold(Spec::initial(&spec), |world, action| Spec::next(&spec, &world, *action).world);
        let calls: Vec<_> = world.tabs.iter().flat_map(|tab| &tab.calls).collect();
        assert!(calls.iter().any(|call| matches!(call.phase, CallPhase::Waiting | CallPhase::Queued)), "{way:?}");
        assert!(calls.iter().filter(|call| call.leads()).count() > usize::from(policy == "recommended"), "{way:?}");
    }
}

type Shown = (&'static str, BTreeSet<&'static str>);

/// Policies that break a promise.
fn policies() -> Vec<Shown> {
    let sibling = changed("no-refresh-lock", |policy| policy.grace = Grace::NewSibling(Window::For(minutes(5))));
    let reject = changed("no-refresh-lock", |policy| policy.reuse_ends = Ends::Nothing);
    let local = recommended(|policy| policy.validation = Validation::Local);
    let refreshes = changed("no-refresh-lock", |policy| policy.late_401 = Late401::Refresh);
    let deny = recommended(|policy| policy.code_replay_ends = Ends::Nothing);
    let gives_up = recommended(|policy| policy.lost_answer = LostAnswer::SignInAgain);
    let revokes_one = recommended(|policy| policy.revocation_ends = Ends::Nothing);
    let spares_access = recommended(|policy| policy.revocation_ends = Ends::RefreshTokens);
    let kills = recommended(|policy| {
        policy.access_on_refresh = AccessOnRefresh::Revoked;
        policy.refresh_when = RefreshWhen::BeforeExpiry;
        policy.refresh_margin = minutes(5);
    });
    vec![
        ("sign-out-ends-refresh", violated(&spec(revokes_one, "tabs=1,losses=0"))),
        ("sign-out-ends-access", violated(&spec(spares_access, "tabs=1,losses=0"))),
        ("refresh-spares-access", violated(&spec(kills, "tabs=1,losses=0"))),
        ("no-grace-for-thieves", violated(&spec(Policy::recommended(), "theft"))),
        ("code-replay-contained", violated(&spec(deny, "tabs=1,losses=1"))),
        ("one-live-successor", violated(&spec(sibling, "tabs=2,losses=0"))),
        ("replay-contained", violated(&spec(reject, "tabs=2,losses=0"))),
        ("no-stale-acceptance", violated(&spec(local, "tabs=1,calls=2,losses=0"))),
        ("no-needless-refresh", violated(&spec(refreshes, "tabs=2,losses=0"))),
        ("no-spurious-sign-out", violated(&spec(changed("no-refresh-lock", |_| {}), "tabs=2,losses=0"))),
        ("survives-a-loss", violated(&spec(changed("lost-answer", |_| {}), "tabs=1,losses=1"))),
        ("no-self-loss", violated(&spec(gives_up, "tabs=1,losses=1"))),
    ]
}

/// Servers and clients that break a rule.
fn broken_rules() -> Vec<Shown> {
    let strict = || spec(changed("no-refresh-lock", |_| {}), "tabs=2,losses=0");
    let spends_no_code = Broken {
        after: |_, action, after| {
            if let Action::Arrive(Exchange::Redeem(tab)) = action {
                grant_of_code(after, tab.index()).expect("a code is redeemed").state = GrantState::CodeIssued;
            }
        },
        ..broken(one_tab())
    };
    let redeems_late = Broken {
        before: |world, action| {
            if let Action::Arrive(Exchange::Redeem(tab)) = action {
                grant_of_code(world, tab.index()).expect("a code is redeemed").age = 0;
            }
        },
        ..broken(one_tab())
    };
    let takes_any_verifier = Broken {
        after: |before, action, after| {
            if let Action::Arrive(Exchange::Theft(Stolen::Code)) = action {
                let free = after.refresh.iter().position(|token| !token.grant.is_some()).expect("there is room");
                after.refresh[free].grant = before.thief.code;
                after.thief.loot.refresh = RefreshId::at(free);
            }
        },
        ..broken(spec(Policy::recommended(), "tabs=1,losses=0,thefts=1"))
    };
    let renews_spent = Broken {
        before: |world, action| {
            if let Action::Arrive(Exchange::Refresh(call)) = action {
                let (token, _) = held(world, call);
                world.refresh[token.index().expect("it is held")].spent = 0;
            }
        },
        ..broken(strict())
    };
    let renews_ended = Broken {
        before: |world, action| {
            if let Action::Arrive(Exchange::Refresh(call)) = action {
                let (_, grant) = held(world, call);
                world.grants[grant.index().expect("it is held")].state = GrantState::Redeemed;
            }
        },
        ..broken(two_tabs())
    };
    let renews_idle = Broken {
        before: |world, action| {
            if let Action::Arrive(Exchange::Refresh(call)) = action {
                let (token, _) = held(world, call);
                world.refresh[token.index().expect("it is held")].idle = 0;
            }
        },
        ..broken(one_tab())
    };
    let renews_for_ever = Broken {
        before: |world, action| {
            if let Action::Arrive(Exchange::Refresh(call)) = action {
                let (_, grant) = held(world, call);
                world.grants[grant.index().expect("it is held")].age = 0;
            }
        },
        ..broken(one_tab())
    };
    let accepts_whatever_was_active = Broken {
        after: |before, action, after| {
            if let Action::Return(Exchange::Introspect(call)) = action {
                let call = |world: &World| world.tabs[call.tab.index()].calls[usize::from(call.call)];
                if call(before).phase == CallPhase::FoundActive {
                    after.tabs[0].calls[0].phase = CallPhase::Accepted;
                }
            }
        },
        ..broken(one_tab())
    };
    let refuses_always = Broken {
        after: |_, action, after| {
            if let Action::Arrive(Exchange::Introspect(call)) = action {
                after.tabs[call.tab.index()].calls[usize::from(call.call)].phase = CallPhase::FoundInactive;
            }
        },
        ..broken(one_tab())
    };
    let stores_late_answers = Broken {
        after: |before, action, after| {
            if let (Action::Return(Exchange::Refresh(call)), false) = (action, before.signed_in()) {
                let call = before.tabs[call.tab.index()].calls[usize::from(call.call)];
                if call.phase == CallPhase::Refreshed {
                    after.store = call.answer;
                }
            }
        },
        ..broken(two_tabs())
    };
    let stores_half_an_answer = Broken {
        after: |before, action, after| {
            if let (Action::Return(Exchange::Refresh(call)), true) = (action, before.signed_in()) {
                let call = before.tabs[call.tab.index()].calls[usize::from(call.call)];
                if call.phase == CallPhase::Refreshed {
                    after.store.access = call.answer.access;
                }
            }
        },
        ..broken(two_tabs())
    };
    let recovers_for_ever = Broken {
        before: |world, action| {
            if let Action::Return(Exchange::Call(call)) = action {
                let call = &mut world.tabs[call.tab.index()].calls[usize::from(call.call)];
                call.attempt = Attempt::First;
                if call.phase == CallPhase::Refused && !call.token.is_some() {
                    call.token = world.store.access;
                }
            }
        },
        ..broken(one_tab())
    };
    vec![
        ("code-spent-once", violated(&spends_no_code)),
        ("code-expires", violated(&redeems_late)),
        ("code-bound-to-verifier", violated(&takes_any_verifier)),
        ("refresh-spent-once", violated(&renews_spent)),
        ("revocation-final", violated(&renews_ended)),
        ("idle-bound", violated(&renews_idle)),
        ("lifetime-bound", violated(&renews_for_ever)),
        ("never-past-exp", violated(&accepts_whatever_was_active)),
        ("fresh-token-usable", violated(&refuses_always)),
        ("sign-out-final", violated(&stores_late_answers)),
        ("session-integrity", violated(&stores_half_an_answer)),
        ("no-refresh-storm", violated(&recovers_for_ever)),
    ]
}

/// Surroundings from which there is no way back.
fn broken_surroundings() -> Vec<Shown> {
    let grants_no_lock = Broken { allows: |action| !matches!(action, Action::Lock(_)), ..broken(one_tab()) };
    let serves_nobody = Broken {
        after: |_, _, after| {
            for call in after.tabs.iter_mut().flat_map(|tab| &mut tab.calls) {
                if call.phase == CallPhase::Accepted {
                    call.phase = CallPhase::Unavailable;
                }
            }
        },
        ..broken(one_tab())
    };
    let redeems_nothing = Broken {
        after: |_, action, after| {
            if let Action::Arrive(Exchange::Redeem(tab)) = action {
                after.tabs[tab.index()].flow.phase = FlowPhase::RedeemRefused;
            }
        },
        ..broken(one_tab())
    };
    let never_lets_go = Broken {
        allows: |action| !matches!(action, Action::SignOut(_)),
        after: |before, _, after| {
            if before.signed_in() && !after.signed_in() {
                after.store = before.store;
            }
        },
        ..broken(one_tab())
    };
    vec![
        ("no-deadlock", violated(&grants_no_lock)),
        ("items-within-reach", violated(&serves_nobody)),
        ("session-within-reach", violated(&redeems_nothing)),
        ("sign-out-within-reach", violated(&never_lets_go)),
    ]
}

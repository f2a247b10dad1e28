//! The worlds of phases that zones find, beside those that are found second by second: with clocks that show one reading each, which time
//! turns by a quarter of a unit at once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use std::time::Duration;

use crate::policy::{Grace, IdleOnRefresh, RefreshWhen, Rotation, Validation, Window};
use crate::time::{Moment, Region, Seconds, Zone};
use crate::{Action, Capacity, Flight, Policy, Scope, Spec, World};

/// What happens: worlds, and everything that is noted of actions.
#[derive(Clone, PartialEq, Eq, Default)]
struct Seen {
    worlds: HashSet<World>,
    marks: u64,
}

/// States after which a search has gone astray.
const MOST_STATES: usize = 20_000;

const MINUTE: Duration = Duration::from_mins(1);
/// A quarter of the unit in which all durations of the settings are whole numbers.
const QUARTER: Seconds = Seconds(15);

/// What is found second by second, where no mistake is planted: threads of their own have none.
static BY_SECONDS: LazyLock<Vec<Seen>> = LazyLock::new(|| {
    let search = std::thread::spawn(|| settings().iter().map(|(_, spec)| by_seconds(spec)).collect());
    search.join().expect("nothing is planted")
});

/// Whether zones and seconds see the same in every setting; else where they do not.
pub(super) fn agrees_with_seconds() -> Result<(), String> {
    for ((name, spec), seconds) in settings().iter().zip(BY_SECONDS.iter()) {
        let zones = by_zones(spec).map_err(|why| format!("{name}: {why}"))?;
        let (ours, theirs) = (&zones.worlds, &seconds.worlds);
        let (more, less) = (ours.difference(theirs).count(), theirs.difference(ours).count());
        if (more, less) != (0, 0) || zones.marks != seconds.marks {
            return Err(format!("{name}: of {} worlds {less} are missed, and {more} invented", theirs.len()));
        }
    }
    Ok(())
}

/// One tab and one call under policies of a few minutes, in which each part of time shows.
fn settings() -> Vec<(&'static str, Spec)> {
    let scope = Scope { tabs: 1, calls: 1, flows: 1, losses: 0, thefts: 0, flight: Flight::Any };
    let setting = |name, scope: Scope, change: fn(&mut Policy)| {
        let mut policy = Policy::recommended();
        (policy.access_lifetime, policy.code_lifetime) = (MINUTE, MINUTE);
        (policy.refresh_idle, policy.refresh_absolute) = (Some(MINUTE * 2), None);
        change(&mut policy);
        (name, Spec::exact(policy, scope).expect("its durations can be counted together"))
    };
    vec![
        setting("a grace period", Scope { losses: 1, ..scope }, |policy| {
            policy.grace = Grace::SameSuccessor(Window::For(MINUTE));
        }),
        setting("a thief with a spent token", Scope { thefts: 1, ..scope }, |policy| {
            policy.grace = Grace::SameSuccessor(Window::For(MINUTE));
        }),
        setting("no rotation, and a leeway", scope, |policy| {
            (policy.rotation, policy.grace) = (Rotation::Off, Grace::None);
            (policy.validation, policy.leeway) = (Validation::Local, MINUTE);
            (policy.refresh_idle, policy.refresh_absolute) = (Some(MINUTE * 3), Some(MINUTE * 5));
        }),
        setting("an idle time that runs on", scope, |policy| {
            policy.idle_on_refresh = IdleOnRefresh::RunsOn;
            policy.refresh_idle = Some(MINUTE * 3);
        }),
        setting("a token that is due before it expires", scope, |policy| {
            (policy.access_lifetime, policy.refresh_margin) = (MINUTE * 2, MINUTE);
            policy.refresh_when = RefreshWhen::Both;
        }),
        setting(
            "messages that are lost or arrive in time",
            Scope { losses: 1, flight: Flight::AtMost(Seconds(60)), ..scope },
            |policy| {
                (policy.access_lifetime, policy.code_lifetime) = (MINUTE * 2, MINUTE * 2);
                (policy.refresh_idle, policy.refresh_absolute) = (None, None);
            },
        ),
    ]
}

/// What regions see: a state is left out where one of the same world includes it.
fn by_zones(spec: &Spec) -> Result<Seen, String> {
    let mut seen = Seen::default();
    let mut zones: HashMap<World, Vec<Zone>> = HashMap::new();
    let mut open = vec![spec.initial_region()];
    let mut states = 0;
    while let Some(region) = open.pop() {
        let of_world = zones.entry(region.world).or_default();
        if of_world.iter().any(|zone| zone.includes(region.zone.bounds())) {
            continue;
        }
        of_world.push(region.zone.clone());
        seen.worlds.insert(region.world);
        states += 1;
        if states > MOST_STATES {
            return Err("there is no end".to_owned());
        }
        onwards(spec, &region, &mut seen.marks, &mut open).map_err(|full| full.name().to_owned())?;
    }
    Ok(seen)
}

/// Everything that can be done in a region, and every way in which time goes on.
fn onwards(spec: &Spec, region: &Region, marks: &mut u64, open: &mut Vec<Region>) -> Result<(), Capacity> {
    let clocks = spec.clocks(&region.world)?;
    let mut actions = Vec::new();
    spec.enabled(&region.world, &mut actions);
    for action in actions {
        let entered = spec.act_in(region, &clocks, action)?;
        *marks |= entered.marks.bits();
        open.push(entered.region);
    }
    spec.pass_in(region, &clocks, |_, after| open.push(after))
}

/// What moments see that are a quarter of a unit apart.
fn by_seconds(spec: &Spec) -> Seen {
    let mut seen = Seen::default();
    let mut known: HashSet<(World, Vec<Seconds>)> = HashSet::new();
    let mut open = vec![spec.beginning()];
    while let Some(moment) = open.pop() {
        if !known.insert((*moment.world(), moment.ages().to_vec())) {
            continue;
        }
        seen.worlds.insert(*moment.world());
        let mut actions = Vec::new();
        spec.enabled(moment.world(), &mut actions);
        for action in actions {
            let (after, step) = spec.take(&moment, action);
            seen.marks |= step.marks.bits();
            open.push(after);
        }
        if may_wait(spec, &moment) {
            open.push(spec.take(&moment, Action::Wait(QUARTER)).0);
        }
    }
    seen
}

/// Whether every message in flight can be on its way a quarter of a unit longer.
fn may_wait(spec: &Spec, moment: &Moment) -> bool {
    let Flight::AtMost(most) = spec.scope.flight else { return true };
    let clocks = spec.clocks(moment.world()).expect("there is room for the clocks of a small scope");
    let messages = clocks.all().iter().zip(moment.ages()).filter(|(running, _)| running.ahead.is_empty());
    messages.map(|(_, age)| *age + QUARTER).all(|age| age <= most)
}

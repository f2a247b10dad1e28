//! How long things live, found out by letting time pass: a code, an access token, a refresh token that nobody uses, and one that is used
//! again and again.
//!
//! Each question is asked of somebody who has just signed in. A limit is looked for to the second: first where it is expected, then by
//! doubling and halving.

use std::time::Duration;

use authloom_model::seen::{Answer, Event};
use authloom_model::{Action, CallId, Exchange, Policy, Seconds, Stolen, TabId};

use crate::servers::{Fault, Secret, Support, Target};

/// What lives longer lives for ever, as far as this is concerned.
const FOR_EVER: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// How often a refresh token is used again before its grant is taken to live for ever.
const MOST_REFRESHES: u32 = 40;

const T1: TabId = TabId(0);
const CALL: CallId = CallId { tab: T1, call: 0 };

/// How long things live.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lifetimes {
    /// An access token.
    pub access: Duration,
    /// A code.
    pub code: Duration,
    /// A refresh token that is not used; none where it outlives a year.
    pub refresh_idle: Option<Duration>,
    /// A refresh token and what follows it, however often it is used; none where that outlives forty uses.
    pub refresh_absolute: Option<Duration>,
    /// Times somebody signed in for it.
    pub runs: u32,
}

impl Lifetimes {
    /// A policy with these.
    #[must_use]
    pub fn of(&self, policy: Policy) -> Policy {
        let Self { access, code, refresh_idle, refresh_absolute, runs: _ } = *self;
        Policy { access_lifetime: access, code_lifetime: code, refresh_idle, refresh_absolute, ..policy }
    }
}

/// Measures how long things live at a target. `expected` says where to look first; `found` gets each limit once it is known, so that it is not
/// lost where the next one cannot be measured.
///
/// # Errors
/// When the target cannot be asked, nobody can sign in, or a code or an access token lives for ever.
pub fn measure(
    target: &mut dyn Target,
    expected: &Policy,
    tell: &mut dyn FnMut(u32),
    found: &mut dyn FnMut(&'static str, Option<Duration>),
) -> Result<Lifetimes, Fault> {
    if target.abilities().clock == Support::No {
        return Err(Fault("the target's clock cannot be turned, so that nothing is known of its lifetimes".to_owned()));
    }
    if target.lens().access == Support::No && target.abilities().calls == Support::No {
        return Err(Fault(
            "how long an access token lives cannot be seen: say with `[introspection]` who may introspect access tokens, or with \
             `resource` what they open"
                .to_owned(),
        ));
    }
    let mut runs = 0;
    let mut asked = |target: &mut dyn Target, question: &Question| {
        runs += 1;
        tell(runs);
        target.reset()?;
        question.lives(target)
    };
    let mut limit = |target: &mut dyn Target, sought: Sought, question: &dyn Fn(Duration) -> Question| {
        sought.find(|after| asked(target, &question(after)))
    };
    let at = |expected: Option<Duration>| Sought { expected, most: FOR_EVER };
    let for_ever = |what: &str| Fault(format!("{what} lives for more than 400 days: no policy can say so"));
    let access = limit(target, at(Some(expected.access_lifetime)), &Question::Access)?;
    let access = access.ok_or_else(|| for_ever("an access token"))?;
    found("access_lifetime", Some(access));
    let code = limit(target, at(Some(expected.code_lifetime)), &Question::Code)?;
    let code = code.ok_or_else(|| for_ever("a code"))?;
    found("code_lifetime", Some(code));
    let unused = |after| Question::Refresh { often: 0, every: Duration::ZERO, after };
    let refresh_idle = limit(target, at(expected.refresh_idle), &unused)?;
    found("refresh_idle", refresh_idle);
    let refresh_absolute = match refresh_idle.map(|idle| Duration::from_secs(idle.as_secs() / 2)) {
        None => None,
        Some(every) if every.is_zero() => None,
        // Used twice within its time, over and over.
        Some(every) => {
            let used = |total: Duration| {
                let often = u32::try_from(total.as_secs() / every.as_secs()).unwrap_or(MOST_REFRESHES);
                Question::Refresh { often, every, after: total - every * often }
            };
            let expected = expected.refresh_absolute.or(refresh_idle);
            limit(target, Sought { expected, most: every * MOST_REFRESHES }, &used)?
        }
    };
    // Where using it does not help, there is one limit, and it is told which one by what else is asked.
    let refresh_absolute = refresh_absolute.filter(|absolute| Some(*absolute) != refresh_idle);
    Ok(Lifetimes { access, code, refresh_idle, refresh_absolute, runs })
}

/// Where a limit is looked for.
#[derive(Clone, Copy)]
struct Sought {
    /// Where it is expected.
    expected: Option<Duration>,
    /// What is for ever.
    most: Duration,
}

impl Sought {
    /// The first second after which something does not live any more; none where that is for ever.
    fn find(self, mut lives: impl FnMut(Duration) -> Result<bool, Fault>) -> Result<Option<Duration>, Fault> {
        const SECOND: Duration = Duration::from_secs(1);
        let mut alive = Duration::ZERO;
        let mut dead = None;
        if let Some(expected) = self.expected.filter(|expected| *expected > SECOND && *expected <= self.most) {
            if !lives(expected - SECOND)? {
                dead = Some(expected - SECOND);
            } else if !lives(expected)? {
                return Ok(Some(expected));
            } else {
                alive = expected;
            }
        }
        let mut dead = match dead {
            Some(dead) => dead,
            None => loop {
                if alive >= self.most {
                    return Ok(None);
                }
                let after = (alive * 2).clamp(SECOND, self.most.max(SECOND));
                if !lives(after)? {
                    break after;
                }
                alive = after;
            },
        };
        while dead - alive > SECOND {
            let middle = Duration::from_secs(u64::midpoint(alive.as_secs(), dead.as_secs()));
            if lives(middle)? {
                alive = middle;
            } else {
                dead = middle;
            }
        }
        Ok(Some(dead))
    }
}

/// What is asked of somebody who signs in.
enum Question {
    /// Does the access token live after so long?
    Access(Duration),
    /// Does the code?
    Code(Duration),
    /// Does the refresh token, when it is used so often, so far apart, and then once more after so long?
    Refresh { often: u32, every: Duration, after: Duration },
}

/// Lets time pass, if any.
fn pass(target: &mut dyn Target, time: Duration) -> Result<(), Fault> {
    if time.is_zero() { Ok(()) } else { target.apply(Action::Wait(Seconds::of(time))).map(drop) }
}

impl Question {
    fn lives(&self, target: &mut dyn Target) -> Result<bool, Fault> {
        steps(
            target,
            &[Action::SignIn(T1), Action::Arrive(Exchange::SignIn(T1)), Action::Return(Exchange::SignIn(T1))],
        )?;
        if let Self::Code(after) = self {
            pass(target, *after)?;
        }
        let answer = steps(target, &[Action::Arrive(Exchange::Redeem(T1))])?;
        let tokens = tokens_of(answer.as_ref());
        match (self, tokens) {
            (Self::Code(_), tokens) => Ok(tokens.is_some()),
            (Self::Access(_) | Self::Refresh { .. }, None) => {
                Err(Fault("a code that was just issued brings no tokens".to_owned()))
            }
            (Self::Access(after), Some((access, _))) => {
                steps(target, &[Action::Return(Exchange::Redeem(T1))])?;
                pass(target, *after)?;
                opens(target, &access)
            }
            (Self::Refresh { often, every, after }, Some((_, refresh))) => {
                if refresh.is_none() {
                    return Err(Fault(
                        "the server issues no refresh token: ask for one in `client.authorization`".to_owned(),
                    ));
                }
                steps(target, &[Action::Return(Exchange::Redeem(T1)), Action::CopySession])?;
                let mut presented = Stolen::Copy;
                for pause in std::iter::repeat_n(every, usize::try_from(*often).unwrap_or_default()).chain([after]) {
                    pass(target, *pause)?;
                    let answer = steps(target, &[Action::Arrive(Exchange::Theft(presented))])?;
                    match tokens_of(answer.as_ref()) {
                        None => return Ok(false),
                        // Without rotation the one that was presented serves again.
                        Some((_, None)) => {}
                        Some((_, Some(_))) => presented = Stolen::Loot,
                    }
                }
                Ok(true)
            }
        }
    }
}

/// Whether an access token opens anything: by introspection where that is told, or by a call.
fn opens(target: &mut dyn Target, access: &Secret) -> Result<bool, Fault> {
    if target.lens().access == Support::Yes
        && let Some(active) = target.is_active(access)?
    {
        return Ok(active);
    }
    let call = [
        Action::Open(CALL),
        Action::Arrive(Exchange::Call(CALL)),
        Action::Arrive(Exchange::Introspect(CALL)),
        Action::Return(Exchange::Introspect(CALL)),
    ];
    Ok(steps(target, &call)? == Some(Answer::Items))
}

type Answered = Answer<crate::servers::Concrete>;

/// Takes steps, and gives the last answer.
fn steps(target: &mut dyn Target, steps: &[Action]) -> Result<Option<Answered>, Fault> {
    let mut last = None;
    for step in steps {
        for event in target.apply(*step)? {
            if let Event::Answered(_, answer) = event {
                last = Some(answer);
            }
        }
    }
    Ok(last)
}

fn tokens_of(answer: Option<&Answered>) -> Option<(Secret, Option<Secret>)> {
    match answer {
        Some(Answer::Tokens(access, refresh) | Answer::GraceTokens(access, refresh)) => {
            Some((access.clone(), refresh.clone()))
        }
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use authloom_model::policy::Validation;
    use authloom_model::{Scope, Spec};

    use super::*;
    use crate::servers::{Reference, Stoppable};
    use crate::stop::{Stop, StoppedBy};

    #[test]
    fn a_limit_is_found_to_the_second_wherever_it_was_expected() {
        let seconds = Duration::from_secs;
        for real in [1, 2, 59, 60, 61, 3_600, 1_209_600] {
            for expected in [None, Some(1), Some(60), Some(real), Some(real + 1), Some(100_000)] {
                let mut asked = 0;
                let sought = Sought { expected: expected.map(seconds), most: FOR_EVER };
                let found = sought.find(|after| {
                    asked += 1;
                    Ok(after < seconds(real))
                });
                assert_eq!(found, Ok(Some(seconds(real))), "expected at {expected:?}");
                assert!(asked <= 50, "{asked} questions for {real}, expected at {expected:?}");
            }
        }
        assert_eq!(Sought { expected: None, most: FOR_EVER }.find(|_| Ok(true)), Ok(None));
    }

    #[test]
    fn the_lifetimes_of_the_reference_are_those_that_it_was_told() {
        let minutes = |minutes| Duration::from_mins(minutes);
        for (idle, absolute) in [(Some(minutes(15)), Some(minutes(40))), (Some(minutes(7)), None), (None, None)] {
            let policy = Policy {
                access_lifetime: minutes(10),
                code_lifetime: Duration::from_secs(90),
                refresh_idle: idle,
                refresh_absolute: absolute,
                validation: Validation::Introspect,
                ..Policy::recommended()
            };
            // What is expected is another matter.
            let spec = Spec::exact(policy.clone(), Scope::THEFT).unwrap();
            let mut target = Reference::new(&spec).unwrap();
            let found = measure(&mut target, &Policy::recommended(), &mut |_| {}, &mut |_, _| {}).unwrap();
            assert_eq!(found.of(policy.clone()), policy);
        }
    }

    #[test]
    fn what_was_measured_before_the_target_could_not_be_asked_any_more_is_not_lost() {
        let spec = Spec::exact(Policy::recommended(), Scope::THEFT).unwrap();
        let measured = |checks| {
            let stop = Stop::after(checks, StoppedBy::Interrupt);
            let mut target = Stoppable::new(Box::new(Reference::new(&spec).unwrap()), stop);
            let mut found = Vec::new();
            let came = measure(&mut target, &Policy::recommended(), &mut |_| {}, &mut |name, _| found.push(name));
            (came, found)
        };
        let of: Vec<_> = (0..).step_by(5).map(measured).take_while(|(came, _)| came.is_err()).map(|of| of.1).collect();
        assert!(of.is_sorted_by_key(Vec::len) && of.contains(&vec!["access_lifetime", "code_lifetime"]), "{of:?}");
    }
}

//! Tries a target out: one session from sign-in to sign-out, and what of it works.

use authloom_model::seen::{Answer, Event, Session};
use authloom_model::{Action, CallId, Exchange, TabId};

use super::Status;
use crate::servers::{Concrete, Fault, Secret, Support, Target};

/// What came of one thing that was tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attempt {
    /// It works.
    Works,
    /// The server has not got it, or its file says so: it will not be asked.
    NotAsked(&'static str),
    /// It does not work, and why.
    Fails(String),
}

/// What was tried, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial {
    /// Each thing in turn, with the exchanges it took.
    pub things: Vec<(&'static str, Attempt, Vec<String>)>,
}

impl Trial {
    /// The status that this ends with.
    #[must_use]
    pub fn status(&self) -> Status {
        let fails = self.things.iter().any(|(_, came, _)| matches!(came, Attempt::Fails(_)));
        if fails { Status::Broken } else { Status::Holds }
    }
}

const T1: TabId = TabId(0);
const CALL: CallId = CallId { tab: T1, call: 0 };

/// Tries a target out.
pub fn try_out(target: &mut dyn Target) -> Trial {
    let mut run = Run { target, trial: Trial { things: Vec::new() }, told: 0, access: None, refresh: None };
    run.all();
    run.trial
}

struct Run<'t> {
    target: &'t mut dyn Target,
    trial: Trial,
    /// Exchanges that were told before.
    told: usize,
    access: Option<Secret>,
    refresh: Option<Secret>,
}

impl Run<'_> {
    fn all(&mut self) {
        let reset = self.target.reset().map_or_else(failed, |()| Attempt::Works);
        self.note("a fresh start", reset);
        if self.sign_in() != Attempt::Works {
            return;
        }
        let (lens, abilities) = (self.target.lens(), self.target.abilities());
        let (access, refresh) = (self.access.clone(), self.refresh.clone());
        let came = self.standing(lens.access, access);
        self.note("introspection of an access token", came);
        let came = self.standing(lens.refresh, refresh.clone());
        self.note("introspection of a refresh token", came);
        let came = self.call();
        self.note("a call with the access token", came);
        let came = match abilities.clock {
            Support::No => Attempt::NotAsked("the file says that the clock cannot be turned"),
            Support::Yes => self.target.apply(Action::Tick).map_or_else(failed, |_| Attempt::Works),
        };
        self.note("turning the clock", came);
        let came = match &refresh {
            None => Attempt::Fails(
                "the server has issued no refresh token: ask for one in `client.authorization`".to_owned(),
            ),
            Some(_) => self.theft(),
        };
        self.note("a refresh", came);
        let came = match abilities.revocation {
            Support::No => Attempt::NotAsked("the server names no revocation endpoint"),
            Support::Yes => self.sign_out(),
        };
        self.note("a revocation", came);
    }

    fn note(&mut self, what: &'static str, came: Attempt) {
        let evidence = self.target.evidence();
        let news = evidence.get(self.told..).unwrap_or_default().to_vec();
        self.told = evidence.len();
        self.trial.things.push((what, came, news));
    }

    fn sign_in(&mut self) -> Attempt {
        let signed_in = self.answered(&[Action::SignIn(T1), Action::Arrive(Exchange::SignIn(T1))], |answer| {
            matches!(answer, Answer::Code(_))
        });
        let works = signed_in == Attempt::Works;
        self.note("a sign-in", signed_in.clone());
        if !works {
            return signed_in;
        }
        let steps = [Action::Return(Exchange::SignIn(T1)), Action::Arrive(Exchange::Redeem(T1))];
        let redeemed = self.answered(&steps, |answer| matches!(answer, Answer::Tokens(..)));
        let stored = match (redeemed, self.target.apply(Action::Return(Exchange::Redeem(T1)))) {
            (Attempt::Works, Ok(events)) if events.contains(&Event::Session(Session::Started)) => Attempt::Works,
            (Attempt::Works, Ok(_)) => Attempt::Fails("our client makes nothing of the tokens".to_owned()),
            (Attempt::Works, Err(fault)) => failed(fault),
            (came, _) => came,
        };
        self.note("the redemption of the code", stored.clone());
        stored
    }

    fn standing(&mut self, told: Support, token: Option<Secret>) -> Attempt {
        let Some(token) = token.filter(|_| told == Support::Yes) else {
            return Attempt::NotAsked("the file does not say that the server tells of such tokens");
        };
        match self.target.is_active(&token) {
            Ok(Some(true)) => Attempt::Works,
            Ok(Some(false)) => Attempt::Fails("a token that was just issued is inactive".to_owned()),
            Ok(None) => Attempt::Fails("the server names no introspection endpoint".to_owned()),
            Err(fault) => failed(fault),
        }
    }

    fn call(&mut self) -> Attempt {
        let steps = [
            Action::Open(CALL),
            Action::Arrive(Exchange::Call(CALL)),
            Action::Arrive(Exchange::Introspect(CALL)),
            Action::Return(Exchange::Introspect(CALL)),
        ];
        self.answered(&steps, |answer| *answer == Answer::Items)
    }

    /// A refresh by a client that nobody waits for.
    fn theft(&mut self) -> Attempt {
        let stolen = Action::Arrive(Exchange::Theft(authloom_model::Stolen::Copy));
        self.answered(&[Action::CopySession, stolen], |answer| matches!(answer, Answer::Tokens(..)))
    }

    fn sign_out(&mut self) -> Attempt {
        let steps = [Action::SignOut(T1), Action::Arrive(Exchange::Revoke(T1))];
        self.answered(&steps, |answer| *answer == Answer::Revoked)
    }

    /// Takes steps, and looks at the last answer.
    fn answered(&mut self, steps: &[Action], right: fn(&Answer<Concrete>) -> bool) -> Attempt {
        let mut last = None;
        for step in steps {
            let events = match self.target.apply(*step) {
                Ok(events) => events,
                Err(fault) => return failed(fault),
            };
            for event in events {
                if let Event::Answered(_, answer) = event {
                    if let Answer::Tokens(access, refresh) = &answer {
                        self.access.get_or_insert_with(|| access.clone());
                        self.refresh = self.refresh.take().or_else(|| refresh.clone());
                    }
                    last = Some(answer);
                }
            }
        }
        match last {
            Some(answer) if right(&answer) => Attempt::Works,
            Some(answer) => Attempt::Fails(super::replay::answer_in_words(&answer)),
            None => Attempt::Fails("nothing was answered".to_owned()),
        }
    }
}

fn failed(fault: Fault) -> Attempt {
    Attempt::Fails(fault.0)
}

//! Tries a target out: one session from sign-in to sign-out, and what of it works.

use std::fmt;

use authloom_model::seen::{Answer, Event, Session};
use authloom_model::{Action, CallId, Exchange, Seconds, TabId};

use super::Status;
use super::replay::answer_in_words as in_words;
use crate::servers::{Concrete, Fault, Secret, Support, Target};

/// How far a clock is turned to see whether it can be.
const A_MINUTE: Seconds = Seconds(60);

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

/// What is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Thing {
    /// The server is there and has forgotten what was before.
    FreshStart,
    /// Somebody signs in. RFC 6749 section 4.1.1.
    SignIn,
    /// The code is redeemed. RFC 6749 section 4.1.3.
    Redemption,
    /// An access token is introspected. RFC 7662.
    AccessStanding,
    /// A refresh token is introspected. RFC 7662.
    RefreshStanding,
    /// A backend is called. RFC 6750.
    Call,
    /// The clock is turned.
    Clock,
    /// The refresh token is used. RFC 6749 section 6.
    Refresh,
    /// The refresh token is revoked. RFC 7009.
    Revocation,
}

impl Thing {
    /// The keys of a target's file that it depends on.
    #[must_use]
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::FreshStart => &["server.issuer", "server.start", "server.reset"],
            Self::SignIn => &[
                "client.id",
                "client.redirect_uri",
                "client.authorization",
                "sign_in.username",
                "sign_in.password_from",
                "sign_in.run",
            ],
            Self::Redemption => &["client.id", "client.secret_from", "client.redirect_uri", "endpoints.token"],
            Self::AccessStanding | Self::RefreshStanding => {
                &["introspection.client_id", "introspection.secret_from", "introspection.tells"]
            }
            Self::Call => &["resource", "proxy", "introspection.client_id", "introspection.secret_from"],
            Self::Clock => &["clock"],
            Self::Refresh => &["client.id", "client.secret_from", "client.authorization"],
            Self::Revocation => &["client.id", "client.secret_from", "endpoints.revocation"],
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FreshStart => "a fresh start",
            Self::SignIn => "a sign-in",
            Self::Redemption => "the redemption of the code",
            Self::AccessStanding => "introspection of an access token",
            Self::RefreshStanding => "introspection of a refresh token",
            Self::Call => "a call with the access token",
            Self::Clock => "turning the clock",
            Self::Refresh => "a refresh",
            Self::Revocation => "a revocation",
        })
    }
}

/// What was tried, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial {
    /// Each thing in turn, with the exchanges it took.
    pub things: Vec<(Thing, Attempt, Vec<String>)>,
}

impl Trial {
    /// The status that this ends with.
    #[must_use]
    pub fn status(&self) -> Status {
        let fails = self.things.iter().any(|(_, attempt, _)| matches!(attempt, Attempt::Fails(_)));
        if fails { Status::Broken } else { Status::Holds }
    }
}

/// Why a backend refuses what the server calls active: by the token's `exp`.
const OTHER_CLOCK: &str = "the backend, ours unless `resource` names another, takes it for expired. Ours goes by the machine's clock, and is \
                           turned with the server's; one that stands still has `clock.stands`";

/// Why a client that was sent back asks for no tokens. RFC 6749 section 10.12, RFC 9207 section 2.4.
const NOT_SENT_BACK: &str = "our client was sent back with another `state` than its own, with another `iss` than the issuer, or without the \
                             `iss` that the server promises";

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
        self.note(Thing::FreshStart, reset);
        if self.sign_in() != Attempt::Works {
            return;
        }
        let (lens, abilities) = (self.target.lens(), self.target.abilities());
        let (access, refresh) = (self.access.clone(), self.refresh.clone());
        let access = self.standing(lens.access, access);
        let is_active = access == Attempt::Works;
        self.note(Thing::AccessStanding, access);
        let attempt = self.standing(lens.refresh, refresh.clone());
        self.note(Thing::RefreshStanding, attempt);
        let attempt = match abilities.calls {
            Support::No => Attempt::NotAsked("the file names neither `[introspection]` nor `resource`"),
            Support::Yes => self.call(is_active),
        };
        self.note(Thing::Call, attempt);
        let attempt = match abilities.clock {
            Support::No => Attempt::NotAsked("the file says that the clock cannot be turned"),
            Support::Yes => self.target.apply(Action::Wait(A_MINUTE)).map_or_else(failed, |_| Attempt::Works),
        };
        self.note(Thing::Clock, attempt);
        let attempt = match &refresh {
            None => Attempt::Fails(
                "the server has issued no refresh token: ask for one in `client.authorization`".to_owned(),
            ),
            Some(_) => self.theft(),
        };
        self.note(Thing::Refresh, attempt);
        let attempt = match abilities.revocation {
            Support::No => Attempt::NotAsked("the server names no revocation endpoint"),
            Support::Yes => self.sign_out(),
        };
        self.note(Thing::Revocation, attempt);
    }

    fn note(&mut self, what: Thing, attempt: Attempt) {
        let evidence = self.target.evidence();
        let news = evidence.get(self.told..).unwrap_or_default().to_vec();
        self.told = evidence.len();
        self.trial.things.push((what, attempt, news));
    }

    fn sign_in(&mut self) -> Attempt {
        let signed_in = self.answered(&[Action::SignIn(T1), Action::Arrive(Exchange::SignIn(T1))], |answer| {
            matches!(answer, Answer::Code(_))
        });
        let works = signed_in == Attempt::Works;
        self.note(Thing::SignIn, signed_in.clone());
        if !works {
            return signed_in;
        }
        let steps = [Action::Return(Exchange::SignIn(T1)), Action::Arrive(Exchange::Redeem(T1))];
        let redeemed = self.answered(&steps, |answer| matches!(answer, Answer::Tokens(..)));
        let stored = match (redeemed, self.target.apply(Action::Return(Exchange::Redeem(T1)))) {
            (Attempt::Works, Ok(events)) if events.contains(&Event::Session(Session::Started)) => Attempt::Works,
            (Attempt::Works, Ok(_)) => Attempt::Fails("our client makes nothing of the tokens".to_owned()),
            (Attempt::Works, Err(fault)) => failed(fault),
            (attempt, _) => attempt,
        };
        self.note(Thing::Redemption, stored.clone());
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

    fn call(&mut self, is_active: bool) -> Attempt {
        let steps = [
            Action::Open(CALL),
            Action::Arrive(Exchange::Call(CALL)),
            Action::Arrive(Exchange::Introspect(CALL)),
            Action::Return(Exchange::Introspect(CALL)),
        ];
        match self.answered(&steps, |answer| *answer == Answer::Items) {
            Attempt::Fails(said) if is_active && said == in_words(&Answer::InvalidToken(())) => {
                Attempt::Fails(format!("{said}, though the token is active: {OTHER_CLOCK}"))
            }
            attempt @ (Attempt::Works | Attempt::NotAsked(_) | Attempt::Fails(_)) => attempt,
        }
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
            if events.iter().any(|event| matches!(event, Event::SignInFailed(_))) {
                return Attempt::Fails(NOT_SENT_BACK.to_owned());
            }
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
            Some(answer) => Attempt::Fails(in_words(&answer)),
            None => Attempt::Fails("nothing was answered".to_owned()),
        }
    }
}

fn failed(fault: Fault) -> Attempt {
    Attempt::Fails(fault.0)
}

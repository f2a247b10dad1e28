//! How steps are said: the one vocabulary of files, diagrams and messages.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use authloom_model::exchange::{Owner, Role};
use authloom_model::seen::{Answer, CallEnd, Event, Password, Refusal, Request, Session, Symbols};
use authloom_model::{Action, CallId, Exchange, Scope, Seconds, TabId};
use itertools::Itertools as _;

use super::{Passed, Token, TraceStep};

/// Whoever takes part in a trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Party {
    /// The person.
    Person,
    /// A tab of the browser.
    Tab(TabId),
    /// The backend.
    Backend,
    /// The AuthService.
    AuthService,
    /// The thief.
    Thief,
}

impl Party {
    /// Its short name: `P`, `T1`, `B`, `A`, `X`.
    #[must_use]
    pub fn short(self) -> String {
        match self {
            Self::Person => "P".to_owned(),
            Self::Tab(tab) => format!("T{}", tab.0 + 1),
            Self::Backend => "B".to_owned(),
            Self::AuthService => "A".to_owned(),
            Self::Thief => "X".to_owned(),
        }
    }

    /// Its name: `Person`, `Tab 1`, `Backend`, `AuthService`, `Thief`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Person => "Person".to_owned(),
            Self::Tab(tab) => format!("Tab {}", tab.0 + 1),
            Self::Backend => "Backend".to_owned(),
            Self::AuthService => "AuthService".to_owned(),
            Self::Thief => "Thief".to_owned(),
        }
    }
}

/// Whoever takes part in the traces of a scope, in the order of a picture's lanes.
#[must_use]
pub fn parties(scope: Scope) -> Vec<Party> {
    let tabs = (0..scope.tabs).map(|tab| Party::Tab(TabId(tab)));
    let thief = (scope.thefts > 0).then_some(Party::Thief);
    thief.into_iter().chain([Party::Person]).chain(tabs).chain([Party::Backend, Party::AuthService]).collect()
}

/// Who sends the request of an exchange, and who answers it.
#[must_use]
pub fn ends(exchange: Exchange) -> (Party, Party) {
    let party = |role| match role {
        Role::Tab => Party::Tab(exchange.tab().expect("what a tab sends belongs to it")),
        Role::Backend => Party::Backend,
        Role::AuthService => Party::AuthService,
        Role::Thief => Party::Thief,
    };
    (party(exchange.kind().sender), party(exchange.kind().server))
}

/// A call's name: `T1.2` is the second of tab 1.
#[must_use]
pub fn call(id: CallId) -> String {
    format!("T{}.{}", id.tab.0 + 1, id.call + 1)
}

/// An exchange's name: `refresh T1.2`.
#[must_use]
pub fn exchange(exchange: Exchange) -> String {
    let name = exchange.kind().name;
    match exchange.owner() {
        Owner::Call(id) => format!("{name} {}", call(id)),
        Owner::Tab(tab) => format!("{name} T{}", tab.0 + 1),
        Owner::Thief => name.to_owned(),
    }
}

/// What happens, in a few words: `refresh T1.2 arrives`.
#[must_use]
pub fn action(action: Action) -> String {
    match action {
        Action::Wait(time) => format!("{time} later"),
        Action::Open(id) => format!("open {}", call(id)),
        Action::SignIn(tab) => format!("sign in T{}", tab.0 + 1),
        Action::Mistype(tab) => format!("mistype T{}", tab.0 + 1),
        Action::SignOut(tab) => format!("sign out T{}", tab.0 + 1),
        Action::CopySession => "thief copies the session".to_owned(),
        Action::CopyCode(tab) => format!("thief copies the code of T{}", tab.0 + 1),
        Action::Lock(id) => format!("lock to {}", call(id)),
        Action::Arrive(of) => format!("{} arrives", exchange(of)),
        Action::Return(of) => format!("{} returns", exchange(of)),
        Action::Lose(of) => format!("{} is lost", exchange(of)),
    }
}

/// The action that a text says, if it says one.
#[must_use]
pub fn action_said(text: &str) -> Option<Action> {
    static SAID: LazyLock<BTreeMap<String, Action>> = LazyLock::new(|| {
        let known = (0..Action::CODES).filter_map(|code| Action::of_code(code, Seconds::ZERO));
        known.map(|known| (action(known), known)).collect()
    });
    match text.strip_suffix(" later") {
        Some(time) => waited(time).map(Action::Wait),
        None => SAID.get(text).copied(),
    }
}

/// A time that is said as it would be written.
fn waited(text: &str) -> Option<Seconds> {
    let time = humantime::parse_duration(text).ok().map(Seconds::of)?;
    (!time.is_zero() && time.to_string() == text).then_some(time)
}

/// The limits that time passes at a step, each in a few words: `a1 is past exp plus leeway`.
#[must_use]
pub fn passed(step: &TraceStep) -> Vec<String> {
    let say = |limit: &Passed| match limit {
        Passed::Due(token) => format!("{token} is due for refresh"),
        Passed::Exp(token) => format!("{token} is past exp"),
        Passed::ExpPlusLeeway(token) => format!("{token} is past exp plus leeway"),
        Passed::Idle(token) => format!("{token} is idle too long"),
        Passed::Grace(token) => format!("the grace of {token} is over"),
        Passed::Code(code) => format!("{code} is expired"),
        Passed::Lifetime(code) => format!("the grant of {code} is past its lifetime"),
    };
    step.passed.iter().map(say).collect()
}

/// What must be seen of a step, an event each.
#[must_use]
pub fn seen(step: &TraceStep) -> Vec<String> {
    step.seen.iter().map(|seen| event(seen, &Plainly)).collect()
}

/// That tokens have lost their standing: `a1 and r1 no longer active`.
#[must_use]
pub fn no_longer_active(tokens: &[Token]) -> String {
    format!("{} no longer active", tokens.iter().join(" and "))
}

/// Why something is turned down, in a word or two.
#[must_use]
pub fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::TokenExpired | Refusal::CodeExpired => "expired",
        Refusal::TokenRevoked => "revoked",
        Refusal::CodeReplayed | Refusal::Replayed => "replayed",
        Refusal::WrongVerifier => "wrong verifier",
        Refusal::Idle => "idle too long",
        Refusal::PastLifetime => "past its lifetime",
        Refusal::Ended => "grant over",
    }
}

/// How symbols of some kind are said.
pub trait Say<S: Symbols> {
    /// A code.
    fn code(&self, code: &S::Code) -> String;
    /// A refresh token.
    fn refresh(&self, token: &S::Refresh) -> String;
    /// An access token.
    fn access(&self, token: &S::Access) -> String;
    /// A reason, as the end of a sentence, or nothing.
    fn why(&self, why: &S::Why) -> String;
    /// An answer that the protocol does not have.
    fn unexpected(&self, unexpected: &S::Unexpected) -> String;
}

/// The names of a trace speak for themselves.
#[derive(Clone, Copy, Debug)]
pub struct Plainly;

impl Say<super::InTrace> for Plainly {
    fn code(&self, code: &super::Code) -> String {
        code.to_string()
    }

    fn refresh(&self, token: &super::Refresh) -> String {
        token.to_string()
    }

    fn access(&self, token: &super::Access) -> String {
        token.to_string()
    }

    fn why(&self, why: &Refusal) -> String {
        format!(" ({})", refusal(*why))
    }

    fn unexpected(&self, unexpected: &std::convert::Infallible) -> String {
        match *unexpected {}
    }
}

/// What is seen, in a few words: `refresh T1.2 with r1`.
#[must_use]
pub fn event<S: Symbols>(event: &Event<S>, say: &impl Say<S>) -> String {
    match event {
        Event::Sent(of, sent) => format!("{} sent {}", exchange(*of), request(sent, say)),
        Event::Answered(_, answered) => answer(answered, say),
        Event::CallEnded(id, CallEnd::Items) => format!("{} shows items", call(*id)),
        Event::CallEnded(id, CallEnd::SignInPrompt) => format!("{} asks to sign in", call(*id)),
        Event::CallEnded(id, CallEnd::Failure) => format!("{} shows a failure", call(*id)),
        Event::SignInFailed(tab) => format!("T{} sign-in failed", tab.0 + 1),
        Event::Session(Session::Started) => "session started".to_owned(),
        Event::Session(Session::Renewed) => "session renewed".to_owned(),
        Event::Session(Session::Cleared) => "session cleared".to_owned(),
    }
}

/// What a request carries.
#[must_use]
pub fn request<S: Symbols>(request: &Request<S>, say: &impl Say<S>) -> String {
    match request {
        Request::Call(None) => "without a token".to_owned(),
        Request::Call(Some(token)) | Request::Introspect(token) => format!("with {}", say.access(token)),
        Request::Refresh(token) | Request::Revoke(token) => format!("with {}", say.refresh(token)),
        Request::SignIn(Password::Right) => "with the password".to_owned(),
        Request::SignIn(Password::Wrong) => "with a wrong password".to_owned(),
        Request::Redeem(code) => format!("with {}", say.code(code)),
    }
}

/// What an answer says.
#[must_use]
pub fn answer<S: Symbols>(answer: &Answer<S>, say: &impl Say<S>) -> String {
    match answer {
        Answer::Items => "200 items".to_owned(),
        Answer::Unauthenticated => "401".to_owned(),
        Answer::InvalidToken(why) => format!("401 invalid_token{}", say.why(why)),
        Answer::Unavailable => "503".to_owned(),
        Answer::Active => "active".to_owned(),
        Answer::Inactive(why) => format!("inactive{}", say.why(why)),
        Answer::Code(code) => format!("redirect with {}", say.code(code)),
        Answer::WrongPassword => "login page again".to_owned(),
        Answer::Tokens(access, refresh) => tokens(access, refresh.as_ref(), say),
        Answer::GraceTokens(access, refresh) => format!("{} in grace", tokens(access, refresh.as_ref(), say)),
        Answer::InvalidGrant(why) => format!("invalid_grant{}", say.why(why)),
        Answer::Revoked => "200 revoked".to_owned(),
        Answer::Unexpected(unexpected) => say.unexpected(unexpected),
    }
}

fn tokens<S: Symbols>(access: &S::Access, refresh: Option<&S::Refresh>, say: &impl Say<S>) -> String {
    match refresh {
        Some(refresh) => format!("{} and {}", say.access(access), say.refresh(refresh)),
        None => say.access(access),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Access, Code, InTrace, Refresh};
    use super::*;

    fn actions() -> impl Iterator<Item = Action> {
        (0..Action::CODES).filter_map(|code| Action::of_code(code, Seconds(3660)))
    }

    fn answers() -> Vec<Answer<InTrace>> {
        let mut answers = vec![
            Answer::Items,
            Answer::Unauthenticated,
            Answer::Unavailable,
            Answer::Active,
            Answer::Code(Code(1)),
            Answer::WrongPassword,
            Answer::Tokens(Access(1), None),
            Answer::Tokens(Access(1), Some(Refresh(1))),
            Answer::GraceTokens(Access(1), None),
            Answer::GraceTokens(Access(1), Some(Refresh(1))),
            Answer::Revoked,
        ];
        let refusals = [
            Refusal::TokenExpired,
            Refusal::TokenRevoked,
            Refusal::CodeExpired,
            Refusal::CodeReplayed,
            Refusal::WrongVerifier,
            Refusal::Idle,
            Refusal::PastLifetime,
            Refusal::Replayed,
            Refusal::Ended,
        ];
        for why in refusals {
            answers.extend([Answer::InvalidToken(why), Answer::Inactive(why), Answer::InvalidGrant(why)]);
        }
        answers
    }

    fn events() -> Vec<Event<InTrace>> {
        let requests = [
            Request::Call(None),
            Request::Call(Some(Access(1))),
            Request::Introspect(Access(1)),
            Request::Refresh(Refresh(1)),
            Request::SignIn(Password::Right),
            Request::SignIn(Password::Wrong),
            Request::Redeem(Code(1)),
            Request::Revoke(Refresh(1)),
        ];
        let id = CallId { tab: TabId(0), call: 0 };
        let exchanges = actions().filter_map(Action::arriving);
        let mut events: Vec<_> =
            exchanges.flat_map(|of| requests.clone().map(|request| Event::Sent(of, request))).collect();
        events.extend(answers().into_iter().map(|answer| Event::Answered(Exchange::Call(id), answer)));
        events.extend([CallEnd::Items, CallEnd::SignInPrompt, CallEnd::Failure].map(|end| Event::CallEnded(id, end)));
        events.extend([Session::Started, Session::Renewed, Session::Cleared].map(Event::Session));
        events.push(Event::SignInFailed(TabId(0)));
        events
    }

    #[test]
    fn every_action_is_said_in_words_of_its_own() {
        for known in actions() {
            assert_eq!(action_said(&action(known)), Some(known));
        }
        for wrong in ["tock", "tick", "60m later", "0s later", "later", "1h  1m later", "1ms later"] {
            assert_eq!(action_said(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn nothing_that_is_said_breaks_a_label() {
        let said = actions().map(action).chain(events().into_iter().map(|seen| event(&seen, &Plainly)));
        for text in said.chain([no_longer_active(&[])]) {
            assert!(!text.contains(['#', ';', ',', ':', '%', '\n']), "{text}");
            assert!(text.split(|c: char| !c.is_alphanumeric()).all(|word| word != "end"), "{text}");
        }
    }
}

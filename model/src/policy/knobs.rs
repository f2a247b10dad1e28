//! Every knob of a policy as a file has it: its section, its key, what it can be set to, and beside what it means nothing.
//!
//! A new knob is a field of [`Policy`], a default in [`Policy::default`] and a row of [`KNOBS`].

use std::fmt;
use std::time::Duration;

use super::choices::{Choice, GraceKind};
use super::length::{self, LENGTH, Least};
use super::reader::listed;
use super::{
    AccessOnRefresh, Ends, Grace, IdleOnRefresh, Late401, LookAgain, LostAnswer, Policy, RefreshWhen, Rotation,
    SingleFlight, SpentRevokes, Validation, Window, WrongVerifier,
};

/// What a lifetime says that does not end.
const NEVER: &str = "never";
/// What a grace window says when it is no length of time.
const UNTIL_USED: &str = "until_used";

/// A part of a policy's file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Section {
    AuthService,
    Backend,
    Gui,
}

impl Section {
    pub(super) const ALL: [Self; 3] = [Self::AuthService, Self::Backend, Self::Gui];

    /// Its name in a file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AuthService => "auth_service",
            Self::Backend => "backend",
            Self::Gui => "gui",
        }
    }

    /// The knobs of this part.
    pub(super) fn knobs(self) -> impl Iterator<Item = &'static Knob> {
        KNOBS.iter().filter(move |knob| knob.section == self)
    }
}

/// A policy with each knob of a file apart: a grace and its window are one in a policy.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Everything but the grace.
    pub(super) policy: Policy,
    /// The grace, apart from how long.
    pub(super) grace: GraceKind,
    /// How long; none: until the successor is used.
    pub(super) window: Option<Duration>,
}

impl Draft {
    /// The policy that the knobs make.
    pub(super) fn policy(self) -> Policy {
        let window = self.window.map_or(Window::UntilUsed, Window::For);
        let grace = match self.grace {
            GraceKind::None => Grace::None,
            GraceKind::SameSuccessor => Grace::SameSuccessor(window),
            GraceKind::SameTokens => Grace::SameTokens(window),
            GraceKind::NewSibling => Grace::NewSibling(window),
        };
        Policy { grace, ..self.policy }
    }
}

impl From<Policy> for Draft {
    fn from(policy: Policy) -> Self {
        let grace = match policy.grace {
            Grace::None => GraceKind::None,
            Grace::SameSuccessor(_) => GraceKind::SameSuccessor,
            Grace::SameTokens(_) => GraceKind::SameTokens,
            Grace::NewSibling(_) => GraceKind::NewSibling,
        };
        Self { grace, window: policy.grace_window(), policy }
    }
}

/// A setting of one knob, beside which others mean nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) value: &'static str,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{} = \"{}\"`", self.key, self.value)
    }
}

/// What a knob can be set to.
pub(super) enum Form {
    /// One of a few names.
    Choice {
        names: fn() -> Vec<&'static str>,
        get: fn(&Draft) -> &'static str,
        /// Whether there is a choice of that name; then it is set.
        set: fn(&mut Draft, &str) -> bool,
    },
    /// A length of time.
    Length { least: Least, get: fn(&Draft) -> Duration, set: fn(&mut Draft, Duration) },
    /// A length of time, or a word that stands for none.
    LengthOr { word: &'static str, get: fn(&Draft) -> Option<Duration>, set: fn(&mut Draft, Option<Duration>) },
}

/// A knob as a file has it.
pub(super) struct Knob {
    pub(super) section: Section,
    pub(super) key: &'static str,
    pub(super) form: Form,
    /// The setting of another knob beside which this one means nothing, where the draft has one.
    pub(super) moot: fn(&Draft) -> Option<Setting>,
}

impl Knob {
    /// What its value is, as a file has it.
    pub(super) fn write(&self, draft: &Draft) -> String {
        match self.form {
            Form::Choice { get, .. } => get(draft).to_owned(),
            Form::Length { get, .. } => length::write(get(draft)),
            Form::LengthOr { word, get, .. } => get(draft).map_or_else(|| word.to_owned(), length::write),
        }
    }

    /// Sets it to what a file says. The error says what is wrong with that, and what would be right.
    pub(super) fn read(&self, said: &str, draft: &mut Draft) -> Result<(), String> {
        match self.form {
            Form::Choice { set, .. } if set(draft, said) => {}
            Form::Choice { .. } => return Err(format!("`{said}` is not a choice here: write {}", self.right())),
            Form::Length { least, set, .. } => set(draft, length::read(said, least)?),
            Form::LengthOr { word, set, .. } if said == word => set(draft, None),
            Form::LengthOr { word, set, .. } => {
                let length = length::read(said, Least::ASecond).map_err(|why| format!("{why}, or \"{word}\""))?;
                set(draft, Some(length));
            }
        }
        Ok(())
    }

    /// What can be written there.
    pub(super) fn right(&self) -> String {
        match self.form {
            Form::Choice { names, .. } => {
                let names: Vec<String> = names().into_iter().map(|name| format!("\"{name}\"")).collect();
                listed(&names, "or")
            }
            Form::Length { .. } => LENGTH.to_owned(),
            Form::LengthOr { word, .. } => format!("{LENGTH}, or \"{word}\""),
        }
    }

    /// Whether what is written there is ignored where it means nothing, so that a file may name every knob. A length of time is not: whoever
    /// writes one counts on it.
    pub(super) fn may_be_moot(&self) -> bool {
        match self.form {
            Form::Choice { .. } => true,
            Form::Length { .. } | Form::LengthOr { .. } => false,
        }
    }

    /// Sets it as it is in another draft.
    pub(super) fn copy(&self, from: &Draft, draft: &mut Draft) {
        match self.form {
            Form::Choice { get, set, .. } => {
                set(draft, get(from));
            }
            Form::Length { get, set, .. } => set(draft, get(from)),
            Form::LengthOr { get, set, .. } => set(draft, get(from)),
        }
    }

    /// How long it says, where it says a length of time.
    pub(super) fn length(&self, draft: &Draft) -> Option<Duration> {
        match self.form {
            Form::Choice { .. } => None,
            Form::Length { get, .. } => Some(get(draft)),
            Form::LengthOr { get, .. } => get(draft),
        }
    }
}

/// The knob of that key.
pub(super) fn knob(key: &str) -> Option<&'static Knob> {
    KNOBS.iter().find(|knob| knob.key == key)
}

/// The knobs that mean something, each beside the others.
pub(super) fn meaningful(draft: &Draft) -> impl Iterator<Item = &'static Knob> {
    KNOBS.iter().filter(|knob| (knob.moot)(draft).is_none())
}

/// Sets what means nothing to its default.
pub(super) fn normalise(draft: &mut Draft) {
    let defaults = Draft::from(Policy::default());
    for knob in KNOBS {
        if (knob.moot)(draft).is_some() {
            knob.copy(&defaults, draft);
        }
    }
}

/// A knob that two policies set otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Its key in a file.
    pub knob: &'static str,
    /// How the one policy sets it.
    pub value: String,
    /// How the other one does; none where it means nothing there.
    pub other: Option<String>,
}

/// The knobs that mean something in one draft and are not set as in another.
pub(super) fn differences(one: &Draft, other: &Draft) -> Vec<Difference> {
    let difference = |knob: &Knob| {
        let (value, otherwise) = (knob.write(one), knob.write(other));
        let differs = value != otherwise;
        let other = (knob.moot)(other).is_none().then_some(otherwise);
        differs.then_some(Difference { knob: knob.key, value, other })
    };
    meaningful(one).filter_map(difference).collect()
}

macro_rules! choice {
    ($kind:ty, $($field:ident).+) => {
        Form::Choice {
            names: <$kind as Choice>::names,
            get: |draft| draft.$($field).+.name(),
            set: |draft, name| <$kind as Choice>::named(name).map(|choice| draft.$($field).+ = choice).is_some(),
        }
    };
}

macro_rules! length {
    ($least:expr, $($field:ident).+) => {
        Form::Length {
            least: $least,
            get: |draft| draft.$($field).+,
            set: |draft, length| draft.$($field).+ = length,
        }
    };
}

macro_rules! length_or {
    ($word:expr, $($field:ident).+) => {
        Form::LengthOr {
            word: $word,
            get: |draft| draft.$($field).+,
            set: |draft, length| draft.$($field).+ = length,
        }
    };
}

macro_rules! knobs {
    ($($section:ident $key:ident: $form:expr, $moot:expr;)+) => {
        /// Every knob, in the order in which a file has them.
        pub(super) const KNOBS: &[Knob] = &[$(
            Knob { section: Section::$section, key: stringify!($key), form: $form, moot: $moot },
        )+];
    };
}

knobs! {
    AuthService access_lifetime: length!(Least::ASecond, policy.access_lifetime), never_moot;
    AuthService refresh_idle: length_or!(NEVER, policy.refresh_idle), never_moot;
    AuthService refresh_absolute: length_or!(NEVER, policy.refresh_absolute), never_moot;
    AuthService code_lifetime: length!(Least::ASecond, policy.code_lifetime), never_moot;
    AuthService rotation: choice!(Rotation, policy.rotation), never_moot;
    AuthService reuse_ends: choice!(Ends, policy.reuse_ends), without_rotation;
    AuthService grace: choice!(GraceKind, grace), without_rotation;
    AuthService grace_window: length_or!(UNTIL_USED, window), |draft| without_rotation(draft).or_else(|| without_grace(draft));
    AuthService idle_on_refresh: choice!(IdleOnRefresh, policy.idle_on_refresh), without_idle;
    AuthService access_on_refresh: choice!(AccessOnRefresh, policy.access_on_refresh), never_moot;
    AuthService wrong_verifier: choice!(WrongVerifier, policy.wrong_verifier), never_moot;
    AuthService code_replay_ends: choice!(Ends, policy.code_replay_ends), never_moot;
    AuthService revocation_ends: choice!(Ends, policy.revocation_ends), never_moot;
    AuthService spent_revokes: choice!(SpentRevokes, policy.spent_revokes), without_rotation;
    Backend validation: choice!(Validation, policy.validation), never_moot;
    Backend leeway: length!(Least::Zero, policy.leeway), with_introspection;
    Gui refresh: choice!(RefreshWhen, policy.refresh_when), never_moot;
    Gui refresh_margin: length!(Least::Zero, policy.refresh_margin), without_early_refresh;
    Gui single_flight: choice!(SingleFlight, policy.single_flight), never_moot;
    Gui look_again: choice!(LookAgain, policy.look_again), without_browser_lock;
    Gui late_401: choice!(Late401, policy.late_401), without_refresh_on_401;
    Gui lost_answer: choice!(LostAnswer, policy.lost_answer), never_moot;
}

fn never_moot(_: &Draft) -> Option<Setting> {
    None
}

/// Without rotation no refresh token is ever spent.
fn without_rotation(draft: &Draft) -> Option<Setting> {
    let off = Setting { key: "rotation", value: Rotation::Off.name() };
    match draft.policy.rotation {
        Rotation::Off => Some(off),
        Rotation::Always => None,
    }
}

fn without_grace(draft: &Draft) -> Option<Setting> {
    let none = Setting { key: "grace", value: GraceKind::None.name() };
    match draft.grace {
        GraceKind::None => Some(none),
        GraceKind::SameSuccessor | GraceKind::SameTokens | GraceKind::NewSibling => None,
    }
}

fn without_idle(draft: &Draft) -> Option<Setting> {
    draft.policy.refresh_idle.is_none().then_some(Setting { key: "refresh_idle", value: NEVER })
}

/// An AuthService knows its own clock.
fn with_introspection(draft: &Draft) -> Option<Setting> {
    let introspect = Setting { key: "validation", value: Validation::Introspect.name() };
    match draft.policy.validation {
        Validation::Introspect => Some(introspect),
        Validation::Local => None,
    }
}

fn without_early_refresh(draft: &Draft) -> Option<Setting> {
    (!draft.policy.refreshes_early()).then(|| refresh_is(draft))
}

fn without_refresh_on_401(draft: &Draft) -> Option<Setting> {
    (!draft.policy.refreshes_on_401()).then(|| refresh_is(draft))
}

fn refresh_is(draft: &Draft) -> Setting {
    Setting { key: "refresh", value: draft.policy.refresh_when.name() }
}

/// Only who waits for the browser's lock can have missed something.
fn without_browser_lock(draft: &Draft) -> Option<Setting> {
    match draft.policy.single_flight {
        SingleFlight::None | SingleFlight::Tab => {
            Some(Setting { key: "single_flight", value: draft.policy.single_flight.name() })
        }
        SingleFlight::Browser => None,
    }
}

//! What a deployment chose. Everything that an AuthService, a backend or a GUI may do in more than one way is a knob here.
//!
//! A policy is written as TOML with real durations, and these are taken as they are. `policy/file.rs` reads and writes the file, and
//! `policy/knobs.rs` lists every knob with its place there.
//!
//! Every knob has a default, its value in the recommended profile: a file sets only what differs. Beside some settings a knob means nothing
//! (`reuse_ends` without rotation); it then has its default, whatever was chosen.

mod accepted;
mod choices;
mod error;
mod file;
mod knobs;
mod length;
mod neighbours;
mod reader;
mod surprises;
mod ticks;

use std::time::Duration;

pub use accepted::Accepted;
pub use error::{PolicyError, PolicyErrors};
pub use file::PolicyFile;
pub use knobs::Difference;
use knobs::Draft;
pub use neighbours::Neighbour;
pub use ticks::{Limits, MOST_TICKS, Ticks, TooManyTicks};

/// Whether a refresh gives a new refresh token. RFC 9700 section 4.14.2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rotation {
    /// The same refresh token serves again and again.
    Off,
    /// Each refresh spends the refresh token and issues its successor.
    Always,
}

/// What ends beside a request that is turned down, or beside a token that is revoked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ends {
    /// Nothing.
    Nothing,
    /// The grant's refresh tokens; its access tokens live on.
    RefreshTokens,
    /// The grant, with every token of it.
    Grant,
    /// Every grant of the person.
    User,
}

/// Whether a refresh token that is spent can still be revoked, and take with it what a live one does. RFC 7009 section 2.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpentRevokes {
    /// It can.
    Yes,
    /// It is confirmed as revoked, and nothing happens.
    No,
}

/// What presenting an authorization code with a wrong verifier does. RFC 7636 section 4.6.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrongVerifier {
    /// It spends the code, so that nobody has a second guess; with a spent one it is a replay.
    Spends,
    /// It leaves the code as it is; with a spent one it is a replay.
    Replays,
    /// Nothing: the verifier is looked at before anything else.
    Ignored,
}

/// What a refresh does to the access tokens that were issued before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessOnRefresh {
    /// They live on to their expiry. RFC 6749 section 1.5.
    Kept,
    /// They die.
    Revoked,
}

/// What a refresh does to the time that a refresh token may go unused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdleOnRefresh {
    /// It starts again.
    Restarts,
    /// It runs on: a successor dies when its parent would have. From then on a parent that is presented again is expired, and not replayed.
    RunsOn,
}

/// How long a grace period lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// Until the successor is used itself.
    UntilUsed,
    /// For this long after the token was first spent.
    For(Duration),
}

/// What a spent refresh token gets when it is presented again soon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grace {
    /// Nothing.
    None,
    /// Its successor once more, while that is unused, with a fresh access token.
    SameSuccessor(Window),
    /// The very tokens it got before, while its successor is unused.
    SameTokens(Window),
    /// A further successor, beside the first.
    NewSibling(Window),
}

/// How the backend validates an access token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Validation {
    /// It asks the AuthService, each time. RFC 7662.
    Introspect,
    /// It checks the JWT with the AuthService's keys. RFC 9068 section 4.
    Local,
}

/// When the GUI refreshes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefreshWhen {
    /// When a call is answered with 401.
    On401,
    /// When a call is opened and the access token is close to its expiry.
    BeforeExpiry,
    /// Both.
    Both,
}

/// How many refreshes may be in flight at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SingleFlight {
    /// One for each call that needs one.
    None,
    /// One for each tab.
    Tab,
    /// One in the whole browser: a lock (Web Locks) goes round among the tabs.
    Browser,
}

/// Whether a tab that got the browser's lock looks at the store before it refreshes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LookAgain {
    /// It does, and uses what another tab has brought.
    Yes,
    /// It refreshes with the token it had seen before it waited.
    No,
}

/// What the GUI does with a 401 to a token that the store no longer holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Late401 {
    /// It compares, and tries again with the token that the store holds.
    Compare,
    /// It refreshes.
    Refresh,
}

/// What the GUI does when the answer to a token request is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LostAnswer {
    /// It sends the request again.
    Retry,
    /// It gives the session up.
    SignInAgain,
}

/// What a deployment chose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// What people call it.
    pub name: String,
    /// How long an access token lives.
    pub access_lifetime: Duration,
    /// How long a refresh token may go unused; none where that does not matter.
    pub refresh_idle: Option<Duration>,
    /// How long after the sign-in a refresh is still possible; none where it always is.
    pub refresh_absolute: Option<Duration>,
    /// How long an authorization code lives.
    pub code_lifetime: Duration,
    /// Whether a refresh gives a new refresh token.
    pub rotation: Rotation,
    /// What ends when a spent refresh token is presented outside its grace period. RFC 9700 section 4.14.2.
    pub reuse_ends: Ends,
    /// What a spent refresh token gets when it is presented again soon.
    pub grace: Grace,
    /// What a wrong verifier does.
    pub wrong_verifier: WrongVerifier,
    /// What ends when a spent code is presented. RFC 6749 section 4.1.2.
    pub code_replay_ends: Ends,
    /// What ends when a refresh token is revoked, beside the token itself. RFC 7009 section 2.1.
    pub revocation_ends: Ends,
    /// Whether a spent refresh token can still be revoked.
    pub spent_revokes: SpentRevokes,
    /// What a refresh does to the access tokens of before.
    pub access_on_refresh: AccessOnRefresh,
    /// What a refresh does to the idle time.
    pub idle_on_refresh: IdleOnRefresh,
    /// How the backend validates.
    pub validation: Validation,
    /// How long after `exp` the backend still accepts a token that it validates locally.
    pub leeway: Duration,
    /// When the GUI refreshes.
    pub refresh_when: RefreshWhen,
    /// How close to its expiry an access token is refreshed early.
    pub refresh_margin: Duration,
    /// How many refreshes may be in flight.
    pub single_flight: SingleFlight,
    /// Whether the lock's winner looks at the store again.
    pub look_again: LookAgain,
    /// What a late 401 leads to.
    pub late_401: Late401,
    /// What a lost answer leads to.
    pub lost_answer: LostAnswer,
}

impl Default for Policy {
    /// The recommended profile: what a file need not say.
    fn default() -> Self {
        Self {
            name: "recommended".to_owned(),
            access_lifetime: Duration::from_mins(10),
            refresh_idle: Some(Duration::from_mins(15)),
            refresh_absolute: Some(Duration::from_mins(20)),
            code_lifetime: Duration::from_mins(5),
            rotation: Rotation::Always,
            reuse_ends: Ends::Grant,
            grace: Grace::SameSuccessor(Window::UntilUsed),
            wrong_verifier: WrongVerifier::Spends,
            code_replay_ends: Ends::Grant,
            revocation_ends: Ends::Grant,
            spent_revokes: SpentRevokes::Yes,
            access_on_refresh: AccessOnRefresh::Kept,
            idle_on_refresh: IdleOnRefresh::Restarts,
            validation: Validation::Introspect,
            leeway: Duration::ZERO,
            refresh_when: RefreshWhen::On401,
            refresh_margin: Duration::ZERO,
            single_flight: SingleFlight::Browser,
            look_again: LookAgain::Yes,
            late_401: Late401::Compare,
            lost_answer: LostAnswer::Retry,
        }
    }
}

impl Policy {
    /// The profiles that come with authloom: name, what it shows, TOML.
    pub const PROFILES: [(&'static str, &'static str); 3] = [
        ("recommended", include_str!("../profiles/recommended.toml")),
        ("no-refresh-lock", include_str!("../profiles/no-refresh-lock.toml")),
        ("lost-answer", include_str!("../profiles/lost-answer.toml")),
    ];

    /// The profile of that name.
    #[must_use]
    pub fn profile(name: &str) -> Option<Self> {
        let (name, text) = Self::PROFILES.iter().find(|(known, _)| *known == name)?;
        Some(Self::from_toml(name, text).expect("a profile that comes with authloom is a policy"))
    }

    /// The profile that a deployment should start from.
    #[must_use]
    pub fn recommended() -> Self {
        Self::profile("recommended").expect("the recommended profile comes with authloom")
    }

    /// The policy with each knob that means nothing beside the others at its default. It is the same deployment.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let mut draft = Draft::from(self.clone());
        knobs::normalise(&mut draft);
        draft.policy()
    }

    /// The knobs that mean something here and are not set as in another policy.
    #[must_use]
    pub fn differences_from(&self, other: &Self) -> Vec<Difference> {
        knobs::differences(&Draft::from(self.clone()), &Draft::from(other.clone()))
    }

    /// Refuses durations that no token can carry. Files have none of them; a program may.
    ///
    /// # Errors
    /// At the first knob whose length of time is no whole number of seconds.
    pub fn whole_seconds(&self) -> Result<(), FractionOfASecond> {
        let draft = Draft::from(self.clone());
        let mut lengths = knobs::meaningful(&draft).filter_map(|knob| Some((knob.key, knob.length(&draft)?)));
        match lengths.find(|(_, length)| !length::is_whole_seconds(*length)) {
            Some((knob, length)) => Err(FractionOfASecond { knob, length: length.into() }),
            None => Ok(()),
        }
    }

    /// Whether the GUI refreshes an access token before it has expired.
    #[must_use]
    pub fn refreshes_early(&self) -> bool {
        match self.refresh_when {
            RefreshWhen::On401 => false,
            RefreshWhen::BeforeExpiry | RefreshWhen::Both => true,
        }
    }

    /// Whether the GUI refreshes when a call is refused.
    #[must_use]
    pub fn refreshes_on_401(&self) -> bool {
        match self.refresh_when {
            RefreshWhen::On401 | RefreshWhen::Both => true,
            RefreshWhen::BeforeExpiry => false,
        }
    }
}

/// A policy has a duration that no server can count. RFC 7519 section 2: a `NumericDate` counts seconds.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{knob}` is {length}: tokens carry whole seconds (RFC 7519 section 2)")]
pub struct FractionOfASecond {
    /// The knob, as a file calls it.
    knob: &'static str,
    length: humantime::Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_that_comes_with_authloom_is_a_policy() {
        for (name, _) in Policy::PROFILES {
            let policy = Policy::profile(name).expect("the name is listed");
            policy.ticks().expect("its ticks are few");
        }
    }

    #[test]
    fn what_a_file_need_not_say_is_the_recommended_profile() {
        assert_eq!(Policy::default(), Policy::recommended());
    }

    #[test]
    fn a_fraction_of_a_second_is_refused_where_it_means_something() {
        let half = Duration::from_millis(500);
        let policy = Policy { leeway: half, ..Policy::recommended() };
        assert_eq!(policy.whole_seconds(), Ok(()));
        let error = Policy { validation: Validation::Local, ..policy }.whole_seconds().expect_err("it is local");
        assert_eq!(error.to_string(), "`leeway` is 500ms: tokens carry whole seconds (RFC 7519 section 2)");
    }
}

//! Policies as files. What is wrong in one is said with its line and column, and with what would be right.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{
    AccessOnRefresh, Ends, Grace, IdleOnRefresh, Late401, LookAgain, LostAnswer, Policy, RefreshWhen, Rotation,
    SingleFlight, SpentRevokes, Validation, Window, WrongVerifier,
};

/// A file is not a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyError {
    /// The file, or the profile, as its reader called it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there, and what would be right.
    pub why: String,
}

impl std::error::Error for PolicyError {}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.why)
    }
}

/// A duration as people write it: `90s`, `5m`, `1h 30m`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Written(String);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    auth_service: AuthService,
    backend: Backend,
    gui: Gui,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthService {
    access_lifetime: Spanned<Written>,
    refresh_idle: Spanned<Written>,
    refresh_absolute: Spanned<Written>,
    code_lifetime: Spanned<Written>,
    rotation: RotationName,
    reuse_ends: EndsName,
    grace: GraceName,
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_window: Option<Spanned<Written>>,
    idle_on_refresh: IdleOnRefreshName,
    access_on_refresh: AccessOnRefreshName,
    wrong_verifier: WrongVerifierName,
    code_replay_ends: EndsName,
    revocation_ends: EndsName,
    spent_revokes: SpentRevokesName,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Backend {
    validation: ValidationName,
    #[serde(skip_serializing_if = "Option::is_none")]
    leeway: Option<Spanned<Written>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gui {
    refresh: RefreshName,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_margin: Option<Spanned<Written>>,
    single_flight: SingleFlightName,
    look_again: LookAgainName,
    late_401: Late401Name,
    lost_answer: LostAnswerName,
}

/// The names that a knob's choices have in a file.
macro_rules! choices {
    ($($file:ident for $knob:ident { $($choice:ident),+ })+) => {$(
        #[derive(Clone, Copy, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum $file { $($choice),+ }

        impl From<$file> for $knob {
            fn from(choice: $file) -> Self {
                match choice { $($file::$choice => Self::$choice),+ }
            }
        }

        impl From<$knob> for $file {
            fn from(choice: $knob) -> Self {
                match choice { $($knob::$choice => Self::$choice),+ }
            }
        }
    )+};
}

choices! {
    RotationName for Rotation { Off, Always }
    EndsName for Ends { Nothing, RefreshTokens, Grant, User }
    IdleOnRefreshName for IdleOnRefresh { Restarts, RunsOn }
    AccessOnRefreshName for AccessOnRefresh { Kept, Revoked }
    WrongVerifierName for WrongVerifier { Spends, Replays, Ignored }
    SpentRevokesName for SpentRevokes { Yes, No }
    ValidationName for Validation { Introspect, Local }
    SingleFlightName for SingleFlight { None, Tab, Browser }
    LookAgainName for LookAgain { Yes, No }
    Late401Name for Late401 { Compare, Refresh }
    LostAnswerName for LostAnswer { Retry, SignInAgain }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum RefreshName {
    #[serde(rename = "on_401")]
    On401,
    #[serde(rename = "before_expiry")]
    BeforeExpiry,
    #[serde(rename = "both")]
    Both,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GraceName {
    None,
    SameSuccessor,
    SameTokens,
    NewSibling,
}

/// What a grace window says when it is no length of time.
const UNTIL_USED: &str = "until_used";
/// What a lifetime says that does not end.
const NEVER: &str = "never";

/// A file in the reading: where it is, and what it says.
struct Reader<'t> {
    file: &'t str,
    text: &'t str,
}

impl Policy {
    /// Reads a policy. `file` is what an error calls it, and its stem is the policy's name.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, PolicyError> {
        let reader = Reader { file, text };
        let read: File = toml::from_str(text)
            .map_err(|error| reader.error(error.span().unwrap_or(0..0), first_line(error.message())))?;
        let File { auth_service: auth, backend, gui } = read;
        let access = reader.lifetime(&auth.access_lifetime)?;
        let idle = reader.lifetime_or_never(&auth.refresh_idle)?;
        let absolute = reader.lifetime_or_never(&auth.refresh_absolute)?;
        let code = reader.lifetime(&auth.code_lifetime)?;
        if let Some(absolute) = absolute {
            for (value, length) in [(&auth.refresh_idle, idle), (&auth.code_lifetime, Some(code))] {
                reader.at_most(value, length.unwrap_or_default(), absolute, "refresh_absolute")?;
            }
        }
        let leeway = match &backend.leeway {
            None => Duration::ZERO,
            Some(leeway) => {
                let length = reader.duration(leeway)?;
                reader.at_most(leeway, length, access, "access_lifetime")?;
                length
            }
        };
        let margin = match (&gui.refresh_margin, gui.refresh) {
            (None, RefreshName::On401) => Duration::ZERO,
            (None, RefreshName::BeforeExpiry | RefreshName::Both) => {
                let why = "`refresh_margin` is missing: a GUI that refreshes before expiry says how long before";
                return Err(reader.error_at_section("gui", why));
            }
            (Some(margin), _) => {
                let length = reader.duration(margin)?;
                if length >= access {
                    let why = "a margin as long as the access token's life would refresh for ever: it is shorter \
                               than `access_lifetime`";
                    return Err(reader.error(margin.span(), why));
                }
                length
            }
        };
        Ok(Self {
            name: stem(file).to_owned(),
            access_lifetime: access,
            refresh_idle: idle,
            refresh_absolute: absolute,
            code_lifetime: code,
            rotation: auth.rotation.into(),
            reuse_ends: auth.reuse_ends.into(),
            grace: reader.grace(auth.grace, auth.grace_window.as_ref())?,
            idle_on_refresh: auth.idle_on_refresh.into(),
            access_on_refresh: auth.access_on_refresh.into(),
            wrong_verifier: auth.wrong_verifier.into(),
            code_replay_ends: auth.code_replay_ends.into(),
            revocation_ends: auth.revocation_ends.into(),
            spent_revokes: auth.spent_revokes.into(),
            validation: backend.validation.into(),
            leeway,
            refresh_when: match gui.refresh {
                RefreshName::On401 => RefreshWhen::On401,
                RefreshName::BeforeExpiry => RefreshWhen::BeforeExpiry,
                RefreshName::Both => RefreshWhen::Both,
            },
            refresh_margin: margin,
            single_flight: gui.single_flight.into(),
            look_again: gui.look_again.into(),
            late_401: gui.late_401.into(),
            lost_answer: gui.lost_answer.into(),
        })
    }

    /// Writes the policy as a file that reads back to it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let (grace, window) = match self.grace {
            Grace::None => (GraceName::None, None),
            Grace::SameSuccessor(window) => (GraceName::SameSuccessor, Some(window)),
            Grace::SameTokens(window) => (GraceName::SameTokens, Some(window)),
            Grace::NewSibling(window) => (GraceName::NewSibling, Some(window)),
        };
        let window = window.map(|window| match window {
            Window::UntilUsed => Spanned::new(0..0, Written(UNTIL_USED.to_owned())),
            Window::For(length) => written(length),
        });
        let file = File {
            auth_service: AuthService {
                access_lifetime: written(self.access_lifetime),
                refresh_idle: written_or_never(self.refresh_idle),
                refresh_absolute: written_or_never(self.refresh_absolute),
                code_lifetime: written(self.code_lifetime),
                rotation: self.rotation.into(),
                reuse_ends: self.reuse_ends.into(),
                grace,
                grace_window: window,
                idle_on_refresh: self.idle_on_refresh.into(),
                access_on_refresh: self.access_on_refresh.into(),
                wrong_verifier: self.wrong_verifier.into(),
                code_replay_ends: self.code_replay_ends.into(),
                revocation_ends: self.revocation_ends.into(),
                spent_revokes: self.spent_revokes.into(),
            },
            backend: Backend {
                validation: self.validation.into(),
                leeway: (!self.leeway.is_zero()).then(|| written(self.leeway)),
            },
            gui: Gui {
                refresh: match self.refresh_when {
                    RefreshWhen::On401 => RefreshName::On401,
                    RefreshWhen::BeforeExpiry => RefreshName::BeforeExpiry,
                    RefreshWhen::Both => RefreshName::Both,
                },
                refresh_margin: (!self.refresh_margin.is_zero()).then(|| written(self.refresh_margin)),
                single_flight: self.single_flight.into(),
                look_again: self.look_again.into(),
                late_401: self.late_401.into(),
                lost_answer: self.lost_answer.into(),
            },
        };
        toml::to_string(&file).expect("a policy is plain data")
    }
}

impl Reader<'_> {
    fn error(&self, span: Range<usize>, why: impl Into<String>) -> PolicyError {
        let before = &self.text[..span.start.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        PolicyError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            why: why.into(),
        }
    }

    fn error_at_section(&self, section: &str, why: &str) -> PolicyError {
        let start = self.text.find(&format!("[{section}]")).unwrap_or(0);
        self.error(start..start, why)
    }

    fn duration(&self, value: &Spanned<Written>) -> Result<Duration, PolicyError> {
        let Written(text) = value.get_ref();
        humantime::parse_duration(text).map_err(|_| {
            self.error(value.span(), format!("`{text}` is no duration: write it like \"90s\", \"5m\" or \"1h 30m\""))
        })
    }

    fn lifetime(&self, value: &Spanned<Written>) -> Result<Duration, PolicyError> {
        match self.duration(value)? {
            Duration::ZERO => {
                Err(self.error(value.span(), "a lifetime of zero: nothing could ever be used; it is at least \"1s\""))
            }
            lifetime if lifetime.subsec_nanos() > 0 => Err(self
                .error(value.span(), "tokens carry whole seconds (RFC 7519 section 2): give a whole number of them")),
            lifetime => Ok(lifetime),
        }
    }

    fn lifetime_or_never(&self, value: &Spanned<Written>) -> Result<Option<Duration>, PolicyError> {
        if value.get_ref().0 == NEVER { Ok(None) } else { self.lifetime(value).map(Some) }
    }

    fn at_most(
        &self,
        value: &Spanned<Written>,
        length: Duration,
        limit: Duration,
        limit_name: &str,
    ) -> Result<(), PolicyError> {
        if length <= limit {
            return Ok(());
        }
        let limit = humantime::format_duration(limit);
        Err(self.error(value.span(), format!("longer than `{limit_name}`: it is at most \"{limit}\"")))
    }

    fn grace(&self, grace: GraceName, window: Option<&Spanned<Written>>) -> Result<Grace, PolicyError> {
        let length = |window: &Spanned<Written>| {
            if window.get_ref().0 == UNTIL_USED {
                return Ok(Window::UntilUsed);
            }
            self.lifetime(window).map(Window::For)
        };
        match (grace, window) {
            (GraceName::None, None) => Ok(Grace::None),
            (GraceName::None, Some(window)) => {
                Err(self.error(window.span(), "there is no grace to have a window: drop it, or choose a grace"))
            }
            (GraceName::SameSuccessor | GraceName::SameTokens | GraceName::NewSibling, None) => Err(self
                .error_at_section(
                    "auth_service",
                    "`grace_window` is missing: a grace says how long, as a duration or as \"until_used\"",
                )),
            (GraceName::SameSuccessor, Some(window)) => Ok(Grace::SameSuccessor(length(window)?)),
            (GraceName::SameTokens, Some(window)) => Ok(Grace::SameTokens(length(window)?)),
            (GraceName::NewSibling, Some(window)) => match length(window)? {
                Window::UntilUsed => Err(self.error(
                    window.span(),
                    "siblings have no one successor whose use could end the window: give a duration",
                )),
                window @ Window::For(_) => Ok(Grace::NewSibling(window)),
            },
        }
    }
}

fn written(duration: Duration) -> Spanned<Written> {
    Spanned::new(0..0, Written(humantime::format_duration(duration).to_string()))
}

fn written_or_never(duration: Option<Duration>) -> Spanned<Written> {
    duration.map_or_else(|| Spanned::new(0..0, Written(NEVER.to_owned())), written)
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or(message)
}

fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECOMMENDED: &str = include_str!("../../profiles/recommended.toml");

    fn refused(from: &str, to: &str) -> String {
        assert!(RECOMMENDED.contains(from), "the profile says `{from}`");
        Policy::from_toml("my.toml", &RECOMMENDED.replace(from, to)).expect_err("the file is wrong").to_string()
    }

    #[test]
    fn a_policy_reads_back_from_what_it_writes() {
        for (name, _) in Policy::PROFILES {
            let policy = Policy::profile(name).expect("the name is listed");
            assert_eq!(Policy::from_toml(name, &policy.to_toml()), Ok(policy));
        }
    }

    #[test]
    fn an_unknown_key_is_refused_where_it_stands_with_the_keys_there_are() {
        let error = refused("rotation = ", "rotatoin = ");
        assert!(error.starts_with("my.toml:"), "{error}");
        assert!(error.contains("unknown field `rotatoin`") && error.contains("`rotation`"), "{error}");
    }

    #[test]
    fn an_unknown_choice_is_refused_with_the_choices_there_are() {
        let error = refused("rotation = \"always\"", "rotation = \"sometimes\"");
        assert!(error.contains("`off`") && error.contains("`always`"), "{error}");
    }

    #[test]
    fn a_lifetime_of_zero_is_refused() {
        let error = refused("access_lifetime = \"10m\"", "access_lifetime = \"0s\"");
        assert!(error.contains("a lifetime of zero"), "{error}");
    }

    #[test]
    fn a_leeway_longer_than_the_lifetime_is_refused() {
        let error = refused("validation = \"introspect\"", "validation = \"local\"\nleeway = \"11m\"");
        assert!(error.contains("longer than `access_lifetime`: it is at most \"10m\""), "{error}");
    }

    #[test]
    fn a_duration_that_is_none_is_refused_where_it_stands() {
        let error = refused("code_lifetime = \"5m\"", "code_lifetime = \"soon\"");
        let line = RECOMMENDED.lines().position(|line| line.starts_with("code_lifetime")).map(|at| at + 1);
        assert!(error.starts_with(&format!("my.toml:{}:17: `soon`", line.unwrap_or_default())), "{error}");
    }
}

//! The names that choices have in a file.

use super::{
    AccessOnRefresh, Ends, IdleOnRefresh, Late401, LookAgain, LostAnswer, RefreshWhen, Rotation, SingleFlight,
    SpentRevokes, Validation, WrongVerifier,
};

/// What a knob can be set to, where that is one of a few names.
pub(super) trait Choice: Copy + 'static {
    /// Every choice.
    const ALL: &'static [Self];

    /// Its name in a file.
    fn name(self) -> &'static str;

    /// The choice of that name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.name() == name)
    }

    /// The names of all of them.
    fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|choice| choice.name()).collect()
    }
}

/// Which grace a policy gives, apart from how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum GraceKind {
    None,
    SameSuccessor,
    SameTokens,
    NewSibling,
}

macro_rules! choices {
    ($($knob:ident { $($choice:ident = $name:literal),+ })+) => {$(
        impl Choice for $knob {
            const ALL: &'static [Self] = &[$(Self::$choice),+];

            fn name(self) -> &'static str {
                match self { $(Self::$choice => $name),+ }
            }
        }
    )+};
}

choices! {
    Rotation { Off = "off", Always = "always" }
    Ends { Nothing = "nothing", RefreshTokens = "refresh_tokens", Grant = "grant", User = "user" }
    GraceKind { None = "none", SameSuccessor = "same_successor", SameTokens = "same_tokens", NewSibling = "new_sibling" }
    IdleOnRefresh { Restarts = "restarts", RunsOn = "runs_on" }
    AccessOnRefresh { Kept = "kept", Revoked = "revoked" }
    WrongVerifier { Spends = "spends", Replays = "replays", Ignored = "ignored" }
    SpentRevokes { Yes = "yes", No = "no" }
    Validation { Introspect = "introspect", Local = "local" }
    RefreshWhen { On401 = "on_401", BeforeExpiry = "before_expiry", Both = "both" }
    SingleFlight { None = "none", Tab = "tab", Browser = "browser" }
    LookAgain { Yes = "yes", No = "no" }
    Late401 { Compare = "compare", Refresh = "refresh" }
    LostAnswer { Retry = "retry", SignInAgain = "sign_in_again" }
}

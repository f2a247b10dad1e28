//! The GUI: a client for people, as a state machine without IO and a thin headless shell around it.
//!
//! Read [`Input`] and [`Effect`] first: all that happens to a GUI and all that it does. Then [`Settings`], [`Gui`] (its state), and
//! the rules: `calls`, `renewal`, `signin`. `session` and `request` read and build the messages. With the feature `headless`,
//! `Headless` is the shell, and `router` serves it to people with curl.
//!
//! Invariant: what a GUI does is a function of its settings and of the inputs, times and random bytes that it gets.
//! Deliberately absent: any knowledge of how the AuthService or the backend decides.

mod calls;
mod effect;
#[cfg(feature = "headless")]
mod headless;
#[cfg(feature = "headless")]
mod http;
mod input;
#[cfg(feature = "headless")]
mod lock;
#[cfg(feature = "headless")]
mod login;
mod machine;
mod renewal;
mod request;
mod secret;
mod session;
mod settings;
mod signin;
#[cfg(test)]
mod tests;
#[cfg(feature = "headless")]
mod wire;

pub use effect::{CallEnd, Effect, Exchange, SessionChange, SignInOutcome};
#[cfg(feature = "headless")]
pub use headless::{Headless, NoSignIn, NotNow};
#[cfg(feature = "headless")]
pub use http::router;
pub use input::{CallId, ExchangeId, Input, TabId};
#[cfg(feature = "headless")]
pub use login::{Credentials, FillIn, OtherOrigin};
pub use machine::{Client, Gui};
pub use secret::Secret;
pub use session::{GeneratedAt, MalformedToken, Session};
pub use settings::{
    AuthorizationServer, IssParameter, Late401, LookAgain, LostRefresh, MetadataError, Policy, RefreshWhen, Settings,
    SingleFlight,
};
#[cfg(feature = "headless")]
pub use wire::NoWire;

//! Puts each role together and gives it a socket.
//!
//! Invariant: sockets come first, since an issuer and a resource are named by where they listen.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use authloom_reference::auth::{self, AuthService, Chance, Demo, Keys, PasswordCost, Sqlite, Store};
use authloom_reference::backend::{self, Backend, Credentials, OverHttp};
use authloom_reference::clock::{Clock, HandClock, SystemClock};
use authloom_reference::gui::{self, Gui, Headless};
use axum::Router;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use super::{Fault, HOST, Memory, Options, Ready, Role, Time, controls, guide};
use crate::servers::Secret;
use crate::servers::browser::login::fill_in;
use crate::servers::settings::{self, Places, REDIRECT_URI};

/// The file in the folder that a [`Memory::Folder`] names.
const DATABASE: &str = "auth.sqlite";

/// Opens the sockets, sets the servers up behind them, and says what to tell of it.
pub(super) async fn ready(options: &Options) -> Result<Ready, Fault> {
    let time = Timepiece::of(options.time);
    match &options.role {
        Role::All { auth_port, backend_port, gui_port } => {
            let (auth_socket, issuer) = listen(*auth_port, "--auth-port").await?;
            let (backend_socket, resource) = listen(*backend_port, "--backend-port").await?;
            let (gui_socket, gui_url) = listen(*gui_port, "--gui-port").await?;
            let places = places(&issuer, &resource)?;
            let random = auth::Secret::random(&Chance::system())?;
            let secret = Secret::new(random.expose());
            let servers = vec![
                (auth_socket, auth_router(options, &time, &places, &secret)?),
                (backend_socket, backend_router(options, &time, &places, &issuer, &secret)?),
                (gui_socket, gui_router(options, &time, &places)?),
            ];
            Ok(Ready { servers, announcement: guide::guide(options, &places, &gui_url, &secret) })
        }
        Role::Auth { port, issuer, resource, backend_secret } => {
            let (socket, url) = listen(*port, "--auth-port").await?;
            let places = places(issuer.as_ref().unwrap_or(&url), resource)?;
            let router = auth_router(options, &time, &places, backend_secret)?;
            Ok(Ready { servers: vec![(socket, router)], announcement: line("auth", &url) })
        }
        Role::Backend { port, resource, issuer, auth_url, secret } => {
            let (socket, url) = listen(*port, "--backend-port").await?;
            let places = places(issuer, resource.as_ref().unwrap_or(&url))?;
            let router = backend_router(options, &time, &places, auth_url, secret)?;
            Ok(Ready { servers: vec![(socket, router)], announcement: line("backend", &url) })
        }
        Role::Gui { port, issuer, backend_url } => {
            let (socket, url) = listen(*port, "--gui-port").await?;
            let router = gui_router(options, &time, &places(issuer, backend_url)?)?;
            Ok(Ready { servers: vec![(socket, router)], announcement: line("gui", &url) })
        }
    }
}

/// What a program that started one role waits for.
fn line(role: &str, url: &str) -> String {
    format!("{}\n", json!({ "role": role, "url": url }))
}

async fn listen(port: u16, flag: &'static str) -> Result<(TcpListener, String), Fault> {
    let listener = TcpListener::bind((HOST, port)).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            Fault::PortInUse { port, flag }
        } else {
            Fault::Port { port, flag, source }
        }
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// The places of a deployment, of which two are chosen.
fn places(issuer: &str, resource: &str) -> Result<Places, Fault> {
    let (issuer, resource) = (checked(issuer)?, checked(resource)?);
    Ok(Places { issuer, resource, redirect_uri: REDIRECT_URI.to_owned() })
}

fn checked(url: &str) -> Result<String, Fault> {
    let sound = Url::parse(url).is_ok_and(|parsed| matches!(parsed.scheme(), "http" | "https") && parsed.has_host());
    if sound && !url.ends_with('/') {
        return Ok(url.to_owned());
    }
    Err(Fault::Address(format!("`{url}` is not an http URL without a slash at its end")))
}

fn auth_router(options: &Options, time: &Timepiece, places: &Places, backend_secret: &Secret) -> Result<Router, Fault> {
    let cost = match options.time {
        Time::Machine => PasswordCost::Recommended,
        Time::ByHand { .. } => PasswordCost::Cheapest,
    };
    let settings = settings::auth_settings(&options.policy, places, cost);
    let clock = Arc::clone(&time.clock);
    let chance = Chance::system();
    let store = open(&options.memory)?;
    let keys = Keys::of_store(&*store, &chance)?;
    let parts = auth::Parts { settings, store, clock, chance, keys, decisions: Arc::new(auth::Standard) };
    let service = AuthService::new(parts)?;
    let demo = Demo { redirect_uris: &[&places.redirect_uri], backend_secret: backend_secret.expose() };
    demo.enter(&service)?;
    let router = service.router();
    Ok(match time.hands() {
        Some(hands) => router.merge(controls::of_auth(hands, service)),
        None => router,
    })
}

fn backend_router(
    options: &Options,
    time: &Timepiece,
    places: &Places,
    auth_url: &str,
    secret: &Secret,
) -> Result<Router, Fault> {
    let credentials = Credentials { client_id: Demo::BACKEND.to_owned(), secret: secret.expose().to_owned() };
    let settings = settings::backend_settings(&options.policy, places, credentials);
    let clock = Arc::clone(&time.clock);
    let auth_server = Arc::new(OverHttp::new(checked(auth_url)?)?);
    let backend = Backend::new(backend::Parts { settings, auth_server, clock, judge: Arc::new(backend::Standard) });
    let router = backend.router();
    Ok(match time.hands() {
        Some(hands) => router.merge(controls::of_backend(hands, backend)),
        None => router,
    })
}

fn gui_router(options: &Options, time: &Timepiece, places: &Places) -> Result<Router, Fault> {
    let settings =
        settings::gui_settings(&options.policy, places, Demo::GUI).map_err(|fault| Fault::Address(fault.0))?;
    let seed = Chance::system().bytes()?;
    let client = Box::new(Gui::new(Arc::new(settings)));
    let browser = Headless::new(client, Arc::clone(&time.clock), Box::new(StdRng::from_seed(seed)), Box::new(fill_in))?;
    let router = gui::router(browser);
    Ok(match time.hands() {
        Some(hands) => router.merge(controls::of_gui(hands)),
        None => router,
    })
}

/// The clock of all roles, and its hands where it has any.
struct Timepiece {
    clock: Arc<dyn Clock>,
    hands: Option<HandClock>,
}

impl Timepiece {
    fn of(time: Time) -> Self {
        match time {
            Time::Machine => Self { clock: Arc::new(SystemClock), hands: None },
            Time::ByHand { start } => {
                let hands = HandClock::starting_at(start);
                Self { clock: Arc::new(hands.clone()), hands: Some(hands) }
            }
        }
    }

    fn hands(&self) -> Option<HandClock> {
        self.hands.clone()
    }
}

fn open(memory: &Memory) -> Result<Arc<dyn Store>, Fault> {
    match memory {
        Memory::Process => Ok(Arc::new(Sqlite::in_memory()?)),
        Memory::Folder(folder) => {
            make(folder).map_err(|source| Fault::Folder { path: folder.clone(), source })?;
            let path = folder.join(DATABASE);
            let store = Sqlite::open(&path).map_err(|source| Fault::Database { path, source })?;
            Ok(Arc::new(store))
        }
    }
}

/// For its owner alone: the signing key will be in it.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

//! The shell against the real servers, over loopback sockets, with a hand-turned clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use crate::clock::{Clock, HandClock, SystemClock, Timestamp};
use crate::gui::{
    AuthorizationServer, CallEnd, Credentials, Gui, Headless, IssParameter, NoSignIn, NotNow, OtherOrigin, Secret,
    Session, Settings, SignInOutcome, TabId, router,
};
use crate::{auth, backend};

use super::support::{CAREFUL, REDIRECT_URI};

const T0: TabId = TabId(0);
const T1: TabId = TabId(1);
const ACCESS_LIFETIME: Duration = Duration::from_secs(60);

struct Deployment {
    clock: HandClock,
    browser: Headless,
}

async fn loopback() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    (listener, base)
}

fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(async move { axum::serve(listener, router).await });
}

fn auth_service(issuer: &str, resource: &str, clock: &HandClock) -> auth::AuthService {
    let chance = auth::Chance::seeded(1);
    let mut settings = auth::Settings::new(issuer, resource);
    settings.lifetimes.access = ACCESS_LIFETIME;
    settings.password_cost = auth::PasswordCost::Cheapest;
    let service = auth::AuthService::new(auth::Parts {
        settings,
        store: Arc::new(auth::Sqlite::in_memory().unwrap()),
        clock: Arc::new(clock.clone()),
        keys: auth::Keys::generate(&chance).unwrap(),
        chance,
        decisions: Arc::new(auth::Standard),
    })
    .unwrap();
    let ann = auth::NewUser { subject: "1", username: "ann", password: "pw" };
    service.put_user(&ann).unwrap();
    let kinds = [
        ("gui", auth::ClientKind::Public { redirect_uris: &[REDIRECT_URI] }),
        ("backend", auth::ClientKind::ResourceServer { secret: "shh" }),
    ];
    for (client_id, kind) in kinds {
        service.put_client(&auth::NewClient { client_id, kind }).unwrap();
    }
    service
}

fn backend_of(issuer: &str, resource: &str, clock: &HandClock, auth: &auth::AuthService) -> backend::Backend {
    backend::Backend::new(backend::Parts {
        settings: backend::Settings {
            resource: resource.to_owned(),
            issuer: issuer.to_owned(),
            validation: backend::Validation::Introspect,
            credentials: backend::Credentials { client_id: "backend".to_owned(), secret: "shh".to_owned() },
        },
        auth_server: Arc::new(backend::InProcess(auth.router())),
        clock: Arc::new(clock.clone()),
        judge: Arc::new(backend::Standard),
    })
}

async fn deployment() -> Deployment {
    let clock = HandClock::starting_at(Timestamp(1_000_000));
    let (auth_socket, issuer) = loopback().await;
    let (backend_socket, resource) = loopback().await;
    let auth = auth_service(&issuer, &resource, &clock);
    serve(backend_socket, backend_of(&issuer, &resource, &clock, &auth).router());
    let metadata = "/.well-known/oauth-authorization-server";
    let metadata = auth.router().oneshot(Request::get(metadata).body(Body::empty()).unwrap());
    let metadata = metadata.await.unwrap().into_body().collect().await.unwrap().to_bytes();
    serve(auth_socket, auth.router());
    let settings = Settings {
        client_id: "gui".to_owned(),
        redirect_uri: Url::parse(REDIRECT_URI).unwrap(),
        server: AuthorizationServer::from_metadata(&issuer, &metadata).unwrap(),
        items: format!("{resource}/get_items").parse().unwrap(),
        policy: CAREFUL,
    };
    let gui = Gui::new(Arc::new(settings));
    let now: Arc<dyn Clock> = Arc::new(clock.clone());
    let browser = Headless::new(Box::new(gui), now, Box::new(StdRng::seed_from_u64(1)), Box::new(fill_in)).unwrap();
    Deployment { clock, browser }
}

fn ann(password: &str) -> Credentials {
    Credentials { username: "ann".to_owned(), password: Secret::new(password) }
}

/// The form of our own AuthService: its page carries the authorization request through, and is sent to `authorize`.
fn fill_in(at: &Url, page: &Response<Bytes>, credentials: &Credentials) -> Option<Request<Bytes>> {
    let page = std::str::from_utf8(page.body()).unwrap();
    assert!(page.contains(r#"method="post" action="authorize""#), "{page}");
    Some(filled_in(&at.join("authorize").unwrap(), at, credentials))
}

fn filled_in(action: &Url, at: &Url, Credentials { username, password }: &Credentials) -> Request<Bytes> {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(at.query_pairs()).append_pair("username", username).append_pair("password", password.expose());
    let request = Request::post(action.as_str()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Bytes::from(body.finish())).unwrap()
}

fn are_items(end: &CallEnd) -> bool {
    match end {
        CallEnd::Items(items) => serde_json::from_slice::<serde_json::Value>(items).is_ok(),
        CallEnd::SignInNeeded | CallEnd::Failed => false,
    }
}

#[tokio::test]
async fn a_person_signs_in_sees_items_through_expiries_and_signs_out() {
    let Deployment { clock, browser } = deployment().await;
    assert_eq!(browser.open(T0).await, CallEnd::SignInNeeded);
    assert_eq!(browser.sign_out(T0).await, Err(NotNow));
    assert_eq!(browser.sign_in(T0, ann("wrong")).await, Ok(SignInOutcome::Failed));
    assert_eq!(browser.sign_in(T0, ann("pw")).await, Ok(SignInOutcome::SignedIn));
    assert_eq!(browser.sign_in(T1, ann("pw")).await, Err(NoSignIn::NotNow(NotNow)));
    for _ in 0..3 {
        assert!(are_items(&browser.open(T0).await));
        clock.advance(ACCESS_LIFETIME);
    }
    assert_eq!(browser.sign_out(T1).await, Ok(()));
    assert!(!browser.signed_in());
    assert_eq!(browser.open(T0).await, CallEnd::SignInNeeded);
}

#[tokio::test]
async fn calls_of_several_tabs_at_the_moment_of_expiry_do_not_end_the_session() {
    let Deployment { clock, browser } = deployment().await;
    assert_eq!(browser.sign_in(T0, ann("pw")).await, Ok(SignInOutcome::SignedIn));
    for _ in 0..5 {
        clock.advance(ACCESS_LIFETIME);
        let end = tokio::join!(browser.open(T0), browser.open(T0), browser.open(T1), browser.open(TabId(2)));
        for end in [end.0, end.1, end.2, end.3] {
            assert!(are_items(&end), "{end:?}");
        }
    }
    assert!(browser.signed_in());
}

/// A GUI whose servers are all at one address.
fn settings_at(address: &str) -> Settings {
    Settings {
        client_id: "gui".to_owned(),
        redirect_uri: Url::parse(REDIRECT_URI).unwrap(),
        server: AuthorizationServer {
            issuer: address.to_owned(),
            authorization_endpoint: Url::parse(address).unwrap(),
            token_endpoint: address.parse().unwrap(),
            revocation_endpoint: Some(address.parse().unwrap()),
            iss: IssParameter::Sent,
        },
        items: address.parse().unwrap(),
        policy: CAREFUL,
    }
}

#[tokio::test]
async fn a_refresh_that_the_network_keeps_losing_fails_the_call_and_keeps_the_session() {
    let nowhere = loopback().await.1;
    let items = refusing_backend().await.parse().unwrap();
    let mut gui = Gui::new(Arc::new(Settings { items, ..settings_at(&nowhere) }));
    let session = Session::new(Secret::new("a1"), Secret::new("r1"), None).unwrap();
    gui.restore(Some(session));
    let browser =
        Headless::new(Box::new(gui), Arc::new(SystemClock), Box::new(StdRng::seed_from_u64(1)), Box::new(fill_in))
            .unwrap();
    assert_eq!(browser.open(T0).await, CallEnd::Failed);
    assert!(browser.signed_in());
    assert_eq!(browser.sign_out(T0).await, Ok(()), "a revocation that is lost is given up");
}

#[tokio::test]
async fn a_sign_out_without_a_revocation_endpoint_ends_at_once() {
    let nowhere = loopback().await.1;
    let mut settings = settings_at(&nowhere);
    settings.server.revocation_endpoint = None;
    let mut gui = Gui::new(Arc::new(settings));
    gui.restore(Some(Session::new(Secret::new("a1"), Secret::new("r1"), None).unwrap()));
    let browser =
        Headless::new(Box::new(gui), Arc::new(SystemClock), Box::new(StdRng::seed_from_u64(1)), Box::new(fill_in))
            .unwrap();
    tokio::select! {
        biased;
        signed_out = browser.sign_out(T0) => assert_eq!(signed_out, Ok(())),
        () = std::future::ready(()) => panic!("there is no answer to wait for"),
    }
    assert!(!browser.signed_in());
    assert_eq!(browser.sign_out(T0).await, Err(NotNow));
}

#[tokio::test]
async fn a_login_form_that_sends_the_password_elsewhere_is_not_sent() {
    let received = Arc::new(AtomicUsize::new(0));
    let (thief, elsewhere) = loopback().await;
    let count = Arc::clone(&received);
    let listen = move || async move {
        count.fetch_add(1, Ordering::SeqCst);
    };
    serve(thief, Router::new().fallback(listen));
    let (socket, issuer) = loopback().await;
    serve(socket, Router::new().fallback(|| async { "a login page" }));
    let gui = Gui::new(Arc::new(settings_at(&issuer)));
    let action = Url::parse(&elsewhere).unwrap();
    let fill_in = move |at: &Url, _: &Response<Bytes>, typed: &Credentials| Some(filled_in(&action, at, typed));
    let chance = Box::new(StdRng::seed_from_u64(1));
    let browser = Headless::new(Box::new(gui), Arc::new(SystemClock), chance, Box::new(fill_in)).unwrap();
    let expected = OtherOrigin { form: elsewhere, expected: issuer };
    assert_eq!(browser.sign_in(T0, ann("pw")).await, Err(NoSignIn::OtherOrigin(expected.clone())));
    assert_eq!(received.load(Ordering::SeqCst), 0, "nobody else has seen the password");
    assert_eq!(browser.sign_in(T0, ann("pw")).await, Err(NoSignIn::OtherOrigin(expected)), "the tab is free again");
}

async fn refusing_backend() -> String {
    let (socket, base) = loopback().await;
    serve(socket, Router::new().fallback(|| async { StatusCode::UNAUTHORIZED }));
    base
}

#[tokio::test]
async fn with_curl_each_status_says_what_the_person_would_see() {
    let routes = router(deployment().await.browser);
    let ask = async |method: &str, target: &str, form: &'static str| {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        routes.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(ask("GET", "/", "").await, 200);
    assert_eq!(ask("GET", "/items", "").await, 401);
    assert_eq!(ask("POST", "/sign-out", "").await, 409);
    assert_eq!(ask("POST", "/sign-in", "username=ann&password=wrong").await, 401);
    assert_eq!(ask("POST", "/sign-in", "username=ann&password=pw").await, 200);
    assert_eq!(ask("POST", "/sign-in?tab=1", "username=ann&password=pw").await, 409);
    assert_eq!(ask("GET", "/items?tab=1", "").await, 200);
    assert_eq!(ask("POST", "/sign-out?tab=1", "").await, 200);
    assert_eq!(ask("GET", "/items", "").await, 401);
}

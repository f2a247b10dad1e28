use authloom_model::Policy;
use authloom_reference::clock::Timestamp;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{Fault, HOST, Memory, Options, Ready, Role, Time, Until, roles};
use crate::servers::Secret;

const BY_HAND: Time = Time::ByHand { start: Timestamp::from_seconds(1_000_000) };
const ALL: Role = Role::All { auth_port: 0, backend_port: 0, gui_port: 0 };

fn options(role: Role, time: Time) -> Options {
    Options { policy: Policy::recommended(), role, time, memory: Memory::Process, until: Until::Signal }
}

async fn answers(ready: Ready, path: &str) -> Vec<StatusCode> {
    let mut statuses = Vec::new();
    for (_, router) in ready.servers {
        let request = Request::post(path).body(Body::empty()).unwrap();
        statuses.push(router.oneshot(request).await.unwrap().status());
    }
    statuses
}

#[tokio::test]
async fn nobody_can_turn_the_machines_clock_or_make_a_server_forget() {
    for path in ["/test/clock/advance?seconds=1", "/test/reset"] {
        let ready = roles::ready(&options(ALL, Time::Machine)).await.unwrap();
        assert_eq!(answers(ready, path).await, [StatusCode::NOT_FOUND; 3], "{path}");
    }
}

#[tokio::test]
async fn one_clock_is_turned_by_hand_for_all_roles() {
    let ready = roles::ready(&options(ALL, BY_HAND)).await.unwrap();
    for (turns, (_, router)) in (1..).zip(ready.servers) {
        let turn = Request::post("/test/clock/advance?seconds=10").body(Body::empty()).unwrap();
        let shown = router.oneshot(turn).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        assert_eq!(shown, format!("{{\"now\":{}}}", 1_000_000 + 10 * turns));
    }
}

#[tokio::test]
async fn only_a_server_with_something_to_forget_can_be_made_to() {
    let ready = roles::ready(&options(ALL, BY_HAND)).await.unwrap();
    let forgotten = [StatusCode::NO_CONTENT, StatusCode::NO_CONTENT, StatusCode::NOT_FOUND];
    assert_eq!(answers(ready, "/test/reset").await, forgotten);
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
    let taken = std::net::TcpListener::bind((HOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let role = Role::All { auth_port: 0, backend_port: port, gui_port: 0 };
    let Err(fault) = roles::ready(&options(role, Time::Machine)).await else { panic!("the port is taken") };
    assert!(matches!(fault, Fault::PortInUse { .. }));
    let said = fault.to_string();
    assert!(said.contains(&port.to_string()) && said.contains("--backend-port"), "{said}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named_with_the_flag_that_chooses_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let options = Options { memory: Memory::Folder(file.join("below")), ..options(ALL, Time::Machine) };
    let Err(fault) = roles::ready(&options).await else { panic!("a file has no folders") };
    assert!(fault.to_string().contains("--data FOLDER"), "{fault}");
}

#[tokio::test]
async fn an_address_that_ends_with_a_slash_is_refused() {
    let role = Role::Backend {
        port: 0,
        resource: None,
        issuer: "http://127.0.0.1:9400/".to_owned(),
        auth_url: "http://127.0.0.1:9400".to_owned(),
        secret: Secret::new("any"),
    };
    let Err(fault) = roles::ready(&options(role, Time::Machine)).await else { panic!("it ends with a slash") };
    assert!(fault.to_string().contains("`http://127.0.0.1:9400/`"), "{fault}");
}

#[tokio::test]
async fn a_role_alone_announces_itself_in_one_line_of_json() {
    let role = Role::Auth {
        port: 0,
        issuer: None,
        resource: "http://items.test".to_owned(),
        backend_secret: Secret::new("any"),
    };
    let ready = roles::ready(&options(role, BY_HAND)).await.unwrap();
    let url = format!("http://{}", ready.servers[0].0.local_addr().unwrap());
    assert_eq!(ready.announcement, format!("{{\"role\":\"auth\",\"url\":\"{url}\"}}\n"));
}

#[tokio::test]
async fn what_is_told_to_people_fits_a_terminal() {
    for time in [Time::Machine, BY_HAND] {
        let ready = roles::ready(&options(ALL, time)).await.unwrap();
        for line in ready.announcement.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

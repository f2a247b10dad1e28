use std::sync::{Arc, Barrier};
use std::thread;

use crate::clock::Timestamp;

use super::super::stage::*;
use super::super::*;

const AT_ONCE: usize = 8;

/// The same refresh token, presented by services that share nothing but the database file, all at once.
async fn race(settings: Settings) -> (Stage, Vec<Result<String, Refusal>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db");
    let stage_on_file =
        || Stage::with(settings.clone(), Arc::new(Sqlite::open(&path).unwrap()), Arc::new(Standard), Chance::system());
    let first = stage_on_file();
    let (_, token) = first.tokens().await;
    let stages: Vec<_> = (0..AT_ONCE).map(|_| stage_on_file()).collect();
    let start = Barrier::new(AT_ONCE);
    let answers = thread::scope(|scope| {
        let racers: Vec<_> = stages.iter().map(|stage| scope.spawn(|| refresh(stage, &token, &start))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    (first, answers)
}

fn refresh(stage: &Stage, token: &str, start: &Barrier) -> Result<String, Refusal> {
    start.wait();
    let request = RefreshRequest { client_id: GUI, scope: None };
    let issued = stage.service.refresh(token, &request).unwrap()?;
    Ok(issued.refresh_token.unwrap().expose().to_owned())
}

#[tokio::test]
async fn one_token_presented_many_times_at_once_has_exactly_one_successor() {
    let (stage, answers) = race(Settings { reuse: Reach::Nothing, ..settings() }).await;
    let successors: Vec<_> = answers.iter().flatten().collect();
    assert_eq!(successors.len(), 1, "{answers:?}");
    assert!(stage.is_active(successors[0]).await);
}

#[tokio::test]
async fn one_token_presented_many_times_at_once_ends_its_grant_where_reuse_ends_it() {
    let (stage, answers) = race(settings()).await;
    let successors: Vec<_> = answers.iter().flatten().collect();
    assert_eq!(successors.len(), 1, "{answers:?}");
    assert!(!stage.is_active(successors[0]).await);
}

#[tokio::test]
async fn with_grace_all_requests_at_once_get_the_same_successor() {
    let (stage, answers) = race(Settings { grace: Grace::SameSuccessor { window: None }, ..settings() }).await;
    let mut successors: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert!(stage.is_active(&successors[0]).await);
}

#[tokio::test]
async fn services_on_one_file_have_the_same_keys_and_find_each_others_tokens_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db");
    let before = Stage::with(settings(), Arc::new(Sqlite::open(&path).unwrap()), Arc::new(Standard), Chance::system());
    let keys = before.get("/jwks.json").await.text;
    let (access, refresh) = before.tokens().await;
    drop(before);
    let after = Stage::with(settings(), Arc::new(Sqlite::open(&path).unwrap()), Arc::new(Standard), Chance::system());
    assert_eq!(after.get("/jwks.json").await.text, keys);
    assert!(after.is_active(&access).await);
    assert_eq!(after.refresh(&refresh).await.outcome(), "200");
}

#[tokio::test]
async fn a_store_in_an_unusable_place_is_a_fault_and_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let fault = Sqlite::open(folder.path()).unwrap_err().to_string();
    assert!(fault.starts_with("the database failed: "), "{fault}");
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "not a database, but long enough to be looked at as one".repeat(100)).unwrap();
    assert!(Sqlite::open(&garbage).is_err());
}

/// Rules that forget to spend a rotated token.
struct Forgetful;

impl Decisions for Forgetful {
    fn redeem(
        &self,
        settings: &Settings,
        code: &CodeRecord,
        grant: &Grant,
        request: &Redemption<'_>,
        now: Timestamp,
    ) -> Decided<()> {
        Standard.redeem(settings, code, grant, request, now)
    }

    fn refresh(
        &self,
        settings: &Settings,
        token: &RefreshRecord,
        successor: Option<&RefreshRecord>,
        grant: &Grant,
        request: &RefreshRequest<'_>,
        now: Timestamp,
    ) -> Decided<Refreshed> {
        let decided = Standard.refresh(settings, token, successor, grant, request, now);
        Decided { changes: Changes::none(), ..decided }
    }

    fn revoke(
        &self,
        settings: &Settings,
        token: Revocable<'_>,
        grant: &Grant,
        client_id: &str,
        now: Timestamp,
    ) -> Changes {
        Standard.revoke(settings, token, grant, client_id, now)
    }

    fn access_is_active(&self, settings: &Settings, token: &AccessRecord, grant: &Grant, now: Timestamp) -> bool {
        Standard.access_is_active(settings, token, grant, now)
    }

    fn refresh_is_active(&self, settings: &Settings, token: &RefreshRecord, grant: &Grant, now: Timestamp) -> bool {
        Standard.refresh_is_active(settings, token, grant, now)
    }
}

#[tokio::test]
async fn the_supplied_rules_are_the_ones_that_decide() {
    let stage = Stage::with(settings(), Arc::new(Sqlite::in_memory().unwrap()), Arc::new(Forgetful), Chance::seeded(7));
    let (_, token) = stage.tokens().await;
    for _ in 0..2 {
        assert_eq!(stage.refresh(&token).await.outcome(), "200");
        assert!(stage.is_active(&token).await);
    }
}

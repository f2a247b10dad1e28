//! A store that reports conflicts instead of making transactions wait: every attempt takes a decision of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::super::stage::*;
use super::super::*;

/// A store whose transactions conflict, a set number of times, after all of their work was done.
struct Contended {
    inner: Arc<Sqlite>,
    conflicts: AtomicUsize,
    /// What another process does on the same database before the next attempt.
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Contended {
    fn over(inner: &Arc<Sqlite>) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), conflicts: AtomicUsize::new(0), meanwhile: Mutex::default() })
    }

    /// From now on the next `count` transactions conflict.
    fn conflict(&self, count: usize) {
        self.conflicts.store(count, Ordering::SeqCst);
    }

    fn meanwhile(&self, deed: impl FnOnce() + Send + 'static) {
        self.conflict(1);
        *self.meanwhile.lock().unwrap() = Some(Box::new(deed));
    }
}

impl Store for Contended {
    fn attempt_transaction(&self, deed: Deed<'_>) -> Result<(), Fault> {
        let due = self.conflicts.load(Ordering::SeqCst);
        if due == 0 {
            return self.inner.attempt_transaction(deed);
        }
        self.conflicts.store(due - 1, Ordering::SeqCst);
        let rolled_back = self.inner.attempt_transaction(&|records| {
            deed(records)?;
            Err(Fault::Conflict)
        });
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            meanwhile();
        }
        rolled_back
    }

    fn attempt_read(&self, deed: Deed<'_>) -> Result<(), Fault> {
        self.inner.attempt_read(deed)
    }
}

/// A stage on a store that conflicts, and another process on the same database.
fn stages(settings: &Settings) -> (Arc<Contended>, Stage, Stage) {
    let database = Arc::new(Sqlite::in_memory().unwrap());
    let store = Contended::over(&database);
    let stage = Stage::with(settings.clone(), Arc::clone(&store) as _, Arc::new(Standard), Chance::seeded(7));
    let other = Stage::with(settings.clone(), database, Arc::new(Standard), Chance::seeded(8));
    (store, stage, other)
}

fn refreshed(service: &AuthService, token: &str) -> Result<String, Refusal> {
    let request = RefreshRequest { client_id: GUI, scope: None };
    let issued = service.refresh(token, &request).unwrap()?;
    Ok(issued.refresh_token.unwrap().expose().to_owned())
}

#[tokio::test]
async fn an_answer_is_the_same_after_however_many_attempts() {
    for grace in [Grace::None, Grace::NewSibling { window: seconds(5) }] {
        let settings = Settings { grace, ..settings() };
        let mut answers = Vec::new();
        for conflicts in [0, 1, 3] {
            let (store, stage, _) = stages(&settings);
            let code = stage.code().await;
            store.conflict(conflicts);
            let issued = stage.redeem(&code).await;
            let token = issued.field("refresh_token");
            let mut texts = vec![issued.text];
            for _ in 0..2 {
                store.conflict(conflicts);
                texts.push(stage.refresh(&token).await.text);
            }
            answers.push(texts);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
    }
}

#[tokio::test]
async fn a_token_that_another_process_spends_between_two_attempts_is_refused_as_replayed() {
    let (store, stage, other) = stages(&Settings { reuse: Reach::Nothing, ..settings() });
    let (_, token) = stage.tokens().await;
    let (service, presented) = (other.service.clone(), token.clone());
    let theirs = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&theirs);
    store.meanwhile(move || *kept.lock().unwrap() = Some(refreshed(&service, &presented)));
    assert_eq!(refreshed(&stage.service, &token), Err(Refusal::Replayed));
    let successor = theirs.lock().unwrap().take().unwrap().unwrap();
    assert!(stage.is_active(&successor).await, "only the transaction that was saved has issued a token");
}

#[tokio::test]
async fn a_code_that_another_process_redeems_between_two_attempts_is_refused_and_ends_its_grant() {
    let (store, stage, other) = stages(&settings());
    let code = stage.code().await;
    let (service, presented) = (other.service.clone(), code.clone());
    let redeem = |service: &AuthService, code: &str| {
        let request = Redemption { client_id: GUI, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
        let issued = service.redeem(code, &request).unwrap()?;
        Ok(issued.access_token.expose().to_owned())
    };
    let theirs = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&theirs);
    store.meanwhile(move || *kept.lock().unwrap() = Some(redeem(&service, &presented)));
    assert_eq!(redeem(&stage.service, &code), Err(Refusal::Replayed));
    let access = theirs.lock().unwrap().take().unwrap().unwrap();
    assert!(!stage.is_active(&access).await);
}

#[tokio::test]
async fn an_attempt_is_decided_at_its_own_time() {
    let (store, stage, _) = stages(&settings());
    let code = stage.code().await;
    let clock = stage.clock.clone();
    store.meanwhile(move || {
        clock.advance(seconds(5));
    });
    assert_eq!(stage.redeem(&code).await.outcome(), "400 invalid_grant");
}

#[tokio::test]
async fn a_transaction_that_always_conflicts_is_given_up_and_changes_nothing() {
    let (store, stage, _) = stages(&settings());
    let (_, token) = stage.tokens().await;
    store.conflict(usize::MAX);
    assert_eq!(stage.refresh(&token).await.status, 500);
    store.conflict(0);
    assert!(stage.is_active(&token).await);
    assert_eq!(stage.refresh(&token).await.outcome(), "200");
}

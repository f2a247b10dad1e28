//! Laws that hold over any sequence of requests, under any policy.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::stage::*;
use super::super::*;

/// What a client, or a thief with old copies, may do next. A number picks among what was seen so far.
#[derive(Clone, Copy, Debug)]
enum Move {
    Redeem,
    Refresh(usize),
    RevokeRefresh(usize),
    RevokeAccess(usize),
    Wait(u64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let any = prop_oneof![
        1 => Just(Move::Redeem),
        6 => (0..32_usize).prop_map(Move::Refresh),
        1 => (0..32_usize).prop_map(Move::RevokeRefresh),
        1 => (0..32_usize).prop_map(Move::RevokeAccess),
        4 => (1..12_u64).prop_map(Move::Wait),
    ];
    vec(any, 1..24)
}

fn policies() -> impl Strategy<Value = Settings> {
    let grace = prop_oneof![
        Just(Grace::None),
        (1..15_u64).prop_map(|window| Grace::SameSuccessor { window: Some(seconds(window)) }),
        Just(Grace::SameSuccessor { window: None }),
        (1..15_u64).prop_map(|window| Grace::NewSibling { window: seconds(window) }),
    ];
    let rotation = prop_oneof![1 => Just(Rotation::Off), 4 => Just(Rotation::Always)];
    let reuse = prop_oneof![Just(Reach::Nothing), Just(Reach::Grant)];
    let code_replay = prop_oneof![Just(Reach::Nothing), Just(Reach::Grant)];
    (grace, rotation, reuse, code_replay).prop_map(|(grace, rotation, reuse, code_replay)| Settings {
        grace,
        rotation,
        reuse,
        code_replay,
        ..settings()
    })
}

/// Everything that was ever issued in one grant, oldest first.
struct Session {
    stage: Stage,
    code: String,
    refresh: Vec<String>,
    access: Vec<String>,
}

impl Session {
    async fn begin(settings: Settings) -> Self {
        let stage = Stage::new(settings);
        let code = stage.code().await;
        let mut session = Self { stage, code, refresh: Vec::new(), access: Vec::new() };
        session.play(Move::Redeem).await;
        session
    }

    async fn play(&mut self, next: Move) -> Option<Seen> {
        let pick = |known: &[String], index: usize| known[index % known.len()].clone();
        let seen = match next {
            Move::Redeem => self.stage.redeem(&self.code).await,
            Move::Refresh(index) => self.stage.refresh(&pick(&self.refresh, index)).await,
            Move::RevokeRefresh(index) => self.stage.revoke(&pick(&self.refresh, index)).await,
            Move::RevokeAccess(index) => self.stage.revoke(&pick(&self.access, index)).await,
            Move::Wait(count) => {
                self.stage.wait(count);
                return None;
            }
        };
        for (known, field) in [(&mut self.refresh, "refresh_token"), (&mut self.access, "access_token")] {
            let issued = seen.field(field);
            if !issued.is_empty() && !known.contains(&issued) {
                known.push(issued);
            }
        }
        Some(seen)
    }

    async fn active(&self, tokens: &[String]) -> Vec<bool> {
        let mut active = Vec::new();
        for token in tokens {
            active.push(self.stage.is_active(token).await);
        }
        active
    }
}

fn run(test: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn at_most_one_refresh_token_of_a_grant_is_active_unless_siblings_are_wanted(policy in policies(), moves in moves()) {
        run(async {
            let siblings = matches!(policy.grace, Grace::NewSibling { .. });
            let mut session = Session::begin(policy).await;
            for next in moves {
                session.play(next).await;
                let active = session.active(&session.refresh).await;
                let count = active.iter().filter(|active| **active).count();
                prop_assert!(siblings || count <= 1, "{count} active after {next:?}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_token_that_has_stopped_being_active_stays_inactive(policy in policies(), moves in moves()) {
        run(async {
            let mut session = Session::begin(policy).await;
            let mut before = Vec::new();
            for next in moves {
                session.play(next).await;
                let tokens = [session.refresh.clone(), session.access.clone()].concat();
                let after: Vec<_> = tokens.iter().cloned().zip(session.active(&tokens).await).collect();
                for (token, was_active) in &before {
                    let is_active = after.iter().any(|(known, active)| known == token && *active);
                    prop_assert!(*was_active || !is_active, "resurrected by {next:?}");
                }
                before = after;
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_active_token_is_accepted_and_a_revoked_one_is_not(policy in policies(), moves in moves(), index in 0..32_usize) {
        run(async {
            let mut session = Session::begin(policy).await;
            for next in moves {
                session.play(next).await;
            }
            let presented = session.refresh[index % session.refresh.len()].clone();
            let active = session.stage.is_active(&presented).await;
            let taken = session.stage.refresh(&presented).await;
            prop_assert!(!active || taken.status == 200);
            session.stage.revoke(&presented).await;
            for token in &session.refresh {
                prop_assert_eq!(session.stage.refresh(token).await.outcome(), "400 invalid_grant");
            }
            let any_active = session.active(&session.access).await.contains(&true);
            prop_assert!(!any_active);
            Ok(())
        })?;
    }
}

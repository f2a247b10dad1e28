use super::super::super::stage::*;
use super::super::super::*;

#[tokio::test]
async fn a_refresh_whose_response_was_lost_can_be_repeated_and_returns_the_same_successor() {
    let grace = Grace::SameSuccessor { window: Some(seconds(3)) };
    let stage = Stage::new(Settings { grace, ..settings() });
    let (_, first) = stage.tokens().await;
    let lost = stage.refresh(&first).await;
    stage.wait(2);
    let again = stage.refresh(&first).await;
    assert_eq!(again.field("refresh_token"), lost.field("refresh_token"));
    assert_ne!(again.field("access_token"), lost.field("access_token"));

    stage.wait(17);
    let successor = again.field("refresh_token");
    assert!(stage.is_active(&successor).await, "19 s after its birth");
    stage.wait(1);
    assert!(!stage.is_active(&successor).await, "presenting it again did not restart its idle time");
}

#[tokio::test]
async fn the_window_counts_from_the_first_use_and_does_not_slide() {
    for grace in [Grace::SameSuccessor { window: Some(seconds(3)) }, Grace::NewSibling { window: seconds(3) }] {
        let stage = Stage::new(Settings { grace, ..settings() });
        let (_, first) = stage.tokens().await;
        let second = stage.refresh(&first).await.field("refresh_token");
        for _ in 0..2 {
            stage.wait(1);
            assert_eq!(stage.refresh(&first).await.outcome(), "200");
        }
        stage.wait(1);
        assert_eq!(stage.refresh(&first).await.outcome(), "400 invalid_grant");
        assert!(!stage.is_active(&second).await, "outside the window it is a replay");
    }
}

#[tokio::test]
async fn siblings_are_active_beside_each_other() {
    let stage = Stage::new(Settings { grace: Grace::NewSibling { window: seconds(3) }, ..settings() });
    let (_, first) = stage.tokens().await;
    let mut siblings = Vec::new();
    for _ in 0..3 {
        siblings.push(stage.refresh(&first).await.field("refresh_token"));
    }
    siblings.dedup();
    assert_eq!(siblings.len(), 3);
    for sibling in &siblings {
        assert!(stage.is_active(sibling).await);
    }
}

//! The endpoints, as clients and browsers meet them.

use super::super::stage::*;

#[tokio::test]
async fn a_sign_in_buys_tokens_that_are_active_until_they_are_revoked() {
    let stage = Stage::new(settings());
    let signed_in = stage.sign_in().await;
    assert_eq!(signed_in.status, 303);
    assert_eq!(signed_in.back("state").as_deref(), Some("a state"));
    assert_eq!(signed_in.back("iss").as_deref(), Some(ISSUER));

    let issued = stage.redeem(&signed_in.back("code").unwrap()).await;
    assert_eq!(issued.outcome(), "200");
    assert_eq!(
        (issued.header("cache-control"), issued.header("pragma")),
        ("no-store", "no-cache")
    );
    let (access, refresh) = (issued.field("access_token"), issued.field("refresh_token"));
    assert!(stage.is_active(&access).await && stage.is_active(&refresh).await);

    let refreshed = stage.refresh(&refresh).await;
    assert_eq!(refreshed.outcome(), "200");
    let (access_2, refresh_2) = (
        refreshed.field("access_token"),
        refreshed.field("refresh_token"),
    );
    assert!(
        stage.is_active(&access).await,
        "a refresh leaves the older access token alone"
    );
    assert!(stage.is_active(&access_2).await && stage.is_active(&refresh_2).await);
    assert!(!stage.is_active(&refresh).await);

    assert_eq!(stage.revoke(&refresh_2).await.outcome(), "200");
    for token in [access, refresh, access_2, refresh_2] {
        assert!(!stage.is_active(&token).await);
    }
}

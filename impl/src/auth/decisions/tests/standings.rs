use super::*;

fn access_token() -> AccessRecord {
    AccessRecord {
        digest: Digest::of("access"),
        grant: GrantId(1),
        beside: Digest::of("refresh"),
        jti: "jti".to_owned(),
        scope: "items".to_owned(),
        issued_at: at(0),
        expires_at: at(10),
        state: TokenState::Live,
    }
}

#[test]
fn an_access_token_is_active_until_the_second_before_its_exp() {
    let active =
        |token: &AccessRecord, grant: &Grant, second| Standard.access_is_active(&settings(), token, grant, at(second));
    assert!(active(&access_token(), &grant(), 9));
    assert!(!active(&access_token(), &grant(), 10));
    assert!(!active(&access_token(), &ended(Ending::SignedOut), 9));
    assert!(!active(&AccessRecord { state: TokenState::Revoked, ..access_token() }, &grant(), 9));
}

#[test]
fn an_access_token_may_outlive_the_absolute_lifetime_of_its_grant() {
    let token = AccessRecord { issued_at: at(49), expires_at: at(59), ..access_token() };
    assert!(Standard.access_is_active(&settings(), &token, &grant(), at(58)));
}

#[test]
fn a_refresh_token_is_active_exactly_as_long_as_a_refresh_succeeds_without_grace() {
    let request = RefreshRequest { client_id: GUI, scope: None };
    for token in [refresh_token(0), refresh_token(15), refresh_token(31), refresh_token(45), spent(refresh_token(0), 3)]
    {
        for grant in [grant(), ended(Ending::RefreshTokenReuse)] {
            for second in 0..70 {
                let taken = Standard.refresh(&settings(), &token, None, &grant, &request, at(second)).answer.is_ok();
                let active = Standard.refresh_is_active(&settings(), &token, &grant, at(second));
                assert_eq!(active, taken, "{token:?} of {grant:?} after {second} s");
            }
        }
    }
}

#[test]
fn grace_does_not_make_a_spent_token_active() {
    let graceful = Settings { grace: Grace::SameSuccessor { window: None }, ..settings() };
    assert!(!Standard.refresh_is_active(&graceful, &spent(refresh_token(0), 1), &grant(), at(2)));
}

#[test]
fn revoking_any_refresh_token_ends_the_grant_and_an_access_token_only_itself() {
    for token in [refresh_token(0), spent(refresh_token(0), 1)] {
        let changes = revoke(Revocable::Refresh(&token), &grant(), GUI);
        let revoked = RefreshRecord { state: TokenState::Revoked, ..token };
        let all = Changes { grant: Some(ended(Ending::SignedOut)), refresh: Some(revoked), ..Changes::none() };
        assert_eq!(changes, all);
        assert_eq!(revoke(Revocable::Refresh(&token), &grant(), "other"), Changes::none());
        // The first reason stays.
        assert_eq!(revoke(Revocable::Refresh(&token), &ended(Ending::CodeReplay), GUI), Changes::none());
    }
    let changes = revoke(Revocable::Access(&access_token()), &grant(), GUI);
    let revoked = AccessRecord { state: TokenState::Revoked, ..access_token() };
    assert_eq!(changes, Changes { access: Some(revoked), ..Changes::none() });
    assert_eq!(revoke(Revocable::Access(&access_token()), &grant(), "other"), Changes::none());
}

#[test]
fn a_revocation_ends_as_much_as_the_settings_say() {
    let with = |revocation, spent_revokes| Settings { revocation, spent_revokes, ..settings() };
    let revoke = |settings: &Settings, token: &RefreshRecord| {
        Standard.revoke(settings, Revocable::Refresh(token), &grant(), GUI, at(3))
    };
    let revoked = RefreshRecord { state: TokenState::Revoked, ..refresh_token(0) };
    let token_only = revoke(&with(Reach::Nothing, SpentRevokes::Yes), &refresh_token(0));
    assert_eq!(token_only, Changes { refresh: Some(revoked), ..Changes::none() });
    assert!(!Standard.refresh_is_active(&settings(), &revoked, &grant(), at(3)));
    let confirmed = revoke(&with(Reach::Grant, SpentRevokes::No), &spent(refresh_token(0), 1));
    assert_eq!(confirmed, Changes::none());
    let without_refresh = revoke(&with(Reach::RefreshTokens, SpentRevokes::Yes), &refresh_token(0)).grant;
    let without_refresh = without_refresh.expect("the refresh tokens of the grant end");
    assert!(!Standard.refresh_is_active(&settings(), &refresh_token(0), &without_refresh, at(3)));
    assert!(Standard.access_is_active(&settings(), &access_token(), &without_refresh, at(3)));
}

fn revoke(token: Revocable<'_>, grant: &Grant, client_id: &str) -> Changes {
    Standard.revoke(&settings(), token, grant, client_id, at(500))
}

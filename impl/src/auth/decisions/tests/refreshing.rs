use super::*;

const HONEST: RefreshRequest<'static> = RefreshRequest { client_id: GUI, scope: None };

fn refresh(
    settings: &Settings,
    token: RefreshRecord,
    successor: Option<RefreshRecord>,
    second: u64,
) -> Decided<Refreshed> {
    Standard.refresh(settings, &token, successor.as_ref(), &grant(), &HONEST, at(second))
}

fn changed_token(token: RefreshRecord) -> Changes {
    Changes { refresh: Some(token), ..Changes::none() }
}

fn reuse_ends_the_grant() -> Changes {
    Changes { grant: Some(ended(Ending::RefreshTokenReuse)), ..Changes::none() }
}

fn with_grace(grace: Grace) -> Settings {
    Settings { grace, ..settings() }
}

#[test]
fn a_refresh_spends_the_presented_token_when_tokens_rotate() {
    let decided = refresh(&settings(), refresh_token(0), None, 19);
    assert_eq!(decided.answer, Ok(Refreshed::Rotated { idle_since: at(19) }));
    assert_eq!(decided.changes, changed_token(spent(refresh_token(0), 19)));
}

#[test]
fn a_refresh_restarts_the_idle_time_when_tokens_do_not_rotate() {
    let decided = refresh(&Settings { rotation: Rotation::Off, ..settings() }, refresh_token(0), None, 19);
    assert_eq!(decided.answer, Ok(Refreshed::Kept));
    assert_eq!(decided.changes, changed_token(refresh_token(19)));
}

#[test]
fn an_idle_token_is_refused_from_the_end_of_its_idle_time_and_does_not_change() {
    let decided = refresh(&settings(), refresh_token(0), None, 20);
    assert_eq!(decided, Decided::refused(Refusal::Expired, Changes::none()));
}

#[test]
fn no_token_outlives_the_absolute_lifetime_of_its_grant() {
    assert_eq!(refresh(&settings(), refresh_token(40), None, 49).answer, Ok(Refreshed::Rotated { idle_since: at(49) }));
    let decided = refresh(&settings(), refresh_token(40), None, 50);
    assert_eq!(decided, Decided::refused(Refusal::GrantTooOld, Changes::none()));
    // Not even to be found out as a replay.
    let decided = refresh(&settings(), spent(refresh_token(40), 41), None, 50);
    assert_eq!(decided, Decided::refused(Refusal::GrantTooOld, Changes::none()));
}

#[test]
fn a_replayed_token_ends_its_grant_where_the_settings_say_so() {
    for second in [1, 2, 49] {
        let decided = refresh(&settings(), spent(refresh_token(0), 1), Some(refresh_token(1)), second);
        assert_eq!(decided, Decided::refused(Refusal::Replayed, reuse_ends_the_grant()));
    }
    let lenient = Settings { reuse: Reach::Nothing, ..settings() };
    let decided = refresh(&lenient, spent(refresh_token(0), 1), Some(refresh_token(1)), 2);
    assert_eq!(decided, Decided::refused(Refusal::Replayed, Changes::none()));
}

#[test]
fn another_clients_token_and_an_ended_grant_are_refused_first() {
    let token = spent(refresh_token(0), 1);
    let decided = Standard.refresh(
        &settings(),
        &token,
        None,
        &grant(),
        &RefreshRequest { client_id: "other", scope: None },
        at(2),
    );
    assert_eq!(decided, Decided::refused(Refusal::OtherClient, Changes::none()));
    let decided = Standard.refresh(&settings(), &token, None, &ended(Ending::SignedOut), &HONEST, at(500));
    assert_eq!(decided, Decided::refused(Refusal::GrantEnded, Changes::none()));
}

#[test]
fn the_same_successor_is_returned_within_the_window_and_no_record_changes() {
    let windowed = with_grace(Grace::SameSuccessor { window: Some(seconds(3)) });
    let (parent, successor) = (spent(refresh_token(0), 10), refresh_token(10));
    let decided = refresh(&windowed, parent, Some(successor), 12);
    assert_eq!(decided, Decided::granted(Refreshed::SameSuccessor, Changes::none()));
    let decided = refresh(&windowed, parent, Some(successor), 13);
    assert_eq!(decided, Decided::refused(Refusal::Replayed, reuse_ends_the_grant()));
}

#[test]
fn without_a_window_the_same_successor_is_returned_until_it_is_used_or_expires() {
    let unlimited = with_grace(Grace::SameSuccessor { window: None });
    let (parent, successor) = (spent(refresh_token(0), 10), refresh_token(10));
    assert_eq!(refresh(&unlimited, parent, Some(successor), 29).answer, Ok(Refreshed::SameSuccessor));
    let idle = refresh(&unlimited, parent, Some(successor), 30);
    assert_eq!(idle, Decided::refused(Refusal::Replayed, reuse_ends_the_grant()));
    let used = refresh(&unlimited, parent, Some(spent(successor, 11)), 12);
    assert_eq!(used, Decided::refused(Refusal::Replayed, reuse_ends_the_grant()));
    let none = refresh(&unlimited, parent, None, 12);
    assert_eq!(none, Decided::refused(Refusal::Replayed, reuse_ends_the_grant()));
}

#[test]
fn siblings_are_issued_within_the_window_whatever_happened_to_the_first() {
    let siblings = with_grace(Grace::NewSibling { window: seconds(3) });
    let parent = spent(refresh_token(0), 10);
    for successor in [None, Some(refresh_token(10)), Some(spent(refresh_token(10), 11))] {
        let decided = refresh(&siblings, parent, successor, 12);
        assert_eq!(decided, Decided::granted(Refreshed::NewSibling { idle_since: at(12) }, Changes::none()));
        let decided = refresh(&siblings, parent, successor, 13);
        assert_eq!(decided, Decided::refused(Refusal::Replayed, reuse_ends_the_grant()));
    }
}

#[test]
fn scope_can_be_narrowed_but_not_widened_and_a_replay_cannot_hide_behind_it() {
    let ask = |scope, token: RefreshRecord| {
        let request = RefreshRequest { client_id: GUI, scope: Some(scope) };
        Standard.refresh(&settings(), &token, None, &grant(), &request, at(1))
    };
    assert_eq!(ask("notes", refresh_token(0)).answer, Ok(Refreshed::Rotated { idle_since: at(1) }));
    for wider in ["items admin", "admin", "item"] {
        assert_eq!(ask(wider, refresh_token(0)), Decided::refused(Refusal::ScopeTooWide, Changes::none()));
    }
    let replay = ask("admin", spent(refresh_token(0), 1));
    assert_eq!(replay, Decided::refused(Refusal::Replayed, reuse_ends_the_grant()));
}

#[test]
fn idle_time_runs_on_where_it_does_not_restart() {
    let on = Settings { idle_on_refresh: IdleOnRefresh::RunsOn, ..settings() };
    assert_eq!(refresh(&on, refresh_token(0), None, 19).answer, Ok(Refreshed::Rotated { idle_since: at(0) }));
    let spent_token = spent(refresh_token(0), 10);
    assert_eq!(refresh(&on, spent_token, None, 19).answer, Err(Refusal::Replayed));
    assert_eq!(refresh(&on, spent_token, None, 20), Decided::refused(Refusal::Expired, Changes::none()));
    let kept = Settings { rotation: Rotation::Off, ..on };
    assert_eq!(refresh(&kept, refresh_token(0), None, 19).changes, changed_token(refresh_token(0)));
}

#[test]
fn a_refresh_revokes_earlier_access_tokens_only_where_the_settings_say_so() {
    assert_eq!(refresh(&settings(), refresh_token(0), None, 1).changes.beyond, Beyond::Nothing);
    let strict = Settings { access_on_refresh: AccessOnRefresh::Revoked, ..settings() };
    assert_eq!(refresh(&strict, refresh_token(0), None, 1).changes.beyond, Beyond::AccessTokensOf(GrantId(1)));
}

#[test]
fn a_replay_ends_as_much_as_the_settings_say() {
    let changes = |reuse| refresh(&Settings { reuse, ..settings() }, spent(refresh_token(0), 1), None, 2).changes;
    let in_state = |state| Changes { grant: Some(Grant { state, ..grant() }), ..Changes::none() };
    let ending = Ending::RefreshTokenReuse;
    assert_eq!(changes(Reach::Nothing), Changes::none());
    assert_eq!(changes(Reach::RefreshTokens), in_state(GrantState::RefreshEnded(ending)));
    assert_eq!(changes(Reach::Grant), in_state(GrantState::Ended(ending)));
    let everything = Beyond::GrantsOf("subject-1".to_owned(), ending);
    assert_eq!(changes(Reach::Subject), Changes { beyond: everything, ..Changes::none() });
}

#[test]
fn without_a_lifetime_nothing_expires() {
    let endless = Lifetimes { refresh_idle: None, refresh_absolute: None, ..settings().lifetimes };
    let endless = Settings { lifetimes: endless, ..settings() };
    assert!(refresh(&endless, refresh_token(0), None, 100_000).answer.is_ok());
}

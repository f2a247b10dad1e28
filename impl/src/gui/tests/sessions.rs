//! Stories of calls and of the refreshes they make.

use crate::gui::{Late401, LookAgain, LostRefresh, Policy, RefreshWhen, SingleFlight};

use super::support::{Browser, CAREFUL, MARGIN, invalid_grant, items, refused, response, tokens};

const NOTHING: [&str; 0] = [];

fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = CAREFUL;
    change(&mut policy);
    policy
}

/// A browser whose call 1 in tab 0 was refused with a1, and that is now refreshing r1.
fn refreshing(policy: Policy) -> Browser {
    let mut browser = Browser::holding(policy, "a1", "r1");
    browser.open(0, 1);
    let after_401 = browser.answer("T0 calls 1 with a1", refused());
    match policy.single_flight {
        SingleFlight::None | SingleFlight::Tab => assert_eq!(after_401, ["T0 refreshes r1"]),
        SingleFlight::Browser => {
            assert_eq!(after_401, ["T0 asks for the lock"]);
            assert_eq!(browser.grant_lock(0), ["T0 refreshes r1"]);
        }
    }
    browser
}

#[test]
fn a_call_without_a_session_is_sent_without_a_token_and_a_401_asks_to_sign_in() {
    let mut browser = Browser::new(CAREFUL);
    assert_eq!(browser.open(0, 1), ["T0 calls 1"]);
    browser.store("a1", "r1");
    assert_eq!(browser.answer("T0 calls 1", refused()), ["T0 shows 1: sign in"]);
}

#[test]
fn a_call_with_a_session_carries_its_token_and_shows_what_comes_back() {
    let mut browser = Browser::holding(CAREFUL, "a1", "r1");
    assert_eq!(browser.open(0, 1), ["T0 calls 1 with a1"]);
    assert_eq!(browser.answer("T0 calls 1 with a1", items()), ["T0 shows 1: items"]);
}

#[test]
fn a_call_that_fails_for_another_reason_keeps_the_session() {
    for status in [302, 400, 403, 500, 503] {
        let mut browser = Browser::holding(CAREFUL, "a1", "r1");
        browser.open(0, 1);
        let end = browser.answer("T0 calls 1 with a1", response(status, ""));
        assert_eq!(end, ["T0 shows 1: failed"], "{status}");
        assert_eq!(browser.stored(), Some(("a1", "r1")), "{status}");
    }
    let mut browser = Browser::holding(CAREFUL, "a1", "r1");
    browser.open(0, 1);
    assert_eq!(browser.lose("T0 calls 1 with a1"), ["T0 shows 1: failed"]);
    assert_eq!(browser.stored(), Some(("a1", "r1")));
}

#[test]
fn a_401_renews_the_session_once_and_the_second_401_is_final() {
    let mut browser = refreshing(CAREFUL);
    assert_eq!(
        browser.answer("T0 refreshes r1", tokens("a2", "r2")),
        ["session: Renewed", "T0 releases the lock", "T0 calls 1 with a2"]
    );
    assert_eq!(browser.stored(), Some(("a2", "r2")));
    assert_eq!(browser.answer("T0 calls 1 with a2", refused()), ["T0 shows 1: failed"]);
    assert_eq!(browser.stored(), Some(("a2", "r2")));
}

#[test]
fn a_response_without_a_refresh_token_keeps_the_presented_one() {
    let mut browser = refreshing(CAREFUL);
    browser.answer("T0 refreshes r1", response(200, r#"{"access_token":"a2","token_type":"bearer"}"#));
    assert_eq!(browser.stored(), Some(("a2", "r1")));
}

#[test]
fn a_token_is_replaced_at_the_margin_before_its_expiry_and_not_a_second_sooner() {
    for refresh_when in [RefreshWhen::BeforeExpiry { margin: MARGIN }, RefreshWhen::Both { margin: MARGIN }] {
        let mut browser = Browser::holding(policy(|p| p.refresh_when = refresh_when), "a1", "r1");
        browser.now.0 += 49;
        assert_eq!(browser.open(0, 1), ["T0 calls 1 with a1"]);
        browser.now.0 += 1;
        assert_eq!(browser.open(0, 2), ["T0 asks for the lock"]);
        assert_eq!(browser.grant_lock(0), ["T0 refreshes r1"]);
        let end = browser.answer("T0 refreshes r1", tokens("a2", "r2"));
        assert_eq!(end.last().unwrap(), "T0 calls 2 with a2");
        assert_eq!(browser.answer("T0 calls 2 with a2", refused()), ["T0 shows 2: failed"]);
    }
}

#[test]
fn a_client_that_refreshes_on_401_uses_a_token_past_its_expiry() {
    let mut browser = Browser::holding(CAREFUL, "a1", "r1");
    browser.now.0 += 1000;
    assert_eq!(browser.open(0, 1), ["T0 calls 1 with a1"]);
}

#[test]
fn a_client_that_refreshes_before_expiry_takes_a_401_as_final() {
    let before_expiry = policy(|p| p.refresh_when = RefreshWhen::BeforeExpiry { margin: MARGIN });
    let mut browser = Browser::holding(before_expiry, "a1", "r1");
    browser.open(0, 1);
    assert_eq!(browser.answer("T0 calls 1 with a1", refused()), ["T0 shows 1: failed"]);
}

#[test]
fn a_late_401_is_answered_with_the_newer_token_or_with_one_more_refresh() {
    let late = |late_401| {
        let mut browser = Browser::holding(policy(|p| p.late_401 = late_401), "a1", "r1");
        browser.open(0, 1);
        browser.store("a2", "r2");
        browser.answer("T0 calls 1 with a1", refused())
    };
    assert_eq!(late(Late401::Compare), ["T0 calls 1 with a2"]);
    assert_eq!(late(Late401::Refresh), ["T0 asks for the lock"]);
}

#[test]
fn a_late_401_after_sign_out_asks_to_sign_in() {
    let mut browser = Browser::holding(CAREFUL, "a1", "r1");
    browser.open(0, 1);
    browser.sign_out(1);
    assert_eq!(browser.answer("T0 calls 1 with a1", refused()), ["T0 shows 1: sign in"]);
}

#[test]
fn without_single_flight_each_call_refreshes_for_itself() {
    let mut browser = Browser::holding(policy(|p| p.single_flight = SingleFlight::None), "a1", "r1");
    browser.open(0, 1);
    browser.open(0, 2);
    assert_eq!(browser.answer("T0 calls 1 with a1", refused()), ["T0 refreshes r1"]);
    assert_eq!(browser.answer("T0 calls 2 with a1", refused()), ["T0 refreshes r1"]);
}

#[test]
fn with_single_flight_in_a_tab_its_calls_wait_together_and_another_tab_does_not() {
    let mut browser = Browser::holding(policy(|p| p.single_flight = SingleFlight::Tab), "a1", "r1");
    browser.open(0, 1);
    browser.open(0, 2);
    browser.open(1, 3);
    assert_eq!(browser.answer("T0 calls 1 with a1", refused()), ["T0 refreshes r1"]);
    assert_eq!(browser.answer("T0 calls 2 with a1", refused()), NOTHING);
    assert_eq!(browser.answer("T1 calls 3 with a1", refused()), ["T1 refreshes r1"]);
    assert_eq!(
        browser.answer("T0 refreshes r1", tokens("a2", "r2")),
        ["session: Renewed", "T0 calls 1 with a2", "T0 calls 2 with a2"]
    );
    assert_eq!(
        browser.answer("T1 refreshes r1", invalid_grant()),
        ["T1 calls 3 with a2"],
        "the refusal of r1 says nothing about r2"
    );
}

#[test]
fn with_single_flight_in_the_browser_a_tab_asks_for_the_lock_once() {
    let mut browser = Browser::holding(CAREFUL, "a1", "r1");
    for call in 1..=3 {
        browser.open(0, call);
    }
    assert_eq!(browser.answer("T0 calls 1 with a1", refused()), ["T0 asks for the lock"]);
    assert_eq!(browser.answer("T0 calls 2 with a1", refused()), NOTHING);
    assert_eq!(browser.grant_lock(0), ["T0 refreshes r1"]);
    assert_eq!(browser.answer("T0 calls 3 with a1", refused()), NOTHING);
    assert_eq!(
        browser.answer("T0 refreshes r1", response(503, "")),
        ["T0 releases the lock", "T0 shows 1: failed", "T0 shows 2: failed", "T0 shows 3: failed"]
    );
    assert_eq!(browser.stored(), Some(("a1", "r1")));
}

/// Both tabs wait for the lock with r1; tab 1 gets it after `meanwhile`.
fn second_in_line(look_again: LookAgain, meanwhile: impl FnOnce(&mut Browser)) -> Vec<String> {
    let mut browser = Browser::holding(policy(|p| p.look_again = look_again), "a1", "r1");
    browser.open(1, 1);
    browser.answer("T1 calls 1 with a1", refused());
    meanwhile(&mut browser);
    browser.grant_lock(1)
}

#[test]
fn a_tab_that_looks_again_under_the_lock_uses_what_other_tabs_have_done() {
    let look = |meanwhile: fn(&mut Browser)| second_in_line(LookAgain::Yes, meanwhile);
    assert_eq!(look(|_| ()), ["T1 refreshes r1"]);
    assert_eq!(look(|browser| browser.store("a2", "r2")), ["T1 releases the lock", "T1 calls 1 with a2"]);
    assert_eq!(look(|browser| drop(browser.sign_out(0))), ["T1 releases the lock", "T1 shows 1: sign in"]);
    assert_eq!(look(|browser| browser.store("a1", "r2")), ["T1 refreshes r2"]);
}

#[test]
fn a_tab_that_does_not_look_again_presents_the_token_it_had() {
    let trust = |meanwhile: fn(&mut Browser)| second_in_line(LookAgain::No, meanwhile);
    assert_eq!(trust(|_| ()), ["T1 refreshes r1"]);
    assert_eq!(trust(|browser| browser.store("a2", "r2")), ["T1 refreshes r1"]);
    assert_eq!(trust(|browser| drop(browser.sign_out(0))), ["T1 refreshes r1"]);
}

#[test]
fn an_answer_that_comes_after_sign_out_does_not_sign_in_again() {
    let mut browser = refreshing(CAREFUL);
    browser.sign_out(1);
    assert_eq!(browser.answer("T0 refreshes r1", tokens("a2", "r2")), ["T0 releases the lock", "T0 shows 1: sign in"]);
    assert_eq!(browser.stored(), None);
}

#[test]
fn an_answer_that_comes_after_a_new_sign_in_does_not_replace_it() {
    let mut browser = refreshing(CAREFUL);
    browser.store("a9", "r9");
    assert_eq!(browser.answer("T0 refreshes r1", tokens("a2", "r2")), ["T0 releases the lock", "T0 calls 1 with a9"]);
    assert_eq!(browser.stored(), Some(("a9", "r9")));
}

#[test]
fn an_invalid_grant_ends_the_session_of_the_presented_token_and_no_other() {
    let mut browser = refreshing(CAREFUL);
    assert_eq!(
        browser.answer("T0 refreshes r1", invalid_grant()),
        ["session: Ended", "T0 releases the lock", "T0 shows 1: sign in"]
    );
    let mut browser = refreshing(CAREFUL);
    browser.store("a9", "r9");
    assert_eq!(browser.answer("T0 refreshes r1", invalid_grant()), ["T0 releases the lock", "T0 calls 1 with a9"]);
}

#[test]
fn an_answer_that_says_nothing_about_the_grant_only_fails_the_call() {
    for (status, body) in [
        (400, r#"{"error":"invalid_request"}"#),
        (401, r#"{"error":"invalid_grant"}"#),
        (500, ""),
        (200, "<html>"),
        (200, r#"{"access_token":"a b","token_type":"Bearer"}"#),
    ] {
        let mut browser = refreshing(CAREFUL);
        let end = browser.answer("T0 refreshes r1", response(status, body));
        assert_eq!(end, ["T0 releases the lock", "T0 shows 1: failed"], "{status} {body}");
        assert_eq!(browser.stored(), Some(("a1", "r1")), "{status} {body}");
    }
}

#[test]
fn a_lost_refresh_is_sent_again_with_the_same_token_while_the_lock_is_kept() {
    let mut browser = refreshing(CAREFUL);
    for _ in 0..3 {
        assert_eq!(browser.lose("T0 refreshes r1"), ["T0 refreshes r1"]);
    }
}

#[test]
fn a_lost_refresh_is_not_sent_again_once_the_session_is_another() {
    let mut browser = refreshing(CAREFUL);
    browser.store("a9", "r9");
    assert_eq!(browser.lose("T0 refreshes r1"), ["T0 releases the lock", "T0 calls 1 with a9"]);
}

#[test]
fn a_lost_refresh_that_is_not_retried_ends_the_session_it_was_for() {
    let sign_in_again = policy(|p| p.lost_refresh = LostRefresh::SignInAgain);
    let mut browser = refreshing(sign_in_again);
    assert_eq!(browser.lose("T0 refreshes r1"), ["session: Ended", "T0 releases the lock", "T0 shows 1: sign in"]);
    let mut browser = refreshing(sign_in_again);
    browser.store("a9", "r9");
    assert_eq!(browser.lose("T0 refreshes r1"), ["T0 releases the lock", "T0 calls 1 with a9"]);
}

#[test]
fn a_response_or_a_lock_that_nothing_waits_for_changes_nothing() {
    let mut browser = Browser::holding(CAREFUL, "a1", "r1");
    browser.open(0, 1);
    browser.answer("T0 calls 1 with a1", items());
    let repeated = crate::gui::Input::Answered { exchange: crate::gui::ExchangeId(0), response: refused() };
    assert_eq!(browser.input(repeated), NOTHING);
    assert_eq!(browser.grant_lock(0), NOTHING);
}

//! Stories of signing in and out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::clock::Timestamp;
use crate::gui::{Client as _, Effect, Exchange, Gui, Input, LostRefresh, Policy, TabId};

use super::support::{Browser, CAREFUL, ISSUER, REDIRECT_URI, field, response, settings, tokens};

const NOTHING: [&str; 0] = [];
const FAILED: [&str; 1] = ["T0 sign-in: Failed"];

/// A browser whose tab 0 has sent code c.
fn redeeming(policy: Policy) -> Browser {
    let mut browser = Browser::new(policy);
    assert_eq!(browser.sign_in(0), ["T0 goes to sign in"]);
    assert_eq!(browser.come_back(0, &[("code", "c"), ("iss", ISSUER)]), ["T0 redeems c"]);
    browser
}

#[test]
fn signing_in_ends_with_a_session() {
    let mut browser = redeeming(CAREFUL);
    assert_eq!(browser.answer("T0 redeems c", tokens("a1", "r1")), ["session: Started", "T0 sign-in: SignedIn"]);
    assert_eq!(browser.stored(), Some(("a1", "r1")));
}

#[test]
fn the_authorization_request_names_the_client_and_the_challenge_method() {
    let mut browser = Browser::new(CAREFUL);
    browser.sign_in(0);
    assert_eq!(browser.parameter("response_type"), "code");
    assert_eq!(browser.parameter("client_id"), "gui");
    assert_eq!(browser.parameter("redirect_uri"), REDIRECT_URI);
    assert_eq!(browser.parameter("code_challenge_method"), "S256");
}

#[test]
fn the_verifier_sent_with_the_code_hashes_to_the_challenge() {
    let mut gui = Gui::new(settings(CAREFUL));
    let mut chance = StdRng::seed_from_u64(7);
    let mut handle = |input| gui.handle(Timestamp(0), &mut chance, input).remove(0);
    let tab = TabId(0);
    let Effect::Navigate { url: page, .. } = handle(Input::SignIn { tab }) else {
        panic!("the browser goes to sign in");
    };
    let asked = |name: &str| page.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let url = Url::parse(&format!("{REDIRECT_URI}?code=c&iss={ISSUER}&state={}", asked("state"))).unwrap();
    let Effect::Send { kind, request, .. } = handle(Input::Redirected { tab, url }) else {
        panic!("the code is redeemed");
    };
    assert_eq!(kind, Exchange::Redeem { tab });
    let verifier = field(request.body(), "code_verifier");
    assert!((43..=128).contains(&verifier.len()), "RFC 7636 section 4.1");
    assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)), asked("code_challenge"));
    assert_eq!(field(request.body(), "redirect_uri"), REDIRECT_URI);
    assert_eq!(field(request.body(), "grant_type"), "authorization_code");
    assert_eq!(field(request.body(), "client_id"), "gui");
}

#[test]
fn no_two_sign_ins_share_a_state() {
    let mut browser = Browser::new(CAREFUL);
    browser.sign_in(0);
    let first = browser.parameter("state");
    browser.sign_in(1);
    assert_ne!(browser.parameter("state"), first);
}

#[test]
fn a_response_that_is_not_a_plain_answer_to_this_request_fails_the_sign_in() {
    for parameters in [
        &[("code", "c")][..],
        &[("code", "c"), ("iss", "http://other.test")],
        &[("code", "c"), ("iss", ISSUER), ("iss", ISSUER)],
        &[("code", "c"), ("code", "d"), ("iss", ISSUER)],
        &[("code", "c"), ("iss", ISSUER), ("state", "another")],
        &[("error", "access_denied"), ("iss", ISSUER)],
        &[("error", "access_denied"), ("code", "c"), ("iss", ISSUER)],
        &[("iss", ISSUER)],
    ] {
        let mut browser = Browser::new(CAREFUL);
        browser.sign_in(0);
        assert_eq!(browser.come_back(0, parameters), FAILED, "{parameters:?}");
        assert_eq!(browser.sign_in(0), ["T0 goes to sign in"], "the tab is free again after {parameters:?}");
    }
}

#[test]
fn an_unknown_state_fails_the_sign_in() {
    for query in ["state=guess", "state=", ""] {
        let mut browser = Browser::new(CAREFUL);
        browser.sign_in(0);
        let url = Url::parse(&format!("{REDIRECT_URI}?code=c&iss={ISSUER}&{query}")).unwrap();
        assert_eq!(browser.redirected(0, url), FAILED, "{query}");
    }
}

#[test]
fn a_state_answers_once_and_only_in_its_own_tab() {
    let mut browser = Browser::new(CAREFUL);
    browser.sign_in(0);
    let url = format!("{REDIRECT_URI}?code=c&iss={ISSUER}&state={}", browser.parameter("state"));
    let url = Url::parse(&url).unwrap();
    assert_eq!(browser.redirected(1, url.clone()), ["T1 sign-in: Failed"], "T1 asked for nothing");
    assert_eq!(browser.redirected(0, url.clone()), ["T0 redeems c"]);
    assert_eq!(browser.redirected(0, url.clone()), NOTHING, "the callback was entered again");
    browser.answer("T0 redeems c", tokens("a1", "r1"));
    assert_eq!(browser.redirected(0, url), FAILED);
    assert_eq!(browser.stored(), Some(("a1", "r1")));
}

#[test]
fn an_abandoned_sign_in_fails_and_frees_the_tab() {
    let mut browser = Browser::new(CAREFUL);
    browser.sign_in(0);
    assert_eq!(browser.input(Input::SignInAbandoned { tab: TabId(0) }), FAILED);
    assert_eq!(browser.input(Input::SignInAbandoned { tab: TabId(0) }), NOTHING);
    assert_eq!(browser.sign_in(0), ["T0 goes to sign in"]);
}

#[test]
fn a_refused_or_unusable_redemption_fails_the_sign_in() {
    for (status, body) in [
        (400, r#"{"error":"invalid_grant"}"#),
        (503, ""),
        (200, "{}"),
        (200, r#"{"access_token":"a","token_type":"Bearer"}"#),
    ] {
        let mut browser = redeeming(CAREFUL);
        assert_eq!(browser.answer("T0 redeems c", response(status, body)), FAILED, "{status} {body}");
        assert_eq!(browser.stored(), None);
    }
}

#[test]
fn a_lost_redemption_is_sent_again_or_fails_the_sign_in() {
    let mut browser = redeeming(CAREFUL);
    assert_eq!(browser.lose("T0 redeems c"), ["T0 redeems c"]);
    assert_eq!(browser.lose("T0 redeems c"), ["T0 redeems c"]);

    let mut browser = redeeming(Policy { lost_refresh: LostRefresh::SignInAgain, ..CAREFUL });
    assert_eq!(browser.lose("T0 redeems c"), FAILED);
    assert_eq!(browser.sign_in(0), ["T0 goes to sign in"]);
}

#[test]
fn the_later_of_two_sign_ins_replaces_the_earlier() {
    let mut browser = redeeming(CAREFUL);
    browser.sign_in(1);
    browser.answer("T0 redeems c", tokens("a1", "r1"));
    browser.come_back(1, &[("code", "d"), ("iss", ISSUER)]);
    assert_eq!(browser.answer("T1 redeems d", tokens("a2", "r2")), ["session: Started", "T1 sign-in: SignedIn"]);
    assert_eq!(browser.stored(), Some(("a2", "r2")));
}

#[test]
fn a_sign_in_is_ignored_while_signed_in_or_signing_in() {
    let mut browser = Browser::new(CAREFUL);
    browser.sign_in(0);
    assert_eq!(browser.sign_in(0), NOTHING);
    let mut browser = Browser::holding(CAREFUL, "a1", "r1");
    assert_eq!(browser.sign_in(0), NOTHING);
}

#[test]
fn signing_out_clears_the_store_at_once_and_revokes_the_refresh_token() {
    let mut browser = Browser::holding(CAREFUL, "a1", "r1");
    assert_eq!(browser.sign_out(0), ["session: Ended", "T0 revokes r1"]);
    assert_eq!(browser.stored(), None);
    assert_eq!(browser.sign_in(0), NOTHING, "the tab is still signing out");
    assert_eq!(browser.lose("T0 revokes r1"), NOTHING);
    assert_eq!(browser.sign_in(0), ["T0 goes to sign in"]);
}

#[test]
fn a_sign_out_is_ignored_while_signed_out_or_busy() {
    let mut browser = Browser::new(CAREFUL);
    assert_eq!(browser.sign_out(0), NOTHING);
    browser.sign_in(0);
    browser.store("a1", "r1");
    assert_eq!(browser.sign_out(0), NOTHING, "the tab is signing in");
    assert_eq!(browser.sign_out(1), ["session: Ended", "T1 revokes r1"]);
    browser.store("a2", "r2");
    assert_eq!(browser.sign_out(1), NOTHING, "the tab is signing out");
    assert_eq!(browser.answer("T1 revokes r1", response(200, "")), NOTHING);
    assert_eq!(browser.sign_out(1), ["session: Ended", "T1 revokes r2"]);
}

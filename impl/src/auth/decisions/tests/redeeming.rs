use super::*;

fn code() -> CodeRecord {
    CodeRecord {
        digest: Digest::of("code"),
        grant: GrantId(1),
        redirect_uri: REDIRECT_URI.to_owned(),
        challenge: CHALLENGE.to_owned(),
        issued_at: at(0),
        spent: Spent::No,
    }
}

fn spent_code(first: u64) -> CodeRecord {
    CodeRecord { spent: Spent::Since(at(first)), ..code() }
}

const HONEST: Redemption<'static> = Redemption { client_id: GUI, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };

fn redeem(code: &CodeRecord, grant: &Grant, request: &Redemption<'_>, second: u64) -> Decided<()> {
    Standard.redeem(&settings(), code, grant, request, at(second))
}

fn refusal(decided: &Decided<()>) -> Refusal {
    decided.answer.unwrap_err()
}

#[test]
fn a_code_may_be_redeemed_until_the_second_before_it_expires() {
    let decided = redeem(&code(), &grant(), &HONEST, 4);
    assert_eq!(decided.answer, Ok(()));
    assert_eq!(decided.changes, Changes { code: Some(spent_code(4)), ..Changes::none() });

    let late = redeem(&code(), &grant(), &HONEST, 5);
    assert_eq!((refusal(&late), late.changes), (Refusal::Expired, Changes::none()));
}

#[test]
fn a_code_is_refused_to_another_client_and_for_another_redirect_uri() {
    let other_client = redeem(&code(), &grant(), &Redemption { client_id: "other", ..HONEST }, 1);
    assert_eq!((refusal(&other_client), other_client.changes), (Refusal::OtherClient, Changes::none()));

    let request = Redemption { redirect_uri: "http://gui.test/callback/", ..HONEST };
    let other_uri = redeem(&code(), &grant(), &request, 1);
    assert_eq!((refusal(&other_uri), other_uri.changes), (Refusal::OtherRedirectUri, Changes::none()));
}

#[test]
fn a_wrong_verifier_spends_the_code() {
    let decided = redeem(&code(), &grant(), &Redemption { code_verifier: "wrong", ..HONEST }, 1);
    assert_eq!(refusal(&decided), Refusal::WrongVerifier);
    assert_eq!(decided.changes, Changes { code: Some(spent_code(1)), ..Changes::none() });
}

#[test]
fn a_wrong_verifier_does_only_what_the_settings_say() {
    let wrong = Redemption { code_verifier: "wrong", ..HONEST };
    let shown = |wrong_verifier, code: &CodeRecord| {
        Standard.redeem(&Settings { wrong_verifier, ..settings() }, code, &grant(), &wrong, at(2))
    };
    let nothing = Decided::refused(Refusal::WrongVerifier, Changes::none());
    assert_eq!(shown(WrongVerifier::Replays, &code()), nothing);
    assert_eq!(refusal(&shown(WrongVerifier::Replays, &spent_code(1))), Refusal::Replayed);
    assert_eq!(shown(WrongVerifier::Ignored, &code()), nothing);
    assert_eq!(shown(WrongVerifier::Ignored, &spent_code(1)), nothing);
}

#[test]
fn a_replayed_code_ends_its_grant_where_the_settings_say_so_even_after_it_has_expired() {
    for second in [2, 5, 500] {
        let decided = redeem(&spent_code(1), &grant(), &HONEST, second);
        assert_eq!(refusal(&decided), Refusal::Replayed);
        assert_eq!(decided.changes, Changes { grant: Some(ended(Ending::CodeReplay)), ..Changes::none() });
    }
    let lenient = Settings { code_replay: Reach::Nothing, ..settings() };
    let decided = Standard.redeem(&lenient, &spent_code(1), &grant(), &HONEST, at(2));
    assert_eq!((refusal(&decided), decided.changes), (Refusal::Replayed, Changes::none()));
}

#[test]
fn a_code_of_an_ended_grant_is_refused_before_anything_else_is_checked() {
    for code in [code(), spent_code(1)] {
        let decided = redeem(&code, &ended(Ending::SignedOut), &HONEST, 1);
        assert_eq!((refusal(&decided), decided.changes), (Refusal::GrantEnded, Changes::none()));
    }
}

#[test]
fn a_replay_by_another_client_does_not_end_the_grant() {
    let decided = redeem(&spent_code(1), &grant(), &Redemption { client_id: "other", ..HONEST }, 2);
    assert_eq!((refusal(&decided), decided.changes), (Refusal::OtherClient, Changes::none()));
}

//! Redeeming an authorization code. RFC 6749 section 4.1.3, RFC 7636 section 4.6.

use crate::clock::Timestamp;

use super::super::pkce;
use super::super::records::{CodeRecord, Ending, Grant, GrantState, Spent};
use super::super::settings::{Settings, WrongVerifier};
use super::{Changes, Decided, Redemption, Refusal};

/// Rule `code-spent-once`: RFC 6749 section 4.1.2, RFC 6749 section 10.5.
/// Rule `code-replay-contained`: RFC 6749 section 4.1.2, RFC 9700 section 4.2.4.
/// Rule `code-expires`: RFC 6749 section 4.1.2.
/// Rule `code-bound-to-verifier`: RFC 7636 section 4.6.
/// Rule `wrong-verifier-spends`: the policy, RFC 7636 section 4.6.
/// Rule `revocation-final`: RFC 7009 section 2.1.
pub(super) fn redeem(
    settings: &Settings,
    code: &CodeRecord,
    grant: &Grant,
    request: &Redemption<'_>,
    now: Timestamp,
) -> Decided<()> {
    let refused = |refusal| Decided::refused(refusal, Changes::none());
    if grant.client_id != request.client_id {
        return refused(Refusal::OtherClient);
    }
    if code.redirect_uri != request.redirect_uri {
        return refused(Refusal::OtherRedirectUri);
    }
    let is_right = pkce::matches(&code.challenge, request.code_verifier);
    if !is_right && settings.wrong_verifier == WrongVerifier::Ignored {
        return refused(Refusal::WrongVerifier);
    }
    if grant.state != GrantState::Live {
        return refused(Refusal::GrantEnded);
    }
    if code.spent != Spent::No {
        return Decided::refused(Refusal::Replayed, Changes::end(settings.code_replay, grant, Ending::CodeReplay));
    }
    if now.seconds_since(code.issued_at) >= settings.lifetimes.code.as_secs() {
        return refused(Refusal::Expired);
    }
    let spent = Changes { code: Some(CodeRecord { spent: Spent::Since(now), ..code.clone() }), ..Changes::none() };
    if is_right {
        return Decided::granted((), spent);
    }
    match settings.wrong_verifier {
        // Someone who has not requested the code has seen it.
        WrongVerifier::Spends => Decided::refused(Refusal::WrongVerifier, spent),
        WrongVerifier::Replays | WrongVerifier::Ignored => refused(Refusal::WrongVerifier),
    }
}

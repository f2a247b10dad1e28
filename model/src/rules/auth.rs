//! What an AuthService must do.

use super::Room::{Fault, Property};
use super::register;

register! {
    // Sign-in and codes.
    SIGN_IN_NEEDS_PASSWORD = "sign-in-needs-password", "a wrong password is refused", "RFC 6749 section 3.1",
        guarded ["auth::sign_in_arrives"],
        broken_by ["any password is taken"],
        missing [(Property, "only reached: `wrong-password` shows that it happens")];
    SIGN_IN_GETS_CODE = "sign-in-gets-code", "the right password gets an authorization code", "RFC 6749 section 4.1.2",
        guarded ["auth::sign_in_arrives"],
        missing [(Fault, "without a code nothing else of a trace can happen")];
    CODE_SPENT_ONCE = "code-spent-once", "an authorization code is redeemed at most once",
        "RFC 6749 section 4.1.2, RFC 6749 section 10.5",
        guarded ["judges::code"],
        broken_by [
            "a code is never spent",
            "a code is spent after minting: two redemptions at once both get tokens"
        ];
    CODE_REPLAY_CONTAINED = "code-replay-contained", "a code presented again ends the grant it was redeemed for",
        "RFC 6749 section 4.1.2, RFC 9700 section 4.2.4",
        guarded ["auth::redeem"],
        broken_by ["the replay of a code does not revoke the grant", "access tokens survive the end of their grant"];
    CODE_EXPIRES = "code-expires", "an expired authorization code is not redeemed", "RFC 6749 section 4.1.2",
        guarded ["judges::code"],
        broken_by ["a code is taken at its last instant", "invalid_grant is reported as invalid_request"];
    CODE_BOUND_TO_VERIFIER = "code-bound-to-verifier", "a code is redeemed only with the verifier behind its challenge",
        "RFC 7636 section 4.6",
        guarded ["judges::code"],
        missing [(Fault, "only a thief presents a wrong verifier, and no suite of planted faults has a thief")];
    WRONG_VERIFIER_SPENDS = "wrong-verifier-spends", "a wrong verifier does to a code what the policy says",
        "the policy, RFC 7636 section 4.6",
        guarded ["auth::redeem"],
        missing [
            (Property, "each choice is sound: the code stays bound to its verifier"),
            (Fault, "only a thief presents a wrong verifier, and no suite of planted faults has a thief")
        ];

    // Issuing and refreshing.
    TOKENS_ISSUED = "tokens-issued", "a valid grant gets an access and a refresh token", "RFC 6749 section 5.1",
        guarded ["auth::issue_pair"],
        broken_by [
            "refresh tokens are not rotated",
            "token answers may be cached",
            "a refresh is answered without the refresh token it issued",
            "a code is redeemed with a verifier of another sign-in"
        ];
    TOKENS_ARE_NEW = "tokens-are-new", "every token issued is new, and is sent on unchanged", "RFC 6749 section 10.10",
        guarded ["turn::new_refresh", "turn::new_access"],
        broken_by [
            "grace hands out a new sibling instead of the same successor",
            "grace hands out the same successor instead of a new sibling",
            "one access token is handed out twice",
            "a call is judged by the token of the call before",
            "a sign-out revokes the access token only",
            "a refresh presents the token before last",
            "the refresh token that a refresh brings is dropped"
        ],
        missing [(Property, "in the model a new token is a new record, and cannot be another")];
    REFRESH_ROTATES = "refresh-rotates", "with rotation a refresh spends its token and issues one successor",
        "RFC 9700 section 4.14.2",
        guarded ["auth::renew"],
        broken_by ["a rotation leaves the parent unspent", "a spent refresh token introspects as active"];
    REFRESH_KEPT = "refresh-kept", "without rotation a refresh keeps the refresh token", "RFC 6749 section 6",
        guarded ["auth::renew"],
        broken_by ["refresh tokens are rotated unasked"],
        missing [(Property, "either choice of the policy is sound")];
    REFRESH_SPENT_ONCE = "refresh-spent-once", "a spent refresh token gets nothing outside its grace period",
        "RFC 6749 section 10.4, RFC 9700 section 4.14.2",
        guarded ["judges::refresh"],
        broken_by ["the grace window closes a second late", "grace honours an older ancestor"];
    REPLAY_CONTAINED = "replay-contained", "a replayed refresh token ends its grant", "RFC 9700 section 4.14.2",
        guarded ["auth::refresh"],
        broken_by ["reuse does not revoke the grant", "reuse revokes the grant unasked"];
    GRACE_HONOURED = "grace-honoured", "a spent refresh token is honoured in its grace period", "the policy",
        guarded ["judges::grace", "auth::honour_grace"],
        broken_by ["grace is denied"];
    IDLE_BOUND = "idle-bound", "a refresh token that went unused for too long gets nothing", "RFC 9700 section 4.14.2",
        guarded ["judges::refresh"],
        broken_by ["a refresh token is taken at the last instant of its idle time"];
    IDLE_TIME_COUNTED = "idle-time-counted", "a refresh does to the idle time what the policy says", "the policy",
        guarded ["auth::renew"],
        missing [
            (Property, "either choice of the policy is sound"),
            (Fault, "`idle time runs on over a rotation` is seen as `token-standing`")
        ];
    LIFETIME_BOUND = "lifetime-bound", "no tokens are issued past the grant's absolute lifetime",
        "RFC 9700 section 4.14.2",
        guarded ["judges::refresh"],
        broken_by [
            "a refresh is granted at the last instant of the absolute lifetime",
            "rotation counts the absolute lifetime anew"
        ];
    REFRESH_SPARES_ACCESS = "refresh-spares-access", "a refresh does not end an access token before its time",
        "RFC 6749 section 1.5",
        guarded ["auth::renew"],
        missing [(Fault, "the policy has the choice, and conformance under random policies drives both")];

    // The end of a grant.
    REVOCATION_FINAL = "revocation-final", "nothing is issued for a grant that has ended", "RFC 7009 section 2.1",
        guarded ["judges::code", "judges::refresh"],
        broken_by ["a refresh token of an ended grant is renewed"];
    REVOCATION_CONFIRMED = "revocation-confirmed", "a revocation is confirmed", "RFC 7009 section 2.2",
        guarded ["auth::revocation_arrives"],
        missing [
            (Property, "only reached: `sign-out-arrives` shows that it happens"),
            (Fault, "the answer says nothing that could be wrong but its status")
        ];
    REVOCATION_ENDS_GRANT = "revocation-ends-grant", "a revocation ends its token, and of its grant what the policy says",
        "RFC 7009 section 2.1",
        guarded ["auth::revoke"],
        broken_by [
            "revocation kills only the token that is presented",
            "revocation by a spent token is ignored",
            "revocation is confirmed and not done"
        ];
    SPENT_TOKEN_REVOKES = "spent-token-revokes", "a spent refresh token can be revoked where the policy says so",
        "the policy, RFC 7009 section 2.1",
        guarded ["auth::revoke"],
        missing [(Fault, "`revocation by a spent token is ignored` is seen as `revocation-ends-grant`")];
    ENDED_STAYS_ENDED = "ended-stays-ended", "the revocation of a token of an ended grant changes nothing",
        "RFC 7009 section 2.2",
        guarded ["auth::revoke"],
        missing [
            (Property, "what it would end beside is the policy's choice; conformance compares it step by step"),
            (Fault, "the suites of planted faults have one grant at a time; conformance with a thief sees it")
        ];

    // Introspection.
    LIVE_TOKEN_ACTIVE = "live-token-active", "an unexpired token of a live grant is active", "RFC 7662 section 2.2",
        guarded ["judges::access"],
        missing [(Fault, "a token that is not active too early is seen where it is refused: `fresh-token-usable`")];
    ENDED_GRANT_INACTIVE = "ended-grant-inactive", "a token of an ended grant is not active", "RFC 7662 section 2.2",
        guarded ["judges::access"],
        missing [(Fault, "`access tokens survive the end of their grant` is seen as `code-replay-contained`")];
    TOKEN_STANDING = "token-standing",
        "a token is active until it expires, is spent, or its grant ends; then never again", "RFC 7662 section 2.2",
        guarded ["lib::access_is_active", "lib::refresh_is_active"],
        broken_by ["idle time runs on over a rotation"];
}

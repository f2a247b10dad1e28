//! What a GUI must do.

use super::Room::{Fault, Property};
use super::register;

register! {
    // Calls.
    CALL_WITHOUT_SESSION = "call-without-session", "without a session a call carries no token", "RFC 6750 section 2.1",
        guarded ["gui::send_call"],
        missing [(Property, SEEN), (Fault, "without a session there is no token that a call could carry")];
    CALL_CARRIES_TOKEN = "call-carries-token", "a call carries the stored access token", "RFC 6750 section 2.1",
        guarded ["gui::send_call"],
        broken_by [
            "a late 401 is refreshed for, though the store has a newer token",
            "calls that wait for a refresh are forgotten",
            "a call is sent again without a token"
        ],
        missing [(Property, SEEN)];
    ITEMS_SHOWN = "items-shown", "the person sees the items that were served", "RFC 6750 section 2",
        guarded ["gui::call_returns"],
        missing [(Fault, "a GUI that hides what it got is seen at once, by people too")];
    PROMPT_WITHOUT_SESSION = "prompt-without-session", "without a session the person is asked to sign in",
        "RFC 9728 section 5",
        guarded ["gui::call_returns", "gui::go_on"],
        broken_by [
            "two tabs' answers are swapped",
            "the lock is never given back",
            "the lock's winner does not look at the store again"
        ],
        missing [(Property, SEEN)];
    FAILURE_KEEPS_SESSION = "failure-keeps-session", "a failure is shown, and the session kept", "RFC 6750 section 3.1",
        guarded ["gui::call_returns"],
        broken_by ["a 401 is recovered from twice"];
    NO_REFRESH_STORM = "no-refresh-storm", "a call recovers at most once", "RFC 6750 section 3.1",
        guarded ["gui::call_returns"],
        missing [(Fault, "`a 401 is recovered from twice` is seen as `failure-keeps-session`")];

    // Signing in and out.
    SIGN_IN_AT_AUTHORIZATION = "sign-in-at-authorization", "a sign-in begins at the authorization endpoint",
        "RFC 6749 section 4.1.1",
        guarded ["gui::sign_in"],
        missing [(Property, SEEN), (Fault, "without it nothing else of a trace can happen")];
    CODE_REDEEMED_BY_ITS_TAB = "code-redeemed-by-its-tab", "the code is redeemed where it came back",
        "RFC 6749 section 4.1.3",
        guarded ["gui::sign_in_returns"],
        broken_by [
            "the redirect brings a wrong state",
            "the redirect brings the issuer of another AuthService",
            "a lost redemption is not tried again"
        ],
        missing [(Property, SEEN)];
    SIGN_IN_STORES_TOKENS = "sign-in-stores-tokens", "a sign-in stores its tokens", "RFC 6749 section 5.1",
        guarded ["gui::redeem_returns"],
        missing [(Fault, "without it nothing else of a trace can happen")];
    FAILED_SIGN_IN_STORES_NOTHING = "failed-sign-in-stores-nothing", "a sign-in that failed leaves no session",
        "RFC 6749 section 4.1.2.1",
        guarded ["gui::fail_sign_in"],
        missing [(Property, SEEN), (Fault, "a refused sign-in brings nothing that could be stored")];
    SIGN_OUT_REVOKES = "sign-out-revokes", "a sign-out revokes the refresh token", "RFC 7009 section 2.1",
        guarded ["gui::sign_out"],
        broken_by ["a sign-out does not revoke"];

    // Refreshing.
    REFRESH_WITH_OWN_TOKEN = "refresh-with-own-token", "a refresh presents the session's refresh token",
        "RFC 6749 section 6",
        guarded ["gui::send_refresh"],
        broken_by ["a lost refresh is not tried again"];
    REFRESH_BEFORE_EXPIRY = "refresh-before-expiry", "an access token is refreshed early where the policy says so",
        "the policy, RFC 6749 section 1.5",
        guarded ["gui::open"],
        missing [
            (Property, "either choice of the policy is sound"),
            (Fault, "`an access token close to its expiry is not refreshed` is seen as `nothing-unasked`")
        ];
    ONE_REFRESH_AT_A_TIME = "one-refresh-at-a-time", "as many refreshes are in flight at once as the policy says",
        "the policy, Web Locks API section 2",
        guarded ["gui::need_refresh", "lib::enabled"],
        missing [(Fault, "`the lock is taken without asking` is seen as `nothing-unasked`")];
    STORE_LOOKED_AT_AGAIN = "store-looked-at-again", "whoever gets the lock looks at the store first, where the policy says so",
        "the policy",
        guarded ["gui::lock_granted"],
        missing [(Fault, "`the lock's winner does not look at the store again` is seen as `prompt-without-session`")];
    LATE_401_COMPARED = "late-401-compared", "a 401 to a token already replaced leads to no refresh, where the policy says so",
        "the policy, RFC 6750 section 3.1",
        guarded ["gui::recover"],
        missing [(Fault, "`a late 401 is refreshed for, though the store has a newer token` is seen as `call-carries-token`")];
    LOST_ANSWER_HANDLED = "lost-answer-handled", "a lost token request is sent again, or the session given up, as the policy says",
        "the policy, RFC 9110 section 9.2.2",
        guarded ["gui::refresh_lost", "gui::redeem_lost"],
        missing [(Fault, "`a lost refresh is not tried again` is seen as `refresh-with-own-token`")];
    RENEWAL_STORED_OVER_ITS_OWN = "renewal-stored-over-its-own", "a refresh stores its tokens over the session it renews",
        "RFC 6749 section 6, RFC 9700 section 4.7",
        guarded ["gui::refresh_returns"],
        missing [(Fault, "`a late refresh answer overwrites a newer session` is seen as `nothing-unasked`")];
    SESSION_CLEARED_FOR_CAUSE = "session-cleared-for-cause",
        "a session is cleared by sign-out, or by the refusal of its own token", "RFC 6749 section 5.2",
        guarded ["gui::refresh_returns", "gui::sign_out"],
        broken_by ["invalid_grant does not clear the session", "a sign-out leaves the tokens in the store"];
}

const SEEN: &str = "it is about one message, and seen in each trace that has it";

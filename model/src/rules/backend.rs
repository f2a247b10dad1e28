//! What a backend must do.

use super::Room::Property;
use super::register;

register! {
    CALL_NEEDS_TOKEN = "call-needs-token", "a call without a token is answered with 401 and no error code",
        "RFC 6750 section 3.1",
        guarded ["backend::call_arrives"],
        broken_by ["a call without a token is served", "a 401 comes without a challenge"],
        missing [(Property, "only reached: `no-token` shows that it happens")];
    BACKEND_INTROSPECTS = "backend-introspects", "the backend introspects the token it was presented",
        "RFC 7662 section 2.1",
        guarded ["backend::call_arrives"],
        broken_by [
            "tokens are believed where the AuthService should be asked",
            "what a token once got is cached and served again"
        ];
    BACKEND_UNAVAILABLE = "backend-unavailable", "a backend that cannot introspect neither accepts nor refuses",
        "RFC 9110 section 15.6.4",
        guarded ["backend::introspection_fails"],
        broken_by [
            "a token is refused when the AuthService cannot be reached",
            "a token is taken when the AuthService cannot be reached"
        ];
    FRESH_TOKEN_USABLE = "fresh-token-usable", "an active access token is not refused",
        "RFC 6750 section 2, RFC 9068 section 4",
        guarded ["backend::judge_exp"],
        broken_by [
            "access tokens are minted for another audience",
            "the published keys are not those that sign",
            "the leeway is not applied"
        ];
    NEVER_PAST_EXP = "never-past-exp", "an access token is not accepted at exp plus leeway, or after",
        "RFC 7519 section 4.1.4, RFC 7662 section 4",
        guarded ["judges::access", "judges::exp"],
        broken_by [
            "an access token is active at its exp",
            "an access token says that it lives longer than it does",
            "everything introspects as active",
            "a token that was active when asked about is taken at its exp",
            "a token that is not active is taken",
            "the leeway is applied twice",
            "the clock is a tick slow",
            "a token is refused without invalid_token"
        ];
    NOT_FOR_BACKENDS = "not-for-backends", "a refresh token opens nothing at a backend", "RFC 6749 section 1.5",
        guarded ["gui::send_call"],
        broken_by ["a token for another audience is taken"],
        missing [(Property, "in the model a call can carry only an access token")];
}

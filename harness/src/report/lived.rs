//! What a broken promise means for the person in front of the screen, in a paragraph each.

use authloom_model::property::Property;

/// What a person lives through where a promise is broken; none for a property that promises nothing.
#[must_use]
pub(super) fn lived(property: &Property) -> Option<&'static str> {
    LIVED.iter().find(|(name, _)| *name == property.name).map(|(_, lived)| *lived)
}

/// For each promise, by its name.
const LIVED: [(&str, &str); 28] = [
    (
        "code-spent-once",
        "You sign in, and your browser brings back a code. Somebody who has seen that code redeems it a second time, \
         and the server issues tokens again: now two of you are signed in to your account. Nothing on your screen says so.",
    ),
    (
        "code-replay-contained",
        "The code of your sign-in is presented twice, so somebody else has seen it. The server refuses the second \
         request but leaves the tokens of the first one valid. If the thief was faster, the thief stays signed in to \
         your account, and you are merely told that your sign-in failed.",
    ),
    (
        "code-expires",
        "You start to sign in and are called away. Much later somebody finds the code in the browser's history or in a \
         log, redeems it, and is signed in to your account: it should have been worthless after minutes.",
    ),
    (
        "code-bound-to-verifier",
        "Somebody has seen the code of your sign-in, but not the verifier that your browser keeps for it. The server \
         issues tokens for the code all the same, and the thief is signed in to your account.",
    ),
    (
        "one-live-successor",
        "You sign in once, and the server ends up with two live refresh tokens for that one session. Your browser holds \
         one of them. Whoever holds the other can renew your session for as long as you can, and neither of you ever \
         notices the other.",
    ),
    (
        "refresh-spent-once",
        "Your browser renews the session, which should make the old refresh token worthless. Somebody presents a copy of \
         the old one, and the server issues fresh tokens for your account. Your own page works as before, so you have no \
         reason to suspect anything.",
    ),
    (
        "replay-contained",
        "Somebody has copied your refresh token and used it before you did. When your browser presents its own copy, the \
         server refuses it but lets the session run on: you are asked to sign in again, and the thief stays signed in to \
         your account.",
    ),
    (
        "revocation-final",
        "You sign out, or the server ends your session because a token was stolen. Somebody presents a refresh token of \
         that session, and the server issues fresh tokens all the same: the session that you believe to be over goes on \
         without you.",
    ),
    (
        "sign-out-ends-refresh",
        "You sign out, and the page says that you are signed out. A refresh token of that session is still live at the \
         server. Whoever finds it, on a shared computer for example, renews your session and carries on as you.",
    ),
    (
        "sign-out-ends-access",
        "You sign out, and the page says that you are signed out. An access token of that session stays active until it \
         expires. Whoever has a copy of it can read your items for that long.",
    ),
    (
        "refresh-spares-access",
        "Your page sends two requests at once. One of them renews the session, and the server ends the access token that \
         the other one carries, although it had not expired. That request is refused, and you see an error or wait for a \
         second attempt.",
    ),
    (
        "no-grace-for-thieves",
        "Somebody has copied your session. Your browser renews it, and for a while the server still honours the old \
         refresh token. The thief presents it in time and gets tokens too: both of you are signed in, and no alarm is \
         raised.",
    ),
    (
        "idle-bound",
        "You close your laptop and do not come back for longer than a session may lie idle. Whoever opens it then is \
         still signed in to your account: the server renews a session that should have ended.",
    ),
    (
        "lifetime-bound",
        "Your session has reached the age at which you should have to sign in again. The server renews it nevertheless. \
         A session that was stolen from you once can be kept alive for ever.",
    ),
    (
        "no-spurious-sign-out",
        "You are working and the network is fine, but suddenly you have to sign in again. Perhaps you have two tabs open: \
         one renews the session, the other presents the old refresh token; the server takes it for theft and signs you \
         out in both. What you had typed may be lost.",
    ),
    (
        "survives-a-loss",
        "Your train enters a tunnel at the moment the page renews your session. The server has spent the refresh token, \
         but its answer never reaches you. The page can only present the spent token again; the server refuses it, and \
         you have to sign in again.",
    ),
    (
        "never-past-exp",
        "Somebody has copied an access token of yours. It should be worthless once it has expired, but the backend \
         accepts it after that, and the thief goes on reading your items.",
    ),
    (
        "no-stale-acceptance",
        "You sign out, or the server ends your session because a token was stolen. The backend does not ask the server: \
         until the access token expires, whoever has a copy of it can still read your items.",
    ),
    (
        "fresh-token-usable",
        "You have just signed in, or the page has just renewed your session, and still your items do not appear: the \
         backend refuses an access token that is active. You are sent to sign in again, or you see an error.",
    ),
    (
        "sign-out-final",
        "You sign out while the page is renewing your session in the background. A moment later the new tokens arrive, \
         and the browser stores them: you are signed in again. You walk away from the computer and believe that you are \
         signed out.",
    ),
    (
        "session-integrity",
        "You sign out and sign in again, perhaps to another account. The browser ends up with the access token of one \
         session and the refresh token of the other. You may see one account's items now, and the other's after the next \
         renewal.",
    ),
    (
        "no-self-loss",
        "You are signed in, and the server would go on renewing your session. The page throws it away on its own and asks \
         for your password, for no reason that anybody could give you.",
    ),
    (
        "no-needless-refresh",
        "Another tab has just renewed your session. This tab renews it once more before it shows your items: you wait \
         longer than necessary, and every needless renewal is one more chance to be taken for a thief.",
    ),
    (
        "no-refresh-storm",
        "Your page is refused, renews the session, is refused again, and renews it again. You look at a spinner while the \
         page and the server keep each other busy, and nothing tells you what is wrong.",
    ),
    (
        "items-within-reach",
        "You have come to a point from which nothing brings your items back: neither trying again, nor signing out and in \
         again. Only clearing the browser's data helps, and nothing tells you to do that.",
    ),
    (
        "session-within-reach",
        "You have come to a point from which you never get a working session again, whatever you do on the page. Signing \
         in once more does not help.",
    ),
    (
        "no-deadlock",
        "Your page hangs. A request waits for a renewal, or for another tab, and nothing that can still happen ends the \
         wait. Only closing the tabs helps.",
    ),
    (
        "sign-out-within-reach",
        "You want to sign out, and nothing on the page gets you there any more: you stay signed in, or the page keeps \
         waiting. On a shared computer you cannot leave with a clear conscience.",
    ),
];

#[cfg(test)]
mod tests {
    use authloom_model::property::{Kind, PROPERTIES};

    use super::*;

    #[test]
    fn every_promise_says_what_a_person_lives_through_and_nothing_else_does() {
        for property in PROPERTIES {
            let promises = match property.kind {
                Kind::Never { .. } | Kind::Recoverable(_) => true,
                Kind::Reachable(_) => false,
            };
            assert_eq!(lived(property).is_some(), promises, "{}", property.name);
        }
        for (at, (name, text)) in LIVED.iter().enumerate() {
            assert!(PROPERTIES.iter().any(|property| property.name == *name), "{name}");
            assert!(LIVED[..at].iter().all(|(known, other)| known != name && other != text), "{name} is told once");
            assert!(text.starts_with(['Y', 'S', 'T', 'A']) && text.ends_with('.'), "{name} is told in sentences");
            assert!(text.contains("you") || text.contains("You"), "{name} is told to the person");
        }
    }
}

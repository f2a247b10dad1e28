//! What is told to people when everything runs: where it is, and how to try it with curl. Each command can be copied and works.

use authloom_reference::auth::Demo;

use super::{Memory, Options, Time};
use crate::servers::Secret;
use crate::servers::settings::Places;

/// The example pair of RFC 7636 appendix B. Good for trying things out, and for nothing else, since everybody knows it.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The whole text.
pub(super) fn guide(options: &Options, places: &Places, gui: &str, secret: &Secret) -> String {
    let Places { issuer, resource, redirect_uri } = places;
    let (user, password) = (Demo::USERNAME, Demo::PASSWORD);
    let (gui_client, backend_client, secret) = (Demo::GUI, Demo::BACKEND, secret.expose());
    let policy = &options.policy.name;
    let access = humantime::format_duration(options.policy.access_lifetime);
    let memory = match &options.memory {
        Memory::Process => "in memory: all is forgotten at the end (--data FOLDER keeps it)".to_owned(),
        Memory::Folder(folder) => format!("in {}", folder.display()),
    };
    let clock = clock(options, issuer);
    format!(
        r#"AuthService  {issuer}
Backend      {resource}
GUI          {gui}

policy    {policy}; an access token lives {access}
tokens    {memory}
sign in   as {user}, password {password}

Through the GUI, which keeps the session as a browser does:

  curl {gui}/items
  curl -d username={user} -d password={password} {gui}/sign-in
  curl {gui}/items
  curl -X POST {gui}/sign-out

What a stranger is told (RFC 6750, RFC 9728, RFC 8414):

  curl -i {resource}/get_items
  curl {resource}/.well-known/oauth-protected-resource
  curl {issuer}/.well-known/oauth-authorization-server

By hand: a code, the tokens for it, the items, and what the AuthService says of
the token (RFC 6749, RFC 7636, RFC 7662):

  code=$(curl -s -o /dev/null -w '%{{redirect_url}}' \
    {issuer}/authorize \
    -d response_type=code -d client_id={gui_client} -d state=any \
    -d redirect_uri={redirect_uri} -d code_challenge_method=S256 \
    -d code_challenge={CHALLENGE} \
    -d username={user} -d password={password} \
    | sed 's/.*[?&]code=\([^&]*\).*/\1/')
  token=$(curl -s {issuer}/token \
    -d grant_type=authorization_code -d client_id={gui_client} \
    -d redirect_uri={redirect_uri} -d code=$code \
    -d code_verifier={VERIFIER} \
    | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -H "Authorization: Bearer $token" {resource}/get_items
  curl -u {backend_client}:{secret} \
    -d token=$token {issuer}/introspect

Audited by authloom, as it audits any AuthService:

  export AUTHLOOM_PASSWORD={password}
  export AUTHLOOM_BACKEND_SECRET={secret}
  authloom target init --issuer {issuer} > target.toml
  authloom target check target.toml
  authloom audit --target target.toml
{clock}
Ctrl-C stops it.
"#
    )
}

/// How the clock is turned, where it can be.
fn clock(options: &Options, issuer: &str) -> String {
    match options.time {
        Time::Machine => String::new(),
        Time::ByHand { .. } => format!(
            r"
The clock of all three stands still until it is turned:

  curl -X POST '{issuer}/test/clock/advance?seconds=60'
"
        ),
    }
}

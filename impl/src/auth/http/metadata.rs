//! The metadata of the AuthService, and its keys. RFC 8414, RFC 7517.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::super::AuthService;

/// RFC 8414 section 2, RFC 9207 section 3.
pub(super) async fn metadata(State(service): State<AuthService>) -> Json<Value> {
    let settings = service.settings();
    let issuer = &settings.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "introspection_endpoint": format!("{issuer}/introspect"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks.json"),
        "scopes_supported": settings.scope.split(' ').collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// RFC 7517 section 5.
pub(super) async fn jwks(State(service): State<AuthService>) -> Json<Value> {
    Json(service.keys().jwks())
}

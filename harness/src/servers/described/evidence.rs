//! Exchanges as they are told to people: what was asked and what was answered, without any secret.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use itertools::Itertools as _;

use crate::servers::http::wire::{self, Received, Sent};

/// A request without any secret: what is asked, and the names of what it carries.
pub(in crate::servers) fn asked(request: &Sent) -> String {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_form = kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    let fields: Vec<String> = match request.body().len() {
        0 => Vec::new(),
        _ if is_form => url::form_urlencoded::parse(request.body()).map(|(name, value)| field(&name, &value)).collect(),
        // Whatever else it is, it is not looked into.
        bytes => vec![format!("{bytes} bytes")],
    };
    let bearer = if request.headers().contains_key(AUTHORIZATION) { " with Authorization" } else { "" };
    let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
    let path = request.uri().path().split('/').map(|part| if part.len() > LONGEST_NAME { "…" } else { part }).join("/");
    format!("{} {path}{bearer}{fields}", request.method())
}

/// A field of a form: its name, and what it says where that is nobody's secret.
fn field(name: &str, value: &str) -> String {
    match name {
        "grant_type" | "client_id" if value.len() <= LONGEST_FIELD => format!("{name}={value}"),
        name if name.len() <= LONGEST_FIELD => name.to_owned(),
        _ => "…".to_owned(),
    }
}

/// Letters of the longest name of a field. What is longer is something else, and may be a secret.
const LONGEST_FIELD: usize = 60;

/// Letters of the longest part of a path that is a name. What is longer stands for one flow of one person, and is nobody's business.
const LONGEST_NAME: usize = 20;

/// An answer without any secret: its status, its type, and the names of its members; an error code in full.
pub(in crate::servers) fn answered(answer: &Received) -> String {
    if let Some(why) = wire::why_broken(answer) {
        return why.to_owned();
    }
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(|kind| format!(" {kind}")).unwrap_or_default();
    let members = match serde_json::from_slice(answer.body()) {
        Ok(serde_json::Value::Object(members)) => {
            format!(" {{{}}}", members.iter().map(|(name, value)| member(name, value)).join(", "))
        }
        Ok(_) | Err(_) => String::new(),
    };
    format!("{}{kind}{members}", answer.status())
}

fn member(name: &str, value: &serde_json::Value) -> String {
    match (name, value) {
        ("error", serde_json::Value::String(code)) => format!("error: {}", wire::error_code(code)),
        ("active" | "expires_in", value) => format!("{name}: {value}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn told(kind: &str, body: &str) -> String {
        let request = http::Request::post("/introspect").header(CONTENT_TYPE, kind);
        asked(&request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
    }

    #[test]
    fn a_body_is_told_by_the_names_of_its_fields_and_one_of_another_kind_by_its_size() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(told(form, "token=secret&client_id=gui"), "POST /introspect (token, client_id=gui)");
        assert_eq!(told("application/json", r#"{"token":"secret"}"#), "POST /introspect (18 bytes)");
        assert_eq!(told("text/plain", "secret"), "POST /introspect (6 bytes)");
        assert_eq!(told(form, &"s".repeat(80)), "POST /introspect (…)");
    }
}

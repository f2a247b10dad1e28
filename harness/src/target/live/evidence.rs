//! Exchanges as they are told to people: what was asked and what was answered, without any secret.

use http::header::{AUTHORIZATION, CONTENT_TYPE};

use super::super::wire::{self, Received, Sent};

/// A request without any secret: what is asked, and the names of what it carries.
pub(super) fn asked(request: &Sent) -> String {
    let fields: Vec<_> = url::form_urlencoded::parse(request.body())
        .map(|(name, value)| match &*name {
            "grant_type" | "client_id" => format!("{name}={value}"),
            _ => name.into_owned(),
        })
        .collect();
    let bearer = if request.headers().contains_key(AUTHORIZATION) { " with Authorization" } else { "" };
    let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
    let path: Vec<_> =
        request.uri().path().split('/').map(|part| if part.len() > LONGEST_NAME { "…" } else { part }).collect();
    format!("{} {}{bearer}{fields}", request.method(), path.join("/"))
}

/// Letters of the longest part of a path that is a name. What is longer stands for one flow of one person, and is nobody's business.
const LONGEST_NAME: usize = 20;

/// An answer without any secret: its status, its type, and the names of its members; an error code in full.
pub(super) fn answered(answer: &Received) -> String {
    if let Some(why) = wire::why_broken(answer) {
        return why.to_owned();
    }
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(|kind| format!(" {kind}")).unwrap_or_default();
    let members = match serde_json::from_slice(answer.body()) {
        Ok(serde_json::Value::Object(members)) => {
            let named: Vec<_> = members.iter().map(|(name, value)| member(name, value)).collect();
            format!(" {{{}}}", named.join(", "))
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

//! Promises that a team knows it cannot keep, each with the reason.

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::{Date, Datetime};

use super::reader::{Place, Reader, instead, kind};
use crate::property::{Kind, PROPERTIES, Property};

const PROMISE: &str = "promise";
const REASON: &str = "reason";
const UNTIL: &str = "until";

/// A promise that a deployment is known not to keep. It decides no step: it only says what a report makes of a violation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// The property's name: one of [`crate::property::PROPERTIES`].
    pub promise: &'static str,
    /// Why the team cannot keep it.
    pub reason: String,
    /// The last day on which that is accepted; none where it always is.
    pub until: Option<Date>,
}

impl Accepted {
    /// Whether its last day is over.
    #[must_use]
    pub fn is_over(&self, today: Date) -> bool {
        self.until.is_some_and(|last| last < today)
    }

    /// As a file has it.
    pub(super) fn to_toml(&self) -> String {
        let text = |text: &str| toml::Value::from(text).to_string();
        let until = self.until.map(|day| format!("until = \"{day}\"\n")).unwrap_or_default();
        format!("\n[[accepted]]\npromise = {}\nreason = {}\n{until}", text(self.promise), text(&self.reason))
    }
}

/// Reads every `[[accepted]]` of a file. What is wrong is noted, and then not among them.
pub(super) fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Vec<Accepted> {
    let DeValue::Array(entries) = value.get_ref() else {
        let why =
            format!("{} here: `accepted` is a list: write `[[accepted]]` above each entry", kind(value.get_ref()));
        reader.fault(&value.span(), why);
        return Vec::new();
    };
    let mut read: Vec<(Accepted, Place)> = Vec::new();
    for entry in entries {
        let Some((accepted, place)) = entry_of(entry, reader) else { continue };
        match read.iter().find(|(before, _)| before.promise == accepted.promise) {
            Some((_, before)) => {
                let why = format!("`{}` is accepted in line {} already", accepted.promise, reader.line(before));
                reader.fault(&place, why);
            }
            None => read.push((accepted, place)),
        }
    }
    read.into_iter().map(|(accepted, _)| accepted).collect()
}

/// Reads one entry, and where its promise is named.
fn entry_of(entry: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<(Accepted, Place)> {
    let DeValue::Table(table) = entry.get_ref() else {
        let why = format!(
            "{} here: an entry is a section: write `[[accepted]]`, and below `{PROMISE}` and `{REASON}`",
            kind(entry.get_ref())
        );
        reader.fault(&entry.span(), why);
        return None;
    };
    for (key, _) in table {
        let known = [PROMISE, REASON, UNTIL];
        if !known.contains(&key.get_ref().as_ref()) {
            let why = format!("`{0}` is no part of [[accepted]]: {1}", key.get_ref(), instead(key.get_ref(), &known));
            reader.fault(&key.span(), why);
        }
    }
    let promise =
        required(table, PROMISE, "the promise that cannot be kept, like `no-stale-acceptance`", entry, reader);
    let reason = required(table, REASON, "why it cannot be kept", entry, reader);
    let until = table.get(UNTIL).map(|value| day(value, reader));
    let (name, place) = promise?;
    let promise = promise_called(&name, &place, reader)?;
    let accepted = Accepted { promise, reason: reason?.0, until: until.flatten() };
    Some((accepted, place))
}

/// The promise of that name: a property that can be violated.
fn promise_called(name: &str, place: &Place, reader: &mut Reader<'_>) -> Option<&'static str> {
    let is_promise = |property: &&Property| match property.kind {
        Kind::Never { .. } | Kind::Recoverable(_) => true,
        Kind::Reachable(_) => false,
    };
    let called = PROPERTIES.iter().find(|property| property.name == name);
    if let Some(promise) = called.filter(is_promise) {
        return Some(promise.name);
    }
    let promises: Vec<&str> = PROPERTIES.iter().filter(is_promise).map(|property| property.name).collect();
    let why = match called {
        Some(_) => format!("`{name}` promises nothing: it says that something can happen, which is never a failure"),
        None => format!("no promise is called `{name}`: {}", instead(name, &promises)),
    };
    reader.fault(place, why);
    None
}

/// A text that an entry must have, and where it is.
fn required(
    table: &DeTable<'_>,
    key: &str,
    says: &str,
    entry: &Spanned<DeValue<'_>>,
    reader: &mut Reader<'_>,
) -> Option<(String, Place)> {
    let Some(value) = table.get(key) else {
        reader.fault(&entry.span(), format!("`{key}` is missing: it says {says}"));
        return None;
    };
    let why = match value.get_ref().as_str() {
        Some(said) if !said.trim().is_empty() => return Some((said.to_owned(), value.span())),
        Some(_) => format!("`{key}` is empty: it says {says}"),
        None => format!("{} here: `{key}` is a text that says {says}", kind(value.get_ref())),
    };
    reader.fault(&value.span(), why);
    None
}

/// Reads a day, with or without quotes.
fn day(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Date> {
    let read = match value.get_ref() {
        DeValue::String(said) => said.parse().ok(),
        DeValue::Datetime(said) => Some(*said),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    };
    match read {
        Some(Datetime { date: Some(day), time: None, offset: None }) => Some(day),
        Some(_) | None => {
            reader.fault(&value.span(), format!("`{UNTIL}` is the last day, like \"2027-01-31\""));
            None
        }
    }
}

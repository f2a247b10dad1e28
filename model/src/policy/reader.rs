//! A TOML text in the reading: what its parts are, and every fault found in them so far.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::error::{PolicyError, PolicyErrors};

/// Where something is in a text: bytes from its beginning.
pub(super) type Place = Range<usize>;

/// What some editors write before a text. TOML and JSON readers ignore it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Faults of syntax that are said of one text. More are the same mistake again, or another kind of file.
const MOST_SYNTAX_FAULTS: usize = 3;

/// A text in the reading.
pub(super) struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    faults: Vec<(usize, String)>,
}

impl<'t> Reader<'t> {
    /// A text of which nothing has been read. `file` is what a fault calls it.
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text: text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text), faults: Vec::new() }
    }

    /// The text as TOML. What is not TOML is noted, and the rest is then no use.
    pub(super) fn toml(&mut self) -> Option<DeTable<'t>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        // Where a text is no TOML at all, each of its lines is a fault.
        for error in errors.iter().take(MOST_SYNTAX_FAULTS) {
            let why = error.message().lines().next().unwrap_or_default();
            self.fault(&error.span().unwrap_or(0..0), why);
        }
        errors.is_empty().then(|| table.into_inner())
    }

    /// Notes a fault: what is wrong at a place, and what would be right.
    pub(super) fn fault(&mut self, place: &Place, why: impl Into<String>) {
        self.faults.push((place.start, why.into()));
    }

    /// The line, from 1, of a place.
    pub(super) fn line(&self, place: &Place) -> usize {
        self.before(place.start).matches('\n').count() + 1
    }

    /// What has been read, where nothing was wrong with it.
    pub(super) fn finish<T>(mut self, read: T) -> Result<T, PolicyErrors> {
        self.faults.sort_by_key(|(at, _)| *at);
        let faults = self.faults.iter().map(|(at, why)| self.error(*at, why)).collect();
        PolicyErrors::of(faults).map_or(Ok(read), Err)
    }

    fn error(&self, at: usize, why: &str) -> PolicyError {
        let before = self.before(at);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        PolicyError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            why: why.to_owned(),
        }
    }

    fn before(&self, at: usize) -> &'t str {
        &self.text[..self.text.floor_char_boundary(at)]
    }
}

/// What a value is, for whoever expected another kind.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

/// The known name that one is most like, if it is like any.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    /// From 0, nothing in common, to 1, the same.
    const ALIKE: f64 = 0.6;
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(name, known);
    let likely = known.into_iter().map(|known| (likeness(known), known)).filter(|(likeness, _)| *likeness >= ALIKE);
    likely.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, known)| known)
}

/// What would be right instead of a name: the nearest known one, or else all of them.
pub(super) fn instead(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => {
            let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
            format!("there are {}", listed(&known, "and"))
        }
    }
}

/// Texts in a row: `a, b or c`.
pub(super) fn listed(texts: &[String], last: &str) -> String {
    match texts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., final_one] => format!("{} {last} {final_one}", first.join(", ")),
    }
}

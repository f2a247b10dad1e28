//! Text of any origin as a label that Mermaid takes for text alone.

/// The most letters of a title: about the width of four lanes.
const LONGEST_TITLE: usize = 90;

/// A text in which nothing is Mermaid's own: its entities stand for what would be. https://mermaid.js.org/syntax/sequenceDiagram.html
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '#' | ';' | '%' | '<' | '>' | '"' | '&' | '\\' | '`' | '$' | '{' | '}' => {
                escaped.push_str(&format!("#{};", u32::from(letter)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// A text that is short enough for a title, broken off between two words.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_TITLE {
        return text.to_owned();
    }
    let short: String = text.chars().take(LONGEST_TITLE - 2).collect();
    let whole = short.rsplit_once(' ').map_or(short.as_str(), |(whole, _)| whole);
    format!("{} …", whole.trim_end())
}

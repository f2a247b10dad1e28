//! Text in columns, 80 wide at most.

use std::io::{self, Write};

use anstyle::Style;

/// The widest line of a report.
pub(super) const WIDTH: usize = 80;

/// Breaks a text at its spaces into lines of at most `width` characters; a word that is longer has a line of its own.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A paragraph after a label: `label` stands in the first line, the text in the columns from `column` on.
pub(super) fn entry(out: &mut dyn Write, label: &str, column: usize, text: &str, style: Style) -> io::Result<()> {
    let gap = column.saturating_sub(label.chars().count());
    let mut indent = format!("{label}{:gap$}", "");
    for line in wrap(text, WIDTH - column) {
        writeln!(out, "{indent}{style}{line}{style:#}")?;
        indent = " ".repeat(column);
    }
    Ok(())
}

/// A heading with a note at the right margin.
pub(super) fn heading(out: &mut dyn Write, title: &str, style: Style, note: &str) -> io::Result<()> {
    if note.is_empty() {
        return writeln!(out, "\n{style}{title}{style:#}");
    }
    let gap = WIDTH.saturating_sub(title.chars().count() + note.chars().count());
    writeln!(out, "\n{style}{title}{style:#}{:gap$}{note}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_asked_unless_its_only_word_is() {
        let text = "a call waits for another's refresh at https://example.com/a/very/long/path or so";
        for line in wrap(text, 20) {
            assert!(line.chars().count() <= 20 || !line.contains(' '), "{line}");
        }
        assert_eq!(wrap(text, 20).join(" "), text);
    }
}

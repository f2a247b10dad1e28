//! A trace as a sequence diagram for the terminal: lanes on the left, words on the right, time downwards.
//!
//! No line is wider than [`WIDTH`] columns. Lanes stand close together, so that most steps are one line: an arrow, then what happens, a
//! colon, and what must be seen. Where a step takes away a token's standing, that is told too: it follows from the model like the rest.
//!
//! What is let go at once has a bracket beside its numbers.
//!
//! Deliberately absent: colour, and the terminal's real width. A diagram is the same text everywhere.

use authloom_model::exchange::Leg;
use authloom_model::rules::Rule;
use authloom_model::{Flight, Scope};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::figure::{Fate, Figure, Figures};
use super::standings::Standings;
use super::words::{self, Party};
use super::{Parting, Release, Token, Trace, TraceStep};

/// The most columns a line may have.
pub const WIDTH: usize = 80;
/// From one lane to the next: as much as the longest name that stands between two others, and a space.
const LANE_SPACING: usize = 7;
/// From the last lane to the words.
const GUTTER: usize = 3;
/// How far the second line of a step's words stands in.
const HANGING: &str = "  ";

/// A step at which a target and the model part ways.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marked {
    /// Which step, counted from 1.
    pub step: usize,
    /// What had to be seen.
    pub expected: String,
    /// By which rule, where that is known.
    pub rule: Option<Rule>,
    /// What was seen.
    pub observed: String,
}

/// Draws a trace, with the step marked at which a target parts from it, if one does: the one that is given, or else the one that the
/// trace's header tells of.
#[must_use]
pub fn draw(trace: &Trace, marked: Option<&Marked>) -> String {
    let told = trace.header.parting.clone();
    let told =
        told.map(|Parting { expected, seen }| Marked { step: trace.steps.len(), expected, rule: None, observed: seen });
    let marked = marked.or(told.as_ref());
    let mut lines = heading(trace);
    let lanes = Lanes::new(trace.header.scope, trace.steps.len());
    lines.extend([lanes.names(), lanes.blank().into_iter().collect::<String>().trim_end().to_owned()]);
    let mut figures = Figures::default();
    let mut standings = Standings::default();
    let mut before = Release::Alone;
    for (number, step) in (1..).zip(&trace.steps) {
        let marked = marked.filter(|marked| marked.step == number);
        let says = says(step, &standings.taken_away(step));
        let margin = match (marked, before, step.release) {
            (Some(_), _, _) => format!("{number} ✗"),
            (None, Release::Alone, Release::Alone) => number.to_string(),
            (None, Release::Alone, Release::WithNext) => format!("{number} ┌"),
            (None, Release::WithNext, Release::WithNext) => format!("{number} ├"),
            (None, Release::WithNext, Release::Alone) => format!("{number} └"),
        };
        before = step.release;
        lines.extend(lanes.step(&margin, figures.next(step.action), &says));
        lines.extend(marked.into_iter().flat_map(parting));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn heading(trace: &Trace) -> Vec<String> {
    let header = &trace.header;
    let flight = match header.scope.flight {
        Flight::Any => "messages take any time".to_owned(),
        Flight::AtMost(most) => format!("messages take up to {most}"),
    };
    let setting = format!("policy {} · scope {} · {flight}", header.policy.name, header.scope);
    let mut lines = wrapped(&[&header.shows], WIDTH, "");
    lines.extend(wrapped(&[&setting], WIDTH, ""));
    lines.push(String::new());
    lines
}

/// What a step says, a clause each: what happens, then what is seen of it.
fn says(step: &TraceStep, taken_away: &[Token]) -> Vec<String> {
    let mut clauses = vec![words::action(step.action)];
    clauses.extend(words::passed(step));
    clauses.extend(words::seen(step));
    if !taken_away.is_empty() {
        clauses.push(words::no_longer_active(taken_away));
    }
    let last = clauses.len() - 1;
    for (at, clause) in clauses[..last].iter_mut().enumerate() {
        clause.push(if at == 0 { ':' } else { ',' });
    }
    clauses
}

/// The box below a step at which a target parts from the model.
fn parting(marked: &Marked) -> Vec<String> {
    const KEY_WIDTH: usize = 10;
    let title = format!("┏━ here they part, at step {} ", marked.step);
    let mut lines = vec![format!("{title}{}", "━".repeat(WIDTH.saturating_sub(title.width())))];
    let rule = marked.rule.map(|rule| ("by rule", rule.to_string()));
    let (expected, seen) = (("expected", marked.expected.clone()), ("seen", marked.observed.clone()));
    for (key, value) in std::iter::once(expected).chain(rule).chain([seen]) {
        let value = wrapped(&[&value], WIDTH - KEY_WIDTH - 2, "");
        let keys = std::iter::once(key).chain(std::iter::repeat(""));
        lines.extend(value.iter().zip(keys).map(|(value, key)| format!("┃ {key:KEY_WIDTH$}{value}")));
    }
    lines.push(format!("┗{}", "━".repeat(WIDTH - 1)));
    lines
}

/// Where everybody stands.
struct Lanes {
    parties: Vec<Party>,
    margin: usize,
}

impl Lanes {
    fn new(scope: Scope, steps: usize) -> Self {
        Self { parties: words::parties(scope), margin: steps.to_string().len().max(2) }
    }

    /// The column of the n-th lane, from 0.
    fn column(&self, lane: usize) -> usize {
        self.margin + 4 + lane * LANE_SPACING
    }

    fn column_of(&self, party: Party) -> usize {
        self.column(self.parties.iter().position(|known| *known == party).expect("a step is among the scope's parties"))
    }

    fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.parties.len()).map(|lane| self.column(lane))
    }

    /// The column at which the words begin.
    fn words(&self) -> usize {
        self.column(self.parties.len() - 1) + GUTTER
    }

    /// Each name above its lane; the last one runs out over the words, where there is room.
    fn names(&self) -> String {
        let mut line = String::new();
        for (lane, party) in self.parties.iter().enumerate() {
            let name = party.name();
            let before = (name.len() / 2).min(LANE_SPACING / 2);
            let before = if lane + 1 == self.parties.len() { 2 } else { before };
            let start = self.column(lane) - before;
            line.push_str(&" ".repeat(start.saturating_sub(line.len())));
            line.push_str(&name);
        }
        line
    }

    fn step(&self, margin: &str, figure: Figure, says: &[String]) -> Vec<String> {
        let said = wrapped(says, WIDTH - self.words(), HANGING);
        let pictures = std::iter::once(self.picture(figure)).chain(std::iter::repeat(self.blank()));
        let margins = std::iter::once(margin).chain(std::iter::repeat(""));
        let line = |((said, picture), margin): ((String, Vec<char>), &str)| {
            let picture: String = picture.into_iter().collect();
            // The number is set to the right of its margin; a mark behind it takes room that the picture leaves free.
            let number = margin.split_once(' ').map_or(margin, |(number, _)| number);
            let indented = format!("{}{margin}", " ".repeat(self.margin.saturating_sub(number.len())));
            let free: String = picture.chars().skip(indented.chars().count()).collect();
            format!("{indented}{free}{said}")
        };
        said.into_iter().zip(pictures).zip(margins).map(line).collect()
    }

    fn blank(&self) -> Vec<char> {
        let mut row = vec![' '; self.words()];
        for column in self.columns() {
            row[column] = '│';
        }
        row
    }

    fn picture(&self, figure: Figure) -> Vec<char> {
        match figure {
            Figure::Message { from, to, leg, fate } => self.arrow(self.column_of(from), self.column_of(to), leg, fate),
            Figure::At(party) => {
                let mut row = self.blank();
                row[self.column_of(party)] = '◆';
                row
            }
            Figure::Everywhere => {
                let mut row = self.blank();
                let (first, last) = (self.column(0), self.column(self.parties.len() - 1));
                for cell in &mut row[first..=last] {
                    *cell = if *cell == '│' { '╪' } else { '═' };
                }
                row
            }
        }
    }

    fn arrow(&self, from: usize, to: usize, leg: Leg, fate: Fate) -> Vec<char> {
        let line = match leg {
            Leg::Request => '─',
            Leg::Response => '╌',
        };
        // Next to its lane where it gets there; on the way to it where it does not.
        let (distance, right_head, left_head) = match fate {
            Fate::Delivered => (1, '►', '◄'),
            Fate::Lost => (LANE_SPACING / 2, 'x', 'x'),
        };
        let mut row = self.blank();
        let (tail, head, end) =
            if from < to { ('├', right_head, to - distance) } else { ('┤', left_head, to + distance) };
        for cell in &mut row[from.min(end)..=from.max(end)] {
            *cell = if *cell == '│' { '┼' } else { line };
        }
        row[from] = tail;
        row[end] = head;
        row
    }
}

/// Clauses in lines of at most `width` columns, each clause on one line where that is possible. Every line but the first begins with
/// `hanging`.
fn wrapped(clauses: &[impl AsRef<str>], width: usize, hanging: &str) -> Vec<String> {
    let room = width - hanging.len();
    let mut lines = vec![String::new()];
    for clause in clauses {
        let clause = clause.as_ref();
        let used = lines.last().map_or(0, |line| line.width());
        if used > 0 && used + 1 + clause.width() > width && clause.width() <= room {
            lines.push(hanging.to_owned());
        }
        for piece in clause.split_whitespace().flat_map(|word| pieces(word, room)) {
            let line = lines.last_mut().expect("there is a first line");
            let begun = !line.trim_start().is_empty();
            if begun && line.width() + 1 + piece.width() > width {
                lines.push(format!("{hanging}{piece}"));
            } else {
                line.push_str(if begun { " " } else { "" });
                line.push_str(&piece);
            }
        }
    }
    lines
}

/// A word, or its parts where it is wider than a line.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in word.chars().filter(|letter| !letter.is_control()) {
        let piece = pieces.last_mut().expect("there is a first piece");
        if piece.width() + letter.width().unwrap_or(0) <= width {
            piece.push(letter);
        } else {
            pieces.push(letter.to_string());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use authloom_model::seen::Refusal;
    use authloom_model::{Action, CallId, Exchange, TabId};
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    fn marked(step: usize) -> Marked {
        Marked {
            step,
            expected: "invalid_grant (replayed)".to_owned(),
            rule: Some(Refusal::Replayed.rule()),
            observed: "an access token never seen before and a refresh token never seen before".to_owned(),
        }
    }

    #[test]
    fn a_race_looks_like_this() {
        insta::assert_snapshot!(draw(&samples::two_tabs_race(), None));
    }

    #[test]
    fn a_divergence_looks_like_this() {
        insta::assert_snapshot!(draw(&samples::two_tabs_race(), Some(&marked(19))));
    }

    #[test]
    fn a_lost_answer_looks_like_this() {
        let trace = samples::violation("lost-answer", Scope::SMALL, "survives-a-loss");
        insta::assert_snapshot!(draw(&trace, None));
    }

    #[test]
    fn three_tabs_look_like_this() {
        let call = |tab| CallId { tab: TabId(tab), call: 0 };
        let scope = Scope { tabs: 3, calls: 1, flows: 1, losses: 1, ..Scope::DEFAULT };
        let actions = [
            Action::Open(call(0)),
            Action::Open(call(2)),
            Action::Lose(Exchange::Call(call(0))),
            Action::SignIn(TabId(1)),
            Action::Arrive(Exchange::Call(call(2))),
        ];
        let trace = samples::trace("recommended", scope, &actions);
        insta::assert_snapshot!(draw(&trace, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_line_is_too_wide(trace in samples::any_trace(), step in 1..80_usize, name in "\\PC{0,200}") {
            let mut trace = trace;
            trace.header.shows.push_str(&name);
            trace.header.policy.name = name.clone();
            let mark = Marked { observed: name, ..marked(step) };
            for line in draw(&trace, Some(&mark)).lines() {
                prop_assert!(line.width() <= WIDTH, "{} columns: {}", line.width(), line);
            }
        }

        #[test]
        fn wrapping_loses_no_word(text in "([a-zé世]{1,12} ){0,20}", width in 12..40_usize) {
            let joined = wrapped(&[&text], width, HANGING).iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
            let letters = |text: &str| text.chars().filter(|letter| *letter != ' ').collect::<String>();
            prop_assert_eq!(letters(&joined), letters(&text));
        }
    }
}

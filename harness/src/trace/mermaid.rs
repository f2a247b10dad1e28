//! A trace as a Mermaid `sequenceDiagram`: a picture that can be run.
//!
//! The header stands in comments, each step on a line of its own. A step's label says what happens, then what must be seen of it, then
//! which tokens are no longer active, with commas between. Reading takes only the action from a line; the line must then be, to the
//! letter, what the model makes of that action there. No label holds `#`, `;` or the word `end`, which Mermaid would take for its own.
//!
//! A title says what the trace shows, the numbers are those of the steps, and a note at the end says how a target parted from the model.
//! A file without title and numbers is read as well; its labels then say nothing of tokens that are no longer active.
//!
//! Deliberately absent: Mermaid's other arrows, blocks and notes. Of its blocks there is only `par`. A file may hold further comments; they
//! are not kept.

mod label;

use authloom_model::exchange::Leg;
use authloom_model::{Policy, Scope, Spec};

use super::figure::{Fate, Figure, Figures};
use super::file::{FORMAT_VERSION, TraceError, other_version};
use super::standings::Standings;
use super::words::{self, Party};
use super::{Header, Parting, Release, Trace, TraceStep, Walker, orders};

const COMMENT: &str = "%%";
const VERSION: &str = "%% authloom trace ";
const POLICY: &str = "%% policy: ";
const POLICY_LINE: &str = "%% |";
const SCOPE: &str = "%% scope: ";
const SHOWS: &str = "%% shows: ";
const STEPS: &str = "%% steps: ";
const EXPECTED: &str = "%% expected: ";
const SEEN: &str = "%% seen: ";
const BEGINNING: &str = "sequenceDiagram";
const INDENTATION: &str = "  ";
const TITLE: &str = "title ";
/// Mermaid numbers messages alone: where a note stood before one, its number is told anew, so that it is the step's.
const NUMBERED: &str = "autonumber";
/// Messages that are let go at once stand in a block, each in a branch of its own.
const AT_ONCE: &str = "par at once";
const AND: &str = "and";
const END: &str = "end";

/// What a step can look like, for whoever wrote something else.
const FORMS: &str = "a step is one of `P->>T1: open T1.1` (or sign in, mistype, sign out), `T1->>B: call T1.1 arrives` (or introspect, \
                     refresh, sign-in, redeem, revoke), `B-->>T1: call T1.1 returns`, `T1-xB: call T1.1 is lost`, \
                     `B--xT1: call T1.1 is lost`, `Note over T1: lock to T1.1`, `Note over P,A: 5m later`, \
                     `Note over X: thief copies the session`, `X->>A: stolen token arrives`; or a block of those that are let go \
                     at once, from `par at once` over `and` to `end`";

/// Writes a trace, so that it reads back to the same.
#[must_use]
pub fn write(trace: &Trace) -> String {
    let Header { policy, scope, shows, parting } = &trace.header;
    let mut lines = vec![format!("{VERSION}{FORMAT_VERSION}"), format!("{SHOWS}{}", one_line(shows))];
    lines.push(format!("{SCOPE}{scope}"));
    lines.push(format!("{STEPS}{}", trace.steps.len()));
    if let Some(Parting { expected, seen }) = parting {
        lines.extend([format!("{EXPECTED}{}", one_line(expected)), format!("{SEEN}{}", one_line(seen))]);
    }
    lines.push(format!("{POLICY}{}", one_line(&policy.name)));
    lines.extend(policy.to_toml().lines().map(|line| format!("{POLICY_LINE} {line}").trim_end().to_owned()));
    lines.push(BEGINNING.to_owned());
    let mut picture = vec![title(&one_line(shows))];
    picture.extend(participants(*scope));
    picture.push(NUMBERED.to_owned());
    picture.extend(rounds(trace, Writer::new(Style::Numbered)));
    picture.extend(parting.as_ref().map(|parting| note(&one_lined(parting))));
    lines.extend(picture.iter().map(|line| format!("{INDENTATION}{line}")));
    lines.push(String::new());
    lines.join("\n")
}

/// The lines of a trace's steps.
fn rounds(trace: &Trace, mut writer: Writer) -> Vec<String> {
    let mut lines = Vec::new();
    for round in trace.rounds() {
        let drawn: Vec<Drawn> = round.iter().map(|step| writer.draw(step)).collect();
        lines.extend(drawn.first().and_then(|first| first.number.clone()));
        if let [step] = drawn.as_slice() {
            lines.push(step.line.clone());
            continue;
        }
        for (step, opening) in drawn.iter().zip(std::iter::once(AT_ONCE).chain(std::iter::repeat(AND))) {
            lines.extend([opening.to_owned(), format!("{INDENTATION}{}", step.line)]);
        }
        lines.push(END.to_owned());
    }
    lines
}

/// Reads a trace. `file` is what an error calls it.
///
/// # Errors
/// At the first line that is not a trace's, or that the model does not agree with.
pub fn read(file: &str, text: &str) -> Result<Trace, TraceError> {
    let mut reader = Reader::new(file, text);
    let announced = reader.header()?;
    let spec = Spec::exact(announced.policy.clone(), announced.scope)
        .map_err(|too_long| reader.error(announced.policy_line, 1, too_long.to_string()))?;
    reader.title(&title(&announced.shows))?;
    for right in participants(announced.scope) {
        reader.participant(&right)?;
    }
    // Older files have neither numbers nor what becomes of tokens.
    let style = if reader.passes(NUMBERED) { Style::Numbered } else { Style::Plain };
    let steps = reader.steps(&spec, style, &announced)?;
    Ok(Trace { header: Header { parting: announced.parting, ..Header::new(&spec, announced.shows) }, steps })
}

fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ").trim().to_owned()
}

fn one_lined(Parting { expected, seen }: &Parting) -> Parting {
    Parting { expected: one_line(expected), seen: one_line(seen) }
}

/// The picture's title.
fn title(shows: &str) -> String {
    format!("{TITLE}{}", label::escaped(&label::shortened(shows)))
}

/// The note below the step at which a target parts from the model.
fn note(Parting { expected, seen }: &Parting) -> String {
    let over = everybody();
    format!("{over}: here they part<br/>expected {}<br/>seen {}", label::escaped(expected), label::escaped(seen))
}

fn everybody() -> String {
    format!("Note over {},{}", Party::Person.short(), Party::AuthService.short())
}

fn participants(scope: Scope) -> Vec<String> {
    let declared = |party: Party| {
        let keyword = match party {
            Party::Person | Party::Thief => "actor",
            Party::Tab(_) | Party::Backend | Party::AuthService => "participant",
        };
        format!("{keyword} {} as {}", party.short(), party.name())
    };
    words::parties(scope).into_iter().map(declared).collect()
}

/// What a picture tells of its steps.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Their numbers, and which tokens are no longer active after them.
    Numbered,
    /// Neither.
    Plain,
}

/// A step as it is drawn.
struct Drawn {
    /// The line that says its number, where Mermaid would count otherwise.
    number: Option<String>,
    line: String,
    /// The same where it does not say which limits time passes. It may be read so.
    without_limits: String,
}

/// Draws steps in order.
struct Writer {
    figures: Figures,
    standings: Standings,
    style: Style,
    /// The number of the next step.
    number: usize,
    /// The number that Mermaid would give to the next message.
    counted: usize,
}

impl Writer {
    fn new(style: Style) -> Self {
        let (figures, standings) = (Figures::default(), Standings::default());
        Self { figures, standings, style, number: 1, counted: 1 }
    }

    fn draw(&mut self, step: &TraceStep) -> Drawn {
        let figure = self.figures.next(step.action);
        let place = match figure {
            Figure::Message { from, to, leg, fate } => {
                let arrow = match (leg, fate) {
                    (Leg::Request, Fate::Delivered) => "->>",
                    (Leg::Request, Fate::Lost) => "-x",
                    (Leg::Response, Fate::Delivered) => "-->>",
                    (Leg::Response, Fate::Lost) => "--x",
                };
                format!("{}{arrow}{}", from.short(), to.short())
            }
            Figure::At(party) => format!("Note over {}", party.short()),
            Figure::Everywhere => everybody(),
        };
        let passed = words::passed(step);
        let mut label = words::seen(step);
        let dead = self.standings.taken_away(step);
        let number = match self.style {
            Style::Numbered => {
                label.extend((!dead.is_empty()).then(|| words::no_longer_active(&dead)));
                self.renumbered(figure)
            }
            Style::Plain => None,
        };
        self.number += 1;
        let line = |passed: &[String]| {
            let clauses = [&[words::action(step.action)], passed, &label].concat();
            format!("{place}: {}", clauses.join(", "))
        };
        Drawn { number, line: line(&passed), without_limits: line(&[]) }
    }

    /// The line that says a message's number, where Mermaid would give it another.
    fn renumbered(&mut self, figure: Figure) -> Option<String> {
        match figure {
            Figure::Message { .. } => {
                let right = self.counted == self.number;
                self.counted = self.number + 1;
                (!right).then(|| format!("{NUMBERED} {}", self.number))
            }
            Figure::At(_) | Figure::Everywhere => None,
        }
    }
}

/// What a header announces.
struct Announced {
    policy: Policy,
    policy_line: usize,
    scope: Scope,
    shows: String,
    steps: usize,
    parting: Option<Parting>,
}

/// A header in the reading: each part with its line, once it has been met.
#[derive(Default)]
struct Draft<'t> {
    policy_name: Option<(Line<'t>, &'t str)>,
    policy_lines: Vec<(Line<'t>, &'t str)>,
    scope: Option<(Line<'t>, &'t str)>,
    shows: Option<(Line<'t>, &'t str)>,
    steps: Option<(Line<'t>, &'t str)>,
    expected: Option<(Line<'t>, &'t str)>,
    seen: Option<(Line<'t>, &'t str)>,
}

/// A line that is not blank.
#[derive(Clone, Copy)]
struct Line<'t> {
    /// From 1.
    number: usize,
    /// Without white space at its end.
    text: &'t str,
}

impl<'t> Line<'t> {
    /// Without the indentation.
    fn content(self) -> &'t str {
        self.text.trim_start()
    }

    /// The column at which the rest of the line begins.
    fn column_of(self, rest: &str) -> usize {
        self.text.chars().count() - rest.chars().count() + 1
    }
}

/// Where a reader is in a block of messages that are let go at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    /// Not in one.
    Closed,
    /// A branch has begun, the n-th from 0.
    Begun(usize),
    /// The n-th branch has its step.
    Full(usize),
}

impl Block {
    /// Where it is after a line that opens, divides or ends a block; none where the line does nothing of that here.
    fn after(self, line: &str) -> Option<Self> {
        match (self, line) {
            (Self::Closed, AT_ONCE) => Some(Self::Begun(0)),
            (Self::Full(branch), AND) => Some(Self::Begun(branch + 1)),
            (Self::Full(1..), END) => Some(Self::Closed),
            (Self::Closed | Self::Begun(_) | Self::Full(_), _) => None,
        }
    }

    /// Where it is after a step; none where no step may stand.
    fn with_a_step(self) -> Option<Self> {
        match self {
            Self::Closed => Some(Self::Closed),
            Self::Begun(branch) => Some(Self::Full(branch)),
            Self::Full(_) => None,
        }
    }
}

/// Goes through a file line by line.
struct Reader<'t> {
    file: &'t str,
    lines: std::vec::IntoIter<Line<'t>>,
    last: Line<'t>,
}

impl<'t> Reader<'t> {
    fn new(file: &'t str, text: &'t str) -> Self {
        let numbered = (1..).zip(text.lines()).map(|(number, text)| Line { number, text: text.trim_end() });
        let lines: Vec<_> = numbered.filter(|line| !line.text.is_empty()).collect();
        let last = lines.last().copied().unwrap_or(Line { number: 1, text: "" });
        Self { file, lines: lines.into_iter(), last }
    }

    fn error(&self, line: usize, column: usize, why: impl Into<String>) -> TraceError {
        TraceError { file: self.file.to_owned(), line, column, why: why.into() }
    }

    /// An error where the rest of a line begins.
    fn error_at(&self, line: Line<'_>, rest: &str, why: impl Into<String>) -> TraceError {
        self.error(line.number, line.column_of(rest), why)
    }

    fn error_at_the_end(&self, why: impl Into<String>) -> TraceError {
        self.error(self.last.number, self.last.text.chars().count() + 1, why)
    }

    fn header(&mut self) -> Result<Announced, TraceError> {
        self.version()?;
        let mut draft = Draft::default();
        let beginning = loop {
            let Some(line) = self.lines.next() else {
                return Err(
                    self.error_at_the_end(format!("the file breaks off in its header: `{BEGINNING}` is missing"))
                );
            };
            if line.text == BEGINNING {
                break line;
            }
            self.header_line(line, &mut draft)?;
        };
        self.announced(&draft, beginning)
    }

    fn version(&mut self) -> Result<(), TraceError> {
        let right = format!("`{VERSION}{FORMAT_VERSION}`");
        let Some(first) = self.lines.next() else {
            return Err(self.error_at_the_end(format!("the file is empty: a trace begins with {right}")));
        };
        let Some(version) = first.text.strip_prefix(VERSION) else {
            return Err(self.error_at(first, first.text, format!("this is no trace: one begins with {right}")));
        };
        if version != FORMAT_VERSION.to_string() {
            return Err(self.error_at(first, version, other_version(version)));
        }
        Ok(())
    }

    fn header_line(&self, line: Line<'t>, draft: &mut Draft<'t>) -> Result<(), TraceError> {
        if let Some(rest) = line.text.strip_prefix(POLICY_LINE) {
            draft.policy_lines.push((line, rest.strip_prefix(' ').unwrap_or(rest)));
            return Ok(());
        }
        let parts = [
            (POLICY, &mut draft.policy_name),
            (SCOPE, &mut draft.scope),
            (SHOWS, &mut draft.shows),
            (STEPS, &mut draft.steps),
            (EXPECTED, &mut draft.expected),
            (SEEN, &mut draft.seen),
        ];
        for (key, part) in parts {
            let Some(value) = line.text.strip_prefix(key) else { continue };
            if let Some((before, _)) = part {
                let why = format!("`{}` stands in line {} already", key.trim_end(), before.number);
                return Err(self.error_at(line, line.text, why));
            }
            *part = Some((line, value));
            return Ok(());
        }
        if line.text.starts_with(COMMENT) {
            return Ok(());
        }
        let why = format!("here the header goes on with a line `{COMMENT} ...`, or ends with `{BEGINNING}`");
        Err(self.error_at(line, line.content(), why))
    }

    fn announced(&self, draft: &Draft<'t>, beginning: Line<'_>) -> Result<Announced, TraceError> {
        let missing = |key: &str, example: &str| {
            let why = format!("the header lacks a line like `{key}{example}`");
            self.error(beginning.number, 1, why)
        };
        let (name_line, name) = draft.policy_name.ok_or_else(|| missing(POLICY, "recommended"))?;
        let (scope_line, scope) = draft.scope.ok_or_else(|| missing(SCOPE, "default"))?;
        let (_, shows) = draft.shows.ok_or_else(|| missing(SHOWS, "two tabs refresh at once"))?;
        let (steps_line, steps) = draft.steps.ok_or_else(|| missing(STEPS, "20"))?;
        let parting = match (draft.expected, draft.seen) {
            (Some((_, expected)), Some((_, seen))) => {
                Some(Parting { expected: expected.to_owned(), seen: seen.to_owned() })
            }
            (None, None) => None,
            (None, Some(_)) => return Err(missing(EXPECTED, "401")),
            (Some(_), None) => return Err(missing(SEEN, "200 items")),
        };
        if draft.policy_lines.is_empty() {
            return Err(missing(POLICY_LINE, " [auth_service]`, one for each line of the policy's file, such as `"));
        }
        Ok(Announced {
            policy: self.policy(name, &draft.policy_lines)?,
            policy_line: name_line.number,
            scope: scope.parse().map_err(|error| self.error_at(scope_line, scope, format!("{error}")))?,
            shows: shows.to_owned(),
            steps: steps.parse().map_err(|_| {
                self.error_at(steps_line, steps, format!("`{steps}` is no number of steps: write one like `20`"))
            })?,
            parting,
        })
    }

    fn policy(&self, name: &str, lines: &[(Line<'_>, &str)]) -> Result<Policy, TraceError> {
        let toml: String = lines.iter().flat_map(|(_, text)| [text, "\n"]).collect();
        match Policy::from_toml(self.file, &toml) {
            Ok(policy) => Ok(Policy { name: name.to_owned(), ..policy }),
            Err(faults) => {
                let faults = faults.iter().map(|fault| {
                    let (line, text) = lines[(fault.line - 1).min(lines.len() - 1)];
                    self.error(line.number, line.column_of(text) + fault.column - 1, fault.why.clone())
                });
                Err(TraceError::of_all(faults).expect("what is no policy has a fault"))
            }
        }
    }

    /// The next line that is no comment.
    fn line(&mut self) -> Option<Line<'t>> {
        self.lines.find(|line| !line.content().starts_with(COMMENT))
    }

    /// The next line that is no comment, still to be read.
    fn ahead(&self) -> Option<Line<'t>> {
        self.lines.as_slice().iter().find(|line| !line.content().starts_with(COMMENT)).copied()
    }

    /// Whether the next line is this one; then it is read.
    fn passes(&mut self, right: &str) -> bool {
        let there = self.ahead().is_some_and(|line| line.content() == right);
        if there {
            self.line();
        }
        there
    }

    /// Reads the title, where there is one.
    fn title(&mut self, right: &str) -> Result<(), TraceError> {
        match self.ahead().filter(|line| line.content().starts_with(TITLE)) {
            Some(line) if !self.passes(right) => {
                let why = format!("here must stand `{right}`: the title is what `{}` says", SHOWS.trim_end());
                Err(self.error_at(line, line.content(), why))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn participant(&mut self, right: &str) -> Result<(), TraceError> {
        match self.line() {
            Some(line) if line.content() == right => Ok(()),
            Some(line) => {
                let why = format!("here must stand `{right}`: the participants are those of the scope, in its order");
                Err(self.error_at(line, line.content(), why))
            }
            None => Err(self.error_at_the_end(format!("the file breaks off: here must stand `{right}`"))),
        }
    }

    fn steps(&mut self, spec: &Spec, style: Style, announced: &Announced) -> Result<Vec<TraceStep>, TraceError> {
        let mut walker = Walker::new(spec);
        let mut writer = Writer::new(style);
        let mut steps: Vec<TraceStep> = Vec::new();
        let mut lines = Vec::new();
        let mut block = Block::Closed;
        let mut number = None;
        while let Some(line) = self.line() {
            if let Some(next) = block.after(line.content()) {
                if line.content() == AND {
                    steps.last_mut().expect("a branch holds a step").release = Release::WithNext;
                }
                block = next;
                continue;
            }
            if steps.len() == announced.steps && block == Block::Closed {
                self.after_the_last(line, announced)?;
                break;
            }
            if block == Block::Closed && style == Style::Numbered && line.content().starts_with(NUMBERED) {
                number = Some(line);
                continue;
            }
            let step = self.step(line, number.take(), &mut walker, &mut writer)?;
            block = block.with_a_step().ok_or_else(|| {
                self.error_at(
                    line,
                    line.content(),
                    format!("a branch holds one step: here must stand `{AND}` or `{END}`"),
                )
            })?;
            steps.push(step);
            lines.push(line);
            let last = steps.len() == announced.steps && block == Block::Closed;
            if last && announced.parting.is_some() && self.ahead().is_none() {
                return Err(self.error_at_the_end("the file breaks off before the note that says how they part"));
            }
        }
        if block != Block::Closed {
            return Err(self.error_at_the_end(format!("the file breaks off in a block: `{END}` is missing")));
        }
        if steps.is_empty() {
            return Err(self.error_at_the_end("the file breaks off before its first step"));
        }
        if steps.len() < announced.steps {
            let (here, there) = (steps.len(), announced.steps);
            let why = format!("the file breaks off after {here} steps of {there}: if these are all, `{STEPS}{here}`");
            return Err(self.error_at_the_end(why));
        }
        orders::check(spec, &steps).map_err(|wrong| {
            let line = lines[wrong.step];
            self.error_at(line, line.content(), wrong.why)
        })?;
        Ok(steps)
    }

    /// Reads what stands behind the last step: a note where a target parts from the model, and nothing else.
    fn after_the_last(&mut self, line: Line<'_>, announced: &Announced) -> Result<(), TraceError> {
        let noted = match &announced.parting {
            Some(parting) if line.content() == note(parting) => self.line(),
            Some(parting) => {
                let why = format!("here must stand `{}`", note(parting));
                return Err(self.error_at(line, line.content(), why));
            }
            None => Some(line),
        };
        let Some(further) = noted else { return Ok(()) };
        let why = format!("a step more than the {} of `{}`", announced.steps, STEPS.trim_end());
        Err(self.error_at(further, further.content(), why))
    }

    /// Reads a step. `number` is the line before it that says its number.
    fn step(
        &self,
        line: Line<'_>,
        number: Option<Line<'_>>,
        walker: &mut Walker<'_>,
        writer: &mut Writer,
    ) -> Result<TraceStep, TraceError> {
        let content = line.content();
        let Some((_, label)) = content.split_once(": ") else {
            return Err(self.error_at(line, content, format!("this is no step: {FORMS}")));
        };
        let said = label.split_once(", ").map_or(label, |(action, _)| action);
        let Some(action) = words::action_said(said) else {
            return Err(self.error_at(line, label, format!("nothing is called `{said}`: {FORMS}")));
        };
        let step = walker.take(action).map_err(|error| self.error_at(line, label, error.to_string()))?;
        let Drawn { number: right_number, line: right, without_limits } = writer.draw(&step);
        if number.map(Line::content) != right_number.as_deref() {
            let at = number.unwrap_or(line);
            let why = right_number.map_or_else(
                || "Mermaid counts on here: no number is told".to_owned(),
                |right| format!("here must stand `{right}`"),
            );
            return Err(self.error_at(at, at.content(), why));
        }
        if content != right && content != without_limits {
            let same = content.chars().zip(right.chars()).take_while(|(here, there)| here == there).count();
            let column = line.column_of(content) + same;
            return Err(self.error(line.number, column, format!("the model expects `{right}`")));
        }
        Ok(step)
    }
}

#[cfg(test)]
mod tests;

//! A trace as JSON, for machines. It says the same as the Mermaid form, in the same words, and is believed no further.

use authloom_model::{Policy, Spec};
use serde::{Deserialize, Serialize};

use super::file::{FORMAT_VERSION, TraceError, other_version};
use super::standings::Standings;
use super::{Header, Parting, Release, Token, Trace, TraceStep, Walker, orders, words};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    authloom_trace: u64,
    shows: String,
    scope: String,
    policy_name: String,
    /// As its file has it: TOML.
    policy: String,
    steps: Vec<Step>,
    /// How a target departed from the model at the last step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parting: Option<Parting>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    action: String,
    /// The limits that time passes. A file need not say so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    passed: Vec<String>,
    seen: Vec<String>,
    /// The tokens that are no longer active after it. A file need not say so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dies: Vec<String>,
    /// Whether its message is let go at once with that of the next step.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    with_next: bool,
}

/// What every version of the form has.
#[derive(Deserialize)]
struct Version {
    authloom_trace: Option<u64>,
}

/// Writes a trace, so that it reads back to the same.
#[must_use]
pub fn write(trace: &Trace) -> String {
    let mut text = serde_json::to_string_pretty(&form(trace)).expect("a trace is plain data");
    text.push('\n');
    text
}

/// What is written of a trace, for a report that holds it.
pub(crate) fn form(trace: &Trace) -> impl Serialize + use<> {
    let Header { policy, scope, shows, parting } = &trace.header;
    let mut standings = Standings::default();
    File {
        authloom_trace: FORMAT_VERSION,
        shows: shows.clone(),
        scope: scope.to_string(),
        policy_name: policy.name.clone(),
        policy: policy.to_toml(),
        steps: trace.steps.iter().map(|step| said(step, &mut standings)).collect(),
        parting: parting.clone(),
    }
}

/// Reads a trace. `file` is what an error calls it.
///
/// # Errors
/// Where the text is not JSON or not a trace, and at the first step that the model does not agree with.
pub fn read(file: &str, text: &str) -> Result<Trace, TraceError> {
    let reader = Reader { file, text };
    let Version { authloom_trace } = serde_json::from_str(text).map_err(|error| reader.syntax(&error))?;
    match authloom_trace {
        Some(FORMAT_VERSION) => {}
        Some(version) => {
            let why = other_version(&version.to_string());
            return Err(reader.error(reader.key("authloom_trace", 0), why));
        }
        None => {
            let why = format!("this is no trace: one has a member `\"authloom_trace\": {FORMAT_VERSION}`");
            return Err(reader.error(0, why));
        }
    }
    let read: File = serde_json::from_str(text).map_err(|error| reader.syntax(&error))?;
    let policy = reader.policy(&read)?;
    let scope = read.scope.parse().map_err(|error| reader.error(reader.key("scope", 0), format!("{error}")))?;
    let spec =
        Spec::exact(policy, scope).map_err(|too_long| reader.error(reader.key("policy", 0), too_long.to_string()))?;
    let steps = reader.steps(&spec, &read.steps)?;
    Ok(Trace { header: Header { parting: read.parting, ..Header::new(&spec, read.shows) }, steps })
}

fn said(step: &TraceStep, standings: &mut Standings) -> Step {
    let with_next = step.release == Release::WithNext;
    let dies = standings.taken_away(step).iter().map(Token::to_string).collect();
    Step { action: words::action(step.action), passed: words::passed(step), seen: words::seen(step), dies, with_next }
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
}

impl Reader<'_> {
    /// An error at a byte of the text.
    fn error(&self, at: usize, why: impl Into<String>) -> TraceError {
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        TraceError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            why: why.into(),
        }
    }

    fn syntax(&self, error: &serde_json::Error) -> TraceError {
        let (line, column) = (error.line(), error.column());
        let said = error.to_string();
        let why = said.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&said).to_owned();
        TraceError { file: self.file.to_owned(), line, column: column.max(1), why }
    }

    /// Where the n-th member of that name begins, counted from 0. A quoted name with a colon behind it can be nothing else: inside a
    /// string the quotes would be escaped.
    fn key(&self, name: &str, n: usize) -> usize {
        let quoted = format!("\"{name}\"");
        let is_key = |at: &usize| self.text[at + quoted.len()..].trim_start().starts_with(':');
        self.text.match_indices(&quoted).map(|(at, _)| at).filter(is_key).nth(n).unwrap_or(0)
    }

    fn policy(&self, read: &File) -> Result<Policy, TraceError> {
        match Policy::from_toml(self.file, &read.policy) {
            Ok(policy) => Ok(Policy { name: read.policy_name.clone(), ..policy }),
            Err(faults) => {
                let at = self.key("policy", 0);
                let faults = faults.iter().map(|fault| {
                    let why = format!("line {}, column {} of the policy: {}", fault.line, fault.column, fault.why);
                    self.error(at, why)
                });
                Err(TraceError::of_all(faults).expect("what is no policy has a fault"))
            }
        }
    }

    fn steps(&self, spec: &Spec, read: &[Step]) -> Result<Vec<TraceStep>, TraceError> {
        if read.is_empty() {
            return Err(self.error(self.key("steps", 0), "a trace has at least one step"));
        }
        let mut walker = Walker::new(spec);
        let mut standings = Standings::default();
        let step = |(n, step): (usize, &Step)| {
            self.step(step, &mut walker, &mut standings)
                .map_err(|why| self.error(self.key("action", n), format!("step {}: {why}", n + 1)))
        };
        let steps: Vec<TraceStep> = read.iter().enumerate().map(step).collect::<Result<_, _>>()?;
        orders::check(spec, &steps).map_err(|wrong| {
            self.error(self.key("action", wrong.step), format!("step {}: {}", wrong.step + 1, wrong.why))
        })?;
        Ok(steps)
    }

    fn step(&self, read: &Step, walker: &mut Walker<'_>, standings: &mut Standings) -> Result<TraceStep, String> {
        let Some(action) = words::action_said(&read.action) else {
            let allowed: Vec<_> = walker.enabled().into_iter().map(words::action).collect();
            return Err(format!("nothing is called `{}`; here the model allows: {}", read.action, allowed.join(", ")));
        };
        let step = walker.take(action).map_err(|error| error.to_string())?;
        let right = said(&step, standings);
        let list = |texts: &[String]| serde_json::to_string(texts).expect("a list of texts is plain data");
        if read.seen != right.seen {
            return Err(format!("the model expects \"seen\": {}", list(&right.seen)));
        }
        if !read.passed.is_empty() && read.passed != right.passed {
            return Err(format!("the model expects \"passed\": {}", list(&right.passed)));
        }
        if !read.dies.is_empty() && read.dies != right.dies {
            return Err(format!("the model expects \"dies\": {}", list(&right.dies)));
        }
        let release = if read.with_next { Release::WithNext } else { Release::Alone };
        Ok(TraceStep { release, ..step })
    }
}

#[cfg(test)]
mod tests {
    use authloom_model::{Action, CallId, Exchange, Scope, TabId};
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    fn refused(from: &str, to: &str) -> String {
        let call = CallId { tab: TabId(0), call: 0 };
        let actions = [Action::Open(call), Action::Arrive(Exchange::Call(call))];
        let text = write(&samples::trace("recommended", Scope::SMALL, &actions));
        assert!(text.contains(from), "the file says `{from}`:\n{text}");
        read("a.json", &text.replacen(from, to, 1)).expect_err("the file is wrong").to_string()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_trace_reads_back_from_what_it_writes(trace in samples::any_trace()) {
            prop_assert_eq!(read("a.json", &write(&trace)), Ok(trace));
        }

        #[test]
        fn a_file_cut_off_anywhere_is_no_trace(trace in samples::any_trace(), at in any::<prop::sample::Index>()) {
            let text = write(&trace);
            let whole = text.trim_end().len();
            let cut = (0..=at.index(whole - 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            prop_assert!(read("a.json", &text[..cut]).is_err());
        }
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_breaks() {
        assert_eq!(refused("\"steps\": [", "\"steps\": ("), "a.json:7:12: expected value");
        assert_eq!(read("a.json", "{").unwrap_err().to_string(), "a.json:1:1: EOF while parsing an object");
    }

    #[test]
    fn a_member_that_a_trace_does_not_have_is_refused_with_those_it_has() {
        let error = refused("\"shows\"", "\"shown\"");
        assert!(error.starts_with("a.json:3:9: unknown field `shown`, expected one of"), "{error}");
    }

    #[test]
    fn other_json_and_other_versions_are_refused() {
        let error = read("a.json", "{\"a\": 1}").unwrap_err().to_string();
        assert_eq!(error, "a.json:1:1: this is no trace: one has a member `\"authloom_trace\": 2`");
        let error = refused("\"authloom_trace\": 2", "\"authloom_trace\": 7");
        assert!(
            error
                .starts_with("a.json:2:3: this trace is in version 7 of the format, and this authloom reads up to 2: "),
            "{error}"
        );
        let error = refused("\"authloom_trace\": 2", "\"authloom_trace\": 0");
        assert!(error.starts_with("a.json:2:3: `0` is no version of the format: "), "{error}");
    }

    #[test]
    fn a_wrong_scope_or_policy_is_refused_at_its_member() {
        let error = refused("\"small\"", "\"huge\"");
        assert!(error.starts_with("a.json:4:3: no scope `huge`: "), "{error}");
        let error = refused("code_lifetime = \\\"5m\\\"", "code_lifetime = \\\"soon\\\"");
        assert!(error.starts_with("a.json:6:3: line 7, column 17 of the policy: `soon` is not a duration"), "{error}");
    }

    #[test]
    fn everything_that_is_wrong_with_the_policy_is_said_at_once() {
        let error = refused("lost_answer = \\\"retry\\\"", "lost_answer = true\\nlost_anser = 1");
        let [first, second] = error.lines().collect::<Vec<_>>()[..] else { panic!("two faults: {error}") };
        assert!(first.starts_with("a.json:6:3: line ") && first.contains("of the policy: a boolean here"), "{error}");
        assert!(second.starts_with("a.json:6:3: line ") && second.contains("`lost_anser` is no knob"), "{error}");
    }

    #[test]
    fn a_trace_without_steps_is_refused() {
        let trace = samples::trace("recommended", Scope::SMALL, &[]);
        let error = read("a.json", &write(&trace)).unwrap_err().to_string();
        assert_eq!(error, "a.json:7:3: a trace has at least one step");
    }

    #[test]
    fn a_wrong_step_is_refused_on_its_line() {
        let error = refused("call T1.1 arrives", "call T1.1 lands");
        assert!(error.starts_with("a.json:15:7: step 2: nothing is called `call T1.1 lands`; here"), "{error}");
        let error = refused("call T1.1 arrives", "refresh T1.1 arrives");
        assert!(
            error.starts_with("a.json:15:7: step 2: the model does not allow `refresh T1.1 arrives` here"),
            "{error}"
        );
        let error = refused("\"401\"", "\"200 items\"");
        assert_eq!(error, "a.json:15:7: step 2: the model expects \"seen\": [\"401\"]");
    }
}

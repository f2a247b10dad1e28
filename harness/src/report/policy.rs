//! Policies, for people. What is printed of one is a policy file.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::Style;
use authloom_model::policy::{Accepted, Difference, PolicyFile};
use authloom_model::{Policy, Ticks};

use super::layout::{WIDTH, entry, heading, wrap};
use super::style::{GOOD, TITLE, UNSURE};

/// Writes the name of each profile, and what its file says it shows.
///
/// # Errors
/// When `out` cannot be written to.
pub fn profiles(out: &mut dyn Write, profiles: &[(&str, &str)]) -> io::Result<()> {
    for (name, text) in profiles {
        let comments = text.lines().map_while(|line| line.strip_prefix("# ")).collect::<Vec<_>>();
        write!(out, "  {TITLE}{name}{TITLE:#}")?;
        let mut label = "";
        for line in wrap(&comments.join(" "), 58) {
            let gap = if label.is_empty() { 20 - name.len() } else { 22 };
            writeln!(out, "{:gap$}{line}", "")?;
            label = " ";
        }
        writeln!(out)?;
    }
    entry(out, "  next", 22, "authloom policy show NAME", Style::new())?;
    entry(out, "", 22, "authloom verify --policy NAME", Style::new())
}

/// What a verdict on a shrunk policy does not say; none for any other policy.
pub(crate) fn caution(policy: &Policy) -> Option<String> {
    let from = policy.shrunk_from.as_ref()?;
    Some(format!(
        "shrunk from {from}: its limits come in the same order, but sums of durations are lost: a promise that holds here can be broken \
         under the real durations"
    ))
}

/// Writes a policy's file. Comments say what its durations are in ticks, where they can be counted.
///
/// # Errors
/// When `out` cannot be written to.
pub fn show(out: &mut dyn Write, file: &PolicyFile, ticks: Option<&Ticks>) -> io::Result<()> {
    let policy = &file.policy;
    writeln!(out, "# {}", policy.name)?;
    for line in caution(policy).iter().flat_map(|caution| wrap(caution, WIDTH - 2)) {
        writeln!(out, "# {line}")?;
    }
    if let Some(ticks) = ticks {
        let said = format!("one tick of the model is {}", humantime::format_duration(ticks.tick));
        writeln!(out, "# {said}; each limit is so many of them")?;
    }
    writeln!(out)?;
    for line in file.to_toml().lines() {
        match ticks.and_then(|ticks| in_ticks(line, ticks.tick)) {
            Some(count) => writeln!(out, "{line:<32}# {count}")?,
            None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// Writes that a file is a policy, and what in it differs from the recommended profile.
///
/// # Errors
/// When `out` cannot be written to.
pub fn check(out: &mut dyn Write, name: &str, file: &PolicyFile, ticks: &Ticks) -> io::Result<()> {
    let PolicyFile { policy, accepted } = file;
    let tick = humantime::format_duration(ticks.tick);
    entry(out, "✓ ", 2, &format!("{name} is a policy; one tick of the model's clock is {tick}"), GOOD)?;
    if let Some(caution) = caution(policy) {
        entry(out, "", 2, &caution, UNSURE)?;
    }
    let differences = policy.differences_from(&Policy::recommended());
    heading(out, "Differs from the recommended profile", TITLE, &differences.len().to_string())?;
    for Difference { knob, value, other } in differences {
        let other = other.map(|other| format!(", instead of {other}")).unwrap_or_default();
        entry(out, &format!("  {knob}"), 22, &format!("{value}{other}"), Style::new())?;
    }
    if !accepted.is_empty() {
        heading(out, "Promises accepted as broken", TITLE, &accepted.len().to_string())?;
    }
    for Accepted { promise, reason, until } in accepted {
        let until = until.map(|day| format!(" (until {day})")).unwrap_or_default();
        entry(out, &format!("  {promise} "), 28, &format!("{reason}{until}"), Style::new())?;
    }
    Ok(())
}

/// What a line's duration is in ticks, where it has one that is a whole number of them.
fn in_ticks(line: &str, tick: Duration) -> Option<String> {
    let (_, value) = line.split_once(" = ")?;
    let length = humantime::parse_duration(value.trim_matches('"')).ok()?;
    let ticks = length.as_nanos().checked_div(tick.as_nanos())?;
    let whole = ticks * tick.as_nanos() == length.as_nanos();
    let plural = if ticks == 1 { "" } else { "s" };
    whole.then(|| format!("{ticks} tick{plural}"))
}

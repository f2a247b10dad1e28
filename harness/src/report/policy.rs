//! Policies, for people. What is printed of one is a policy file.

use std::io::{self, Write};
use std::time::Duration;

use authloom_model::{Policy, Ticks};

use super::layout::entry;
use super::style::TITLE;

/// Writes the name of each profile, and what its file says it shows.
///
/// # Errors
/// When `out` cannot be written to.
pub fn profiles(out: &mut dyn Write, profiles: &[(&str, &str)]) -> io::Result<()> {
    for (name, text) in profiles {
        let comments = text.lines().map_while(|line| line.strip_prefix("# ")).collect::<Vec<_>>();
        write!(out, "  {TITLE}{name}{TITLE:#}")?;
        let mut label = "";
        for line in super::layout::wrap(&comments.join(" "), 58) {
            let gap = if label.is_empty() { 20 - name.len() } else { 22 };
            writeln!(out, "{:gap$}{line}", "")?;
            label = " ";
        }
        writeln!(out)?;
    }
    entry(out, "  next", 22, "authloom policy show NAME", anstyle::Style::new())?;
    entry(out, "", 22, "authloom verify --policy NAME", anstyle::Style::new())
}

/// Writes a policy as a file. Comments say what its durations are in ticks, where they can be counted.
///
/// # Errors
/// When `out` cannot be written to.
pub fn show(out: &mut dyn Write, policy: &Policy, ticks: Option<&Ticks>) -> io::Result<()> {
    writeln!(out, "# {}", policy.name)?;
    if let Some(ticks) = ticks {
        let said = format!("one tick of the model is {}", humantime::format_duration(ticks.tick));
        writeln!(out, "# {said}; each limit is so many of them")?;
    }
    writeln!(out)?;
    for line in policy.to_toml().lines() {
        match ticks.and_then(|ticks| in_ticks(line, ticks.tick)) {
            Some(count) => writeln!(out, "{line:<32}# {count}")?,
            None => writeln!(out, "{line}")?,
        }
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

//! Policies, for people. What is printed of one is a policy file.

use std::io::{self, Write};

use anstyle::Style;
use authloom_model::Policy;
use authloom_model::policy::{Accepted, Difference, PolicyFile};

use super::layout::{entry, heading, wrap};
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

/// Writes a policy's file.
///
/// # Errors
/// When `out` cannot be written to.
pub fn show(out: &mut dyn Write, file: &PolicyFile) -> io::Result<()> {
    write!(
        out,
        "# {}\n# every knob that means something; durations are taken as they are\n\n{}",
        file.policy.name,
        file.to_toml()
    )
}

/// Writes that a file is a policy, and what in it differs from the recommended profile.
///
/// # Errors
/// When `out` cannot be written to.
pub fn check(out: &mut dyn Write, name: &str, file: &PolicyFile) -> io::Result<()> {
    let PolicyFile { policy, accepted } = file;
    entry(out, "✓ ", 2, &format!("{name} is a policy"), GOOD)?;
    for surprise in policy.surprises() {
        entry(out, "? ", 2, &surprise, UNSURE)?;
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

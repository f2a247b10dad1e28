//! What would mend a policy, for people.

use std::io::{self, Write};

use authloom_model::Property;

use super::layout::{entry, heading};
use super::numbers::count;
use super::style::{DIM, GOOD, TITLE};
use crate::run::{Mended, Mending, Premise, Tried, WayOut};

/// What there is to say where no single setting is a way out.
const NONE: &str = "No single setting does: each leaves it broken, or breaks a promise that holds now.";

/// Writes what would mend a policy.
///
/// # Errors
/// When `out` cannot be written to.
pub fn text(out: &mut dyn Write, mending: &Mending) -> io::Result<()> {
    heading(out, "What would mend it", TITLE, &tried(mending))?;
    for way_out in mending.ways_out() {
        entry(out, "  +", 4, &way_out.change.join(", "), GOOD)?;
        entry(out, "", 6, &effect(&way_out), DIM)?;
    }
    for sentence in remarks(mending) {
        entry(out, "", 4, &sentence, DIM)?;
    }
    Ok(())
}

/// What would mend one promise, a sentence each.
pub(super) fn sentences(mending: &Mending, property: &Property) -> Vec<String> {
    let mends = |mends: &[Mended]| mends.iter().any(|mended| mended.property == property);
    let ways = mending.ways_out().filter(|way_out| mends(way_out.mends));
    let ways = ways.map(|way_out| format!("would mend it: {} ({})", way_out.change.join(", "), effect(&way_out)));
    ways.chain([format!("{} one change away", tried(mending))]).collect()
}

/// `27 of 27 settings tried`.
pub(super) fn tried(mending: &Mending) -> String {
    format!("{} of {} tried", mending.tried(), count(mending.settings.len() as u64, "setting"))
}

/// What becomes of promises under a setting.
pub(super) fn effect(way_out: &WayOut<'_>) -> String {
    let one = |Mended { property, premise }: &Mended| match premise {
        Premise::Tested | Premise::Unknown => format!("{} holds", property.name),
        Premise::NeverHappens(name) => format!("{} holds, for {name} never happens", property.name),
    };
    let mut parts: Vec<String> = way_out.mends.iter().map(one).collect();
    if !way_out.untests.is_empty() {
        let names: Vec<&str> = way_out.untests.iter().map(|property| property.name).collect();
        parts.push(format!("no longer put to the test: {}", names.join(", ")));
    }
    parts.join("; ")
}

/// What else there is to say.
pub(super) fn remarks(mending: &Mending) -> Vec<String> {
    let ways = mending.ways_out().count();
    let at_a_price = mending.settings.iter().filter(|setting| match &setting.trial {
        Tried::Explored { mends, breaks, .. } => !mends.is_empty() && !breaks.is_empty(),
        Tried::TooLarge | Tried::NotTried => false,
    });
    let at_a_price = at_a_price.count() as u64;
    let mut remarks = Vec::new();
    if ways > 0 {
        let each = if ways == 1 { "It is one change" } else { "Each is one change" };
        remarks.push(format!("{each} to the policy, under which every promise that holds now still holds."));
    } else if mending.tried() == mending.settings.len() {
        remarks.push(NONE.to_owned());
    }
    if at_a_price > 0 {
        let mend = if at_a_price == 1 { "mends" } else { "mend" };
        remarks.push(format!("{} more {mend} it, but break another promise.", count(at_a_price, "setting")));
    }
    remarks.extend(left(mending, &Tried::NotTried, "Not tried within --mend-budget"));
    remarks.extend(left(mending, &Tried::TooLarge, "Not tried, for their graphs are larger than allowed"));
    remarks
}

fn left(mending: &Mending, trial: &Tried, why: &str) -> Option<String> {
    let left = mending.settings.iter().filter(|setting| setting.trial == *trial);
    let left: Vec<String> = left.map(|setting| setting.change.join(", ")).collect();
    (!left.is_empty()).then(|| format!("{why}: {}", left.join("; ")))
}

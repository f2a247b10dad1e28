//! Policies as files. A file sets only what differs from the recommended profile. One that sets nothing at all is refused: it was cut off.
//! What is wrong in a file is said all at once, each fault with its line and column, and with what would be right.
//!
//! The format has a version, `version = 1` at the top; a file without one is of version 1. A newer version than this authloom's is refused.
//! An older one is migrated before anything else is read of it. A default is part of the format: changing one makes a new version, whose
//! migration writes the old default out. A new knob does not, as long as its default is what the model did before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::choices::GraceKind;
use super::error::PolicyErrors;
use super::knobs::{self, Draft, KNOBS, Knob, Section, knob};
use super::reader::{Place, Reader, instead, kind, nearest};
use super::{Accepted, Policy, accepted, length};

/// The first version of the format.
const FIRST_VERSION: usize = 1;
/// The members above the first section.
const TOP: [&str; 2] = [VERSION, ACCEPTED];
const VERSION: &str = "version";
/// A member of which a file may speak that stands for another one with longer durations.
const SHRUNK_FROM: &str = "shrunk_from";
const NOT_SHRUNK: &str = "`shrunk_from` is no part of a policy: durations are taken as they are, so that none has to be made smaller; \
                          use the policy that this one was made from";
const ACCEPTED: &str = "accepted";

/// What a policy's file says: the policy, and which promises a team knows it cannot keep under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyFile {
    /// The policy.
    pub policy: Policy,
    /// The promises that are known not to be kept, in the order of the file. No promise is there twice.
    pub accepted: Vec<Accepted>,
}

impl PolicyFile {
    /// Reads a file. `file` is what an error calls it, and its stem is the policy's name.
    ///
    /// # Errors
    /// Where the text is not a policy: everything that is wrong with it.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, PolicyErrors> {
        FORMAT.read(file, text)
    }

    /// Writes a file that reads back to this.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let accepted: String = self.accepted.iter().map(Accepted::to_toml).collect();
        self.policy.to_toml() + &accepted
    }
}

impl Policy {
    /// Reads the policy of a file. `file` is what an error calls it, and its stem is the policy's name.
    ///
    /// # Errors
    /// Where the text is not a policy: everything that is wrong with it.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, PolicyErrors> {
        PolicyFile::from_toml(file, text).map(|read| read.policy)
    }

    /// Writes the policy as a file that reads back to [`Self::normalised`] of it: every knob that means something, also where it is at its
    /// default, so that the file says the same whatever becomes of the defaults.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let draft = Draft::from(self.clone());
        let mut lines = vec![format!("{VERSION} = {}", FORMAT.newest())];
        for section in Section::ALL {
            lines.extend([String::new(), format!("[{}]", section.name())]);
            let knobs = knobs::meaningful(&draft).filter(|knob| knob.section == section);
            lines.extend(knobs.map(|knob| format!("{} = \"{}\"", knob.key, knob.write(&draft))));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Makes a file of one version into one of the next.
type Migration = for<'t> fn(&mut DeTable<'t>);

/// The versions of the format.
struct Format {
    /// From the first version to the second, from there to the third, and so on.
    migrations: &'static [Migration],
}

/// The format as it is today.
const FORMAT: Format = Format { migrations: &[] };

impl Format {
    fn newest(&self) -> usize {
        FIRST_VERSION + self.migrations.len()
    }

    fn read(&self, file: &str, text: &str) -> Result<PolicyFile, PolicyErrors> {
        let mut reading = Reading {
            reader: Reader::new(file, text),
            draft: Draft::from(Policy { name: stem(file).to_owned(), ..Policy::default() }),
            accepted: Vec::new(),
            given: BTreeMap::new(),
            refused: BTreeSet::new(),
        };
        if let Some(mut table) = reading.reader.toml()
            && let Some(version) = self.version(&table, &mut reading.reader)
        {
            if table.is_empty() {
                let why = format!(
                    "nothing is set here: the recommended policy as it is would be `{VERSION} = {}`, and one of your own says what differs",
                    self.newest()
                );
                reading.reader.fault(&(0..0), why);
            }
            for migrate in &self.migrations[version - FIRST_VERSION..] {
                migrate(&mut table);
            }
            reading.file(&table);
            reading.what_means_nothing();
            reading.combinations();
        }
        let Reading { reader, draft, accepted, .. } = reading;
        reader.finish(PolicyFile { policy: draft.policy(), accepted })
    }

    /// The version of a file; none where this authloom cannot read it, which is then noted.
    fn version(&self, table: &DeTable<'_>, reader: &mut Reader<'_>) -> Option<usize> {
        let Some(value) = table.get(VERSION) else { return Some(FIRST_VERSION) };
        let newest = self.newest();
        let version = match value.get_ref() {
            DeValue::Integer(number) => number.to_string().parse().ok(),
            DeValue::String(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        let why = match version {
            Some(version) if (FIRST_VERSION..=newest).contains(&version) => return Some(version),
            Some(version) if version > newest => format!(
                "this policy is in version {version} of the format, and this authloom reads up to {newest}: use the authloom that wrote \
                 it, or a newer one"
            ),
            Some(_) | None => format!(
                "a version of the format is a whole number, from {FIRST_VERSION} to {newest}: write `{VERSION} = {newest}`"
            ),
        };
        reader.fault(&value.span(), why);
        None
    }
}

/// A file in the reading.
struct Reading<'t> {
    reader: Reader<'t>,
    draft: Draft,
    accepted: Vec<Accepted>,
    /// The knobs that the file sets, and where.
    given: BTreeMap<&'static str, Place>,
    /// The knobs that it sets to something wrong. Nothing more is said of them.
    refused: BTreeSet<&'static str>,
}

impl Reading<'_> {
    fn file(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let section = Section::ALL.into_iter().find(|section| section.name() == key.get_ref());
            match (key.get_ref().as_ref(), section) {
                (_, Some(section)) => self.section(section, key, value),
                (VERSION, None) => {}
                (SHRUNK_FROM, None) => self.reader.fault(&key.span(), NOT_SHRUNK.to_owned()),
                (ACCEPTED, None) => self.accepted = accepted::read(value, &mut self.reader),
                (name, None) => {
                    let why = match knob(name) {
                        Some(knob) => {
                            format!("`{name}` is a knob of [{0}]: write it below the line `[{0}]`", knob.section.name())
                        }
                        None => {
                            let known: Vec<&str> = Section::ALL.map(Section::name).into_iter().chain(TOP).collect();
                            format!("`{name}` is no part of a policy: {}", instead(name, &known))
                        }
                    };
                    self.reader.fault(&key.span(), why);
                }
            }
        }
    }

    fn section(&mut self, section: Section, name: &Spanned<impl AsRef<str>>, value: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = value.get_ref() else {
            let why = format!(
                "{} here: `{1}` is a section: write `[{1}]`, and its knobs below",
                kind(value.get_ref()),
                section.name()
            );
            return self.reader.fault(&name.span(), why);
        };
        for (key, value) in table {
            match section.knobs().find(|knob| knob.key == key.get_ref()) {
                Some(knob) => self.knob(knob, value),
                None => self.unknown(section, key.get_ref(), &key.span()),
            }
        }
    }

    fn knob(&mut self, knob: &Knob, value: &Spanned<DeValue<'_>>) {
        self.given.insert(knob.key, value.span());
        let read = match value.get_ref().as_str() {
            Some(said) => knob.read(said, &mut self.draft),
            None => Err(format!("{} here: write {}", kind(value.get_ref()), knob.right())),
        };
        if let Err(why) = read {
            self.refused.insert(knob.key);
            self.reader.fault(&value.span(), why);
        }
    }

    fn unknown(&mut self, section: Section, key: &str, place: &Place) {
        let own: Vec<&str> = section.knobs().map(|knob| knob.key).collect();
        let elsewhere = nearest(key, KNOBS.iter().map(|knob| knob.key)).and_then(knob);
        let right = match elsewhere {
            _ if TOP.contains(&key) => "it belongs above the first section".to_owned(),
            Some(knob) if knob.section != section => format!("`{}` is one of [{}]", knob.key, knob.section.name()),
            Some(_) | None => instead(key, &own),
        };
        self.reader.fault(place, format!("`{key}` is no knob of [{}]: {right}", section.name()));
    }

    /// Refuses lengths of time that mean nothing, and sets whatever means nothing to its default.
    fn what_means_nothing(&mut self) {
        for knob in KNOBS.iter().filter(|knob| !knob.may_be_moot()) {
            let (Some(place), Some(beside)) = (self.given.get(knob.key), (knob.moot)(&self.draft)) else { continue };
            if !self.refused.contains(beside.key) {
                self.reader.fault(place, format!("`{}` means nothing beside {beside}: drop it", knob.key));
            }
        }
        knobs::normalise(&mut self.draft);
    }

    /// Refuses what does not go together.
    fn combinations(&mut self) {
        let policy = &self.draft.policy;
        let early = policy.refreshes_early();
        self.at_most("refresh_idle", "refresh_absolute");
        self.at_most("code_lifetime", "refresh_absolute");
        self.at_most("leeway", "access_lifetime");
        if early {
            self.margin();
        }
        if self.draft.grace == GraceKind::NewSibling && self.draft.window.is_none() {
            let why = "siblings have no one successor whose use could end the window: give a duration, like `grace_window = \"30s\"`";
            self.fault(&["grace_window", "grace"], why);
        }
    }

    /// A GUI that refreshes early says how early, and that is less than the token's life.
    fn margin(&mut self) {
        if !self.given.contains_key("refresh_margin") {
            let why = "`refresh_margin` is missing: a GUI that refreshes before expiry says how long before, like \
                       `refresh_margin = \"1m\"`";
            self.fault(&["refresh"], why);
        } else if self.draft.policy.refresh_margin >= self.draft.policy.access_lifetime {
            let why = "a margin as long as the access token's life would refresh for ever: it is shorter than `access_lifetime`";
            self.fault(&["refresh_margin", "access_lifetime"], why);
        }
    }

    /// One length of time is at most as long as another. Either may be at its default.
    fn at_most(&mut self, shorter: &'static str, longer: &'static str) {
        let length = |key| knob(key).and_then(|knob| knob.length(&self.draft));
        let (Some(short), Some(long)) = (length(shorter), length(longer)) else { return };
        if short <= long {
            return;
        }
        let default = |key, length: Duration| {
            let given = self.given.contains_key(key);
            if given { String::new() } else { format!(", which is \"{}\" by default", length::write(length)) }
        };
        let why = if self.given.contains_key(shorter) {
            let at_most = length::write(long);
            format!("longer than `{longer}`{}: it is at most \"{at_most}\"", default(longer, long))
        } else {
            let at_least = length::write(short);
            format!(
                "shorter than `{shorter}`{}: it is at least \"{at_least}\", or `{shorter}` is set as well",
                default(shorter, short)
            )
        };
        self.fault(&[shorter, longer], &why);
    }

    /// Notes a fault at the first of some knobs that the file sets, unless one of them is wrong anyway.
    fn fault(&mut self, knobs: &[&'static str], why: &str) {
        if knobs.iter().any(|knob| self.refused.contains(knob)) {
            return;
        }
        let place = knobs.iter().find_map(|knob| self.given.get(knob)).cloned().unwrap_or_default();
        self.reader.fault(&place, why);
    }
}

fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name)
}

#[cfg(test)]
mod tests;

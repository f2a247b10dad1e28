//! Which traces have conformed, kept in a file, so that a run that was cut off goes on where it was.
//!
//! A line is written as soon as its trace has conformed. What diverged or failed is not in it: it is driven again. Lines stand below a
//! heading that names the circumstances under which they hold: authloom's version and the target's description. Lines below another
//! heading, or of a time when there were none, stay in the file and count for nothing.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use authloom_model::{Action, Spec};

use super::shard::{action_bytes, fnv};
use crate::trace::Release;

const LINE: &str = "conforms ";
const HEADING: &str = "journal ";

/// What a line stands for. One more whenever a trace stands for something else than before, or something else is compared along it.
const FORMAT: u32 = 2;
/// The longest file that is read: ten million traces, more than any graph has that is toured.
const MOST_BYTES: u64 = 256 << 20;
/// The longest line that is read: three times a heading.
const MOST_LINE_BYTES: u64 = 256;

/// The traces that have conformed, of all runs under the same circumstances that used its file.
#[derive(Debug)]
pub struct Journal {
    kept: Mutex<Kept>,
    elsewhere: Elsewhere,
}

#[derive(Debug)]
struct Kept {
    file: File,
    done: BTreeSet<u64>,
    lost: Option<Error>,
}

/// Lines that hold under other circumstances.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Elsewhere {
    /// Of another version of authloom.
    versions: u64,
    /// Of this version, and another target or another description of it.
    targets: u64,
}

impl Journal {
    /// Reads the file, or makes it. `about` says what is asked, and how: only what conformed under the same counts, by the same version of
    /// authloom. A last line that was not written to its end counts for nothing.
    ///
    /// # Errors
    /// When it cannot be read or written, is no regular file, is longer than a journal can be, or holds something else.
    pub fn open(path: &Path, about: &str) -> io::Result<Self> {
        Self::open_as(path, env!("CARGO_PKG_VERSION"), about)
    }

    fn open_as(path: &Path, version: &str, about: &str) -> io::Result<Self> {
        // Asked before it is opened: to open a pipe, or to read a device, may never end.
        match fs::metadata(path) {
            Ok(found) => check(&found)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        check(&file.metadata()?)?;
        let heading = Heading::of(version, about);
        let read = Reading::of(&file, &heading)?;
        file.set_len(read.whole)?;
        file.seek(SeekFrom::End(0))?;
        if !read.below_ours {
            writeln!(file, "{heading}")?;
        }
        Ok(Self { kept: Mutex::new(Kept { file, done: read.done, lost: None }), elsewhere: read.elsewhere })
    }

    /// Whether a trace has conformed.
    pub(super) fn has(&self, trace: u64) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).done.contains(&trace)
    }

    /// Notes that a trace has conformed.
    pub(super) fn note(&self, trace: u64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { file, done, lost } = &mut *kept;
        if done.insert(trace)
            && let Err(error) = writeln!(file, "{LINE}{trace:016x}")
        {
            lost.get_or_insert(error);
        }
    }

    /// What in it counts for nothing, if anything does.
    #[must_use]
    pub fn outdated(&self) -> Option<String> {
        let Elsewhere { versions, targets } = self.elsewhere;
        let all = [
            (versions, "of another version of authloom"),
            (targets, "of another target, or of this one as described before"),
        ];
        let said: Vec<_> =
            all.iter().filter(|(lines, _)| *lines > 0).map(|(lines, of)| format!("{lines} {of}")).collect();
        (!said.is_empty()).then(|| format!("traces in the journal that count for nothing: {}", said.join(", ")))
    }

    /// Why something could not be written, if it could not.
    #[must_use]
    pub fn lost(&self) -> Option<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).lost.as_ref().map(Error::to_string)
    }
}

/// Fails unless a journal can be what was found.
fn check(found: &fs::Metadata) -> io::Result<()> {
    if !found.is_file() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "it is no regular file: name one, or a file that does not exist yet",
        ));
    }
    if found.len() > MOST_BYTES {
        let why = format!("it has more than {} MiB, which no journal has: name another file", MOST_BYTES >> 20);
        return Err(Error::new(ErrorKind::InvalidData, why));
    }
    Ok(())
}

/// The circumstances under which lines hold.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Heading {
    version: String,
    target: u64,
}

impl Heading {
    fn of(version: &str, about: &str) -> Self {
        Self { version: version.to_owned(), target: fnv(about.bytes()) }
    }

    /// Up to the target: what is the same for all that one version of authloom writes.
    fn of_the_version(&self) -> String {
        format!("{HEADING}{FORMAT} of authloom {} on ", self.version)
    }
}

impl std::fmt::Display for Heading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:016x}", self.of_the_version(), self.target)
    }
}

/// Whose lines are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    Ours,
    AnotherTarget,
    AnotherVersion,
}

/// What a file holds.
struct Reading {
    done: BTreeSet<u64>,
    elsewhere: Elsewhere,
    /// Whether what is added now stands below the right heading.
    below_ours: bool,
    /// Bytes up to the end of the last whole line.
    whole: u64,
}

impl Reading {
    fn of(file: &File, ours: &Heading) -> io::Result<Self> {
        let mut reader = BufReader::new(file.take(MOST_BYTES));
        let mut read = Self { done: BTreeSet::new(), elsewhere: Elsewhere::default(), below_ours: false, whole: 0 };
        let mut below = Below::AnotherVersion;
        for number in 1_u64.. {
            let mut line = Vec::new();
            let length = reader.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut line)? as u64;
            let wrong = || {
                let why = format!("line {number} is no journal's: `{LINE}` and a number in hexadecimal would be");
                Error::new(ErrorKind::InvalidData, why)
            };
            let line = std::str::from_utf8(&line).map_err(|_| wrong())?;
            let Some(line) = line.strip_suffix('\n') else {
                return if may_begin_a_line(line) && length < MOST_LINE_BYTES { Ok(read) } else { Err(wrong()) };
            };
            match line.strip_prefix(LINE).and_then(|trace| u64::from_str_radix(trace, 16).ok()) {
                Some(trace) => read.take(trace, below),
                None if !line.starts_with(HEADING) => return Err(wrong()),
                None if line == ours.to_string() => below = Below::Ours,
                None if line.starts_with(&ours.of_the_version()) => below = Below::AnotherTarget,
                None => below = Below::AnotherVersion,
            }
            read.below_ours = below == Below::Ours;
            read.whole += length;
        }
        Ok(read)
    }

    fn take(&mut self, trace: u64, below: Below) {
        match below {
            Below::Ours => drop(self.done.insert(trace)),
            Below::AnotherTarget => self.elsewhere.targets += 1,
            Below::AnotherVersion => self.elsewhere.versions += 1,
        }
    }
}

/// Whether a text can be the beginning of a line that was cut off.
fn may_begin_a_line(text: &str) -> bool {
    let of_a_trace = |rest: &str| rest.len() <= 16 && rest.chars().all(|letter| letter.is_ascii_hexdigit());
    let begins = |start: &str| start.starts_with(text) || text.starts_with(start);
    text.strip_prefix(LINE).map_or_else(|| LINE.starts_with(text) || begins(HEADING), of_a_trace)
}

/// What a trace on a target that is run so often is known by in a journal.
pub(super) fn key(target: &str, spec: &Spec, times: u32, steps: impl IntoIterator<Item = (Action, Release)>) -> u64 {
    let about = format!("{target}\n{times}\n{}\n{}\n", spec.scope, spec.policy.to_toml());
    let steps = steps
        .into_iter()
        .flat_map(|(action, release)| action_bytes(action).chain([u8::from(release == Release::WithNext)]));
    fnv(about.into_bytes().into_iter().chain(steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn what_was_noted_is_there_the_next_time_but_for_a_line_that_was_cut() {
        let folder = folder();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path, "it").unwrap();
        journal.note(7);
        journal.note(7);
        journal.note(255);
        drop(journal);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
        for cut in ["conforms 00000000000", "conforms 0000000000000000", "conf", "journal 2 of auth", "jour"] {
            File::options().append(true).open(&path).unwrap().write_all(cut.as_bytes()).unwrap();
            let journal = Journal::open(&path, "it").unwrap();
            assert!(journal.has(7) && journal.has(255) && !journal.has(0), "{cut}");
        }
        let journal = Journal::open(&path, "it").unwrap();
        journal.note(9);
        assert_eq!((journal.lost(), journal.outdated()), (None, None));
        assert!(Journal::open(&path, "it").unwrap().has(9));
    }

    #[test]
    fn what_another_version_or_another_description_has_noted_counts_for_nothing_and_is_said() {
        let folder = folder();
        let path = folder.path().join("journal");
        // As it was before there were headings.
        fs::write(&path, "conforms 0000000000000007\nconforms 0000000000000008\n").unwrap();
        let open = |version, about| Journal::open_as(&path, version, about).unwrap();
        let journal = open("1.0.0", "it");
        assert!(!journal.has(7) && !journal.has(8));
        let said = "traces in the journal that count for nothing: 2 of another version of authloom";
        assert_eq!(journal.outdated().as_deref(), Some(said));
        journal.note(7);
        assert!(open("1.0.0", "it").has(7));
        let journal = open("1.1.0", "it");
        assert!(!journal.has(7));
        journal.note(9);
        let journal = open("1.1.0", "it, described otherwise");
        assert!(!journal.has(7) && !journal.has(9));
        let said = "traces in the journal that count for nothing: 3 of another version of authloom, 1 of another target, or of this one as \
                    described before";
        assert_eq!(journal.outdated().as_deref(), Some(said));
        // What holds again is believed again.
        assert!(open("1.1.0", "it").has(9) && open("1.0.0", "it").has(7));
    }

    #[test]
    fn another_file_is_refused_and_kept() {
        let folder = folder();
        let path = folder.path().join("notes");
        let long = "conforms ".to_owned() + &"0".repeat(300);
        for notes in ["buy milk\n", "buy milk", "conforms to what I know, and more than that", &long, "conforms zz\n"] {
            fs::write(&path, notes).unwrap();
            assert!(Journal::open(&path, "it").unwrap_err().to_string().contains("is no journal's"), "{notes}");
            assert_eq!(fs::read_to_string(&path).unwrap(), notes);
        }
        fs::write(&path, [0xff, b'\n']).unwrap();
        assert!(Journal::open(&path, "it").unwrap_err().to_string().contains("line 1 is no journal's"));
    }

    #[test]
    fn only_a_regular_file_of_bounded_size_is_read() {
        let folder = folder();
        for special in ["/dev/full", "/dev/zero", "/dev/null", &folder.path().to_string_lossy()] {
            let why = Journal::open(Path::new(special), "it").expect_err(special).to_string();
            assert!(why.starts_with("it is no regular file"), "{special}: {why}");
        }
        // Without a byte on the disk.
        let path = folder.path().join("long");
        File::create(&path).unwrap().set_len(MOST_BYTES + 1).unwrap();
        assert!(Journal::open(&path, "it").unwrap_err().to_string().contains("more than 256 MiB"));
        File::create(&path).unwrap().set_len(MOST_BYTES).unwrap();
        assert!(Journal::open(&path, "it").unwrap_err().to_string().contains("line 1 is no journal's"));
    }
}

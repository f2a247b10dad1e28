//! Files of people: read up to a bound, and written whole or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use tempfile::TempDir;

/// A kind of file, and how large one can be that is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind {
    /// What it is called, as in "no policy is that large".
    pub name: &'static str,
    /// Bytes at most.
    pub most_bytes: u64,
}

impl Kind {
    /// A policy: the longest with a comment for each knob is a few kilobytes.
    pub const POLICY: Self = Self { name: "policy", most_bytes: 1 << 20 };
    /// The description of a server.
    pub const TARGET: Self = Self { name: "description of a server", most_bytes: 1 << 20 };
    /// A trace: a step takes a few hundred bytes, and the longest tours have some hundred thousand steps.
    pub const TRACE: Self = Self { name: "trace", most_bytes: 256 << 20 };
    /// The certificates of every authority that a machine trusts are a fifth of it.
    pub const CERTIFICATES: Self = Self { name: "bundle of certificates", most_bytes: 1 << 20 };

    fn size(self) -> String {
        match (self.most_bytes >> 20, self.most_bytes % (1 << 20)) {
            (mebibytes, 0) => format!("{mebibytes} MiB"),
            (_, _) => format!("{} bytes", self.most_bytes),
        }
    }
}

/// Reads a file. A pipe is read to its end, and one that nobody writes to is empty.
///
/// # Errors
/// When it cannot be read, or is larger than any of its kind: [`ErrorKind::FileTooLarge`].
pub fn read(path: &Path, kind: Kind) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody to write.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    let file = File::options().read(true).custom_flags(nonblocking).open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    }
    let mut bytes = Vec::new();
    if about.len() <= kind.most_bytes {
        // Its length may be unknown, or change meanwhile.
        file.take(kind.most_bytes + 1).read_to_end(&mut bytes)?;
    }
    if about.len().max(bytes.len() as u64) > kind.most_bytes {
        let why = format!("it is larger than {}, and no {} is", kind.size(), kind.name);
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// Reads a file of text.
///
/// # Errors
/// As [`read`], and when it is no text in UTF-8: [`ErrorKind::InvalidData`].
pub fn read_text(path: &Path, kind: Kind) -> io::Result<String> {
    String::from_utf8(read(path, kind)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, format!("it is no text in UTF-8, as a {} is", kind.name)))
}

/// Whether an error says that a file is not what it should be, rather than that the machine failed.
#[must_use]
pub fn is_wrong_file(error: &io::Error) -> bool {
    let wrong = [
        ErrorKind::NotFound,
        ErrorKind::IsADirectory,
        ErrorKind::NotADirectory,
        ErrorKind::InvalidData,
        ErrorKind::InvalidInput,
        ErrorKind::FileTooLarge,
    ];
    wrong.contains(&error.kind())
}

/// Writes a file whole or not at all: beside its place first, then into it. What is no regular file, a device or a pipe, is written to as it
/// is.
///
/// # Errors
/// When it cannot be written; then what was there before still is.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        return File::options().write(true).open(path)?.write_all(text.as_bytes());
    }
    // Where a link leads, and not in its place.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut draft = draft(0o666).tempfile_in(folder_of(&path))?;
    draft.as_file_mut().write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    draft.persist(&path).map(drop).map_err(|error| error.error)
}

/// Whether [`write_whole`] could write a file. Nothing is left behind, and what is there stays as it is.
///
/// # Errors
/// When it could not.
pub fn try_to_write(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(about) if !about.is_file() => File::options().write(true).open(path).map(drop),
        Ok(_) | Err(_) => {
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            tempfile::tempfile_in(folder_of(&path)).map(drop)
        }
    }
}

/// A folder that is filled before it comes to its place, or goes if it never does.
///
/// # Errors
/// When it cannot be made.
pub fn draft_folder(within: &Path) -> io::Result<TempDir> {
    draft(0o777).tempdir_in(within)
}

/// What drafts are called, so that one that a killed program leaves behind is taken for nothing else, and who may read and write them: the
/// mask of the process takes away from that, as for any other program.
fn draft(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".authloom-").suffix(".part").permissions(fs::Permissions::from_mode(mode));
    builder
}

/// The folder that a file is in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const SMALL: Kind = Kind { name: "note", most_bytes: 10 };

    fn refused(path: &Path) -> (ErrorKind, String) {
        let error = read(path, SMALL).unwrap_err();
        (error.kind(), error.to_string())
    }

    #[test]
    fn what_is_larger_than_any_of_its_kind_is_refused_without_being_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note");
        fs::write(&path, "ten bytes.").unwrap();
        assert_eq!(read(&path, SMALL).unwrap(), b"ten bytes.");
        fs::write(&path, "eleven byte").unwrap();
        let too_large = (ErrorKind::FileTooLarge, "it is larger than 10 bytes, and no note is".to_owned());
        assert_eq!(refused(&path), too_large);
        // Ten gigabytes of nothing.
        File::create(&path).unwrap().set_len(10 << 30).unwrap();
        assert_eq!(refused(&path), too_large);
        assert_eq!(refused(Path::new("/dev/zero")), too_large);
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe, SMALL).unwrap(), b"");
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("note"), folder.path().join("link"));
        write_whole(&path, "one").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_whole(&link, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two", "a link is followed");
        fs::create_dir(folder.path().join("taken")).unwrap();
        for wrong in ["taken", "missing/note"].map(|name| folder.path().join(name)) {
            assert!(try_to_write(&wrong).is_err());
            assert!(write_whole(&wrong, "three").is_err());
        }
        try_to_write(&path).unwrap();
        try_to_write(&folder.path().join("new")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no draft is left");
        // A device is written to, and stays what it is.
        write_whole(Path::new("/dev/null"), "four").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(write_whole(Path::new("/dev/full"), "five").is_err());
    }
}

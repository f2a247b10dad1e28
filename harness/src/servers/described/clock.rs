//! Turns a server's clock.
//!
//! libfaketime reads an offset from a file, each time the server looks at its clock. The file is replaced by renaming, since an empty or
//! missing one would mean another time. The offset only grows: a server that sees time go back may keep what it should have dropped.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use authloom_reference::clock::Timestamp;
use bytes::Bytes;
use tempfile::TempDir;

use crate::servers::Fault;
use crate::servers::described::endpoints::placed;
use crate::servers::described::file::auth_service::ClockBy;
use crate::servers::described::process::command::{self, Surroundings};
use crate::servers::http::client::NoAnswer;
use crate::servers::http::wire::{Received, Sent};
use crate::servers::wait::wait_out;

/// Where Debian's package `faketime` puts the library, below the folder of the machine's architecture.
const LIBRARY: &str = "faketime/libfaketime.so.1";
/// How far into a second a trace begins: what is issued and asked within the rest of it falls into the same second.
const INTO_THE_SECOND: Duration = Duration::from_millis(20);

/// A clock that runs as the machine's does and is ahead of it, or that stands still.
pub(in crate::servers) struct Clock {
    by: ClockBy,
    ahead: Duration,
    /// Where it stands but for what it is turned; none for one that runs as the machine's does.
    stands_at: Option<Duration>,
    faketime: Option<Faketime>,
}

/// The file that libfaketime reads.
struct Faketime {
    folder: TempDir,
    library: PathBuf,
}

impl Clock {
    /// The machine's clock, ready to be turned.
    pub(in crate::servers) fn new(by: &ClockBy) -> Result<Self, Fault> {
        let faketime = match by {
            ClockBy::Faketime => Some(Faketime::new()?),
            ClockBy::Http { .. } | ClockBy::Command { .. } | ClockBy::Wait | ClockBy::Never => None,
        };
        let stands_at = match by {
            ClockBy::Http { stands: true, .. } | ClockBy::Command { stands: true, .. } => {
                Some(Duration::from_secs(machine_time().as_secs()))
            }
            ClockBy::Http { .. } | ClockBy::Command { .. } | ClockBy::Faketime | ClockBy::Wait | ClockBy::Never => None,
        };
        let clock = Self { by: by.clone(), ahead: Duration::ZERO, stands_at, faketime };
        clock.write()?;
        Ok(clock)
    }

    /// The server's time.
    pub(in crate::servers) fn now(&self) -> Timestamp {
        Timestamp::from_seconds((self.stands_at.unwrap_or_else(machine_time) + self.ahead).as_secs())
    }

    /// What a server finds in its environment so that its clock can be turned.
    pub(in crate::servers) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let time = ("AUTHLOOM_TIME", self.now().seconds().to_string().into());
        let Some(Faketime { folder, library }) = &self.faketime else { return vec![time] };
        vec![
            time,
            ("LD_PRELOAD", library.clone()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            ("FAKETIME_TIMESTAMP_FILE", timestamp_file(folder.path())),
        ]
    }

    /// Lets time pass. `send` carries the request to the server at `base` that [`ClockBy::Http`] asks for.
    pub(in crate::servers) fn advance(
        &mut self,
        by: Duration,
        surroundings: Surroundings<'_>,
        base: &str,
        send: impl FnOnce(Sent) -> Result<Received, NoAnswer>,
    ) -> Result<(), Fault> {
        let filled = |text: &str| text.replace("{seconds}", &by.as_secs().to_string());
        match &self.by {
            ClockBy::Faketime => {
                self.ahead += by;
                return self.write();
            }
            ClockBy::Http { post: address, .. } => {
                let request = http::Request::post(placed(base, &filled(address))).body(Bytes::new());
                match send(request.map_err(|error| Fault(error.to_string()))?) {
                    Ok(answer) if answer.status().is_success() => {}
                    Ok(answer) => return Err(Fault(format!("turning the clock is answered with {}", answer.status()))),
                    Err(NoAnswer::Stopped(by)) => return Err(Fault::stopped(by)),
                    Err(why) => return Err(Fault(format!("turning the clock: {}", Fault::from(why)))),
                }
            }
            ClockBy::Command { run, .. } => {
                let arguments: Vec<String> = run.iter().map(|text| filled(text)).collect();
                command::run("that turns the clock", &arguments, surroundings)?;
            }
            ClockBy::Wait => return wait_out(by, surroundings.stop),
            ClockBy::Never => return Err(Fault("this target's clock cannot be turned".to_owned())),
        }
        self.ahead += by;
        Ok(())
    }

    /// A server starts anew: one whose clock runs, and is turned by asking it, begins with the machine's time.
    pub(in crate::servers) fn begin_anew(&mut self) {
        let is_asked = matches!(self.by, ClockBy::Http { .. } | ClockBy::Command { .. });
        if is_asked && self.stands_at.is_none() {
            self.ahead = Duration::ZERO;
        }
    }

    /// Begins a second, so that what follows closely falls into the same one. Only libfaketime can do that.
    pub(in crate::servers) fn begin_a_second(&mut self) -> Result<(), Fault> {
        if self.faketime.is_none() {
            return Ok(());
        }
        let now = machine_time() + self.ahead;
        let rest = Duration::from_secs(1) - Duration::from_nanos(now.subsec_nanos().into());
        self.ahead += rest + INTO_THE_SECOND;
        self.write()
    }

    fn write(&self) -> Result<(), Fault> {
        let Some(Faketime { folder, .. }) = &self.faketime else { return Ok(()) };
        let draft = folder.path().join("draft");
        let offset = format!("+{}.{:09}\n", self.ahead.as_secs(), self.ahead.subsec_nanos());
        std::fs::write(&draft, offset)
            .and_then(|()| std::fs::rename(&draft, timestamp_file(folder.path())))
            .map_err(|error| Fault(format!("cannot turn the clock: {error}")))
    }
}

impl Faketime {
    fn new() -> Result<Self, Fault> {
        let folders =
            std::fs::read_dir("/usr/lib").map_err(|error| Fault(format!("cannot look for libfaketime: {error}")))?;
        let library = folders.flatten().map(|entry| entry.path().join(LIBRARY)).find(|path| path.exists());
        let library = library.ok_or_else(|| {
            Fault(
                "libfaketime is not installed, which turns this target's clock: install the package `faketime`"
                    .to_owned(),
            )
        })?;
        let folder = TempDir::with_prefix("authloom-clock-").map_err(|error| Fault(format!("no folder: {error}")))?;
        Ok(Self { folder, library })
    }
}

fn timestamp_file(folder: &Path) -> PathBuf {
    folder.join("timestamp")
}

#[expect(clippy::disallowed_methods, reason = "this is the shell that owns the clock of a target")]
fn machine_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

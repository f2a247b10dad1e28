//! `authloom replay`: traces from files, on a target.

use std::io::Write;
use std::path::PathBuf;

use authloom_model::Spec;
use clap::Args;

use super::failure::Failure;
use super::flags::budget::Asking;
use super::flags::chosen::Chosen;
use super::flags::saying::Saying;
use super::flags::time_limit::TimeLimit;
use super::flags::{Format, Summary, exact};
use super::outputs::Outputs;
use super::verify::{DEFAULT_OUT, RACES, tell};
use crate::report::progress::Progress;
use crate::run::{Given, How, Status, replay_traces};
use crate::stop::Stop;
use crate::trace::{Header, file};

/// Replay traces on a target, and draw where it does something else.
#[derive(Args, Clone, Debug)]
pub(super) struct Replay {
    /// Files of traces, or folders of them.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// What to drive. reference: the reference servers in this process; http: the same as processes of their own; or a file that describes
    /// a server.
    #[arg(long, value_name = "NAME-OR-FILE", default_value = "reference")]
    target: String,

    /// How many times to run a trace in which requests are sent at the same time: each run may end differently.
    #[arg(long, value_name = "COUNT", default_value_t = RACES, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,

    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    pub(super) time: TimeLimit,

    #[command(flatten)]
    summary: Summary,
    #[command(flatten)]
    saying: Saying,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Where traces on which the target diverges are written, shortened.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    out: PathBuf,
}

impl Replay {
    /// Replays, saves what diverges, and reports.
    pub(super) fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        let detail = self.saying.detail(self.format)?;
        let mut target = Chosen::of(&self.target)?;
        self.asking.limit(&mut target)?;
        target.until(stop);
        let mut outputs = Outputs::of(out).with_summary(self.summary.path())?.with_folder("--out", &self.out)?;
        let journal = self.asking.journal(std::slice::from_ref(&target))?;
        let given = self.given()?;
        let mut progress = Progress::start();
        let open = |spec: &Spec| target.open(spec, stop);
        let accepted = target.accepted();
        let shard = self.asking.shard();
        let how = How { accepted: &accepted, times: self.times, shard, journal: journal.as_ref(), stop, ..How::ONCE };
        let (replay, replayed) = replay_traces(target.name(), &given, &open, how, &mut outputs.watching(&mut progress));
        progress.finish();
        tell(outputs, replay, &replayed, (self.format, detail), self.asking.kept(journal.as_ref()))
    }

    /// Every trace of every path, in their order.
    fn given(&self) -> Result<Vec<Given>, Failure> {
        let mut given = Vec::new();
        for path in &self.paths {
            let traces = if path.is_dir() { file::read_folder(path)? } else { vec![(path.clone(), file::read(path)?)] };
            for (file, trace) in traces {
                let Header { policy, scope, .. } = &trace.header;
                let spec = exact(&file.to_string_lossy(), policy.clone(), *scope)?;
                given.push(Given { file, spec, trace });
            }
        }
        Ok(given)
    }
}

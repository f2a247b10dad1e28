//! `authloom probe`: which policy does a server follow?

use std::io::Write;
use std::path::{Path, PathBuf};

use authloom_model::policy::RefreshWhen;
use authloom_model::{Policy, Scope};
use clap::Args;

use super::failure::Failure;
use super::flags::budget::Budget;
use super::flags::chosen::{described, policy_of};
use super::flags::time_limit::TimeLimit;
use super::flags::{Format, Summary, exact};
use super::outputs::{Outputs, writable};
use crate::files;
use crate::probe::{self, End, GraceWindow, Lifetimes, Probed};
use crate::report;
use crate::report::progress::Progress;
use crate::run::{Breach, Stage, Status, Watch as _};
use crate::servers::Stoppable;
use crate::servers::described::Live;
use crate::servers::described::file::auth_service::{ClockBy, Description};
use crate::stop::Stop;

/// Find out which policy a server follows.
///
/// Sends the requests whose answers distinguish the policies that are left, until one is left or none can be told from another.
#[derive(Args, Clone, Debug)]
pub(super) struct Probe {
    /// The file that describes the server. The lifetimes are those of the policy that it names.
    #[arg(long, value_name = "FILE")]
    target: String,

    /// Measure lifetimes to the second first, instead of taking those of the policy that the file names.
    #[arg(long)]
    lifetimes: bool,

    #[command(flatten)]
    budget: Budget,
    #[command(flatten)]
    pub(super) time: TimeLimit,

    #[command(flatten)]
    summary: Summary,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Write the policy that the server follows into this file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write the trace that no policy explains into this folder.
    #[arg(long, value_name = "DIR", default_value = super::verify::DEFAULT_OUT)]
    traces: PathBuf,
}

impl Probe {
    /// Probes, writes what was found, and reports.
    pub(super) fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        let mut described = described(&self.target)?;
        self.budget.limit(&mut described)?;
        described.server.until = stop;
        let mut outputs = Outputs::of(out).with_summary(self.summary.path())?.with_folder("--traces", &self.traces)?;
        self.out.as_deref().map(|path| writable("--out", path)).transpose()?;
        let held_to = policy_of(&described)?;
        let lifetimes =
            self.lifetimes.then(|| self.measured(&described, &held_to, (&mut outputs, stop))).transpose()?;
        let held_to = lifetimes.as_ref().map_or_else(|| held_to.clone(), |lifetimes| lifetimes.of(held_to.clone()));
        if let (Some(lifetimes), Format::Text) = (&lifetimes, self.format) {
            outputs.print(|out| report::probe::lifetimes(out, lifetimes));
        }
        let mut progress = Progress::start();
        let probed = probed(&described, &held_to, (&mut progress, stop))?;
        progress.finish();
        let saved = save_unexplained(&probed, &described.name, &mut outputs);
        if let Some(path) = &self.out {
            outputs.keep(write_found(path, &probed, &found(&described, &held_to, &probed)));
        }
        let probe = report::probe::Probe {
            target: &described.name,
            lifetimes: lifetimes.as_ref(),
            probed: &probed,
            status: status(&probed),
            saved: saved.as_deref(),
        };
        outputs.summarise(|out| report::probe::markdown(out, &probe));
        outputs.print(|out| match self.format {
            Format::Text => report::probe::text(out, &probe),
            Format::Json => report::probe::json(out, &probe),
            Format::Junit => report::probe::junit(out, &probe),
        });
        Ok(outputs.end(probe.status))
    }

    /// Measures the lifetimes of a described server. `policy` says where to look first. Where the target cannot be asked any more, what was
    /// measured until then is told.
    fn measured(
        &self,
        described: &Description,
        policy: &Policy,
        (outputs, stop): (&mut Outputs<'_>, Stop),
    ) -> Result<Lifetimes, Failure> {
        if described.clock == ClockBy::Wait {
            return Err(Failure::input(
                "--lifetimes waits them out, each many times: it is for a clock that can be turned",
            ));
        }
        let mut progress = Progress::start();
        // A GUI that refreshes early would refresh instead of calling.
        let seen = Policy { refresh_when: RefreshWhen::On401, ..policy.clone() };
        let spec = exact(&described.policy, seen, Scope::THEFT)?;
        let mut target = Stoppable::new(Box::new(Live::before(described, &spec)?), stop);
        let mut tell = |runs: u32| {
            let (target, traces) = (described.name.clone(), usize::try_from(runs).unwrap_or_default());
            progress.saw(&Stage::Probing { target, traces, left: 0 });
        };
        let mut so_far = Vec::new();
        let measured = probe::measure(&mut target, policy, &mut tell, &mut |name, limit| so_far.push((name, limit)));
        progress.finish();
        if let (Err(_), Format::Text) = (&measured, self.format) {
            outputs.print(|out| report::probe::lifetimes_so_far(out, &so_far));
        }
        Ok(measured?)
    }
}

/// What a probe comes to: one that nothing explains is a finding, one in which nothing could be asked is no answer.
pub(super) fn status(probed: &Probed) -> Status {
    let asked = match probed.left.len() {
        0 => Status::Broken,
        2.. if probed.runs.is_empty() && probed.cut_by.is_none() => Status::NothingRun,
        _ => Status::Holds,
    };
    let ended = match probed.end {
        End::CutOff | End::Failed => Status::Unfinished,
        End::Fruitless if probed.runs.is_empty() => Status::NothingRun,
        End::Fruitless => Status::Unfinished,
        End::Done => Status::Holds,
    };
    Status::worst([asked, ended])
}

/// Probes a described server, that has the lifetimes of a policy.
pub(super) fn probed(
    described: &Description,
    held_to: &Policy,
    (progress, stop): (&mut Progress, Stop),
) -> Result<Probed, Failure> {
    let spec = exact(&described.policy, probe::candidates(held_to).swap_remove(0), Scope::THEFT)?;
    let mut target = Stoppable::new(Box::new(Live::before(described, &spec)?), stop);
    let tell = |traces, left| progress.saw(&Stage::Probing { target: described.name.clone(), traces, left });
    Ok(probe::probe(&mut target, held_to, stop, tell)?)
}

/// The policies that explain what was seen, with the GUI and the backend of the policy that the server is held to. A grace period that lasts
/// for a time lasts as long as in that policy, where what was seen allows it.
pub(super) fn found(described: &Description, held_to: &Policy, probed: &Probed) -> Vec<Policy> {
    let with_clients = |policy: &Policy| Policy {
        name: format!("{}-probed", described.name),
        access_lifetime: held_to.access_lifetime,
        code_lifetime: held_to.code_lifetime,
        refresh_idle: held_to.refresh_idle,
        refresh_absolute: held_to.refresh_absolute,
        grace: if is_alike(policy, held_to, probed) { held_to.grace } else { policy.grace },
        validation: held_to.validation,
        leeway: held_to.leeway,
        refresh_when: held_to.refresh_when,
        refresh_margin: held_to.refresh_margin,
        single_flight: held_to.single_flight,
        look_again: held_to.look_again,
        late_401: held_to.late_401,
        lost_answer: held_to.lost_answer,
        ..policy.clone()
    };
    probed.left.iter().map(with_clients).collect()
}

/// Whether two policies have the same grace but for its length, and the length of the second one is as good as that of the first.
fn is_alike(found: &Policy, held_to: &Policy, probed: &Probed) -> bool {
    let (Some(_), Some(length)) = (found.grace_window(), held_to.grace_window()) else { return false };
    std::mem::discriminant(&found.grace) == std::mem::discriminant(&held_to.grace)
        && probed.grace_window.is_some_and(|window| window.allows(length))
}

/// Writes the first of the policies that explain what was seen, with what could not be told and what was not measured.
pub(super) fn write_found(path: &Path, probed: &Probed, found: &[Policy]) -> Result<(), Failure> {
    let Some(policy) = found.first() else { return Ok(()) };
    let untold = probed.knobs().into_iter().filter(|(_, choices)| choices.len() > 1);
    let untold = untold.map(|(knob, choices)| format!("# not known: {} = {}\n", knob.name, choices.join(", ")));
    let window = probed.grace_window.filter(|window| !matches!(window, GraceWindow::Measured(_)));
    let window = window.filter(|_| policy.grace_window().is_some()).map(|window| format!("# grace_window: {window}\n"));
    let text: String = untold.chain(window).chain([policy.to_toml()]).collect();
    files::write_whole(path, &text)
        .map_err(|error| Failure::fault(format_args!("cannot write {}: {error}", path.display())))
}

/// Saves the trace that no policy explains, and says where.
pub(super) fn save_unexplained(probed: &Probed, name: &str, outputs: &mut Outputs<'_>) -> Option<PathBuf> {
    let divergence = probed.unexplained.as_ref()?;
    let mut trace = Breach::from(divergence.clone()).trace;
    trace.header.shows = format!("what none of the last policies explains of {name}");
    outputs.save(&format!("{name}-unexplained"), &trace)
}

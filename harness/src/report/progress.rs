//! A progress bar on stderr, once a run takes longer than people wait without asking. Nothing where stderr is no terminal.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::numbers::count;
use crate::run::{Stage, Watch};

/// How long nobody is told anything.
const PATIENCE: Duration = Duration::from_secs(1);
/// Calls between two looks at the clock, which costs more than a step.
const CALLS_PER_LOOK: u32 = 256;

/// The watch of a person at a terminal.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    shown: Shown,
    calls: u32,
    at: Option<std::mem::Discriminant<Stage>>,
    explored: Option<Duration>,
}

#[derive(Debug)]
enum Shown {
    Never,
    NotYet,
    Bar(ProgressBar),
}

impl Progress {
    /// A watch that starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this shell measures for a person")]
    pub fn start() -> Self {
        let shown = if std::io::stderr().is_terminal() { Shown::NotYet } else { Shown::Never };
        Self { started: Instant::now(), shown, calls: 0, at: None, explored: None }
    }

    /// How long the exploring took that came first.
    #[must_use]
    pub fn explored(&self) -> Duration {
        self.explored.unwrap_or_else(|| self.elapsed())
    }

    /// Takes the bar away, so that a report can be printed.
    pub fn finish(&mut self) {
        self.explored = Some(self.explored());
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
        if !matches!(self.shown, Shown::Never) {
            self.shown = Shown::NotYet;
        }
    }
}

impl Watch for Progress {
    fn saw(&mut self, stage: &Stage) {
        let news = self.at.replace(std::mem::discriminant(stage)) != Some(std::mem::discriminant(stage));
        self.calls = self.calls.wrapping_add(1);
        if news && !matches!(stage, Stage::Exploring(_)) {
            self.explored = Some(self.explored());
        }
        let rare = !matches!(stage, Stage::Replaying { .. });
        if !news && !rare && !self.calls.is_multiple_of(CALLS_PER_LOOK) {
            return;
        }
        let begins = matches!(self.shown, Shown::NotYet) && self.elapsed() >= PATIENCE;
        if begins {
            self.shown = Shown::Bar(ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
        }
        if let Shown::Bar(bar) = &self.shown {
            if news || begins {
                dress(bar, stage);
            }
            show(bar, stage);
        }
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Makes the bar fit for a stage that begins.
fn dress(bar: &ProgressBar, stage: &Stage) {
    let template = match stage {
        Stage::Replaying { .. } => "  {msg} {wide_bar} {percent}%  {eta} left",
        Stage::Exploring(_) | Stage::Covering { .. } | Stage::Probing { .. } | Stage::Shortening { .. } => {
            "  {spinner} {msg}"
        }
    };
    bar.set_style(ProgressStyle::with_template(template).expect("the templates are fixed"));
    bar.reset();
}

fn show(bar: &ProgressBar, stage: &Stage) {
    match stage {
        Stage::Exploring(progress) => {
            let waiting = indicatif::HumanCount(progress.frontier);
            let explored = count(progress.explored, "world");
            bar.set_message(format!("exploring: {explored}, {waiting} waiting, {} deep", progress.depth));
        }
        Stage::Covering { steps } => bar.set_message(format!("drawing tours through {}", count(*steps, "step"))),
        Stage::Replaying { target, done, total } => {
            bar.set_message(format!("replaying on {target}"));
            bar.set_length(*total);
            bar.set_position(*done);
        }
        Stage::Probing { target, traces, left } => {
            bar.set_message(format!("probing {target}: {}, {left} policies left", count(*traces as u64, "trace")));
        }
        Stage::Shortening { steps } => {
            bar.set_message(format!("shortening a trace of {}", count(*steps as u64, "step")));
        }
    }
    bar.tick();
}

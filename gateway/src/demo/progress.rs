//! How far the business is: a bar on a terminal, a line every few seconds where the output goes elsewhere.

use crate::cli::say;
use crate::stage::Stage;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Between two looks at the counts.
const LOOK: Duration = Duration::from_millis(200);
/// Between two lines without a terminal.
const LINE: Duration = Duration::from_secs(5);

/// What was done so far.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
    began: Instant,
    done: AtomicU64,
}

impl Progress {
    /// Begins; `quiet`: nothing is shown.
    pub(super) fn begin(span: Duration, quiet: bool) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let bar = (terminal && !quiet).then(|| {
            let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
            let bar = ProgressBar::with_draw_target(Some(millis), ProgressDrawTarget::stdout());
            if let Ok(style) = ProgressStyle::with_template("  {bar:36} {msg}") {
                bar.set_style(style.progress_chars("█░░"));
            }
            bar
        });
        Progress { bar, lines: !terminal && !quiet, began: Instant::now(), done: AtomicU64::new(0) }
    }

    /// One transaction more.
    pub(super) fn one(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn words(&self, stage: &Stage) -> String {
        let begun: u64 = stage.parties().map(|(_, party)| party.counts().begun.load(Ordering::Relaxed)).sum();
        let queue = stage.gateway().map_or(0, |gateway| gateway.engine().flows.len());
        format!(
            "{:3} s   {} transactions   {} faults made   queue {queue}",
            self.began.elapsed().as_secs(),
            super::table::grouped(self.done.load(Ordering::Relaxed) + begun),
            stage.faults()
        )
    }

    /// Shows how it goes until a moment.
    pub(super) async fn show(&self, stage: &Stage, until: Instant) {
        let mut line = Instant::now() + LINE;
        while Instant::now() < until {
            tokio::time::sleep(LOOK.min(until.saturating_duration_since(Instant::now()))).await;
            if let Some(bar) = &self.bar {
                bar.set_position(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX));
                bar.set_message(self.words(stage));
            } else if self.lines && Instant::now() >= line {
                say(&format!("  {}", self.words(stage)));
                line += LINE;
            }
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

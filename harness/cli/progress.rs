//! The line that says what is going on: on a terminal only, on stderr, gone when the report comes.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::flow::Progress;

/// A line that is rewritten in place, or nothing.
pub(super) struct Line(ProgressBar);

impl Line {
    /// A line that counts cases; silent where `quiet` is asked for or stderr is no terminal.
    pub(super) fn new(quiet: bool, cases: usize) -> Self {
        let visible = !quiet && std::io::stderr().is_terminal();
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(cases as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{pos}/{len} cases  {elapsed}  {wide_msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// One case more is done.
    pub(super) fn case_done(&self) {
        self.0.inc(1);
    }

    /// Removes the line.
    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Line {
    fn started(&self, case: &str, stage: &str, change: &str) {
        self.0.set_message(format!("{case}: {stage}, {change}"));
        self.0.tick();
    }

    fn finished(&self, _case: &str, _stage: &str, _change: &str) {
        self.0.tick();
    }
}

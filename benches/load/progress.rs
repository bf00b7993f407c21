//! The progress bar. It is hidden where standard error is no terminal.
//!
//! Heat: cold.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

pub struct Progress {
    bar: ProgressBar,
    phase: &'static str,
}

impl Progress {
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} {msg}");
        bar.set_style(style.expect("the template is well-formed"));
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, phase: "" }
    }

    pub fn expect(&self, steps: u64) {
        self.bar.set_length(steps);
    }

    pub fn enter(&mut self, phase: &'static str) {
        self.phase = phase;
        self.bar.set_message(phase);
    }

    /// Tells what is being measured from now on, as the next step.
    pub fn step(&self, what: &str) {
        self.bar.inc(1);
        self.bar.set_message(format!("{}: {what}", self.phase));
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

//! The recorded cases through the built binary, over real sockets.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use support::bridge::{Bridge, Launch, run};
use support::cases::{self, Case, Play, Subject};
use support::exposition::Exposition;
use support::scratch::Scratch;

impl Subject for Bridge {
    fn udp(&mut self, datagrams: &[Vec<u8>]) {
        self.send_udp(datagrams);
    }

    fn unixgram(&mut self, datagrams: &[Vec<u8>]) {
        self.send_unixgram(datagrams);
    }

    fn tcp(&mut self, bytes: &[u8]) {
        self.send_tcp(bytes);
    }

    fn reload(&mut self, yaml: &str) {
        Bridge::reload(self, yaml);
    }

    fn wait(&mut self, seconds: f64) {
        std::thread::sleep(std::time::Duration::from_secs_f64(seconds));
    }

    fn scrape(&mut self) -> Exposition {
        self.settled()
    }
}

fn play(case: &Case) -> Vec<String> {
    let launch = match &case.mapping {
        None => Launch::unmapped(),
        Some(yaml) => Launch::mapped(yaml),
    };
    let launch = if case.needs_unixgram() { launch.unixgram() } else { launch };
    let mut bridge = launch.flags(&case.flags).start();
    let differences = case.play(&mut bridge);
    bridge.stop();
    differences
}

#[test]
fn every_recorded_case_shows_what_was_recorded() {
    let cases = cases::all();
    let steps: Vec<_> =
        cases.iter().filter(|case| matches!(case.play, Play::Steps { .. })).collect();
    assert_eq!(steps.len(), 55, "a recorded case is missing");
    cases::report(&cases::run_all(&steps, play));
}

#[test]
fn every_recorded_mapping_is_taken_or_refused_as_recorded() {
    let cases = cases::all();
    let checks: Vec<_> =
        cases.iter().filter(|case| matches!(case.play, Play::CheckConfig { .. })).collect();
    assert_eq!(checks.len(), 26, "a recorded case is missing");
    cases::report(&cases::run_all(&checks, check_config));
}

fn check_config(case: &Case) -> Vec<String> {
    let Play::CheckConfig { ok } = case.play else { return Vec::new() };
    let scratch = Scratch::new();
    let file = scratch.file("mapping.yml", case.mapping.as_deref().unwrap());
    let config = format!("--statsd.mapping-config={}", file.display());
    let finished = run(&["--check-config", &config]);
    let code = i32::from(!ok);
    if finished.code == Some(code) {
        return Vec::new();
    }
    vec![format!("exit code {:?} instead of {code}: {}", finished.code, finished.stderr)]
}

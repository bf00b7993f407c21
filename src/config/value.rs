//! How the text behind a flag is read. Each function gives the value, or says
//! what it would have taken, in words that follow "expected".
//!
//! Heat: cold.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::logging::{Format, Level};
use crate::mapping::duration;
use crate::relay::Target;

/// What a value's text is read by; the error completes "expected …".
pub(super) type Reader<T> = fn(&str) -> Result<T, String>;

/// `true`, `false`, `1` or `0`, as environment variables give a switch.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("true, false, 1 or 0".to_owned()),
    }
}

/// A count of things, 0 or more.
pub(super) fn count(text: &str) -> Result<usize, String> {
    decimal(text).ok_or_else(|| "a whole number, 0 or more".to_owned())
}

/// The size of a socket buffer; the kernel takes it as a C `int`.
pub(super) fn buffer_size(text: &str) -> Result<Option<usize>, String> {
    let max = i32::MAX.unsigned_abs() as usize;
    match decimal(text) {
        Some(0) => Ok(None),
        Some(bytes) if bytes <= max => Ok(Some(bytes)),
        _ => Err(format!("a number of bytes from 0 to {max}")),
    }
}

/// How many sockets share an address, at most as many as threads may pay off
/// anywhere; 0 leaves it to the number of cores.
pub(super) fn sockets(text: &str) -> Result<Option<NonZeroUsize>, String> {
    let number = decimal(text).filter(|number| *number <= 64);
    number.map(NonZeroUsize::new).ok_or_else(|| "a number of sockets from 0 to 64".to_owned())
}

/// How long a datagram may wait; beyond that nobody would call it live.
pub(super) fn receive_delay(text: &str) -> Result<Duration, String> {
    let nanoseconds = duration::parse(text).and_then(|signed| u64::try_from(signed).ok());
    let delay = nanoseconds.map(Duration::from_nanos);
    delay
        .filter(|delay| *delay <= Duration::from_millis(100))
        .ok_or_else(|| "a duration from 0 to 100ms, such as 4ms or 500us".to_owned())
}

/// How long a connection may be silent; 0 is for ever. Less than a second would
/// close connections between two writes of a client that is at work.
pub(super) fn idle_timeout(text: &str) -> Result<Option<Duration>, String> {
    let nanoseconds = duration::parse(text).and_then(|signed| u64::try_from(signed).ok());
    match nanoseconds.map(Duration::from_nanos) {
        Some(Duration::ZERO) => Ok(None),
        Some(timeout) if timeout >= Duration::from_secs(1) => Ok(Some(timeout)),
        _ => Err("0 or a duration of 1s or more, such as 90s or 2h".to_owned()),
    }
}

/// Bytes of a line of a stream: no more than a datagram may have.
pub(super) fn line_length(text: &str) -> Result<usize, String> {
    decimal(text)
        .filter(|bytes| (1..=65_536).contains(bytes))
        .ok_or_else(|| "a number of bytes from 1 to 65536".to_owned())
}

/// Bytes of a datagram of the relay: from one character and its `\n` to the most
/// that UDP carries over IPv4.
pub(super) fn packet_length(text: &str) -> Result<usize, String> {
    decimal(text)
        .filter(|bytes| (2..=65_507).contains(bytes))
        .ok_or_else(|| "a number of bytes from 2 to 65507".to_owned())
}

/// Where the relay sends; empty is no relay.
pub(super) fn relay_target(text: &str) -> Result<Option<Target>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    Target::parse(text).map(Some).map_err(|expected| format!("{expected}, or nothing for none"))
}

/// A file; empty is none.
#[expect(clippy::unnecessary_wraps, reason = "it is one of the readers")]
pub(super) fn file_or_none(text: &str) -> Result<Option<PathBuf>, String> {
    Ok(if text.is_empty() { None } else { Some(text.into()) })
}

/// Permissions, as `chmod` takes them.
pub(super) fn file_mode(text: &str) -> Result<u32, String> {
    let octal = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let mode = if octal { u32::from_str_radix(text, 8).ok() } else { None };
    mode.filter(|mode| *mode <= 0o7777)
        .ok_or_else(|| "an octal number from 0 to 7777, such as 755".to_owned())
}

/// A path of the web port that does not hide another endpoint.
pub(super) fn url_path(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'%');
    if !text.starts_with('/') || !text.bytes().all(plain) {
        return Err("a path that begins with / and has no blank, ?, # or %".to_owned());
    }
    if text.starts_with("/-/") {
        return Err("a path outside /-/, which the bridge keeps for itself".to_owned());
    }
    Ok(text.to_owned())
}

/// Whether `OpenMetrics` is offered: its one version, or nothing.
pub(super) fn openmetrics(text: &str) -> Result<bool, String> {
    match text {
        "1.0" => Ok(true),
        "" => Ok(false),
        _ => Err("1.0, the one version that is offered, or nothing".to_owned()),
    }
}

/// How severe a message must be to be logged. Case does not matter.
pub(super) fn log_level(text: &str) -> Result<Level, String> {
    match text.to_ascii_lowercase().as_str() {
        "debug" => Ok(Level::DEBUG),
        "info" => Ok(Level::INFO),
        "warn" => Ok(Level::WARN),
        "error" => Ok(Level::ERROR),
        _ => Err("debug, info, warn or error".to_owned()),
    }
}

/// How log lines are written.
pub(super) fn log_format(text: &str) -> Result<Format, String> {
    match text {
        "logfmt" => Ok(Format::Logfmt),
        "json" => Ok(Format::Json),
        _ => Err("logfmt or json".to_owned()),
    }
}

/// A whole number with or without a sign, of a flag that has no effect.
pub(super) fn ignored_integer(text: &str) -> Result<(), String> {
    text.parse::<i64>().map(drop).map_err(|_| "a whole number".to_owned())
}

/// A number without a sign, of a flag that has no effect.
pub(super) fn ignored_count(text: &str) -> Result<(), String> {
    count(text).map(drop)
}

/// The cache's type, which has no effect.
pub(super) fn ignored_cache_type(text: &str) -> Result<(), String> {
    match text {
        "lru" | "random" => Ok(()),
        _ => Err("lru or random".to_owned()),
    }
}

/// A duration, of a flag that has no effect.
pub(super) fn ignored_duration(text: &str) -> Result<(), String> {
    duration::parse(text).map(drop).ok_or_else(|| "a duration such as 200ms or 1m30s".to_owned())
}

/// Digits only: no sign, no blanks.
fn decimal(text: &str) -> Option<usize> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn table<T: PartialEq + std::fmt::Debug>(reader: Reader<T>, good: &[(&str, T)], bad: &[&str]) {
        for (text, value) in good {
            assert_eq!(reader(text).as_ref(), Ok(value), "{text:?}");
        }
        for text in bad {
            assert!(reader(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn numbers() {
        table(count, &[("0", 0), ("007", 7), ("10000", 10_000)], &["", "-1", "+1", "1e3", " 1"]);
        table(
            buffer_size,
            &[("0", None), ("4194304", Some(4_194_304)), ("2147483647", Some(2_147_483_647))],
            &["", "-1", "4M", "2147483648", "99999999999999999999999"],
        );
        table(ignored_integer, &[("-1", ()), ("1000", ())], &["", "many", "1.5"]);
    }

    #[test]
    fn sockets_are_counted_up_to_a_bound() {
        let some = NonZeroUsize::new;
        table(
            sockets,
            &[("0", None), ("1", some(1)), ("64", some(64))],
            &["", "-1", "65", "2.0", "two"],
        );
    }

    #[test]
    fn a_datagram_waits_for_a_tenth_of_a_second_at_most() {
        let micros = Duration::from_micros;
        table(
            receive_delay,
            &[
                ("0", micros(0)),
                ("0s", micros(0)),
                ("200us", micros(200)),
                ("4ms", micros(4000)),
                ("1.5ms", micros(1500)),
                ("100ms", micros(100_000)),
                ("0.1s", micros(100_000)),
            ],
            &["", "4", "-1ms", "-1ns", "100ms1ns", "101ms", "1s", "5m", "999999h", "soon"],
        );
    }

    #[test]
    fn connections_are_silent_for_a_second_or_more() {
        let seconds = |number| Some(Duration::from_secs(number));
        table(
            idle_timeout,
            &[("0", None), ("0s", None), ("1s", seconds(1)), ("1h30m", seconds(5400))],
            &["", "1", "999ms", "1ns", "-1s", "never"],
        );
        table(
            line_length,
            &[("1", 1), ("4095", 4095), ("65536", 65_536)],
            &["", "0", "65537", "-1", "4k"],
        );
    }

    #[test]
    fn packets_of_the_relay_fit_into_udp() {
        table(packet_length, &[("2", 2), ("65507", 65_507)], &["", "0", "1", "65508", "1k"]);
        let target = |text| Target::parse(text).ok();
        table(
            relay_target,
            &[("", None), ("h:1", target("h:1")), ("[::1]:2", target("[::1]:2"))],
            &["h", "h:0", ":", "h:port"],
        );
    }

    #[test]
    fn file_modes_are_octal() {
        table(
            file_mode,
            &[("755", 0o755), ("0755", 0o755), ("0", 0), ("7777", 0o7777)],
            &["", "788", "0o755", "-755", "+755", "10000", "rwx"],
        );
    }

    #[test]
    fn paths_of_the_web_port() {
        let path = str::to_owned;
        table(
            url_path,
            &[("/", path("/")), ("/metrics", path("/metrics")), ("/a/b-c", path("/a/b-c"))],
            &["", "metrics", "/a b", "/a?b", "/a#b", "/a%20b", "/-/ready", "/-/x", "/é"],
        );
    }

    #[test]
    fn words() {
        table(
            switch,
            &[("true", true), ("1", true), ("false", false), ("0", false)],
            &["", "yes", "TRUE"],
        );
        table(
            log_level,
            &[("debug", Level::DEBUG), ("WARN", Level::WARN)],
            &["", "trace", "warning"],
        );
        table(openmetrics, &[("1.0", true), ("", false)], &["1", "1.0.0", "0.0.1", "2.0", "on"]);
        table(log_format, &[("logfmt", Format::Logfmt), ("json", Format::Json)], &["", "JSON"]);
        table(ignored_cache_type, &[("lru", ()), ("random", ())], &["", "LRU"]);
    }

    #[test]
    fn durations_are_gos() {
        let good = ["0", "200ms", "1h30m", "1.5s", ".5s", "5.s", "-1s", "1us", "1µs", "100ns"];
        let bad = ["", "-", "200", "ms", "1x", "1s ", "1 s", "1..5s", ".s", "1h30"];
        table(ignored_duration, &good.map(|text| (text, ())), &bad);
    }
}

//! Lines that are wrong in every way that has a name, and good ones that look
//! wrong: each with what has to be counted for it.
//!
//! Heat: warm.

use std::net::{SocketAddr, UdpSocket};

use crate::books::{
    BAD_RATES, Books, COUNTERS, EMPTY, Effects, GAUGES, Key, LINES, OBSERVERS, RELAY_LONG, RELAYED,
    SAMPLES, TAG_ERRORS, TAGGED, UDP, good, key,
};
use crate::gate::Actor;
use crate::harness::ports::connected;

/// Values on one line.
const VALUES: usize = 2_000;
/// Tags on one line.
const TAGS: usize = 4_000;
/// A sum that no other value fits beside.
const HUGE: &[u8] = b"bad.huge:1.7e308|c";

pub struct Bad {
    socket: UdpSocket,
    datagrams: Vec<(Vec<u8>, Effects)>,
    next: usize,
    /// Whether the sum that must not overflow is as high as it can be.
    is_full: bool,
}

impl Bad {
    pub fn new(to: SocketAddr) -> Self {
        let mut datagrams = lines();
        for (bytes, effects) in &mut datagrams {
            let long = bytes.len() >= 1400;
            let empty = bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            effects.push((UDP, 1.0));
            if !empty {
                effects.push((if long { RELAY_LONG } else { RELAYED }, 1.0));
            }
        }
        Self { socket: connected(to), datagrams, next: 0, is_full: false }
    }
}

impl Actor for Bad {
    fn step(&mut self, books: &mut Books) {
        if !self.is_full {
            self.fill(books);
        }
        let (bytes, effects) = &self.datagrams[self.next % self.datagrams.len()];
        self.socket.send(bytes).expect("loopback takes datagrams");
        books.post(effects);
        self.next += 1;
    }
}

impl Bad {
    /// Sends the one huge value that is taken.
    fn fill(&mut self, books: &mut Books) {
        self.socket.send(HUGE).expect("loopback takes datagrams");
        books.post(&good(COUNTERS));
        books.add(UDP, 1.0);
        self.is_full = true;
    }
}

fn reason(family: &str, reason: &str) -> Key {
    key(format!("statsd_exporter_{family}_total{{reason=\"{reason}\"}}"))
}

/// No sample was found in it.
fn line(why: &str) -> Effects {
    vec![(LINES, 1.0), (reason("sample_errors", why), 1.0)]
}

/// One sample was, and it cannot be read.
fn sample(why: &str) -> Effects {
    vec![(LINES, 1.0), (SAMPLES, 1.0), (reason("sample_errors", why), 1.0)]
}

/// One sample was read, and not taken.
fn event(kind: Key, why: &str) -> Effects {
    vec![(LINES, 1.0), (SAMPLES, 1.0), (kind, 1.0), (reason("events_error", why), 1.0)]
}

fn taken(kind: Key) -> Effects {
    vec![(LINES, 1.0), (SAMPLES, 1.0), (kind, 1.0)]
}

fn and(mut effects: Effects, more: &[(Key, f64)]) -> Effects {
    effects.extend(more);
    effects
}

fn lines() -> Vec<(Vec<u8>, Effects)> {
    let mut all: Vec<(Vec<u8>, Effects)> = refused();
    all.extend(odd().into_iter().map(|(text, effects)| (text.to_vec(), effects)));
    let tags: Vec<String> = (0..TAGS).map(|tag| format!("t{tag}:0")).collect();
    let wide = format!("bad.wide:1|c|#{}", tags.join(","));
    all.push((wide.into_bytes(), and(taken(COUNTERS), &[(TAGGED, 1.0)])));
    let long = format!("{}:1|c", "n".repeat(60_000));
    all.push((long.into_bytes(), taken(COUNTERS)));
    let many = format!("bad.values{}|ms", ":1".repeat(VALUES));
    let values = VALUES as f64;
    all.push((many.into_bytes(), vec![(LINES, 1.0), (SAMPLES, values), (OBSERVERS, values)]));
    all
}

fn refused() -> Vec<(Vec<u8>, Effects)> {
    let conflict = |name: &str| {
        let series = "statsd_exporter_events_conflict_total";
        let conflict = key(format!("{series}{{metric_name=\"{name}\",type=\"counter\"}}"));
        vec![(LINES, 1.0), (SAMPLES, 1.0), (COUNTERS, 1.0), (conflict, 1.0)]
    };
    let dropped = "statsd_exporter_events_actions_total{action=\"drop\"}";
    let cases: Vec<(&[u8], Effects)> = vec![
        (b"nonsense", line("malformed_line")),
        (b":1|c", line("malformed_line")),
        (b"\xff\xfe:1|c", line("malformed_line")),
        (b"bad.parts:1", line("not_enough_parts_after_colon")),
        (b"bad.mixed,a=b:1|c|#c:d", line("mixed_tagging_styles")),
        (b"bad.many:1:2|c", line("invalid_extended_aggregate_type")),
        (b"bad.value:x|c", sample("malformed_value")),
        (b"bad.value:|c", sample("malformed_value")),
        (b"bad.value:inf|c", sample("malformed_value")),
        (b"bad.value:nan|ms", sample("malformed_value")),
        (b"bad.value:1e999|ms", sample("malformed_value")),
        (b"bad.component:1|c||", sample("malformed_component")),
        (b"bad.rate:1|c|@2", sample("invalid_sample_factor")),
        (b"bad.section:1|c|zzz", sample("invalid_sample_factor")),
        (b"bad.type:1|x", sample("illegal_event")),
        (b"bad.set:1|s", sample("illegal_event")),
        (b"bad.container:1|c|c:", sample("malformed_container_id")),
        (b"_e{5,4}:title|text", and(sample("malformed_value"), &[(TAG_ERRORS, 1.0)])),
        (b"bad.negative:-1|c", event(COUNTERS, "illegal_negative_counter")),
        (HUGE, event(COUNTERS, "value_overflow")),
        (
            b"bad.reserved:1|ms|#quantile:1",
            and(event(OBSERVERS, "reserved_label"), &[(TAGGED, 1.0)]),
        ),
        (b"statsd_exporter_lines_total:1|c", conflict("statsd_exporter_lines_total")),
        (b"process_open_fds:1|c", conflict("process_open_fds")),
        (b"refuse.me:1|c", vec![(LINES, 1.0), (SAMPLES, 1.0), (dropped, 1.0)]),
    ];
    cases.into_iter().map(|(text, effects)| (text.to_vec(), effects)).collect()
}

/// What looks wrong and is not, or is so only in part.
fn odd() -> Vec<(&'static [u8], Effects)> {
    let tagged = [(TAGGED, 1.0)];
    // The rate is counted, and the sample stays.
    let bad_rate = [(reason("sample_errors", "invalid_sample_factor"), 1.0), (BAD_RATES, 1.0)];
    vec![
        (b"", vec![(LINES, 1.0), (EMPTY, 1.0)]),
        (b"\n\n", vec![(LINES, 3.0), (EMPTY, 3.0)]),
        (b"\r", vec![(LINES, 1.0), (EMPTY, 1.0)]),
        (b"bad.tags:1|c|#:x,ok:1", and(taken(COUNTERS), &[(TAGGED, 1.0), (TAG_ERRORS, 1.0)])),
        (b"bad.quote:1|c|#k:a\"b\\c", and(taken(COUNTERS), &tagged)),
        (b"bad.\0nul:1|c|#k:\0", and(taken(COUNTERS), &tagged)),
        (b"bad.bracket[a=b:1|c", and(taken(COUNTERS), &[(TAG_ERRORS, 1.0)])),
        (b"bad.bracket]a[=b:1|c", and(taken(COUNTERS), &[(TAG_ERRORS, 1.0)])),
        (b"bad.deep[[[[:1|c", and(taken(COUNTERS), &[(TAG_ERRORS, 1.0)])),
        (b"bad.factor:1|c|@x", and(taken(COUNTERS), &bad_rate)),
        (b"bad.small:5e-324|g", taken(GAUGES)),
        (b"bad.nan:nan|g", taken(GAUGES)),
    ]
}

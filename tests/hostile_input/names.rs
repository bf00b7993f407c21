//! Names: the bridge's own, very long ones, brackets in every order, names that
//! collide in the exposition, and names that change their type.
//!
//! Heat: cold.

use super::{LONGEST, Row, line, lines, row};

const OWN: [&str; 26] = [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
    "promhttp_metric_handler_requests_in_flight",
    "promhttp_metric_handler_requests_total",
    "statsd_exporter_build_info",
    "statsd_exporter_events_actions_total",
    "statsd_exporter_events_conflict_total",
    "statsd_exporter_events_error_total",
    "statsd_exporter_events_total",
    "statsd_exporter_events_unmapped_total",
    "statsd_exporter_lines_total",
    "statsd_exporter_loaded_mappings",
    "statsd_exporter_metrics_total",
    "statsd_exporter_sample_errors_total",
    "statsd_exporter_samples_total",
    "statsd_exporter_tag_errors_total",
    "statsd_exporter_udp_packets_total",
    "statsd_metric_mapper_cache_gets_total",
    "statsd_metric_mapper_cache_hits_total",
    "statsd_metric_mapper_cache_length",
    "statsd_exporter_relay_packets_total",
];

/// A line for each name of the bridge, made by `form` from it.
fn own(form: impl Fn(&str) -> String) -> Vec<Vec<u8>> {
    lines(&OWN.map(form))
}

fn long(character: &str, tail: &str) -> Vec<Vec<u8>> {
    let count = (LONGEST - tail.len()) / character.len();
    line(&[&character.repeat(count), tail])
}

pub const ROWS: &[Row] = &[
    row("own names as counters", 0, 0, || own(|name| format!("{name}:1|c"))),
    row("own names as gauges", 0, 0, || own(|name| format!("{name}:-1|g"))),
    row("own names as observers", 0, 0, || own(|name| format!("{name}:1|h"))),
    row("own names with their own labels", 0, 0, || {
        own(|name| format!("{name}:1|c|#type:counter,reason:malformed_line,code:200,outcome:x"))
    }),
    row("own names spelt with dots", 0, 0, || {
        own(|name| format!("{}:1|c", name.replace('_', ".")))
    }),
    row("own names spelt with dashes and blanks", 0, 0, || {
        own(|name| format!("{}:1|c", name.replacen('_', "-", 1).replacen('_', " ", 1)))
    }),
    row("own names through a rule's template", 0, 0, || own(|name| format!("tmpl.{name}:1|c"))),
    row("own names as a rule's text", 0, 0, || line(&["taken.x:1|c\ntaken.x:1|g\ntaken.x:1|ms"])),
    row("observers that would write own names with a suffix", 2, 10, || {
        lines(&["process_open:1|h", "process_cpu_seconds:1|ms"])
    }),
    row("names that OpenMetrics would write as own ones", 3, 1, || {
        lines(&[
            "statsd_exporter_lines:1|c",
            "process_cpu_seconds:1|g",
            "statsd_exporter_lines_created:1|g",
        ])
    }),
    row("a name of 65,502 letters", 1, 1, || long("a", ":1|c")),
    row("a name of letters of four bytes", 1, 1, || long("\u{1f980}", ":1|c")),
    row("a name of digits", 1, 1, || long("7", ":1|c")),
    row("a name of dots", 1, 1, || long(".", ":1|c")),
    row("a name of dashes", 1, 1, || long("-", ":1|c")),
    row("a name of blanks", 1, 1, || long(" ", ":1|c")),
    row("a name of NULs", 1, 1, || long("\0", ":1|c")),
    row("a long name through a template into name and label", 1, 1, || {
        line(&["tmpl.", &"x.".repeat(32_000), ":1|c"])
    }),
    row("a long name against a glob of one star", 1, 1, || {
        line(&["hist.", &"x.".repeat(30_000), ":1|c"])
    }),
    row("names of control characters and quotes", 6, 6, || {
        lines(&[
            "\0:1|c",
            "a\"b:1|c",
            "a\\c:1|c",
            "a\x1b[31mb:1|c",
            "\u{85}\u{2028}:1|c",
            "a\tb{}:1|c",
        ])
    }),
    row("brackets reversed", 8, 8, || {
        lines(&[
            "d]x[:1|c",
            "d][:1|c",
            "][:1|c",
            "][a=b:1|c",
            "a]b=c[:1|c",
            "a]:1|c",
            "]a=b[c=d]:1|c",
            "a][b=c]:1|c",
        ])
    }),
    row("brackets nested and unclosed", 9, 7, || {
        lines(&[
            "a[[b=c]]:1|c",
            "a[b=[c]]:1|c",
            "a[b=c][d=e]:1|c",
            "a[b=c:1|c",
            "a[:1|c",
            "a[]:1|c",
            "a[,]:1|c",
            "a[=]:1|c",
            "a[b=c]]:1|c",
        ])
    }),
    row("nothing but brackets", 1, 1, || lines(&["[]:1|c", "[a=b]:1|c", "[:1|c"])),
    row("30,000 brackets", 2, 2, || {
        lines(&[
            ["a", &"[".repeat(15_000), ":1|c"].concat(),
            ["a", &"[]".repeat(15_000), ":1|c"].concat(),
        ])
    }),
    row("no name left without its tags", 0, 0, || {
        lines(&["#x=1:1|c", ",x=1:1|c", "[x=1]:1|c", "#:1|c", ",:1|c", ":1|c", "#,#,:1|c"])
    }),
    row("a summary, then what its lines are called", 3, 7, || {
        lines(&[
            "t:1|ms",
            "t_sum:1|c",
            "t_count:1|g",
            "t_bucket:1|c",
            "t_quantile:1|c",
            "t_sum:1|ms",
            "t_count:1|h",
        ])
    }),
    row("the names first, then the summary", 3, 3, || {
        lines(&["t_sum:1|c", "t_count:1|g", "t:1|ms", "t_bucket:1|c"])
    }),
    row("a histogram, then what its lines are called", 1, 5, || {
        lines(&[
            "hist.a:1|h",
            "hist_sum:1|c",
            "hist_count:1|g",
            "hist_bucket:1|c",
            "hist_bucket:1|ms",
        ])
    }),
    row("the names first, then the histogram", 3, 3, || {
        lines(&["hist_sum:1|c", "hist_count:1|g", "hist_bucket:1|c", "hist.a:1|h"])
    }),
    row("observers whose names are each other's lines", 2, 10, || {
        lines(&["a_count:1|ms", "a:1|ms", "b:1|ms", "b_count:1|ms", "b_sum:1|h"])
    }),
    row("counters that OpenMetrics names alike", 6, 6, || {
        lines(&[
            "x:1|c",
            "x_total:1|c",
            "x_created:1|g",
            "x_total_total:1|c",
            "x_created_total:1|c",
            "x_total_created:1|c",
        ])
    }),
    row("what OpenMetrics adds to an observer", 5, 13, || {
        lines(&[
            "t:1|ms",
            "t_created:1|g",
            "hist.a:1|h",
            "t_created:1|ms",
            "t_info:1|c",
            "hist_created:1|c",
        ])
    }),
    row("one name in every type", 1, 1, || {
        lines(&["n:1|c", "n:1|g", "n:1|ms", "n:1|h", "n:1|d", "n:1|s", "n:+1|g"])
    }),
    row("3,000 names that change their type", 3000, 3000, || {
        let counter: Vec<String> = (0..3000).map(|n| format!("n{n}:1|c")).collect();
        let gauge: Vec<String> = (0..3000).map(|n| format!("n{n}:1|g")).collect();
        [lines(&counter), lines(&gauge)].concat()
    }),
    row("names that are escaped to the same", 5, 1, || {
        lines(&["a.b:1|c", "a_b:1|c", "a-b:1|c", "a b:1|c", "a/b:1|c"])
    }),
    row("5,000 names in a datagram", 5000, 5000, || {
        lines(&(0..5000).map(|n| format!("n{n}:1|c")).collect::<Vec<_>>())
    }),
];

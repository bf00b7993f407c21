//! The parts of a line that has a sample, the same in both formats of text.
//!
//! Heat: cold (once per line and scrape).

use crate::model::own::OwnSeries;
use crate::registry::push_value_escaped;

/// Puts texts behind what is in `out`.
pub(super) fn write_all(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// A series with the labels it has. `labels` is `{…}` or nothing.
pub(super) fn write_labelled(out: &mut Vec<u8>, name: &str, suffix: &str, labels: &[u8]) {
    write_all(out, &[name, suffix]);
    out.extend_from_slice(labels);
}

/// A series with one label more, behind the others. `labels` is `{…}` or nothing.
pub(super) fn write_bounded(
    out: &mut Vec<u8>,
    (name, suffix, labels): (&str, &str, &[u8]),
    (label, bound): (&str, &[u8]),
) {
    write_all(out, &[name, suffix]);
    out.extend_from_slice(labels.strip_suffix(b"}").unwrap_or_default());
    write_all(out, &[if labels.is_empty() { "{" } else { "," }, label, "=\""]);
    out.extend_from_slice(bound);
    out.extend_from_slice(b"\"}");
}

/// A series of the bridge's own.
pub(super) fn write_own_series(out: &mut Vec<u8>, name: &str, suffix: &str, series: &OwnSeries) {
    write_all(out, &[name, suffix]);
    for (at, (label, value)) in series.labels.iter().enumerate() {
        write_all(out, &[if at == 0 { "{" } else { "," }, label, "=\""]);
        push_value_escaped(value, |part| out.extend_from_slice(part.as_bytes()));
        out.push(b'"');
    }
    if !series.labels.is_empty() {
        out.push(b'}');
    }
}

//! The page at `/`: what this is, and links to what a person may want to see.
//!
//! Heat: cold.

use std::fmt::Write;

/// The page, for metrics at `metrics_path`.
pub(super) fn page(metrics_path: &str) -> String {
    let links = [
        (metrics_path, "Metrics"),
        ("/-/ledger", "Ledger"),
        ("/-/healthy", "Health"),
        ("/-/ready", "Readiness"),
    ];
    let mut page = concat!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">",
        "<title>StatsD Exporter</title></head>\n<body>\n<h1>StatsD Exporter</h1>\n",
        "<p>statsd-bridge ",
        env!("CARGO_PKG_VERSION"),
        ": StatsD lines in, Prometheus series out.</p>\n<ul>\n",
    )
    .to_owned();
    for (path, name) in links {
        // Writing into a string cannot fail.
        let _ = writeln!(page, "<li><a href=\"{}\">{name}</a></li>", escaped(path));
    }
    page.push_str("</ul>\n</body>\n</html>\n");
    page
}

fn escaped(text: &str) -> String {
    let pairs = [("&", "&amp;"), ("\"", "&quot;"), ("<", "&lt;"), (">", "&gt;")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_links_to_the_metrics_and_escapes_their_path() {
        assert!(page("/metrics").contains("<a href=\"/metrics\">Metrics</a>"));
        assert!(page("/\"><b&").contains("<a href=\"/&quot;&gt;&lt;b&amp;\">"));
    }
}

//! From request headers to what is sent: the format by `Accept`, the content
//! coding by `Accept-Encoding`. A header that cannot be read asks for nothing;
//! text, not compressed, is always an answer.
//!
//! A further format is one more [`Kind`], its clause in `Offer::kind`, and its
//! content type.
//!
//! Heat: cold (once per scrape).

use hyper::header::{ACCEPT, ACCEPT_ENCODING, AsHeaderName, HeaderMap, HeaderValue};

/// A format of the exposition, and how its names are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The format proper.
    pub kind: Kind,
    /// What the client asked for and is told back.
    pub escaping: Escaping,
}

/// The formats that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The text format 0.0.4.
    Text,
    /// `OpenMetrics` 1.0, where it is offered.
    OpenMetrics,
    /// Delimited messages of `io.prometheus.client`.
    Protobuf,
}

/// How characters that old names cannot have are sent. The bridge has none in
/// its names, so they look the same under each scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escaping {
    /// `underscores`, also when nothing is asked for.
    #[default]
    Underscores,
    /// `allow-utf-8`.
    AllowUtf8,
    /// `dots`.
    Dots,
    /// `values`.
    Values,
}

/// How the body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

impl Coding {
    /// The value of `Content-Encoding`.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }
}

impl Format {
    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> String {
        let kind = match self.kind {
            Kind::Text => "text/plain; version=0.0.4; charset=utf-8",
            Kind::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Kind::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited"
            }
        };
        format!("{kind}; escaping={}", self.escaping.name())
    }
}

impl Escaping {
    const ALL: [Self; 4] = [Self::Underscores, Self::AllowUtf8, Self::Dots, Self::Values];

    fn name(self) -> &'static str {
        match self {
            Self::Underscores => "underscores",
            Self::AllowUtf8 => "allow-utf-8",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|escaping| escaping.name() == name)
    }
}

/// What there is to choose from, beside text and protobuf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    /// Whether `OpenMetrics` is among it.
    pub(super) openmetrics: bool,
}

impl Offer {
    /// The format for a request. As the incumbent does, clauses are looked at from
    /// the most to the least wanted; each may set the escaping; the first that
    /// names a format of ours decides. A wildcard names none.
    pub(super) fn format(self, headers: &HeaderMap) -> Format {
        let mut clauses = clauses(headers, ACCEPT);
        clauses.sort_by(|one, other| other.quality.total_cmp(&one.quality));
        let mut escaping = Escaping::default();
        for clause in clauses.iter().filter(|clause| clause.quality > 0.0) {
            if let Some(asked) = clause.parameter("escaping").and_then(Escaping::from_name) {
                escaping = asked;
            }
            if let Some(kind) = self.kind(clause) {
                return Format { kind, escaping };
            }
        }
        Format { kind: Kind::Text, escaping }
    }

    fn kind(self, clause: &Clause<'_>) -> Option<Kind> {
        let parameter = |key| clause.parameter(key).unwrap_or_default();
        let version = |known| ["", known].contains(&parameter("version"));
        if clause.names("text/plain") && version("0.0.4") {
            Some(Kind::Text)
        } else if clause.names("application/openmetrics-text") && version("1.0.0") {
            self.openmetrics.then_some(Kind::OpenMetrics)
        } else {
            let messages = clause.names("application/vnd.google.protobuf")
                && parameter("proto") == "io.prometheus.client.MetricFamily"
                && parameter("encoding") == "delimited";
            messages.then_some(Kind::Protobuf)
        }
    }
}

/// The coding for a request: the one that the client wants most, if it wants it
/// more than none at all. Of two that it wants alike zstd is taken, which is
/// smaller, if it is named. `*` speaks for the codings that are not named,
/// so it alone leaves the choice to us: not compressed, which is cheaper for both.
pub(super) fn coding(headers: &HeaderMap) -> Coding {
    let clauses = clauses(headers, ACCEPT_ENCODING);
    let named = |name| clauses.iter().find(|clause| clause.names(name));
    let quality = |name| named(name).or_else(|| named("*")).map_or(0.0, |clause| clause.quality);
    let (identity, gzip, zstd) = (quality("identity"), quality("gzip"), quality("zstd"));
    if named("zstd").is_some() && zstd >= gzip && zstd > identity {
        Coding::Zstd
    } else if gzip > identity {
        Coding::Gzip
    } else {
        Coding::Identity
    }
}

/// One of the alternatives that an `Accept` header lists.
struct Clause<'a> {
    name: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    /// From 0 (not at all) to 1.
    quality: f32,
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let parameters: Vec<_> = parts.filter_map(parameter).collect();
        let mut clause = Self { name, parameters, quality: 1.0 };
        if let Some(quality) = clause.parameter("q") {
            // What is no number is no wish.
            let number = quality.parse().ok().filter(|number: &f32| number.is_finite());
            clause.quality = number.unwrap_or(0.0).clamp(0.0, 1.0);
        }
        clause
    }

    fn names(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn parameter(&self, key: &str) -> Option<&'a str> {
        let found = self.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| *value)
    }
}

fn parameter(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once('=')?;
    Some((key.trim(), value.trim().trim_matches('"')))
}

/// All clauses of all headers of that name, those that are not ASCII left out.
fn clauses(headers: &HeaderMap, name: impl AsHeaderName) -> Vec<Clause<'_>> {
    let values = headers.get_all(name).into_iter().filter_map(text_of);
    let clauses = values.flat_map(|value| value.split(',')).map(Clause::parse);
    clauses.filter(|clause| !clause.name.is_empty()).collect()
}

fn text_of(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    /// What Prometheus 3 sends.
    const PROMETHEUS_3: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;\
        q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;\
        escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    /// What Prometheus 2 sends.
    const PROMETHEUS_2: &str = "application/openmetrics-text;version=1.0.0,\
        application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    /// What Prometheus 2 sends when it is to scrape native histograms.
    const PROMETHEUS_2_NATIVE: &str = "application/vnd.google.protobuf;\
        proto=io.prometheus.client.MetricFamily;encoding=delimited,\
        application/openmetrics-text;version=1.0.0;q=0.8,\
        application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// What Prometheus 3 sends then.
    const PROMETHEUS_3_NATIVE: &str = "application/vnd.google.protobuf;\
        proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,\
        application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;\
        escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    const PROTOBUF: &str = "application/vnd.google.protobuf;\
        proto=io.prometheus.client.MetricFamily;encoding=delimited";

    const TEXT_ONLY: Offer = Offer { openmetrics: false };
    const ALL: Offer = Offer { openmetrics: true };

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn text_answers_every_other_accept_header_and_the_escaping_is_echoed() {
        let cases: [(&[&str], &str); 20] = [
            (&[], "underscores"),
            (&[""], "underscores"),
            (&["*/*"], "underscores"),
            (&["text/html,application/xml;q=0.9,*/*;q=0.8"], "underscores"),
            (&["text/plain;version=0.0.4;escaping=allow-utf-8"], "allow-utf-8"),
            (&["text/plain; version=0.0.4; escaping=values"], "values"),
            (&["text/plain;escaping=dots"], "dots"),
            (&["text/plain;escaping=underscores"], "underscores"),
            (&["text/plain;escaping=nonsense"], "underscores"),
            (&["TEXT/Plain;Escaping=values"], "values"),
            (&[PROMETHEUS_2], "underscores"),
            // Set by the clauses wanted more, kept by the one that is served.
            (&[PROMETHEUS_3], "allow-utf-8"),
            // Not reached: text has been found by then.
            (&["text/plain;q=0.9,application/json;escaping=dots;q=0.8"], "underscores"),
            (&["application/json;escaping=dots;q=0.8,text/plain;q=0.9"], "underscores"),
            (&["text/plain;version=1.0.0;escaping=dots"], "dots"),
            (&["text/plain;escaping=dots;q=0"], "underscores"),
            (&["text/plain;escaping=dots;q=nonsense"], "underscores"),
            (&["application/json;escaping=dots", "text/plain;q=0.5"], "dots"),
            (&[";;;,,,=;q=;q=2;/"], "underscores"),
            (&["text/plain;escaping=dots\u{e9}"], "underscores"),
        ];
        for (accept, escaping) in cases {
            let format = TEXT_ONLY.format(&headers(&ACCEPT, accept));
            let want = format!("text/plain; version=0.0.4; charset=utf-8; escaping={escaping}");
            assert_eq!(format.content_type(), want, "{accept:?}");
        }
    }

    #[test]
    fn the_most_wanted_of_what_is_offered_is_given() {
        use Kind::{OpenMetrics, Protobuf, Text};
        for (accept, without, with) in [
            (PROMETHEUS_2, Text, OpenMetrics),
            (PROMETHEUS_3, Text, OpenMetrics),
            (PROMETHEUS_2_NATIVE, Protobuf, Protobuf),
            (PROMETHEUS_3_NATIVE, Protobuf, Protobuf),
            (PROTOBUF, Protobuf, Protobuf),
            (&PROTOBUF.replace("=delimited", "=\"delimited\""), Protobuf, Protobuf),
            (&PROTOBUF.replace("=delimited", "=text"), Text, Text),
            (&PROTOBUF.replace("encoding=delimited", ""), Text, Text),
            (&PROTOBUF.replace("client.MetricFamily", "client.Metric"), Text, Text),
            (&format!("{PROTOBUF};q=0"), Text, Text),
            (&format!("{PROTOBUF};q=0.4,text/plain;q=0.5"), Text, Text),
            (&format!("{PROTOBUF};q=0.5,text/plain;q=0.5"), Protobuf, Protobuf),
            (&format!("text/plain,{PROTOBUF}"), Text, Text),
            (&format!("text/plain;q=0.1,{PROTOBUF};q=0.2"), Protobuf, Protobuf),
            ("application/openmetrics-text", Text, OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", Text, Text),
            ("application/openmetrics-text;version=1.0.0;q=0.1,text/plain", Text, Text),
            ("*/*", Text, Text),
            ("application/*", Text, Text),
        ] {
            let headers = headers(&ACCEPT, &[accept]);
            assert_eq!(TEXT_ONLY.format(&headers).kind, without, "{accept}");
            assert_eq!(ALL.format(&headers).kind, with, "{accept}");
        }
    }

    #[test]
    fn every_format_says_what_it_is() {
        for (accept, escaping, want) in [
            (
                PROTOBUF,
                "",
                "application/vnd.google.protobuf; \
                proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores",
            ),
            (
                PROTOBUF,
                ";escaping=values",
                "application/vnd.google.protobuf; \
                proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=values",
            ),
            (
                "application/openmetrics-text;version=1.0.0",
                ";escaping=allow-utf-8",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            ),
        ] {
            let format = ALL.format(&headers(&ACCEPT, &[&format!("{accept}{escaping}")]));
            assert_eq!(format.content_type(), want);
        }
    }

    #[test]
    fn zstd_is_used_when_it_is_wanted_no_less_than_gzip() {
        for (accept, want) in [
            ("zstd", Coding::Zstd),
            ("gzip, zstd", Coding::Zstd),
            ("gzip, deflate, br, zstd", Coding::Zstd),
            ("zstd;q=0.9, gzip", Coding::Gzip),
            ("gzip;q=0.9, zstd", Coding::Zstd),
            ("zstd;q=0, gzip", Coding::Gzip),
            ("zstd;q=0", Coding::Identity),
            ("zstd;q=0.5, identity;q=0.6", Coding::Identity),
            ("zstd;q=0.5, gzip;q=0.7, identity;q=0.6", Coding::Gzip),
            ("gzip, *", Coding::Identity),
            ("gzip, *;q=0.5", Coding::Gzip),
            ("*, identity;q=0.5", Coding::Gzip),
        ] {
            assert_eq!(coding(&headers(&ACCEPT_ENCODING, &[accept])), want, "{accept}");
        }
    }

    #[test]
    fn gzip_is_used_when_it_is_wanted_more_than_nothing() {
        let cases: [(&[&str], bool); 18] = [
            (&[], false),
            (&[""], false),
            (&["gzip"], true),
            (&["GZIP"], true),
            (&["gzip, deflate, br"], true),
            (&["deflate", "gzip"], true),
            (&["deflate"], false),
            (&["identity"], false),
            (&["gzip;q=0"], false),
            (&["gzip;q=0.0, *"], false),
            (&["gzip;q=0.001"], true),
            (&["gzip; q=0.5, identity; q=0.4"], true),
            (&["gzip;q=0.4,identity;q=0.5"], false),
            (&["gzip,identity"], false),
            (&["*"], false),
            (&["*, identity;q=0.5"], true),
            (&["identity;q=0, *;q=0.1"], true),
            (&["gzip;q=nonsense"], false),
        ];
        for (accept, gzip) in cases {
            let want = if gzip { Coding::Gzip } else { Coding::Identity };
            assert_eq!(coding(&headers(&ACCEPT_ENCODING, accept)), want, "{accept:?}");
        }
    }
}

//! From request headers to what is sent: the format by `Accept`, the content
//! coding by `Accept-Encoding`. A header that cannot be read asks for nothing;
//! text, not compressed, is always an answer.
//!
//! A further format is one more [`Kind`], one line in `offered`, and its content
//! type.
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
}

impl Format {
    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> String {
        let kind = match self.kind {
            Kind::Text => "text/plain; version=0.0.4; charset=utf-8",
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

/// The format for a request. As the incumbent does, clauses are looked at from
/// the most to the least wanted; each may set the escaping; the first that names
/// a format of ours decides. A wildcard names none.
pub(super) fn format(headers: &HeaderMap) -> Format {
    let mut clauses = clauses(headers, ACCEPT);
    clauses.sort_by(|one, other| other.quality.total_cmp(&one.quality));
    let mut escaping = Escaping::default();
    for clause in clauses.iter().filter(|clause| clause.quality > 0.0) {
        if let Some(asked) = clause.parameter("escaping").and_then(Escaping::from_name) {
            escaping = asked;
        }
        if let Some(kind) = offered(clause) {
            return Format { kind, escaping };
        }
    }
    Format { kind: Kind::Text, escaping }
}

fn offered(clause: &Clause<'_>) -> Option<Kind> {
    let version = clause.parameter("version").unwrap_or_default();
    let text = clause.names("text/plain") && ["", "0.0.4"].contains(&version);
    text.then_some(Kind::Text)
}

/// The coding for a request: gzip if the client wants it more than none at all.
/// `*` speaks for the codings that are not named, so it alone leaves the choice
/// to us: not compressed, which is cheaper for both.
pub(super) fn coding(headers: &HeaderMap) -> Coding {
    let clauses = clauses(headers, ACCEPT_ENCODING);
    let named = |name| clauses.iter().find(|clause| clause.names(name));
    let quality = |name| named(name).or_else(|| named("*")).map_or(0.0, |clause| clause.quality);
    if quality("gzip") > quality("identity") { Coding::Gzip } else { Coding::Identity }
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

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn text_answers_every_accept_header_and_the_escaping_is_echoed() {
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
            let format = format(&headers(&ACCEPT, accept));
            let want = format!("text/plain; version=0.0.4; charset=utf-8; escaping={escaping}");
            assert_eq!(format.content_type(), want, "{accept:?}");
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

//! One glob: what it may look like, and what it captures of a name that is
//! known to match it. Whether a name matches is for `trie`, where all globs are.
//!
//! A glob is split at its dots. A component is text, `*` (one component of the
//! name, which may be empty) or `**` (one or more components). Where several
//! `**` could share the components of a name in more than one way, the leftmost
//! takes as many as it can, as `.+` does in a regex.
//!
//! Heat: warm.

use std::ops::Range;

use smallvec::{SmallVec, smallvec};

use super::template::Groups;

/// One component of a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Exactly this text.
    Text(Box<str>),
    /// `*`
    One,
    /// `**`
    Many,
}

/// A glob that is well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob(Box<[Part]>);

/// Why a text is no glob: what was found, and what was expected instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GlobFault {
    pub(super) found: String,
    pub(super) expected: &'static str,
}

impl Glob {
    /// Reads a glob.
    pub(super) fn parse(text: &str) -> Result<Self, GlobFault> {
        let fault = |found: String, expected| Err(GlobFault { found, expected });
        if text.is_empty() {
            return fault("nothing".into(), "a glob such as app.*.requests");
        }
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return fault(
                format!("\"{text}\""),
                "a first component that does not begin with a digit",
            );
        }
        let mut parts = Vec::new();
        for component in text.split('.') {
            match component {
                "*" => parts.push(Part::One),
                "**" => parts.push(Part::Many),
                "" => return fault("an empty component".into(), COMPONENT),
                text if is_text(text) => parts.push(Part::Text(text.into())),
                other => return fault(format!("the component \"{other}\""), COMPONENT),
            }
        }
        Ok(Self(parts.into()))
    }

    /// The components.
    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// How many captures there are, the whole name not counted.
    pub(super) fn captures(&self) -> usize {
        self.0.iter().filter(|part| !matches!(part, Part::Text(_))).count()
    }

    /// What the glob captures of a name; `None` if it does not match. Group 0 is
    /// the whole name.
    pub(super) fn capture<'n>(&self, name: &Components<'n>) -> Option<Groups<'n>> {
        let spans = self.align(name)?;
        let wild = self.0.iter().zip(spans).filter(|(part, _)| !matches!(part, Part::Text(_)));
        let captured = wild.map(|(_, span)| name.text(span));
        Some(Groups(std::iter::once(name.name).chain(captured).collect()))
    }

    /// Which components of the name each part takes.
    ///
    /// Reads from the right, where each `**` takes as few components as it can:
    /// that puts everything between two `**` as far to the right as it fits, so
    /// the leftmost takes as many as it can. Only the last `**` met has to be
    /// taken back on a mismatch, so this costs at most parts × components.
    fn align(&self, name: &Components<'_>) -> Option<SmallVec<[Range<usize>; 16]>> {
        let mut spans = smallvec![0..0; self.0.len()];
        let (mut parts, mut left) = (self.0.len(), name.len());
        // The last `**` met: its place, and where its span begins.
        let mut many: Option<(usize, usize)> = None;
        while parts > 0 || left > 0 {
            let part = parts.checked_sub(1).and_then(|last| self.0.get(last));
            let component = left.checked_sub(1);
            let fits = match (part, component) {
                (Some(Part::Text(text)), Some(at)) => name.component(at) == &**text,
                (Some(_), Some(_)) => true,
                _ => false,
            };
            if fits {
                (parts, left) = (parts - 1, left - 1);
                *spans.get_mut(parts)? = left..left + 1;
                if part == Some(&Part::Many) {
                    many = Some((parts, left));
                }
            } else {
                let (place, start) = many?;
                let start = start.checked_sub(1)?;
                spans.get_mut(place)?.start = start;
                many = Some((place, start));
                (parts, left) = (place, start);
            }
        }
        Some(spans)
    }
}

const COMPONENT: &str = "components of letters, digits, \"_\" and \"-\" (\"-\" not first), or *, or **, with dots between";

fn is_text(component: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    component.bytes().all(inside) && !component.starts_with('-')
}

/// A metric name and where its components end.
pub(super) struct Components<'n> {
    name: &'n str,
    ends: SmallVec<[usize; 16]>,
}

impl<'n> Components<'n> {
    /// Splits a name at its dots; there is always at least one component.
    pub(super) fn of(name: &'n str) -> Self {
        let mut ends: SmallVec<_> = memchr::memchr_iter(b'.', name.as_bytes()).collect();
        ends.push(name.len());
        Self { name, ends }
    }

    /// How many components there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The components from left to right.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'n str> {
        (0..self.len()).map(|at| self.component(at))
    }

    fn component(&self, at: usize) -> &'n str {
        self.text(at..at + 1)
    }

    /// The text of some components, with the dots between them.
    fn text(&self, span: Range<usize>) -> &'n str {
        let end_of = |at: usize| self.ends.get(at).copied();
        let start = span.start.checked_sub(1).and_then(end_of).map_or(0, |dot| dot + 1);
        let end = span.end.checked_sub(1).and_then(end_of).unwrap_or(start);
        self.name.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(glob: &str, name: &str) -> Option<Vec<String>> {
        let groups = Glob::parse(glob).unwrap().capture(&Components::of(name))?;
        Some(groups.0.into_iter().skip(1).map(str::to_owned).collect())
    }

    #[test]
    fn globs_capture_what_their_stars_take() {
        for (glob, name, captures) in [
            ("a", "a", &[][..]),
            ("a.*.c", "a.b.c", &["b"]),
            ("a.*.c", "a..c", &[""]),
            ("*", "", &[""]),
            ("*.*", "a.", &["a", ""]),
            ("a.**", "a.b.c", &["b.c"]),
            ("**", "a.b", &["a.b"]),
            ("**.c", "a..c", &["a."]),
            ("w.**.*.*.d", "w.A.B.C.show.json.d", &["A.B.C", "show", "json"]),
            ("w.**.*.*.d", "w..index.html.d", &["", "index", "html"]),
            ("**.**", "a.b.c", &["a.b", "c"]),
            ("**.x.**", "a.x.b.x.c", &["a.x.b", "c"]),
            ("**.x.**.y", "a.x.x.y.y", &["a.x", "y"]),
            ("**.x.**.x.**", "1.x.x.x.x.2", &["1.x", "x", "2"]),
            ("**.*", "a.b.c", &["a.b", "c"]),
            ("*.**", "a.b.c", &["a", "b.c"]),
        ] {
            assert_eq!(captured(glob, name).unwrap(), captures, "{glob} {name}");
        }
    }

    #[test]
    fn names_that_do_not_match_capture_nothing() {
        for (glob, name) in [
            ("a", "b"),
            ("a", "a.b"),
            ("a.*", "a"),
            ("a.*", "a.b.c"),
            ("a.**", "a"),
            ("**.**", "a"),
            ("**.b", "b"),
            ("**.x.**", "x.a.x"),
        ] {
            assert_eq!(captured(glob, name), None, "{glob} {name}");
        }
    }

    #[test]
    fn only_well_formed_globs_are_read() {
        for good in ["a", "*", "**", "a.1b", "a-b.c_d", "_x.*", "A.**.b", "*.1", "a.b-"] {
            assert!(Glob::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "1a.b", "a..b", ".a", "a.", "a.*b", "a.b*", "a.***", "-a", "a.-b", "a b", "ä",
            "a/b",
        ] {
            assert!(Glob::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn many_double_stars_cost_little() {
        let glob = Glob::parse(&["**"; 40].join(".x.")).unwrap();
        let name = vec!["x"; 2000].join(".");
        assert!(glob.capture(&Components::of(&name)).is_some());
        let near = format!("{name}.y.z");
        assert!(glob.capture(&Components::of(&near)).is_some());
        let glob = Glob::parse(&format!("y.{}", ["**"; 40].join(".x."))).unwrap();
        assert!(glob.capture(&Components::of(&name)).is_none());
    }
}

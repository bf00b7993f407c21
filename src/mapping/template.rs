//! What a rule writes: text with references to what its pattern captured, read
//! once, as Go's `Regexp.Expand` reads it.
//!
//! `$$` is a dollar. `$` before the longest run of letters, digits and `_`, or
//! before such a run in braces, is a reference: by number (`$0` is the whole
//! match), or by the name of a group. So `$1_x` speaks of the group `1_x`. A
//! reference to nothing writes nothing. Any other `$` is a dollar.
//!
//! Heat: warm (rendered once per new spelling of a series).

use smallvec::SmallVec;

/// What a pattern captured; the whole match is group 0, and a group that took
/// no part is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Groups<'n>(pub(super) SmallVec<[&'n str; 8]>);

/// The groups that a pattern has: how many, and the names of those that have
/// one, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupNames(pub(super) Vec<Option<String>>);

impl GroupNames {
    /// Numbered groups only: the whole match and `captures` more.
    pub(super) fn numbered(captures: usize) -> Self {
        Self(vec![None; captures + 1])
    }

    /// Whether a reference leads to a group.
    pub(super) fn has(&self, reference: &str) -> bool {
        self.find(reference).is_some()
    }

    fn find(&self, reference: &str) -> Option<usize> {
        match number(reference) {
            Some(number) => (number < self.0.len()).then_some(number),
            None => self.0.iter().position(|name| name.as_deref() == Some(reference)),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Group(usize),
}

/// A template, ready to be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Box<[Part]>);

impl Template {
    /// Reads a template. The second part are the references to groups that the
    /// pattern does not have.
    pub(super) fn compile(text: &str, groups: &GroupNames) -> (Self, Vec<String>) {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut dangling = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            literal.push_str(before);
            rest = after;
            if let Some(after) = rest.strip_prefix('$') {
                literal.push('$');
                rest = after;
            } else if let Some((reference, after)) = reference(rest) {
                rest = after;
                match groups.find(reference) {
                    Some(group) => {
                        flush(&mut literal, &mut parts);
                        parts.push(Part::Group(group));
                    }
                    None => dangling.push(reference.to_owned()),
                }
            } else {
                literal.push('$');
            }
        }
        literal.push_str(rest);
        flush(&mut literal, &mut parts);
        (Self(parts.into()), dangling)
    }

    /// The text, if it is the same for every match.
    pub(super) fn fixed(&self) -> Option<&str> {
        match &*self.0 {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text for one match.
    pub(super) fn render(&self, groups: &Groups<'_>) -> String {
        let parts = || {
            self.0.iter().map(|part| match part {
                Part::Text(literal) => literal,
                Part::Group(group) => groups.0.get(*group).copied().unwrap_or_default(),
            })
        };
        // Of the exact length, so that a label's value is not moved once more.
        let mut text = String::with_capacity(parts().map(str::len).sum());
        parts().for_each(|part| text.push_str(part));
        text
    }
}

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Text(std::mem::take(literal).into()));
    }
}

/// The reference at the start of what follows a `$`, and the text behind it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let braced = text.strip_prefix('{');
    let body = braced.unwrap_or(text);
    let end = body.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(body.len());
    let (name, rest) = body.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    match braced {
        Some(_) => Some((name, rest.strip_prefix('}')?)),
        None => Some((name, rest)),
    }
}

/// A reference by number. With a leading zero it is a name, as in Go.
fn number(reference: &str) -> Option<usize> {
    let decimal = reference.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = reference.len() > 1 && reference.starts_with('0');
    if decimal && !leading_zero { reference.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &str) -> String {
        let names = GroupNames(vec![None, None, Some("word".into()), None]);
        let groups = Groups(["one.two", "one", "two", ""].into_iter().collect());
        Template::compile(template, &names).0.render(&groups)
    }

    #[test]
    fn templates_expand_as_in_go() {
        for (template, text) in [
            ("", ""),
            ("100", "100"),
            ("$1", "one"),
            ("${1}", "one"),
            ("$0", "one.two"),
            ("$1-$2", "one-two"),
            ("$1$2", "onetwo"),
            ("$1${2}", "onetwo"),
            ("${2}${1}", "twoone"),
            ("n_${1}_$2", "n_one_two"),
            ("$3", ""),
            ("$4", ""),
            ("x$1x", "x"),
            ("$1_x", ""),
            ("$1 50%", "one 50%"),
            ("$word", "two"),
            ("${word}s", "twos"),
            ("$words", ""),
            ("$$", "$"),
            ("$$1", "$1"),
            ("$$$1", "$one"),
            ("$", "$"),
            ("a$", "a$"),
            ("$ 1", "$ 1"),
            ("$-1", "$-1"),
            ("${", "${"),
            ("${}", "${}"),
            ("${1", "${1"),
            ("${a b}", "${a b}"),
            ("${$1}", "${one}"),
            ("$01", ""),
            ("$00", ""),
            ("$é", ""),
            ("$99999999999999999999999", ""),
        ] {
            assert_eq!(expand(template), text, "{template}");
        }
    }

    #[test]
    fn references_to_nothing_are_told() {
        let names = GroupNames::numbered(1);
        assert_eq!(Template::compile("$1_x $2 $1 ${x}", &names).1, ["1_x", "2", "x"]);
    }

    #[test]
    fn a_template_without_references_is_fixed() {
        let names = GroupNames::numbered(1);
        let fixed = |text| Template::compile(text, &names).0.fixed().map(str::to_owned);
        assert_eq!(fixed("a"), Some("a".into()));
        assert_eq!(fixed("$2"), Some(String::new()));
        assert_eq!(fixed("$$a"), Some("$a".into()));
        assert_eq!(fixed("$1"), None);
    }
}

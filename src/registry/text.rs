//! A series' text, `name{label="value",…}`: what it is exposed under, and its
//! identity. The labels stand in the order of their names, the values are escaped
//! as text format 0.0.4 has it, and without labels there are no braces. A name
//! holds no `{` and an escaped value no bare `"`, so two series have the same text
//! only if they are the same.
//!
//! Heat: warm.

use std::borrow::Cow;

use crate::model::LabelSet;

/// The text of the series with this name and these labels.
pub(super) fn series_text(name: &str, labels: &LabelSet) -> String {
    let label_bytes = |(name, value): (&crate::model::LabelName, &str)| {
        name.as_str().len() + value.len() + r#"="","#.len()
    };
    let mut text = String::with_capacity(
        name.len() + labels.iter().map(label_bytes).sum::<usize>() + "{}".len(),
    );
    text.push_str(name);
    for (at, (label, value)) in labels.iter().enumerate() {
        text.push(if at == 0 { '{' } else { ',' });
        text.push_str(label.as_str());
        text.push_str("=\"");
        push_value_escaped(value, |part| text.push_str(part));
        text.push('"');
    }
    if !labels.is_empty() {
        text.push('}');
    }
    text
}

/// The label names alone, each with a `,` behind it.
pub(super) fn label_names(labels: &LabelSet) -> String {
    let bytes = labels.iter().map(|(name, _)| name.as_str().len() + 1).sum();
    let mut names = String::with_capacity(bytes);
    for (name, _) in labels.iter() {
        names.push_str(name.as_str());
        names.push(',');
    }
    names
}

/// Takes apart what [`series_text`] put behind the name: `{…}` or nothing.
pub(super) fn labels(text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, quoted) = rest.strip_prefix(['{', ','])?.split_once("=\"")?;
        let (value, behind) = quoted.split_at_checked(closing_quote(quoted)?)?;
        rest = behind.strip_prefix('"')?;
        Some((name, unescaped(value)))
    })
}

/// Where the first bare `"` is.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut chars = value.chars();
    let mut plain = String::with_capacity(value.len());
    while let Some(c) = chars.next() {
        // Behind the first of two stands the one that was meant, or an `n`.
        plain.extend(match c {
            '\\' => chars.next().map(|c| if c == 'n' { '\n' } else { c }),
            c => Some(c),
        });
    }
    Cow::Owned(plain)
}

/// A label value in parts, with `\`, `"` and the end of line escaped.
pub(crate) fn push_value_escaped(value: &str, push: impl FnMut(&str)) {
    push_escaped(value, &[('\\', r"\\"), ('\n', r"\n"), ('"', r#"\""#)], push);
}

/// A help text in parts, with `\` and the end of line escaped.
pub(crate) fn push_help_escaped(help: &str, push: impl FnMut(&str)) {
    push_escaped(help, &[('\\', r"\\"), ('\n', r"\n")], push);
}

fn push_escaped(text: &str, escapes: &[(char, &'static str)], mut push: impl FnMut(&str)) {
    // As nearly all are, and the first sight of a series waits for it.
    if memchr::memchr3(b'\\', b'\n', b'"', text.as_bytes()).is_none() {
        return push(text);
    }
    for piece in text.split_inclusive(|c| escapes.iter().any(|(special, _)| *special == c)) {
        let cut = |(special, escape): &(char, &'static str)| {
            piece.strip_suffix(*special).map(|plain| (plain, *escape))
        };
        let (plain, escape) = escapes.iter().find_map(cut).unwrap_or((piece, ""));
        push(plain);
        push(escape);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LabelName;

    #[test]
    fn texts() {
        let label_set = |pairs: &[(&str, &str)]| -> LabelSet {
            let label = |(name, value): &(&str, &str)| {
                (LabelName::verbatim(name).unwrap(), (*value).to_owned())
            };
            pairs.iter().map(label).collect()
        };
        for (pairs, text) in [
            (&[][..], "m"),
            (&[("x", "1")], r#"m{x="1"}"#),
            (&[("b", ""), ("a", "é😀")], r#"m{a="é😀",b=""}"#),
            (&[("x", "say \"hi\"")], r#"m{x="say \"hi\""}"#),
            (&[("x", "a\\b\n\\")], r#"m{x="a\\b\n\\"}"#),
            (&[("x", "a\",y=\"b")], r#"m{x="a\",y=\"b"}"#),
        ] {
            let set = label_set(pairs);
            assert_eq!(series_text("m", &set), text);
            let read: Vec<_> = labels(&text[1..]).map(|(n, v)| (n, v.into_owned())).collect();
            let given: Vec<_> = set.iter().map(|(n, v)| (n.as_str(), v.to_owned())).collect();
            assert_eq!(read, given);
        }
        assert_eq!(label_names(&label_set(&[("b", "1"), ("a", "2")])), "a,b,");
    }

    #[test]
    fn help_keeps_its_quotes() {
        let mut escaped = String::new();
        push_help_escaped("a \"b\"\\\nc", |part| escaped.push_str(part));
        assert_eq!(escaped, r#"a "b"\\\nc"#);
    }
}

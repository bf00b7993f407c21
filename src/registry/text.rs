//! A series' text, `name{label="value",…}`: what it is exposed under, and its
//! identity. The labels stand in the order of their names, the values are escaped
//! as text format 0.0.4 has it, and without labels there are no braces. A name
//! holds no `{` and an escaped value no bare `"`, so two series have the same text
//! only if they are the same.
//!
//! Heat: warm.

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
    let mut names = String::new();
    for (name, _) in labels.iter() {
        names.push_str(name.as_str());
        names.push(',');
    }
    names
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
        let labels = |pairs: &[(&str, &str)]| -> LabelSet {
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
            assert_eq!(series_text("m", &labels(pairs)), text);
        }
        assert_eq!(label_names(&labels(&[("b", "1"), ("a", "2")])), "a,b,");
    }

    #[test]
    fn help_keeps_its_quotes() {
        let mut escaped = String::new();
        push_help_escaped("a \"b\"\\\nc", |part| escaped.push_str(part));
        assert_eq!(escaped, r#"a "b"\\\nc"#);
    }
}

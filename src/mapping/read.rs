//! From YAML text to a [`MappingFile`], and from the YAML reader's complaints
//! to our own. Only the first document of a file counts.
//!
//! Heat: cold.

use serde::Deserialize;
use serde_yaml::{Error, Options};

use super::ConfigError;
use super::context::quoted;
use super::diagnosis::{Place, Source, nearest};
use super::outline;
use super::written::MappingFile;

/// How YAML is read. The limits only stop what no mapping file is: 100,000
/// rules that all share one anchor are still fine, one anchor that unfolds to
/// gigabytes is not.
pub(super) fn options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_events: 50_000_000,
            max_nodes: 20_000_000,
            max_aliases: 1_000_000,
            max_anchors: 1_000_000,
            max_merge_keys: 1_000_000,
            max_documents: usize::MAX,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: 2_000_000 },
        // Comments are no data, and more than 32 lines of them in a row would
        // exceed a limit of the parser.
        emit_comments: false,
        legacy_octal_numbers: true,
        non_finite_float_policy: serde_yaml::NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    }
}

/// Reads the first document of a mapping file. No document, an empty one and
/// null are the empty mapping.
pub(super) fn read(source: Source<'_>) -> Result<MappingFile, ConfigError> {
    first_document::<MappingFile>(source.text, options()).map_err(|error| explain(source, &error))
}

/// The first document, whatever follows it.
pub(super) fn first_document<'de, T>(text: &'de str, options: Options) -> Result<T, Error>
where
    T: Deserialize<'de> + Default,
{
    let mut first = None;
    let end = serde_yaml::with_deserializer_from_str_with_options(text, options, |yaml| {
        first = Some(Option::<T>::deserialize(yaml)?.unwrap_or_default());
        Ok(())
    });
    match (first, end) {
        // A fault behind the first document is none of ours.
        (Some(value), _) => Ok(value),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => Ok(T::default()),
    }
}

/// Turns a complaint of the YAML reader into one with the rule, what was found
/// and what was expected.
fn explain(source: Source<'_>, error: &Error) -> ConfigError {
    let mut error = error.without_snippet();
    while let Error::AliasError { error: inner, .. } = error {
        error = inner.without_snippet();
    }
    let place = error.location().map(Place::at).unwrap_or_default();
    let (problem, found, expected) = describe(source, place, error);
    ConfigError::new(source, place, outline::rule_at(source, place), problem, found, expected)
}

fn describe(source: Source<'_>, place: Place, error: &Error) -> (String, String, String) {
    let nothing = String::new;
    match error {
        Error::SerdeUnknownField { field, expected, .. } => unknown_key(field, expected),
        Error::DuplicateMappingKey { key, .. } => (
            "a key is given twice".into(),
            quoted(key.as_deref().unwrap_or_else(|| source.text_at(place))),
            "each key once".into(),
        ),
        Error::Unexpected { expected, .. } => {
            (WRONG_TYPE.into(), shown(source, place), plain_words(expected).into())
        }
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            (WRONG_TYPE.into(), unexpected.clone(), expected.clone())
        }
        Error::ExternalMessage { msg, .. } => {
            (format!("this is not YAML: {msg}"), nothing(), cure(msg).into())
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            ("an anchor cannot be used inside itself".into(), shown(source, place), nothing())
        }
        Error::AliasReplayLimitExceeded { .. } => (
            "aliases repeat too much of the file".into(),
            shown(source, place),
            "no more than 2,000,000 values behind all aliases together".into(),
        ),
        Error::UnknownAnchor { .. } => {
            ("there is no anchor of this name before".into(), shown(source, place), QUOTES.into())
        }
        other => {
            let text = other.to_string();
            let sentence = text.split(" at line ").next().unwrap_or_default();
            (format!("this YAML cannot be read: {sentence}"), nothing(), nothing())
        }
    }
}

/// The first mistake that many make with globs.
const QUOTES: &str =
    "quotes, if a glob is meant: in YAML a value that begins with * is an alias; match: \"*.a\"";

/// What to do about the YAML reader's commonest complaints.
fn cure(message: &str) -> &'static str {
    let cures = [
        ("unknown escape", r#"'single quotes', or \\ for each \ in "double quotes""#),
        ("mapping values are not allowed", "quotes around a text that holds \": \""),
        ("expected '-' indicator", "the same indentation as the lines of the rule above it"),
        ("tab", "blanks for the indentation, not tabs"),
    ];
    cures.iter().find(|(complaint, _)| message.contains(complaint)).map_or("", |(_, cure)| cure)
}

const WRONG_TYPE: &str = "a value is not of the kind that belongs here";

fn unknown_key(key: &str, known: &[&'static str]) -> (String, String, String) {
    let expected = match nearest(key, known.iter().copied()) {
        Some(near) => format!("\"{near}\"?  Known here: {}", known.join(", ")),
        None => format!("one of {}", known.join(", ")),
    };
    ("this key is not known".into(), quoted(key), expected)
}

/// The YAML reader's words for shapes, in ours.
fn plain_words(expected: &str) -> &str {
    match expected {
        "mapping start" => "a mapping (`key: value`)",
        "sequence start" => "a list (`- item`)",
        "string scalar" => "a single value",
        other => other,
    }
}

/// What stands at a place, for `found:`. Lists and mappings in blocks have no
/// text of their own there.
fn shown(source: Source<'_>, place: Place) -> String {
    let column = place.column.saturating_sub(1);
    let rest: String = source.line(place.line).chars().skip(column).collect();
    match source.text_at(place) {
        "[" => "a list".into(),
        "{" => "a mapping".into(),
        "" if rest.trim().is_empty() => "nothing".into(),
        "" if rest.starts_with("- ") => "a list".into(),
        "" => rest.trim().to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(yaml: &str) -> Result<MappingFile, String> {
        read(Source { file: "m.yml", text: yaml }).map_err(|error| error.to_string())
    }

    #[test]
    fn files_that_say_nothing_are_fine() {
        for yaml in ["", "# only this\n", "---\n", "---\n...\n", "null", "~", "\u{feff}", "{}"] {
            let file = text_of(yaml).unwrap();
            assert!(file.defaults.is_none() && file.mappings.is_none(), "{yaml:?}");
        }
        text_of("defaults:\nmappings:\n").unwrap();
    }

    #[test]
    fn only_the_first_document_counts() {
        for rest in ["---\nx: 1\n", "---\n[", "...\n}{", "---\nmappings: [1]\n"] {
            let file = text_of(&format!("mappings:\n- {{name: a}}\n{rest}")).unwrap();
            assert_eq!(file.mappings.unwrap().len(), 1, "{rest}");
        }
        assert!(text_of("x: 1\n---\nmappings: []\n").is_err());
    }

    #[test]
    fn anchors_merges_and_marks_are_read() {
        let yaml =
            "\u{feff}mappings:\n- &a {match: a, name: x, ttl: 1s}\n- {<<: *a, match: b}\n- *a\n";
        let rules = text_of(yaml).unwrap().mappings.unwrap();
        let texts: Vec<_> = rules
            .iter()
            .map(|rule| rule.value.pattern.as_ref().unwrap().value.0.clone().unwrap())
            .collect();
        assert_eq!(texts, ["a", "b", "a"]);
        assert!(rules[1].value.ttl.is_some());
    }

    #[test]
    fn a_thousand_rules_may_share_an_anchor_and_long_comments() {
        let mut yaml = String::from("mappings:\n- &a {match: a, name: x}\n");
        for _ in 0..1000 {
            yaml.push_str("- {<<: *a}\n");
        }
        yaml.push_str(&"# a comment\n".repeat(200));
        yaml.push_str("- *a\n");
        assert_eq!(text_of(&yaml).unwrap().mappings.unwrap().len(), 1002);
    }

    #[test]
    fn complaints_name_line_rule_found_and_expected() {
        let two = "mappings:\n- {match: a, name: x}\n- match: b\n  name: y\n";
        for (more, parts) in [
            ("  lables: {}\n", ["m.yml:5: rule 2 (match \"b\")", "\"lables\"", "\"labels\"?"]),
            ("  colour: red\n", ["m.yml:5: rule 2 (match \"b\")", "\"colour\"", "one of match, "]),
            ("  name: z\n", ["m.yml:5: rule 2 (match \"b\")", "\"name\"", "each key once"]),
            ("  labels: [a]\n", ["m.yml:5: rule 2", "found:    a list", "a mapping"]),
            ("  scale: [1]\n", ["m.yml:5: rule 2", "sequence", "a single value"]),
            ("  name2: z\n", ["m.yml:5: rule 2", "\"name2\"", "\"name\"?"]),
            ("defaults: {x: 1}\n", ["m.yml:5: this key", "\"x\"", "one of observer_type, "]),
            ("  help: 'x\n", ["m.yml:5: rule 2 (match \"b\")", "not YAML", "quote"]),
            ("- help: 'x\n", ["m.yml:5: rule 3: ", "not YAML", "quote"]),
            ("- 5\n", ["m.yml:5: ", "5", "a mapping"]),
            ("- *x\n", ["m.yml:5: rule 3: ", "*x", "anchor"]),
            ("- - a\n", ["m.yml:5: ", "a list", "a mapping"]),
        ] {
            let error = text_of(&format!("{two}{more}")).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{more}: {part} is not in\n{error}");
            }
            assert!(error.contains(more.trim_end()), "{more}: the line is not in\n{error}");
        }
    }
}

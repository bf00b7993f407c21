//! What must hold between the parser and the reference, for any input at all.
//! Property tests, the fuzz target and the replay of its corpus all call this.
//!
//! Heat: cold.

use statsd_bridge::model::{Dialect, Sample, TagStyles, Update};
use statsd_bridge::protocol::{
    Attempt, PlainValue, Recipe, labels_of, parse, plain_value, split_plain,
};

use super::{RefAttempt, RefSample, number, read};

/// Panics unless all relations hold. The first byte chooses the tag styles, the
/// others are a line.
pub(crate) fn assert_relation(input: &[u8]) {
    let Some((selector, line)) = input.split_first() else { return };
    let dialect = dialect_of(*selector);
    assert_same(line, &dialect);
    assert_plain(line, &dialect);
}

/// The low four bits are the styles of all names; the high four, if any is set,
/// those of names that begin with `a`. `a.b` has them the other way round. No
/// name begins with `b:`.
fn dialect_of(selector: u8) -> Dialect {
    let styles = |bits: u8| TagStyles {
        dogstatsd: bits & 1 == 0,
        influxdb: bits & 2 == 0,
        librato: bits & 4 == 0,
        signalfx: bits & 8 == 0,
    };
    if selector >> 4 == 0 {
        return Dialect::uniform(styles(selector));
    }
    let (high, other) = (styles(selector >> 4), styles(!(selector >> 4)));
    let prefixes = [("a".into(), high), ("a.b".into(), other), ("b:".into(), other)];
    Dialect::with_prefixes(styles(selector), prefixes)
}

/// The parser says of the line what the reference says.
fn assert_same(line: &[u8], dialect: &Dialect) {
    let shown = String::from_utf8_lossy(line);
    let found = parse(line, dialect);
    let expected = read(line, dialect);
    assert_eq!(found.tag_errors, expected.tag_errors, "tag errors of the name: {shown:?}");
    match (found.body, expected.body) {
        (Err(found), Err(expected)) => assert_eq!(found, expected, "{shown:?}"),
        (Ok(mut samples), Ok(expected)) => {
            for (place, expected) in expected.iter().enumerate() {
                let found = samples.next();
                let same = found.is_some_and(|found| same_attempt(&found, expected));
                assert!(same, "sample {place} of {shown:?}: {found:?}, not {expected:?}");
            }
            assert_eq!(samples.next(), None, "more samples than expected: {shown:?}");
            assert_eq!(samples.next(), None, "the end is no end: {shown:?}");
        }
        (found, expected) => panic!("{shown:?}: {found:?}, not {expected:?}"),
    }
}

fn same_attempt(found: &Attempt<'_>, expected: &RefAttempt) -> bool {
    let same_result = match (&found.result, &expected.result) {
        (Err(found), Err(expected)) => found == expected,
        (Ok(found), Ok(expected)) => same_sample(found, expected),
        _ => false,
    };
    let recipe = expected.result.as_ref().is_ok_and(|sample| !sample.several_rates);
    same_result && found.notes == expected.notes && found.recipe.is_some() == recipe
}

fn same_sample(found: &Sample<'_>, expected: &RefSample) -> bool {
    let labels = labels_of(found.tags);
    let labels = labels.iter().map(|(name, value)| (name.as_str(), value));
    let expected_labels = expected.labels.iter().map(|(name, value)| (&**name, &**value));
    found.name.text() == expected.name
        && found.kind == expected.kind
        && bits(found.update) == bits(expected.update)
        && labels.eq(expected_labels)
}

/// An update to compare: NaN is like NaN, and 0 is unlike -0.
fn bits(update: Update) -> (u8, u64, u32) {
    let (variant, value) = match update {
        Update::Add(value) => (0, value),
        Update::Set(value) => (1, value),
        Update::Shift(value) => (2, value),
        Update::Observe { value, .. } => (3, value),
    };
    let value = if value.is_nan() { f64::NAN } else { value };
    (variant, value.to_bits(), update.weight())
}

/// Values that are put in the place of a line's own.
const VALUES: [&str; 9] =
    ["1", "-0", "+2.5", "-.125", "007", "0.1", "320.4000000000001", "99999999999999999999", "3."];

/// A line is taken apart as its bytes say; its value is read as a number; and any
/// other value in its place changes nothing but the update, as the recipe has it.
fn assert_plain(line: &[u8], dialect: &Dialect) {
    let shown = String::from_utf8_lossy(line);
    let Some(plain) = split_plain(line) else {
        assert_eq!(plain_value_of(line), None, "not taken apart: {shown:?}");
        return;
    };
    let own = plain_value_of(line).unwrap_or_else(|| panic!("taken apart: {shown:?}"));
    assert_eq!([plain.name, b":", own, plain.tail].concat(), line);
    assert_eq!(plain.value, read_plain(own), "{shown:?}");
    assert!(plain.tail.starts_with(b"|") && !plain.name.contains(&b':'), "{shown:?}");

    let with = |value: &[u8]| [plain.name, b":", value, plain.tail].concat();
    let [first, others @ ..] = VALUES;
    let model = with(first.as_bytes());
    let (errors, model) = attempts(&model, dialect);
    for value in others.iter().map(|value| value.as_bytes()).chain([own]) {
        let line = with(value);
        let (other_errors, other) = attempts(&line, dialect);
        assert_eq!((errors, model.len()), (other_errors, other.len()), "{shown:?}");
        for (place, (model, other)) in model.iter().zip(&other).enumerate() {
            let read = read_plain(value);
            let replaced = if place == 0 { Some(read) } else { None };
            assert!(
                differ_in_value_only(model, other, replaced),
                "{model:?} does not lead to {other:?}, sample {place} of {line:?}"
            );
        }
    }
}

/// The value of `name:value|tail`, by looking at it, if there is a name and the
/// value is plain.
fn plain_value_of(line: &[u8]) -> Option<&[u8]> {
    let mut pieces = line.splitn(2, |byte| *byte == b':');
    let (name, rest) = (pieces.next().unwrap_or_default(), pieces.next().unwrap_or_default());
    let value = rest.split(|byte| *byte == b'|').next().unwrap_or_default();
    let no_tail = value.len() == rest.len();
    (!name.is_empty() && !no_tail && is_plain_number(value)).then_some(value)
}

/// Digits, at most one point, at most one sign before them; and no number that is too
/// large for a double.
fn is_plain_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    let runs: Vec<_> = digits.split(|byte| *byte == b'.').collect();
    let shape = runs.len() <= 2 && runs.concat().iter().all(u8::is_ascii_digit);
    let shape = shape && !runs.concat().is_empty();
    shape && str::from_utf8(text).is_ok_and(|text| text.parse().is_ok_and(f64::is_finite))
}

/// The value by `plain_value`, after asking the reference.
fn read_plain(text: &[u8]) -> PlainValue {
    let shown = String::from_utf8_lossy(text);
    let Some(found) = plain_value(text) else { panic!("a plain value is not read: {shown}") };
    let expected = number(&shown).map(f64::to_bits);
    assert_eq!(Some(found.value.to_bits()), expected, "{shown}");
    assert_eq!(found.signed, shown.starts_with(['+', '-']), "{shown}");
    found
}

type Owned = (String, Option<(Update, Option<Recipe>)>);

/// Tag errors, and of each sample all but its update as text, and its update.
fn attempts(line: &[u8], dialect: &Dialect) -> (u32, Vec<Owned>) {
    let line = parse(line, dialect);
    let Ok(samples) = line.body else {
        return (line.tag_errors, vec![(format!("{:?}", line.body.err()), None)]);
    };
    let owned = samples.map(|attempt| {
        let sample = attempt.result.map(|sample| (sample.name, sample.kind, sample.tags));
        let update = attempt.result.ok().map(|sample| (sample.update, attempt.recipe));
        (format!("{:?} {sample:?}", attempt.notes), update)
    });
    (line.tag_errors, owned.collect())
}

/// Two samples are the same; or if a value was replaced, the same but for that,
/// and the recipe of the one makes the update of the other.
fn differ_in_value_only(model: &Owned, other: &Owned, replaced: Option<PlainValue>) -> bool {
    let same_update = match (model.1, other.1) {
        (None, None) => true,
        (Some((model, recipe)), Some((update, other_recipe))) => {
            let made = match (replaced, recipe) {
                (Some(value), Some(recipe)) => recipe.update(value),
                (Some(_), None) => update,
                (None, _) => model,
            };
            recipe == other_recipe && bits(made) == bits(update)
        }
        _ => false,
    };
    model.0 == other.0 && same_update
}

//! Where the compiler is in a mapping file: it turns what it finds wrong into
//! errors and warnings that name the place, and reads the small values that
//! several options share.
//!
//! Heat: cold.

use serde_yaml::Spanned;

use super::diagnosis::{ConfigError, Heading, Place, RuleName, Source, brief, nearest};
use super::duration;
use super::scalar::{Scalar, Text};

pub(super) type Result<T> = std::result::Result<T, ConfigError>;

/// The file, the rule that is being compiled, and the warnings so far.
pub(super) struct Context<'a> {
    source: Source<'a>,
    /// `None` in the defaults.
    pub(super) rule: Option<RuleName>,
    pub(super) warnings: Vec<String>,
    /// Regexes so far that take more memory than one usually does.
    pub(super) large_regexes: u32,
}

impl<'a> Context<'a> {
    pub(super) const fn new(source: Source<'a>) -> Self {
        Self { source, rule: None, warnings: Vec::new(), large_regexes: 0 }
    }

    pub(super) fn error(
        &self,
        place: Place,
        problem: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ConfigError {
        ConfigError::new(self.source, place, self.rule.clone(), problem, found, expected)
    }

    /// Takes a whole sentence down as a warning.
    pub(super) fn warn(&mut self, place: Place, sentence: &str) {
        let heading = Heading { file: self.source.file, place, rule: self.rule.as_ref() };
        self.warnings.push(format!("{heading}: {}", brief(sentence, 1000)));
    }

    /// Text as it is written; null, however it is spelt, is the empty text.
    #[expect(clippy::unused_self, reason = "reads beside what else a value can be")]
    pub(super) fn text(&self, value: &Spanned<Text>) -> String {
        value.value.0.clone().unwrap_or_default()
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &self,
        option: &str,
        value: &Spanned<Text>,
        words: &[(&'static str, T)],
    ) -> Result<T> {
        let text = self.text(value);
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(*meaning);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let near = nearest(&text, known.iter().copied()).map(|near| format!(" (\"{near}\"?)"));
        Err(self.error(
            Place::of(value),
            format!("{option} is none of the words that it can be"),
            quoted(&text),
            format!("{}{}", known.join(" or "), near.unwrap_or_default()),
        ))
    }

    /// One of some words, where the empty one stands for the first of them, as
    /// with the incumbent. `None` if it is left out.
    pub(super) fn word_or_first<T: Copy>(
        &self,
        option: &str,
        value: Option<&Spanned<Text>>,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>> {
        let Some(value) = value else { return Ok(None) };
        match words {
            [(_, first), ..] if self.text(value).is_empty() => Ok(Some(*first)),
            _ => self.word(option, value, words).map(Some),
        }
    }

    /// A boolean; `false` if it is left out.
    pub(super) fn flag(&self, option: &str, value: Option<&Spanned<Scalar>>) -> Result<bool> {
        match value.map(|value| (&value.value, value)) {
            None => Ok(false),
            Some((Scalar::Flag(flag), _)) => Ok(*flag),
            Some((_, value)) => Err(self.wrong_type(option, value, "true or false, not quoted")),
        }
    }

    /// A number, infinite or NaN too.
    pub(super) fn number(&self, option: &str, value: &Spanned<Scalar>) -> Result<f64> {
        let number = value.value.number();
        number.ok_or_else(|| self.wrong_type(option, value, "a number, not quoted"))
    }

    /// A whole number.
    pub(super) fn count(&self, option: &str, value: &Spanned<Scalar>) -> Result<u32> {
        let expected = "a whole number from 0 to 4294967295, not quoted";
        value.value.count().ok_or_else(|| self.wrong_type(option, value, expected))
    }

    /// A duration in nanoseconds. A bare number counts them, which hardly
    /// anybody means.
    pub(super) fn nanoseconds(&mut self, option: &str, value: &Spanned<Scalar>) -> Result<i64> {
        let bare = match &value.value {
            Scalar::Text(text) => duration::parse(text),
            Scalar::Whole(number) => i64::try_from(*number).ok(),
            Scalar::Decimal(number) => whole_part(*number),
            Scalar::Flag(_) | Scalar::Null => None,
        };
        let Some(nanoseconds) = bare else {
            let expected = "numbers with the units h, m, s, ms, us or ns, such as 1h30m or 200ms";
            return Err(self.wrong_type(option, value, expected));
        };
        if nanoseconds != 0 && !matches!(value.value, Scalar::Text(_)) {
            let written = brief(self.source.text_at(Place::of(value)), 100);
            let sentence = format!(
                "{option}: {written} has no unit and is taken as {nanoseconds} nanoseconds; write \
                 for example {written}s."
            );
            self.warn(Place::of(value), &sentence);
        }
        Ok(nanoseconds)
    }

    fn wrong_type(&self, option: &str, value: &Spanned<Scalar>, expected: &str) -> ConfigError {
        let place = Place::of(value);
        let problem = format!("{option} is not of the right kind");
        self.error(place, problem, self.source.text_at(place), expected)
    }
}

/// A decimal without its fraction, if that fits.
fn whole_part(number: f64) -> Option<i64> {
    // Both ends are powers of two; the upper one is just outside.
    #[expect(clippy::cast_precision_loss, reason = "exact")]
    let inside = (i64::MIN as f64..-(i64::MIN as f64)).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "checked to fit")]
    inside.then_some(number as i64)
}

/// A text of the file inside a message.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}
